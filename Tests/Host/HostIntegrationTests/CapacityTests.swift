import Foundation
import Testing
import Toolkit

/// What `transponder check` says fits does: as many streams as the shipped limits admit, at the bitrate that they are meant
/// for, each watched in every format.
@Suite(.serialized, .timeLimit(.minutes(2))) struct CapacityTests {
    /// The defaults of `limits.streams` and `limits.bitrate`.
    private static let streams = 8
    private static let bitrate = "4000k"

    /// Pictures that a viewer takes before it leaves: the tapes of live formats have reached their length of 20 s then.
    private static let pictures = 22 * 30

    private static func addresses(_ relay: RelayProcess, _ stream: String) -> [String] {
        [relay.playAddress(stream)] + [".flv", ".ts", ".mp4", ".m3u8", ".ts.m3u8"].map { relay.stream(stream, $0) }
    }

    private static func view(_ address: String) throws -> Program {
        try Program.start(
            FFmpeg.system,
            ["-hide_banner", "-nostdin", "-nostats", "-loglevel", "error", "-i", address, "-map", "0:v", "-map", "0:a"]
                + ["-c", "copy", "-frames:v", "\(Self.pictures)", "-f", "null", "-"]
        )
    }

    @Test func asManyStreamsAsTheDefaultsAdmitPlayInEveryFormat() async throws {
        let scratch = try Scratch("capacity")
        let file = scratch.file("stream.flv").path
        let transponder = try Checkout.product("transponder")
        try await Program.run(
            transponder,
            ["rehearse", "--save", file, "--bitrate", Self.bitrate, "--gop", "2s", "--duration", "6s"]
        )
        // The default window and segments: what check computes with.
        let relay = try await RelayProcess.start()
        let check = try await Program.run(
            transponder,
            ["check", "--config", relay.scratch.file("transponder.yaml").path]
        )
        #expect(check.errorText == "", "it warns of memory that is short")

        let names = (1...Self.streams).map { "s\($0)" }
        let publishers = try names.map { name in
            try Program.start(
                FFmpeg.system,
                ["-hide_banner", "-nostdin", "-nostats", "-loglevel", "error", "-re", "-stream_loop", "-1", "-i", file]
                    + ["-c", "copy", "-f", "flv", relay.publishAddress(name)]
            )
        }
        for name in names {
            _ = try await HTTP.get(relay.page("health/live/\(name)")) { $0.text.contains("\"live\"") }
        }
        let viewers = try names.flatMap { name in
            try Self.addresses(relay, name).map { (address: $0, program: try Self.view($0)) }
        }
        for viewer in viewers {
            let result = try await viewer.program.result(within: .seconds(60))
            #expect(result.ending == .exit(0), "\(viewer.address): \(result.errorText)")
        }
        for (name, publisher) in zip(names, publishers) {
            #expect(publisher.isRunning, "\(name): \(publisher.lastWords)")
            let page = try await HTTP.get(relay.page("health/live/\(name)")).text
            #expect(!page.contains("memory") && !page.contains("limits."), "\(page)")
        }
        let refused = try await HTTP.get(relay.page("metrics")).text.split(separator: "\n").filter {
            $0.contains("_refusals_total{") && !$0.hasSuffix(" 0")
        }
        #expect(refused == [])
        for words in ["refused", "memory", "no room", "fewer seconds"] {
            #expect(!relay.log.contains(words), "\(words)")
        }
        // One more is told which limit it met.
        let ninth = try await Program.start(
            FFmpeg.system,
            ["-hide_banner", "-nostdin", "-nostats", "-loglevel", "error", "-re", "-i", file]
                + ["-c", "copy", "-f", "flv", relay.publishAddress("s9")]
        ).result(within: .seconds(20))
        #expect(ninth.ending != .exit(0))
        #expect(relay.log.contains("limits.streams"))
        try await relay.stop()
    }
}
