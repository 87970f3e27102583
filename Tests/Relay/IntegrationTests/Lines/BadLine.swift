import Foundation
import Testing
import Toolkit

/// A stream that comes to a relay over lines which lose, repeat, delay and cut what they carry, and those who watch it.
final class BadLine: Sendable {
    enum Way: String, CaseIterable, Sendable {
        case rtp, rtpts, udpts, rtsp, srt

        /// Whether every packet has a number of its own, by which losses and packets that overtake each other are known.
        var numbersPackets: Bool { self != .udpts && self != .srt }
    }

    let way: Way
    let relay: RelayProcess
    /// Which carry packets, one a track where each has its own.
    let links: [LossyLink]
    let viewer: TestViewer
    let file: String
    private let publisher: Program
    private let recorder: Program
    private let detour: RTSPDetour?

    /// How the relay is told of the stream.
    static func declaration(_ way: Way, _ ports: [UInt16]) -> String {
        let source =
            switch way {
            case .rtp: Inlet.rtp.declaration(ports)
            case .rtpts: Inlet.rtpTS.declaration([ports[4]])
            case .udpts: Inlet.udpTS.declaration([ports[5]])
            case .rtsp, .srt: String?.none
            }
        return "\(way): { \(source ?? "") }"
    }

    /// Returns once the stream is live and the viewer has seen some of it.
    init(_ way: Way, into relay: RelayProcess, _ ports: [UInt16], _ sample: String, _ scratch: Scratch) async throws {
        self.way = way
        self.relay = relay
        let key = relay.configuration.publishKey ?? ""
        let seed = UInt64(Way.allCases.firstIndex(of: way) ?? 0) * 10 + 1
        let output: [String]
        var detour: RTSPDetour?
        var links: [LossyLink] = []
        switch way {
        case .rtp:
            links = try [0, 2].map { try LossyLink(to: "127.0.0.1:\(ports[$0])", seed: seed + UInt64($0)) }
            output = Self.rtp(links, ports)
        case .rtpts:
            links = [try LossyLink(to: "127.0.0.1:\(ports[4])", seed: seed)]
            output = ["-f", "rtp_mpegts", "rtp://\(links[0].address)?pkt_size=1328&rtcpport=9"]
        case .udpts:
            links = [try LossyLink(to: "127.0.0.1:\(ports[5])", seed: seed)]
            output = ["-f", "mpegts", "udp://\(links[0].address)?pkt_size=1316"]
        case .rtsp:
            let made = try RTSPDetour(to: relay.addresses["rtsp"] ?? "", seed: seed)
            detour = made
            output = ["-f", "rtsp", "-rtsp_transport", "udp", "rtsp://\(made.address)/live/rtsp?key=\(key)"]
        case .srt:
            links = [try LossyLink(to: relay.srt, seed: seed)]
            output = ["-f", "mpegts", "srt://\(links[0].address)?streamid=publish:live/srt:\(key)"]
        }
        // An encoder calls again when its line broke, which SRT says after five seconds without a peer.
        self.publisher = try Program.start(
            "sh",
            ["-c", "until \"$@\"; do sleep 0.1; done", "sh", FFmpeg.system]
                + ["-hide_banner", "-nostdin", "-nostats", "-loglevel", "warning", "-re", "-i", sample, "-c", "copy"]
                + output
        )
        try await relay.expectLive(codecs: ["h264", "aac"], of: way.rawValue)
        self.detour = detour
        self.links = detour?.media ?? links
        self.file = scratch.file("\(way).flv").path
        self.recorder = try Program.start(
            "curl",
            ["--silent", "--no-buffer", "--output", self.file, relay.stream(way.rawValue, ".flv")]
        )
        self.viewer = try TestViewer.flv(relay, way.rawValue)
        try await self.pictures(60)
        // What comes first is as old as its keyframe, and headers are not.
        self.viewer.seen.change { $0.regressions = [] }
    }

    /// One output a track, with one time for both, as the senders of the matrix.
    private static func rtp(_ links: [LossyLink], _ ports: [UInt16]) -> [String] {
        let start = ["-start_time_realtime", "\(Int64(Date().timeIntervalSince1970 * 1_000_000))"]
        let video = ["-map", "0:v", "-bsf:v", "h264_mp4toannexb", "-payload_type", "96"] + start
        let audio = ["-map", "0:a", "-c", "copy", "-payload_type", "97"] + start
        return video + ["-f", "rtp", "rtp://\(links[0].address)?pkt_size=1200&rtcpport=\(ports[1])"]
            + audio + ["-f", "rtp", "rtp://\(links[1].address)?pkt_size=1200&rtcpport=\(ports[3])"]
    }

    // MARK: What happens to it

    /// Has every line behave so.
    func turn(_ weather: LossyLink.Weather) {
        for link in self.links {
            link.weather = weather
            // Nothing in it tells packets that overtake each other from packets that are lost.
            if self.way == .udpts { link.weather.reordering = 0 }
        }
    }

    func cut() { for link in self.links + (self.detour?.control ?? []) { link.cut() } }
    func mend() { for link in self.links + (self.detour?.control ?? []) { link.mend() } }

    /// What the lines themselves have counted.
    var counts: LossyLink.Counts {
        self.links.map(\.counts).reduce(into: LossyLink.Counts()) { sum, one in
            sum.passed += one.passed
            sum.lost += one.lost
            sum.duplicated += one.duplicated
            sum.reordered += one.reordered
            sum.cut += one.cut
        }
    }

    // MARK: What is seen of it

    /// Waits until the viewer was sent so many more pictures.
    func pictures(_ more: Int) async throws {
        let wanted = self.viewer.seen.state.pictures + more
        try await self.viewer.seen.wait(for: "\(self.way): \(more) more pictures") { state in
            state.pictures >= wanted || state.isCut || state.trouble != nil
        }
    }

    /// Waits until health says something with the words in it, and gives all of it.
    func says(
        _ words: String,
        where isSo: @escaping @Sendable (String) -> Bool = { _ in true }
    ) async throws -> HealthPage {
        let page = try await HTTP.get(self.relay.page("health/live/\(self.way)")) { response in
            let sentence = (try? response.json(HealthPage.self))?.sentence ?? ""
            return sentence.contains(words) && isSo(sentence)
        }
        return try page.json()
    }

    /// Waits until a counter of the stream's, all its tracks together, is what is wanted.
    func counts(_ name: String, _ isWanted: @escaping @Sendable (Int) -> Bool) async throws {
        let labels = "stream=\"\(self.way)\""
        let sum: @Sendable (HTTP.Response) -> Int = { page in
            page.text.split(separator: "\n").filter { $0.hasPrefix("transponder_\(name){") && $0.contains(labels) }
                .compactMap { $0.split(separator: " ").last.flatMap { Double($0) } }.reduce(0) { $0 + Int($1) }
        }
        do {
            _ = try await HTTP.get(self.relay.page("metrics")) { isWanted(sum($0)) }
        } catch {
            let page = try await HTTP.get(self.relay.page("metrics"))
            Issue.record("\(self.way): \(name) is \(sum(page)), and the lines counted \(self.counts)")
        }
    }

    /// Waits until the recording has ended with the relay.
    func finish() async throws {
        _ = try await self.recorder.result(within: .seconds(30))
    }
}
