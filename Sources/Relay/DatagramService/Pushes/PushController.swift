import Admission
package import Contract
import Fanout
import Linux
import Logging
package import Sessions
package import Streams
import Synchronization

/// Sends streams to where the configuration wants them sent, whoever asks.
///
/// A destination is a viewer that nobody had to ask for: it begins when its stream does, waits with it, and is begun again
/// whenever it ended. Each attempt asks for sockets anew, and by that for the address behind a name.
package final class PushController: Sendable {
    private let services: RelayServices
    private let engine: FanoutEngine
    private let state = Mutex<[Push.Key: Push]>([:])
    private let isStopped = Atomic(false)
    /// Whether it is known what another instance has left, if there was one.
    private let mayBegin: Atomic<Bool>
    /// Where that one stopped.
    private let left = Mutex<[Push.Key: PushStanding]>([:])

    /// Large pictures are spread over so long: decoder boxes have room for little.
    private static let pacing = DatagramPacing(burst: 32, step: .milliseconds(2), spread: .milliseconds(10))

    /// - Parameters:
    ///   - services: who may come in, and where they go from there.
    ///   - waits: whether nothing is sent before ``resume(_:now:)``.
    package init(_ services: RelayServices, waits: Bool = false) {
        self.services = services
        self.mayBegin = Atomic(!waits)
        self.engine = services.delivery.engine
    }

    /// Goes on where an instance that is dead stopped, and begins what is due.
    package func resume(_ left: [PushStanding], now: Now) {
        self.left.withLock { all in
            for standing in left { all[Push.Key(stream: standing.card.stream, name: standing.card.name)] = standing }
        }
        self.mayBegin.store(true, ordering: .releasing)
        self.sweep(now: now)
    }

    /// Called a few times a second: ends what the configuration does not name any more, and begins what is due.
    package func sweep(now: Now) {
        guard !self.isStopped.load(ordering: .acquiring), self.mayBegin.load(ordering: .acquiring) else { return }
        let wanted = self.wanted
        let (gone, due) = self.state.withLock { state -> ([ViewerID], [(Push.Key, Push)]) in
            var gone: [ViewerID] = []
            for (key, push) in state where wanted[key] != push.spec {
                if case .sending(let viewer) = push.state { gone.append(viewer) }
                state[key] = nil
            }
            for (key, spec) in wanted where state[key] == nil { state[key] = Push(spec) }
            var due: [(Push.Key, Push)] = []
            for (key, push) in state where push.isDue(now.monotonic) {
                var push = push
                push.state = .opening
                push.attempt = Self.nextAttempt()
                state[key] = push
                due.append((key, push))
            }
            return (gone, due)
        }
        for viewer in gone { self.engine.remove(viewer) }
        for (key, push) in due { self.open(key, push) }
    }

    /// Ends all without a word: a relay that follows this one goes on sending to the same places, and who receives would
    /// take a goodbye for the end.
    package func stop() {
        self.isStopped.store(true, ordering: .releasing)
        let sending = self.state.withLock { state in
            state.values.compactMap { push -> ViewerID? in
                if case .sending(let viewer) = push.state { viewer } else { nil }
            }
        }
        for viewer in sending { self.engine.remove(viewer) }
    }

    /// How it stands with each.
    package var destinations: [DestinationSnapshot] {
        self.state.withLock { $0 }.map { key, push in
            var sent = push.sent
            if case .sending(let viewer) = push.state { sent &+= self.engine.statistics(of: viewer)?.bytesSent ?? 0 }
            return DestinationSnapshot(
                stream: key.stream,
                name: key.name,
                address: "\(push.spec.to)",
                sendingSince: push.sendingSince.map { Instant(microseconds: $0) },
                trouble: push.cause,
                failures: push.failures,
                bytes: sent
            ).examined(self.services.admission.hub.existing(key.stream), push.spec.format)
        }
    }

    private static let attempts = Atomic<UInt64>(0)

    private static func nextAttempt() -> UInt64 {
        Self.attempts.wrappingAdd(1, ordering: .relaxed).newValue
    }

    private var wanted: [Push.Key: PushSpec] {
        var wanted: [Push.Key: PushSpec] = [:]
        for stream in self.services.spec.streams ?? [] {
            for push in stream.push where push.viewers != nil {
                wanted[Push.Key(stream: stream.name, name: push.name)] = push
            }
        }
        return wanted
    }

    private func open(_ key: Push.Key, _ push: Push) {
        self.services.ports.lend(.push(key.stream, key.name)) { [weak self] outcome in
            guard let self else { return }
            switch outcome {
            case .failure(let refusal): self.fail(key, push, refusal.sentence, .unreachable)
            case .success(let loan): self.begin(key, push, loan)
            }
        }
    }

    private func begin(_ key: Push.Key, _ push: Push, _ loan: DatagramLoan) {
        guard let first = loan.sockets.first, let destination = loan.destination, let kind = push.spec.viewers else {
            return self.fail(key, push, "No socket was given for it.", .unreachable)
        }
        let admitted: AdmittedViewer
        do throws(PlayDenial) {
            admitted = try self.services.admission.watch(
                PlayRequest(key.stream, by: kind, as: push.spec.format, .configured),
                now: SystemClock.now
            )
        } catch {
            return self.fail(key, push, error.sentence, DestinationTrouble(error))
        }
        let (stream, session) = (admitted.stream, admitted.session)
        let framing = push.spec.framing(first, of: loan.sockets, for: stream.path)
        let viewer = DatagramViewer(
            tape: admitted.lease.tape,
            framing: framing,
            tick: self.services.spec.tick,
            pacing: Self.pacing,
            card: self.card(key, push, admitted),
            continuation: self.takeContinuation(key, push, admitted)
        ) { [weak self] end in
            session.close(bytes: end.bytesSent, skips: end.skips, isStalled: false)
            if self?.ended(key, push, end) ?? true { RTCPGoodbye(to: framing, of: stream).send() }
            withExtendedLifetime((admitted, loan)) {}
        }
        let engine = self.engine
        let id = engine.add(viewer)
        session.follow(
            ViewerConnection(address: "\(destination)", since: Instant(SystemClock.now)) {
                engine.statistics(of: id).map { Audience.Progress(bytes: $0.bytesSent, skips: $0.skips) }
            } end: {
                engine.remove(id)
            }
        )
        let isWanted = self.change(key, push) { push in
            // It may have ended by now.
            if case .opening = push.state {
                push.state = .sending(id)
                push.sendingSince = SystemClock.now.monotonic
            }
            (push.trouble, push.cause) = (nil, nil)
        }
        guard isWanted, !self.isStopped.load(ordering: .acquiring) else { return engine.remove(id) }
        self.log(key).info(
            "sending to a destination",
            metadata: ["to": "\(push.spec.to)", "address": "\(destination)"]
        )
    }

    private func card(_ key: Push.Key, _ push: Push, _ admitted: AdmittedViewer) -> [UInt8]? {
        admitted.lease.kept.flatMap {
            PushCard(stream: key.stream, name: key.name, to: "\(push.spec.to)", tape: $0).bytes
        }
    }

    /// Where another instance stopped, once; nil where it did not send there.
    private func takeContinuation(
        _ key: Push.Key,
        _ push: Push,
        _ admitted: AdmittedViewer
    ) -> DatagramContinuation? {
        let left = self.left.withLock { $0.removeValue(forKey: key) }
        guard let left, left.card.to == "\(push.spec.to)" else { return nil }
        return left.continuation(on: admitted.lease.kept)
    }

    /// Whether it is to be told that nothing more comes, and was not yet.
    private func ended(_ key: Push.Key, _ push: Push, _ end: ViewerEnd) -> Bool {
        // Another set of tracks: there is nobody to be told, so it goes on at once.
        let pause = end.reason == .preambleChanged ? 0 : Push.pause
        let isWanted = self.change(key, push) { push in
            push.state = .waiting(until: SystemClock.now.monotonic + pause)
            push.sent &+= end.bytesSent
            push.sendingSince = nil
            if case .failed = end.reason { push.cause = .disconnected }
        }
        guard isWanted else { return end.reason != .finished || !push.spec.to.isByTrack }
        self.log(key).info(
            "a destination is not sent to any more",
            metadata: ["to": "\(push.spec.to)", "reason": "\(end.reason)", "bytes": "\(end.bytesSent)"]
        )
        switch end.reason {
        case .finished: return !push.spec.to.isByTrack
        // It goes on in a moment.
        default: return false
        }
    }

    private func fail(_ key: Push.Key, _ push: Push, _ sentence: String, _ cause: DestinationTrouble) {
        let isNew = Mutex(false)
        _ = self.change(key, push) { push in
            push.state = .waiting(until: SystemClock.now.monotonic + Push.pause)
            // The same trouble every second is told once.
            isNew.withLock { $0 = push.trouble != sentence }
            push.trouble = sentence
            push.cause = cause
            push.failures &+= 1
        }
        guard isNew.withLock({ $0 }) else { return }
        self.log(key).warning(
            "a destination cannot be sent to",
            metadata: ["to": "\(push.spec.to)", "why": "\(sentence)"]
        )
    }

    /// Changes the state of an attempt; false when the destination is not wanted any more, or is at another attempt.
    private func change(_ key: Push.Key, _ push: Push, _ body: (inout Push) -> Void) -> Bool {
        self.state.withLock { state in
            guard var held = state[key], held.attempt == push.attempt else { return false }
            body(&held)
            state[key] = held
            return true
        }
    }

    private func log(_ key: Push.Key) -> Logger {
        var log = self.services.log
        log[metadataKey: "stream"] = "\(key.stream)"
        log[metadataKey: "destination"] = "\(key.name)"
        return log
    }
}
