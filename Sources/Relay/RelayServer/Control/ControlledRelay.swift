import Admission
package import Contract
package import Control
package import Linux
package import Logging
package import Sessions
import Streams
import Synchronization

/// A relay instance that a host started: what it serves and whom comes over the control channel, and so does its end.
package final class ControlledRelay: Sendable {
    package struct Launch: Sendable {
        /// Event loops and fan-out threads, each, for a spec.
        package var threads: @Sendable (RelaySpec) -> Int
        package var deadlines: ConnectionDeadlines
        /// How long it goes on with those who are connected when its host has died.
        package var withoutHost: Duration
        /// Gives up, before anything of a stranger is read, what a relay by that spec never needs.
        package var confine: @Sendable (RelaySpec) throws -> Void
        package var log: Logger

        package init(
            threads: @escaping @Sendable (RelaySpec) -> Int,
            deadlines: ConnectionDeadlines = ConnectionDeadlines(),
            withoutHost: Duration = .zero,
            confine: @escaping @Sendable (RelaySpec) throws -> Void = { _ in },
            log: Logger
        ) {
            self.confine = confine
            self.threads = threads
            self.deadlines = deadlines
            self.withoutHost = withoutHost
            self.log = log
        }
    }

    package enum Ending: Hashable, Sendable {
        /// The relay has ended because the host told it to.
        case drained
        /// The channel ended first.
        case lost(ControlError)
        /// The host said what makes no sense, or the relay could not start by what it said.
        case failed(sentence: String)
    }

    /// Connections given back in a second; those above are closed. A sixth of what the host takes in messages.
    private static let returnsPerSecond = ControlLimits.messagesPerSecond / 6

    private enum State: Sendable {
        case awaitingConfiguration
        case serving(RelayServer)
        case ending
    }

    private let launch: Launch
    private let state = Mutex(State.awaitingConfiguration)
    private let channel = Mutex<RelaySideChannel?>(nil)
    private let ports = Mutex<HostedPorts?>(nil)
    private let returns = Mutex(MessageRate(limit: ControlledRelay.returnsPerSecond))
    private let inheritance = Inheritance()
    private let endings: AsyncStream<Ending>
    private let endingKnown: AsyncStream<Ending>.Continuation

    /// Takes the relay's end of the channel and says hello.
    package init(_ descriptor: consuming OwnedDescriptor, _ launch: Launch) throws {
        self.launch = launch
        (self.endings, self.endingKnown) = AsyncStream.makeStream()
        let held = HeldDescriptor(descriptor)
        // No answer goes out before the greeting: all of them go through this lock.
        try self.channel.withLock { channel in
            guard let descriptor = held.take() else { return }
            let made = try RelaySideChannel(descriptor, name: "control", limits: .ofRelay) { [weak self] received in
                self?.receive(received)
            } onEnd: { [weak self, endingKnown] error in
                self?.hostedPorts.close()
                if self?.goesOn(after: error) != true { endingKnown.yield(.lost(error)) }
            }
            // Where the channel has ended by now, its end says why.
            try? made.send(.hello(version: RelayMessage.languageVersion, build: BuildInfo.version))
            channel = made
        }
    }

    /// Waits for the relay's end: the first reason there is.
    package func ended() async -> Ending {
        for await ending in self.endings { return ending }
        return .drained
    }

    /// Ends the relay in good order.
    package func drain(sentence: String) {
        let server: RelayServer? = self.state.withLock { state in
            defer { state = .ending }
            if case .serving(let server) = state { return server }
            return nil
        }
        self.launch.log.notice("draining")
        let endingKnown = self.endingKnown
        Task {
            await server?.drain(sentence: sentence)
            endingKnown.yield(.drained)
        }
    }

    // MARK: On the channel's thread

    /// Whether the instance goes on now that the channel has ended. Where it is the host that died it does, for those who are
    /// connected: another host has duplicates of what they need, and ends this instance when it goes on with them.
    private func goesOn(after error: ControlError) -> Bool {
        let limit = self.launch.withoutHost
        guard error == .closedByPeer, limit > .zero, case .serving = self.state.withLock({ $0 }) else { return false }
        self.launch.log.error(
            "the host has died: those who are connected go on, and nobody else can come until it is started again",
            metadata: ["at most": "\(limit)"]
        )
        Task { [endingKnown] in
            try? await Task.sleep(for: limit)
            endingKnown.yield(.lost(error))
        }
        return true
    }

    private func receive(_ received: consuming RelaySideChannel.Received) {
        switch received.message {
        case .configure(let spec): self.configure(spec)
        case .connection(let handover):
            guard let descriptor = received.takeDescriptor() else {
                return self.fail("The host announced a connection without its socket.")
            }
            self.adopt(handover, descriptor, opening: received.payload)
        case .socket(let grant):
            guard let descriptor = received.takeDescriptor() else {
                return self.fail("The host announced a UDP socket without its descriptor.")
            }
            self.take(grant, descriptor)
        case .restore(let stored, let handover):
            guard let descriptor = received.takeDescriptor() else {
                return self.fail("The host restored something without its descriptor.")
            }
            self.inheritance.add(stored, handover, descriptor)
        case .resume:
            guard let server = self.server(for: "what is left to be gone on with") else { return }
            server.resume(self.inheritance)
        case .refused(let number, let sentence): self.hostedPorts.refuse(number, sentence)
        case .beat(let number):
            self.server(for: "a sign of life")?.whenTurning { [weak self] snapshot in
                self?.send(.beat(number, snapshot))
            }
        case .perform(let number, let order):
            guard let server = self.server(for: "an order") else { return }
            self.send(.done(number, server.perform(order)))
        case .drain(let sentence):
            if case .ending = self.state.withLock({ $0 }) { return }
            self.drain(sentence: sentence)
        }
    }

    /// The server, if it runs. Nothing may be asked of the relay before it was configured.
    private func server(for what: String) -> RelayServer? {
        switch self.state.withLock({ $0 }) {
        case .serving(let server): return server
        case .ending: return nil
        case .awaitingConfiguration:
            self.fail("The host asked for \(what) before it configured the relay.")
            return nil
        }
    }

    private func configure(_ spec: RelaySpec) {
        do {
            switch self.state.withLock({ $0 }) {
            case .awaitingConfiguration:
                try self.launch.confine(spec)
                try self.start(spec)
                self.send(.configured(deferred: []))
            case .serving(let server):
                server.keepListeningForSRT(at: spec.srt.listen)
                self.send(.configured(deferred: try server.apply(spec)))
            case .ending: break
            }
        } catch {
            self.fail("The host's configuration cannot be served: \(error)")
        }
    }

    private func start(_ spec: RelaySpec) throws {
        let server = try RelayServer(
            RelayServer.Launch(
                spec: spec,
                listen: ListenSpec(),
                threads: self.launch.threads(spec),
                deadlines: self.launch.deadlines,
                onReturn: { [weak self] handover, descriptor, bytes in
                    self?.giveBack(handover, descriptor, bytes)
                },
                ports: self.hostedPorts,
                keeper: DescriptorKeeper(started: SystemClock.now.monotonic) { [weak self] message, descriptor in
                    self?.pass(message, descriptor) ?? false
                },
                log: self.launch.log
            )
        )
        self.state.withLock { $0 = .serving(server) }
    }

    private func take(_ grant: SocketGrant, _ descriptor: consuming OwnedDescriptor) {
        if case .request(let number, _, let count) = grant.purpose {
            return self.hostedPorts.take(number, count: count, grant, descriptor)
        }
        self.server(for: "a UDP socket to be used")?.adopt(grant, descriptor)
    }

    /// Made when they are first asked for: they need the channel, which needs them.
    private var hostedPorts: HostedPorts {
        self.ports.withLock { ports in
            if let ports { return ports }
            let made = HostedPorts { [weak self] number, request in
                guard let channel = self?.channel.withLock({ $0 }) else { return false }
                do throws(ControlError) {
                    try channel.send(.request(number, request))
                    return true
                } catch {
                    return false
                }
            }
            ports = made
            return made
        }
    }

    private func adopt(_ handover: Handover, _ descriptor: consuming OwnedDescriptor, opening: [UInt8]) {
        self.server(for: "a connection to be served")?.adopt(handover, descriptor, opening: opening)
    }

    /// From an event loop.
    private func giveBack(_ handover: Handover, _ descriptor: consuming OwnedDescriptor, _ bytes: [UInt8]) {
        do throws(ControlError) {
            try self.returns.withLock { (rate) throws(ControlError) in try rate.note(now: MonotonicClock.now) }
            try self.channel.withLock { $0 }?.send(.returned(handover), payload: bytes, descriptor: descriptor)
        } catch {
            self.launch.log.debug("a connection cannot be given back", metadata: ["error": "\(error)"])
        }
    }

    /// From any thread.
    private func pass(_ message: RelayMessage, _ descriptor: consuming OwnedDescriptor?) -> Bool {
        guard let channel = self.channel.withLock({ $0 }) else { return false }
        do throws(ControlError) {
            try channel.send(message, descriptor: descriptor)
            return true
        } catch {
            return false
        }
    }

    private func send(_ message: RelayMessage) {
        do throws(ControlError) {
            try self.channel.withLock { $0 }?.send(message)
        } catch {
            // The channel's end is told by itself.
            self.launch.log.debug("the host cannot be told", metadata: ["error": "\(error)"])
        }
    }

    private func fail(_ sentence: String) {
        self.endingKnown.yield(.failed(sentence: sentence))
    }
}
