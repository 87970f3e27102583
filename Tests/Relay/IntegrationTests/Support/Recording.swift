import Foundation
import Testing
import Toolkit

/// What the viewers of a stream got from its first packet to its last, as files.
struct Recording {
    let scratch: Scratch
    let files: [Outlet: String]

    /// Lets viewers wait for a stream, sends a file to it and ends the relay once all is through.
    ///
    /// - Parameters:
    ///   - outlets: which viewers.
    ///   - source: the file that is sent.
    ///   - program: the ffmpeg that sends it.
    ///   - maps: its options between the input and the output.
    /// - Returns: what each viewer got.
    /// - Throws: whatever a program or the relay failed with.
    static func make(
        of outlets: [Outlet] = Outlet.allCases,
        source: String,
        program: String = FFmpeg.system,
        maps: [String] = []
    ) async throws -> Recording {
        let relay = try await RelayProcess.quick()
        return try await self.make(of: outlets, on: relay) {
            try await Encoder.publish(source, to: relay.publishAddress(), program: program, maps: maps)
        }
    }

    /// The same with whatever publishes.
    static func make(
        of outlets: [Outlet],
        on relay: RelayProcess,
        publish: () async throws -> Void
    ) async throws -> Recording {
        let scratch = try Scratch("recording")
        var viewers: [(outlet: Outlet, program: Program)] = []
        for outlet in outlets where !outlet.isHLS {
            viewers.append((outlet, try Self.viewer(outlet, of: relay, into: Self.file(outlet, in: scratch))))
            try await relay.program.line(containing: "by=\(outlet.rawValue) ")
        }
        try await publish()
        for outlet in outlets where outlet.isHLS { try await Self.saveSegments(outlet, of: relay, into: scratch) }
        try await relay.stop()
        for viewer in viewers { _ = try await viewer.program.result(within: .seconds(20)) }
        let files = outlets.map { ($0, Self.file($0, in: scratch)) }
        return Recording(scratch: scratch, files: Dictionary(uniqueKeysWithValues: files))
    }

    func file(_ outlet: Outlet) throws -> String {
        try #require(self.files[outlet])
    }

    private static func file(_ outlet: Outlet, in scratch: Scratch) -> String {
        let ending =
            switch outlet {
            case .rtmp, .flv: "flv"
            case .ts, .hlsTS: "ts"
            case .mp4, .hls: "mp4"
            }
        return scratch.file("\(outlet.rawValue).\(ending)").path
    }

    /// A program that writes down what it is sent, byte for byte, until the relay ends it.
    private static func viewer(_ outlet: Outlet, of relay: RelayProcess, into file: String) throws -> Program {
        let address = outlet.address(on: relay)
        if outlet == .rtmp {
            return try Program.start("rtmpdump", ["--quiet", "--live", "--rtmp", address, "--flv", file])
        }
        return try Program.start("curl", ["--silent", "--no-buffer", "--output", file, address])
    }

    /// All segments of a playlist in a row, behind their initialisation section.
    private static func saveSegments(
        _ outlet: Outlet,
        of relay: RelayProcess,
        into scratch: Scratch
    ) async throws {
        let (playlist, base) = try await Playlist.media(outlet.address(on: relay))
        var bytes = Data()
        for uri in playlist.initializations + playlist.segments.map(\.uri) {
            bytes += try await HTTP.get(base + uri).body
        }
        try bytes.write(to: URL(fileURLWithPath: Self.file(outlet, in: scratch)))
    }
}
