import Foundation
import Testing
import Toolkit

/// Programs at the other end of an SRT line.
enum SRTPeers {
    static func relay(_ settings: [String] = [], _ change: (inout RelayConfiguration) -> Void = { _ in }) async throws
        -> RelayProcess
    {
        try await RelayProcess.quick { configuration in
            configuration.more = ["srt:", "  listen: 127.0.0.1:0"] + settings.map { "  \($0)" }
            change(&configuration)
        }
    }

    /// Sends a file at its pace, without coding it anew.
    static func publish(
        _ file: String,
        to address: String,
        _ streamID: String,
        _ options: [String] = [],
        repeats: Int = 0
    ) throws -> Program {
        try Program.start(
            FFmpeg.system,
            ["-hide_banner", "-nostdin", "-nostats", "-loglevel", "warning", "-re", "-stream_loop", "\(repeats)"]
                + ["-i", file, "-c", "copy", "-f", "mpegts", "-srt_streamid", streamID, "-pkt_size", "1316"] + options
                + ["srt://\(address)"]
        )
    }

    /// What a viewer is sent, written down byte for byte until the line ends.
    static func record(
        from address: String,
        _ streamID: String,
        to file: String,
        _ options: [String] = []
    ) throws -> Program {
        try Program.start(
            FFmpeg.system,
            ["-hide_banner", "-nostdin", "-nostats", "-loglevel", "warning", "-y", "-srt_streamid", streamID]
                + options + ["-f", "data", "-i", "srt://\(address)", "-map", "0", "-c", "copy", "-f", "data", file]
        )
    }
}

extension RelayProcess {
    var srt: String { self.addresses["srt"] ?? "" }

    /// Waits for a line of the log and gives it.
    @discardableResult
    func says(_ words: String) async throws -> String {
        try await self.program.line(containing: words)
    }
}
