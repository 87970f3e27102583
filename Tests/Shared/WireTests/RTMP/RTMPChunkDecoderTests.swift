import NIOCore
import Testing
import Wire

@Suite struct RTMPChunkDecoderTests {
    static func messages(_ text: String, limits: RTMPLimits = RTMPLimits()) throws(RTMPError) -> [RTMPMessage] {
        var decoder = RTMPChunkDecoder(limits: limits)
        return try decoder.messages(in: [hex(text)])
    }

    static func reason(_ text: String, limits: RTMPLimits = RTMPLimits()) -> RTMPError.Reason? {
        do throws(RTMPError) {
            _ = try Self.messages(text, limits: limits)
            return nil
        } catch {
            return error.reason
        }
    }

    // MARK: - Headers

    @Test func readsEveryTypeOfHeader() throws {
        let messages = try Self.messages(
            """
            04 000064 000002 08 01000000 AAAA
            44 000014 000003 08 BBBBBB
            84 00000A CCCCCC
            C4 DDDDDD
            """
        )
        #expect(
            messages == [
                .audio(100, hex("AAAA")), .audio(120, hex("BBBBBB")), .audio(130, hex("CCCCCC")),
                .audio(140, hex("DDDDDD")),
            ]
        )
    }

    /// RTMP 1.0 section 5.3.1.1: one, two and three bytes.
    @Test(arguments: ["02", "3F", "0000", "00FF", "010000", "01FF00", "0100FF", "01FFFF"])
    func readsEveryFormOfChunkStream(_ id: String) throws {
        #expect(try Self.messages("\(id) 000000 000001 09 01000000 AA") == [.video(0, hex("AA"))])
    }

    @Test func tellsChunkStreamsApart() throws {
        // 64 written in two bytes and in three is the same one; 320 is another.
        let messages = try Self.messages(
            "00 00 000001 000001 09 01000000 AA  C1 0000 BB  01 0001 000005 000001 09 01000000 CC"
        )
        #expect(messages.map(\.timestamp) == [1, 2, 5])
    }

    @Test func joinsInterleavedMessages() throws {
        // 130 bytes of video are cut at 128; an audio message comes between.
        let video = ByteBuffer(repeating: 0xAA, count: 130)
        let head = hex("06 000000 000082 09 01000000") + ByteBuffer(repeating: 0xAA, count: 128)
        let bytes = head + hex("04 000000 000002 08 01000000 BBBB") + hex("C6 AAAA")
        var decoder = RTMPChunkDecoder()
        #expect(try decoder.messages(in: [bytes]) == [.audio(0, hex("BBBB")), .video(0, video)])
        #expect(decoder.unfinishedBytes == 0)
    }

    @Test func readsMessagesWithoutBytes() throws {
        #expect(
            try Self.messages("04 000001 000000 08 01000000 C4 84 000003")
                == [.audio(1, ByteBuffer()), .audio(2, ByteBuffer()), .audio(5, ByteBuffer())]
        )
    }

    @Test func takesAFirstHeaderWithADelta() throws {
        // librtmp's ping
        let messages = try Self.messages("42 000000 000006 04 0003 00000001")
        #expect(messages.map(\.type) == [.userControl])
    }

    @Test(arguments: ["82 000000", "C2 00"])
    func refusesAChunkThatLeansOnNothing(_ bytes: String) {
        #expect(Self.reason(bytes) == .noPrecedingHeader(chunkStream: 2))
    }

    @Test func aNewHeaderInTheMiddleOfAMessageStartsAnew() throws {
        let half = hex("06 000000 000082 09 01000000") + ByteBuffer(repeating: 0xAA, count: 128)
        var decoder = RTMPChunkDecoder()
        let messages = try decoder.messages(in: [half + hex("06 000010 000001 09 01000000 BB")])
        #expect(messages == [.video(16, hex("BB"))])
        #expect(decoder.unfinishedBytes == 0)
    }

    // MARK: - Time

    @Test func aType3HeaderAfterAType0HeaderAddsItsTime() throws {
        // As ffmpeg writes audio that begins at 23 ms
        let messages = try Self.messages("04 000017 000001 08 01000000 AA C4 BB C4 CC")
        #expect(messages.map(\.timestamp) == [23, 46, 69])
    }

    @Test func aType3HeaderAfterALateType0HeaderMeansTheSameTime() throws {
        // As librtmp writes two tags of one size and time
        let messages = try Self.messages("04 0186A0 000001 08 01000000 AA C4 BB 44 000017 000001 08 CC C4 DD")
        #expect(messages.map(\.timestamp) == [100_000, 100_000, 100_023, 100_046])
    }

    @Test func deltasWrap() throws {
        let messages = try Self.messages("04 FFFFFF 000001 08 01000000 FFFFFFF0 AA 44 000020 000001 08 BB")
        #expect(messages.map(\.timestamp) == [0xFFFF_FFF0, 0x10])
    }

    @Test func readsExtendedTimestamps() throws {
        let messages = try Self.messages(
            "04 FFFFFF 000001 08 01000000 00FFFFFF AA 44 FFFFFF 000001 08 01000000 BB 84 000001 CC"
        )
        #expect(messages.map(\.timestamp) == [0xFF_FFFF, 0x1FF_FFFF, 0x200_0000])
    }

    static let extended: [(head: String, repeated: String, time: UInt32)] = [
        ("06 FFFFFF 000082 09 01000000 01020304", "01020304", 0x0102_0304),
        // A delta: repeated as such, and as the time that it leads to
        ("46 FFFFFF 000082 09 01020304", "01020304", 0x0102_0304),
        ("06 000001 000001 09 01000000 AA 46 FFFFFF 000082 09 01020304", "01020304", 0x0102_0305),
        ("06 000001 000001 09 01000000 AA 46 FFFFFF 000082 09 01020304", "01020305", 0x0102_0305),
    ]

    /// RTMP 1.0 section 5.3.1.3 can be read either way, and encoders did.
    @Test(arguments: Self.extended, [true, false])
    func takesExtendedTimestampsRepeatedOrNot(
        _ form: (head: String, repeated: String, time: UInt32),
        _ repeats: Bool
    ) throws {
        let payload = ByteBuffer(repeating: 0xBB, count: 128) + hex("CCDD")
        let bytes =
            hex(form.head) + ByteBuffer(repeating: 0xBB, count: 128) + hex("C6" + (repeats ? form.repeated : ""))
            + hex("CCDD")
        for pieces in [[bytes], bytes.single] {
            var decoder = RTMPChunkDecoder()
            let message = try #require(try decoder.messages(in: pieces).last)
            #expect(message.timestamp == form.time)
            #expect(message.payload == payload)
        }
    }

    @Test func doesNotWaitForAnExtendedTimestampThatCannotCome() throws {
        // The last two bytes of the message already differ from the timestamp's first two.
        let head = hex("06 FFFFFF 000082 09 01000000 01020304") + ByteBuffer(repeating: 0xBB, count: 128)
        var decoder = RTMPChunkDecoder()
        #expect(try decoder.messages(in: [head + hex("C6 CCDD")]).count == 1)
    }

    @Test func aType3HeaderMayBeginAMessageWithItsExtendedTimestamp() throws {
        let bytes = "04 FFFFFF 000001 08 01000000 01020304 AA C4 01020304 BB C4 CC"
        #expect(
            try Self.messages(bytes)
                == [
                    .audio(0x0102_0304, hex("AA")), .audio(0x0102_0304, hex("BB")), .audio(0x0102_0304, hex("CC")),
                ]
        )
    }

    // MARK: - Control

    @Test func obeysChunkSizesBetweenMessages() throws {
        let bytes =
            "02 000000 000004 01 00000000 00000001  04 000000 000003 08 01000000 AA C4 BB C4 CC"
            + "02 000000 000004 01 00000000 00 C2 00 C2 00 C2 04  04 000001 000003 08 01000000 AABBCC"
        #expect(try Self.messages(bytes) == [.audio(0, hex("AABBCC")), .audio(1, hex("AABBCC"))])
    }

    @Test func takesTheLargestChunkSize() throws {
        let payload = ByteBuffer(repeating: 0xAA, count: 300_000)
        let bytes = hex("02 000000 000004 01 00000000 7FFFFFFF 06 000000 0493E0 09 01000000") + payload
        for pieces in [[bytes], bytes.cut(at: [13, 20, 1000, 200_000])] {
            var decoder = RTMPChunkDecoder()
            #expect(try decoder.messages(in: pieces) == [.video(0, payload)])
        }
    }

    @Test(arguments: [("00000000", 0), ("80000000", 0x8000_0000), ("FFFFFFFF", 0xFFFF_FFFF)] as [(String, UInt32)])
    func refusesChunkSizesThatAreNone(_ bytes: String, _ size: UInt32) {
        #expect(Self.reason("02 000000 000004 01 00000000 \(bytes)") == .invalidChunkSize(size))
    }

    @Test(arguments: [RTMPMessageType.setChunkSize, .abort])
    func refusesControlThatIsCutShort(_ type: RTMPMessageType) {
        let bytes = "02 000000 000003 0\(type.rawValue) 00000000 000000"
        #expect(Self.reason(bytes) == .truncatedMessage(type))
    }

    @Test func abortsAMessage() throws {
        let half = hex("06 000000 000082 09 01000000") + ByteBuffer(repeating: 0xAA, count: 128)
        let abort = hex("02 000000 000004 02 00000000 00000006 02 000000 000004 02 00000000 00000009")
        var decoder = RTMPChunkDecoder()
        #expect(try decoder.messages(in: [half + abort]) == [])
        #expect(decoder.unfinishedBytes == 0)
        // The next type-3 chunk begins a message.
        let whole = hex("C6") + ByteBuffer(repeating: 0xBB, count: 128) + hex("C6 BBBB")
        #expect(try decoder.messages(in: [whole]) == [.video(0, ByteBuffer(repeating: 0xBB, count: 130))])
    }

    // MARK: - Limits

    @Test func refusesMessagesOverTheLimitOfTheirKindByTheirHeaderAlone() {
        var limits = RTMPLimits()
        limits.mediaBytes = 1000
        limits.dataBytes = 500
        limits.commandBytes = 100
        for (type, limit) in [
            ("08", 1000), ("09", 1000), ("16", 1000), ("12", 500), ("0F", 500), ("14", 100), ("63", 100),
        ] {
            let most = String(limit, radix: 16, uppercase: true)
            let more = String(limit + 1, radix: 16, uppercase: true)
            let pad = { (digits: String) in String(repeating: "0", count: 6 - digits.count) + digits }
            #expect(Self.reason("04 000000 \(pad(most)) \(type) 01000000", limits: limits) == nil)
            #expect(
                Self.reason("04 000000 \(pad(more)) \(type) 01000000", limits: limits)
                    == .messageTooLarge(
                        RTMPMessageType(rawValue: UInt8(type, radix: 16) ?? 0),
                        bytes: limit + 1,
                        limit: limit
                    )
            )
        }
    }

    @Test func takesTheLargestMessageThereCanBe() {
        #expect(Self.reason("04 000000 FFFFFF 09 01000000") == nil)
    }

    @Test func refusesThousandsOfChunkStreams() throws {
        let limit = RTMPLimits().chunkStreams
        var bytes = ByteBuffer()
        for id in 0..<UInt16(4000) {
            bytes.writeInteger(UInt8(0x01))
            bytes.writeInteger(id, endianness: .little)
            bytes.writeImmutableBuffer(hex("000000 FFFFFF 09 01000000") + ByteBuffer(repeating: 0, count: 128))
        }
        var decoder = RTMPChunkDecoder()
        #expect { try decoder.messages(in: [bytes]) } throws: { error in
            (error as? RTMPError)?.reason == .tooManyChunkStreams(limit: limit)
        }
        #expect(decoder.unfinishedBytes == limit * 128)
    }

    @Test func refusesMoreUnfinishedBytesThanTheLimit() throws {
        var limits = RTMPLimits()
        limits.unfinishedBytes = 1000
        var bytes = ByteBuffer()
        for id in 3..<UInt8(11) {
            bytes.writeImmutableBuffer(ByteBuffer(bytes: [id]) + hex("000000 FFFFFF 09 01000000"))
            bytes.writeRepeatingByte(0, count: 128)
        }
        var decoder = RTMPChunkDecoder(limits: limits)
        #expect { try decoder.messages(in: [bytes]) } throws: { error in
            (error as? RTMPError)?.reason == .tooManyUnfinishedBytes(limit: 1000)
        }
    }

    @Test func skipsMediaThatNobodyWants() throws {
        var decoder = RTMPChunkDecoder(intake: .commands)
        let video = hex("06 000000 FFFFFF 09 01000000") + ByteBuffer(repeating: 0xAA, count: 128)
        let bytes = video + hex("03 000000 000001 14 00000000 05") + hex("C6") + ByteBuffer(repeating: 0, count: 100)
        #expect(try decoder.messages(in: [bytes]).map(\.type) == [.commandAMF0])
        #expect(decoder.unfinishedBytes == 0)
    }

    @Test func hasLessRoomForWhoDoesNotPublish() throws {
        var limits = RTMPLimits()
        limits.commandBytes = 500
        var bytes = ByteBuffer()
        for id in 3..<UInt8(11) {
            bytes.writeImmutableBuffer(ByteBuffer(bytes: [id]) + hex("000000 0001F4 14 00000000"))
            bytes.writeRepeatingByte(0, count: 128)
        }
        var decoder = RTMPChunkDecoder(limits: limits, intake: .commands)
        #expect { try decoder.messages(in: [bytes]) } throws: { error in
            (error as? RTMPError)?.reason == .tooManyUnfinishedBytes(limit: 1000)
        }
    }

    @Test func dropsHalfAMessageThatNobodyWantsAnyMore() throws {
        var decoder = RTMPChunkDecoder()
        let half = hex("06 000000 000082 09 01000000") + ByteBuffer(repeating: 0xAA, count: 128)
        #expect(try decoder.messages(in: [half]) == [])
        decoder.intake = .commands
        #expect(decoder.unfinishedBytes == 0)
        #expect(
            try decoder.messages(in: [hex("C6 AAAA 03 000000 000001 14 00000000 05")]).map(\.type) == [.commandAMF0]
        )
    }

    @Test func saysWhereItStopped() {
        #expect(throws: RTMPError(.noPrecedingHeader(chunkStream: 5), at: 113)) {
            var decoder = RTMPChunkDecoder(offset: 100)
            _ = try decoder.messages(in: [hex("04 000000 000001 08 01000000 AA C5")])
        }
    }
}
