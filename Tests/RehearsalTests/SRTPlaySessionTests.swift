import Rehearsal
import Testing

/// A caller and what a listener of libsrt says to it, packet for packet.
@Suite struct SRTPlaySessionTests {
    private static let peer: UInt32 = 0x1234_5678
    private static let cookie: UInt32 = 0xcafe_babe

    private var session: SRTPlaySession

    init() throws {
        let address = try StreamAddress(parsing: "srt://h:9000?streamid=read:live/a&latency=200")
        self.session = SRTPlaySession(address: address, probing: true, gapLimit: 500_000)
    }

    private static func bytes(_ words: [UInt32]) -> [UInt8] {
        words.flatMap { word in [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: word >> UInt32($0)) } }
    }

    private static func words(_ bytes: [UInt8]) -> [UInt32] {
        stride(from: 0, to: bytes.count, by: 4).map { at in
            bytes[at..<at + 4].reduce(0) { $0 << 8 | UInt32($1) }
        }
    }

    private static func handshake(version: UInt32, kind: UInt32) -> [UInt8] {
        Self.bytes([0x8000_0000, 0, 0, 0, version, 0x4a17, 1, 1500, 8192, kind, Self.peer, Self.cookie, 0, 0, 0, 0])
    }

    private mutating func hear(_ bytes: [UInt8]) throws { try self.session.receive(datagram: bytes.span) }

    /// What the session wants to be sent, as words.
    private mutating func said() -> [[UInt32]] {
        defer { self.session.datagrams = [] }
        return self.session.datagrams.map(Self.words)
    }

    private mutating func connect() throws {
        try self.session.tick(now: 1_000_000)
        try self.hear(Self.handshake(version: 5, kind: 1))
        try self.hear(Self.handshake(version: 5, kind: 0xffff_ffff))
        self.session.datagrams = []
    }

    private mutating func data(_ sequence: UInt32, _ payload: some Sequence<UInt8>) throws {
        try self.hear(Self.bytes([sequence, 0xc000_0000, 0, 0]) + Array(payload))
    }

    @Test mutating func aCallerIntroducesItself() throws {
        try self.session.tick(now: 1_000_000)
        let induction = try #require(self.said().first)
        #expect(induction.count == 16)
        #expect(induction[0] == 0x8000_0000)
        #expect(induction[3] == 0)
        #expect(Array(induction[4...5]) == [4, 2])
        #expect(induction[9] == 1)
        let own = induction[10]
        #expect(own != 0)

        try self.hear(Self.handshake(version: 5, kind: 1))
        let conclusion = try #require(self.said().first)
        #expect(Array(conclusion[4...5]) == [5, 5])
        #expect(conclusion[9] == 0xffff_ffff)
        #expect(conclusion[10] == own)
        #expect(conclusion[11] == Self.cookie)
        // 200 ms both ways, and "read:live/a" with the bytes of each word turned round.
        #expect(Array(conclusion[16...19]) == [1 << 16 | 3, 0x01_0501, 0x3f, 200 << 16 | 200])
        #expect(conclusion[20] == 5 << 16 | 3)
        #expect(Self.bytes(Array(conclusion[21...])) == Array("daervil:\0a/e".utf8))
    }

    @Test mutating func aHandshakeThatIsNotAnsweredIsRepeated() throws {
        try self.session.tick(now: 1_000_000)
        _ = self.said()
        try self.session.tick(now: 1_200_000)
        #expect(self.said().isEmpty)
        try self.session.tick(now: 1_260_000)
        #expect(self.said().first?[9] == 1)
    }

    @Test mutating func aRefusalSaysWhy() throws {
        try self.session.tick(now: 1_000_000)
        try self.hear(Self.handshake(version: 5, kind: 1))
        let error = #expect(throws: ScanError.self) {
            try self.session.receive(datagram: Self.handshake(version: 5, kind: 2404).span)
        }
        #expect(error.map { "\($0)".contains("1404") } == true)
    }

    @Test mutating func packetsAreScannedAndAcknowledged() throws {
        try self.connect()
        var stream = TransportStreamBuilder()
        stream.add(identifier: 256, stream: 0xe0, dts: 900_000, isRandomAccess: true, stamp: 77, bytes: 400)
        stream.add(identifier: 256, stream: 0xe0, dts: 903_000, stamp: 78, bytes: 900)
        // Numbers have 31 bits and go round.
        try self.data(0x7fff_ffff, stream.bytes.prefix(752))
        try self.data(0, stream.bytes.dropFirst(752))
        #expect(self.session.progress.video.packets == 2)
        #expect(self.session.progress.hasPicture)
        #expect(self.session.progress.stamps == [77, 78])
        #expect(self.session.progress.gaps == 0)
        try self.session.tick(now: 1_010_000)
        let said = self.said()
        #expect(said.count == 1)
        #expect(said.first?[0] == 0x8002_0000)
        #expect(said.first?[1] == 1)
        #expect(said.first?[3] == Self.peer)
        #expect(said.first?[4] == 1)
        // Nothing new.
        try self.session.tick(now: 1_020_000)
        #expect(self.said().isEmpty)
        try self.session.tick(now: 2_030_000)
        #expect(self.said().first?[0] == 0x8001_0000)
    }

    @Test mutating func whatIsMissingIsAGapAndWhatComesTwiceIsNot() throws {
        try self.connect()
        let packet = [0x47, 0x1f, 0xff, 0x10] + [UInt8](repeating: 0xff, count: 184)
        try self.data(5, packet)
        try self.data(7, packet)
        #expect(self.session.progress.gaps == 1)
        try self.data(6, packet)
        try self.data(7, packet)
        #expect(self.session.progress.gaps == 1)
    }

    @Test mutating func theEndIsToldByEitherSide() throws {
        try self.connect()
        #expect(self.session.farewell.map(Self.words)?[0] == 0x8005_0000)
        let error = #expect(throws: ScanError.self) {
            try self.session.receive(datagram: Self.bytes([0x8005_0000, 0, 0, 0, 0]).span)
        }
        #expect(error.map { "\($0)".contains("closed") } == true)
    }

    @Test func passphrasesAreNotSpoken() throws {
        let address = try StreamAddress(parsing: "srt://h:9000?streamid=read:live/a&passphrase=0123456789")
        var session = SRTPlaySession(address: address, probing: false, gapLimit: 1)
        #expect(throws: ScanError.self) { try session.tick(now: 1) }
    }
}
