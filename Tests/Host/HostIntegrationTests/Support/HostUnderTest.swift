import Foundation
import Glibc
import Toolkit

/// A host as people run it: the built program with a configuration and a state directory of its own, on free ports.
final class HostUnderTest: Sendable {
    let program: Program
    /// What listens where, by protocol.
    let addresses: [String: String]
    let scratch: Scratch
    /// From the start of the process to its ready line.
    let startTime: Duration

    private init(program: Program, addresses: [String: String], scratch: Scratch, startTime: Duration) {
        self.program = program
        self.addresses = addresses
        self.scratch = scratch
        self.startTime = startTime
    }

    static let key = "publish-key"

    /// A host that a test lets go of is killed, and what it leaves behind shall not stay for long.
    static let withoutHost = "5s"

    /// A relay that can be published to; further lines stand below its name.
    static func relay(_ name: String, _ lines: String...) -> String {
        (["  \(name):", "    publish_key: \(Self.key)", "    hls: { segment: 1s }"] + lines.map { "    \($0)" })
            .joined(separator: "\n")
    }

    static func configuration(
        _ relays: [String],
        isolation: String,
        state: String,
        tls: String? = nil,
        withoutHost: String = HostUnderTest.withoutHost,
        more: String = ""
    ) -> String {
        """
        listen:
          { rtmp: "127.0.0.1:0", http: "127.0.0.1:0", rtsp: "127.0.0.1:0", udp: \(FreePorts.range),
            admin: "127.0.0.1:0"\
        \(tls == nil ? "" : ", \(["rtmps", "https", "rtsps"].map { "\($0): \"127.0.0.1:0\"" }.joined(separator: ", "))") }
        \(tls.map { "tls: \($0)" } ?? "")
        \(more)
        isolation: \(isolation)
        state: \(state)
        without_host: \(withoutHost)
        relays:
        \(relays.joined(separator: "\n"))

        """
    }

    /// Starts it and waits until all its relays are ready.
    static func start(
        _ relays: [String] = [HostUnderTest.relay("live")],
        isolation: String = "runc",
        scratch: Scratch? = nil,
        isSecure: Bool = false,
        withoutHost: String = HostUnderTest.withoutHost,
        more: String = ""
    ) async throws -> HostUnderTest {
        let scratch = try scratch ?? Scratch("host")
        let state = scratch.file("state").path
        let tls = isSecure ? try await Self.certificate(in: scratch) : nil
        let text = Self.configuration(
            relays,
            isolation: isolation,
            state: state,
            tls: tls,
            withoutHost: withoutHost,
            more: more
        )
        let file = try scratch.write(text.utf8, to: "transponder.yaml")
        let began = ContinuousClock.now
        let program = try Program.start(try Checkout.product("transponder"), ["up", "--config", file])
        let line = try await program.line(containing: "ready rtmp=")
        let pairs = line.split(separator: " ").dropFirst().compactMap { word -> (String, String)? in
            let parts = word.split(separator: "=", maxSplits: 1)
            return parts.count == 2 ? (String(parts[0]), String(parts[1])) : nil
        }
        return HostUnderTest(
            program: program,
            addresses: Dictionary(pairs) { first, _ in first },
            scratch: scratch,
            startTime: ContinuousClock.now - began
        )
    }

    /// What `tls` says of a certificate for 127.0.0.1 that openssl makes, its own authority.
    @discardableResult
    static func certificate(in scratch: Scratch, days: Int = 2) async throws -> String {
        let (certificate, key) = (scratch.file("cert.pem").path, scratch.file("key.pem").path)
        try await Program.run(
            "openssl",
            [
                "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", key,
                "-out", certificate, "-days", "\(days)", "-subj", "/CN=127.0.0.1", "-addext",
                "subjectAltName=IP:127.0.0.1",
            ]
        )
        return "{ certificate: '\(certificate)', key: '\(key)' }"
    }

    // MARK: Addresses

    func rtmp(_ path: String) -> String { "rtmp://\(self.addresses["rtmp"] ?? "")/\(path)" }
    func rtsp(_ path: String) -> String { "rtsp://\(self.addresses["rtsp"] ?? "")/\(path)" }
    func page(_ path: String) -> String { "http://\(self.addresses["http"] ?? "")/\(path)" }

    var api: HostAPI { HostAPI(address: self.addresses["admin"] ?? "", state: self.scratch.file("state")) }

    /// Publishes a moving picture as OBS does: the relay is the application, the key stands behind the stream's name.
    func publish(_ path: String = "live/main") throws -> Program {
        try Self.publish(to: self.rtmp("\(path)?key=\(Self.key)"))
    }

    static func publish(to address: String) throws -> Program {
        try Program.start(FFmpeg.system, self.encoding + ["-f", "flv", address])
    }

