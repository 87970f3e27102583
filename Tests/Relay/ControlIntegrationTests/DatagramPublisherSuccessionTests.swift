import Contract
import Control
import Foundation
import Linux
import Media
import Testing
import Toolkit

/// Publishers by RTSP that send their media by UDP, over the deaths of the relay.
@Suite("A relay that goes on with a dead one's publishers by datagrams", .serialized, .timeLimit(.minutes(3)))
struct DatagramPublisherSuccessionTests {
    private static func start(_ spec: RelaySpec) async throws -> StandInHost {
        let host = try await StandInHost.start(spec)
        let ports = try FreePorts.take(8)
        host.store.setApart(try PortRange(first: ports[0], last: ports[0] + 7))
        try host.channel.send(.resume(count: 0))
        return host
    }

    /// Kills relays at moments that differ, once the publisher has been written down, and looks whether its successor has it.
    private static func kill(_ host: StandInHost, _ spec: RelaySpec, times: Int, seed: UInt64) async throws
        -> StandInHost
    {
        var host = host
        var random = SeededGenerator(seed: seed)
        let begun = try await host.beats { $0.streams.contains { $0.source != nil && !$0.tracks.isEmpty } }
        let source = try #require(begun.streams.first?.source)
        for _ in 0..<times {
            while !host.store.all.contains(where: { $0.0.label.contains("recording") }) { _ = try await host.beat() }
            try await Task.sleep(for: .milliseconds(Int.random(in: 300...1300, using: &random)))
            host = try await host.succeed(spec)
            let stream = try #require(try await host.beat().streams.first)
            #expect(stream.source?.connectedAt == source.connectedAt && stream.source?.address == source.address)
            #expect(stream.loss == nil)
            #expect(stream.counters.reconnects == 0)
        }
        return host
    }

    @Test("ffmpeg is not cut; each picture is on the tape once")
    func ffmpegStays() async throws {
        let scratch = try Scratch()
        let film = try await PublisherSuccessionTests.film(in: scratch)
        let spec = try StandInHost.spec()
        var host = try await Self.start(spec)
        let publisher = try Program.start(
            FFmpeg.system,
            ["-hide_banner", "-nostdin", "-loglevel", "warning", "-re", "-i", film.path, "-c", "copy"]
                + ["-f", "rtsp", "-rtsp_transport", "udp", "rtsp://\(try host.openRTSP())/live/main?key=secret"]
        )
        host = try await Self.kill(host, spec, times: 4, seed: 11)
        let ended = try await host.beats { $0.streams.first?.loss != nil }
        #expect(ended.streams.first?.loss?.source.link?.lost == 0)
        // The end that it asks for on its connection is heard and answered by the last of five instances.
        let result = try await publisher.result(within: .seconds(40))
        #expect(result.ending == .exit(0) && result.errorText.isEmpty, "\(result.errorText)")
        // Nothing is kept for it any more.
        while host.store.all.contains(where: { $0.0.kind == .datagrams || $0.0.label.contains("record") }) {
            _ = try await host.beat()
        }
        // Sender reports move pictures by parts of a millisecond.
        try await PublisherSuccessionTests.check(film, host, steps: 39_000...41_000, unsent: 8)
    }

    @Test("GStreamer is not cut; nothing is lost")
    func gstreamerStays() async throws {
        let spec = try StandInHost.spec()
        var host = try await Self.start(spec)
        let video =
            "videotestsrc is-live=true num-buffers=150 ! video/x-raw,width=320,height=180,framerate=25/1 "
            + "! x264enc tune=zerolatency speed-preset=ultrafast key-int-max=25 ! h264parse ! queue ! out.sink_0"
        let audio =
            "audiotestsrc is-live=true num-buffers=280 ! audio/x-raw,rate=48000,channels=2 ! opusenc ! queue ! out.sink_1"
        let address = try host.openRTSP()
        let sink = "rtspclientsink name=out protocols=udp location=\"rtsp://\(address)/live/main?key=secret\""
        let words = "\(video) \(audio) \(sink)".replacingOccurrences(of: "!", with: "'!'")
        let publisher = try Program.start("sh", ["-c", "exec gst-launch-1.0 \(words)"])
        _ = try await host.beats { ($0.streams.first?.counters.packetsIn ?? 0) > 250 }
        host = try await Self.kill(host, spec, times: 1, seed: 5)
        let result = try await publisher.result(within: .seconds(40))
        #expect(result.ending == .exit(0), "\(result.errorText)")
        let ended = try await host.beats { $0.streams.first?.loss != nil }
        #expect(ended.streams.first?.loss?.cause == .ended)
        #expect(ended.streams.first?.loss?.source.link?.lost == 0)
        host.program.signal(SIGKILL)
        _ = try await host.program.result(within: .seconds(10))
        let pictures = try PublisherSuccessionTests.packets(in: host.store).filter { $0.track == .video }
        #expect(pictures.count == 150)
        let steps = zip(pictures, pictures.dropFirst()).map { ($1.dts - $0.dts).microseconds }
        #expect(steps.allSatisfy { $0 > 0 && $0 < 200_000 }, "\(steps)")
    }
}
