import Contract
import Settings
import Testing

/// Groups that are set apart for viewers by RTSP.
@Suite struct MulticastSettingsTests {
    @Test func isReadWithAllItSays() throws {
        func multicast(_ text: String) throws -> MulticastSpec? {
            try ConfigurationDecoderTests.decode("relays: { live: \(text) }").relays.first?.multicast
        }
        #expect(try multicast("{}") == nil)
        let short = try multicast("{ multicast: { groups: 239.255.42.0/24 } }")
        #expect(
            short == (try MulticastSpec(groups: GroupRange("239.255.42.0/24"), ports: PortRange("5004-5099"), ttl: 1))
        )
        let long = try multicast("{ multicast: { groups: 232.1.1.1, ports: 6000-6001, ttl: 0, interface: eth0 } }")
        #expect(long?.groups.count == 1 && long?.ttl == 0 && long?.interface?.text == "eth0")
        #expect(long?.ports == (try PortRange("6000-6001")))
    }

    @Test(arguments: [
        ("{}", "multicast: write groups: and a range of multicast groups such as 239.255.42.0/24."),
        ("{ groups: 10.0.0.0/24 }", "groups: '10.0.0.0/24' is no multicast of IPv4"),
        ("{ groups: 239.255.42.7/24 }", "'239.255.42.7/24' begins in the middle of a range; write 239.255.42.0/24."),
        ("{ groups: 224.0.0.0/24 }", "'224.0.0.0/24' is what routers and hosts find each other by"),
        ("{ groups: \"ff05::/64\" }", "'ff05::/64' is not a range of multicast groups"),
        ("{ groups: 239.1.1.0/33 }", "groups: '239.1.1.0/33' is no multicast of IPv4"),
        ("{ groups: 239.1.1.0/24, ttl: 256 }", "multicast.ttl: 256 is out of bounds; write 0 to 255."),
        ("{ groups: 239.1.1.0/24, ports: 5004 }", "multicast.ports: '5004' is not a range of ports"),
        ("{ groups: 239.1.1.0/24, interface: \"::1\" }", "multicast.interface: the groups are of IPv4"),
        ("{ groups: 239.1.1.0/24, port: 5004-5005 }", "did you mean 'ports'?"),
    ])
    func refuses(_ text: String, saying: String) {
        let problems = ConfigurationDecoderTests.problems("relays: { live: { multicast: \(text) } }")
        #expect(problems.count == 1)
        #expect(problems.first?.contains(saying) == true, "\(problems)")
    }

    @Test func groupsAreOneRelaysOnly() {
        let problems = ConfigurationDecoderTests.problems(
            """
            relays:
              a: { multicast: { groups: 239.1.0.0/16 } }
              b: { multicast: { groups: 239.1.2.0/24 } }
              c: { streams: { x: { push: { hall: { to: "udp://239.1.9.9:5000" } } } } }
            """
        )
        #expect(problems.count == 2)
        let said = problems.joined(separator: "\n")
        #expect(
            said.contains("relays.b.multicast.groups: the groups are those of relays.a.multicast.groups too"),
            "\(said)"
        )
        #expect(said.contains("relays.a.multicast.groups: '239.1.9.9' is used by a stream of relays.c"), "\(said)")
    }

    @Test func rangesKnowTheirGroups() throws {
        let range = try GroupRange("239.255.42.64/28")
        #expect(range.count == 16 && range[3] == 0xEFFF_2A43 && "\(range)" == "239.255.42.64/28")
        #expect(range.contains("239.255.42.79") && !range.contains("239.255.42.80") && !range.contains("x"))
        let (all, next, one) = try (
            GroupRange("239.0.0.0/8"), GroupRange("239.255.42.80/28"), GroupRange("239.1.1.1")
        )
        #expect(range.overlaps(all) && all.overlaps(range) && !range.overlaps(next))
        #expect(one.count == 1 && "\(one)" == "239.1.1.1")
    }
}
