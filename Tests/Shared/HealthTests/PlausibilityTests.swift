import Contract
import Testing

/// A snapshot comes from a process that may be anybody's: what cannot be true is found before it is reckoned with.
@Suite struct PlausibilityTests {
    private let now = Instant(microseconds: 10_000_000)

    private func fault(_ change: (inout RelaySnapshot) throws -> Void = { _ in }) throws -> String? {
        var snapshot = try PrometheusTextTests.snapshot()
        try change(&snapshot)
        return snapshot.implausibility(of: try RelayName("live"), at: self.now)
    }

    @Test func truthIsPlausible() throws {
        #expect(try self.fault() == nil)
    }

    @Test func relaysSpeakForThemselves() throws {
        #expect(try self.fault { $0.relay = try RelayName("other") } != nil)
        #expect(try self.fault { $0.streams[0].path = try StreamPath("other/main") } != nil)
        #expect(try self.fault { $0.streams.append($0.streams[0]) } != nil)
    }

    @Test(arguments: [Int64.min, Int64.max, -1 << 62, 1 << 62, 16_000_000])
    func timesAreOfThisMachine(microseconds: Int64) throws {
        let instant = Instant(microseconds: microseconds)
        #expect(try self.fault { $0.clock = ClockReading(now: instant, unix: $0.clock.unix) } != nil)
        #expect(try self.fault { $0.startedAt = instant } != nil)
        #expect(try self.fault { $0.loops[0].lastTick = instant } != nil)
        #expect(try self.fault { $0.streams[0].createdAt = instant } != nil)
        let refusal = SourceRefusal(at: instant, reason: .wrongKey, address: "10.0.0.9:4000")
        #expect(try self.fault { $0.refusedSources[try StreamName("stage")] = refusal } != nil)
        #expect(try self.fault { $0.streams[0].source?.lastHeard = instant } != nil)
        #expect(try self.fault { $0.streams[0].source?.pictureArriving = instant } != nil)
        #expect(try self.fault { $0.streams[0].source?.soundArriving = instant } != nil)
        #expect(try self.fault { $0.streams[0].formats[0].absence?.first = instant } != nil)
        #expect(try self.fault { $0.streams[0].formats[0].playlist?.askedAt = instant } != nil)
        #expect(try self.fault { $0.streams[0].tracks[0].lastKeyframeAt = instant } != nil)
    }

    @Test func datesAreOfThisAge() throws {
        for unix in [Int64.min, -1, Int64.max] {
            #expect(try self.fault { $0.clock = ClockReading(now: $0.clock.now, unix: unix) } != nil)
        }
    }

    @Test func numbersCanBeSummed() throws {
        #expect(try self.fault { $0.publishRefusals[.rtmp, .noKey] = .max } != nil)
        #expect(try self.fault { $0.refusedConnections = .max } != nil)
        #expect(try self.fault { $0.connections = -1 } != nil)
        #expect(try self.fault { $0.streams[0].counters.bytesIn = .max } != nil)
        #expect(try self.fault { $0.streams[0].outputs[.flv] = OutputSnapshot(viewers: .max) } != nil)
        #expect(try self.fault { $0.streams[0].outputs[.flv] = OutputSnapshot(bytes: .max) } != nil)
        #expect(try self.fault { $0.streams[0].tracks[0].bytes = .max } != nil)
        #expect(try self.fault { $0.streams[0].tracks[0].width = -4 } != nil)
        #expect(try self.fault { $0.streams[0].formats[0].absence?.memory = -1 } != nil)
        #expect(try self.fault { $0.streams[0].formats[0].shortage?.limit = -1 } != nil)
        #expect(try self.fault { $0.streams[0].formats[0].shortage?.kept = .seconds(Int64.max) } != nil)
        #expect(try self.fault { $0.streams[0].formats[0].playlist?.target = .seconds(-1) } != nil)
        for rate in [Double.nan, .infinity, -1, 1e300] {
            #expect(try self.fault { $0.streams[0].tracks[0].bitrate = rate } != nil)
            #expect(try self.fault { $0.streams[0].tracks[0].frameRate = rate } != nil)
        }
        #expect(try self.fault { $0.streams[0].tracks[0].keyframeInterval = .seconds(Int64.max) } != nil)
        #expect(try self.fault { $0.usage?.residentMemory = -1 } != nil)
        func text(_ text: TextInspection) throws -> String? {
            try self.fault { snapshot in
                var inspection = InspectionSnapshot(at: self.now)
                inspection.picture = PictureInspection(at: self.now, decoded: 1, meanLuma: 0, spread: 0)
                inspection.picture?.text = text
                snapshot.streams[0].inspection = inspection
            }
        }
        #expect(try text(TextInspection(lines: 9, height: 8, contrast: 255, quantiser: 51)) == nil)
        #expect(try text(TextInspection(lines: 9, height: 8, contrast: 255)) == nil)
        #expect(try text(TextInspection(lines: -1, height: 8, contrast: 9)) != nil)
        for value in [Double.nan, .infinity, -40] {
            #expect(try text(TextInspection(lines: 9, height: value, contrast: 9)) != nil)
            #expect(try text(TextInspection(lines: 9, height: 8, contrast: value)) != nil)
            #expect(try text(TextInspection(lines: 9, height: 8, contrast: 9, quantiser: value)) != nil)
        }
        #expect(try self.fault { $0.usage?.cpu = .seconds(-1) } != nil)
    }

    @Test func thereIsOnlySoMuch() throws {
        #expect(try self.fault { $0.loops = Array(repeating: $0.loops[0], count: 5000) } != nil)
        #expect(try self.fault { $0.streams[0].tracks = Array(repeating: $0.streams[0].tracks[0], count: 65) } != nil)
        #expect(try self.fault { $0.streams[0].source?.encoder = String(repeating: "x", count: 2000) } != nil)
        #expect(
            try self.fault { snapshot in
                let stream = snapshot.streams[0]
                snapshot.streams = try (0..<257).map { number in
                    var stream = stream
                    stream.path = try StreamPath("live/s\(number)")
                    return stream
                }
            } != nil
        )
    }
}
