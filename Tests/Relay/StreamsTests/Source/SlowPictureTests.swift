import Contract
import Logging
import Media
import Streams
import Testing

/// A picture that takes longer to arrive than a source may be silent.
@Suite struct SlowPictureTests {
    private let stream: Streams.Stream
    private let hub: StreamHub
    private let main = SourceID(1)
    private let backup = SourceID(2)
    private let camera = Camera()

    init() throws {
        let log = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        self.hub = StreamHub(spec: try RelaySpec(name: RelayName("live"), sourceTimeout: .seconds(2)), log: log)
        self.stream = try self.hub.streamToPublish(StreamName("main"), now: .at(0))
    }

    private func claim(_ id: SourceID, _ rank: SourceRank = .main) throws {
        let address = "10.0.0.\(id.number):1"
        let source = SourceSnapshot(protocol: .rtmp, address: address, connectedAt: Instant(.at(0)))
        try self.stream.claim(source, as: id, rank: rank, now: .at(0)) { _ in }
    }

    private static func arrival(_ kind: TrackKind = .video) -> MediaArrival {
        var arrival = MediaArrival()
        arrival[kind] = true
        return arrival
    }

    private var unused: MediaArrival {
        var arrival = MediaArrival()
        arrival.unused = true
        return arrival
    }

    /// Goes on air with a second of pictures at second 1.
    private func begin() throws {
        try self.claim(self.main)
        #expect(self.stream.publish(self.camera.configurations, from: self.main, now: .at(0)))
        #expect(self.stream.publish(self.camera.pictures(0..<25), from: self.main, now: .at(1)))
    }

    /// A part comes every so often within some seconds, with the sweeps between.
    ///
    /// - Returns: when the source was lost; nil if it was not.
    private func arrive(_ seconds: ClosedRange<Double>, every step: Double) -> Double? {
        var time = seconds.lowerBound
        var next = time
        while time <= seconds.upperBound {
            if time >= next {
                #expect(self.stream.publish([], Self.arrival(), from: self.main, now: .at(time)))
                next += step
            }
            self.stream.sweep(now: .at(time))
            if self.stream.snapshot(now: .at(time)).loss != nil { return time }
            time += 0.25
        }
        return nil
    }

    @Test func fourMegabytesAtTwoMegabitsAreNoSilence() throws {
        try self.begin()
        #expect(self.arrive(1.0...17.0, every: 0.25) == nil)
        let arriving = self.stream.snapshot(now: .at(17)).source
        #expect(arriving?.lastHeard == Instant(.at(1)) && arriving?.heard == arriving?.pictureArriving)
        #expect(self.stream.publish(self.camera.pictures(25..<26), from: self.main, now: .at(17)))
        let snapshot = self.stream.snapshot(now: .at(17))
        #expect(snapshot.loss == nil && snapshot.counters.reconnects == 0 && snapshot.counters.discontinuities == 0)
        #expect(snapshot.source?.lastHeard == Instant(.at(17)) && snapshot.source?.pictureArriving == nil)
        // The next one has its own time.
        #expect(self.arrive(17.25...33.0, every: 0.25) == nil)
    }

    @Test func aDripIsLostWhenItsTimeIsOver() throws {
        try self.begin()
        let lost = try #require(self.arrive(1.0...60.0, every: 1))
        #expect(lost == 18)
        let snapshot = self.stream.snapshot(now: .at(lost))
        #expect(snapshot.loss?.cause == .silent)
        #expect(snapshot.source?.heard == Instant(.at(16)))
        // More of it neither brings it back nor counts.
        for second in 18...40 {
            #expect(self.stream.publish([], Self.arrival(), from: self.main, now: .at(Double(second))))
        }
        #expect(self.stream.snapshot(now: .at(40)).source?.heard == Instant(.at(16)))
        #expect(self.stream.snapshot(now: .at(40)).counters.reconnects == 0)
    }

