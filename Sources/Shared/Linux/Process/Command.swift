internal import CLinux
internal import Glibc

/// A program that is run to its end, or to a deadline at which it is killed with all it has started.
package struct Command: Sendable {
    package var program: String
    package var arguments: [String]

    /// All of it: nothing is inherited.
    package var environment: [String: String]

    /// Bytes kept of what it says; more is read and thrown away.
    package var outputLimit = 64 << 10

    package init(_ program: String, _ arguments: [String] = [], environment: [String: String] = Command.path) {
        self.program = program
        self.arguments = arguments
        self.environment = environment
    }

    /// The environment of a program that needs only to find others.
    package static let path = ["PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C"]

    package struct Outcome: Hashable, Sendable {
        /// Nil: it was killed because its time was over.
        package let ending: ProcessEnding?

        /// What it wrote to its standard output and error, in the order it came.
        package let output: String

        package var hasSucceeded: Bool { self.ending == .exited(code: 0) }
    }

    /// Runs it on a thread of its own.
    package func run(within limit: Duration) async throws(LinuxError) -> Outcome {
        try await self.run(within: limit, files: nil)
    }

    /// As ``run(within:)``, with these as its descriptors 0, 1, 2 …: what it says there is not captured. They must stay
    /// open until this returns.
    package func run(within limit: Duration, files: [CInt]?) async throws(LinuxError) -> Outcome {
        let result: Result<Outcome, LinuxError> = await withCheckedContinuation { continuation in
            do throws(LinuxError) {
                _ = try WorkerThread(name: "command") {
                    continuation.resume(returning: Result { () throws(LinuxError) in try self.perform(limit, files) })
                }
            } catch {
                continuation.resume(returning: .failure(error))
            }
        }
        return try result.get()
    }

    /// As ``run(within:)``, on this thread, which must be one that may block.
    package func runHere(within limit: Duration) throws(LinuxError) -> Outcome {
        try self.perform(limit, nil)
    }

    /// The same with these bytes at its standard input, of which a pipe must hold all.
    package func runHere(within limit: Duration, input: [UInt8]) throws(LinuxError) -> Outcome {
        let pipe = try Pipe.make()
        try TCPSocket.setNonBlocking(pipe.write)
        try pipe.fill(input)
        let reading = pipe.keepReading()
        return try self.perform(limit, nil, input: reading.number)
    }

    private func perform(
        _ limit: Duration,
        _ files: [CInt]?,
        input: CInt? = nil
    ) throws(LinuxError) -> Outcome {
        let deadline = MonotonicClock.now.advanced(by: limit)
        if let files {
            let process = try ProcessHandle.spawn(
                self.program,
                self.arguments,
                environment: self.environment,
                files: files
            )
            let ending = process.awaitEnd(until: deadline) ? try process.collect() : nil
            if ending == nil { Self.killTree(of: process) }
            return Outcome(ending: ending, output: "")
        }
        let null = try NullDevice.open()
        let pipe = try Pipe.make()
        let process = try ProcessHandle.spawn(
            self.program,
            self.arguments,
            environment: self.environment,
            files: [input ?? null.number, pipe.write.number, pipe.write.number]
        )
        var capture = Capture(limit: self.outputLimit)
        let ending = try capture.follow(process, pipe.read, until: deadline)
        if ending == nil { Self.killTree(of: process) }
        return Outcome(ending: ending, output: String(decoding: capture.bytes, as: UTF8.self))
    }

    /// Ends a program that did not, and what it has started, also what has left its group. What of it became ours by
    /// ``ProcessHandle/adoptOrphans()`` is collected.
    private static func killTree(of process: borrowing ProcessHandle) {
        // Stopped, it starts nothing while its children are looked up.
        process.signal(SIGSTOP)
        let descendants = ProcessTree.descendants(of: process.pid)
        process.signalGroup(SIGKILL)
        process.kill()
        let deadline = MonotonicClock.now.advanced(by: .seconds(1))
        if process.awaitEnd(until: deadline) { _ = try? process.collect() }
        for pid in descendants {
            guard let descendant = try? ProcessHandle.open(pid) else { continue }
            descendant.kill()
            if descendant.awaitEnd(until: deadline) { _ = try? descendant.collect() }
        }
    }
}

/// What a command says until it ends.
private struct Capture {
    var bytes: [UInt8] = []
    let limit: Int

    init(limit: Int) {
        self.limit = limit
    }

    /// The end of the process, whoever still holds the pipe then; nil when the time is over.
    mutating func follow(
        _ process: borrowing ProcessHandle,
        _ pipe: borrowing OwnedDescriptor,
        until deadline: MonotonicInstant
    ) throws(LinuxError) -> ProcessEnding? {
        try TCPSocket.setNonBlocking(pipe)
        var poller = try Poller.make(capacity: 2)
        try poller.add(process.descriptor, token: 0, for: .readable)
        try poller.add(pipe, token: 1, for: .readable)
        var isOpen = true
        while true {
            let left = MonotonicClock.now.duration(to: deadline)
            guard left > .zero else { return nil }
            _ = try poller.wait(for: left)
            if isOpen, try !self.drain(pipe) {
                isOpen = false
                try poller.remove(pipe)
            }
            if let ending = try process.collect() {
                if isOpen { _ = try self.drain(pipe) }
                return ending
            }
        }
    }

    /// Reads what is there; false at the end of it.
    private mutating func drain(_ pipe: borrowing OwnedDescriptor) throws(LinuxError) -> Bool {
        var chunk = [UInt8](repeating: 0, count: 16 << 10)
        while true {
            switch try Pipe.read(into: &chunk, from: pipe) {
            case .transferred(let count): self.bytes += chunk.prefix(min(count, self.limit - self.bytes.count))
            case .wouldBlock: return true
            case .endOfStream: return false
            }
        }
    }
}
