import Contract
import Control
import Foundation
import Linux
import Media
import NIOCore
import Testing
import Toolkit
import Wire

/// MPEG-TS that comes to a port by itself: its sender knows nothing of relays and of their deaths.
@Suite("A relay that goes on with the transport streams of a dead one", .serialized, .timeLimit(.minutes(3)))
struct DatagramSourceSuccessionTests {
    /// Bare, and in RTP where there is time for both.
    private static let ways =
        ProcessInfo.processInfo.environment["TRANSPONDER_LONG_SUCCESSION"] == nil ? [false] : [false, true]

    /// ffmpeg sends 1472 bytes in a datagram, in which packets of 188 begin anywhere; in RTP whole ones.
    private static func send(_ film: URL, to port: UInt16, inRTP: Bool) throws -> Program {
        try Program.start(
            FFmpeg.system,
            ["-hide_banner", "-nostdin", "-loglevel", "warning", "-re", "-i", film.path, "-c", "copy"]
                + ["-f", inRTP ? "rtp_mpegts" : "mpegts", "\(inRTP ? "rtp" : "udp")://127.0.0.1:\(port)"]
        )
    }

    /// What comes of the same stream where it is read in one piece.
    private static func units(of film: URL, in scratch: Scratch) async throws -> [SourcePacket] {
        let file = scratch.file("film.ts")
        let result = try await Program.run(
            FFmpeg.system,
            ["-loglevel", "error", "-nostdin", "-i", film.path, "-c", "copy", "-f", "mpegts", file.path]
        )
        #expect(result.ending == .exit(0), "\(result.errorText)")
        var demuxer = TSDemuxer()
        let bytes = ByteBuffer(bytes: try Data(contentsOf: file))
        return (demuxer.receive(bytes) + demuxer.flush()).compactMap { event in
            if case .packet(let packet) = event { packet } else { nil }
        }
    }

    @Test("Each picture that was sent is on the tape once, over two deaths", arguments: Self.ways)
    func everyPictureOnce(inRTP: Bool) async throws {
        let scratch = try Scratch()
        let film = try await PublisherSuccessionTests.film(in: scratch)
        let sent = try await Self.units(of: film, in: scratch)
        let port = try FreePorts.take(2)[0]
        let name = try StreamName("main")
        let source = try DatagramSourceSpec(listen: ListenAddress("127.0.0.1:\(port)"))
        let spec = try StandInHost.spec(streams: [StreamSpec(name: name, source: .datagrams(source))])
        // The host's, whoever reads it.
        let socket = try UDPSocket.bind(to: InternetAddress(.loopbackV4, port: port))
        try UDPSocket.setReceiveBuffer(socket, bytes: 4 << 20)
        func grant(_ host: StandInHost) throws {
            let grant = SocketGrant(purpose: .source(name, media: 0, isReports: false), port: port)
            try host.channel.send(.socket(grant), descriptor: try socket.duplicate())
        }
        var host = try await StandInHost.start(spec)
        try host.channel.send(.resume(count: 0))
        try grant(host)
        let sender = try Self.send(film, to: port, inRTP: inRTP)
        let begun = try await host.beats { $0.streams.contains { $0.source != nil && !$0.tracks.isEmpty } }
        let first = try #require(begun.streams.first?.source)
        var random = SeededGenerator(seed: inRTP ? 3 : 4)
        for _ in 0..<2 {
            while !host.store.all.contains(where: { $0.0.label.contains("source") }) { _ = try await host.beat() }
            try await Task.sleep(for: .milliseconds(Int.random(in: 300...1300, using: &random)))
            host = try await host.succeed(spec)
            try grant(host)
            let stream = try #require(try await host.beat().streams.first)
            #expect(stream.source?.connectedAt == first.connectedAt && stream.source?.address == first.address)
            #expect(stream.loss == nil)
            #expect(stream.counters.reconnects == 0 && stream.counters.discontinuities == 0)
        }
        let before = try await host.beat().streams.first?.counters.packetsIn ?? 0
        let after = try await host.beats { ($0.streams.first?.counters.packetsIn ?? 0) > before + 60 }
        #expect(after.streams.first?.source?.link?.lost == 0)
        sender.kill()
        host.program.signal(SIGKILL)
        _ = try await host.program.result(within: .seconds(10))

        let kept = try PublisherSuccessionTests.packets(in: host.store)
        for track in [TrackID.video, .audio] {
            let came = kept.filter { $0.track == track }.map(\.payload)
            let expected = sent.filter { $0.track == track }.map(\.payload)
            // A stream begins with a picture, so the first sounds may not be part of it.
            let lacking = expected.indices.first { expected[$0...].starts(with: came) }
            #expect(lacking.map { $0 <= 2 } == true && came.count > 80, "\(track): \(came.count)")
        }
        let pictures = kept.filter { $0.track == .video }
        let steps = zip(pictures, pictures.dropFirst()).map { ($1.dts - $0.dts).microseconds }
        #expect(steps.allSatisfy { (39_900...40_100).contains($0) }, "\(steps)")
        #expect(!kept.contains { $0.flags.contains(.discontinuity) })
        print("figure: \(pictures.count) pictures of MPEG-TS\(inRTP ? " in RTP" : "") over two kills")
    }
}
