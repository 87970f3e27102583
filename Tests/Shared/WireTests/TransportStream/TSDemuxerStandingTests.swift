import Foundation
import Media
import NIOCore
import Testing
import Toolkit
import Wire

/// A transport stream that another process goes on with.
@Suite struct TSDemuxerStandingTests {
    /// As ffmpeg sends it by UDP unless it is told otherwise: hardly any datagram begins with a packet.
    private static let datagram = 1472

    private static func datagrams(_ bytes: ByteBuffer) -> [ByteBuffer] {
        var rest = bytes
        var datagrams: [ByteBuffer] = []
        while let datagram = rest.readSlice(length: min(Self.datagram, rest.readableBytes)), datagram.readableBytes > 0
        {
            datagrams.append(ByteBuffer(bytes: datagram.readableBytesView))
        }
        return datagrams
    }

    private static func written(_ standing: TSDemuxer.Standing) throws -> Data { try JSONEncoder().encode(standing) }

    private static func resumed(_ written: Data) throws -> TSDemuxer? {
        TSDemuxer(resuming: try JSONDecoder().decode(TSDemuxer.Standing.self, from: written))
    }

    @Test(arguments: [
        (Sample.Video.h264, Sample.Audio.aac), (.hevc, .mp3), (.openGOP, .ac3), (.h264Baseline, .opus),
    ])
    func `What follows is the same whoever goes on`(video: Sample.Video, audio: Sample.Audio) async throws {
        try self.compare(Self.datagrams(try await TSMaterial.bytes(video, audio)), places: 20)
    }

    @Test func `AAC in LATM goes on behind the element that said how it is made`() async throws {
        let sample = Sample(.h264, .aac, seconds: 3)
        let bytes = try await TSMaterial.bytes(of: sample, ["-mpegts_flags", "latm"])
        try self.compare(Self.datagrams(bytes), places: 20)
    }

    /// At each place where one can go on, of which there are a number.
    private func compare(_ datagrams: [ByteBuffer], places: Int) throws {
        var whole = TSDemuxer()
        let all = datagrams.map { whole.receive($0) }
        #expect(all.joined().count > 100)
        var first = TSDemuxer()
        var found = 0
        for (index, datagram) in datagrams.enumerated() {
            _ = first.receive(datagram)
            guard let standing = first.standing else { continue }
            found += 1
            // Each place is tried, and the way to the end from some of them.
            let end = found % 8 == 0 ? datagrams.count : min(index + 40, datagrams.count)
            let written = try Self.written(standing)
            #expect(!String(decoding: written, as: UTF8.self).contains("."))
            var second = try #require(try Self.resumed(written))
            for later in (index + 1)..<end {
                let events = second.receive(datagrams[later])
                guard events != all[later] else { continue }
                Issue.record("\(later) behind \(index)")
                return
            }
            if end == datagrams.count { #expect(second.statistics == whole.statistics) }
        }
        #expect(found >= places, "\(found) of \(datagrams.count)")
    }

    @Test func `In the midst of a picture that has several units nobody can go on`() async throws {
        let datagrams = Self.datagrams(try await TSMaterial.bytes(.h264, nil))
        var demuxer = TSDemuxer()
        _ = demuxer.receive(datagrams[0])
        // How pictures lie in units has not shown.
        #expect(demuxer.hasTracks && demuxer.standing == nil)
    }

    @Test func `What is lost behind the place is counted once`() async throws {
        let datagrams = Self.datagrams(try await TSMaterial.bytes(.h264, .aac))
        var first = TSDemuxer()
        var place = 0
        while place < 20 || first.standing == nil {
            _ = first.receive(datagrams[place])
            place += 1
        }
        let standing = try #require(first.standing)
        var second = try #require(try Self.resumed(Self.written(standing)))
        for datagram in datagrams[(place + 1)...] {
            #expect(first.receive(datagram) == second.receive(datagram))
        }
        #expect(second.statistics == first.statistics)
        #expect(second.statistics.lostPackets + second.statistics.syncLosses > 0)
    }

    @Test func `What anybody may have written harms nobody`() async throws {
        let datagrams = Self.datagrams(try await TSMaterial.bytes(.h264, .aac))
        var demuxer = TSDemuxer()
        var place = 0
        while place < 20 || demuxer.standing == nil {
            _ = demuxer.receive(datagrams[place])
            place += 1
        }
        let standing = try #require(demuxer.standing)
        let written = try Self.written(standing)
        var mutations = MutatedText(Array(written), seed: 11)
        var attached = 0
        for _ in 0..<3000 {
            guard let standing = try? JSONDecoder().decode(TSDemuxer.Standing.self, from: Data(mutations.next())),
                var other = TSDemuxer(resuming: standing)
            else { continue }
            attached += 1
            for datagram in datagrams[place...].prefix(12) { _ = other.receive(datagram) }
            _ = (other.interrupt(), other.flush(), other.standing)
        }
        #expect(attached > 100 && attached < 3000)
    }
}
