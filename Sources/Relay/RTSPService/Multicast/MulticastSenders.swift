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
    /// One receiver's part in a transmission, which goes on until the last of them is gone.
    final class Part: Sendable {
        let group: MulticastGroup
        /// The address that its packets come from.
        let source: InternetAddress.Host?
        fileprivate let transmission: UInt64
        private let onLeave: @Sendable () -> Void

        fileprivate init(
            _ group: MulticastGroup,
            from source: InternetAddress.Host?,
            of transmission: UInt64,
            onLeave: @escaping @Sendable () -> Void
        ) {
            self.group = group
            self.source = source
            self.transmission = transmission
            self.onLeave = onLeave
        }

        deinit {
            self.onLeave()
        }
    }

    typealias Answer = @Sendable (Result<Part, DatagramRefusal>) -> Void

    private struct Transmission {
        enum State {
            case opening([(part: UInt64, answer: Answer)])
            /// Nobody plays yet. Sending begins once a player has its sockets, so that it gets the first picture.
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
        /// By part: told when the transmission ends under it.
        var watchers: [UInt64: @Sendable () -> Void]
    }

    private struct Transmissions {
        var byStream: [StreamName: Transmission] = [:]
        /// By transmission, until it has ended: bytes that are in the figures.
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
    private let transmissions = Mutex(Transmissions())

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
        let step = self.transmissions.withLock { transmissions -> Step in
            transmissions.last += 1
            let part = transmissions.last
            guard var transmission = transmissions.byStream[stream.path.stream] else {
                let taken = Set(transmissions.byStream.values.map(\.group.host))
                guard let group = MulticastGroup(for: stream.path, of: spec, besides: taken) else {
                    return .refuse("All multicast groups of \(spec.groups) are in use; widen multicast.groups.")
                }
                let transmission = Transmission(
                    number: part,
                    spec: spec,
                    group: group,
                    state: .opening([(part, answer)]),
                    watchers: [part: onEnd]
                )
                transmissions.byStream[stream.path.stream] = transmission
                return .open(part)
            }
            transmission.watchers[part] = onEnd
            defer { transmissions.byStream[stream.path.stream] = transmission }
            switch transmission.state {
            case .opening(let waiting):
                transmission.state = .opening(waiting + [(part, answer)])
                return .wait
            case .ready, .beginning, .sending: return .answer(self.part(part, of: transmission, stream.path.stream))
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
        let (sending, unwanted) = self.transmissions.withLock { transmissions in
            (
                transmissions.byStream.filter { $0.value.spec == wanted },
                transmissions.byStream.filter { $0.value.spec != wanted }
            )
        }
        for (name, transmission) in unwanted {
            switch transmission.state {
            case .sending(let viewer): self.engine.remove(viewer)
            case .ready: self.end(name, transmission.number)
            // It is looked at again.
            case .opening, .beginning: break
            }
        }
        for (name, transmission) in sending {
            guard case .sending(let viewer) = transmission.state,
                let bytes = self.engine.statistics(of: viewer)?.bytesSent
            else { continue }
            self.note(bytes, of: transmission.number, name)
        }
    }

    private func note(_ bytes: UInt64, of number: UInt64, _ name: StreamName, isLast: Bool = false) {
        let new = self.transmissions.withLock { transmissions -> UInt64 in
            guard let noted = transmissions.noted[number] else { return 0 }
            transmissions.noted[number] = isLast ? nil : max(bytes, noted)
            return bytes > noted ? bytes - noted : 0
        }
        if new > 0 { self.services.admission.audience.noteBytes(Int(clamping: new), of: name, .rtsp) }
    }

    private func part(_ part: UInt64, of transmission: Transmission, _ name: StreamName) -> Part {
        let number = transmission.number
        return Part(transmission.group, from: transmission.source, of: number) { [weak self] in
            self?.leave(part, number, name)
        }
    }

    private func open(_ name: StreamName, _ number: UInt64) {
        guard let group = self.transmissions.withLock({ $0.byStream[name]?.group }) else { return }
        let request = DatagramRequest.multicast(group: "\(group.host)", port: group.port, tracks: group.tracks)
        self.services.ports.lend(request) { [weak self] outcome in
            guard let self else { return }
            switch outcome {
            case .failure(let refusal):
                guard case .opening(let waiting)? = self.forget(name, number)?.state else { return }
                for (_, answer) in waiting { answer(.failure(refusal)) }
            case .success(let loan):
                let source = loan.sockets.first?.source
                let answers = self.transmissions.withLock { transmissions -> [(Part, Answer)] in
                    guard var transmission = transmissions.byStream[name], transmission.number == number,
                        case .opening(let waiting) = transmission.state
                    else { return [] }
                    transmission.state = .ready(loan)
                    transmission.source = source
                    transmissions.byStream[name] = transmission
                    return waiting.map { (self.part($0.part, of: transmission, name), $0.answer) }
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
        let begun = self.transmissions.withLock { transmissions -> (Transmission, DatagramLoan)? in
            guard let transmission = transmissions.byStream[name], transmission.number == part.transmission,
                case .ready(let loan) = transmission.state
            else {
                return nil
            }
            transmissions.byStream[name]?.state = .beginning
            transmissions.noted[transmission.number] = 0
            return (transmission, loan)
        }
        guard let (transmission, loan) = begun, !loan.sockets.isEmpty else { return false }
        let (number, group) = (transmission.number, transmission.group)
        let lease: WireLease
        do throws(PlayDenial) {
            lease = try self.services.admission.lease(.rtp, of: stream, now: SystemClock.now)
        } catch {
            self.end(name, number)
            throw error
        }
        let framing = DatagramViewer.Framing.channels(by: loan.sockets)
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
        let isWanted = self.transmissions.withLock { transmissions in
            guard transmissions.byStream[name]?.number == number else { return false }
            transmissions.byStream[name]?.state = .sending(id)
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

    private func forget(_ name: StreamName, _ number: UInt64) -> Transmission? {
        self.transmissions.withLock { transmissions in
            guard let transmission = transmissions.byStream[name], transmission.number == number else { return nil }
            transmissions.byStream[name] = nil
            return transmission
        }
    }

    private func leave(_ part: UInt64, _ number: UInt64, _ name: StreamName) {
        let viewer = self.transmissions.withLock { transmissions -> ViewerID? in
            guard let transmission = transmissions.byStream[name], transmission.number == number else { return nil }
            transmissions.byStream[name]?.watchers[part] = nil
            guard transmissions.byStream[name]?.watchers.isEmpty ?? false else { return nil }
            // Whoever comes now begins another.
            transmissions.byStream[name] = nil
            if case .sending(let viewer) = transmission.state { return viewer }
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
