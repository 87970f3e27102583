import Contract
import Foundation
import Testing

@Suite struct ContractTests {
    @Test(arguments: ["main", "camera-2", "cam.1", "A_b", "0", String(repeating: "x", count: 64)])
    func streamNames(_ text: String) throws {
        #expect(try StreamName(text).rawValue == text)
    }

    @Test(arguments: [
        "", "a b", "a/b", "..", ".a", "a.", "-a", "main.flv", "main.TS", "ünï", "a\n", "a\u{0}", "a%20",
        String(repeating: "x", count: 65), "e\u{301}",
    ])
    func noStreamNames(_ text: String) {
        #expect(throws: NameError.self) { try StreamName(text) }
    }

    @Test(arguments: ["api", "health", "livez", "readyz", "metrics", "API", "a.b"])
    func noRelayNames(_ text: String) {
        #expect(throws: NameError.self) { try RelayName(text) }
    }

    @Test func paths() throws {
        #expect(try StreamPath("/live/main/").description == "live/main")
        #expect(throws: NameError.pathHasNoStream) { try StreamPath("live") }
        #expect(throws: NameError.self) { try StreamPath("live/main/more") }
        #expect(throws: NameError.self) { try StreamPath("") }
    }

    @Test func aNameThatIsRefusedIsShownHarmless() {
        let sentence = NameError.forbidden(.stream, character: "\u{1b}").description
        #expect(sentence.contains("U+1B"))
        #expect(!sentence.contains("\u{1b}"))
    }

    @Test func aSecretNeverPrints() throws {
        let secret = try Secret("hush-hush")
        let spec = try RelaySpec(name: RelayName("live"), publishKey: secret)
        var dumped = ""
        dump(spec, to: &dumped)
        for text in ["\(secret)", String(reflecting: secret), "\(spec)", String(reflecting: spec), dumped] {
            #expect(!text.contains("hush"), "\(text)")
        }
        #expect("\(secret)" == "***")
    }

    @Test func aStreamIDNeverPrints() throws {
        let to = try PushDestination("srt://host:9000?streamid=publish:live/main:hush-hush")
        let push = try PushSpec(name: DestinationName("room"), to: to)
        let call = try SRTCallSpec(call: HostPort("host:1"), streamID: SRTStreamID("read:main:hush"))
        var dumped = ""
        dump(push, to: &dumped)
        dump(call, to: &dumped)
        for text in ["\(to)", String(reflecting: to), "\(push)", String(reflecting: call), "\(call)", dumped] {
            #expect(!text.contains("hush"), "\(text)")
        }
        #expect("\(to)" == "srt://host:9000")
    }

    @Test(arguments: [
        ("udp://239.1.1.1:5000", "udp://239.1.1.1:5000"), ("RTP://10.0.0.9:5004/", "rtp://10.0.0.9:5004"),
        ("srt://box_1.example.org:9000?streamid=x", "srt://box_1.example.org:9000"),
        ("udp://[ff02::1]:5000", "udp://[ff02::1]:5000"),
        ("rtp://10.0.0.9:5004?format=mpegts", "rtp://10.0.0.9:5004?format=mpegts"),
    ])
    func destinations(_ text: String, written: String) throws {
        #expect(try PushDestination(text).description == written)
    }

    @Test(arguments: [
        "", "239.1.1.1:5000", "udp:239.1.1.1:5000", "http://host:80", "udp://host", "udp://host:0", "udp://host:99999",
        "udp://:5000", "udp://a b:1", "udp://1.2.3:4", "udp://ff02::1:5000", "udp://host:5?ttl=4",
        "rtp://h:5?streamid=x", "rtp://h:5?format=", "rtp://h:5?format=flv", "udp://h:5?format=mpegts",
        "srt://host:1?streamid=", "srt://host:1?passphrase=x", "udp://user@host:1", "udp://-a.b:1",
    ])
    func noDestinations(_ text: String) {
        #expect(throws: PushDestinationError.self) { try PushDestination(text) }
    }

    @Test func portsAreCountedInPairs() throws {
        let range = try PortRange("30001 - 30006")
        #expect(Array(range.pairs) == [30002, 30004])
        #expect(try Array(PortRange("65534-65535").pairs) == [65534])
        for text in ["", "1", "30000", "30000-29999", "30000-30000", "1-2", "1024-70000", "a-b", "-", "1024-2-3"] {
            #expect(throws: PortRangeError.self) { try PortRange(text) }
        }
    }

    @Test(arguments: ["224.0.0.1:1", "239.255.255.255:1", "[ff02::1]:1", "[FF0e::1]:1"])
    func multicast(_ text: String) throws {
        #expect(try ListenAddress(text).isMulticast)
    }

    @Test(arguments: ["223.0.0.1:1", "240.0.0.1:1", "10.0.0.1:1", "[fe80::1]:1", "[ff::1]:1", "[::]:1"])
    func noMulticast(_ text: String) throws {
        #expect(try !ListenAddress(text).isMulticast)
    }

