import Foundation
import Glibc
import StreamToolkit
import Testing
import Toolkit
import Wire

@Suite("A relay as a process", .timeLimit(.minutes(2)))
struct ProcessTests {
    private struct Case: Sendable, CustomTestStringConvertible {
        var text: String
        var words: [String]
        var testDescription: String { self.words.joined(separator: ", ") }
    }

    private static let wrong = [
        Case(text: "listn:\n  rtmp: 1935\n", words: ["listn", "listen"]),
        Case(text: "relays:\n  live:\n    tick: 10\n", words: ["relays.live.tick", "10ms"]),
        Case(text: "relays:\n  live:\n    takover: true\n", words: ["relays.live.takover", "takeover"]),
        Case(text: "listen:\n  rtmp: 999999\n", words: ["listen.rtmp"]),
        Case(text: "relays: [\n", words: ["transponder.yaml"]),
    ]

    @Test("What is wrong with a configuration is said by file and key, and ends the start", arguments: Self.wrong)
    private func configuration(_ wrong: Case) async throws {
        let scratch = try Scratch("process")
        let file = try scratch.write(wrong.text.utf8, to: "transponder.yaml")
        let program = try Program.start(Checkout.product("transponder-relay"), ["--config", file])
        let result = try await program.result(within: .seconds(30))
        #expect(result.ending == .exit(78))
        for word in wrong.words + [file] { #expect(result.errorText.contains(word), "\(result.errorText)") }
        let check = try Program.start(Checkout.product("transponder-relay"), ["--config", file, "--check"])
        #expect(try await check.result(within: .seconds(30)).ending == .exit(1))
    }

    @Test("A configuration that is not there is told as that")
    func noFile() async throws {
        let program = try Program.start(
            Checkout.product("transponder-relay"),
            ["--config", "/nowhere/transponder.yaml"]
        )
        let result = try await program.result(within: .seconds(30))
        #expect(result.ending == .exit(66))
        #expect(result.errorText.contains("/nowhere/transponder.yaml"))
    }

    @Test("A port in use is named, with what to do", arguments: ["rtmp", "http"])
    func portInUse(_ name: String) async throws {
        let relay = try await RelayProcess.start()
        let scratch = try Scratch("process")
        let address = relay.addresses[name] ?? ""
        let other = name == "rtmp" ? "--http" : "--rtmp"
        let program = try Program.start(
            Checkout.product("transponder-relay"),
            ["--state", scratch.directory.path, "--\(name)", address, other, "127.0.0.1:0"]
        )
        let result = try await program.result(within: .seconds(30))
        #expect(result.ending == .exit(69))
        #expect(result.errorText.contains("is taken by another program"), "\(result.errorText)")
        #expect(result.errorText.split(separator: "\n").count == 1)
    }

    @Test("A state directory that cannot be written is told with the option that names another")
    func state() async throws {
        let scratch = try Scratch("process")
        let closed = scratch.file("closed").path
        try FileManager.default.createDirectory(atPath: closed, withIntermediateDirectories: true)
        _ = unsafe chmod(scratch.directory.path, 0o755)
        _ = unsafe chmod(closed, 0o555)
        // Where the program was built may be closed to others.
        let copy = scratch.file("transponder-relay").path
        try FileManager.default.copyItem(atPath: Checkout.product("transponder-relay"), toPath: copy)
        _ = unsafe chmod(copy, 0o755)
        let arguments = [copy, "--state", closed, "--rtmp", "127.0.0.1:0", "--http", "127.0.0.1:0"]
        let program =
            geteuid() == 0
            ? try Program.start("setpriv", ["--reuid=65534", "--regid=65534", "--clear-groups"] + arguments)
            : try Program.start(copy, Array(arguments.dropFirst()))
        let result = try await program.result(within: .seconds(30))
        #expect(result.ending == .exit(77), "\(result.errorText)")
        #expect(result.errorText.contains(closed))
        #expect(result.errorText.contains("--state"))
    }

    @Test("A key is made and shown once, and kept for its owner alone")
    func key() async throws {
        var configuration = RelayConfiguration()
        configuration.publishKey = nil
        let first = try await RelayProcess.start(configuration)
        let file = first.scratch.file("state/relays/live/publish_key").path
        let key = try String(contentsOfFile: file, encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)
        #expect(key.count == 32)
        let mode = try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions] as? NSNumber
        #expect(mode?.intValue == 0o600)
        #expect(first.log.contains("main?key=\(key)"))
        #expect(try await TestPublisher(first, stream: "main?key=\(key)").refusal() == nil)
        try await first.stop()

        let second = try await RelayProcess.start(configuration, scratch: first.scratch)
        #expect(!second.log.contains(key))
        #expect(second.log.contains(file))
        #expect(try await TestPublisher(second, stream: "main?key=\(key)").refusal() == nil)
        try await second.stop()
        #expect(!second.log.contains(key))
    }

