import Contract
import Settings
import Testing

@Suite struct EnvironmentTests {
    private func decode(_ text: String, _ environment: [String: String]) throws(ConfigurationError) -> Configuration {
        try ConfigurationDecoderTests.decode(text, environment)
    }

    /// A value for each key that differs from the standard one.
    private static let values: [String: String] = [
        "listen": "127.0.0.1:7000", "keep": "2d", "history.size": "8MiB", "after": "3s", "group": "1s", "repeat": "2h",
        "limit": "9", "quiet": "22:00-06:00",
        "webhook": "https://other.example/x", "form": "slack", "secret": "other", "email": "smtp://other.example",
        "from": "b@example.org", "recipients": "c@example.org", "mqtt": "mqtt://10.0.0.9", "topic": "other",
        "user": "other", "password": "other word", "command": "/bin/other --loud", "isolation": "podman",
        "state": "/tmp/other", "without_host": "3h", "standby": "false",
        "publish_key": "k3y",
        "publish_user": "camera", "play": "venues", "takeover": "false", "source_timeout": "3s", "tick": "30ms",
        "window": "45s", "starts": "2026-12-05T14:00:00+09:00",
        "stall": "30s", "segment": "3s", "viewers": "7", "streams": "6", "undecided": "5",
        "reserved": "4", "pass_query": "all", "origins": "https://a.example", "connections": "300", "waiting": "3",
        "memory": "512MiB", "cpu": "0.25", "send_buffer": "64KiB", "tape": "8MiB", "bitrate": "5Mbit/s",
        "frame": "4MiB", "token": "tok", "picture": "false", "sound": "false",
        "text": "false", "height": "9", "clarity": "900", "content": "slides",
        "sdp": "x.sdp", "format": "mpegts", "rtmp": "127.0.0.1:7001", "http": "127.0.0.1:7002",
        "rtsp": "127.0.0.1:7003", "srt": "127.0.0.1:7004",
        "rtsps": "127.0.0.1:7007", "rtmps": "127.0.0.1:7005", "https": "127.0.0.1:7006", "certificate": "x.pem",
        "key": "y.pem", "names": "a.example, *.b.example", "trusted_proxies": "10.0.0.5, 192.168.0.0/16",
        "udp": "40000-40100", "admin": "127.0.0.1:7008", "latency": "250ms", "publish_passphrase": "other-passphrase",
        "play_passphrase": "other-passphrase", "passphrase": "other-passphrase", "on_loss": "pass",
        "source": "10.0.0.9", "interface": "eth7", "call": "10.0.0.8:99", "streamid": "other",
        "unhealthy": "stale, black", "expect.bitrate": "2M..", "fps": "24..30", "keyframes": "..4s", "size": "1280x720",
        "to": "udp://239.9.9.9:99", "ttl": "9", "groups": "239.8.0.0/16", "ports": "7000-7099",
    ]

    private static func value(of path: [String]) -> String? {
        self.values[path.suffix(2).joined(separator: ".")] ?? self.values[path.last ?? ""]
    }

    /// What has to stand there for the key to make sense.
    private static func surroundings(of path: [String]) -> [String: String] {
        let stream = "TRANSPONDER_RELAYS_LIVE_STREAMS_MAIN_"
        var environment = ["TRANSPONDER_RELAYS_LIVE_VENUES_KYOTO_TOKEN": "first"]
        let key = path.last ?? ""
        switch path.dropLast().last {
        case "<venue>" where key == "token_file": environment = [:]
        case "tls": environment = ["TRANSPONDER_TLS_CERTIFICATE": "first.pem", "TRANSPONDER_TLS_KEY": "first.pem"]
        case "listen": environment = ["TRANSPONDER_TLS_CERTIFICATE": "a.pem", "TRANSPONDER_TLS_KEY": "b.pem"]
        case "rtp" where ["sdp", "on_loss"].contains(key): environment[stream + "RTP_SDP"] = "first.sdp"
        case "rtp": environment[stream + "RTP_LISTEN"] = "239.1.1.1:1000"
        case "multicast": environment["TRANSPONDER_RELAYS_LIVE_MULTICAST_GROUPS"] = "239.1.0.0/16"
        case "srt" where path.contains("<stream>"): environment[stream + "SRT_CALL"] = "10.0.0.1:1"
        case "<receiver>":
            let crew = "TRANSPONDER_ALERTS_RECEIVERS_CREW_"
            let mail = ["EMAIL": "smtp://first.example", "FROM": "a@example.org", "RECIPIENTS": "a@example.org"]
            let surroundings: [String: [String: String]] = [
                "form": ["WEBHOOK": "https://first.example"], "secret": ["WEBHOOK": "https://first.example"],
                "secret_file": ["WEBHOOK": "https://first.example"], "topic": ["MQTT": "mqtt://10.0.0.8"],
                "command": ["COMMAND": "/bin/first"], "mqtt": ["MQTT": "mqtt://10.0.0.8"],
                "webhook": ["WEBHOOK": "https://first.example"],
                "webhook_file": ["WEBHOOK_FILE": "first.url.secret"],
            ]
            for (name, value) in surroundings[key] ?? mail { environment[crew + name] = value }
        case "<destination>":
            let isSRT = ["passphrase", "passphrase_file", "latency"].contains(key)
            environment[stream + "PUSH_HALL_TO"] = isSRT ? "srt://10.0.0.1:1" : "udp://239.1.1.1:1000"
        default: break
        }
        return environment
    }