    @Test func aSecretMatchesItselfAlone() throws {
        let secret = try Secret("abc")
        #expect(secret.matches("abc"))
        for wrong in ["", "a", "abd", "abcabc", "ab", "ABC", String(repeating: "abc", count: 1000)] {
            #expect(!secret.matches(wrong))
        }
    }

    @Test(arguments: [
        ("1935", "0.0.0.0:1935"), (":1935", "0.0.0.0:1935"), ("*:80", "0.0.0.0:80"), ("localhost:0", "127.0.0.1:0"),
        ("[::]:1935", "[::]:1935"), ("[fe80::1:2]:9", "[fe80::1:2]:9"), ("[::ffff:10.0.0.1]:1", "[::ffff:10.0.0.1]:1"),
        ("[1:2:3:4:5:6:7:8]:1", "[1:2:3:4:5:6:7:8]:1"),
    ])
    func addresses(_ text: String, written: String) throws {
        #expect(try ListenAddress(text).description == written)
    }

    @Test(arguments: [
        "", ":", "1.2.3:1", "1.2.3.4", "256.1.1.1:1", "01.1.1.1:1", "host:1", "[::]", "[::]1", "[:::]:1", "[1::2::3]:1",
        "[1:2:3:4:5:6:7]:1", "[1:2:3:4:5:6:7:8:9]:1", "[12345::]:1", "::1:1935", "1.1.1.1:65536", "1.1.1.1:-1",
        "1.1.1.1:+1", "1.1.1.1:1:1", "[::g]:1", "１２３",
    ])
    func noAddresses(_ text: String) {
        #expect(throws: ListenAddressError.self) { try ListenAddress(text) }
    }

    @Test func aSpecSurvivesTheSocket() throws {
        let spec = try RelaySpec(
            name: RelayName("live"),
            publishKey: Secret("key"),
            tick: .milliseconds(20),
            srt: SRTSpec(listen: [ListenAddress("8890")], publishPassphrase: Secret("0123456789")),
            multicast: MulticastSpec(groups: GroupRange("239.1.0.0/16"), ttl: 0, interface: InterfaceSpec("eth0")),
            venues: [VenueSpec(name: VenueName("kyoto"), token: Secret("t"))],
            streams: [
                StreamSpec(
                    name: StreamName("a"),
                    source: .datagrams(DatagramSourceSpec(listen: ListenAddress("5004")))
                ),
                StreamSpec(
                    name: StreamName("b"),
                    source: .call(SRTCallSpec(call: HostPort("a.example:9000"), streamID: SRTStreamID("#!::r=x,m=y"))),
                    push: [
                        PushSpec(
                            name: DestinationName("hall"),
                            to: PushDestination("srt://[::1]:9?streamid=a=b&c"),
                            latency: .milliseconds(50)
                        ),
                        PushSpec(name: DestinationName("box"), to: PushDestination("udp://239.1.1.1:5000"), ttl: 4),
                        PushSpec(name: DestinationName("wall"), to: PushDestination("rtp://h:5?format=mpegts")),
                    ]
                ),
            ]
        )
        let data = try JSONEncoder().encode(spec)
        #expect(try JSONDecoder().decode(RelaySpec.self, from: data) == spec)
    }

    @Test func aSpecThatLiesIsRefused() throws {
        let text = try String(
            decoding: JSONEncoder().encode(RelaySpec(name: RelayName("live"))),
            as: UTF8.self
        )
        for (truth, lie) in [
            ("\"live\"", "\"../etc\""), ("\"viewers\":1000", "\"viewers\":-1"),
            ("\"undecided\":1024", "\"undecided\":0"),
        ] {
            let forged = text.replacingOccurrences(of: truth, with: lie)
            #expect(forged != text)
            #expect(throws: (any Error).self) { try JSONDecoder().decode(RelaySpec.self, from: Data(forged.utf8)) }
        }
    }

    @Test func aSnapshotSurvivesTheSocket() throws {
        var stream = try StreamSnapshot(path: StreamPath("live/main"), createdAt: Instant(microseconds: 5))
        stream.outputs[.hlsTS] = OutputSnapshot(viewers: 2, joins: 3)
        stream.tracks = [TrackSnapshot(kind: .video, codec: "h264", keyframeInterval: .seconds(2))]
        let snapshot = try RelaySnapshot(
            relay: RelayName("live"),
            clock: ClockReading(now: Instant(microseconds: 10), unix: 1_000_000),
            startedAt: Instant(microseconds: 1),
            streams: [stream],
            publishRefusals: RefusalCounts([.rtmp: [.wrongKey: 4], .srt: [.noKey: 1]])
        )
        let data = try JSONEncoder().encode(snapshot)
        #expect(try JSONDecoder().decode(RelaySnapshot.self, from: data) == snapshot)
        #expect(String(decoding: data, as: UTF8.self).contains("\"hls_ts\":{"))
        #expect(snapshot.clock.unix(of: Instant(microseconds: 4)) == 999_994)
    }
}
