import Contract
import Foundation
import Settings
import Testing

/// Sources, destinations and ports of UDP.
@Suite struct DatagramSettingsTests {
    private func streams(_ text: String) throws -> [StreamSpec] {
        try ConfigurationDecoderTests.decode("relays: { live: { streams: { \(text) } } }").relays.first?.streams ?? []
    }

    private func problems(_ text: String) -> [String] {
        ConfigurationDecoderTests.problems("relays: { live: { streams: { \(text) } } }")
    }

    @Test func aDescriptionMayStandInTheFileItself() throws {
        let text = """
            relays:
              live:
                streams:
                  camera:
                    rtp:
                      sdp: |
                        v=0
                        o=- 0 0 IN IP4 10.0.0.5
                        s=-
                        c=IN IP4 10.0.0.5
                        t=0 0
                        a=control:*
                        a=source-filter: incl IN IP4 * 10.0.0.5
                        m=video 5004/1 RTP/AVP 96
                        a=rtpmap:96 H264/90000
                        a=rtcp:6005 IN IP4 10.0.0.9
                      on_loss: pass
            """
        for text in [text, text.replacingOccurrences(of: "\n", with: "\r\n")] {
            let decoded = try ConfigurationDecoderTests.decode(text)
            guard case .rtp(let spec) = decoded.relays.first?.streams?.first?.source else {
                Issue.record("no RTP source")
                return
            }
            #expect(spec.description.hasPrefix("v=0"))
            #expect(spec.description.contains("a=control:*"))
            #expect(spec.onLoss == .pass)
            #expect(spec.source == (try IPAddress("10.0.0.5")))
            let ports = try MediaPorts(rtp: ListenAddress("0.0.0.0:5004"), rtcp: ListenAddress("0.0.0.0:6005"))
            #expect(spec.media == [ports])
        }
    }

    @Test func aDescriptionIsReadBesideTheConfiguration() throws {
        let directory = FileManager.default.temporaryDirectory.appending(path: "transponder-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        let file = directory.appending(path: "t.yaml")
        let text = "relays: { live: { streams: { camera: { rtp: { sdp: camera.sdp } } } } }"
        try Data(text.utf8).write(to: file)
        #expect(throws: ConfigurationError.self) { try ConfigurationFile.load(file.path, environment: [:]) }
        let description = directory.appending(path: "camera.sdp")
        try Data(ConfigurationDecoderTests.description.utf8).write(to: description)
        let named = NamedFiles()
        let loaded = try ConfigurationFile.load(file.path, environment: [:], noting: named)
        #expect(named.paths == [description.path])
        guard case .rtp(let spec) = loaded.relays.first?.streams?.first?.source else {
            Issue.record("no RTP source")
            return
        }
        #expect(spec.description == ConfigurationDecoderTests.description)
        try Data(repeating: 0x20, count: RTPSourceSpec.descriptionLimit + 1).write(to: description)
        do {
            _ = try ConfigurationFile.load(file.path, environment: [:])
            Issue.record("a huge description was read")
        } catch {
            #expect(error.description.contains("has more than 16384 bytes"))
        }
        // One that is missing is watched for, and one that is named no more is not.
        try Data("relays: { live: { streams: { camera: { rtp: { sdp: other.sdp } } } } }".utf8).write(to: file)
        #expect(throws: ConfigurationError.self) {
            try ConfigurationFile.load(file.path, environment: [:], noting: named)
        }
        #expect(named.paths == [directory.appending(path: "other.sdp").path])
    }

    /// What cameras write is read by the parser that the relay reads it with.
    @Test func aDescriptionMayBeAsDevicesWriteThem() throws {
        let text =
            "\u{FEFF}v=0\r\n a = source-filter: incl IN IP4 * 10.0.0.5\rm= video  5004/1 rtp/avp 96\n\nc=IN IP4 239.1.2.3/16/1\n"
            + "a=rtcp:5010\nm=audio 5006 RTP/AVP 97\nc=IN IP4 127.0.0.1\na=rtcp-mux\n"
        let files = CompanionFiles { (_, _) throws(ValueError) in Array(text.utf8) }
        let decoded = try ConfigurationDecoder(fileName: "t.yaml", files: files)
            .decode(Array("relays: { live: { streams: { camera: { rtp: { sdp: x.sdp } } } } }".utf8))
        guard case .rtp(let spec) = decoded.relays.first?.streams?.first?.source else {
            Issue.record("no RTP source")
            return
        }
        let expected = try [
            MediaPorts(rtp: ListenAddress("239.1.2.3:5004"), rtcp: ListenAddress("239.1.2.3:5010")),
            MediaPorts(rtp: ListenAddress("127.0.0.1:5006"), rtcp: nil),
        ]
        #expect(spec.media == expected)
        #expect(spec.source == (try IPAddress("10.0.0.5")))
    }

