import Contract
import Foundation
import Settings
import Testing

@Suite struct HealthSettingsTests {
    private func relay(_ text: String) throws -> RelaySpec {
        let decoded = try ConfigurationDecoderTests.decode("relays: { live: { \(text) } }")
        return try #require(decoded.relays.first)
    }

    private func problems(_ text: String) -> [String] {
        ConfigurationDecoderTests.problems("relays: { live: { \(text) } }")
    }

    @Test(arguments: ["[ stale, black, silent ]", "stale, black, silent", "stale black silent"])
    func theRuleIsAList(_ text: String) throws {
        let health = try self.relay("health: { unhealthy: \(text.hasPrefix("[") ? text : "\"\(text)\"") }").health
        #expect(health == HealthSpec(states: [.stale], faults: [.black, .silent]))
    }

    @Test func aRuleMayHaveNothing() throws {
        #expect(try self.relay("health: { unhealthy: none }").health == HealthSpec(states: [], faults: []))
        #expect(try self.relay("").health == .standard)
    }

    @Test func whatTextMustBeLike() throws {
        let health = try self.relay("health: { legibility: { height: 8, clarity: 900 } }").health
        #expect(health.legibility == LegibilitySpec(height: 8, clarity: 900))
        #expect(health.faults == HealthSpec.standard.faults && health.states == HealthSpec.standard.states)
        #expect(try self.relay("health: { unhealthy: none }").health.legibility == .standard)
        #expect(self.problems("health: { legibility: { height: 0 } }").count == 1)
        #expect(self.problems("health: { legibility: { clarity: -1 } }").count == 1)
        #expect(try self.relay("checks: { text: false }").checks == ChecksSpec(picture: true, sound: true, text: false))
    }

    @Test(arguments: HealthSpec.names) func everyNameIsKnown(_ name: String) throws {
        let health = try self.relay("health: { unhealthy: [ \(name) ] }").health
        #expect(health.states.map(\.rawValue) + health.faults.map(\.rawValue) == [name])
    }

    @Test func anUnknownNameIsRefusedWithTheList() throws {
        let problem = try #require(self.problems("health: { unhealthy: [ stale, blakc ] }").first)
        #expect(problem.contains("relays.live.health.unhealthy: 'blakc' is not a state or a fault of a stream."))
        #expect(problem.contains("Did you mean 'black'?"))
        for name in HealthSpec.names { #expect(problem.contains(name)) }
        // A stream that is live is well.
        #expect(self.problems("health: { unhealthy: live }").count == 1)
    }

    @Test func whatIsExpectedOfAllAndOfOne() throws {
        let relay = try self.relay(
            """
            expect: { bitrate: 2M..8Mbit/s, fps: 25, keyframes: 4s }, \
            streams: { main: {}, slides: { expect: { bitrate: "..500k", fps: "4..", size: 1920x1080 } } }
            """
        )
        let judgement = relay.judgement
        let main = judgement.expectation(of: try StreamName("main"))
        #expect(main.bitrate == ValueRange(least: 2_000_000, most: 8_000_000))
        #expect(main.fps == ValueRange(least: 25 * 0.9, most: 25 * 1.1))
        #expect(main.keyframes == .seconds(4))
        #expect(main.size == nil)
        let slides = judgement.expectation(of: try StreamName("slides"))
        #expect(slides.bitrate == ValueRange(most: 500_000))
        #expect(slides.fps == ValueRange(least: 4))
        #expect(slides.keyframes == .seconds(4))
        #expect(slides.size == PixelSize(width: 1920, height: 1080))
    }

    @Test(arguments: [
        ("bitrate: 2M", "'2M' is not a range; write a range of bitrates such as 2M..8M, 2M.. or ..8M."),
        ("bitrate: 8M..2M", "'8M..2M' is not a range; write a range of bitrates such as 2M..8M, 2M.. or ..8M."),
        ("bitrate: \"..\"", "'..' is not a range; write a range of bitrates such as 2M..8M, 2M.. or ..8M."),
        ("bitrate: 2..8M", "'2' has no unit; write 2Mbit/s or 2kbit/s."),
        ("bitrate: 2M..9000000M", "9000000M is out of bounds; write a range of bitrates such as 2M..8M, 2M.. or ..8M."),
        ("fps: fast", "'fast' is not a number; write pictures a second such as 25, 24..30 or 24..."),
        ("fps: 0", "0 is out of bounds; write pictures a second such as 25, 24..30 or 24..."),
        ("keyframes: 4", "'4' has no unit; write 4ms, 4s or 4m."),
        ("keyframes: 0", "0 is out of bounds; write 100ms to 10m."),
        ("size: large", "'large' is not a size of pictures; write a size such as 1920x1080."),
        ("size: 1920x0", "'1920x0' is not a size of pictures; write a size such as 1920x1080."),
    ])
    func whatIsNotMeantIsRefused(_ text: String, _ sentence: String) {
        let problems = self.problems("expect: { \(text) }")
        #expect(problems.count == 1)
        #expect(problems.first?.hasSuffix(sentence) == true, "\(problems)")
    }

    private static func copy<Value: Codable>(of value: Value) throws -> Value {
        try JSONDecoder().decode(Value.self, from: JSONEncoder().encode(value))
    }

    @Test func theSpecGoesOverTheControlSocket() throws {
        let relay = try self.relay(
            "health: { unhealthy: [ stale ] }, expect: { fps: 25 }, streams: { main: { expect: { size: 640x360 } } }"
        )
        let copy = try Self.copy(of: relay)
        #expect(copy == relay)
        #expect(copy.judgement == relay.judgement)
        #expect(try Self.copy(of: relay.judgement) == relay.judgement)
    }
}