    @Test func beginningAnotherUnitWinsNothing() throws {
        try self.begin()
        // Units that are given up for others are one, of whichever kind they are.
        var lost: Double?
        for step in 0..<240 where lost == nil {
            let time = 1 + Double(step) / 4
            let kind = step.isMultiple(of: 2) ? TrackKind.video : .audio
            #expect(self.stream.publish([], Self.arrival(kind), from: self.main, now: .at(time)))
            self.stream.sweep(now: .at(time))
            if self.stream.snapshot(now: .at(time)).loss != nil { lost = time }
        }
        #expect(lost == 18)
    }

    @Test func aPartThatStopsIsSilenceFromThenOn() throws {
        try self.begin()
        #expect(self.arrive(1.0...5.0, every: 0.25) == nil)
        self.stream.sweep(now: .at(6.9))
        #expect(self.stream.snapshot(now: .at(6.9)).loss == nil)
        self.stream.sweep(now: .at(7.1))
        #expect(self.stream.snapshot(now: .at(7.1)).loss?.cause == .silent)
        #expect(self.stream.snapshot(now: .at(7.1)).loss?.source.heard == Instant(.at(5)))
    }

    @Test func nothingIsNoReconnect() throws {
        try self.begin()
        self.stream.sweep(now: .at(4))
        #expect(self.stream.snapshot(now: .at(4)).loss?.cause == .silent)
        #expect(self.stream.publish([], from: self.main, now: .at(5)))
        let silent = self.stream.snapshot(now: .at(5))
        #expect(silent.counters.reconnects == 0 && silent.source?.lastHeard == Instant(.at(1)))
        // Pictures that are held back say that it is there; it is back with one that can be used.
        #expect(self.stream.publish([], self.unused, from: self.main, now: .at(6)))
        let held = self.stream.snapshot(now: .at(6))
        #expect(held.counters.reconnects == 0 && held.source?.lastHeard == Instant(.at(6)))
        #expect(self.stream.publish(self.camera.pictures(50..<60), from: self.main, now: .at(7)))
        #expect(self.stream.snapshot(now: .at(7)).counters.reconnects == 1)
        #expect(!self.stream.publish([], from: SourceID(9), now: .at(7)))
    }

    @Test func picturesThatAreHeldBackKeepTheStream() throws {
        try self.begin()
        for second in 2...60 {
            #expect(self.stream.publish([], self.unused, from: self.main, now: .at(Double(second))))
            self.stream.sweep(now: .at(Double(second)))
        }
        #expect(self.stream.snapshot(now: .at(60)).loss == nil)
    }

    @Test func aBackupDoesNotStepInMeanwhile() throws {
        try self.begin()
        try self.claim(self.backup, SourceRank(1))
        #expect(self.stream.publish(self.camera.configurations, from: self.backup, now: .at(1)))
        for index in 25..<425 {
            let time = Double(index) / 25
            #expect(self.stream.publish([], Self.arrival(), from: self.main, now: .at(time)))
            #expect(self.stream.publish(self.camera.pictures(index..<index + 1), from: self.backup, now: .at(time)))
        }
        #expect(self.stream.snapshot(now: .at(17)).source?.address == "10.0.0.1:1")
    }

    /// A track that is silent for six seconds is taken out of the stream.
    @Test func soundBesideItDoesNotThrowThePictureOut() throws {
        try self.begin()
        for index in 25..<375 {
            let time = Double(index) / 25
            let sound = self.camera.pictures(index..<index + 1).filter { event in
                if case .packet(let packet) = event { packet.track.kind == .audio } else { false }
            }
            #expect(self.stream.publish(sound, Self.arrival(), from: self.main, now: .at(time)))
        }
        let changes = self.stream.snapshot(now: .at(15))
        #expect(changes.source?.pictureArriving == Instant(.at(374.0 / 25)))
        let lease = try self.stream.open(.flv, now: .at(15))
        #expect(self.stream.publish(self.camera.pictures(375..<376), from: self.main, now: .at(15)))
        #expect(self.stream.snapshot(now: .at(15)).counters.discontinuities == 0)
        withExtendedLifetime(lease) {}
    }
}
