import Contract
import Settings
import Testing

@Suite struct ConfigurationDecoderTests {
    /// What every file holds that a configuration of these tests names.
    static let description = """
        v=0
        o=- 0 0 IN IP4 127.0.0.1
        s=camera
        c=IN IP4 239.1.2.3/16
        t=0 0
        m=video 5004 RTP/AVP 96
        a=rtpmap:96 H264/90000
        m=audio 5006 RTP/AVP 97
        a=rtpmap:97 opus/48000/2
        a=rtcp-mux

        """

    static let files = CompanionFiles { (path, _) throws(ValueError) in
        guard !path.hasPrefix("/nowhere") else { throw ValueError("there is no file '\(path)'.") }
        if path.hasSuffix("url.secret") { return Array("https://\(path).example\n".utf8) }
        return Array((path.hasSuffix(".secret") ? "other-passphrase\n" : Self.description).utf8)
    }

    static func decode(_ text: String, _ environment: [String: String] = [:]) throws(ConfigurationError)
        -> Configuration
    {
        try ConfigurationDecoder(fileName: "t.yaml", environment: environment, files: Self.files)
            .decode(Array(text.utf8))
    }

    /// The lines of the complaint; empty where there is none.
    static func problems(_ text: String, _ environment: [String: String] = [:]) -> [String] {
        do {
            _ = try self.decode(text, environment)
            return []
        } catch {
            return error.problems.map(\.description)
        }
    }

    @Test func readsEveryKey() throws {
        let decoded = try Self.decode(
            """
            listen: { rtmp: "[::1]:1936", http: 9000, rtsp: 127.0.0.1:8554, srt: "*:8890", udp: 30000-30100 }
            isolation: crun
            state: /tmp/state
            relays:
              kept:
                publish_key: abc-DEF_1
                publish_user: camera
                play: venues
                takeover: no
                source_timeout: 1500ms
                tick: 0
                window: 1m
                stall: 20s
                hls: { segment: 1s }
                limits:
                  viewers: 20
                  streams: 4
                  undecided: 30
                  memory: 1GiB
                  cpu: 0.5
                  send_buffer: 100kB
                  tape: 128MiB
                  frame: 4MiB
                  bitrate: 2.5Mbit/s
                venues:
                  kyoto: { token: t-1 }
                  osaka: { token: t-2 }
                streams:
                  main:
                  camera: { rtp: { sdp: camera.sdp } }
                  encoder: { rtp: { listen: "0.0.0.0:5010", format: mpegts } }
            """
        )
        #expect(decoded.listen.rtmp?.description == "[::1]:1936")
        #expect(decoded.listen.http?.description == "0.0.0.0:9000")
        #expect(decoded.listen.srt?.description == "0.0.0.0:8890")
        #expect(decoded.listen.udp?.description == "30000-30100")
        #expect(decoded.isolation == .crun)
        #expect(decoded.state == "/tmp/state")
        let expected = try RelaySpec(
            name: RelayName("kept"),
            publishKey: Secret("abc-DEF_1"),
            publishUser: "camera",
            play: .venues,
            takeover: false,
            sourceTimeout: .milliseconds(1500),
            tick: .zero,
            window: .seconds(60),
            stall: .seconds(20),
            limits: LimitsSpec(
                viewers: 20,
                streams: 4,
                undecided: 30,
                memory: 1 << 30,
                cpu: 0.5,
                sendBuffer: 100_000,
                tape: 128 << 20,
                frame: 4 << 20,
                bitrate: 2_500_000
            ),
            hls: HLSSpec(segment: .seconds(1)),
            srt: SRTSpec(listen: [ListenAddress("0.0.0.0:8890")]),
            venues: [
                VenueSpec(name: VenueName("kyoto"), token: Secret("t-1")),
                VenueSpec(name: VenueName("osaka"), token: Secret("t-2")),
            ],
            streams: [
                StreamSpec(
                    name: StreamName("camera"),
                    source: .rtp(
                        RTPSourceSpec(
                            description: Self.description,
                            media: [
                                MediaPorts(rtp: ListenAddress("239.1.2.3:5004"), rtcp: ListenAddress("239.1.2.3:5005")),
                                MediaPorts(rtp: ListenAddress("239.1.2.3:5006"), rtcp: nil),
                            ]
                        )
                    )
                ),
                StreamSpec(
                    name: StreamName("encoder"),
                    source: .datagrams(DatagramSourceSpec(listen: ListenAddress("0.0.0.0:5010")))
                ),
                StreamSpec(name: StreamName("main")),
            ]
        )
        #expect(decoded.relays == [expected])
    }

