import Toolkit

/// The coded pictures and blocks of sound in a file, without the dress of its container.
enum AccessUnits {
    /// MD5 of each access unit in order.
    ///
    /// H.264 and HEVC are brought to Annex B and lose parameter sets and delimiters, which MPEG-TS adds to each keyframe
    /// and FLV and MP4 keep apart, in HEVC with messages to the decoder; AV1 loses its temporal delimiters, AAC its ADTS header.
    static func hashes(of file: String, _ track: Track, inTransportStream: Bool) async throws -> [String] {
        var filters: [String] = []
        switch track.codec {
        case "h264": filters = ["-bsf", "h264_mp4toannexb,filter_units=remove_types=7|8|9"]
        case "hevc": filters = ["-bsf", "hevc_mp4toannexb,filter_units=remove_types=32|33|34|35|39"]
        case "av1": filters = ["-bsf", "av1_metadata=td=remove"]
        case "aac" where inTransportStream: filters = ["-bsf", "aac_adtstoasc"]
        default: break
        }
        let result = try await Program.run(
            FFmpeg.modern(),
            [
                "-hide_banner", "-nostdin", "-loglevel", "error", "-i", file, "-map", "0:\(track.specifier)", "-c",
                "copy",
            ]
                + filters + ["-f", "framehash", "-hash", "md5", "-"]
        )
        // stream, dts, pts, duration, size, hash, and the same of side data
        return result.outputText.split(separator: "\n").filter { !$0.hasPrefix("#") }.compactMap { line in
            let fields = line.split(separator: ",")
            // An empty one only says that the track has ended.
            return fields.count > 5 && Int(fields[4].drop { $0 == " " }) != 0
                ? String(fields[5].drop { $0 == " " }) : nil
        }
    }

    struct Track: Hashable {
        /// As ffmpeg's `-map` says it: `v:0`.
        var specifier: String
        /// As ffprobe names it.
        var codec: String
    }
}
