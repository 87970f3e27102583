import NIOCore
import Testing
import Wire

/// Whole conversations, as they came from real clients, read in pieces of every size.
@Suite struct RTSPConversationTests {
    /// Accepts everything and records what it was asked and told.
    struct WillingServer {
        var session = RTSPServerSession(configuration: RTSPSessionConfiguration(), identifier: 1, nonce: 2)
        var bytes = ByteBuffer()
        var story: [RTSPServerEvent] = []

        mutating func receive(_ bytes: ByteBuffer) { self.perform(self.session.receive(bytes)) }

        private mutating func perform(_ events: [RTSPServerEvent]) {
            for event in events {
                if case .send(let bytes) = event {
                    self.bytes.writeImmutableBuffer(bytes)
                    continue
                }
                self.story.append(event)
                switch event {
                case .describe: self.perform(self.session.acceptDescribe("v=0\r\n"))
                case .announce: self.perform(self.session.acceptAnnounce(controls: ["streamid=0", "streamid=1"]))
                case .setup(let setup): self.perform(self.session.acceptSetup(setup.offers[0]))
                case .play: self.perform(self.session.acceptPlay())
                case .record: self.perform(self.session.acceptRecord())
                case .control: self.perform(self.session.denyControl())
                case .send, .packet, .pause, .teardown, .close: break
                }
            }
        }
    }

    private static let publish = """
        OPTIONS rtsp://h:8554/live/main?key=k RTSP/1.0\r\nCSeq: 1\r\nUser-Agent: Lavf59.27.100\r\n\r\n\
        ANNOUNCE rtsp://h:8554/live/main?key=k RTSP/1.0\r\nContent-Type: application/sdp\r\nCSeq: 2\r\n\
        User-Agent: Lavf59.27.100\r\nContent-Length: 7\r\n\r\nv=0\r\ns=\
        SETUP rtsp://h:8554/live/main?key=k/streamid=0 RTSP/1.0\r\n\
        Transport: RTP/AVP/TCP;unicast;interleaved=0-1;mode=record\r\nCSeq: 3\r\n\r\n\
        SETUP rtsp://h:8554/live/main?key=k/streamid=1 RTSP/1.0\r\n\
        Transport: RTP/AVP/TCP;unicast;interleaved=2-3;mode=record\r\nCSeq: 4\r\nSession: 0000000000000001\r\n\r\n\
        RECORD rtsp://h:8554/live/main?key=k RTSP/1.0\r\nRange: npt=0.000-\r\nCSeq: 5\r\n\
        Session: 0000000000000001\r\n\r\n\
        $\u{0}\u{0}\u{4}\u{80}tp0$\u{3}\u{0}\u{5}\u{80}tcp1$\u{9}\u{0}\u{1}x\
        TEARDOWN rtsp://h:8554/live/main?key=k RTSP/1.0\r\nCSeq: 6\r\nSession: 0000000000000001\r\n\r\n
        """

    private static let play = """
        OPTIONS rtsp://h/live/main RTSP/1.0\r\nCSeq: 1\r\n\r\n\
        DESCRIBE rtsp://h/live/main RTSP/1.0\r\nAccept: application/sdp\r\nCSeq: 2\r\n\r\n\
        SETUP rtsp://h/live/main/trackID=0 RTSP/1.0\r\nTransport: RTP/AVP/TCP;unicast;interleaved=0-1\r\nCSeq: 3\r\n\r\n\
        PLAY rtsp://h/live/main/ RTSP/1.0\r\nCSeq: 4\r\nSession: 0000000000000001\r\nRange: npt=0.000-\r\n\r\n\
        $\u{1}\u{0}\u{2}rrGET_PARAMETER rtsp://h/live/main/ RTSP/1.0\r\nCSeq: 5\r\nSession: 0000000000000001\r\n\r\n\
        PAUSE rtsp://h/live/main/ RTSP/1.0\r\nCSeq: 6\r\nSession: 0000000000000001\r\n\r\n\
        TEARDOWN rtsp://h/live/main/ RTSP/1.0\r\nCSeq: 7\r\nSession: 0000000000000001\r\n\r\n
        """

    static let conversations: [(String, events: Int)] = [(Self.publish, 7), (Self.play, 5)]

    /// A byte for each scalar.
    private static func bytes(_ text: String) -> ByteBuffer {
        ByteBuffer(bytes: text.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) })
    }

    @Test(arguments: Self.conversations)
    func piecesTellTheSame(_ text: String, _ events: Int) {
        var whole = WillingServer()
        whole.receive(Self.bytes(text))
        #expect(whole.story.count == events)
        #expect(whole.story.last == .teardown)
        for size in [1, 2, 3, 5, 17, 100] {
            var pieces = WillingServer()
            var rest = Self.bytes(text)
            while rest.readableBytes > 0, let piece = rest.readSlice(length: min(size, rest.readableBytes)) {
                pieces.receive(piece)
            }
            #expect(pieces.story == whole.story)
            #expect(pieces.bytes == whole.bytes)
        }
    }
}