    @Test func tellsAllThatIsWrongAtOnceInTheOrderOfTheFile() {
        let problems = Self.problems(
            """
            listen:
              rtmp: localhost
              htpt: 8080
            relays:
              live:
                tikc: 10ms
                window: 1s
                limits:
                  viewers: many
                  memory: 12XB
                publish_key: "not good"
              api: {}
            state: somewhere
            """
        )
        #expect(
            problems == [
                "t.yaml:2: listen.rtmp: 'localhost' is not an address to listen on; write it as 0.0.0.0:1935, "
                    + "[::]:1935 or 1935.",
                "t.yaml:3: listen.htpt: there is no such key; did you mean 'http'?",
                "t.yaml:6: relays.live.tikc: there is no such key; did you mean 'tick'?",
                "t.yaml:7: relays.live.window: 1s is out of bounds; write 4s to 10m.",
                "t.yaml:9: relays.live.limits.viewers: 'many' is not a number; write a whole number such as 1000.",
                "t.yaml:10: relays.live.limits.memory: 'XB' is not a unit of size; use KiB, MiB or GiB "
                    + "(or kB, MB, GB).",
                "t.yaml:11: relays.live.publish_key: The key has a character that does not survive in an address; "
                    + "use letters, digits and -._~!$*:@=",
                "t.yaml:12: relays.api: 'api' cannot be the name of a relay: the address is used for something else.",
                "t.yaml:13: state: 'somewhere' is not a path; write it as /var/lib/transponder or ./state.",
            ]
        )
    }

    @Test(
        arguments: [
            ("tick: 10ms", "tick: this key does not belong here but at relays.<relay>.tick."),
            ("relays: { live: { rtmp: 1935 } }", "relays.live.rtmp: this key does not belong here but at listen.rtmp."),
            ("relays: { live: { limits: { weight: 1 } } }", "known here: viewers, streams, undecided,"),
            ("relays: { live: { publish-key: x } }", "did you mean 'publish_key'?"),
            ("relays: [live]", "relays: a list stands here; write a name for each relay under it."),
            ("relays: live", "relays: a single value stands here;"),
            ("relays: {}", "no relay is named"),
            ("listen: 1935", "listen: a single value stands here; write keys under it: rtmp, http, rtmps, https,"),
            ("relays: { live: { tick: { a: 1 } } }", "write a duration such as 10ms, 2s or 1m."),
            ("relays: { live: { tick: 10 } }", "'10' has no unit; write 10ms, 10s or 10m."),
            ("relays: { live: { tick: -1ms } }", "'-1ms' is not a duration"),
            ("relays: { live: { tick: 2s } }", "2s is out of bounds; write 0 to 1s."),
            ("relays: { live: { window: 99999999999999h } }", "is too long a time"),
            ("relays: { live: { takeover: maybe } }", "'maybe' is neither true nor false."),
            ("relays: { live: { play: venue } }", "Did you mean 'venues'?"),
            ("relays: { live: { play: venues } }", "no venue is named, so nobody could watch"),
            ("relays: { live: { venues: { kyoto: {} } } }", "relays.live.venues.kyoto: the venue has no token"),
            ("relays: { live: { window: 6s, hls: { segment: 2s } } }", "window: the window must hold four segments"),
            ("relays: { live: { limits: { cpu: -1 } } }", "'-1' is not a number"),
            ("relays: { live: { limits: { cpu: 0 } } }", "0 is out of bounds; write 0.05 to 256.0."),
            ("relays: { live: { limits: { tape: 1GiB } } }", "too large for a memory"),
            ("relays: { live: { streams: { main: { rtp: {} } } } }", "write either sdp: and a file, or listen:"),
            ("relays: { live: { streams: { a: { rtp: { sdp: x, listen: 5004 } } } } }", "exclude each other"),
            ("relays: { live: { streams: { main.ts: {} } } }", "A stream name may not end in '.ts'"),
            ("relays: { \"a b\": {} }", "may not contain a space"),
            ("listen: { https: 8443 }", "listen.https: it needs a certificate; write tls: with certificate: and key:"),
            ("listen: { rtsps: 8322 }", "listen.rtsps: it needs a certificate; write tls: with certificate: and key:"),
            ("tls: { certificate: a.pem }", "tls.key: the key is missing"),
            ("tls: { key: a.pem }", "tls.certificate: the certificate is missing"),
            ("tls: { certficate: a.pem }", "tls.certficate: there is no such key; did you mean 'certificate'?"),
            ("{ tls: { certificate: a, key: b }, listen: { https: 1, rtmps: 1 } }", "port 1 is taken by rtmps already"),
            ("listen: { rtmp: 1935, http: 127.0.0.1:1935 }", "port 1935 is taken by rtmp already"),
            ("listen: { rtmp: \"::1:1935\" }", "is written in brackets"),
            ("listen: { rtmp: example.org:1935 }", "'example.org' is not an IP address"),
            ("listen: { rtmp: 70000 }", "The port 70000 does not exist"),
            ("isolation: docker", "'docker' is not one of runc, crun, podman, none."),
        ])
    func refuses(_ text: String, saying: String) throws {
        let problems = Self.problems(text)
        #expect(problems.count == 1)
        #expect(problems.first?.contains(saying) == true, "\(problems)")
        #expect(problems.first?.hasPrefix("t.yaml:1: ") == true, "\(problems)")
    }

    @Test func everyProtocolIsServed() throws {
        let decoded = try Self.decode(
            """
            listen:
              rtmp: 1935
              rtsp: 8554
              srt: 8890
            relays:
              live:
                streams:
                  main:
                  camera:
                    rtp: { sdp: camera.sdp }
            """
        )
        #expect(decoded.warnings.isEmpty)
    }

    @Test func noComplaintShowsASecret() {
        let problems = Self.problems(
            "relays: { live: { publish_key: \"hush hush\", venues: { kyoto: { token: \"hush&hush\" } } } }"
        )
        #expect(problems.count == 2)
        #expect(!problems.joined().contains("hush"))
    }

    @Test func noComplaintShowsASecretBehindAMarkThatCombines() {
        for text in ["'\u{301}key=hush' is wrong", "'key=\u{301}hush' is wrong", "'hush@\u{301}host' is wrong"] {
            let problem = ConfigurationProblem(origin: .standard, path: ["a=\u{301}hush"], sentence: text)
            #expect(!problem.description.contains("hush"), "\(problem)")
        }
    }

    @Test func listenersThatAreLeftOutAreOff() throws {
        let decoded = try Self.decode("listen:\n  http: 8080\n")
        #expect(decoded.listen.rtmp == nil)
        #expect(decoded.listen.http != nil)
    }
}
