import NIOCore
import Testing
import Wire

/// What cameras and their gateways write between interleaved frames that belongs to none of them.
@Suite struct RTSPStrayBytesTests {
    /// An RTP packet of that size whose number stands in it.
    private static func packet(_ number: Int, size: Int = 200) -> ByteBuffer {
        var bytes = ByteBuffer()
        bytes.writeMultipleIntegers(
            UInt16(0x8060),
            UInt16(truncatingIfNeeded: number),
            UInt32(number * 3000),
            UInt32(7)
        )
        while bytes.readableBytes < size { bytes.writeInteger(UInt8(truncatingIfNeeded: bytes.readableBytes &* 37)) }
        return bytes
    }

    private static func frame(_ number: Int, channel: UInt8 = 0, size: Int = 200) -> ByteBuffer {
        var bytes = ByteBuffer()
        RTSPMessageEncoder.write(RTSPFrame(channel: channel, payload: Self.packet(number, size: size)), into: &bytes)
        return bytes
    }

    /// Numbers of the packets that come out of the bytes, given whole or in pieces.
    private static func numbers(_ bytes: ByteBuffer, pieces: Int = .max, _ peer: inout RTSPPeer) -> [Int] {
        var rest = bytes
        while let piece = rest.readSlice(length: min(pieces, rest.readableBytes)), piece.readableBytes > 0 {
            peer.events += peer.server.receive(piece)
        }
        return peer.takeEvents().compactMap { event in
            guard case .packet(let packet) = event else { return nil }
            return packet.payload.getInteger(at: packet.payload.readerIndex + 2, as: UInt16.self).map(Int.init)
        }
    }

    /// The letters, and bytes behind them.
    private static func stray(_ letters: String, _ bytes: UInt8...) -> [UInt8] { Array(letters.utf8) + bytes }

    /// Bytes of every kind but those that begin a frame or end a line.
    private static func odd() -> [UInt8] {
        var bytes: [UInt8] = []
        for number in 0..<64 {
            let byte = UInt8((number * 73 + 11) % 251) | 1
            if byte != UInt8(ascii: "$"), byte != 10 { bytes.append(byte) }
        }
        return bytes
    }

    static let strays: [(String, [UInt8])] = [
        ("odd bytes", Self.odd()),
        ("zeros", [UInt8](repeating: 0, count: 37)),
        ("empty lines", Self.stray("\r\n\r\n\n")),
        ("a letter", Self.stray("A")),
        ("a word", Self.stray("OPTIONSX")),
        ("a line", Self.stray("what is this?\r\n")),
        ("a line of numbers", Self.stray("RTP 5 7\n")),
        ("dollars", Self.stray("$$$$$$$$$$$$$")),
        ("a length that is no frame's", Self.stray("$", 0, 0xFF, 0xFF, 0x11)),
        ("another channel with such a length", Self.stray("$", 77, 0xFF, 0xFE, 1, 2, 3)),
        ("half a frame's head", Self.stray("$", 0)),
        ("a packet without its four bytes", Array(Self.packet(900, size: 700).readableBytesView)),
        ("bytes of two letters", Self.stray("\u{e9}", 0xE2, 0x82)),
    ]

    @Test(arguments: Self.strays, [Int.max, 1, 7, 64, 1000])
    func strayBytesCostNoFrame(_ stray: (String, [UInt8]), _ pieces: Int) throws {
        var peer = try RTSPPeer.recording()
        var bytes = ByteBuffer()
        for number in 0..<60 {
            bytes.writeImmutableBuffer(Self.frame(number, channel: number % 3 == 2 ? 2 : 0, size: 150 + number * 20))
            if [10, 20, 30].contains(number) { bytes.writeBytes(stray.1) }
        }
        #expect(Self.numbers(bytes, pieces: pieces, &peer) == Array(0..<60), "\(stray.0)")
        // Requests are answered as before.
        #expect(try peer.ask("OPTIONS", RTSPPeer.base).map(\.status) == [.ok])
        #expect(peer.server.strayRuns <= 3 && peer.server.strayBytes <= UInt64(3 * stray.1.count))
    }

    /// A description of two media, as ``packet(_:size:)`` has them.
    private static let description = """
        v=0\r
        m=video 0 RTP/AVP 96\r
        a=rtpmap:96 H264/90000\r
        m=audio 0 RTP/AVP 97 96\r
        a=rtpmap:97 MPEG4-GENERIC/48000/2\r
        a=rtpmap:96 opus/48000/2\r

        """

    /// A camera that writes something behind each of its frames: no frame has another behind it.
    @Test(arguments: Self.strays, [Int.max, 1, 7, 1000])
    func noiseBehindEveryFrameCostsNone(_ stray: (String, [UInt8]), _ pieces: Int) throws {
        var peer = try RTSPPeer.recording(Self.description)
        var bytes = ByteBuffer()
        for number in 0..<175 {
            bytes.writeImmutableBuffer(Self.frame(number, channel: number % 3 == 2 ? 2 : 0, size: 100 + number * 8))
            bytes.writeBytes(stray.1)
        }
        #expect(Self.numbers(bytes, pieces: pieces, &peer) == Array(0..<175), "\(stray.0)")
        #expect(peer.server.strayRuns <= 175 && peer.server.strayBytes <= UInt64(175 * stray.1.count))
    }

