import Contract
import Foundation
import Settings
import Testing

@Suite struct HTTPSettingsTests {
    private static func spec(_ lines: String) throws -> HTTPSpec {
        let text = "relays:\n  live:\n    http:\n      \(lines)\n"
        let decoder = ConfigurationDecoder(fileName: "t.yaml")
        return try #require(try decoder.decode(Array(text.utf8)).relays.first).http
    }

    @Test func parametersThatAreHandedOnAreNamed() throws {
        #expect(try Self.spec("pass_query: all").passQuery == .all)
        #expect(try Self.spec("pass_query: true").passQuery == .all)
        #expect(try Self.spec("pass_query: none").passQuery == .none)
        let some = try Self.spec("pass_query: Policy Signature,Key-Pair-Id").passQuery
        #expect(some == .names(["Policy", "Signature", "Key-Pair-Id"]))
        #expect(some.contains("Policy") && !some.contains("policy") && !PassedQuery.none.contains("a"))
        #expect(PassedQuery.all.contains("anything"))
        #expect(throws: ConfigurationError.self) { try Self.spec("pass_query: 'a=b'") }
        #expect(throws: ConfigurationError.self) { try Self.spec("pass_query: ''") }
    }

    @Test func sitesAreNamedAsBrowsersNameThem() throws {
        let list = try Self.spec("origins: https://a.example http://10.0.0.2:3000, https://*.b.example").origins
        for origin in ["https://a.example", "http://10.0.0.2:3000", "https://x.b.example", "HTTPS://y.x.B.example"] {
            #expect(list.contains(origin), "\(origin)")
        }
        for origin in [
            "http://a.example", "https://a.example:444", "https://b.example", "https://evilb.example", "null", "",
            "https://evil.example/.b.example", "https://.b.example",
        ] {
            #expect(!list.contains(origin), "\(origin)")
        }
        #expect(try Self.spec("origins: none").origins.isEmpty)
        for wrong in ["player.example", "'*'", "https://", "https://*", "https://a/b", "''"] {
            #expect(throws: ConfigurationError.self, "\(wrong)") { try Self.spec("origins: \(wrong)") }
        }
    }

    @Test func theyTravelToTheRelay() throws {
        for text in ["none", "https://a.example https://*.b.example"] {
            let spec = HTTPSpec(passQuery: try PassedQuery("x y"), origins: try OriginList(text))
            let relay = try RelaySpec(name: RelayName("live"), http: spec)
            let data = try JSONEncoder().encode(relay)
            #expect(try JSONDecoder().decode(RelaySpec.self, from: data).http == spec)
        }
    }
}
