import Foundation
import Testing
import Toolkit

/// A way into a relay that is not RTMP.
enum Inlet: String, CaseIterable, Sendable {
    case rtspTCP, rtspUDP, rtp, rtpTS, udpTS, srt

    /// How the stream is declared where it comes by itself; nil where somebody publishes it.
    func declaration(_ ports: [UInt16]) -> String? {
        switch self {
        case .rtp: "rtp: { sdp: \"\(Self.description(ports).joined(separator: "\\n"))\" }"
        case .rtpTS, .udpTS: "rtp: { listen: 127.0.0.1:\(ports[0]), format: mpegts }"
        case .rtspTCP, .rtspUDP, .srt: nil
        }
    }

    /// What the RTP sources below send (RFC 8866): H.264 at the first port and AAC two above it.
    private static func description(_ ports: [UInt16]) -> [String] {
        [
            "v=0", "o=- 0 0 IN IP4 127.0.0.1", "s=matrix", "c=IN IP4 127.0.0.1", "t=0 0",
            "m=video \(ports[0]) RTP/AVP 96", "a=rtpmap:96 H264/90000", "a=fmtp:96 packetization-mode=1",
            "m=audio \(ports[2]) RTP/AVP 97", "a=rtpmap:97 MPEG4-GENERIC/48000/2",
            // AudioSpecificConfig of AAC-LC at 48 kHz in stereo.
            "a=fmtp:97 profile-level-id=1;mode=AAC-hbr;sizelength=13;indexlength=3;indexdeltalength=3;config=1190", "",
        ]
    }

    /// Where a publisher sends the stream.
    func address(on relay: RelayProcess, _ ports: [UInt16]) -> String {
        let key = relay.configuration.publishKey ?? ""
        let path = "\(relay.configuration.relay)/main"
        return switch self {
        case .rtspTCP, .rtspUDP: "rtsp://\(relay.addresses["rtsp"] ?? "")/\(path)?key=\(key)"
        case .srt: "srt://\(relay.addresses["srt"] ?? "")?streamid=publish:\(path):\(key)"
        case .rtp, .rtpTS, .udpTS: "127.0.0.1:\(ports[0])"
        }
    }
}

/// A program that sends a file at the pace of its timestamps, without coding it anew.
enum Sender: String, CaseIterable, Sendable {
    case ffmpeg, gstreamer

    func start(_ file: String, by inlet: Inlet, to address: String, _ ports: [UInt16]) throws -> Program {
        switch self {
        case .ffmpeg:
            let input = ["-hide_banner", "-nostdin", "-nostats", "-loglevel", "warning", "-re"]
            return try Program.start(
                FFmpeg.system,
                input + ["-i", file, "-c", "copy"] + Self.ffmpegOutput(inlet, address, ports)
            )
        case .gstreamer:
            let pipeline =
                "filesrc location=\(file) ! qtdemux name=in \(Self.pipeline(inlet, address, ports))"
            return try Program.start(
                "sh",
                ["-c", "exec gst-launch-1.0 \(pipeline.replacingOccurrences(of: "!", with: "'!'"))"]
            )
        }
    }

    private static func ffmpegOutput(_ inlet: Inlet, _ address: String, _ ports: [UInt16]) -> [String] {
        switch inlet {
        case .rtspTCP: ["-f", "rtsp", "-rtsp_transport", "tcp", address]
        case .rtspUDP: ["-f", "rtsp", "-rtsp_transport", "udp", address]
        case .rtp: Self.ffmpegRTP(address, ports)
        case .rtpTS: ["-f", "rtp_mpegts", "rtp://\(address)?pkt_size=1328"]
        case .udpTS: ["-f", "mpegts", "udp://\(address)"]
        case .srt: ["-f", "mpegts", address]
        }
    }

    /// One output a track, which is all that ffmpeg's muxer takes. Each would tell its own start as the time of its first
    /// packet in its sender reports, so they are given one time for both, µs since 1970-01-01 UTC.
    private static func ffmpegRTP(_ address: String, _ ports: [UInt16]) -> [String] {
        let start = ["-start_time_realtime", "\(Int64(Date().timeIntervalSince1970 * 1_000_000))"]
        let video = ["-map", "0:v", "-bsf:v", "h264_mp4toannexb", "-payload_type", "96"] + start
        let audio = ["-map", "0:a", "-c", "copy", "-payload_type", "97"] + start
        return video + ["-f", "rtp", "rtp://\(address)?pkt_size=1200"]
            + audio + ["-f", "rtp", "rtp://127.0.0.1:\(ports[2])?pkt_size=1200"]
    }

    private static func pipeline(_ inlet: Inlet, _ address: String, _ ports: [UInt16]) -> String {
        let video = "in.video_0 ! queue ! h264parse config-interval=-1"
        let audio = "in.audio_0 ! queue ! aacparse"
        let remux = "mpegtsmux name=mux alignment=7 \(video) ! mux. \(audio) ! mux. mux."
        switch inlet {
        case .rtspTCP, .rtspUDP:
            let way = inlet == .rtspTCP ? "tcp" : "udp"
            return "rtspclientsink name=out protocols=\(way) location=\"\(address)\" \(video) ! out. \(audio) ! out."
        case .rtp:
            return "rtpbin name=bin \(video) ! rtph264pay pt=96 ! bin.send_rtp_sink_0 \(audio) ! rtpmp4gpay pt=97 "
                + "! bin.send_rtp_sink_1 bin.send_rtp_src_0 ! udpsink host=127.0.0.1 port=\(ports[0]) "
                + "bin.send_rtcp_src_0 ! udpsink host=127.0.0.1 port=\(ports[1]) sync=false async=false "
                + "bin.send_rtp_src_1 ! udpsink host=127.0.0.1 port=\(ports[2]) "
                + "bin.send_rtcp_src_1 ! udpsink host=127.0.0.1 port=\(ports[3]) sync=false async=false"
        case .rtpTS: return "\(remux) ! rtpmp2tpay ! udpsink host=127.0.0.1 port=\(ports[0])"
        case .udpTS: return "\(remux) ! udpsink host=127.0.0.1 port=\(ports[0])"
        case .srt: return "\(remux) ! srtsink uri=\"\(address)\""
        }
    }
}
