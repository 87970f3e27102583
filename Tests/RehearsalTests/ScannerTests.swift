import NIOCore
import Rehearsal
import Testing
import Toolkit
import Wire

/// What a session has found out, for comparing.
private struct Findings: Equatable {
    var videos: Int
    var audios: Int
    var gaps: Int
    var regressions: Int
    var hasPicture: Bool
    var advance: Int64
    var stamps: [UInt64]

    init(_ progress: StreamProgress) {
        self.videos = progress.video.packets
        self.audios = progress.audio.packets
        self.gaps = progress.gaps
        self.regressions = progress.regressions
        self.hasPicture = progress.hasPicture
        self.advance = progress.advance
        self.stamps = progress.stamps
    }
}

@Suite struct ScannerTests {
    private static func play(_ address: String, _ pieces: [ArraySlice<UInt8>]) throws -> Findings {
        let address = try StreamAddress(parsing: address)
        switch address.format {
        case .rtmp: return try Self.play(RTMPPlaySession.self, address, pieces)
        case .flv: return try Self.play(HTTPPlaySession<FLVScanner>.self, address, pieces)
        case .ts: return try Self.play(HTTPPlaySession<TransportStreamScanner>.self, address, pieces)
        case .mp4: return try Self.play(HTTPPlaySession<FragmentedMP4Scanner>.self, address, pieces)
        case .rtsp, .rtspu: return try Self.play(RTSPPlaySession.self, address, pieces)
        case .srt: return try Self.play(SRTPlaySession.self, address, pieces)
        }
    }

    private static func play<Session: PlaySession>(
        _ type: Session.Type,
        _ address: StreamAddress,
        _ pieces: [ArraySlice<UInt8>]
    ) throws -> Findings {
        var session = Session(address: address, probing: true, gapLimit: 500_000)
        for piece in pieces where !piece.isEmpty { try session.receive(Array(piece).span) }
        return Findings(session.progress)
    }

    /// Whatever the places where reads end, the same is found; single bytes included. Places before `first` are not tried.
    private static func expectSame(
        _ address: String,
        _ bytes: [UInt8],
        from first: Int = 0,
        _ check: (Findings) -> Void
    ) throws {
        let whole = try Self.play(address, [bytes[...]])
        check(whole)
        #expect(try Self.play(address, bytes.indices.map { bytes[$0...$0] }) == whole)
        for split in bytes.indices.dropFirst(first)
        where try Self.play(address, [bytes[..<split], bytes[split...]]) != whole {
            Issue.record("split at \(split)")
            return
        }
    }

    private static let tags: [FLVTag] = {
        func video(_ time: UInt32, key: Bool, stamp: UInt64) -> FLVTag {
            var body = ByteBuffer(bytes: [key ? 0x17 : 0x27, 1, 0, 0, 0, 0, 0, 0, 70])
            body.writeBytes([UInt8](repeating: 0x65, count: 70))
            return FLVTag(kind: .video, timestamp: time, body: LatencyStamp.insert(stamp, into: body) ?? body)
        }
        let audio = ByteBuffer(bytes: [0xaf, 1, 0x21, 0])
        return [
            FLVTag(kind: .script, timestamp: 0, body: ByteBuffer(bytes: [2, 0, 1, 65, 5])),
            FLVTag(kind: .video, timestamp: 0, body: ByteBuffer(bytes: [0x17, 0, 0, 0, 0, 1])),
            FLVTag(kind: .audio, timestamp: 0, body: ByteBuffer(bytes: [0xaf, 0, 0x11, 0x90])),
            video(9_000_000, key: true, stamp: 0x1234_5678_9abc),
            FLVTag(kind: .audio, timestamp: 9_000_010, body: audio),
            video(9_000_040, key: false, stamp: 2),
            FLVTag(kind: .audio, timestamp: 9_000_031, body: audio),
            video(9_000_641, key: false, stamp: 3),
            FLVTag(kind: .audio, timestamp: 9_000_030, body: audio),
            FLVTag(kind: .audio, timestamp: 16_777_300, body: audio),
        ]
    }()

    private static func expectTags(_ found: Findings) {
        #expect(found.videos == 3)
        #expect(found.audios == 4)
        #expect(found.gaps == 2)
        #expect(found.regressions == 1)
        #expect(found.hasPicture)
        #expect(found.stamps == [0x1234_5678_9abc, 2, 3])
        #expect(found.advance == 641_000)
    }

