import Admission
package import Contract
package import Linux
package import Logging
package import Media
package import NIOCore
package import Sessions
package import Streams
import Wire

/// One declared source as a value: datagrams in, source events out. It knows no socket.
package struct DatagramSession: Sendable {
    package struct Arrival: Sendable {
        package var verdict: SenderLock.Verdict
        package var events: [SourceEvent] = []
        /// What of its media is in no event, or not yet.
        package var media = MediaArrival()
        /// The sender said that it ends.
        package var isGoodbye = false
    }

    package struct Report: Hashable, Sendable {
        package let media: Int
        package let bytes: ByteBuffer
        package let destination: InternetAddress
    }

    /// MPEG-TS, bare or in RTP.
    let isTransportStream: Bool
    var sender: SenderLock
    /// How the sender on air sends MPEG-TS.
    var form: TransportStreamForm?
    /// Somebody of whom too little has come to tell.
    private var unknown: UnknownSender?
    var receiver: RTPReceiver
    var transport: TransportStreamReader
    /// Where the reports of each medium came from.
    var reporters: [Int: InternetAddress] = [:]
    /// The latest report of each medium from somebody whose packets have not come yet.
    private var early: [Int: EarlyReport] = [:]
    var bare = BareDatagrams()
    /// Silence after which a source counts as lost, µs.
    private let timeout: Int64
    var malformed: UInt64 = 0

    private struct EarlyReport: Sendable {
        let sender: InternetAddress
        let bytes: ByteBuffer
        let now: Now
    }

    /// Bytes of a report that is kept until its sender's packets come.
    private static let earlyReportLimit = 1500

    /// What a port of MPEG-TS is described as: RFC 3551, payload type 33.
    static let transportStreamDescription = "v=0\r\nm=video 9 RTP/AVP 33\r\n"

    /// - Parameters:
    ///   - stream: whose source is neither a publisher nor a call.
    ///   - timeout: silence after which another sender may begin.
    ///   - random: of the reports.
    ///   - log: of what is wrong with a transport stream.
    /// - Throws: where nothing of the description can be received.
    package init(_ stream: StreamSpec, timeout: Duration, random: UInt32, log: Logger) throws(DatagramRefusal) {
        let text: String
        let source: IPAddress?
        var onLoss = RTPReceiverConfiguration.OnLoss.pass
        switch stream.source {
        case .rtp(let spec):
            (text, source) = (spec.description, spec.source)
            onLoss = spec.onLoss == .hold ? .hold : .pass
            self.isTransportStream = false
        case .datagrams(let spec):
            (text, source) = (Self.transportStreamDescription, spec.source)
            self.isTransportStream = true
        case .publisher, .call: throw DatagramRefusal(sentence: "The stream has no ports of its own.")
        }
        do {
            self.receiver = try RTPReceiver(
                SessionDescription(parsing: text),
                configuration: RTPReceiverConfiguration(
                    onLoss: onLoss,
                    canonicalName: String(random, radix: 36),
                    source: random
                )
            )
        } catch {
            throw DatagramRefusal(sentence: "Nothing of the session description can be received: \(error)")
        }
        self.timeout = timeout.microseconds
        self.sender = SenderLock(
            allowed: source.flatMap { InternetAddress.Host($0.text) },
            timeout: timeout.microseconds
        )
        self.transport = TransportStreamReader(log: log)
    }

    package mutating func receive(
        _ bytes: ByteBuffer,
        from sender: InternetAddress,
        media: Int,
        isReports: Bool,
        now: Now
    ) -> Arrival {
        var arrival = self.read(bytes, from: sender, media: media, isReports: isReports, now: now)
        arrival.media = self.receiver.arrival.take()
        arrival.media.formUnion(self.transport.takeArrival())
        return arrival
    }

    private mutating func read(
        _ bytes: ByteBuffer,
        from sender: InternetAddress,
        media: Int,
        isReports: Bool,
        now: Now
    ) -> Arrival {
        guard let first = bytes.getInteger(at: bytes.readerIndex, as: UInt8.self) else {
            return Arrival(verdict: .known)
        }
        if isReports {
            guard self.sender.admitReport(sender) else {
                if bytes.readableBytes <= Self.earlyReportLimit {
                    self.early[media] = EarlyReport(sender: sender, bytes: bytes, now: now)
                }
                return Arrival(verdict: .foreign)
            }
            self.reporters[media] = sender
            return self.take(
                self.receiver.receiveRTCP(bytes, media: media, now: now.monotonic, wall: now.wall),
                .known,
                now
            )
        }
        var bytes = bytes
        var form = TransportStreamForm.realTime
        if self.isTransportStream {
            // What is no transport stream must not keep the port from who sends one.
            guard let found = self.recognise(&bytes, of: sender, media, now) else {
                self.malformed += 1
                return Arrival(verdict: .foreign)
            }
            form = found
        } else if first >> 6 != 2 {
            self.malformed += 1
            return Arrival(verdict: .foreign)
        }
        let verdict = self.sender.admit(sender, media: media, now: now.monotonic)
        guard verdict != .foreign else { return Arrival(verdict: .foreign) }
        var events: [SourceEvent] = []
        if verdict == .new {
            self.takeEarlyReports(of: sender.host)
            // Half a packet of the one before is no beginning of a packet of this one.
            if self.form != nil { events = self.transport.interrupt() }
        }
        self.form = form
        if form == .bare { return Arrival(verdict: verdict, events: events + self.readBare(bytes, now)) }
        var arrival = self.take(self.receiver.receiveRTP(bytes, media: media, now: now.monotonic), verdict, now)
        arrival.events.insert(contentsOf: events, at: 0)
        return arrival
    }

    /// How a datagram carries MPEG-TS; nil where it does not, or where that cannot be told yet. Then its bytes are kept and
    /// given back in front of the next ones.
    ///
    /// Once a sender is known, its datagrams are not judged again, for of a stream of bytes any may begin with any byte.
    private mutating func recognise(
        _ bytes: inout ByteBuffer,
        of sender: InternetAddress,
        _ media: Int,
        _ now: Now
    ) -> TransportStreamForm? {
        if let form, self.sender.isOnAir(sender, media: media, now: now.monotonic) {
            // It may have been started anew in the other form, which only a datagram of RTP can mistake.
            guard form == .realTime, bytes.getInteger(at: bytes.readerIndex, as: UInt8.self).map({ $0 >> 6 }) != 2
            else { return form }
        }
        var verdict = TransportStreamForm.recognise(bytes)
        if verdict == .undecided {
            var unknown = self.unknown?.address == sender ? self.unknown : nil
            unknown = unknown ?? UnknownSender(sender)
            verdict = unknown?.append(bytes) ?? .foreign
            self.unknown = unknown
            if case .form(.bare) = verdict, let all = unknown?.bytes { bytes = all }
        }
        guard case .form(let form) = verdict else { return nil }
        self.unknown = nil
        return form
    }

    /// ffmpeg reports once before its first packet and not again for 5 s: what puts sound and picture in step from the
    /// start.
    private mutating func takeEarlyReports(of host: InternetAddress.Host) {
        for (media, report) in self.early where report.sender.host == host {
            self.reporters[media] = report.sender
            _ = self.receiver.receiveRTCP(
                report.bytes,
                media: media,
                now: report.now.monotonic,
                wall: report.now.wall
            )
        }
        self.early = [:]
    }

    /// A datagram of MPEG-TS without RTP.
    private mutating func readBare(_ bytes: ByteBuffer, _ now: Now) -> [SourceEvent] {
        guard let silence = self.bare.note(bytes, now: now.monotonic) else { return [] }
        return (silence >= self.timeout ? self.transport.interrupt() : []) + self.transport.read(bytes, now: now)
    }

    private mutating func take(
        _ received: [RTPReceiverEvent],
        _ verdict: SenderLock.Verdict,
        _ now: Now
    ) -> Arrival {
        var arrival = Arrival(verdict: verdict)
        for event in received {
            switch event {
            case .source(let event): arrival.events.append(event)
            case .transportStream(let bytes): arrival.events += self.transport.read(bytes, now: now)
            case .transportStreamGap: arrival.events += self.transport.interrupt()
            case .goodbye:
                arrival.isGoodbye = true
                self.sender.release()
            }
        }
        return arrival
    }

    /// When ``tick(now:)`` or ``reports(now:)`` next have something, µs.
    package var deadline: Int64? { self.receiver.deadline }

    package mutating func tick(now: Now) -> [SourceEvent] {
        self.take(self.receiver.tick(now: now.monotonic), .known, now).events
    }

    /// Reports that are due, with whom they are for.
    package mutating func reports(now: Now) -> [Report] {
        self.receiver.reports(now: now.monotonic, wall: now.wall).compactMap { report in
            // RFC 3550 section 11: one above, until the sender has shown otherwise.
            let packets = self.sender.address(of: report.media).map { InternetAddress($0.host, port: $0.port &+ 1) }
            guard let destination = self.reporters[report.media] ?? packets else { return nil }
            return Report(media: report.media, bytes: report.bytes, destination: destination)
        }
    }

    /// Whose datagrams can be of use at a socket; nil: anybody's. The others need not come in at all.
    package func admission(media: Int, isReports: Bool, now: Now) -> UDPSocket.Admission? {
        isReports
            ? self.sender.reportAdmission(now: now.monotonic)
            : self.sender.admission(media: media, now: now.monotonic)
    }

    /// When that next changes by itself, µs.
    package func admissionDeadline(now: Now) -> Int64? { self.sender.deadline(now: now.monotonic) }

    package var foreign: UInt64 { self.sender.foreign }

    /// Whether it comes from where the sender is whose packets are taken.
    package func isOfSender(_ address: InternetAddress) -> Bool { self.sender.isHost(address.host) }

    package var link: LinkSnapshot {
        var link = LinkSnapshot(self.receiver.statistics)
        link.foreign = self.sender.foreign
        link.malformed += self.malformed
        for index in link.tracks.indices where link.tracks[index].kind == .transportStream {
            self.addTransportStream(to: &link.tracks[index])
        }
        return link
    }

    private func addTransportStream(to track: inout LinkTrack) {
        let statistics = self.transport.statistics
        track.held = statistics.heldUnits
        track.isHolding = self.transport.isHolding
        guard self.bare.count > 0 else { return }
        // Without numbers of RTP it is the packets of 188 bytes that are counted.
        track.packets += statistics.packets
        track.lost += statistics.lostPackets
        track.duplicates += self.bare.duplicates
    }
}
