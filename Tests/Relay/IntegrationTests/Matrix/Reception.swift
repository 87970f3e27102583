import Toolkit

/// A way out of a relay, with a program that records it.
enum Reception: String, CaseIterable, Sendable {
    case rtmp, flv, hls, rtspUDP, rtspTCP, multicast, srt, udpTS

    var isByRTP: Bool { self == .rtspUDP || self == .rtspTCP }

    /// Records some seconds as they come, without coding them anew.
    func record(_ seconds: Int, from relay: RelayProcess, _ ports: [UInt16], into file: String) throws -> Program {
        let input =
            switch self {
            case .rtmp: ["-i", relay.playAddress()]
            case .flv: ["-i", relay.stream("main", ".flv")]
            case .hls: ["-i", relay.stream("main", ".m3u8")]
            case .rtspUDP: ["-rtsp_transport", "udp", "-i", Self.rtsp(relay)]
            case .rtspTCP: ["-rtsp_transport", "tcp", "-i", Self.rtsp(relay)]
            case .srt: ["-i", "srt://\(relay.addresses["srt"] ?? "")?streamid=read:\(relay.configuration.relay)/main"]
            case .udpTS: ["-i", "udp://127.0.0.1:\(ports[4])"]
            case .multicast: ["-i", "udp://\(Self.group):\(ports[5])?localaddr=127.0.0.1"]
            }
        return try Program.start(
            FFmpeg.system,
            ["-hide_banner", "-nostdin", "-nostats", "-loglevel", "warning", "-y"] + input
                + ["-t", "\(seconds)", "-map", "0:v", "-map", "0:a", "-c", "copy", "-f", "matroska", file]
        )
    }

    /// A group of this test's own, which does not leave the machine.
    private static let group = "239.255.42.9"

    /// Where the relay sends to whether anybody asks or not.
    static func destinations(_ ports: [UInt16]) -> [String] {
        [
            "box: { to: \"udp://127.0.0.1:\(ports[4])\" }",
            "group: { to: \"udp://\(self.group):\(ports[5])\", interface: 127.0.0.1 }",
        ]
    }

    private static func rtsp(_ relay: RelayProcess) -> String {
        "rtsp://\(relay.addresses["rtsp"] ?? "")/\(relay.configuration.relay)/main"
    }
}
