import Contract
import Greeting
import Testing

@Suite struct BannerTests {
    private func banner(
        rtmp: String? = "0.0.0.0:1935",
        http: String? = "0.0.0.0:8080",
        key: PublishKeyOrigin = .configured,
        machine: [String] = ["192.168.1.20", "10.8.0.2"],
        streams: [StreamSpec]? = nil,
        user: String? = nil
    ) throws -> String {
        let spec = try RelaySpec(name: RelayName("live"), publishUser: user, streams: streams)
        let listen = try ListenSpec(rtmp: rtmp.map { try ListenAddress($0) }, http: http.map { try ListenAddress($0) })
        return Banner(spec, listen: listen, key: key, machine: machine).text
    }

    @Test func everythingThatIsTyped() throws {
        let text = try self.banner(key: .fresh(Secret("k3y"), file: "/state/publish_key"))
        #expect(
            text == """
                transponder-relay \(BuildInfo.version): the relay 'live' is up.

                Publish with OBS: Settings > Stream > Service 'Custom...'
                  Server      rtmp://192.168.1.20/live
                  Stream Key  main?key=k3y
                  and under Settings > Output > Streaming (Advanced) a keyframe interval of 2 s.
                Publish a test picture:
                  ffmpeg -re -f lavfi -i testsrc2=size=1280x720:rate=30 -f lavfi -i sine=frequency=440:sample_rate=48000 \\
                    -c:v libx264 -preset veryfast -tune zerolatency -pix_fmt yuv420p -b:v 2500k -g 60 \\
                    -c:a aac -b:a 128k -f flv "rtmp://192.168.1.20/live/main?key=k3y"

                Play:
                  RTMP         rtmp://192.168.1.20/live/main
                  HTTP-FLV     http://192.168.1.20:8080/live/main.flv
                  HTTP-TS      http://192.168.1.20:8080/live/main.ts
                  MP4          http://192.168.1.20:8080/live/main.mp4
                  HLS          http://192.168.1.20:8080/live/main.m3u8
                  HLS with TS  http://192.168.1.20:8080/live/main.ts.m3u8

                Watch over:
                  Health   http://192.168.1.20:8080/health/live/main
                  Metrics  http://192.168.1.20:8080/metrics

                The key was made just now and is shown this once; it is kept in /state/publish_key.
                This machine is also: 10.8.0.2, localhost.

                """
        )
    }

    @Test func aHostNamesThePageFirst() throws {
        let listen = try ListenSpec(rtmp: ListenAddress("192.0.2.1:1935"), http: ListenAddress("192.0.2.1:8080"))
        let spec = try RelaySpec(name: RelayName("live"), publishKey: Secret("k3y"))
        let banner = Banner(spec, listen: listen, key: .configured, machine: [], hasPages: true)
        #expect(banner.text.contains("Play:\n  Browser      http://192.0.2.1:8080/live/main\n"))
        #expect(banner.addition.contains("  Browser         http://192.0.2.1:8080/live/main\n"))
    }

    @Test func theKeyIsShownOnce() throws {
        let kept = try self.banner(key: .kept(file: "/state/publish_key"))
        #expect(kept.contains("main?key=KEY"))
        #expect(kept.contains("main?key=$(cat '/state/publish_key')"))
        #expect(kept.contains("the key is in /state/publish_key"))
        #expect(try self.banner().contains("the one you configured"))
    }

    @Test func addressesAreTheRealOnes() throws {
        let own = try self.banner(rtmp: "127.0.0.1:40001", http: "[::1]:40002")
        #expect(own.contains("rtmp://127.0.0.1:40001/live\n"))
        #expect(own.contains("http://[::1]:40002/live/main.flv"))
        #expect(!own.contains("192.168"))
        #expect(try self.banner(machine: []).contains("rtmp://localhost/live"))
        #expect(try self.banner(http: "0.0.0.0:80").contains("http://192.168.1.20/live/main.m3u8"))
        #expect(try self.banner(rtmp: "[::]:1935").contains("rtmp://192.168.1.20/live"))
    }

    @Test func whatIsOffIsNotShown() throws {
        #expect(try !self.banner(http: nil).contains("http://"))
        #expect(try !self.banner(rtmp: nil).contains("rtmp://"))
    }

    @Test func declaredStreams() throws {
        let slides = try StreamSpec(name: StreamName("slides"))
        let camera = try StreamSpec(
            name: StreamName("camera"),
            source: .datagrams(DatagramSourceSpec(listen: ListenAddress("5004")))
        )
        #expect(try self.banner(streams: [camera, slides], user: "cam").contains("slides?key=KEY"))
        #expect(try self.banner(streams: [camera, slides], user: "cam").contains("as 'cam'"))
        // Where nobody can publish, nobody is told how to.
        let only = try self.banner(streams: [camera])
        #expect(only.contains("camera  send MPEG-TS to udp://"))
        #expect(only.contains("/live/camera.m3u8"))
        #expect(!only.contains("OBS") && !only.contains("KEY") && !only.contains("publish"))
    }
}
