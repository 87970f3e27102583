internal import Linux

/// The first process of an instance, followed from its start to its end on a thread of its own.
final class InstanceProcess: Sendable {
    let handle: ProcessHandle
    private let pipe: OwnedDescriptor
    private let output: @Sendable (String) -> Void
    private let explain: @Sendable (ProcessEnding) -> InstanceEnding
    private let end = Latch<InstanceEnding>()

    /// What it writes to the pipe goes to `output` by lines. `explain` says how it ended, asked as soon as it has: what else
    /// there is to know of it may soon be gone.
    init(
        _ handle: consuming ProcessHandle,
        pipe: consuming OwnedDescriptor,
        output: @escaping @Sendable (String) -> Void,
        explain: @escaping @Sendable (ProcessEnding) -> InstanceEnding
    ) {
        self.handle = handle
        self.pipe = pipe
        self.output = output
        self.explain = explain
    }

    func follow() throws(LinuxError) {
        try TCPSocket.setNonBlocking(self.pipe)
        _ = try WorkerThread(name: "instance") {
            do throws(LinuxError) {
                try self.run()
            } catch {
                self.end.settle(.lost("the host lost track of it (\(error))"))
            }
        }
    }

    var isRunning: Bool { self.end.settled == nil }

    func ending() async -> InstanceEnding { await self.end.value() }

    /// Nil when the time was over first.
    func ending(within limit: Duration) async -> InstanceEnding? { await self.end.value(within: limit) }

    private func run() throws(LinuxError) {
        var poller = try Poller.make(capacity: 2)
        try poller.add(self.handle.descriptor, token: 0, for: .readable)
        try poller.add(self.pipe, token: 1, for: .readable)
        var lines = OutputLines()
        var isOpen = true
        while true {
            _ = try poller.wait(for: nil)
            if isOpen, try !self.drain(&lines) {
                isOpen = false
                try poller.remove(self.pipe)
            }
            guard self.handle.awaitEnd(until: MonotonicClock.now) else { continue }
            // A first process that has ended has taken the others with it: what it said is all in the pipe.
            if isOpen { _ = try self.drain(&lines) }
            for line in lines.finish(now: MonotonicClock.now.nanoseconds) { self.output(line) }
            guard let ending = try self.handle.collect() else { continue }
            return self.end.settle(self.explain(ending))
        }
    }

    /// Hands on what is there; false at the end of it.
    private func drain(_ lines: inout OutputLines) throws(LinuxError) -> Bool {
        var chunk = [UInt8](repeating: 0, count: 16 << 10)
        // Somebody who writes without end must not keep this from noticing the end.
        for _ in 0..<64 {
            switch try Pipe.read(into: &chunk, from: self.pipe) {
            case .transferred(let count):
                let now = MonotonicClock.now.nanoseconds
                for line in lines.take(chunk.prefix(count), now: now) { self.output(line) }
            case .wouldBlock: return true
            case .endOfStream: return false
            }
        }
        return true
    }
}
