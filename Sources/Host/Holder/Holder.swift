import Control
package import Linux
package import Logging
import Synchronization

/// The process that holds what relays have stored with the host, as the host sees it: ``HolderService`` is at the other end.
package final class Holder: Sendable {
    /// Something that is held as long as this lives.
    package final class Hold: Sendable {
        private let number: UInt64
        private let holder: Holder

        fileprivate init(_ number: UInt64, _ holder: Holder) {
            self.number = number
            self.holder = holder
        }

        /// Something else is said of it from here on.
        package func relabel(_ thing: HeldThing) { self.holder.send(.hold(self.number, thing), nil) }

        deinit {
            self.holder.send(.drop(self.number), nil)
        }
    }

    /// What a host that died had held.
    package struct Left: Sendable {
        package let thing: HeldThing
        package let descriptor: HeldDescriptor
        package let hold: Hold
    }

    private typealias Channel = ControlChannel<HolderOrder, HolderAnswer>

    private struct State {
        var channel: Channel?
        var last: UInt64 = 0
        var isDismissed = false
        /// What the host before had it hold and nobody has taken yet.
        var left: [(number: UInt64, thing: HeldThing, descriptor: HeldDescriptor)] = []
    }

    private let state = Mutex(State())
    private let log: Logger

    /// How long a process that is there may take to tell what it holds, and one that is to end to have done so.
    private static let tellingLimit = Duration.seconds(10)
    private static let endingLimit = Duration.seconds(2)

    private let ended = AsyncStream.makeStream(of: Never.self)

    private init(log: Logger) {
        self.log = log
    }

    /// Takes over the process that an earlier host has left behind, with all it holds.
    ///
    /// - Parameters:
    ///   - path: of its socket.
    ///   - log: takes what goes wrong later.
    /// - Returns: nil where there is none, or where it does not tell what it has.
    package static func find(at path: String, log: Logger) async -> Holder? {
        guard let socket = try? UnixSocket.connect(to: path) else { return nil }
        let holder = Holder(log: log)
        let (counts, told) = AsyncStream.makeStream(of: Int.self)
        do throws(LinuxError) {
            try holder.open(socket) { answer, descriptor in
                switch answer {
                case .held(let number, let thing):
                    guard let descriptor else { return }
                    holder.state.withLock { $0.left.append((number, thing, descriptor)) }
                case .whole(let count):
                    told.yield(count)
                    told.finish()
                }
            } onEnd: {
                told.finish()
            }
        } catch {
            return nil
        }
        let timer = Task {
            try? await Task.sleep(for: Self.tellingLimit)
            told.finish()
        }
        defer { timer.cancel() }
        var isWhole = false
        for await _ in counts { isWhole = true }
        guard isWhole else {
            holder.close()
            return nil
        }
        holder.state.withLock { state in state.last = state.left.map(\.number).max() ?? 0 }
        return holder
    }

    /// What a host that died had it hold, of those things, once: what is not held on to is dropped.
    package func takeLeft(where isWanted: (HeldThing) -> Bool) -> [Left] {
        let taken = self.state.withLock { state in
            let taken = state.left.filter { isWanted($0.thing) }
            state.left.removeAll { isWanted($0.thing) }
            return taken
        }
        return taken.map { Left(thing: $1, descriptor: $2, hold: Hold($0, self)) }
    }

    /// Starts the process.
    ///
    /// - Parameters:
    ///   - program: its path.
    ///   - arguments: what makes it a holder, whose connection is descriptor 3 and whose listener is descriptor 4.
    ///   - path: where its socket is made. The caller is the only one who may use the directory.
    ///   - log: takes what goes wrong later.
    /// - Returns: one that holds nothing yet.
    /// - Throws: where the system refuses it.
    package static func start(
        _ program: String,
        _ arguments: [String],
        at path: String,
        log: Logger
    ) throws(LinuxError) -> Holder {
        if SmallFile.kind(of: path, following: false) != nil { try SmallFile.remove(path) }
        let listener = try UnixSocket.listen(at: path)
        let ends = try TCPSocket.pair().parted()
        guard let own = ends.first.take() else { return Holder(log: log) }
        let null = try NullDevice.open()
        // It is awaited by nobody: it outlives this process, unless that ends on purpose and takes it along.
        _ = try ProcessHandle.spawn(
            program,
            arguments,
            environment: ["SWIFT_BACKTRACE": "enable=no"],
            files: [null.number, null.number, null.number, ends.second.withNumber { $0 }, listener.number]
        )
        return try .over(own, log: log)
    }

    /// One at the other end of a connection that holds nothing yet.
    package static func over(_ connection: consuming OwnedDescriptor, log: Logger) throws(LinuxError) -> Holder {
        let holder = Holder(log: log)
        try holder.open(connection) { _, _ in
        } onEnd: {
        }
        return holder
    }

    private func open(
        _ socket: consuming OwnedDescriptor,
        onAnswer: @escaping @Sendable (HolderAnswer, HeldDescriptor?) -> Void,
        onEnd: @escaping @Sendable () -> Void
    ) throws(LinuxError) {
        let channel = try Channel(socket, name: "holder", limits: .ofRelay) { received in
            onAnswer(received.message, received.takeHeld())
        } onEnd: { [weak self, log, ended] error in
            onEnd()
            ended.continuation.finish()
            // Unless that was asked for.
            guard self?.isExpected == false else { return }
            log.error(
                "the process that holds connections over a death of the host has ended: they end with the host now",
                metadata: ["reason": "\(error)"]
            )
        }
        self.state.withLock { $0.channel = channel }
    }

    /// Has something held beside the host.
    ///
    /// - Returns: nil where it cannot be.
    package func hold(_ thing: HeldThing, _ descriptor: HeldDescriptor) -> Hold? {
        let number = self.state.withLock { state in
            state.last += 1
            return state.last
        }
        return self.send(.hold(number, thing), descriptor) ? Hold(number, self) : nil
    }

    /// Ends the process with all it holds, since the host ends on purpose; returns once it has ended.
    package func end() async {
        guard self.dismiss() else { return }
        let ended = self.ended.stream
        await withTaskGroup(of: Void.self) { group in
            group.addTask { for await _ in ended {} }
            group.addTask { try? await Task.sleep(for: Self.endingLimit) }
            await group.next()
            group.cancelAll()
        }
    }

    /// As ``end()``, for a process that ends in this moment.
    @discardableResult
    package func dismiss() -> Bool {
        defer { self.state.withLock { $0.isDismissed = true } }
        return self.send(.end, nil)
    }

    private var isExpected: Bool { self.state.withLock { $0.channel.take() == nil || $0.isDismissed } }

    private func close() { self.state.withLock { $0.channel.take() }?.close() }

    @discardableResult
    private func send(_ order: HolderOrder, _ descriptor: HeldDescriptor?) -> Bool {
        guard let channel = self.state.withLock({ $0.channel }) else { return false }
        do throws(ControlError) {
            if let descriptor { try channel.send(order, sharing: descriptor) } else { try channel.send(order) }
            return true
        } catch {
            // The channel's end is told by itself.
            self.log.debug("the holder cannot be told", metadata: ["error": "\(error)"])
            return false
        }
    }
}
