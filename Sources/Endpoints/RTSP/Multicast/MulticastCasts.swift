import Contract
import Fanout
import Linux
import Logging
import Relay
import Synchronization

/// Streams sent to multicast groups for as long as somebody receives them there: one send for however many receive.
///
/// The group is made of the stream's path (RFC 2365 section 6.1: 239.255.0.0/16 stays within a site), the ports are always
/// the same, so that every relay that sends the stream uses the same.
final class MulticastCasts: Sendable {
    /// Where a stream is sent: track n's packets to `port + 2n`, its reports to the next.
    struct Group: Hashable, Sendable {
        let host: InternetAddress.Host
        let port: UInt16
        /// Routers the packets may cross.
        let ttl: Int

        init(_ path: StreamPath) {
            var hash: UInt32 = 0x811C_9DC5
            for byte in "\(path)".utf8 { hash = (hash ^ UInt32(byte)) &* 0x0100_0193 }
            let folded = UInt16(truncatingIfNeeded: hash >> 16 ^ hash)
            // Not the last byte 0 or 255, which look like the addresses of networks.
            let low = UInt32(folded & 0xFF) % 254 + 1
            self.host = .v4(0xEFFF_0000 | UInt32(folded & 0xFF00) | low)
            self.port = 5004
            self.ttl = PushSpec.standardTTL
        }
    }

    /// One receiver's part in a cast, which goes on until the last of them is gone.
    final class Part: Sendable {
        let group: Group
        private let onEnd: @Sendable () -> Void

        fileprivate init(_ group: Group, onEnd: @escaping @Sendable () -> Void) {
            self.group = group
            self.onEnd = onEnd
        }

        deinit {
            self.onEnd()
        }
    }

    typealias Answer = @Sendable (Result<Part, DatagramRefusal>) -> Void

    private struct Cast {
        enum State {
            case opening([Answer])
            case sending(ViewerID)
        }

        let group: Group
        let number: UInt64
        var state = State.opening([])
        var parts = 0
        /// By part: told when the cast ends under it.
        var watchers: [UInt64: @Sendable () -> Void] = [:]
    }

    private struct Casts {
        var byStream: [StreamName: Cast] = [:]
        var last: UInt64 = 0
    }

    private let services: RelayServices
    private let engine: FanoutEngine
    private let casts = Mutex(Casts())

    /// Pictures are spread as for pushes: who receives a group is not asked.
    private static let pacing = DatagramPacing(burst: 32, step: .milliseconds(2), spread: .milliseconds(10))

    init(services: RelayServices, engine: FanoutEngine) {
        self.services = services
        self.engine = engine
    }

    /// Has the stream sent to its group; `answer` is called once, from any thread. `onEnd` is called, from any thread, if the
    /// sending ends while the part is held: the stream is over, or goes on with other tracks.
    func join(_ stream: Stream, onEnd: @escaping @Sendable () -> Void, _ answer: @escaping Answer) {
        let name = stream.path.stream
        enum Step {
            case wait
            case answer(Part)
            case open(UInt64)
        }
        let step = self.casts.withLock { casts -> Step in
            casts.last += 1
            let part = casts.last
            if var cast = casts.byStream[name] {
                cast.parts += 1
                cast.watchers[part] = onEnd
                defer { casts.byStream[name] = cast }
                let made = self.part(part, of: cast, name)
                if case .opening(var waiting) = cast.state {
                    waiting.append { result in answer(result.map { _ in made }) }
                    cast.state = .opening(waiting)
                    return .wait
                }
                return .answer(made)
            }
            var cast = Cast(group: Group(stream.path), number: part)
            cast.parts = 1
            cast.watchers[part] = onEnd
            let made = self.part(part, of: cast, name)
            cast.state = .opening([{ result in answer(result.map { _ in made }) }])
            casts.byStream[name] = cast
            return .open(part)
        }
        switch step {
        case .wait: break
        case .answer(let part): answer(.success(part))
        case .open(let number): self.open(stream, number)
        }
    }

    private func part(_ part: UInt64, of cast: Cast, _ name: StreamName) -> Part {
        let number = cast.number
        return Part(cast.group) { [weak self] in self?.leave(part, number, name) }
    }

    private func open(_ stream: Stream, _ number: UInt64) {
        self.services.ports.lend(.sender(isIPv6: false)) { [weak self] outcome in
            guard let self else { return }
            switch outcome {
            case .failure(let refusal): self.fail(stream, number, refusal)
            case .success(let loan): self.begin(stream, number, loan)
            }
        }
    }

    private func begin(_ stream: Stream, _ number: UInt64, _ loan: DatagramLoan) {
        let group = Group(stream.path)
        let now = SystemClock.now
        guard let socket = loan.sockets.first else {
            return self.fail(stream, number, DatagramRefusal(sentence: "No socket was given for it."))
        }
        let lease: WireLease
        do {
            lease = try stream.open(.rtp, now: now)
        } catch {
            return self.fail(stream, number, DatagramRefusal(sentence: "\(error)"))
        }
        let destination = InternetAddress(group.host, port: group.port)
        let viewer = DatagramViewer(
            tape: lease.tape,
            framing: .channels(from: destination, by: socket),
            tick: self.services.spec.tick,
            pacing: Self.pacing
        ) { [weak self] _ in
            withExtendedLifetime((lease, loan)) {}
            self?.ended(stream.path.stream, number)
        }
        let id = self.engine.add(viewer)
        let waiting = self.casts.withLock { casts -> [Answer]? in
            guard var cast = casts.byStream[stream.path.stream], cast.number == number,
                case .opening(let waiting) = cast.state
            else { return nil }
            cast.state = .sending(id)
            casts.byStream[stream.path.stream] = cast
            return waiting
        }
        guard let waiting else { return self.engine.remove(id) }
        // Any part will do: each answer has its own.
        for answer in waiting { answer(.success(Part(group) {})) }
    }

    private func fail(_ stream: Stream, _ number: UInt64, _ refusal: DatagramRefusal) {
        let waiting = self.casts.withLock { casts -> [Answer] in
            guard let cast = casts.byStream[stream.path.stream], cast.number == number else { return [] }
            casts.byStream[stream.path.stream] = nil
            guard case .opening(let waiting) = cast.state else { return [] }
            return waiting
        }
        for answer in waiting { answer(.failure(refusal)) }
    }

    private func ended(_ name: StreamName, _ number: UInt64) {
        guard
            let cast = self.casts.withLock({ casts -> Cast? in
                guard let cast = casts.byStream[name], cast.number == number else { return nil }
                casts.byStream[name] = nil
                return cast
            })
        else { return }
        if case .opening(let waiting) = cast.state {
            for answer in waiting { answer(.failure(DatagramRefusal(sentence: "The stream ended."))) }
        } else {
            for tell in cast.watchers.values { tell() }
        }
    }

    private func leave(_ part: UInt64, _ number: UInt64, _ name: StreamName) {
        let viewer = self.casts.withLock { casts -> ViewerID? in
            guard var cast = casts.byStream[name], cast.number == number else { return nil }
            cast.watchers[part] = nil
            cast.parts -= 1
            casts.byStream[name] = cast.parts > 0 ? cast : nil
            guard cast.parts <= 0, case .sending(let viewer) = cast.state else { return nil }
            return viewer
        }
        if let viewer { self.engine.remove(viewer) }
    }
}
