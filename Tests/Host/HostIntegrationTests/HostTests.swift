import Foundation
import Glibc
import Testing
import Toolkit

/// Hosts with real containers.
@Suite(.serialized, .timeLimit(.minutes(2)), .enabled(if: Machine.runsContainers)) struct HostTests {
    // MARK: Serving

    @Test func streamsPublishedAtTheFrontDoorArePlayedFromAContainer() async throws {
        let host = try await HostUnderTest.start()
        print("figure: from up to ready \(host.startTime)")
        let process = try await host.relayProcess()
        // FFmpeg's libraries cost memory and time to start: they are loaded for a publisher.
        #expect(try !Self.hasLoadedFFmpeg(process))
        let publisher = try host.publish()
        try await host.waitForStream()
        for address in [host.rtmp("live/main"), host.page("live/main.flv"), host.page("live/main.ts")] {
            let streams = try await FFprobe.streams(address)
            #expect(Set(streams.compactMap(\.codecName)).isSuperset(of: ["h264", "aac"]), "\(address)")
        }
        _ = try await HTTP.get(host.page("live/main.m3u8"), until: { $0.status == 200 })
        let streams = try await FFprobe.streams(host.page("live/main.m3u8"))
        #expect(Set(streams.compactMap(\.codecName)).isSuperset(of: ["h264", "aac"]))
        #expect(publisher.isRunning)
        #expect(try await HTTP.get(host.page("readyz")).status == 200)
        #expect(try await HTTP.get(host.page("nobody/main.flv")).status == 404)
        #expect(try Self.hasLoadedFFmpeg(process))
        #expect(try Self.networkInterfaces(of: process) == ["lo"])
    }

    /// In a container a relay has no network: its sockets of UDP are the host's.
    @Test(arguments: ["tcp", "udp"])
    func streamsComeAndGoByRTSP(way: String) async throws {
        let host = try await HostUnderTest.start()
        let publisher = try Program.start(
            FFmpeg.system,
            [
                "-hide_banner", "-nostdin", "-loglevel", "error", "-re", "-f", "lavfi", "-i",
                "testsrc2=size=320x180:rate=25", "-f", "lavfi", "-i", "sine=frequency=440:sample_rate=48000", "-c:v",
                "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-pix_fmt", "yuv420p", "-g", "25", "-c:a",
                "aac", "-f", "rtsp", "-rtsp_transport", way, host.rtsp("live/main?key=\(HostUnderTest.key)"),
            ]
        )
        try await host.waitForStream()
        let player = try await Program.run(
            FFmpeg.system,
            ["-hide_banner", "-nostdin", "-loglevel", "error", "-stats", "-rtsp_transport", way]
                + ["-i", host.rtsp("live/main"), "-frames:v", "30", "-f", "null", "-"],
            deadline: .seconds(60)
        )
        #expect(player.ending == .exit(0), "\(player.errorText)")
        #expect(player.errorText.contains("frame=   30"), "\(player.errorText)")
        #expect(publisher.isRunning)
        let stranger = try await Program.start(FFmpeg.probe, [host.rtsp("other/main")]).result(within: .seconds(30))
        #expect(stranger.errorText.contains("There is no relay 'ot...' (5 characters) here."), "\(stranger.errorText)")
    }

    /// TLS ends at the host.
    @Test func streamsComeAndGoByRTSPS() async throws {
        let host = try await HostUnderTest.start(isSecure: true)
        let address = "rtsps://\(host.addresses["rtsps"] ?? "")/live/main"
        let publisher = try Program.start(
            FFmpeg.system,
            ["-hide_banner", "-nostdin", "-loglevel", "error", "-re", "-stream_loop", "-1", "-i"]
                + [try await Sample(.h264, .aac).path(), "-c", "copy", "-f", "rtsp", "-rtsp_transport", "tcp"]
                + ["\(address)?key=\(HostUnderTest.key)"]
        )
        try await host.waitForStream()
        let player = try await Program.run(
            FFmpeg.system,
            ["-hide_banner", "-nostdin", "-loglevel", "error", "-stats", "-rtsp_transport", "tcp"]
                + ["-i", address, "-frames:v", "30", "-f", "null", "-"],
            deadline: .seconds(60)
        )
        #expect(player.ending == .exit(0), "\(player.errorText)")
        #expect(player.errorText.contains("frame=   30"), "\(player.errorText)")
        #expect(publisher.isRunning, "\(publisher.lastWords)")
    }

    /// The groups are the configuration's, the socket is the host's.
    @Test func streamsGoToMulticastGroupsByRTSP() async throws {
        let ports = try FreePorts.take(16)
        let host = try await HostUnderTest.start([
            HostUnderTest.relay(
                "live",
                "multicast: { groups: 239.255.42.96/28, ports: \(ports[0])-\(ports[15]), ttl: 0 }"
            )
        ])
        let publisher = try host.publish()
        try await host.waitForStream()
        let player = try await Program.run(
            FFmpeg.system,
            ["-hide_banner", "-nostdin", "-loglevel", "error", "-stats", "-rtsp_transport", "udp_multicast"]
                + ["-i", host.rtsp("live/main"), "-frames:v", "30", "-f", "null", "-"],
            deadline: .seconds(60)
        )
        #expect(player.ending == .exit(0), "\(player.errorText)")
        #expect(player.errorText.contains("frame=   30"), "\(player.errorText)")
        #expect(publisher.isRunning)
    }

    /// Where the machine does not allow it, the host says why and does not start.
    @Test(arguments: ["crun", "podman"])
    func otherRuntimesServeOrSayWhatIsMissing(runtime: String) async throws {
        let host: HostUnderTest
        do {
            host = try await HostUnderTest.start(isolation: runtime)
        } catch let error as ProgramError {
            print("\(runtime) is left out: \(error)")
            #expect("\(error)".contains(runtime))
            return
        }
        let publisher = try host.publish()
        try await host.waitForStream()
        let streams = try await FFprobe.streams(host.page("live/main.ts"))
        #expect(Set(streams.compactMap(\.codecName)).isSuperset(of: ["h264", "aac"]))
        let instance = try await host.instance()
        let victim = try await host.relayProcess()
        #expect(try Self.networkInterfaces(of: victim) == ["lo"])
        #expect(kill(victim, SIGKILL) == 0)
        let status = try await host.status { status in
            status.relay("live")?.restarts == 1 && status.relay("live")?.state == "ready"
        }
        #expect(status.relay("live")?.restartsByCause["signal"] == 1)
        // The encoder has noticed nothing.
        try await host.waitForStream()
        #expect(publisher.isRunning)
        #expect(try await host.stop().ending == .exit(0))
        #expect(Traces.of(instance.id) == [])
    }

    @Test func aPublisherWithAWrongKeyIsRefused() async throws {
        let host = try await HostUnderTest.start()
        let publisher = try Program.start(
            FFmpeg.system,
            [
                "-hide_banner", "-nostdin", "-loglevel", "error", "-re", "-f", "lavfi", "-i", "sine", "-c:a", "aac",
                "-f", "flv", host.rtmp("live/main?key=wrong"),
            ]
        )
        #expect(try await publisher.result(within: .seconds(20)).ending != .exit(0))
    }

    // MARK: Dying

    @Test(arguments: [SIGKILL, SIGSTOP])
    func aRelayThatDiesIsReplacedAndAnotherRelaysViewersNoticeNothing(signal: Int32) async throws {
        let host = try await HostUnderTest.start([HostUnderTest.relay("live"), HostUnderTest.relay("other")])
        let bystander = try host.publish("other/main")
        try await host.waitForStream("other/main")
        let watcher = try Watcher(host, "other/main")
        try await watcher.watch()
        let victim = try await host.relayProcess()
        let began = ContinuousClock.now
        #expect(kill(victim, signal) == 0)
        let status = try await host.status { status in
            status.relay("live")?.restarts == 1 && status.relay("live")?.state == "ready"
        }
        let took = ContinuousClock.now - began
        print("figure: signal \(signal) to ready again \(took)")
        #expect(took < .seconds(signal == SIGKILL ? 2 : 4))
        let cause = signal == SIGKILL ? "signal" : "heartbeat"
        #expect(status.relay("live")?.restartsByCause[cause] == 1)
        #expect(status.relay("other")?.restarts == 0)
        // The new one takes publishers.
        let publisher = try host.publish()
        try await host.waitForStream()
        try await watcher.watch()
        #expect(watcher.seen.state.longestSilence < Watcher.unconcerned)
        #expect(publisher.isRunning && bystander.isRunning)
        #expect(!Traces.isAlive(victim))
    }

    /// Whoever comes while there is no instance waits in the front door for the next.
    @Test func whoComesBetweenTwoInstancesWaits() async throws {
        let host = try await HostUnderTest.start()
        let victim = try await host.relayProcess()
        #expect(kill(victim, SIGKILL) == 0)
        let answer = try await HTTP.get(host.page("live/main.m3u8"))
        // The fresh instance's own answer, for it has no such stream.
        #expect(answer.status == 404 || answer.status == 503, "\(answer.text)")
        #expect(try await host.status { $0.relay("live")?.restarts == 1 }.relay("live")?.restarts == 1)
    }

    @Test func aRelayThatGoesOverItsMemoryIsToldApart() async throws {
        let host = try await HostUnderTest.start()
        let process = try await host.relayProcess()
        try MemoryGroup(of: process).squeeze(leaving: 256 << 10)
        let encoder = Encoder(host, "live/main")
        // The kernel kills it.
        try await Traces.end(of: process)
        let died = ContinuousClock.now
        let status = try await host.status { ($0.relay("live")?.restarts ?? 0) > 0 }
        let told = (ContinuousClock.now - died) / .seconds(1)
        #expect(status.relay("live")?.restartsByCause["out_of_memory"] == 1)
        #expect(told < 4, "told after \(told) s")
        // The next has its own memory.
        _ = try await host.status { $0.relay("live")?.state == "ready" }
        let gone = (ContinuousClock.now - died) / .seconds(1)
        #expect(gone < 12)
        // Whether its connection outlived the instance or it had to call again.
        try await host.waitForStream()
        let back = (ContinuousClock.now - died) / .seconds(1)
        print(
            "out_of_memory: told after \(told) s, ready again after \(gone) s, on air after \(back) s and",
            "\(encoder.calls) calls"
        )
        #expect(back < 20)
    }

    @Test func playlistsGoOnWhereTheyWere() async throws {
        let host = try await HostUnderTest.start()
        let first = try host.publish()
        let before = try await Self.mediaSequence(host)
        let victim = try await host.relayProcess()
        #expect(kill(victim, SIGKILL) == 0)
        let after = try await Self.mediaSequence(host)
        // What was on the tape of the dead one may be listed still.
        #expect(after >= before)
        #expect(first.isRunning)
    }

    // MARK: Reloading

    @Test func aReloadDisturbsNobodyUnaffected() async throws {
        let host = try await HostUnderTest.start()
        let publisher = try host.publish()
        try await host.waitForStream()
        let watcher = try Watcher(host, "live/main")
        try await watcher.watch()
        let process = try await host.relayProcess()
        // A limit, a venue and a relay more.
        try host.write([
            HostUnderTest.relay("live", "limits: { viewers: 7 }", "venues: { kyoto: { token: sesame } }"),
            HostUnderTest.relay("second"),
        ])
        let result = try await host.command("reload")
        #expect(result.ending == .exit(0), "\(result.errorText)")
        #expect(result.outputText.contains("Added: second"))
        #expect(result.outputText.contains("Changed: live"))
        try await host.status { $0.relay("second")?.state == "ready" }
        let other = try host.publish("second/main")
        try await host.waitForStream("second/main")
        try await watcher.watch()
        #expect(!watcher.seen.state.hasEnded)
        #expect(watcher.seen.state.longestSilence < Watcher.unconcerned)
        #expect(publisher.isRunning && other.isRunning)
        #expect(try await host.relayProcess() == process)
        // One that is taken out is gone, and so is what it left.
        let second = try #require(try await host.status().relay("second")?.instance?.id)
        try host.write([HostUnderTest.relay("live")])
        host.program.signal(SIGHUP)
        try await host.status { $0.relays.count == 1 }
        #expect(Traces.of(second) == [])
        try await watcher.watch()
        #expect(!watcher.seen.state.hasEnded)
    }

    @Test func aWrongConfigurationIsRefusedAndTheOldOneStaysInForce() async throws {
        let host = try await HostUnderTest.start()
        let process = try await host.relayProcess()
        try host.write([HostUnderTest.relay("live", "tikc: 3s")])
        // Noticed without anybody asking.
        let status = try await host.status { $0.configuration.problem != nil }
        #expect(status.configuration.problem?.contains("tick") == true)
        let result = try await host.command("reload")
        #expect(result.ending != .exit(0))
        #expect(result.errorText.contains("tikc"))
        #expect(try await host.relayProcess() == process)
        try host.write([HostUnderTest.relay("live")])
        try await host.status { $0.configuration.problem == nil }
    }

    @Test func replacingMakesAFreshInstance() async throws {
        let host = try await HostUnderTest.start()
        let before = try await host.instance().id
        // What a container enforces waits for that.
        try host.write([HostUnderTest.relay("live", "limits: { memory: 300MiB }")])
        try await host.status { $0.relay("live")?.deferred.isEmpty == false }
        let result = try await host.command("replace", "live")
        #expect(result.ending == .exit(0), "\(result.errorText)")
        let status = try await host.status { status in
            status.relay("live")?.state == "ready" && status.relay("live")?.instance?.id != before
        }
        #expect(status.relay("live")?.restartsByCause["replaced"] == 1)
        #expect(status.relay("live")?.deferred == [])
        let publisher = try host.publish()
        try await host.waitForStream()
        _ = publisher
        #expect(try await host.command("replace", "nobody").ending != .exit(0))
    }

    @Test func aPublisherIsSentAwayAndALostOneGivenUp() async throws {
        let host = try await HostUnderTest.start()
        let first = try host.publish()
        try await host.waitForStream()
        #expect(try await host.command("drop", "live/main").outputText == "The publisher of live/main was sent away.\n")
        let address = host.page("health/live/main")
        _ = try await HTTP.get(address, until: { $0.text.contains("\"loss\" : \"removed\"") })
        _ = first
        let publisher = try host.publish()
        try await host.waitForStream()
        publisher.kill()
        _ = try await HTTP.get(address, until: { $0.text.contains("\"stale\"") })
        #expect(try await host.command("drop", "live/main").outputText == "live/main is not waited for any more.\n")
        // The relay itself says so: it would otherwise be missed again at its next word.
        let given = try await HTTP.get(address, until: { $0.text.contains("\"loss\" : \"removed\"") })
        #expect(given.text.contains("\"state\" : \"waiting\""))
        for wrong in ["live/main", "nobody/main", "live"] {
            #expect(try await host.command("drop", wrong).ending == .exit(2), "\(wrong)")
        }
    }

    // MARK: Ending

    @Test func drainingLeavesNothingBehind() async throws {
        let host = try await HostUnderTest.start([HostUnderTest.relay("live"), HostUnderTest.relay("other")])
        let publisher = try host.publish()
        try await host.waitForStream()
        let watcher = try Watcher(host, "live/main")
        try await watcher.watch()
        let status = try await host.status()
        let instances = status.relays.compactMap(\.instance)
        #expect(instances.count == 2)
        for instance in instances { #expect(Traces.of(instance.id) != []) }
        let began = ContinuousClock.now
        let result = try await host.stop()
        print("figure: drain \(ContinuousClock.now - began)")
        #expect(result.ending == .exit(0))
        for instance in instances {
            #expect(Traces.of(instance.id) == [])
            #expect(!Traces.isAlive(instance.pid ?? 0))
        }
        try await watcher.seen.wait(for: "the viewer's end") { $0.hasEnded }
        _ = try await publisher.result(within: .seconds(20))
        #expect(!FileManager.default.fileExists(atPath: host.scratch.file("state/host.sock").path))
    }

    @Test func whatADeadHostLeftIsClearedByTheNext() async throws {
        let scratch = try Scratch("host")
        let first = try await HostUnderTest.start(scratch: scratch)
        let instance = try await first.instance()
        first.program.signal(SIGKILL)
        _ = try await first.program.result(within: .seconds(20))
        #expect(Traces.of(instance.id) != [])
        let second = try await HostUnderTest.start(scratch: scratch)
        #expect(Traces.of(instance.id) == [])
        #expect(!Traces.isAlive(instance.pid ?? 0))
        _ = try await second.stop()
    }

    @Test func aSecondInterruptEndsAtOnce() async throws {
        let host = try await HostUnderTest.start()
        let process = try await host.relayProcess()
        // One that does not answer takes its time to be drained.
        #expect(kill(process, SIGSTOP) == 0)
        host.program.signal(SIGINT)
        try await host.program.line(containing: "draining")
        host.program.signal(SIGINT)
        let result = try await host.program.result(within: .seconds(2))
        #expect(result.ending == .exit(130))
        try await Traces.end(of: process)
        // And its remains go with the next.
        _ = try await HostUnderTest.start(scratch: host.scratch).stop()
    }

    // MARK: Being refused

    @Test func twoHostsDoNotShareAState() async throws {
        let host = try await HostUnderTest.start()
        let second = try Program.start(
            try Checkout.product("transponder"),
            ["up", "--config", host.scratch.file("transponder.yaml").path]
        )
        let result = try await second.result(within: .seconds(20))
        #expect(result.ending == .exit(1))
        #expect(result.errorText.contains("another host (process \(host.program.pid)) is running"))
        #expect(try await HTTP.get(host.page("livez")).status == 200)
    }

    private static func hasLoadedFFmpeg(_ process: Int32) throws -> Bool {
        // The kernel gives it out a page at a time.
        let maps = try FileHandle(forReadingFrom: URL(filePath: "/proc/\(process)/maps")).readToEnd() ?? Data()
        #expect(String(decoding: maps, as: UTF8.self).contains("/libc.so"))
        return String(decoding: maps, as: UTF8.self).contains("/libavformat.so")
    }

    private static func networkInterfaces(of process: Int32) throws -> [String] {
        let text = try String(contentsOfFile: "/proc/\(process)/net/dev", encoding: .utf8)
        return text.split(separator: "\n").dropFirst(2).compactMap {
            $0.split(separator: ":").first?.trimmingCharacters(in: .whitespaces)
        }
    }

    private static func mediaSequence(_ host: HostUnderTest) async throws -> UInt64 {
        let address = try await host.mediaPlaylist("live/main.m3u8")
        let playlist = try await HTTP.get(address, until: { $0.status == 200 })
        return try #require(SequenceWatch.mediaSequence(playlist.text))
    }
}

/// Hosts that do not come up, and one without containers.
@Suite(.serialized, .timeLimit(.minutes(1))) struct HostStartTests {
    private func up(_ text: String, _ arguments: [String] = [], path: String? = nil) async throws -> Program.Result {
        let scratch = try Scratch("host")
        let file = try scratch.write(
            text.replacing("STATE", with: scratch.file("state").path).utf8,
            to: "transponder.yaml"
        )
        let program = try Program.start(
            try Checkout.product("transponder"),
            arguments + ["--config", file],
            environment: path.map { ["PATH": $0] } ?? [:]
        )
        return try await program.result(within: .seconds(20))
    }

    @Test func aWrongFileIsToldAndNothingStarts() async throws {
        for command in ["up", "check"] {
            let result = try await self.up("state: STATE\nrelays: { live: { tikc: 3s } }\n", [command])
            #expect(result.ending == .exit(command == "up" ? 78 : 1))
            #expect(result.errorText.contains("transponder.yaml:2: relays.live.tikc"))
        }
    }

    @Test func aRightFileIsSaidToBe() async throws {
        let result = try await self.up("state: STATE\nrelays: { live: {}, other: {} }\n", ["check"])
        #expect(result.ending == .exit(0))
        #expect(result.outputText == "OK: relays live, other\n")
    }

    @Test func memoryThatDoesNotSufficeIsSaidBeforehand() async throws {
        let none = "isolation: none\nstate: STATE\nrelays: { live: { limits: { memory: 64MiB, bitrate: 50M } } }\n"
        let checked = try await self.up(none, ["check"])
        #expect(checked.ending == .exit(1) && checked.outputText.isEmpty)
        #expect(checked.errorText.contains("not even one stream at 50Mbit/s fits"), "\(checked.errorText)")
        let examined = try await self.up(none, ["doctor"])
        #expect(examined.ending == .exit(1), "\(examined.ending)")
        #expect(examined.outputText.contains("not even one stream at 50Mbit/s fits"), "\(examined.outputText)")
        // Where streams are kept for fewer seconds it is a warning.
        let few = "isolation: none\nstate: STATE\nrelays: { live: { limits: { memory: 256MiB, bitrate: 8M } } }\n"
        let warned = try await self.up(few, ["check"])
        #expect(warned.ending == .exit(0) && warned.outputText == "OK: relay live\n")
        #expect(warned.errorText.contains("warning: "), "\(warned.errorText)")
        #expect(warned.errorText.contains("fewer seconds for playlists"), "\(warned.errorText)")
        #expect(try await self.up(few, ["doctor"]).outputText.contains("fewer seconds for playlists"))
    }

    @Test func aPortThatIsTakenIsSaidSo() async throws {
        let host = try await HostUnderTest.start(isolation: "none")
        let taken = try #require(host.addresses["rtmp"])
        let text = "listen: { rtmp: '\(taken)' }\nisolation: none\nstate: STATE\nrelays: { live: {} }\n"
        let result = try await self.up(text, ["up"])
        #expect(result.ending == .exit(69))
        #expect(result.errorText.contains("is taken by another program"))
    }

    @Test func withoutContainersIsSaidLoudly() async throws {
        let host = try await HostUnderTest.start(isolation: "none")
        #expect(host.program.said.contains("WITHOUT a container"))
        #expect(host.program.said.contains("Relays run without containers"))
        let publisher = try host.publish()
        try await host.waitForStream()
        _ = publisher
        #expect(try await host.stop().ending == .exit(0))
    }
}
