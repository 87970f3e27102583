/// A decoded picture or block of sound, as ffmpeg's `framemd5` muxer tells it.
package struct DecodedFrame: Hashable, Sendable {
    package var stream: Int
    /// In ticks of the line's own time base: a picture's place in the file's output.
    package var pts: Int64
    package var size: Int
    package var hash: String

    /// Decodes a file or an address with ffmpeg; any complaint of a decoder is an error.
    ///
    /// - Parameters:
    ///   - input: a path or an address.
    ///   - kind: `v` for pictures, `a` for sound.
    ///   - program: which ffmpeg.
    ///   - options: what comes before the input.
    ///   - isStrict: whether complaints are errors.
    ///   - deadline: how long it may take.
    /// - Returns: the frames in the order of their output.
    /// - Throws: ``ProgramError/unreadable(_:reason:)`` for a complaint.
    package static func all(
        of input: String,
        kind: String = "v",
        program: String = FFmpeg.system,
        options: [String] = [],
        isStrict: Bool = true,
        deadline: Duration = .seconds(120)
    ) async throws(ProgramError) -> [DecodedFrame] {
        var arguments = ["-hide_banner", "-nostdin", "-loglevel", "warning"] + options
        arguments += ["-i", input, "-map", "0:\(kind)", "-fps_mode", "passthrough", "-f", "framemd5", "-"]
        let result = try await Program.run(program, arguments, deadline: deadline)
        let complaints = result.errorText.split(separator: "\n").filter(Self.isComplaint)
        if isStrict, !complaints.isEmpty {
            throw .unreadable(program, reason: complaints.prefix(10).joined(separator: "\n"))
        }
        return result.outputText.split(separator: "\n").compactMap(Self.init(line:))
    }

    /// `stream, dts, pts, duration, size, hash`
    private init?(line: Substring) {
        let fields = line.split(separator: ",").map { $0.drop { $0 == " " } }
        guard !line.hasPrefix("#"), fields.count >= 6, let stream = Int(fields[0]), let pts = Int64(fields[2]),
            let size = Int(fields[4])
        else { return nil }
        self.stream = stream
        self.pts = pts
        self.size = size
        self.hash = String(fields[5])
    }

    /// Decoders' and demuxers' words about damage, not the muxer's about the output.
    private static func isComplaint(_ line: Substring) -> Bool {
        let lower = line.lowercased()
        return ["error", "invalid", "corrupt", "missing", "non-existing", "concealing", "discontinuity", "overread"]
            .contains { lower.contains($0) }
    }
}
