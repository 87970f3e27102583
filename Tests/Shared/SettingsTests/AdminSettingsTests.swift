import Contract
import Settings
import Testing

/// Where the console and the API are.
@Suite struct AdminSettingsTests {
    private static func admin(_ text: String, _ environment: [String: String] = [:]) throws -> [String] {
        try ConfigurationDecoderTests.decode(text, environment).listen.admin.map(\.description)
    }

    @Test func theyAreOfThisMachineAloneUnlessOneSaysOtherwise() throws {
        #expect(try Self.admin("") == ["127.0.0.1:8081"])
        // Whoever names the others has not switched it off.
        #expect(try Self.admin("listen: { http: 8080 }") == ["127.0.0.1:8081"])
        #expect(try Self.admin("listen: { admin: [ 127.0.0.1:81, '[::1]:81' ] }") == ["127.0.0.1:81", "[::1]:81"])
        #expect(try Self.admin("", ["TRANSPONDER_LISTEN_ADMIN": "10.0.0.2:81"]) == ["10.0.0.2:81"])
    }

    @Test func theyCanBeOff() throws {
        for text in ["listen: { http: 8080, admin: off }", "listen: { admin: 'off' }", "listen: { admin: }"] {
            #expect(try Self.admin(text) == [], "\(text)")
        }
        #expect(try Self.admin("", ["TRANSPONDER_LISTEN_ADMIN": "off"]) == [])
        // The same goes for the others.
        #expect(try ConfigurationDecoderTests.decode("", ["TRANSPONDER_LISTEN_HTTP": "off"]).listen.http == nil)
    }

    @Test func aPortIsNotForTwo() throws {
        let error = #expect(throws: ConfigurationError.self) {
            try Self.admin("listen: { http: 8080, admin: 127.0.0.1:8080 }")
        }
        #expect(error?.description.contains("port 8080 is taken by http already") == true)
        // Who has 8081 for something else did not ask for a console.
        #expect(try Self.admin("listen: { http: 8081 }") == ["127.0.0.1:8081"])
    }

    @Test func noRelayHasThem() throws {
        let configuration = try ConfigurationDecoderTests.decode("")
        let (_, listen) = try RelayChoice().pick(from: configuration)
        #expect(listen.admin == [])
        #expect(configuration.listen.words.last == "admin=127.0.0.1:8081")
    }
}
