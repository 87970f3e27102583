package import Contract
package import Linux
package import Logging
package import Media
package import NIOCore
package import Relay
import Wire

/// One declared source as a value: datagrams in, source events out. It knows no socket.
package struct DatagramSession: Sendable {
    package struct Arrival: Sendable {
        package var verdict: SenderLock.Verdict
        package var events: [SourceEvent] = []
        /// The sender said that it ends.
        package var isGoodbye = false
    }

    package struct Report: Hashable, Sendable {
        package let media: Int
        package let bytes: ByteBuffer
        package let destination: InternetAddress
    }

    /// MPEG-TS, bare or in RTP.
    private let isTransportStream: Bool
    private var sender: SenderLock
    private var receiver: RTPReceiver
    private var transport: TransportStreamReader
    /// Where the reports of each medium came from.
    private var reporters: [Int: InternetAddress] = [:]
    /// The latest report of each medium from somebody whose packets have not come yet.
    private var early: [Int: EarlyReport] = [:]
    private var barePackets: UInt64 = 0
    private var malformed: UInt64 = 0

    private struct EarlyReport: Sendable {
        let sender: InternetAddress
        let bytes: ByteBuffer
        let now: Now
    }

    /// Bytes of a report that is kept until its sender's packets come.
    private static let earlyReportLimit = 1500

    /// Sync byte of a packet of MPEG-TS (ISO/IEC 13818-1, 2.4.3.3), which no version of RTP begins with.
    private static let syncByte: UInt8 = 0x47

    /// What a port of MPEG-TS is described as: RFC 3551, payload type 33.
    private static let transportStreamDescription = "v=0\r\nm=video 9 RTP/AVP 33\r\n"

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
        let isBare = self.isTransportStream && first == Self.syncByte
        // What is no packet at all must not keep the port from who sends some.
        guard isBare || first >> 6 == 2 else {
            self.malformed += 1
            return Arrival(verdict: .foreign)
        }
        let verdict = self.sender.admit(sender, media: media, now: now.monotonic)
        guard verdict != .foreign else { return Arrival(verdict: .foreign) }
        if verdict == .new { self.takeEarlyReports(of: sender.host) }
        if isBare {
            self.barePackets += 1
            return Arrival(verdict: verdict, events: self.transport.read(bytes, now: now))
        }
        return self.take(self.receiver.receiveRTP(bytes, media: media, now: now.monotonic), verdict, now)
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

    package var foreign: UInt64 { self.sender.foreign }

    package var link: LinkSnapshot {
        let statistics = self.receiver.statistics
        var link = LinkSnapshot(
            foreign: self.sender.foreign,
            malformed: self.malformed + statistics.reduce(0) { $0 + $1.malformed + $1.unexpectedTypes }
        )
        for track in statistics.prefix(LinkSnapshot.tracksLimit) {
            var counted = LinkTrack(
                kind: track.track.map { $0.kind == .video ? .video : .audio } ?? .transportStream,
                index: track.track.map { Int($0.index) } ?? 0,
                packets: track.packets,
                lost: track.lost,
                reordered: track.reordered,
                duplicates: track.duplicates,
                jitter: .microseconds(track.jitter),
                held: track.held,
                isHolding: track.isHolding
            )
            if counted.kind == .transportStream { self.addTransportStream(to: &counted) }
            link.tracks.append(counted)
        }
        return link
    }

    private func addTransportStream(to track: inout LinkTrack) {
        let statistics = self.transport.statistics
        track.held = statistics.heldUnits
        guard self.barePackets > 0 else { return }
        // Without numbers of RTP it is the packets of 188 bytes that are counted.
        track.packets += statistics.packets
        track.lost += statistics.lostPackets
    }
}
