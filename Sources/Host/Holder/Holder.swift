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
        package func relabel(_ thing: HeldThing) { self.holder.relabel(self.number, thing) }

        deinit {
            self.holder.drop(self.number)
        }
    }

    /// What a host that died had held.
    package struct Left: Sendable {
        package let thing: HeldThing
        package let descriptor: HeldDescriptor
        package let hold: Hold
    }

    /// Makes the process anew, which holds nothing yet, and gives a connection to it.
    package typealias Maker = @Sendable () throws(LinuxError) -> HeldDescriptor

    private typealias Channel = ControlChannel<HolderOrder, HolderAnswer>

    private struct State {
        var channel: Channel?
        var last: UInt64 = 0
        /// All that is held, for a process that follows one that has died.
        var held: [UInt64: (thing: HeldThing, descriptor: HeldDescriptor)] = [:]
        var madeAt: MonotonicInstant?
        var isDismissed = false
        /// What the host before had it hold and nobody has taken yet.
        var left: [(number: UInt64, thing: HeldThing, descriptor: HeldDescriptor)] = []
    }

    private let state = Mutex(State())
    private let make: Maker?
    private let now: @Sendable () -> MonotonicInstant
    private let log: Logger

    /// How long a process that is there may take to tell what it holds, and one that is to end to have done so.
    private static let tellingLimit = Duration.seconds(10)
    private static let endingLimit = Duration.seconds(2)

    /// A process that ends sooner than this is not followed by another.
    private static let youth = Duration.seconds(1)

    private let ended = AsyncStream.makeStream(of: Never.self)

    private init(
        _ make: Maker?,
        now: @escaping @Sendable () -> MonotonicInstant = { MonotonicClock.now },
        log: Logger
    ) {
        self.make = make
        self.now = now
        self.log = log
    }

    /// Takes over the process that an earlier host has left behind, with all it holds.
    ///
    /// - Parameters:
    ///   - path: of its socket.
    ///   - make: makes another where that one dies; nil: then nothing is held any more.
    ///   - log: takes what goes wrong later.
    /// - Returns: nil where there is none, or where it does not tell what it has.
    package static func find(at path: String, otherwise make: Maker? = nil, log: Logger) async -> Holder? {
        guard let socket = try? UnixSocket.connect(to: path) else { return nil }
        let holder = Holder(make, log: log)
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
        holder.state.withLock { state in
            state.last = state.left.map(\.number).max() ?? 0
            for one in state.left { state.held[one.number] = (one.thing, one.descriptor) }
        }
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

    /// Makes the process.
    ///
    /// - Parameters:
    ///   - program: its path.
    ///   - arguments: what makes it a holder, whose connection is descriptor 3 and whose listener is descriptor 4.
    ///   - path: where its socket is made. The caller is the only one who may use the directory.
    /// - Returns: a connection to it.
    /// - Throws: where the system refuses it.
    package static func spawn(
        _ program: String,
        _ arguments: [String],
        at path: String
    ) throws(LinuxError) -> HeldDescriptor {
        if SmallFile.kind(of: path, following: false) != nil { try SmallFile.remove(path) }
        let listener = try UnixSocket.listen(at: path)
        let ends = try TCPSocket.pair().parted()
        let null = try NullDevice.open()
        // It is awaited by nobody: it outlives this process, unless that ends on purpose and takes it along.
        _ = try ProcessHandle.spawn(
            program,
            arguments,
            environment: ["SWIFT_BACKTRACE": "enable=no"],
            files: [null.number, null.number, null.number, ends.second.withNumber { $0 }, listener.number]
        )
        return ends.first
    }

    /// Starts the process, and another where it dies.
    ///
    /// - Parameters:
    ///   - make: makes it.
    ///   - now: the machine's monotonic clock.
    ///   - log: takes what goes wrong later.
    /// - Returns: one that holds nothing yet.
    /// - Throws: where the system refuses it.
    package static func start(
        _ make: @escaping Maker,
        now: @escaping @Sendable () -> MonotonicInstant = { MonotonicClock.now },
        log: Logger
    ) throws(LinuxError) -> Holder {
        let holder = Holder(make, now: now, log: log)
        try holder.open()
        return holder
    }

    private func open() throws(LinuxError) {
        guard let make = self.make, let connection = try make().take() else { return }
        let now = self.now()
        self.state.withLock { $0.madeAt = now }
        try self.open(connection) { _, _ in
        } onEnd: {
        }
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
            guard let self, self.noteEnd() else { return ended.continuation.finish() }
            log.error("the process that holds connections has ended", metadata: ["reason": "\(error)"])
            self.replace()
        }
        self.state.withLock { $0.channel = channel }
    }

    /// The channel has ended.
    ///
    /// - Returns: whether nobody had asked for that.
    private func noteEnd() -> Bool {
        self.state.withLock { $0.channel.take() != nil && !$0.isDismissed }
    }

    /// The process has died: another holds the same.
    private func replace() {
        do throws(LinuxError) {
            let now = self.now()
            let age = self.state.withLock { $0.madeAt }.map { $0.duration(to: now) }
            guard self.make != nil, age.map({ $0 >= Self.youth }) ?? true else {
                return self.log.error("should the host die, connections end with it: nothing holds them")
            }
            try self.open()
            let (channel, held, isDismissed) = self.state.withLock { ($0.channel, $0.held, $0.isDismissed) }
            // While it was made the host has begun to end.
            if isDismissed { self.send(.end, nil) }
            for (number, one) in held.sorted(by: { $0.key < $1.key }) {
                try? channel?.send(.hold(number, one.thing), sharing: one.descriptor)
            }
            // What was let go of meanwhile.
            let gone = self.state.withLock { state in held.keys.filter { state.held[$0] == nil } }
            for number in gone { try? channel?.send(.drop(number)) }
        } catch {
            self.log.error(
                "should the host die, connections end with it: nothing can hold them",
                metadata: ["reason": "\(error)"]
            )
        }
    }

    /// Has something held beside the host.
    ///
    /// - Returns: nil where it cannot be.
    package func hold(_ thing: HeldThing, _ descriptor: HeldDescriptor) -> Hold? {
        let number = self.state.withLock { state in
            state.last += 1
            state.held[state.last] = (thing, descriptor)
            return state.last
        }
        guard self.send(.hold(number, thing), descriptor) else {
            self.state.withLock { $0.held[number] = nil }
            return nil
        }
        return Hold(number, self)
    }

    private func relabel(_ number: UInt64, _ thing: HeldThing) {
        self.state.withLock { $0.held[number]?.thing = thing }
        self.send(.hold(number, thing), nil)
    }

    private func drop(_ number: UInt64) {
        // Whoever lets go of it closes what it has of it by itself.
        let held = self.state.withLock { $0.held.removeValue(forKey: number) }
        self.send(.drop(number), nil)
        withExtendedLifetime(held) {}
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
        // Before it can end: otherwise that would be its death, and another would follow it.
        self.state.withLock { $0.isDismissed = true }
        return self.send(.end, nil)
    }

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