    private static let flv: [UInt8] = {
        let encoder = FLVTagEncoder()
        var bytes = encoder.fileHeader(hasAudio: true, hasVideo: true)
        for tag in tags { encoder.write(tag, into: &bytes) }
        return Array(bytes.readableBytesView)
    }()

    private static let head = Array("HTTP/1.1 200 OK\r\nContent-Type: video/x-flv\r\n\r\n".utf8)

    @Test func flvIsReadAtEverySplit() throws {
        try Self.expectSame("http://h/a/b.flv", Self.head + Self.flv, Self.expectTags)
    }

    @Test(arguments: [3, 50])
    func chunkedBodiesAreReadAtEverySplit(size: Int) throws {
        var bytes = Array("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".utf8)
        for start in stride(from: 0, to: Self.flv.count, by: size) {
            let part = Self.flv[start..<min(start + size, Self.flv.count)]
            bytes += Array((String(part.count, radix: 16) + ";name=value\r\n").utf8) + part + [13, 10]
        }
        try Self.expectSame("http://h/a/b.flv", bytes, Self.expectTags)
    }

    @Test(arguments: [128, 60_000])
    func rtmpIsReadAtEverySplit(chunkSize: Int) throws {
        var bytes = ByteBuffer(bytes: [3] + [UInt8](repeating: 7, count: 3072))
        var encoder = RTMPChunkEncoder()
        encoder.write(RTMPControl.windowAcknowledgementSize(2_500_000).message, into: &bytes)
        encoder.write(RTMPControl.setChunkSize(chunkSize).message, into: &bytes)
        encoder.chunkSize = chunkSize
        encoder.write(RTMPCommand.result(1, nil, nil).message(), into: &bytes)
        encoder.write(RTMPCommand("_result", transaction: 2, nil, 1).message(), into: &bytes)
        for tag in Self.tags { encoder.write(tag, into: &bytes) }
        try Self.expectSame("rtmp://h/a/b", Array(bytes.readableBytesView), from: 3070, Self.expectTags)
    }

    /// Header types 1, 2 and 3, a message of audio inside one of video, both forms of long timestamps, and an abort.
    @Test func chunkHeadersOfAllTypesAreRead() throws {
        let payload = [UInt8](repeating: 0x27, count: 126)
        let long: [UInt8] = [0x02, 0, 0, 0]
        let messages: [[UInt8]] = [
            [0x06, 0, 0, 0, 0, 1, 0, 9, 1, 0, 0, 0, 0x17, 1], payload,  // video at 0, first half
            [0x04, 0, 0, 5, 0, 0, 2, 8, 1, 0, 0, 0, 0xaf, 1],  // audio at 5
            [0xc6], payload, [0x27, 0x27],  // video, second half
            [0x46, 0, 0, 40, 0, 0, 2, 9, 0x27, 1],  // type 1: video at 40
            [0x86, 0, 0, 50, 0x27, 1],  // type 2: video at 90
            [0xc6, 0x27, 1],  // type 3: video at 140
            [0x06, 0xff, 0xff, 0xff, 0, 1, 0, 9, 1, 0, 0, 0], long, [0x27, 1], payload,  // a jump
            [0xc6], long, payload, [0x27, 0x27],
            [0x06, 0xff, 0xff, 0xff, 0, 1, 0, 9, 1, 0, 0, 0], long, [0x27, 1], payload,  // the same, said once
            [0xc6], payload, [0x27, 0x27],
            [0x46, 0, 0, 10, 0, 1, 0, 9, 0x27, 1], payload,
            [0x02, 0, 0, 0, 0, 0, 4, 2, 0, 0, 0, 0, 0, 0, 0, 6],  // abort
            [0x46, 0, 0, 10, 0, 0, 2, 9, 0x27, 1],
            [0x00, 10, 0, 0, 9, 0, 0, 2, 8, 1, 0, 0, 0, 0xaf, 1],  // chunk stream 74
            [0x01, 10, 1, 0, 0, 9, 0, 0, 2, 8, 1, 0, 0, 0, 0xaf, 1],  // chunk stream 330
        ]
        let bytes = Self.greeting + messages.flatMap(\.self)
        try Self.expectSame("rtmp://h/a/b", bytes, from: 3070) { found in
            #expect(found.videos == 8)
            #expect(found.audios == 3)
            #expect(found.gaps == 1)
            #expect(found.regressions == 0)
            #expect(found.hasPicture)
        }
    }