    @Test func aPushIsReadWithAllItSays() throws {
        let streams = try self.streams(
            "main: { push: { hall: { to: \"udp://239.1.1.1:5000\", ttl: 4, interface: eth0 },"
                + " room: { to: \"srt://h:9?streamid=x\", passphrase: 0123456789, latency: 1s } } }"
        )
        let expected = try [
            PushSpec(
                name: DestinationName("hall"),
                to: PushDestination("udp://239.1.1.1:5000"),
                ttl: 4,
                interface: InterfaceSpec("eth0")
            ),
            PushSpec(
                name: DestinationName("room"),
                to: PushDestination("srt://h:9?streamid=x"),
                passphrase: Secret("0123456789"),
                latency: .seconds(1)
            ),
        ]
        #expect(streams.first?.push == expected)
    }

    @Test(arguments: [
        ("a: { rtp: { sdp: /nowhere/x.sdp } }", "a.rtp.sdp: there is no file '/nowhere/x.sdp'."),
        ("a: { rtp: { listen: 0 } }", "a.rtp.listen: a source needs a port of its own, not 0."),
        ("a: { rtp: { listen: 5004, interface: eth0 } }", "a.rtp.interface: an interface is chosen for multicast"),
        ("a: { rtp: { listen: 5004, source: 239.1.1.1 } }", "a.rtp.source: '239.1.1.1' is a multicast address"),
        ("a: { rtp: { listen: 5004, source: \"::1\" } }", "a.rtp.source: '::1' cannot reach an address of the other"),
        ("a: { rtp: { listen: 5004, source: camera } }", "a.rtp.source: 'camera' is not an IP address"),
        ("a: { rtp: { listen: 5004, on_loss: hold } }", "'on_loss' goes with 'sdp'"),
        ("a: { rtp: { sdp: x, on_los: hold } }", "did you mean 'on_loss'?"),
        ("a: { rtp: { sdp: x, format: mpegts } }", "leave out 'format'"),
        ("a: { rtp: { sdp: \"v=0\" } }", "a.rtp.sdp: the session description has no m= line"),
        (
            "a: { rtp: { sdp: \"v=0\\nm=video x RTP/AVP 96\" } }",
            "m= port at line 2 cannot be read; write it as m=video"
        ),
        ("a: { rtp: { sdp: \"v=0\\nm=video 0 RTP/AVP 96\" } }", "has port 0; write the port its packets arrive at"),
        (
            "a: { rtp: { sdp: \"v=0\\nm=video 5 RTP/SAVP 96\" } }",
            "'RTP/SAVP' of the m= line of 'video' is not received"
        ),
        (
            "a: { rtp: { sdp: \"v=0\\nm=video 5 RTP/AVP 96\\nm=audio 5 RTP/AVP 96\" } }",
            "two m= lines have the port 5 and the payload type 96"
        ),
        ("a: { rtp: { listen: 5004 } }, b: { rtp: { listen: 5004 } }", "b.rtp.listen: the UDP port 5004 is taken by"),
        (
            "a: { rtp: { listen: 5004 }, srt: { call: \"h:1\" } }",
            "a stream has one source; keep either 'rtp' or 'srt'."
        ),
        ("a: { srt: { latency: 1s } }", "a.srt: write call: and host:port"),
        ("a: { srt: { call: h } }", "a.srt.call: 'h' has no port; write it as host:port"),
        ("a: { srt: { call: \"h:1\", passphrase: short } }", "a passphrase of SRT has 10 to 79 characters"),
        ("a: { push: { b: {} } }", "a.push.b: the destination has no address; write to: and an address such as udp://"),
        ("a: { push: { b: { to: \"http://h:80\" } } }", "'http' is not sent to; use udp (MPEG-TS), rtp or srt."),
        ("a: { push: { b: { to: \"udp://10.0.0.1:80\", ttl: 5 } } }", "b.ttl: it is for multicast"),
        ("a: { push: { b: { to: \"udp://239.0.0.1:80\", ttl: 0 } } }", "b.ttl: 0 is out of bounds: 1 to 255."),
        ("a: { push: { b: { to: \"udp://h:80\", passphrase: 0123456789 } } }", "only srt:// has a passphrase."),
        ("a: { push: { \"b c\": { to: \"udp://h:80\" } } }", "A destination name may not contain a space"),
    ])
    func refuses(_ text: String, saying: String) {
        let problems = self.problems(text)
        #expect(problems.count == 1)
        #expect(problems.first?.contains(saying) == true, "\(problems)")
    }

