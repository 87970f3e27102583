import Contract
import Logging
import Media
import NIOCore
import Streams
import Synchronization
import Tape
import Testing
import Wire

/// Several sources of one stream: the best that sends is on air, and viewers stay where they are.
@Suite struct RankedSourcesTests {
    private let stream: Streams.Stream
    private let main = SourceID(1)
    private let backup = SourceID(2)

    init() throws {
        let log = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let hub = StreamHub(spec: try RelaySpec(name: RelayName("live")), log: log)
        self.stream = try hub.streamToPublish(StreamName("main"), now: .at(0))
    }

    private func claim(_ id: SourceID, _ rank: SourceRank, at seconds: Double) throws {
        let address = "10.0.0.\(id.number):1"
        let source = SourceSnapshot(protocol: .rtmp, address: address, connectedAt: Instant(.at(seconds)))
        try self.stream.claim(source, as: id, rank: rank, now: .at(seconds)) { _ in }
    }

    private var address: String? { self.stream.snapshot(now: .at(0)).source?.address }

    /// Sends the pictures of one instant, each camera with a clock of its own.
    private func send(_ index: Int, _ camera: Camera, from id: SourceID) -> Bool {
        self.stream.publish(camera.pictures(index..<index + 1), from: id, now: .at(Double(index) / 25))
    }

    @Test func viewersStayWhileABackupStepsInAndTheMainSourceComesBack() throws {
        let lease = try self.stream.open(.flv, now: .at(0))
        var (first, second) = (Camera(), Camera())
        second.record = Camera.otherH264
        second.start = 500_000_000
        try self.claim(self.main, .main, at: 0)
        try self.claim(self.backup, SourceRank(1), at: 0)
        #expect(self.stream.publish(first.configurations, from: self.main, now: .at(0)))
        #expect(self.stream.publish(second.configurations, from: self.backup, now: .at(0)))
        var changes: [(index: Int, address: String?)] = []
        for index in 0..<375 {
            let before = self.address
            // The main source's line is cut from the fourth to the tenth second.
            if !(100..<250).contains(index) { #expect(self.send(index, first, from: self.main)) }
            #expect(self.send(index, second, from: self.backup))
            if self.address != before { changes.append((index, self.address)) }
        }
        // Two seconds of silence, then the backup; the main source has the stream again from its first keyframe on.
        #expect(changes.map(\.index) == [149, 250])
        #expect(changes.map(\.address) == ["10.0.0.2:1", "10.0.0.1:1"])
        let counters = self.stream.snapshot(now: .at(15)).counters
        #expect(counters.discontinuities == 2)
        #expect(counters.reconnects + counters.takeovers == 2)

        let pictures = try Self.pictures(on: lease.tape)
        #expect(zip(pictures, pictures.dropFirst()).allSatisfy { $0 < $1 })
        // The backup goes on from the keyframe of before it went on air, in the time that the silence left.
        let steps = zip(pictures, pictures.dropFirst()).map { $1 - $0 }
        #expect(steps.filter { $0 > 41 }.count <= 2)
        #expect(steps.max() ?? 0 <= 1100)
        let length = Int(try #require(pictures.last)) - Int(try #require(pictures.first))
        #expect((14_900...15_100).contains(length))
    }

    @Test func aBackupAloneIsOnAirUntilTheMainSourceHasAKeyframe() throws {
        let camera = Camera()
        try self.claim(self.backup, SourceRank(1), at: 0)
        _ = self.stream.publish(camera.configurations, from: self.backup, now: .at(0))
        for index in 0..<30 { #expect(self.send(index, camera, from: self.backup)) }
        try self.claim(self.main, .main, at: 1.2)
        _ = self.stream.publish(camera.configurations, from: self.main, now: .at(1.2))
        for index in 30..<50 { #expect(self.send(index, camera, from: self.main)) }
        #expect(self.address == "10.0.0.2:1")
        #expect(self.send(50, camera, from: self.main))
        #expect(self.address == "10.0.0.1:1")
        // The main source leaves for good.
        self.stream.leave(self.main, cause: .disconnected, now: .at(2.1))
        #expect(self.address == nil)
        for index in 51..<76 { #expect(self.send(index, camera, from: self.backup)) }
        #expect(self.address == "10.0.0.2:1")
        #expect(self.stream.snapshot(now: .at(3)).counters.packetsDropped == 0)
    }

    @Test func everybodyGoesWhenTheStreamIsDropped() throws {
        let told = Atomic(0)
        for (id, rank) in [(self.main, SourceRank.main), (self.backup, SourceRank(1))] {
            let source = SourceSnapshot(protocol: .rtmp, address: "10.0.0.1:1", connectedAt: Instant(.at(0)))
            try self.stream.claim(source, as: id, rank: rank, now: .at(0)) { _ in told.add(1, ordering: .relaxed) }
        }
        #expect(self.stream.dropSource(sentence: "Over.", now: .at(1)))
        #expect(told.load(ordering: .relaxed) == 2)
        #expect(!self.stream.publish(Camera().configurations, from: self.backup, now: .at(1)))
        #expect(self.stream.snapshot(now: .at(1)).loss?.cause == .removed)
    }

    @Test(arguments: [(SourceLoss.Cause.disconnected, true), (.malformed, true), (.ended, false)])
    func whoWasLostIsGivenUp(cause: SourceLoss.Cause, wasMissed: Bool) throws {
        try self.claim(self.main, .main, at: 0)
        self.stream.leave(self.main, cause: cause, now: .at(1))
        #expect(self.stream.dropSource(sentence: "Over.", now: .at(5)) == wasMissed)
        let loss = try #require(self.stream.snapshot(now: .at(5)).loss)
        #expect(loss.cause == (wasMissed ? .removed : cause))
        #expect(loss.at == Instant(.at(wasMissed ? 5 : 1)))
        #expect(!self.stream.dropSource(sentence: "Over.", now: .at(6)))
    }

    private static func pictures(on tape: WireTape) throws -> [UInt32] {
        var bytes = FLVTagEncoder().fileHeader(hasAudio: true, hasVideo: true)
        bytes.writeImmutableBuffer(try #require(tape.copy(0..<tape.head)))
        var decoder = FLVTagDecoder()
        var times: [UInt32] = []
        while let tag = try decoder.next(from: &bytes) {
            guard tag.kind == .video, tag.body.getInteger(at: tag.body.readerIndex + 1, as: UInt8.self) == 1 else {
                continue
            }
            times.append(tag.timestamp)
        }
        return times
    }
}
