import Contract
import Settings
import Testing

@Suite struct RelayChoiceTests {
    private let two: Configuration

    init() throws {
        self.two = try ConfigurationDecoderTests.decode("relays: { live: {}, second: { tick: 0 } }")
    }

    @Test func theOnlyRelayNeedsNoName() throws {
        let (spec, listen) = try RelayChoice().pick(from: .standard)
        #expect(spec.name.rawValue == "live")
        var expected = Configuration.standard.listen
        expected.admin = []
        #expect(listen == expected)
    }

    @Test func amongSeveralANameIsNeeded() throws {
        #expect(throws: RelayChoiceError.several(["live", "second"])) { try RelayChoice().pick(from: self.two) }
        #expect(try RelayChoice(relay: "second").pick(from: self.two).0.tick == .zero)
        #expect(throws: RelayChoiceError.unknown("scond", near: "second", known: ["live", "second"])) {
            try RelayChoice(relay: "scond").pick(from: self.two)
        }
    }

    @Test func severalAddressesStandInOneOption() throws {
        let override = try RelayChoice.Override.parse("127.0.0.1:1,[::1]:2")
        let (_, listen) = try RelayChoice(rtmp: override, http: .off).pick(from: .standard)
        #expect(listen[all: .rtmp].map(\.description) == ["127.0.0.1:1", "[::1]:2"])
        #expect(throws: (any Error).self) { try RelayChoice.Override.parse("127.0.0.1:1,off") }
    }

    @Test func theCommandLineWins() throws {
        let address = try ListenAddress("127.0.0.1:0")
        let choice = try RelayChoice(rtmp: .at([address]), http: .off, publishKey: Secret("k"))
        let (spec, listen) = try choice.pick(from: .standard)
        #expect(listen == ListenSpec(rtmp: address))
        #expect(spec.publishKey?.matches("k") == true)
        #expect(throws: RelayChoiceError.listensNowhere) {
            try RelayChoice(rtmp: .off, http: .off).pick(from: .standard)
        }
    }
}
