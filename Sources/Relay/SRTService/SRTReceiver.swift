import Admission
import Contract
import Dispatch
import Linux
import Logging
import SRT
import Sessions
import Sockets
import Streams
import Synchronization

/// The thread that accepts callers and takes what sources send.
final class SRTReceiver: Sendable {
    private struct State {
        var listeners: [(address: InternetAddress, socket: SRTSocket)] = []
        var publishers: [SRTSocketID: SRTPublisher] = [:]
        /// Who was let in and is still to be accepted, and when that was, µs monotonic.
        var admitted: [SRTSocketID: (role: SRTAdmission.Role, at: Int64)] = [:]
        var isEnding = false

        /// Whether no socket has anything to tell, and none will before somebody calls.
        var isAlone: Bool { self.publishers.isEmpty && self.admitted.isEmpty && !self.isEnding }
    }

    private let admission: SRTAdmission
    private let delivery: SRTDelivery
    private let limiter: ConnectionLimiter
    private let poller: SRTPoller
    private let state = Mutex(State())
    private let thread = Mutex<WorkerThread?>(nil)
    /// Somebody calls, sends from here on, or wants an end.
    private let wake = DispatchSemaphore(value: 0)

    /// How long something that no socket tells may go unnoticed: evictions, and the end.
    private static let pollTimeout = Duration.milliseconds(100)
    /// How long the thread sleeps at a time while nobody is there; one that is needed no more is gone by then.
    private static let sleep = DispatchTimeInterval.seconds(1)
    /// A caller whose handshake is not over by then has failed, µs.
    private static let handshake: Int64 = 4_000_000
    /// Handshakes that are let through and not over.
    private static let backlog = 128

    init(admission: SRTAdmission, delivery: SRTDelivery, limiter: ConnectionLimiter) throws {
        self.admission = admission
        self.delivery = delivery
        self.limiter = limiter
        self.poller = try SRTPoller.make()
        let made = try WorkerThread(name: "srt-receiver") { [weak self] in
            while let self, self.turn() {}
            self?.closeAll()
        }
        self.thread.withLock { $0 = made }
    }

    /// Takes callers from here on, in place of a socket at the same address.
    func listen(on socket: SRTSocket) throws(SRTFailure) {
        let address = socket.address ?? InternetAddress(.anyV4, port: 0)
        try socket.listen(backlog: Self.backlog) { [weak self] call in
            guard let self else { return .refuse(.overload) }
            return self.answer(call)
        }
        try self.poller.add(socket)
        self.close { $0 == address }
        self.state.withLock { $0.listeners.append((address, socket)) }
    }

    /// Where callers are taken.
    var addresses: [InternetAddress] { self.state.withLock { $0.listeners.map(\.address) } }

    /// Takes no more callers at some of the addresses; who has called stays.
    func close(where isUnwanted: (InternetAddress) -> Bool) {
        let closed = self.state.withLock { state in
            let closed = state.listeners.filter { isUnwanted($0.address) }
            state.listeners.removeAll { isUnwanted($0.address) }
            return closed
        }
        for (_, socket) in closed {
            self.poller.remove(socket)
            socket.close()
        }
    }

    /// Takes what a source sends that is on air already.
    func follow(_ publisher: SRTPublisher) throws(SRTFailure) {
        self.state.withLock { $0.publishers[publisher.socket.id] = publisher }
        do {
            try self.poller.add(publisher.socket)
        } catch {
            self.state.withLock { $0.publishers[publisher.socket.id] = nil }
            throw error
        }
        self.wake.signal()
    }

    /// Has the thread end the listener and everybody who sends.
    func end() {
        self.state.withLock { $0.isEnding = true }
        self.wake.signal()
    }

    /// Returns once that is done, after ``end()``.
    func ended() async {
        await self.thread.withLock { $0 }?.ended()
    }

    private func closeAll() {
        let publishers = self.state.withLock { state in
            defer { state.publishers = [:] }
            return Array(state.publishers.values)
        }
        self.close { _ in true }
        let now = SystemClock.now
        for publisher in publishers { publisher.close(now: now) }
    }

    // MARK: Callers

