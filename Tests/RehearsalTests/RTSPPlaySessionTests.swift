import NIOCore
import Rehearsal
import Testing
import Wire

/// A player and a server in memory.
@Suite struct RTSPPlaySessionTests {
    private static let description =
        "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\na=control:*\r\n"
        + "m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=control:trackID=0\r\n"
        + "m=audio 0 RTP/AVP 97\r\na=rtpmap:97 MPEG4-GENERIC/48000/2\r\na=control:trackID=1\r\n"

    private struct Server {
        var session = RTSPServerSession(configuration: RTSPSessionConfiguration(), identifier: 1, nonce: 2)
        var transports: [RTSPTransport] = []
        var isPlaying = false

        /// What it answers to bytes.
        mutating func hear(_ bytes: [UInt8], refusing: Bool = false) -> [UInt8] {
            var answer: [UInt8] = []
            var events = self.session.receive(ByteBuffer(bytes: bytes))
            while let last = events.last {
                for case .send(let bytes) in events { answer += bytes.readableBytesView }
                switch last {
                case .describe where refusing: events = self.session.refuse(RTSPRefusal(.notFound, "No such stream."))
                case .describe: events = self.session.acceptDescribe(RTSPPlaySessionTests.description)
                case .setup(let setup):
                    var transport = setup.offers[0]
                    transport.interleaved = transport.lower == .tcp ? transport.interleaved : nil
                    self.transports.append(transport)
                    events = self.session.acceptSetup(transport)
                case .play:
                    self.isPlaying = true
                    events = self.session.acceptPlay()
                default: events = []
                }
            }
            return answer
        }
    }

    private static func session(_ scheme: String) throws -> RTSPPlaySession {
        let address = try StreamAddress(parsing: "\(scheme)://h/live/main")
        var session = RTSPPlaySession(address: address, probing: true, gapLimit: 500_000)
        session.open(at: 5000)
        return session
    }

    /// The conversation up to PLAY's answer, which is left to be read.
    private static func greet(_ session: inout RTSPPlaySession, _ server: inout Server) throws -> [UInt8] {
        while true {
            let answer = server.hear(session.outbox)
            session.outbox = []
            guard !server.isPlaying else { return answer }
            try session.receive(answer.span)
        }
    }

    private static func packet(
        _ type: UInt8,
        _ sequence: UInt16,
        _ timestamp: UInt32,
        _ payload: [UInt8]
    ) -> [UInt8] {
        var bytes = ByteBuffer()
        RTPPacket(
            marker: false,
            payloadType: type,
            sequence: sequence,
            timestamp: timestamp,
            source: 9,
            payload: ByteBuffer()
        ).writeHeader(into: &bytes)
        return Array(bytes.readableBytesView) + payload
    }

    /// A keyframe that begins with its parameter sets and a stamp, two pictures one of which is shown before what came
    /// before it, a loss, and sound.
    private static let packets: [[UInt8]] = [
        packet(96, 65_535, 0, [24, 0, 2, 0x67, 1, 0, 1, 0x68]),
        packet(96, 0, 0, [6, 5, 32] + stampBytes(77) + [0x80]),
        packet(96, 1, 0, [28, 0x85, 1, 2, 3]),
        packet(97, 10, 0, [0, 16, 0, 8, 1]),
        packet(96, 2, 9000, [0x41, 1]),
        packet(96, 3, 4500, [0x01, 1]),
        packet(97, 11, 1024, [0, 16, 0, 8, 1]),
        packet(96, 5, 18_000, [6, 5, 32] + stampBytes(78) + [0x80]),
    ]

    private static func expect(_ progress: StreamProgress) {
        #expect(progress.video.packets == 3)
        #expect(progress.audio.packets == 2)
        #expect(progress.gaps == 1)
        #expect(progress.regressions == 0)
        #expect(progress.hasPicture)
        #expect(progress.advance == 200_000)
        #expect(progress.stamps == [77, 78])
    }

    @Test func interleavedFramesAreReadAtEverySplit() throws {
        var begun = try Self.session("rtsp")
        var server = Server()
        var bytes = try Self.greet(&begun, &server)
        #expect(server.transports.map(\.interleaved) == [.init(rtp: 0, rtcp: 1), .init(rtp: 2, rtcp: 3)])
        for packet in Self.packets {
            bytes += [0x24, packet[1] == 96 ? 0 : 2, 0, UInt8(packet.count)] + packet
            // Reports, and answers to reminders, come between them.
            bytes += [0x24, 1, 0, 8, 0x80, 200, 0, 1, 0, 0, 0, 9]
            bytes += Array("RTSP/1.0 200 OK\r\nCSeq: 9\r\n\r\n".utf8)
        }
        for split in bytes.indices {
            var session = begun
            if split > 0 { try session.receive(bytes.span.extracting(0..<split)) }
            try session.receive(bytes.span.extracting(split..<bytes.count))
            Self.expect(session.progress)
        }
        for byte in bytes.indices { try begun.receive(bytes.span.extracting(byte...byte)) }
        Self.expect(begun.progress)
    }

    @Test func datagramsAreAskedForAndRead() throws {
        var session = try Self.session("rtspu")
        #expect(session.path == .connectionAndDatagrams)
        var server = Server()
        let answer = try Self.greet(&session, &server)
        #expect(server.transports.map(\.clientPort) == [.init(rtp: 5000, rtcp: 5001), .init(rtp: 5000, rtcp: 5001)])
        try session.receive(answer.span)
        for packet in Self.packets { try session.receive(datagram: packet.span) }
        Self.expect(session.progress)
    }

    @Test func aSessionSaysThatItIsStillThere() throws {
        var session = try Self.session("rtspu")
        var server = Server()
        let answer = try Self.greet(&session, &server)
        try session.receive(answer.span)
        try session.receive(datagram: Self.packet(96, 1, 0, [0x65]).span)
        #expect(session.outbox.isEmpty)
        try session.receive(datagram: Self.packet(96, 2, 25 * 90_000, [0x41]).span)
        #expect(
            String(decoding: session.outbox, as: UTF8.self).hasPrefix("OPTIONS rtsp://h:554/live/main RTSP/1.0\r\n")
        )
        #expect(String(decoding: session.outbox, as: UTF8.self).contains("\r\nSession: "))
    }

    @Test func aRefusalSaysWhy() throws {
        var session = try Self.session("rtsp")
        var server = Server()
        let answer = server.hear(session.outbox, refusing: true)
        let error = #expect(throws: ScanError.self) { try session.receive(answer.span) }
        #expect(error.map { "\($0)".contains("404 No such stream.") } == true)
    }
}
