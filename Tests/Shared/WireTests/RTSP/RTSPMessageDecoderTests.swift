import NIOCore
import Testing
import Wire

@Suite struct RTSPMessageDecoderTests {
    private static func messages(_ text: String, pieces: Int = .max, limits: RTSPLimits = RTSPLimits()) throws
        -> [RTSPMessage]
    {
        var decoder = RTSPMessageDecoder(limits: limits)
        var rest = ByteBuffer(string: text)
        var unread = ByteBuffer()
        var found: [RTSPMessage] = []
        while let piece = rest.readSlice(length: min(pieces, rest.readableBytes)), piece.readableBytes > 0 {
            unread.writeImmutableBuffer(piece)
            while let message = try decoder.next(from: &unread) { found.append(message) }
        }
        return found
    }

    private static let conversation = """
        OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n\
        $\u{1}\u{0}\u{3}abc\
        ANNOUNCE rtsp://h/live/main RTSP/1.0\nCSeq: 2\nX-Long: one\n two\ncontent-length: 5\n\nv=0\r\n\
        \r\n\r\nRTSP/1.0 200 All is well\r\nCSeq: 7\r\n\r\n\
        $\u{0}\u{0}\u{0}TEARDOWN rtsp://h/a b RTSP/1.0\r\nCSeq: 3\r\n\r\n
        """

    @Test func messagesAndFramesAreToldApart() throws {
        let found = try Self.messages(Self.conversation)
        #expect(found.count == 6)
        guard case .request(let options) = found[0], case .interleaved(let frame) = found[1],
            case .request(let announce) = found[2], case .response(let response) = found[3],
            case .interleaved(let empty) = found[4], case .request(let teardown) = found[5]
        else {
            Issue.record("\(found)")
            return
        }
        #expect(options.method == .options && options.uri == "*" && options.headers["cseq"] == "1")
        #expect(frame == RTSPFrame(channel: 1, payload: ByteBuffer(string: "abc")))
        #expect(announce.headers["x-long"] == "one two")
        #expect(announce.body == ByteBuffer(string: "v=0\r\n"))
        #expect(response.status == .ok && response.reason == "All is well")
        #expect(empty == RTSPFrame(channel: 0, payload: ByteBuffer()))
        #expect(teardown.uri == "rtsp://h/a b")
    }

    @Test(arguments: [1, 2, 3, 5, 7, 11, 64])
    func piecesReadAsTheWhole(_ size: Int) throws {
        #expect(try Self.messages(Self.conversation, pieces: size) == Self.messages(Self.conversation))
    }

    @Test func everySplitPointReadsAsTheWhole() throws {
        let whole = try Self.messages(Self.conversation)
        let bytes = ByteBuffer(string: Self.conversation)
        for split in 0...bytes.readableBytes {
            var decoder = RTSPMessageDecoder()
            var unread = ByteBuffer()
            var found: [RTSPMessage] = []
            var rest = bytes
            for length in [split, bytes.readableBytes - split] {
                if let piece = rest.readSlice(length: length) { unread.writeImmutableBuffer(piece) }
                while let message = try decoder.next(from: &unread) { found.append(message) }
            }
            #expect(found == whole)
            #expect(decoder.offset == UInt64(bytes.readableBytes))
        }
    }

    static let faults: [(String, RTSPError.Reason)] = [
        ("GET / HTTP/1.1\r\n\r\n", .unsupportedVersion),
        ("DESCRIBE rtsp://h/ RTSP/2.0\r\n\r\n", .unsupportedVersion),
        ("\u{3}\u{0}\u{0}\n", .malformedStartLine),
        ("OPTIONS\r\n", .malformedStartLine),
        ("OPTIONS *\r\n", .malformedStartLine),
        ("RTSP/1.0 2x0 OK\r\n", .malformedStartLine),
        ("OPTIONS * RTSP/1.0\r\nCSeq 1\r\n", .malformedHeader),
        ("OPTIONS * RTSP/1.0\r\n folded\r\n", .malformedHeader),
        ("OPTIONS * RTSP/1.0\r\nContent-Length: -1\r\n\r\n", .malformedContentLength),
        ("OPTIONS * RTSP/1.0\r\nContent-Length: many\r\n\r\n", .malformedContentLength),
        ("OPTIONS * RTSP/1.0\r\nContent-Length: 101\r\n\r\n", .bodyTooLong(bytes: 101, limit: 100)),
        (
            "OPTIONS * RTSP/1.0\r\nContent-Length: 99999999999999999999\r\n\r\n", .malformedContentLength
        ),
        (String(repeating: "A", count: 201), .lineTooLong(limit: 200)),
        ("OPTIONS * RTSP/1.0\r\n" + String(repeating: "A: 1\r\n", count: 5), .tooManyHeaders(limit: 4)),
        (
            "OPTIONS * RTSP/1.0\r\n" + String(repeating: "A: \(String(repeating: "1", count: 100))\r\n", count: 3),
            .headTooLong(limit: 250)
        ),
    ]

    @Test(arguments: Self.faults)
    func faultsAreNamed(_ text: String, _ reason: RTSPError.Reason) throws {
        var limits = RTSPLimits()
        limits.lineBytes = 200
        limits.headers = 4
        limits.headBytes = 250
        limits.bodyBytes = 100
        for pieces in [Int.max, 1] {
            do {
                _ = try Self.messages(text, pieces: pieces, limits: limits)
                Issue.record("\(reason) was not noticed")
            } catch let error as RTSPError {
                #expect(error.reason == reason)
            }
        }
    }

    @Test func whatIsWrittenReadsAsTheSame() throws {
        var request = RTSPRequest(.announce, "rtsp://h/live/main", body: ByteBuffer(string: "v=0"))
        request.headers.add("CSeq", "1")
        var bytes = ByteBuffer()
        RTSPMessageEncoder.write(request, into: &bytes)
        var decoder = RTSPMessageDecoder()
        guard case .request(let read)? = try decoder.next(from: &bytes) else {
            Issue.record("not a request")
            return
        }
        #expect(read.method == request.method && read.uri == request.uri && read.body == request.body)
        #expect(read.headers["CSeq"] == "1")
    }

    @Test func aValueCannotEndItsLine() throws {
        var response = RTSPResponse(.ok, reason: "a\r\nX: y")
        response.headers.add("Unsupported", "b\r\n\r\nc")
        var bytes = ByteBuffer()
        RTSPMessageEncoder.write(response, into: &bytes)
        var decoder = RTSPMessageDecoder()
        guard case .response(let read)? = try decoder.next(from: &bytes) else {
            Issue.record("not an answer")
            return
        }
        #expect(bytes.readableBytes == 0)
        #expect(read.headers.fields.map(\.name) == ["Unsupported"])
    }
}
