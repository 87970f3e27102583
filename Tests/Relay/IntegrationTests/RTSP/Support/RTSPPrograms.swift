import Foundation
import Testing
import Toolkit

/// How the packets of an RTSP client travel, as ffmpeg and GStreamer name it.
enum RTSPWay: String, CaseIterable, CustomTestStringConvertible, Sendable {
    case tcp, udp

    var testDescription: String { self.rawValue.uppercased() }
}

extension RelayProcess {
    /// One that speaks RTSP too.
    static func withRTSP(_ change: (inout RelayConfiguration) -> Void = { _ in }) async throws -> RelayProcess {
        try await RelayProcess.quick {
            $0.servesRTSP = true
            change(&$0)
        }
    }
}

/// Programs that publish by RTSP.
enum RTSPEncoder {
    /// Sends a file at the pace of its timestamps, without coding it anew.
    static func ffmpeg(
        _ file: String,
        to address: String,
        by way: RTSPWay,
        program: String = FFmpeg.system,
        repeats: Int = 0
    ) throws -> Program {
        try Program.start(
            program,
            ["-hide_banner", "-nostdin", "-nostats", "-loglevel", "verbose", "-re", "-stream_loop", "\(repeats)"]
                + ["-i", file, "-c", "copy", "-f", "rtsp", "-rtsp_transport", way.rawValue, address]
        )
    }

    /// Sends test pictures and a tone until it is ended.
    static func gstreamer(to address: String, by way: RTSPWay) throws -> Program {
        let video =
            "videotestsrc is-live=true ! video/x-raw,width=320,height=180,framerate=30/1 "
            + "! x264enc tune=zerolatency speed-preset=ultrafast key-int-max=30 ! h264parse ! queue ! out.sink_0"
        let audio = "audiotestsrc is-live=true ! audio/x-raw,rate=48000,channels=2 ! opusenc ! queue ! out.sink_1"
        let sink = "rtspclientsink name=out protocols=\(way.rawValue) location=\"\(address)\""
        let words = "\(video) \(audio) \(sink)"
        return try Program.start(
            "sh",
            ["-c", "exec gst-launch-1.0 \(words.replacingOccurrences(of: "!", with: "'!'"))"]
        )
    }
}

/// Records what an RTSP player gets.
enum RTSPRecorder {
    /// Decodes into a file until there are `seconds` of it, or the stream ends: ffmpeg cannot copy RTP into a file whose
    /// pictures are reordered, because RTP has no decoding times.
    static func start(
        _ address: String,
        by way: RTSPWay,
        seconds: Int,
        into file: String,
        program: String = FFmpeg.system
    ) throws -> Program {
        try Self.start(address, transport: way.rawValue, seconds: seconds, into: file, program: program)
    }

    /// The transport is as ffmpeg calls it.
    static func start(
        _ address: String,
        transport: String,
        seconds: Int,
        into file: String,
        program: String = FFmpeg.system
    ) throws -> Program {
        try Program.start(
            program,
            ["-hide_banner", "-nostdin", "-nostats", "-loglevel", "warning", "-rtsp_transport", transport]
                + ["-i", address, "-t", "\(seconds)", "-fps_mode", "passthrough"]
                + ["-enc_time_base", "1:90000", "-c:v", "ffv1", "-c:a", "pcm_s16le", "-y", file]
        )
    }
}

extension [FFprobe.Packet] {
    /// Whether no track's time steps back. A file that is sent again and again has a picture or two at the same
    /// millisecond where it begins anew.
    var neverGoesBack: Bool {
        Dictionary(grouping: self, by: \.stream).values.allSatisfy { packets in
            let times = packets.compactMap(\.pts)
            return zip(times, times.dropFirst()).allSatisfy { $0 <= $1 }
        }
    }
}
