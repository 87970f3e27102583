import Contract
import Settings
import Testing

/// Several addresses of one protocol, and proxies in front.
@Suite struct NetworkSettingsTests {
    private static func decode(_ text: String) throws(ConfigurationError) -> Configuration {
        try ConfigurationDecoderTests.decode(text, [:])
    }

    @Test func aProtocolMayHaveSeveralAddresses() throws {
        let decoded = try Self.decode(
            """
            listen:
              rtmp: [ 127.0.0.1:1935, "192.0.2.1:1935", "[2001:db8::1]:1935" ]
              http: 0.0.0.0:8080, [2001:db8::1]:8080
              srt: [ 127.0.0.1:8890, "[::1]:8890" ]
            """
        )
        #expect(decoded.listen[all: .rtmp].count == 3)
        #expect(decoded.listen.rtmp?.description == "192.0.2.1:1935", "what people are told is no loopback")
        #expect(decoded.listen[all: .rtmp].reachedFromHere?.description == "127.0.0.1:1935")
        #expect(decoded.listen[all: .http].reachedFromHere?.description == "0.0.0.0:8080")
        #expect(
            decoded.listen.words == [
                "rtmp=127.0.0.1:1935,192.0.2.1:1935,[2001:db8::1]:1935", "http=0.0.0.0:8080,[2001:db8::1]:8080",
                "srt=127.0.0.1:8890,[::1]:8890", "admin=127.0.0.1:8081",
            ]
        )
        let relay = try #require(decoded.relays.first)
        #expect(relay.srt.listen == decoded.listen[all: .srt])
        #expect(relay.socketNeeds.map(\.address) == relay.srt.listen)
    }

    @Test(
        arguments: [
            (
                "listen: { rtmp: [ 127.0.0.1:1935, 127.0.0.1:1935 ] }",
                "t.yaml:1: listen.rtmp: 127.0.0.1:1935 is there twice; keep one of the two."
            ),
            (
                "listen: { rtmp: [ \"[::]:1935\", 127.0.0.1:1935 ] }",
                "t.yaml:1: listen.rtmp: 127.0.0.1:1935 is part of [::]:1935; keep one of the two."
            ),
            ("listen: { rtmp: [ 127.0.0.1:1935, relay:1935 ] }", "listen.rtmp: 'relay' is not an IP address;"),
            ("listen: { rtmp: [ { a: 1 } ] }", "listen.rtmp: a group of keys stands in the list; write an address"),
            ("listen: { rtmp: [] }", "listen.rtmp: a list stands here; write an address such as"),
            (
                "listen: { rtmp: [ 127.0.0.1:1935 ], http: [ 127.0.0.2:80, 0.0.0.0:1935 ] }",
                "listen.http: port 1935 is taken by rtmp already"
            ),
            ("trusted_proxies: [ proxy ]", "trusted_proxies: 'proxy' is not an IP address or a network; write it as"),
            ("trusted_proxies: 10.0.0.0/33", "behind the '/' stands a number from 0 to 32."),
            ("trusted_proxies: [ \"2001:db8::/x\" ]", "behind the '/' stands a number from 0 to 128."),
            ("trusted_proxies: { a: b }", "write addresses or networks such as 10.0.0.5"),
        ]
    )
    func saysWhatIsWrong(text: String, sentence: String) {
        let problems = ConfigurationDecoderTests.problems(text)
        #expect(problems.count == 1, "\(problems)")
        #expect(problems.first?.contains(sentence) == true, "\(problems)")
    }

    @Test func thereMayBeSeveralCertificates() throws {
        let one = "{ listen: { https: 1 }, tls: { certificate: a, key: b } }"
        #expect(try Self.decode(one).tls == TLSSpec(certificate: "a", key: "b"))
        let several = try Self.decode(
            """
            listen: { https: 1 }
            tls:
              - { certificate: a, key: b }
              - certificate: c
                key: d
                names: [ live.example.org, "*.example.net" ]
            """
        )
        let names = ["live.example.org", "*.example.net"]
        #expect(
            several.tls
                == TLSSpec(
                    TLSSpec.Certificate(certificate: "a", key: "b"),
                    [TLSSpec.Certificate(certificate: "c", key: "d", names: names)]
                )
        )
        #expect(several.warnings.isEmpty)
    }

    @Test(
        arguments: [
            ("tls: [ { certificate: a, key: b }, { certificate: c } ]", "t.yaml:1: tls.2.key: the key is missing;"),
            ("tls: [ { certificate: a, kye: b } ]", "tls.1.kye: there is no such key; did you mean 'key'?"),
            ("tls: [ a ]", "tls.1: a single value stands here; write keys under it: certificate, key, names."),
            ("tls: []", "tls: a list stands here; write keys under it: certificate, key, names."),
            (
                "tls: { certificate: a, key: b, names: 'a.b.c x*y' }",
                "tls.names: 'x*y' is not the name of a host; write"
            ),
        ]
    )
    func saysWhatIsWrongWithACertificate(text: String, sentence: String) {
        let problems = ConfigurationDecoderTests.problems(text)
        #expect(problems.contains { $0.contains(sentence) }, "\(problems)")
    }

    /// A port of IPv4 and the same of IPv6 are two.
    @Test func addressesOfTheTwoVersionsDoNotClash() throws {
        let decoded = try Self.decode("listen: { rtmp: [ 0.0.0.0:1935, \"[2001:db8::1]:1935\" ] }")
        #expect(decoded.listen[all: .rtmp].count == 2)
    }

    @Test func everyRelayKnowsTheProxies() throws {
        let decoded = try Self.decode("{ trusted_proxies: [ 10.0.0.5, 2001:db8::/32 ], relays: { a: {}, b: {} } }")
        #expect(decoded.trustedProxies.map(\.description) == ["10.0.0.5", "2001:db8::/32"])
        #expect(decoded.relays.map(\.trustedProxies) == [decoded.trustedProxies, decoded.trustedProxies])
        #expect(try Self.decode("").trustedProxies.isEmpty)
    }

    @Test func whatListensAtAllAddressesMayHaveASourceOfEither() throws {
        let rtp = "relays: { live: { streams: { a: { rtp: { listen: '[::]:5004', source: 10.0.0.5 } } } } }"
        #expect(try Self.decode(rtp).relays.first?.streams?.count == 1)
    }
}
