import Foundation
import Glibc
import Testing
import Toolkit

/// What a host says of itself and its streams when something has gone wrong, to strangers and to its operator.
@Suite(.serialized, .timeLimit(.minutes(2))) struct TruthTests {
    /// The one outage that nobody repairs is the one that nobody is told of.
    @Test func anEncoderThatDoesNotComeBackAfterADeathIsMissed() async throws {
        let host = try await HostUnderTest.start(isolation: "none")
        let encoder = try host.publish()
        try await host.waitForStream()
        let victim = try await host.relayProcess()
        let address = try #require(try await host.stream("main") { $0.source != nil }.source?.address)
        #expect(kill(victim, SIGKILL) == 0)
        encoder.signal(SIGKILL)
        let status = try await host.status { $0.relay("live")?.restarts == 1 && $0.relay("live")?.state == "ready" }
        #expect(status.relay("live")?.restartsByCause["signal"] == 1)
        // Its connection was kept for the next instance, which has seen it break.
        let missed = try await host.stream("main") { $0.sentence.contains(" broke ") }
        #expect(missed.state == "stale")
        #expect(missed.sentence.hasPrefix("The connection of the encoder at 127.0.0.1 broke "))
        let series = "transponder_stream_state{relay=\"live\",stream=\"main\",state=\"stale\"} 1\n"
        #expect(try await HTTP.get(host.page("metrics")).text.contains(series))
        #expect(try await HTTP.get(host.page("readyz")).status == 200)
        // Strangers are told the same without the address.
        for place in ["health/live/main", "health/live", "health", "", "metrics", "livez", "readyz"] {
            let answer = try await HTTP.get(host.page(place))
            #expect(!answer.text.contains(address) && !answer.text.contains("encoder at"), "/\(place)")
            #expect(!answer.text.contains(HostUnderTest.key), "/\(place)")
        }
        let again = try host.publish()
        try await host.waitForStream()
        _ = again
    }

    /// Scrapers that ask again and again and never read what they are told.
    private static func hangingScrapers(of host: HostUnderTest, count: Int) throws -> [Socket] {
        let request = "GET /metrics HTTP/1.1\r\nHost: host\r\n\r\n"
        return try (0..<count).map { _ in
            let socket = try Socket(to: host.addresses["http"] ?? "", receiveBuffer: 4096)
            try socket.send(String(repeating: request, count: 100))
            return socket
        }
    }

    /// Who probes is answered at once, whatever a relay does, and whoever else asks: by the host, which asks nobody.
    @Test func probesAreAnsweredWhileARelayIsWedged() async throws {
        let host = try await HostUnderTest.start(isolation: "none")
        let encoder = try host.publish()
        try await host.waitForStream()
        let address = try #require(try await host.stream("main") { $0.source != nil }.source?.address)
        let victim = try await host.relayProcess()
        #expect(kill(victim, SIGSTOP) == 0)
        defer { kill(victim, SIGCONT) }
        let scrapers = try Self.hangingScrapers(of: host, count: 32)
        let pages = ["livez", "readyz", "health", "health/live", "health/live/main", "metrics"]
        var times: [String: [Double]] = [:]
        var unhealthy: Set<String> = []
        let start = ContinuousClock.now
        // A relay that gives no sign of life for two seconds is replaced, and its encoder goes on with the next.
        while ContinuousClock.now - start < .seconds(3) {
            for page in pages {
                let asked = ContinuousClock.now
                let answer = try await HTTP.get(host.page(page))
                times[page, default: []].append((ContinuousClock.now - asked) / .seconds(1))
                if answer.status == 503 { unhealthy.insert(page) }
                #expect(!answer.text.contains(address) && !answer.text.contains(HostUnderTest.key), "/\(page)")
            }
        }
        for (page, times) in times {
            // A machine that is busy beside holds up one or the other.
            let median = times.sorted()[times.count / 2]
            #expect(times.count > 5 && median < 0.05, "/\(page): \(median) s, of \(times.count)")
        }
        // It is back before or after its stream counts as stale, which are two seconds both; the host is well throughout.
        #expect(unhealthy.isDisjoint(with: ["livez", "metrics"]), "\(unhealthy)")
        _ = try await HTTP.get(host.page("health/live/main")) { $0.status == 200 }
        // What nobody reads is not kept without end: some megabytes a scraper would be a hundred in all.
        let status = try await host.api.get("status", until: { !$0.text.isEmpty }).json(HostMemory.self)
        let memory = try #require(status.usage?.residentMemory)
        #expect(memory < 100 << 20, "\(memory)")
        _ = (encoder, scrapers)
    }

    private struct HostMemory: Decodable {
        struct Usage: Decodable {
            var residentMemory: Int

            enum CodingKeys: String, CodingKey { case residentMemory = "resident_memory" }
        }

        var usage: Usage?
    }

    /// Halts one thread of a process as a debugger does, and lets it go on when it is told to.
    private static let halting = """
        import ctypes,os,sys
        libc=ctypes.CDLL(None,use_errno=True)
        libc.ptrace.argtypes=[ctypes.c_long,ctypes.c_long,ctypes.c_void_p,ctypes.c_void_p]
        tasks='/proc/'+sys.argv[1]+'/task/'
        tid=next(int(t) for t in os.listdir(tasks) if open(tasks+t+'/comm').read().strip()==sys.argv[2])
        if libc.ptrace(0x4206,tid,None,None) or libc.ptrace(0x4207,tid,None,None): sys.exit(os.strerror(ctypes.get_errno()))
        os.waitpid(tid,0x40000000)
        print('halted',flush=True)
        open(sys.argv[3]).read()
        """

    /// The one loop without which relays are not replaced: the host says it itself, and goes on serving.
    @Test(.enabled(if: geteuid() == 0)) func aSupervisorThatIsStuckIsSaidByTheHost() async throws {
        let host = try await HostUnderTest.start(isolation: "none")
        let encoder = try host.publish()
        try await host.waitForStream()
        #expect(try await HTTP.get(host.page("livez")).status == 200)
        let gate = host.scratch.file("gate").path
        try await Program.run("mkfifo", [gate])
        let debugger = try Program.start("python3", ["-c", Self.halting, "\(host.program.pid)", "supervisor", gate])
        try await debugger.line(containing: "halted")
        let halted = ContinuousClock.now
        let stuck = try await HTTP.get(host.page("livez")) { $0.status == 503 }
        let told = (ContinuousClock.now - halted) / .seconds(1)
        #expect(told < 8, "told after \(told) s, where five without a round are the limit")
        let status = try await host.api.get("status", until: { $0.text.contains("\"loop_stuck\"") })
        #expect(status.text.contains("\"failing\""), "\(status.text)")
        #expect(stuck.text.hasPrefix("The loop 'supervisor' has not come round for "), "\(stuck.text)")
        #expect(stuck.text.hasSuffix(": restart the host.\n"), "\(stuck.text)")
        #expect(try await HTTP.get(host.page("readyz")).status == 503)
        // Viewers notice nothing.
        try await Watcher(host, "live/main").watch(20_000)
        try Data().write(to: URL(fileURLWithPath: gate))
        _ = try await debugger.result(within: .seconds(20))
        let ended = ContinuousClock.now
        _ = try await HTTP.get(host.page("livez")) { $0.status == 200 }
        _ = try await host.api.get("status", until: { !$0.text.contains("\"loop_stuck\"") })
        let gone = (ContinuousClock.now - ended) / .seconds(1)
        print("loop_stuck: told after \(told) s, gone \(gone) s after its end")
        #expect(gone < 10)
        _ = try await HTTP.get(host.page("health/live/main")) { $0.status == 200 }
        _ = encoder
    }

    /// A host that was killed leaves its socket behind.
    @Test func aDeadHostIsNotBelieved() async throws {
        let host = try await HostUnderTest.start(isolation: "none")
        let file = host.scratch.file("transponder.yaml").path
        let status = try Program.start(try Checkout.product("transponder"), ["status", "--config", file])
        let shown = try await status.result(within: .seconds(30))
        #expect(shown.ending == .exit(0), "\(shown.errorText)")
        #expect(shown.outputText.contains("RELAY/STREAM"))
        host.program.signal(SIGKILL)
        _ = try await host.program.result(within: .seconds(20))
        #expect(FileManager.default.fileExists(atPath: host.scratch.file("state/host.sock").path))
        let result = try await host.command("status")
        #expect(result.ending == .exit(2))
        #expect(result.errorText.contains("no host is running"), "\(result.errorText)")
        let doctor = try await host.command("doctor", "--config", file, "--json")
        #expect(!doctor.outputText.contains("A host runs already"), "\(doctor.outputText)")
        #expect(doctor.outputText.contains("The relay's program starts."), "\(doctor.outputText)")
    }

    @Test func theDoctorReadsCertificateAndKey() async throws {
        let scratch = try Scratch("host")
        let (certificate, key) = (scratch.file("cert.pem").path, scratch.file("key.pem").path)
        let other = scratch.file("other.pem").path
        try await Program.run(
            "openssl",
            [
                "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", key,
                "-out", certificate, "-days", "5", "-subj", "/CN=a", "-addext", "subjectAltName=DNS:a.example",
            ]
        )
        try await Program.run("openssl", ["genpkey", "-algorithm", "RSA", "-out", other])
        let cases = [
            (certificate, key, "The TLS certificate expires in 5 days: renew it."),
            (certificate, scratch.file("none.pem").path, "cannot be read: No such file or directory."),
            (certificate, other, "does not belong to the certificate"), (key, key, "is not a certificate in PEM form"),
        ]
        for (certificate, key, finding) in cases {
            let text = """
                listen: { rtmp: "127.0.0.1:0", https: "127.0.0.1:0" }
                tls: { certificate: '\(certificate)', key: '\(key)' }
                isolation: none
                state: \(scratch.file("state").path)
                relays: { live: {} }

                """
            let file = try scratch.write(text.utf8, to: "transponder.yaml")
            let doctor = try Program.start(try Checkout.product("transponder"), ["doctor", "--config", file])
            let result = try await doctor.result(within: .seconds(30))
            #expect(result.outputText.contains(finding), "\(result.outputText)")
        }
    }

    @Test func bothProgramsSayTheirVersion() async throws {
        for name in ["transponder", "transponder-relay"] {
            let result = try await Program.start(try Checkout.product(name), ["--version"]).result(within: .seconds(20))
            #expect(result.ending == .exit(0))
            #expect(result.outputText.split(separator: "\n").count == 1)
        }
    }

    /// A full disk is called that; the file that says where the host is cannot be written then.
    @Test(.enabled(if: geteuid() == 0)) func aFullDiskIsSaidInWords() async throws {
        let scratch = try Scratch("host")
        let state = scratch.file("state").path
        let text = HostUnderTest.configuration([HostUnderTest.relay("live")], isolation: "none", state: state)
        let file = try scratch.write(text.utf8, to: "transponder.yaml")
        // In a name space of mounts of its own the state directory is a small disk, and full.
        let script = """
            mkdir -p \(state) && mount -t tmpfs -o size=64k,mode=700 none \(state) \
            && (head -c 60k /dev/zero; head -c 9k /dev/zero) > \(state)/fill; exec "$@"
            """
        let up = try Program.start(
            "unshare",
            ["-m", "sh", "-c", script, "sh", try Checkout.product("transponder"), "up", "--config", file]
        )
        let result = try await up.result(within: .seconds(30))
        #expect(result.errorText.contains("no space left"), "\(result.errorText)")
        #expect(!result.errorText.contains("NSCocoa"), "\(result.errorText)")
        #expect(result.ending == .exit(73))
    }
}
