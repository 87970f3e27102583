import Contract
import Control
import Foundation
import Linux
import Media
import NIOCore
import Synchronization
import Testing
import Toolkit

/// Publishers by RTSP that send their media by UDP, over the deaths of the relay.
@Suite("A relay that goes on with a dead one's publishers by datagrams", .serialized, .timeLimit(.minutes(3)))
struct DatagramPublisherSuccessionTests {
    @Test("ffmpeg is not cut; each picture is on the tape once")
    func ffmpegStays() async throws {
        let scratch = try Scratch()
        let film = try await PublisherSuccessionTests.film(in: scratch)
        let spec = try StandInHost.spec()
        var host = try await StandInHost.startWithPorts(spec)
        let publisher = try Program.start(
            FFmpeg.system,
            ["-hide_banner", "-nostdin", "-loglevel", "warning", "-re", "-i", film.path, "-c", "copy"]
                + ["-f", "rtsp", "-rtsp_transport", "udp", "rtsp://\(try host.openRTSP())/live/main?key=secret"]
        )
        host = try await host.killed(spec, times: 4, seed: 11, onceKept: "recording")
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

    @Test("What a publisher asks is answered once, whichever instance hears it; its sound is on the tape once")
    func answersAreWhole() async throws {
        let spec = try StandInHost.spec()
        var host = try await StandInHost.startWithPorts(spec)
        let ports = try FreePorts.take(2)
        let reports = try DatagramReceiver(at: ports[1])
        let talker = try DatagramPlayer(to: try host.openRTSP())
        let line = Mutex<HeldDescriptor?>(nil)
        try await host.whileServed {
            let opened = try await talker.record(reportsAt: ports[1])
            line.withLock { $0 = opened }
        }
        let socket = try #require(line.withLock { $0 })
        let talking = Task {
            for number in 0..<260 as Range<UInt32> {
                try UDPSocket.send(DatagramPlayer.sound(number), by: socket)
                // Half of the questions wait for an instance that hears them.
                if number % 3 == 0 { #expect(try await talker.ask("GET_PARAMETER") == 200) }
                try await Task.sleep(for: .milliseconds(15))
            }
        }
        host = try await host.killed(spec, times: 2, seed: 2, onceKept: "recording")
        let heard = reports.datagrams.count
        try await talking.value
        while reports.datagrams.count == heard { _ = try await host.beat() }
        #expect(reports.datagrams.allSatisfy { $0.count >= 32 && $0[1] == 201 })
        #expect(Set(reports.datagrams.map { $0[4..<8] }).count == 1)
        #expect(try await talker.ask("TEARDOWN") == 200)
        let ended = try await host.beats { $0.streams.first?.loss != nil }
        #expect(ended.streams.first?.loss?.cause == .ended)
        // The connection is there for another session.
        #expect(try await talker.ask("OPTIONS") == 200)
        host.program.signal(SIGKILL)
        _ = try await host.program.result(within: .seconds(10))
        let kept = try PublisherSuccessionTests.packets(in: host.store).map { Array($0.payload.readableBytesView) }
        let sent = (0..<260 as Range<UInt32>).map { Array(DatagramPlayer.sound($0).dropFirst(12)) }
        let lacking = sent.indices.first { sent[$0...].starts(with: kept) }
        #expect(lacking.map { $0 + kept.count >= 260 } == true, "\(kept.count) of \(sent.count), from \(lacking ?? -1)")
    }
}
