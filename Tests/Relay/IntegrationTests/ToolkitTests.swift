import Foundation
import Glibc
import Testing
import Toolkit

@Suite("The tools of these tests")
struct ToolkitTests {
    @Test("A program's ending, output and errors are told apart")
    func run() async throws {
        let result = try await Program.run("sh", ["-c", "echo out; echo err >&2"])
        #expect(result.ending == .exit(0))
        #expect(result.outputText == "out\n")
        #expect(result.errorText == "err\n")
        let failed = try Program.start("sh", ["-c", "exit 3"])
        #expect(try await failed.result().ending == .exit(3))
        let killed = try Program.start("sh", ["-c", "kill -TERM $$"])
        #expect(try await killed.result().ending == .signal(SIGTERM))
    }

    @Test("A program that is missing is named, with what installs it")
    func missing() {
        let error = #expect(throws: ProgramError.self) { try Program.start("no-such-program-at-all") }
        #expect(error.map { "\($0)" } == "no-such-program-at-all is not installed: make test installs it")
    }

    @Test("A line is awaited, before and after it was said")
    func lines() async throws {
        let program = try Program.start("sh", ["-c", "echo one; echo ready port=1 >&2; exec sleep 600"])
        #expect(try await program.line(containing: "ready") == "ready port=1")
        #expect(try await program.line(containing: "one") == "one")
        #expect(program.isRunning)
        program.kill()
        #expect(try await program.result().ending == .signal(SIGKILL))
        await #expect(throws: ProgramError.self) { try await program.line(containing: "never") }
    }

    @Test("Past its deadline a program goes, and its children with it")
    func group() async throws {
        let program = try Program.start("sh", ["-c", "sleep 600 & echo child=$!; wait"])
        let line = try await program.line(containing: "child=")
        let child = try #require(pid_t(line.dropFirst("child=".count)))
        await #expect(throws: ProgramError.self) { try await program.result(within: .milliseconds(10)) }
        #expect(try await program.result().ending == .signal(SIGKILL))
        // Its parent is gone, so whoever takes orphans in buries it: until then it is dead, but there.
        #expect(Self.isDead(child))
    }

    @Test("A relay that nobody holds any more ends as an operator ends it")
    func dismissal() async throws {
        let program = try await RelayProcess.quick().program
        let result = try await program.result(within: .seconds(10))
        #expect(result.ending == .exit(0), "\(result.errorText)")
    }

    @Test("Many programs at once all end")
    func many() async throws {
        try await withThrowingTaskGroup(of: Int.self) { group in
            for number in 0..<100 {
                group.addTask { try await Program.run("sh", ["-c", "echo \(number)"]).output.count }
            }
            let bytes = try await group.reduce(0, +)
            #expect(bytes == 10 * 2 + 90 * 3)
        }
    }

    @Test("HTTP: answers, heads, ranges and bodies without an end")
    func http() async throws {
        let scratch = try Scratch()
        _ = try scratch.write([UInt8](repeating: 65, count: 100_000), to: "file.txt")
        let server = try Program.start(
            "python3",
            ["-u", "-m", "http.server", "0", "--bind", "127.0.0.1", "--directory", scratch.directory.path]
        )
        let line = try await server.line(containing: "Serving HTTP")
        let port = try #require(line.components(separatedBy: "port ").last?.prefix { $0.isNumber })
        let address = "http://127.0.0.1:\(port)/file.txt"
        let whole = try await HTTP.get(address)
        #expect(whole.status == 200)
        #expect(whole.body.count == 100_000)
        #expect(whole["Content-Type"] == "text/plain")
        let head = try await HTTP.head(address)
        #expect(head.status == 200)
        #expect(head.body.isEmpty)
        #expect(head["content-length"] == "100000")
        let part = try await HTTP.request(address, limit: 10)
        #expect(part.body.count == 10)
        #expect(part.isCut)
        #expect(try await HTTP.get("http://127.0.0.1:\(port)/none").status == 404)
        await #expect(throws: HTTP.Failure.self) { try await HTTP.get("http://127.0.0.1:1/") }
    }

    @Test("A sample's sound is where its picture is, and the probe sees both")
    func sample() async throws {
        let sample = Sample(.h264, .aac)
        let path = try await sample.path()
        #expect(try await sample.path() == path)
        let offset = try #require(try await AVOffset.measure(path).milliseconds)
        #expect(abs(offset) < 30)
        let packets = try await FFprobe.packets(path)
        #expect(packets.isMonotonic)
        #expect(packets.video().count == 120)
        #expect(packets.video().filter(\.isKeyframe).count == 4)
        #expect(try await DecodedFrame.all(of: path).count == 120)
        let streams = try await FFprobe.streams(path)
        #expect(Set(streams.compactMap(\.codecName)) == ["h264", "aac"])
    }

    @Test("A relay starts on free ports, carries a stream, and ends when asked")
    func relay() async throws {
        let relay = try await RelayProcess.start()
        #expect(Set(relay.addresses.keys).isSuperset(of: ["rtmp", "http"]))
        #expect(try await HTTP.get(relay.page("livez")).status == 200)
        let sample = try await Sample(.h264, .aac, seconds: 8).path()
        let publisher = try Program.start(
            FFmpeg.system,
            ["-nostdin", "-loglevel", "error", "-re", "-i", sample, "-c", "copy", "-f", "flv", relay.publishAddress()]
        )
        let packets = try await FFprobe.packets(relay.playAddress(), options: ["-read_intervals", "%+#100"])
        #expect(packets.isMonotonic)
        #expect(packets.video().first?.isKeyframe == true)
        #expect(packets.audio().count > 20)
        publisher.kill()
        #expect(try await relay.stop().ending == .exit(0))
    }

    private static func isDead(_ process: pid_t) -> Bool {
        guard let status = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8) else { return true }
        return status.contains(") Z ")
    }
}