    /// On libsrt's thread.
    private func answer(_ call: SRTCall) -> SRTAnswer {
        switch self.admission.judge(call) {
        case .failure(let rejection): return .refuse(rejection)
        case .success((let role, let passphrase)):
            let now = SystemClock.now.monotonic
            let isTaken = self.state.withLock { state in
                guard !state.isEnding, state.admitted.count < Self.backlog else { return false }
                state.admitted[call.id] = (role, now)
                return true
            }
            guard isTaken else { return .refuse(.overload) }
            self.wake.signal()
            if case .play = role { return .admit(passphrase: passphrase?.revealed, onlyReceives: true) }
            return .admit(passphrase: passphrase?.revealed, onlyReceives: false)
        }
    }

    private func accept(_ listener: SRTSocket) {
        while let (socket, peer) = listener.accept() {
            guard let role = self.state.withLock({ $0.admitted.removeValue(forKey: socket.id)?.role }),
                let address = InternetAddress(peer), let ticket = try? self.limiter.admit(from: address.host, nil)
            else {
                socket.close()
                continue
            }
            var log = self.admission.services.log
            log[metadataKey: "peer"] = "\(peer)"
            switch role {
            case .publish(let request): self.publish(request, socket, peer, ticket, log)
            case .play(let request): self.play(request, socket, peer, ticket, log)
            }
        }
    }

    /// Somebody was let through and did not come: libsrt itself compares passphrases, after the callback was asked.
    private func noteFailed(_ role: SRTAdmission.Role) {
        let services = self.admission.services
        switch role {
        case .publish: services.admission.refusals.note(PublishRefusal.wrongKey, by: .srt)
        case .play: services.admission.refusals.note(PlayRefusal.wrongToken, by: .srt)
        }
        services.admission.refusals
            .tell(
                "SRT caller refused",
                .warning,
                reason: "passphrase",
                sentence: "Its passphrase is not the relay's, one of the two has none, or its line broke.",
                peer: "",
                services.log
            )
    }

    private func publish(
        _ request: PublishRequest,
        _ socket: SRTSocket,
        _ peer: String,
        _ ticket: ConnectionLimiter.Ticket,
        _ log: Logger
    ) {
        guard case .success(let name) = request.stream else { return }
        let publisher = SRTPublisher(socket: socket, stream: name, peer: peer, log: log) {
            withExtendedLifetime(ticket) {}
        }
        do {
            try publisher.begin(request, self.admission.admission(peer, log))
            try self.follow(publisher)
        } catch let denial as PublishDenial {
            log.debug("closed", metadata: ["because": "\(denial.sentence)"])
            socket.close()
        } catch {
            log.error("cannot take an SRT source", metadata: ["error": "\(error)"])
            publisher.close(now: SystemClock.now)
        }
    }

    private func play(
        _ request: PlayRequest,
        _ socket: SRTSocket,
        _ peer: String,
        _ ticket: ConnectionLimiter.Ticket,
        _ log: Logger
    ) {
        let services = self.admission.services
        do throws(PlayDenial) {
            let viewer = try services.admission.watch(request, now: SystemClock.now)
            self.delivery.begin(socket, viewer, peer: peer, ticket: ticket)
        } catch {
            services.admission.refusals.note(error, by: .srt, peer: peer, log)
            socket.close()
        }
    }

    // MARK: Thread

    private func turn() -> Bool {
        // Looking costs two hundred turns a second: only where there may be something to see.
        if self.state.withLock({ $0.isAlone }) {
            guard self.wake.wait(timeout: .now() + Self.sleep) == .success else { return true }
            // Many may have called; what they want is in the state.
            while self.wake.wait(timeout: .now()) == .success {}
        }
        let ready = self.poller.wait(Self.pollTimeout)
        let now = SystemClock.now
        for id in ready {
            let (listener, publisher) = self.state.withLock { state in
                (state.listeners.first { $0.socket.id == id }?.socket, state.publishers[id])
            }
            if let publisher {
                self.advance(publisher, now)
            } else if let listener {
                self.accept(listener)
            }
        }
        let (evicted, failed) = self.state.withLock { state in
            let failed = state.admitted.filter { now.monotonic - $0.value.at >= Self.handshake }
            for id in failed.keys { state.admitted[id] = nil }
            return (state.publishers.values.filter(\.isEvicted), failed.values.map(\.role))
        }
        for role in failed { self.noteFailed(role) }
        for publisher in evicted { self.advance(publisher, now) }
        return !self.state.withLock { $0.isEnding }
    }

    private func advance(_ publisher: SRTPublisher, _ now: Now) {
        guard !publisher.advance(now: now) else { return }
        self.poller.remove(publisher.socket)
        self.state.withLock { $0.publishers[publisher.socket.id] = nil }
    }
}