    @Test(arguments: ConfigurationKeys.all) func overridesEveryKey(_ path: [String]) throws {
        var environment = Self.surroundings(of: path)
        let before = try self.decode("", environment)
        let names = [
            "<relay>": "live", "<venue>": "kyoto", "<stream>": "main", "<destination>": "hall", "<receiver>": "crew",
        ]
        let variable = "TRANSPONDER_" + path.map { (names[$0] ?? $0).uppercased() }.joined(separator: "_")
        let isFile = path.last?.hasSuffix("_file") == true
        let value: String = try #require(
            isFile ? path.last == "webhook_file" ? "url.secret" : "x.secret" : Self.value(of: path)
        )
        environment[variable] = value
        let after = try self.decode("", environment)
        #expect(after.warnings.allSatisfy { !$0.description.contains("not used") })
        if path.last == "sdp" {
            #expect(after.relays.first?.streams?.first?.source.isRTP == true)
        } else if path.last != "format" {
            #expect(after != before, "\(variable)")
        }
    }

    @Test func reachesTheRelaysOfTheFileWhateverTheirNamesAre() throws {
        let text = "relays:\n  live-2_b:\n    tick: 5ms\n    streams: { cam.1: { rtp: { listen: 5004 } } }\n"
        let decoded = try self.decode(
            text,
            [
                "TRANSPONDER_RELAYS_LIVE_2_B_SOURCE_TIMEOUT": "4s",
                "TRANSPONDER_RELAYS_LIVE_2_B_STREAMS_CAM_1_RTP_LISTEN": "6004",
            ]
        )
        let relay = try #require(decoded.relays.first)
        #expect(decoded.relays.count == 1)
        #expect(relay.sourceTimeout == .seconds(4))
        #expect(relay.tick == .milliseconds(5))
        #expect(relay.streams?.first?.source == .datagrams(try DatagramSourceSpec(listen: ListenAddress("6004"))))
    }

    @Test func keepsTheOtherStandardListenersWhenOneIsSet() throws {
        let decoded = try self.decode("", ["TRANSPONDER_LISTEN_RTMP": "1936"])
        #expect(decoded.listen.rtmp?.port == 1936)
        #expect(decoded.listen.http == Configuration.standard.listen.http)
        #expect(try self.decode("", ["TRANSPONDER_LISTEN_HTTP": ""]).listen.http == nil)
        #expect(try self.decode("listen: { rtmp: 1935 }", ["TRANSPONDER_LISTEN_SRT": "8890"]).listen.http == nil)
    }

    @Test func takesSeveralAddressesWithCommas() throws {
        let decoded = try self.decode("", ["TRANSPONDER_LISTEN_RTMP": "127.0.0.1:1936, [::1]:1936"])
        #expect(decoded.listen[all: .rtmp].map(\.description) == ["127.0.0.1:1936", "[::1]:1936"])
    }

    @Test func namesTheVariableThatIsWrong() {
        let problems = ConfigurationDecoderTests.problems("", ["TRANSPONDER_RELAYS_LIVE_TICK": "soon"])
        #expect(
            problems == [
                "TRANSPONDER_RELAYS_LIVE_TICK: relays.live.tick: 'soon' is not a duration; "
                    + "write a duration such as 10ms, 2s or 1m."
            ]
        )
    }

    @Test func refusesAVariableWithTwoMeanings() {
        let problems = ConfigurationDecoderTests.problems(
            "relays: { a-b: {}, a_b: {} }",
            ["TRANSPONDER_RELAYS_A_B_TICK": "1ms"]
        )
        #expect(problems.count == 1)
        #expect(problems.first?.contains("relays.a-b.tick or relays.a_b.tick") == true)
    }

    @Test func warnsOfAVariableWithoutASettingAndIgnoresKubernetes() throws {
        let decoded = try self.decode(
            "",
            [
                "TRANSPONDER_RELAYS_LIVE_TIKC": "1ms", "TRANSPONDER_PORT_1935_TCP_ADDR": "10.0.0.1",
                "TRANSPONDER_SERVICE_HOST": "10.0.0.1", "TRANSPONDER_PORT": "tcp://10.0.0.1:1935", "PATH": "/bin",
            ]
        )
        #expect(decoded == decoded.ignoringWarnings(like: Configuration.standard))
        #expect(
            decoded.warnings.map(\.description) == [
                "TRANSPONDER_RELAYS_LIVE_TIKC: no setting has this name; the variable is not used."
            ]
        )
    }
}

extension SourceSpec {
    fileprivate var isRTP: Bool { if case .rtp = self { true } else { false } }
}

extension Configuration {
    /// This configuration if its settings are those of another, whatever the warnings say.
    fileprivate func ignoringWarnings(like other: Configuration) -> Configuration? {
        let isSame =
            self.listen == other.listen && self.isolation == other.isolation && self.state == other.state
            && self.relays == other.relays
        return isSame ? self : nil
    }
}
