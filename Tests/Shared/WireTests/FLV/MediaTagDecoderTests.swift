import Media
import NIOCore
import Testing
import Wire

struct MediaTagDecoderTests {
    private static let avcRecord = ByteBuffer(
        hex: "01640028ffe1001967640028acd940780227e5c04400000fa40003a9803c60c65801000668ebe3cb22c0fdf8f800"
    )
    /// Supplemental information and an IDR picture.
    private static let idr = "00000004060501800000 0003658884"
    private static let slice = "00000003419a23"

    private static func video(_ hex: String, at timestamp: UInt32 = 0) -> FLVTag {
        FLVTag(kind: .video, timestamp: timestamp, body: ByteBuffer(hex: hex))
    }

    private static func audio(_ hex: String, at timestamp: UInt32 = 0) -> FLVTag {
        FLVTag(kind: .audio, timestamp: timestamp, body: ByteBuffer(hex: hex))
    }

    private static func avcConfiguration(_ prefix: String) -> FLVTag {
        self.video(prefix + self.avcRecord.hexDump(format: .compact))
    }

    private static func packets(_ events: [SourceEvent]) -> [SourcePacket] {
        events.compactMap { event in
            guard case .packet(let packet) = event else { return nil }
            return packet
        }
    }

    // MARK: - Legacy