    /// What ffmpeg is told of the moving picture and its sound.
    static let encoding = [
        "-hide_banner", "-nostdin", "-loglevel", "error", "-re", "-f", "lavfi", "-i", "testsrc2=size=320x180:rate=25",
        "-f",
        "lavfi", "-i", "sine=frequency=440:sample_rate=48000", "-c:v", "libx264", "-preset", "ultrafast", "-tune",
        "zerolatency", "-pix_fmt", "yuv420p", "-g", "25", "-c:a", "aac",
    ]

    // MARK: What it says

    struct Status: Decodable {
        struct Relay: Decodable {
            struct Instance: Decodable {
                var id: String
                var pid: Int32?
                var startSeconds: Double?
            }

            var name: String
            var state: String
            var instance: Instance?
            var restarts: UInt64
            var restartsByCause: [String: UInt64]
            var deferred: [String]
            var problems: [String]
        }

        struct Configuration: Decodable {
            var problem: String?
        }

        struct Door: Decodable {
            var handedOver: UInt64
        }

        var relays: [Relay]
        var configuration: Configuration
        var frontDoor: Door

        func relay(_ name: String) -> Relay? { self.relays.first { $0.name == name } }
    }

    /// Asks until the status is what is waited for.
    @discardableResult
    func status(
        within deadline: Duration = .seconds(30),
        until isWanted: @Sendable (Status) -> Bool = { _ in true }
    ) async throws -> Status {
        let response = try await self.api.get(
            "status",
            until: { (try? Self.status(of: $0)).map(isWanted) ?? false },
            within: deadline
        )
        return try Self.status(of: response)
    }

    private static func status(of response: HTTP.Response) throws -> Status {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try decoder.decode(Status.self, from: response.body)
    }

    struct Stream: Decodable {
        struct Source: Decodable {
            struct Link: Decodable {
                struct Track: Decodable {
                    var kind: String
                    var packets: UInt64
                    var lost: UInt64
                }

                var foreign: UInt64
                var tracks: [Track]
            }

            var `protocol`: String
            var address: String
            var link: Link?
        }

        struct Counters: Decodable {
            var reconnects: UInt64
        }

        var state: String
        var sentence: String
        var fps: Double?
        var source: Source?
        var counters: Counters
    }

    /// Asks until a stream is as it is waited for.
    func stream(_ name: String, of relay: String = "live", until isWanted: @Sendable (Stream) -> Bool) async throws
        -> Stream
    {
        let read = { @Sendable (response: HTTP.Response) throws -> Stream in
            let decoder = JSONDecoder()
            decoder.keyDecodingStrategy = .convertFromSnakeCase
            return try decoder.decode(Stream.self, from: response.body)
        }
        let response = try await self.api.get(
            "relays/\(relay)/streams/\(name)",
            until: { (try? read($0)).map(isWanted) ?? false }
        )
        return try read(response)
    }

    /// The one that serves, once one does.
    func instance(of relay: String = "live") async throws -> Status.Relay.Instance {
        let status = try await self.status { $0.relay(relay)?.state == "ready" && $0.relay(relay)?.instance != nil }
        guard let instance = status.relay(relay)?.instance else { throw CancellationError() }
        return instance
    }

    /// The process of the relay, in the numbering of this machine.
    func relayProcess(_ name: String = "live") async throws -> Int32 {
        let status = try await self.status { $0.relay(name)?.state == "ready" && $0.relay(name)?.instance?.pid != nil }
        return status.relay(name)?.instance?.pid ?? 0
    }

    /// Waits until a stream is on air.
    func waitForStream(_ path: String = "live/main") async throws {
        _ = try await HTTP.get(self.page("health/\(path)"), until: { $0.status == 200 })
    }

    /// The address of the only media playlist that a stream's own names.
    func mediaPlaylist(_ path: String) async throws -> String {
        let master = try await HTTP.get(self.page(path), until: { $0.status == 200 })
        let media = master.text.split(separator: "\n").first { !$0.hasPrefix("#") }
        let folder = path.split(separator: "/").dropLast().joined(separator: "/")
        return self.page("\(folder)/\(media ?? "")")
    }

    /// Runs a command of the same program against it.
    func command(_ arguments: String...) async throws -> Program.Result {
        let program = try Program.start(
            try Checkout.product("transponder"),
            arguments + ["--state", self.scratch.file("state").path]
        )
        return try await program.result(within: .seconds(30))
    }

    /// Puts another configuration in the place of the one it was started with.
    func write(_ relays: [String], isolation: String = "runc") throws {
        let text = Self.configuration(relays, isolation: isolation, state: self.scratch.file("state").path)
        try Data(text.utf8).write(to: self.scratch.file("transponder.yaml"), options: .atomic)
    }

    func stop() async throws -> Program.Result {
        self.program.signal(SIGINT)
        return try await self.program.result(within: .seconds(30))
    }
}