    @Test func transportStreamsAreReadAtEverySplit() throws {
        var stream = TransportStreamBuilder()
        stream.add(identifier: 256, stream: 0xe0, dts: 900_000, isRandomAccess: true, stamp: 77, bytes: 400)
        stream.add(identifier: 257, stream: 0xc0, dts: 900_000, bytes: 30)
        stream.add(identifier: 256, stream: 0xe0, dts: 903_000, stamp: 78, bytes: 20)
        stream.add(identifier: 257, stream: 0xc0, dts: 899_000, bytes: 30)
        stream.drop(identifier: 256)
        stream.add(identifier: 256, stream: 0xe0, dts: (1 << 33) - 100, stamp: 79, bytes: 20)
        stream.add(identifier: 256, stream: 0xe0, dts: 2900, bytes: 20)
        try Self.expectSame("http://h/a/b.ts", Self.head + stream.bytes) { found in
            #expect(found.videos == 4)
            #expect(found.audios == 2)
            // A packet that is missing, and 903 000 to the end of the 33 bits, which is a step back.
            #expect(found.gaps == 1)
            #expect(found.regressions == 2)
            #expect(found.hasPicture)
            #expect(found.stamps == [77, 78, 79])
        }
    }

    @Test func fragmentedMP4IsReadAtEverySplit() throws {
        let movie = MP4Builder.movie([(1, 90_000, "vide"), (2, 48_000, "soun")])
        let first = MP4Builder.fragment([(1, 0, [3000, 3000]), (2, 0, [1024, 1024, 1024])], stamps: [5, 6])
        let second = MP4Builder.fragment([(1, 6000, [3000]), (2, 3072, [1024])], stamps: [7])
        let late = MP4Builder.fragment([(1, 90_000, [3000]), (2, 3000, [1024])], stamps: [])
        let bytes = Self.head + MP4Builder.box("ftyp", [0, 0, 0, 0]) + movie + first + second + late
        try Self.expectSame("http://h/a/b.mp4", bytes) { found in
            #expect(found.videos == 3)
            #expect(found.audios == 3)
            #expect(found.gaps == 1)
            #expect(found.regressions == 1)
            #expect(found.hasPicture)
            #expect(found.stamps == [5, 6, 7])
        }
    }

    private static let greeting: [UInt8] = [3] + [UInt8](repeating: 0, count: 3072)

    private static let nonsense: [(address: String, bytes: [UInt8])] = {
        func text(_ text: String) -> [UInt8] { Array(text.utf8) }
        let noChunkSize: [UInt8] = [2, 0, 0, 0, 0, 0, 4, 1, 0, 0, 0, 0, 0, 0, 0, 0]
        return [
            ("rtmp://h/a/b", [UInt8](repeating: 9, count: 10)),
            ("rtmp://h/a/b", greeting + [0xc4, 0, 0]),
            ("rtmp://h/a/b", greeting + noChunkSize),
            ("http://h/a/b.flv", text("HTTP/1.1 404 Not Found\r\n\r\n")),
            ("http://h/a/b.flv", text("SSH-2.0-x\r\n\r\n")),
            ("http://h/a/b.flv", [UInt8](repeating: 65, count: 20_000)),
            ("http://h/a/b.flv", head + text("GIF89a and so on")),
            ("http://h/a/b.ts", head + [UInt8](repeating: 65, count: 188)),
            ("http://h/a/b.mp4", head + MP4Builder.number(4) + text("moov")),
            ("http://h/a/b.mp4", head + MP4Builder.number(1 << 30) + text("trun")),
            ("http://h/a/b.flv", text("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffff\r\n")),
        ]
    }()

    @Test(arguments: Self.nonsense.indices)
    func nonsenseIsRefused(index: Int) {
        let (address, bytes) = Self.nonsense[index]
        let refused = Result { try Self.play(address, [bytes[...]]) }
        #expect(throws: ScanError.self) { try refused.get() }
    }

    /// Hostile bytes may be refused; they may not bring the tool down.
    @Test func noiseDoesNoHarm() throws {
        var generator = SeededGenerator(seed: 1)
        for round in 0..<100 {
            var bytes = (0..<2000).map { _ in UInt8.random(in: 0...255, using: &generator) }
            let flv = round.isMultiple(of: 2) ? Self.flv : []
            for (index, byte) in flv.enumerated() where !index.isMultiple(of: 37) { bytes[index] = byte }
            for format in ["flv", "ts", "mp4"] {
                _ = try? Self.play("http://h/a/b.\(format)", [(Self.head + bytes)[...]])
            }
            _ = try? Self.play("rtmp://h/a/b", [(Self.greeting + bytes)[...]])
        }
    }
}