    /// Sender reports that stand alone are found by their lengths.
    @Test func aReportBetweenStrayBytesIsFound() throws {
        var peer = try RTSPPeer.recording(Self.description)
        var report = ByteBuffer()
        RTCPPacket.senderReport(
            RTCPSenderReport(source: 7, time: NTPTime(microseconds: 1), timestamp: 0, packets: 1, bytes: 1)
        ).write(into: &report)
        var bytes = Self.frame(0)
        for _ in 0..<5 {
            bytes.writeBytes(Self.odd())
            RTSPMessageEncoder.write(RTSPFrame(channel: 1, payload: report), into: &bytes)
        }
        bytes.writeBytes(Self.odd())
        peer.events += peer.server.receive(bytes)
        let reports = peer.takeEvents().filter { if case .packet(let packet) = $0 { packet.isRTCP } else { false } }
        #expect(reports.count == 5)
    }

    /// Bytes that look like a frame of a channel, but of a source that the channel has not had, or out of all order.
    @Test(arguments: [(UInt32(8), UInt16(5)), (7, 40_000)])
    func whatDoesNotGoOnFromItsChannelIsNotBelievedAlone(_ source: UInt32, _ number: UInt16) throws {
        var peer = try RTSPPeer.recording(Self.description)
        var bytes = Self.frame(0)
        bytes.writeBytes([1, 2, 3])
        bytes.writeMultipleIntegers(
            UInt8(ascii: "$"),
            UInt8(0),
            UInt16(60_000),
            UInt16(0x8060),
            number,
            UInt32(0),
            source
        )
        bytes.writeImmutableBuffer(Self.frame(1))
        bytes.writeImmutableBuffer(Self.frame(2))
        #expect(Self.numbers(bytes, &peer) == [0, 1, 2])
    }

    @Test func aRequestIsFoundBehindStrayBytes() throws {
        var peer = try RTSPPeer.recording()
        var bytes = Self.frame(1)
        bytes.writeBytes([1, 2, 3, 0, 36, 0])
        bytes.writeString("GET_PARAMETER \(RTSPPeer.base) RTSP/1.0\r\nCSeq: 70\r\n\r\n")
        bytes.writeImmutableBuffer(Self.frame(2))
        #expect(Self.numbers(bytes, pieces: 3, &peer) == [1, 2])
        #expect(try peer.takeResponses().map { $0.headers["CSeq"] } == ["70"])
        #expect(peer.server.strayBytes == 6 && peer.server.strayRuns == 1)
    }

    /// The frame that was cut has lost its end, and with it the one behind that it swallowed.
    @Test(arguments: [Int.max, 5])
    func aFrameCutShortCostsItsNeighbourAtMost(_ pieces: Int) throws {
        var peer = try RTSPPeer.recording()
        var bytes = ByteBuffer()
        for number in 0..<30 {
            var frame = Self.frame(number, size: 900)
            if number == 10, let cut = frame.readSlice(length: 500) {
                bytes.writeImmutableBuffer(cut)
            } else {
                bytes.writeImmutableBuffer(frame)
            }
        }
        #expect(Self.numbers(bytes, pieces: pieces, &peer) == Array(0...10) + Array(12..<30))
        #expect(peer.server.strayRuns == 1)
    }

    @Test func aViewersReportsMayHaveThemToo() throws {
        var peer = try RTSPPeer.playing()
        var bytes = ByteBuffer(bytes: [0, 0, 0])
        bytes.writeImmutableBuffer(Self.frame(1, channel: 1, size: 32))
        bytes.writeString("junk\u{1}TEARDOWN \(RTSPPeer.base) RTSP/1.0\r\nCSeq: 9\r\n\r\n")
        peer.events += peer.server.receive(bytes)
        #expect(try peer.takeResponses().map(\.status) == [.ok])
        #expect(peer.takeEvents() == [.teardown])
    }

    @Test func aConnectionThatIsNoLongerRTSPEnds() throws {
        var configuration = RTSPSessionConfiguration()
        configuration.limits.strayBytes = 4096
        var peer = RTSPPeer(configuration)
        try peer.setup("trackID=0", "RTP/AVP/TCP;interleaved=0-1")
        for _ in 0..<4 { peer.events += peer.server.receive(ByteBuffer(repeating: 1, count: 1024)) }
        _ = try peer.takeResponses()
        #expect(peer.takeEvents().isEmpty)
        peer.events += peer.server.receive(ByteBuffer(repeating: 1, count: 1))
        #expect(try peer.takeResponses().map(\.status.rawValue) == [400])
        guard case .close(let error)? = peer.takeEvents().last else {
            Issue.record("still open")
            return
        }
        #expect(error?.reason == .tooManyStrayBytes(limit: 4096))
        #expect(error.map { "\($0)".contains("4096") } == true)
        // The same in lines.
        var lines = RTSPPeer(configuration)
        try lines.setup("trackID=0", "RTP/AVP/TCP;interleaved=0-1")
        for _ in 0..<500 { lines.events += lines.server.receive(ByteBuffer(string: "no request\r\n")) }
        guard case .close(.some)? = lines.takeEvents().last else {
            Issue.record("still open")
            return
        }
    }

    /// Where nothing is interleaved, what is no RTSP is told so at once.
    @Test func withoutFramesNothingIsPassedOver() throws {
        var peer = RTSPPeer()
        try peer.setup("trackID=0", "RTP/AVP;unicast;client_port=5000-5001")
        #expect(try peer.send("what is this\r\n\r\n").map(\.status.rawValue) == [400])
    }
}
