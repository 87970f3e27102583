import Admission
import Contract
import Fanout
import Linux
import Logging
import Sessions
import Streams
import Synchronization

/// Streams sent to multicast groups for as long as somebody receives them there: one send for however many receive.
package final class MulticastSenders: Sendable {
    /// One receiver's part in a cast, which goes on until the last of them is gone.
    final class Part: Sendable {
        let group: MulticastGroup
        /// The address that its packets come from.
        let source: InternetAddress.Host?
        fileprivate let cast: UInt64
        private let onLeave: @Sendable () -> Void

        fileprivate init(
            _ group: MulticastGroup,
            from source: InternetAddress.Host?,
            of cast: UInt64,
            onLeave: @escaping @Sendable () -> Void
        ) {
            self.group = group
            self.source = source
            self.cast = cast
            self.onLeave = onLeave
        }

        deinit {
            self.onLeave()
        }
    }

    typealias Answer = @Sendable (Result<Part, DatagramRefusal>) -> Void

    private struct Cast {
        enum State {
            case opening([(part: UInt64, answer: Answer)])
            /// Nobody plays yet: who has the sockets to hear it, and not before, shall have the first picture.
            case ready(DatagramLoan)
            /// Somebody plays, and the engine is being told.
            case beginning
            case sending(ViewerID)
        }

        let number: UInt64
        let spec: MulticastSpec
        let group: MulticastGroup
        var state: State
        /// The address that its packets come from, once there is a socket.
        var source: InternetAddress.Host?
        /// By part: told when the cast ends under it.
        var watchers: [UInt64: @Sendable () -> Void]
    }

    private struct Casts {
        var byStream: [StreamName: Cast] = [:]
        /// By cast, until it has ended: bytes that are in the figures.
        var noted: [UInt64: UInt64] = [:]
        var last: UInt64 = 0
    }

    private enum Step {
        case wait
        case answer(Part)
        case open(UInt64)
        case refuse(String)
    }

    private let services: RelayServices
    private let casts = Mutex(Casts())

    /// Pictures are spread as for pushes: who receives a group is not asked.
    private static let pacing = DatagramPacing(burst: 32, step: .milliseconds(2), spread: .milliseconds(10))

    init(_ services: RelayServices) {
        self.services = services
    }

    private var engine: FanoutEngine { self.services.delivery.engine }

    /// Gives the stream a group, where ``play(_:_:)`` has it sent; `answer` is called once, from any thread. `onEnd` is called,
    /// from any thread, if that ends while the part is held: the stream is over, goes on with other tracks, or the
    /// configuration changed.
    func join(_ stream: Stream, onEnd: @escaping @Sendable () -> Void, _ answer: @escaping Answer) {
        guard let spec = self.services.spec.multicast else {
            return answer(.failure(DatagramRefusal(sentence: Self.unconfigured)))
        }
        let step = self.casts.withLock { casts -> Step in
            casts.last += 1
            let part = casts.last
            guard var cast = casts.byStream[stream.path.stream] else {
                let taken = Set(casts.byStream.values.map(\.group.host))
                guard let group = MulticastGroup(for: stream.path, of: spec, besides: taken) else {
                    return .refuse("All multicast groups of \(spec.groups) are in use; widen multicast.groups.")
                }
                let cast = Cast(
                    number: part,
                    spec: spec,
                    group: group,
                    state: .opening([(part, answer)]),
                    watchers: [part: onEnd]
                )
                casts.byStream[stream.path.stream] = cast
                return .open(part)
            }
            cast.watchers[part] = onEnd
            defer { casts.byStream[stream.path.stream] = cast }
            switch cast.state {
            case .opening(let waiting):
                cast.state = .opening(waiting + [(part, answer)])
                return .wait
            case .ready, .beginning, .sending: return .answer(self.part(part, of: cast, stream.path.stream))
            }
        }
        switch step {
        case .wait: break
        case .answer(let part): answer(.success(part))
        case .open(let number): self.open(stream.path.stream, number)
        case .refuse(let sentence): answer(.failure(DatagramRefusal(sentence: sentence)))
        }
    }

    private static let unconfigured =
        "The configuration sets no multicast groups apart: write multicast: { groups: 239.255.42.0/24 } below the "
        + "relay, or play by UDP or TCP."

    /// Called a few times a second: counts what was sent, and ends what the configuration does not want any more.
    func sweep() {
        let wanted = self.services.spec.multicast
        let (sending, unwanted) = self.casts.withLock { casts in
            (casts.byStream.filter { $0.value.spec == wanted }, casts.byStream.filter { $0.value.spec != wanted })
        }
        for (name, cast) in unwanted {
            switch cast.state {
            case .sending(let viewer): self.engine.remove(viewer)
            case .ready: self.end(name, cast.number)
            // It is looked at again.
            case .opening, .beginning: break
            }
        }
        for (name, cast) in sending {
            guard case .sending(let viewer) = cast.state, let bytes = self.engine.statistics(of: viewer)?.bytesSent
            else { continue }
            self.note(bytes, of: cast.number, name)
        }
    }

    private func note(_ bytes: UInt64, of number: UInt64, _ name: StreamName, isLast: Bool = false) {
        let new = self.casts.withLock { casts -> UInt64 in
            guard let noted = casts.noted[number] else { return 0 }
            casts.noted[number] = isLast ? nil : max(bytes, noted)
            return bytes > noted ? bytes - noted : 0
        }
        if new > 0 { self.services.admission.audience.noteBytes(Int(clamping: new), of: name, .rtsp) }
    }

    private func part(_ part: UInt64, of cast: Cast, _ name: StreamName) -> Part {
        let number = cast.number
        return Part(cast.group, from: cast.source, of: number) { [weak self] in self?.leave(part, number, name) }
    }

    private func open(_ name: StreamName, _ number: UInt64) {
        self.services.ports.lend(.multicast) { [weak self] outcome in
            guard let self else { return }
            switch outcome {
            case .failure(let refusal):
                guard case .opening(let waiting)? = self.forget(name, number)?.state else { return }
                for (_, answer) in waiting { answer(.failure(refusal)) }
            case .success(let loan):
                let source = loan.sockets.first?.source
                let answers = self.casts.withLock { casts -> [(Part, Answer)] in
                    guard var cast = casts.byStream[name], cast.number == number,
                        case .opening(let waiting) = cast.state
                    else { return [] }
                    cast.state = .ready(loan)
                    cast.source = source
                    casts.byStream[name] = cast
                    return waiting.map { (self.part($0.part, of: cast, name), $0.answer) }
                }
                for (part, answer) in answers { answer(.success(part)) }
            }
        }
    }

    /// Has the stream sent to the part's group, unless it is already.
    ///
    /// - Returns: whether it begins by this, at the newest join.
    func play(_ part: Part, _ stream: Stream) throws(PlayDenial) -> Bool {
        let name = stream.path.stream
        let begun = self.casts.withLock { casts -> (Cast, DatagramLoan)? in
            guard let cast = casts.byStream[name], cast.number == part.cast, case .ready(let loan) = cast.state else {
                return nil
            }
            casts.byStream[name]?.state = .beginning
            casts.noted[cast.number] = 0
            return (cast, loan)
        }
        guard let (cast, loan) = begun, let socket = loan.sockets.first else { return false }
        let (number, group) = (cast.number, cast.group)
        let lease: WireLease
        do throws(PlayDenial) {
            lease = try self.services.admission.lease(.rtp, of: stream, now: SystemClock.now)
        } catch {
            self.end(name, number)
            throw error
        }
        let framing = DatagramViewer.Framing.channels(
            from: InternetAddress(group.host, port: group.port),
            tracks: group.tracks,
            by: socket
        )
        self.services.log.info(
            "multicast of a stream begins",
            metadata: ["stream": "\(name)", "group": "\(group.host)", "port": "\(group.port)"]
        )
        let id = self.engine.add(
            DatagramViewer(
                tape: lease.tape,
                framing: framing,
                tick: self.services.spec.tick,
                pacing: Self.pacing
            ) { [weak self] end in
                if end.reason != .finished { RTCPGoodbye(to: framing, of: stream).send() }
                withExtendedLifetime((lease, loan)) {}
                self?.ended(name, number, group, end)
            }
        )
        let isWanted = self.casts.withLock { casts in
            guard casts.byStream[name]?.number == number else { return false }
            casts.byStream[name]?.state = .sending(id)
            return true
        }
        if !isWanted { self.engine.remove(id) }
        return true
    }

    /// The engine sends nothing more.
    private func ended(_ name: StreamName, _ number: UInt64, _ group: MulticastGroup, _ end: ViewerEnd) {
        self.note(end.bytesSent, of: number, name, isLast: true)
        self.services.log.info(
            "multicast of a stream ended",
            metadata: [
                "stream": "\(name)", "group": "\(group.host)", "reason": "\(end.reason)",
                "bytes": "\(end.bytesSent)",
            ]
        )
        self.end(name, number)
    }

    private func end(_ name: StreamName, _ number: UInt64) {
        guard let held = self.forget(name, number) else { return }
        for tell in held.watchers.values { tell() }
    }

    private func forget(_ name: StreamName, _ number: UInt64) -> Cast? {
        self.casts.withLock { casts in
            guard let cast = casts.byStream[name], cast.number == number else { return nil }
            casts.byStream[name] = nil
            return cast
        }
    }

    private func leave(_ part: UInt64, _ number: UInt64, _ name: StreamName) {
        let viewer = self.casts.withLock { casts -> ViewerID? in
            guard let cast = casts.byStream[name], cast.number == number else { return nil }
            casts.byStream[name]?.watchers[part] = nil
            guard casts.byStream[name]?.watchers.isEmpty ?? false else { return nil }
            // Whoever comes now begins another.
            casts.byStream[name] = nil
            if case .sending(let viewer) = cast.state { return viewer }
            return nil
        }
        guard let viewer else { return }
        self.engine.remove(viewer)
    }
}

extension HeldDescriptor {
    /// The address its packets come from; nil where the kernel chooses for each.
    fileprivate var source: InternetAddress.Host? {
        guard let twin = try? self.duplicate(), let address = try? UDPSocket.localAddress(of: twin),
            ![InternetAddress.Host.anyV4, .anyV6].contains(address.host)
        else { return nil }
        return address.host
    }
}