    /// What is wrong with a setting is shown on pages and in logs: it must not repeat a key or a passphrase, wherever it was
    /// written by mistake.
    @Test(arguments: [
        "a: { push: { b: { to: \"rtpm://venue.example/live/main?key=SECRETKEY\" } } }",
        "a: { push: { b: { to: \"rtmp://venue.example/live/SECRETKEY\" } } }",
        "a: { push: { b: { to: \"srt://10.0.0.8?streamid=publish:live/main:SECRETKEY\" } } }",
        "a: { push: { b: { to: \"srt:/10.0.0.8:9000?streamid=publish:live/main:SECRETKEY\" } } }",
        "a: { push: { b: { to: \"srt://10.0.0.8:90000?streamid=publish:live/main:SECRETKEY\" } } }",
        "a: { push: { b: { to: \"srt://10.0.0.8:9000/publish:live/main:SECRETKEY\" } } }",
        "a: { push: { b: { to: \"srt://10.0.0.8:9000 streamid=publish:live/main:SECRETKEY\" } } }",
        "a: { push: { b: { to: \"srt://10.0.0.8:9000?passphrase=SECRETKEY\" } } }",
        "a: { push: { b: { to: \"srt://10.0.0.8:9000?SECRETKEY9\" } } }",
        "a: { push: { b: { to: \"rtp://10.0.0.8:9000?format=mpegts&key=SECRETKEY\" } } }",
        "a: { push: { b: { to: \"udp://user:SECRETKEY@10.0.0.9\" } } }",
        "a: { push: { b: { to: \"udp://user:SECRETKEY@10.0.0.9:5000\" } } }",
        "a: { push: { b: { to: \"SECRETKEY@10.0.0.9\" } } }",
        "a: { push: { b: { to: \"10.0.0.9:SECRETKEY://x\" } } }",
        "a: { srt: { call: \"user:SECRETKEY@10.0.0.9:9000\" } }",
        "a: { srt: { call: \"10.0.0.9:9000?passphrase=SECRETKEY\" } }",
        "a: { srt: { call: \"h:1\", streamid: \"\", latency: \"key=SECRETKEY\" } }",
        "a: { mpegts: { listen: \"udp://user:SECRETKEY@0.0.0.0:5000\" } }",
        "\"a?key=SECRETKEY\": { push: { b: { to: \"x\" } } }",
        "a: { \"passphrase=SECRETKEY\": x }",
    ])
    func tellsNoSecretOfAMistake(_ text: String) {
        let problems = self.problems(text)
        #expect(!problems.isEmpty)
        #expect(!problems.contains { $0.contains("SECRETKEY") }, "\(problems)")
    }

    @Test func relaysShareOnePoolOfPorts() {
        let same = ConfigurationDecoderTests.problems(
            """
            listen: { http: 8080, udp: 5000-5003 }
            relays:
              a: { streams: { x: { rtp: { listen: 5004 } } } }
              b:
                srt: { listen: 5004 }
                streams: { x: { rtp: { listen: 5001 } } }
            """
        )
        #expect(
            same == [
                "t.yaml:5: relays.b.srt.listen: the UDP port 5004 is taken by relays.a.streams.x.rtp.listen already; "
                    + "choose another.",
                "t.yaml:6: relays.b.streams.x.rtp.listen: the UDP port 5001 lies within listen.udp, 5000-5003; "
                    + "choose another.",
            ]
        )
    }

    @Test func groupsShareAPort() throws {
        let groups = try self.streams(
            "a: { rtp: { listen: \"239.1.1.1:5004\" } }, b: { rtp: { listen: \"239.1.1.2:5004\" } }"
        )
        #expect(groups.count == 2)
    }

    @Test func oneSRTPortIsForOneRelay() throws {
        let several = ConfigurationDecoderTests.problems("{ listen: { srt: 8890 }, relays: { a: {}, b: {} } }")
        #expect(
            several == [
                "t.yaml:1: listen.srt: with several relays each needs an SRT port of its own; leave this out and write "
                    + "relays.a.srt.listen and relays.b.srt.listen."
            ]
        )
        let twice = ConfigurationDecoderTests.problems(
            "{ listen: { srt: 8890 }, relays: { a: { srt: { listen: 8891 } } } }"
        )
        #expect(twice.first?.contains("relays.a.srt.listen says so already; keep one of the two.") == true)
        let only = try ConfigurationDecoderTests.decode("{ listen: { srt: 8890 }, relays: { a: {} } }")
        #expect(only.relays.first?.srt.listen == [try ListenAddress("8890")])
    }
}
