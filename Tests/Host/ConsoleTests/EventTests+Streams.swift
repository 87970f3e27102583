import Console
import ConsoleToolkit
import Contract
import Events
import Testing

/// What is said of how a stream is.
extension EventTests {
    static func streams(_ events: [NumberedEvent]) -> [HostEvent] {
        events.map(\.event).filter { $0.kind == .stream }
    }

    /// An encoder that has connected and sent nothing.
    static func connect(_ host: inout HostSnapshot) {
        Self.publish(&host)
        host.relays[0].snapshot?.streams[0].source?.lastHeard = nil
    }

    @Test func `an ordinary start is told by the source that came and the picture that is there`() throws {
        let desk = try Desk()
        _ = Self.pass(desk) { Self.lose(&$0, .ended) }
        var events = Self.pass(desk) { Self.connect(&$0) }
        events += Self.pass(desk) { _ in }
        events += Self.pass(desk) { $0.relays[0].snapshot?.streams[0].source?.lastHeard = $0.clock.now }
        for _ in 0..<5 { events += Self.pass(desk) { _ in } }
        #expect(Self.sources(events).map(\.code) == ["came"])
        let told = Self.streams(events)
        #expect(told.first?.code != "starting" && !told.contains { $0.code == "starting" }, "\(told)")
        #expect(!told.isEmpty)
    }

    @Test func `an encoder that goes on sending nothing is told once`() throws {
        let desk = try Desk()
        _ = Self.pass(desk) { Self.lose(&$0, .ended) }
        var told = Self.streams(Self.pass(desk) { Self.connect(&$0) })
        for second in 1...10 {
            let silent = Self.pass(desk) { $0.relays[0].snapshot?.streams[0].source?.lastHeard = nil }
            told += Self.streams(silent)
            #expect(told.isEmpty == (second < 3), "after \(second) s")
        }
        #expect(told.map(\.code) == ["starting"] && told.first?.level == .warning)
        #expect(told.first?.sentence.contains("has been connected for 3 s but has sent neither picture") == true)
        // Another that comes and sends nothing is waited for as long.
        _ = Self.pass(desk) { Self.lose(&$0, .ended) }
        told = Self.streams(Self.pass(desk) { Self.connect(&$0) })
        for _ in 0..<2 {
            told += Self.streams(Self.pass(desk) { $0.relays[0].snapshot?.streams[0].source?.lastHeard = nil })
        }
        #expect(told.isEmpty)
        // A wall clock that is set back hides none of it.
        told = Self.streams(
            Self.pass(desk) { host in
                host.relays[0].snapshot?.streams[0].source?.lastHeard = nil
                host.clock = ClockReading(now: host.clock.now, unix: host.clock.unix - 3_600_000_000)
                host.relays[0].snapshot?.clock = host.clock
            }
        )
        #expect(told.map(\.code) == ["starting"])
    }

    static func notices(_ events: [NumberedEvent]) -> [HostEvent] {
        events.map(\.event).filter { $0.kind == .notice }
    }

    /// Viewers have picture and sound, and somebody should know all the same.
    @Test func `what leaves a stream live is told, and when it is over`() throws {
        let desk = try Desk()
        func passes(_ count: Int, _ change: (inout HostSnapshot) -> Void = { _ in }) -> [HostEvent] {
            let told = Self.pass(desk, change) + (1..<count).flatMap { _ in Self.pass(desk) { _ in } }
            #expect(Self.streams(told).isEmpty, "\(told)")
            return Self.notices(told)
        }
        #expect(passes(3).isEmpty)
        let short = FormatSnapshot(
            format: "ts",
            noun: "MPEG-TS",
            shortage: TapeShortage(kept: .seconds(12), wanted: .seconds(44), isMemoryFull: false, limit: 16 << 20)
        )
        let begun = passes(5) { $0.relays[0].snapshot?.streams[0].formats = [short] }
        #expect(begun.map(\.code) == ["tape_short"] && begun.first?.level == .warning)
        #expect(begun.first?.subject == "live/main" && begun.first?.sentence.hasPrefix("Only 12 of 44 seconds") == true)
        // Another encoder that is refused has an event of its own.
        let refused = passes(3) { host in
            host.relays[0].snapshot?.streams[0].refusal = SourceRefusal(
                at: host.clock.now,
                reason: .wrongKey,
                address: "10.0.0.9:4000"
            )
        }
        #expect(refused.isEmpty)
        let over = passes(8) { $0.relays[0].snapshot?.streams[0].formats = [] }
        #expect(over.map(\.code) == ["tape_short"] && over.first?.level == .good)
        #expect(over.first?.sentence.hasPrefix("This is over: Only 12 of 44 seconds are kept for MPEG-TS") == true)
    }

    @Test func `each fault that joins another is told, and what is left when it has ended`() throws {
        let desk = try Desk()
        func passes(_ count: Int, _ change: (inout HostSnapshot) -> Void) -> [String?] {
            Self.streams((0..<count).flatMap { _ in Self.pass(desk, change) }).map(\.code)
        }
        func sound(_ silence: Duration, _ host: inout HostSnapshot) {
            guard let tracks = host.relays[0].snapshot?.streams[0].tracks else { return }
            for index in tracks.indices {
                let age = tracks[index].kind == .audio ? silence : .zero
                host.relays[0].snapshot?.streams[0].tracks[index].lastPacketAt = host.clock.now + (.zero - age)
                host.relays[0].snapshot?.streams[0].tracks[index].lastKeyframeAt = host.clock.now
            }
            host.relays[0].throttling = Throttling(recent: 0.5, highest: 0.5)
        }
        #expect(passes(3) { sound(.zero, &$0) } == ["relay_overloaded"])
        #expect(passes(4) { sound(.seconds(4), &$0) } == ["audio_stopped"])
        #expect(passes(9) { sound(.zero, &$0) } == ["relay_overloaded"])
        // One that was not the last to be told ends in silence, and is news again when it comes back.
        #expect(passes(4) { sound(.seconds(4), &$0) } == ["audio_stopped"])
        let lesser = passes(9) { host in
            sound(.seconds(4), &host)
            host.relays[0].throttling = nil
        }
        #expect(lesser.isEmpty)
        #expect(passes(2) { sound(.seconds(4), &$0) } == ["relay_overloaded"])
        let well = passes(9) { host in
            sound(.zero, &host)
            host.relays[0].throttling = nil
        }
        #expect(well == ["live"])
    }

    @Test func `faults that come at once are each told, the worst last`() throws {
        let desk = try Desk()
        let events = (0..<4).flatMap { _ in
            Self.pass(desk) { host in
                host.relays[0].throttling = Throttling(recent: 0.5, highest: 0.5)
                // A lesser one that begins to count in the same second.
                host.relays[0].snapshot?.streams[0].counters.trackSteps = 1
            }
        }
        let told = Self.streams(events)
        #expect(told.map(\.code) == ["tracks_stepped", "relay_overloaded"], "\(told)")
        #expect(told.allSatisfy { $0.level == .warning } && told.first?.sentence != told.last?.sentence)
    }
}
