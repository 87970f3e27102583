import Foundation
import Testing
import Toolkit

/// A host, and people who watch what one encoder sends while something dies: everybody calls once.
final class OracleScene {
    private(set) var host: HostUnderTest
    let publisher: OraclePublisher
    /// By each format on one connection.
    let viewers: [OracleViewer]
    /// The viewer whose silences are measured.
    let flv: OracleViewer
    /// Those that come anew for each segment.
    private let players: [LivePlayer]
    private let numbers: SequenceWatch
    /// On another relay.
    let bystander: OracleViewer
    private let otherPublisher: OraclePublisher
    private let began = ContinuousClock.now

    private static let script = ProcessInfo.processInfo.environment["TRANSPONDER_HLSJS"]

    private init(
        _ host: HostUnderTest,
        _ publishers: [OraclePublisher],
        _ viewers: [OracleViewer],
        _ bystander: OracleViewer,
        _ players: [LivePlayer],
        _ numbers: SequenceWatch
    ) {
        self.host = host
        (self.publisher, self.otherPublisher) = (publishers[0], publishers[1])
        (self.viewers, self.flv, self.bystander) = (viewers, viewers[0], bystander)
        (self.players, self.numbers) = (players, numbers)
    }

    deinit {
        self.publisher.stop()
        self.otherPublisher.stop()
    }

    /// Everybody watches once it returns. Connections with TLS end with the host, and are left out where that dies.
    static func start(_ host: HostUnderTest, seed: UInt64, isSecure: Bool) async throws -> OracleScene {
        let publisher = try await OraclePublisher.start(host, "live", seed: seed)
        let other = try await OraclePublisher.start(host, "other", seed: ~seed)
        try await host.waitForStream()
        try await host.waitForStream("other/main")
        let playlist = host.page("live/main.m3u8")
        _ = try await HTTP.get(playlist, until: { $0.status == 200 })
        let numbers = SequenceWatch(try await host.mediaPlaylist("live/main.m3u8"))
        var players = [try LivePlayer.ffmpeg(playlist), try LivePlayer.chromium(playlist)]
        if let script = Self.script { players.append(try LivePlayer.chromium(playlist, script: script)) }
        let (http, sent) = (host.addresses["http"], publisher.sent)
        let (rtmp, rtsp) = (host.addresses["rtmp"] ?? "", host.addresses["rtsp"] ?? "")
        var viewers = [
            try OracleViewer.open("FLV", http, sent, HTTPUnitReader("/live/main.flv", FLVUnits())),
            try OracleViewer.open("TS", http, sent, HTTPUnitReader("/live/main.ts", TransportStreamUnits())),
            try OracleViewer.open("MP4", http, sent, HTTPUnitReader("/live/main.mp4", MP4Units())),
            try OracleViewer.open("RTMP", rtmp, sent, RTMPUnitReader(rtmp, "live")),
            try OracleViewer.open("RTSP", rtsp, sent, RTSPUnitReader(rtsp, "live")),
        ]
        if isSecure { viewers.append(try OracleViewer.secureFLV(host, "live", sent)) }
        let reader = HTTPUnitReader("/other/main.flv", FLVUnits())
        let bystander = try OracleViewer.open("bystander", http, other.sent, reader)
        let scene = OracleScene(host, [publisher, other], viewers, bystander, players, numbers)
        try await scene.expectProgress("the start")
        for player in players { try await player.play(to: 1, after: "its start") }
        return scene
    }

    /// Whoever died with the host before it is followed by this one.
    func goOn(with host: HostUnderTest) { self.host = host }

    /// Every viewer gets what is sent from now on, and nothing is wrong with anybody.
    func expectProgress(_ what: String) async throws {
        let sent = self.publisher.sent.count(.picture)
        for viewer in self.viewers { try await viewer.wait(for: sent + 1, "after \(what)") }
        try self.expectCalm(what)
    }

    private func expectCalm(_ what: String) throws {
        for viewer in self.viewers + [self.bystander] {
            let trouble = viewer.trouble
            try #require(trouble == nil, "\(what): \(viewer.name), \(trouble ?? "")")
        }
        for publisher in [self.publisher, self.otherPublisher] {
            let trouble = publisher.trouble
            try #require(trouble == nil, "\(what): a publisher, \(trouble ?? "")")
        }
        try #require(self.numbers.seen.state.stepsBack == [], "\(what)")
        for player in self.players {
            try #require(!player.seen.state.hasEnded, "\(what): \(player.name), \(player.seen.state)")
        }
    }

    /// Players play on after the last of it, by more than any of them has in store. The death of a host concerns all of its
    /// relays, whose successors are the next host's.
    func finish(_ what: String, concernsAll: Bool = false) async throws {
        for (player, played) in self.players.map({ ($0, $0.seen.state.played) }) {
            try await player.play(to: played + 8, after: what)
        }
        try self.expectCalm(what)
        // Beside other tests the machine keeps encoder, relay and viewer waiting, one after the other.
        let silence = self.bystander.longestSilence(since: self.began)
        #expect(concernsAll || silence < Watcher.unconcerned + self.otherPublisher.longestPause * 3)
        print(
            "figure: \(what): \(self.publisher.sent.count(.picture)) pictures sent;",
            self.viewers.map { "\($0.name) \($0.count) units" }.joined(separator: ", ") + ", each once;",
            self.players.map { "\($0.name) played \($0.seen.state.played) s" }.joined(separator: ", ") + ";",
            "another relay's viewer waited at most \(silence), and its publisher \(self.otherPublisher.longestPause)"
        )
    }
}
