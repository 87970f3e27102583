import Foundation

/// What ffprobe says of a file or an address.
package enum FFprobe {
    package struct Stream: Hashable, Sendable, Decodable {
        package var index: Int
        package var codecName: String?
        package var codecType: String
        package var codecTag: String?
        package var width: Int?
        package var height: Int?
        package var sampleRate: String?
        package var channels: Int?
        package var timeBase: String?
        package var startTime: String?

        private enum CodingKeys: String, CodingKey {
            case index, width, height, channels
            case codecName = "codec_name"
            case codecType = "codec_type"
            case codecTag = "codec_tag_string"
            case sampleRate = "sample_rate"
            case timeBase = "time_base"
            case startTime = "start_time"
        }
    }

    package struct Packet: Hashable, Sendable, Decodable {
        package var stream: Int
        /// `video`, `audio`, …
        package var kind: String
        /// In ticks of the stream's time base; nil where the packet has none.
        package var pts: Int64?
        package var dts: Int64?
        package var duration: Int64?
        /// In seconds.
        package var ptsTime: Double?
        package var dtsTime: Double?
        package var durationTime: Double?
        package var size: Int
        package var isKeyframe: Bool
        /// MD5 of the payload.
        package var hash: String

        private enum CodingKeys: String, CodingKey {
            case stream = "stream_index"
            case kind = "codec_type"
            case ptsTime = "pts_time"
            case dtsTime = "dts_time"
            case durationTime = "duration_time"
            case hash = "data_hash"
            case pts, dts, duration, size, flags
        }

        package init(from decoder: any Decoder) throws {
            let fields = try decoder.container(keyedBy: CodingKeys.self)
            func seconds(_ key: CodingKeys) throws -> Double? {
                try fields.decodeIfPresent(String.self, forKey: key).flatMap(Double.init)
            }
            self.stream = try fields.decode(Int.self, forKey: .stream)
            self.kind = try fields.decode(String.self, forKey: .kind)
            self.pts = try fields.decodeIfPresent(Int64.self, forKey: .pts)
            self.dts = try fields.decodeIfPresent(Int64.self, forKey: .dts)
            self.duration = try fields.decodeIfPresent(Int64.self, forKey: .duration)
            self.ptsTime = try seconds(.ptsTime)
            self.dtsTime = try seconds(.dtsTime)
            self.durationTime = try seconds(.durationTime)
            self.size = Int(try fields.decode(String.self, forKey: .size)) ?? 0
            self.isKeyframe = try fields.decode(String.self, forKey: .flags).contains("K")
            self.hash = try fields.decodeIfPresent(String.self, forKey: .hash) ?? ""
        }
    }

    private struct Answer: Decodable {
        var streams: [Stream]?
        var packets: [Packet]?
    }

    package static func streams(
        _ input: String,
        options: [String] = [],
        deadline: Duration = .seconds(60)
    ) async throws(ProgramError) -> [Stream] {
        try await self.ask(options + ["-show_streams", input], deadline).streams ?? []
    }

    /// Its packets as the demuxer gives them, parsers included.
    package static func packets(
        _ input: String,
        options: [String] = [],
        deadline: Duration = .seconds(60)
    ) async throws(ProgramError) -> [Packet] {
        try await self.ask(options + ["-show_packets", "-show_data_hash", "MD5", input], deadline).packets ?? []
    }

    private static func ask(_ arguments: [String], _ deadline: Duration) async throws(ProgramError) -> Answer {
        let result = try await Program.run(
            FFmpeg.probe,
            ["-hide_banner", "-loglevel", "error", "-of", "json"] + arguments,
            deadline: deadline
        )
        do {
            return try JSONDecoder().decode(Answer.self, from: result.output)
        } catch {
            throw .unreadable(FFmpeg.probe, reason: "\(error)")
        }
    }
}

extension Sequence<FFprobe.Packet> {
    package func video() -> [FFprobe.Packet] { self.filter { $0.kind == "video" } }
    package func audio() -> [FFprobe.Packet] { self.filter { $0.kind == "audio" } }

    /// What a recording holds of a stream that ffmpeg received by RTP and whose times can be told from it: ffmpeg's parser
    /// loses the time of the first picture, and the recording says that it came at the start, even where another did.
    package func timedOverRTP() -> [FFprobe.Packet] {
        guard let first = self.first(where: { $0.kind == "video" }) else { return Array(self) }
        var isPast = false
        return self.filter { packet in
            guard !isPast, packet == first else { return true }
            isPast = true
            return false
        }
    }

    /// Whether no dts of any stream goes back and no pts comes before its dts.
    package var isMonotonic: Bool { self.setback == nil }

    /// The first packet whose times go back, in words.
    package var setback: String? {
        var last: [Int: Int64] = [:]
        for (index, packet) in self.enumerated() {
            let what = "packet \(index), \(packet.kind) of stream \(packet.stream)"
            guard let dts = packet.dts ?? packet.pts else { return "\(what), has no time" }
            if let before = last[packet.stream], dts <= before { return "\(what): dts \(dts) after \(before)" }
            if let pts = packet.pts, pts < dts { return "\(what): pts \(pts) before dts \(dts)" }
            last[packet.stream] = dts
        }
        return nil
    }
}