    @Test func `Legacy H.264 gives configuration, times and key frames`() throws {
        var decoder = MediaTagDecoder()
        let events = try decoder.decode(Self.avcConfiguration("1700000000"))
        guard case .configuration(.video, let configuration) = events.first, events.count == 1 else {
            Issue.record("no configuration: \(events)")
            return
        }
        #expect(configuration.record == Self.avcRecord)
        #expect(configuration.width == 1920)
        #expect(try decoder.decode(Self.avcConfiguration("1700000000")) == events)

        // Composition times are signed.
        let key = Self.packets(try decoder.decode(Self.video("1701000028" + Self.idr, at: 40)))
        #expect(
            key == [
                SourcePacket(
                    track: .video,
                    timestamp: 40_000,
                    compositionOffset: 40_000,
                    isKeyframe: true,
                    payload: ByteBuffer(hex: Self.idr)
                )
            ]
        )
        let early = Self.packets(try decoder.decode(Self.video("2701fffff6" + Self.slice, at: .max)))
        #expect(early.first?.compositionOffset == -10_000)
        #expect(early.first?.timestamp == 4_294_967_295_000)
        #expect(early.first?.isKeyframe == false)
        #expect(try decoder.decode(Self.video("1702000000")).isEmpty)
    }

    @Test func `A key frame is one by what is in it`() throws {
        var decoder = MediaTagDecoder()
        _ = try decoder.decode(Self.avcConfiguration("1700000000"))
        // An IDR picture flagged as an inter frame; an inter frame flagged as a key frame; an intra picture.
        let unflagged = Self.packets(try decoder.decode(Self.video("2701000000" + Self.idr)))
        #expect(unflagged.first?.isKeyframe == true)
        let flagged = Self.packets(try decoder.decode(Self.video("1701000000" + Self.slice)))
        #expect(flagged.first?.isKeyframe == false)
        let intra = Self.packets(try decoder.decode(Self.video("170100000000000003418880")))
        #expect(intra.first?.isKeyframe == true)
    }

    @Test func `Legacy codec id 12 is HEVC`() throws {
        let record = try FLVCorpus.hevcOpus.tags().first { $0.kind == .video }?.body
        var body = try #require(record)
        body.moveReaderIndex(forwardBy: 5)
        var tag = ByteBuffer(hex: "1c00000000")
        tag.writeImmutableBuffer(body)
        var decoder = MediaTagDecoder()
        let events = try decoder.decode(FLVTag(kind: .video, timestamp: 0, body: tag))
        guard case .configuration(.video, let configuration) = events.first else {
            Issue.record("no configuration: \(events)")
            return
        }
        #expect(configuration.codec == .hevc)
        let packet = Self.packets(try decoder.decode(Self.video("1c01000005 00000004 4e010580 00000003260180"))).first
        #expect(packet?.isKeyframe == true)
        #expect(packet?.compositionOffset == 5000)
    }

    @Test func `AAC and MP3 are taken, silence and commands are nothing`() throws {
        var decoder = MediaTagDecoder()
        let configured = try decoder.decode(Self.audio("af001190"))
        #expect(configured.count == 1)
        #expect(Self.packets(try decoder.decode(Self.audio("af0121ab", at: 23))).first?.timestamp == 23_000)
        #expect(try decoder.decode(Self.audio("")).isEmpty)
        #expect(try decoder.decode(Self.audio("af01")).isEmpty)
        #expect(try decoder.decode(Self.video("5700")).isEmpty)
        #expect(try decoder.decode(Self.video("d1 00")).isEmpty)

        // An MP3 stream that changes from stereo to mono says so in its frames.
        let mp3 = try ["2ffffb9064", "2ffffb9064", "2ffffb90c4"].map { try decoder.decode(Self.audio($0)) }
        #expect(mp3.map(\.count) == [2, 1, 2])
        guard case .configuration(.audio, let mono) = mp3[2][0] else {
            Issue.record("no configuration: \(mp3[2])")
            return
        }
        #expect(mono.channels == 1)
        #expect(mono.sampleRate == 44100)
    }

    @Test func `Packets before a configuration are dropped and counted`() throws {
        var decoder = MediaTagDecoder()
        #expect(try decoder.decode(Self.video("1701000000" + Self.idr)).isEmpty)
        #expect(try decoder.decode(Self.audio("af0121ab")).isEmpty)
        #expect(decoder.droppedBeforeConfiguration == 2)
        // A VP9 inter frame before any key frame.
        #expect(try decoder.decode(Self.video("a176703039 a60040921c40")).isEmpty)
        #expect(decoder.droppedBeforeConfiguration == 3)
    }

    @Test(arguments: [
        (FLVTag.Kind.video, "12", FLVError.videoCodec(2)),
        (.audio, "b2", .soundFormat(11)),
        (.video, "17", .truncated(.video, field: "AVCPacketType", offset: 1)),
        (.video, "170000", .truncated(.video, field: "CompositionTime", offset: 2)),
        (.video, "1703000000", .value(.video, field: "AVCPacketType", value: 3, offset: 1)),
        (.audio, "af02", .value(.audio, field: "AACPacketType", value: 2, offset: 1)),
        (.video, "9176767631", .fourCC(FourCC(0x7676_7631), .video)),
        (.video, "914f707573", .fourCC(FourCC(0x4F70_7573), .video)),
        (.audio, "9161", .truncated(.audio, field: "FourCC", offset: 1)),
        (.video, "9861766331", .value(.video, field: "VideoPacketType", value: 8, offset: 4)),
        (.video, "960661766331", .value(.video, field: "VideoPacketType", value: 6, offset: 1)),
        (.video, "963061766331", .value(.video, field: "multitrackType", value: 3, offset: 1)),
        (.video, "96116176633100000005", .truncated(.video, field: "track", offset: 10)),
        (.video, "970500", .truncated(.video, field: "modExData", offset: 2)),
        (
            .audio, "af0011",
            .configuration(
                .audio,
                .aac,
                CodecError(
                    .truncated,
                    structure: "AudioSpecificConfig",
                    field: "samplingFrequencyIndex",
                    offset: 0
                )
            )
        ),
    ])
    func `A refusal says what and where`(kind: FLVTag.Kind, hex: String, error: FLVError) {
        var decoder = MediaTagDecoder()
        #expect(throws: error) {
            _ = try decoder.decode(FLVTag(kind: kind, timestamp: 0, body: ByteBuffer(hex: hex)))
        }
    }

    @Test func `A refused tag changes nothing`() throws {
        var decoder = MediaTagDecoder()
        _ = try decoder.decode(Self.avcConfiguration("1700000000"))
        #expect(throws: FLVError.self) { _ = try decoder.decode(Self.video("170000000001640028ff")) }
        #expect(throws: FLVError.accessUnitStructure(.video, .h264)) {
            _ = try decoder.decode(Self.video("1701000000 000000ff 6588"))
        }
        #expect(throws: FLVError.self) { _ = try decoder.decode(Self.video("9376767631")) }
        #expect(try decoder.decode(Self.video("1701000000" + Self.idr)).count == 1)
    }

    // MARK: - Enhanced

    @Test func `Enhanced H.264 is the same track as legacy H.264`() throws {
        var decoder = MediaTagDecoder()
        _ = try decoder.decode(Self.avcConfiguration("9061766331"))
        let framed = Self.packets(try decoder.decode(Self.video("9161766331 000028" + Self.idr, at: 40)))
        #expect(framed.first?.compositionOffset == 40_000)
        let bare = Self.packets(try decoder.decode(Self.video("a361766331" + Self.slice, at: 80)))
        #expect(bare.first?.compositionOffset == 0)
        #expect(Self.packets(try decoder.decode(Self.video("1701000000" + Self.idr))).count == 1)
    }

    @Test func `A nanosecond offset is kept to the microsecond`() throws {
        var decoder = MediaTagDecoder()
        _ = try decoder.decode(Self.avcConfiguration("1700000000"))
        // 333,333 ns; then with an unknown modifier of 300 bytes before it; then more than a millisecond.
        let plain = Self.video("97 02 051615 01 61766331 000000" + Self.idr, at: 33)
        #expect(Self.packets(try decoder.decode(plain)).first?.timestamp == 33_333)
        let unknown = "ff012b" + String(repeating: "00", count: 300) + "17"
        let stacked = Self.video("97" + unknown + "02 051615 01 61766331 000000" + Self.idr, at: 33)
        #expect(Self.packets(try decoder.decode(stacked)).first?.timestamp == 33_333)
        let absurd = Self.video("97 02 0fffff 01 61766331 000000" + Self.idr, at: 33)
        #expect(Self.packets(try decoder.decode(absurd)).first?.timestamp == 33_000)
        let audio = Self.audio("97 02 051615 00 6d703461 1190", at: 33)
        #expect(try decoder.decode(audio).count == 1)
    }

    @Test func `Many tracks of one coding share a tag`() throws {
        var decoder = MediaTagDecoder()
        // Sequence starts of two AAC tracks, then a frame of each.
        let events = try decoder.decode(Self.audio("95 10 6d703461 00 000002 1190 05 000002 1210"))
        #expect(events.count == 2)
        let frames = Self.packets(
            try decoder.decode(Self.audio("95 11 6d703461 00 000002 2101 05 000003 210203", at: 7))
        )
        #expect(frames.map(\.track) == [.audio, TrackID(.audio, 5)])
        #expect(frames.map(\.payload) == [ByteBuffer(hex: "2101"), ByteBuffer(hex: "210203")])
        #expect(frames.map(\.timestamp) == [7000, 7000])
    }

    @Test func `Many tracks of many codings share a tag, and a bad one does not spoil the others`() throws {
        var decoder = MediaTagDecoder()
        let events = try decoder.decode(
            Self.audio(
                "95 20 6d703461 00 000002 1190 76767631 01 000001 00 4f707573 02 000013"
                    + "4f7075734865616401023801 80bb0000000000"
            )
        )
        #expect(events.count == 3)
        #expect(events.last == .omission(FLVError.fourCC(FourCC(0x7676_7631), .audio).omission(from: .audio)))
        #expect(decoder.refusedShares == 1)
        #expect(throws: FLVError.fourCC(FourCC(0x7676_7631), .audio)) {
            _ = try decoder.decode(Self.audio("95 20 76767631 01 000001 00"))
        }
    }

    @Test func `A track more than the limit is refused, those known go on`() throws {
        var decoder = MediaTagDecoder(trackLimit: 1)
        _ = try decoder.decode(Self.audio("af001190"))
        #expect(throws: FLVError.tooManyTracks(.audio, limit: 1)) {
            _ = try decoder.decode(Self.audio("95 00 6d703461 01 1190"))
        }
        #expect(try decoder.decode(Self.audio("af0121ab")).count == 1)
        // Pictures whose coding has NAL units have a place of their own.
        let avcC = "0142c00affe100176742c00ad9047b011000000300100000030320f122648001000568cb83cb20"
        #expect(throws: FLVError.tooManyTracks(.video, limit: 1)) {
            _ = try decoder.decode(Self.video("1700000000" + avcC))
        }
    }

    @Test func `A tag of more tracks than a source may have is refused before it is taken apart`() throws {
        var decoder = MediaTagDecoder(trackLimit: 4)
        // Ends of sequence without a byte: five for each of four million in a tag of the largest size.
        let share = "05 000000"
        let four = Self.video("96 12 61766331" + String(repeating: share, count: 4))
        #expect(try decoder.decode(four).isEmpty)
        let five = Self.video("96 12 61766331" + String(repeating: share, count: 5))
        #expect(throws: FLVError.tooManyTracks(.video, limit: 4)) { _ = try decoder.decode(five) }
        let omission = FLVError.tooManyTracks(.video, limit: 4).omission(from: .video)
        #expect(omission.reason == .tooManyTracks)
        #expect(omission.sentence.contains("more than 4 tracks"))
    }

    @Test func `A track does not hold the rest of its tag in memory`() throws {
        var decoder = MediaTagDecoder()
        var body = ByteBuffer(hex: "95 10 6d703461 00 000002 1190 05 0f0000")
        body.writeRepeatingByte(0, count: 0x0F_0000)
        // The second track's record is longer than any; the first one's is kept for as long as the track is there.
        let events = try decoder.decode(FLVTag(kind: .audio, timestamp: 0, body: body))
        guard case .configuration(.audio, let configuration)? = events.first else {
            Issue.record("no configuration: \(events)")
            return
        }
        #expect(configuration.record.storageCapacity < 1024)
    }

    @Test func `Opus comes with a header, without one, and with a channel layout in its place`() throws {
        var bare = MediaTagDecoder()
        let events = try bare.decode(Self.audio("914f707573 fc8201"))
        guard case .configuration(.audio, let stereo) = events.first, events.count == 2 else {
            Issue.record("no configuration: \(events)")
            return
        }
        #expect(stereo.channels == 2)

        var surround = MediaTagDecoder()
        #expect(try surround.decode(Self.audio("904f707573")).isEmpty)
        #expect(try surround.decode(Self.audio("944f707573 01 06 0000003f")).isEmpty)
        let first = try surround.decode(Self.audio("914f707573 fc8201"))
        guard case .configuration(.audio, let six) = first.first else {
            Issue.record("no configuration: \(first)")
            return
        }
        #expect(six.channels == 6)
    }

    @Test func `VP8, VP9 and AV1 without a sequence start begin at a key frame`() throws {
        var decoder = MediaTagDecoder()
        let vp9 = try decoder.decode(Self.video("9176703039 924983420013f80b3b03"))
        let vp8 = try decoder.decode(Self.video("9176703038 504200 9d012a 80026801"))
        let av1 = try decoder.decode(Self.video("9161763031 1200 0a0c02000042955dfe1b895f2808 3203 100030"))
        var sizes: [String] = []
        for event in vp9 + vp8 + av1 {
            switch event {
            case .configuration(_, let found): sizes.append("\(found.codec) \(found.width)x\(found.height)")
            case .packet(let packet): #expect(packet.isKeyframe)
            case .omission: Issue.record("left out")
            }
        }
        #expect(sizes == ["vp9 640x360", "vp8 640x360", "av1 1920x1080"])
        // The temporal delimiter is gone.
        #expect(Self.packets(av1).first?.payload.readableBytes == 19)
    }

    @Test func `An AV1 record without a sequence header waits for the key frame's`() throws {
        var decoder = MediaTagDecoder()
        #expect(try decoder.decode(Self.video("9061763031 81084c00")).isEmpty)
        #expect(try decoder.decode(Self.video("a161763031 3203 300030")).isEmpty)
        #expect(try decoder.decode(Self.video("9161763031 0a0c02000042955dfe1b895f2808 3203 100030")).count == 2)
        #expect(try decoder.decode(Self.video("a161763031 3203 300030")).count == 1)
        #expect(decoder.droppedBeforeConfiguration == 1)
    }

    @Test func `What a relay does not carry on is nothing`() throws {
        var decoder = MediaTagDecoder()
        // Metadata, whose frame type means nothing; end of sequence; an AV1 descriptor of MPEG-2 TS.
        for tag in ["d4617663310200", "9261763031", "9561763031 8004810c0c00"] {
            #expect(try decoder.decode(Self.video(tag)).isEmpty)
        }
        #expect(try decoder.decode(Self.audio("924f707573")).isEmpty)
        #expect(try decoder.decode(FLVTag(kind: .script, timestamp: 0, body: ByteBuffer(hex: "ffff"))).isEmpty)
    }
}
