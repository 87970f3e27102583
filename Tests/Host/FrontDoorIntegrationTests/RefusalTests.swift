import Contract
import FrontDoor
import FrontDoorToolkit
import Testing
import Toolkit

/// What people see in the programs they use when the front door sends them away.
@Suite struct RefusalTests {
    private static let picture = ["-f", "lavfi", "-i", "testsrc=size=160x120:rate=10", "-t", "5"]

    private static func publish(_ address: String) async throws -> String {
        let program = try Program.start(
            FFmpeg.system,
            ["-hide_banner", "-re"] + Self.picture + ["-c:v", "flv", "-f", "flv", "rtmp://\(address)"]
        )
        return try await program.result().errorText
    }

    @Test func ffmpegShowsThatThereIsNoSuchRelay() async throws {
        let entrance = try Entrance()
        let said = try await Self.publish("\(entrance.rtmp)/nothing/main")
        #expect(said.contains("There is no relay 'no...' (7 characters) here."))
        let player = try Program.start(FFmpeg.probe, ["-hide_banner", "rtmp://\(entrance.rtmp)/nothing/main"])
        #expect(try await player.result().errorText.contains("There is no relay 'no...' (7 characters) here."))
    }

    @Test func ffmpegShowsThatARelayIsNotReady() async throws {
        var limits = FrontDoorLimits()
        limits.wait = .milliseconds(200)
        let entrance = try Entrance(isReady: false, limits: limits)
        let said = try await Self.publish("\(entrance.rtmp)/live/main")
        #expect(said.contains("The relay 'live' is being started; try again in a moment."))
    }

    @Test func rtmpdumpShowsTheSentence() async throws {
        let entrance = try Entrance()
        let program = try Program.start(
            "rtmpdump",
            ["--debug", "--live", "--rtmp", "rtmp://\(entrance.rtmp)/nothing/main", "--flv", "/dev/null"]
        )
        let result = try await program.result()
        #expect(result.ending != .exit(0))
        #expect(result.errorText.contains("There is no relay 'no...' (7 characters) here."))
        #expect(result.errorText.contains("NetConnection.Connect.Rejected"))
    }

    @Test func curlShowsTheSentence() async throws {
        var limits = FrontDoorLimits()
        limits.wait = .milliseconds(200)
        let entrance = try Entrance(isReady: false, limits: limits)
        let result = try await Program.run("curl", ["--silent", "--include", "http://\(entrance.http)/live/main.m3u8"])
        #expect(result.outputText.contains("503 Service Unavailable"))
        #expect(result.outputText.contains("The relay 'live' is being started; try again in a moment."))
        let head = try await Program.run("curl", ["--silent", "--head", "http://\(entrance.http)/live/main.m3u8"])
        #expect(head.outputText.contains("503 Service Unavailable"))
    }

    /// The encoders and players people have come as far as `connect`.
    @Test(arguments: ["system", "modern", "rtmpdump", "gstreamer"])
    func realProgramsAreHandedOver(name: String) async throws {
        let entrance = try Entrance()
        let url = "rtmp://\(entrance.rtmp)/live/main"
        let output = Self.picture + ["-c:v", "flv", "-f", "flv", url]
        let program =
            switch name {
            case "rtmpdump": try Program.start("rtmpdump", ["--live", "--rtmp", url, "--flv", "/dev/null"])
            case "gstreamer":
                try Program.start(
                    "gst-launch-1.0",
                    ["videotestsrc", "!", "x264enc", "!", "flvmux", "!", "rtmp2sink", "location=\(url)"]
                )
            case "modern": try await Program.start(FFmpeg.modern(), ["-re"] + output)
            default: try Program.start(FFmpeg.system, ["-re"] + output)
            }
        let guest = try await entrance.reception.delivered()[0]
        #expect(guest.handover.stage == .rtmp)
        #expect(String(decoding: guest.payload, as: UTF8.self).contains("connect"))
        program.kill()
    }
}
