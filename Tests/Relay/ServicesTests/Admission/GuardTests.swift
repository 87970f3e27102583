import Admission
import Contract
import Streams
import Testing

@Suite struct GuardTests {
    private static func spec(play: PlayPolicy = .open, key: String? = "right") throws -> RelaySpec {
        try RelaySpec(
            name: RelayName("live"),
            publishKey: key.map { try Secret($0) },
            play: play,
            venues: [
                VenueSpec(name: VenueName("kyoto"), token: Secret("blue")),
                VenueSpec(name: VenueName("oslo"), token: Secret("red")),
            ]
        )
    }

    @Test func onlyTheRightKeyPublishes() throws {
        let publishers = PublishGuard(try Self.spec())
        try publishers.admit(key: "right")
        for (key, reason) in [
            (nil, .noKey), ("", .noKey), ("wrong", .wrongKey), ("righ", .wrongKey), ("rightt", .wrongKey),
        ] as [(String?, PublishRefusal)] {
            #expect { try publishers.admit(key: key) } throws: { ($0 as? PublishDenial)?.reason == reason }
        }
    }

    @Test func withoutAKeyNobodyPublishes() throws {
        let publishers = PublishGuard(try Self.spec(key: nil))
        #expect(throws: PublishDenial.self) { try publishers.admit(key: "") }
        #expect(throws: PublishDenial.self) { try publishers.admit(key: nil) }
    }

    @Test func venuesPlayWithTheirTokens() throws {
        let players = PlayGuard(try Self.spec(play: .venues))
        #expect(try players.admit(token: "red")?.rawValue == "oslo")
        #expect { try players.admit(token: nil) } throws: { ($0 as? PlayDenial)?.reason == .noToken }
        #expect { try players.admit(token: "green") } throws: { ($0 as? PlayDenial)?.reason == .wrongToken }
        #expect(try PlayGuard(Self.spec()).admit(token: nil) == nil)
    }

    /// RTSP's digest proves that a token is known without saying it.
    @Test func aTokenIsProvedToBeKnown() throws {
        let players = PlayGuard(try Self.spec(play: .venues))
        #expect(try players.admit(knowing: { $0.matches("blue") })?.name.rawValue == "kyoto")
        #expect { try players.admit(knowing: { $0.matches("green") }) } throws: {
            ($0 as? PlayDenial)?.reason == .wrongToken
        }
        #expect(try PlayGuard(Self.spec()).admit(knowing: { _ in false }) == nil)
    }
}
