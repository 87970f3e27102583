import Contract
import Control
import Testing
import Toolkit

extension StandInHost {
    /// One that has ports for datagrams set apart for its relay, which nothing was left for.
    static func startWithPorts(_ spec: RelaySpec) async throws -> StandInHost {
        let host = try await StandInHost.start(spec)
        let ports = try FreePorts.take(8)
        host.store.setApart(try PortRange(first: ports[0], last: ports[0] + 7))
        try host.channel.send(.resume(count: 0))
        return host
    }

    /// A moving picture with sound, by RTMP.
    func publishByFFmpeg() throws -> Program {
        try Program.start(
            FFmpeg.system,
            ["-hide_banner", "-nostdin", "-loglevel", "warning", "-re", "-f", "lavfi"]
                + ["-i", "testsrc2=size=320x180:rate=25", "-f", "lavfi", "-i", "sine"]
                + ["-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-g", "50"]
                + ["-c:a", "aac", "-f", "flv", "rtmp://\(try self.openRTMP())/live/main?key=secret"]
        )
    }

    /// Kills relays at moments that differ, once the publisher has been written down, and looks whether its successor has it.
    ///
    /// - Parameters:
    ///   - spec: of each relay.
    ///   - times: how many are killed.
    ///   - seed: of the moments.
    ///   - label: what stands on something that is kept for a publisher from then on.
    /// - Returns: the host of the last relay.
    /// - Throws: where there is no publisher, or a relay cannot be started.
    func killed(
        _ spec: RelaySpec,
        times: Int,
        seed: UInt64,
        onceKept label: String
    ) async throws -> StandInHost {
        var host = self
        var random = SeededGenerator(seed: seed)
        let begun = try await host.beats { $0.streams.contains { $0.source != nil && !$0.tracks.isEmpty } }
        let source = try #require(begun.streams.first?.source)
        for _ in 0..<times {
            while !host.store.all.contains(where: { $0.0.label.contains(label) }) { _ = try await host.beat() }
            try await Task.sleep(for: .milliseconds(Int.random(in: 300...1300, using: &random)))
            host = try await host.succeed(spec)
            let stream = try #require(try await host.beat().streams.first)
            #expect(stream.source?.connectedAt == source.connectedAt && stream.source?.address == source.address)
            #expect(stream.loss == nil)
            #expect(stream.counters.reconnects == 0)
        }
        return host
    }
}