    @Test(
        "Told to end, it gives viewers what there is, ends their connections, and ends with 0",
        arguments: [SIGTERM, SIGINT]
    )
    func drain(_ signal: Int32) async throws {
        let material = try await Material.usual()
        let relay = try await RelayProcess.start()
        let viewers = [try TestViewer.rtmp(relay), try TestViewer.flv(relay), try TestViewer.ts(relay)]
        let publisher = try await TestPublisher.onAir(relay)
        try publisher.send(material.whole(marked: 1))
        for viewer in viewers { try await viewer.wait(for: 1) }
        relay.program.signal(signal)
        for viewer in viewers {
            try await viewer.seen.wait(for: "the end for the \(viewer.name) viewer") { $0.isCut }
            #expect(viewer.seen.state.trouble == nil)
        }
        try await publisher.seen.wait(for: "the publisher to be told") { $0.failure != nil }
        #expect(publisher.seen.state.failure?.description.contains("shutting down") == true)
        #expect(try await relay.program.result(within: .seconds(20)).ending == .exit(0))
        for viewer in viewers.prefix(2) { #expect(viewer.seen.state.pictures == material.pictures, "\(viewer.name)") }
    }

    @Test("A second signal ends it at once")
    func secondSignal() async throws {
        let material = try await Material.usual()
        var configuration = RelayConfiguration()
        configuration.limits["send_buffer"] = "16KiB"
        let relay = try await RelayProcess.start(configuration)
        let publisher = try await TestPublisher.onAir(relay)
        let watcher = try TestViewer.flv(relay)
        // One that does not read keeps the relay waiting for it.
        let sleeper = try Socket(to: relay.addresses["http"] ?? "", receiveBuffer: 4096)
        try sleeper.send("GET /live/main.flv HTTP/1.1\r\nHost: x\r\n\r\n")
        try publisher.send(material.headers)
        for round in 0..<40 { try publisher.send(material.frames(marked: round, round: round)) }
        try await watcher.wait(for: 39)
        relay.program.signal(SIGINT)
        try await relay.program.line(containing: "draining")
        relay.program.signal(SIGINT)
        #expect(try await relay.program.result(within: .seconds(20)).ending == .exit(130))
        withExtendedLifetime(sleeper) {}
    }

    @Test("Health over a publisher's life: waiting, starting, live, stale, live")
    func health() async throws {
        let sample = try await Sample(.h264, .aac, seconds: 4).path()
        let relay = try await RelayProcess.start()
        #expect(try await relay.health().state == "waiting")
        #expect(try await HTTP.get(relay.page("health/live/main")).status == 503)
        #expect(try await HTTP.get(relay.page("livez")).status == 200)
        #expect(try await HTTP.get(relay.page("readyz")).status == 200)

        let first = try self.publish(sample, to: relay)
        try await relay.health(isOneOf: ["starting"])
        let live = try await relay.health(isOneOf: ["live", "degraded"])
        #expect(live.state == "live" || !live.sentence.isEmpty)
        #expect(try await HTTP.get(relay.page("health/live/main")).status == 200)
        first.kill()
        let stale = try await relay.health(isOneOf: ["stale"])
        #expect(stale.sentence.contains("broke"), "\(stale.sentence)")
        #expect(try await HTTP.get(relay.page("livez")).status == 200)
        #expect(try await HTTP.get(relay.page("readyz")).status == 200)

        let second = try self.publish(sample, to: relay)
        try await relay.health(isOneOf: ["live", "degraded"])
        second.kill()
        #expect(try await HTTP.get(relay.page("nowhere/health")).status == 404)
    }

    @Test("HLS numbering never goes back over a crash of the relay")
    func restart() async throws {
        let sample = try await Sample(.h264, .aac, seconds: 4).path()
        var configuration = RelayConfiguration()
        configuration.segment = "1s"
        let first = try await RelayProcess.start(configuration)
        let before = try await self.lastSegment(of: first, publishing: sample)
        try await first.crash()
        let second = try await RelayProcess.start(configuration, scratch: first.scratch)
        let after = try await self.lastSegment(of: second, publishing: sample, first: true)
        #expect(after > before)
    }

    private func publish(_ sample: String, to relay: RelayProcess) throws -> Program {
        try Program.start(
            FFmpeg.system,
            ["-hide_banner", "-nostdin", "-loglevel", "error", "-re", "-stream_loop", "-1", "-i", sample, "-c", "copy"]
                + ["-f", "flv", relay.publishAddress()]
        )
    }

    /// The newest segment of a playlist as soon as there is one, or the oldest.
    private func lastSegment(of relay: RelayProcess, publishing sample: String, first: Bool = false) async throws
        -> UInt64
    {
        let publisher = try self.publish(sample, to: relay)
        defer { publisher.kill() }
        let playlist = try await HTTP.get(relay.stream("main", "/hls/media.m3u8"), until: { $0.status == 200 })
        let lines = playlist.text.split(separator: "\n")
        let sequence = try #require(
            lines.first { $0.hasPrefix("#EXT-X-MEDIA-SEQUENCE:") }.flatMap { UInt64($0.dropFirst(22)) }
        )
        let count = lines.filter { $0.hasSuffix(".m4s") }.count
        return first ? sequence : sequence + UInt64(count - 1)
    }
}
