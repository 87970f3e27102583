import Foundation
import Libav
import Media
import NIOCore
import Testing
import Toolkit

@Suite("Fragmented MP4")
struct MP4MuxerTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var video: Sample.Video?
        var audio: Sample.Audio?
        var sampleRate = 48_000
        var testDescription: String {
            [self.video?.rawValue, self.audio?.rawValue, "\(self.sampleRate)"].compactMap { $0 }.joined(separator: "+")
        }
        var sample: Sample { Sample(self.video, self.audio, sampleRate: self.sampleRate) }
    }

    static let cases = [
        Case(video: .h264, audio: .aac), Case(video: .h264, audio: .aac, sampleRate: 44_100),
        Case(video: .h264, audio: .mp3, sampleRate: 44_100), Case(video: .hevc, audio: .opus),
        Case(video: .av1, audio: .flac), Case(video: .vp9, audio: .opus), Case(video: .h264, audio: .ac3),
        Case(video: .hevc, audio: .eac3), Case(video: nil, audio: .aac), Case(video: .openGOP, audio: nil),
    ]

    /// Muxes with a fragment every ten pictures, or every twenty packets of sound alone.
    static func mux(_ recording: Recording, _ muxer: inout MP4Muxer) throws -> ByteBuffer {
        var file = ByteBuffer()
        var count = 0
        let kind: TrackKind = recording.configurations.contains { $0.0.kind == .video } ? .video : .audio
        for packet in recording.packets {
            if packet.track.kind == kind {
                if count > 0, count % 10 == 0, let fragment = try muxer.flushFragment(before: packet) {
                    file.append(fragment)
                }
                count += 1
            }
            try muxer.append(packet)
        }
        if let fragment = try muxer.flushFragment() { file.append(fragment) }
        return file
    }

    @Test("What goes in comes out, byte for byte and in time", arguments: Self.cases)
    func roundTrip(_ test: Case) async throws {
        let recording = try await Recording(test.sample)
        var muxer = try MP4Muxer.make(recording.configurations, firstUnits: recording.firstUnits)
        var file = muxer.header
        file.append(try Self.mux(recording, &muxer))
        let scratch = try Scratch()
        let path = try scratch.write(file.readableBytesView, to: "out.mp4")

        let packets = try await FFprobe.packets(path)
        #expect(packets.isMonotonic)
        #expect(packets.video().count == recording.packets(of: .video).count)
        #expect(packets.audio().count == recording.packets(of: .audio).count)
        #expect(muxer.counts.packets == recording.packets.count)

        for kind in ["v", "a"] where (kind == "v" ? test.video != nil : test.audio != nil) {
            let source =
                kind == "v" && test.video == .av1
                ? try await packetsForMP4(of: recording.path, kind: kind, in: scratch)
                : try await copiedPackets(of: recording.path, kind: kind, program: try await FFmpeg.modern())
            let copy = try await copiedPackets(of: path, kind: kind, program: FFmpeg.system)
            #expect(source == copy)
        }
        for (packet, source) in zip(packets.video(), recording.packets(of: .video)) {
            #expect(abs((packet.ptsTime ?? -1) - source.pts.seconds) < 0.000_02)
            #expect(abs((packet.dtsTime ?? -1) - source.dts.seconds) < 0.000_02)
            #expect(packet.isKeyframe == source.flags.contains(.keyframe))
        }
        for (packet, source) in zip(packets.audio(), recording.packets(of: .audio)) {
            #expect(abs((packet.ptsTime ?? -1) - source.pts.seconds) <= 0.0021)
        }
    }

    @Test(
        "The sound keeps its place beside the picture",
        arguments: [Case(video: .h264, audio: .aac), Case(video: .hevc, audio: .opus)]
    )
    func avOffset(_ test: Case) async throws {
        let recording = try await Recording(test.sample)
        var muxer = try MP4Muxer.make(recording.configurations)
        var file = muxer.header
        file.append(try Self.mux(recording, &muxer))
        let scratch = try Scratch()
        let path = try scratch.write(file.readableBytesView, to: "out.mp4")
        let modern = try await FFmpeg.modern()
        let before = try #require(try await AVOffset.measure(recording.path, program: modern).milliseconds)
        let after = try #require(try await AVOffset.measure(path, program: modern).milliseconds)
        #expect(abs(before - after) < 5)
    }

    @Test("Sound stamped in milliseconds is put back on its sample grid, and fragments leave no gap")
    func contiguous() async throws {
        let recording = try await Recording(Sample(.h264, .aac, sampleRate: 44_100))
        var muxer = try MP4Muxer.make(recording.configurations)
        let file = try Self.mux(recording, &muxer)
        let fragments = MP4Fragment.all(in: file)
        #expect(fragments.count == 12)
        #expect(fragments.map(\.sequence) == Array(1...12))
        for (fragment, next) in zip(fragments, fragments.dropFirst()) {
            for (track, time) in fragment.decodeTimes {
                #expect(time + (fragment.durations[track] ?? 0) == next.decodeTimes[track])
            }
        }
        for fragment in fragments {
            let sound = recording.configurations.firstIndex { $0.0 == .audio }.map { UInt32($0 + 1) } ?? 0
            #expect(fragment.durations[sound] == UInt64(fragment.samples[sound] ?? 0) * 1024)
        }
        #expect(muxer.counts.movedStamps == 0)
    }

    @Test(
        "A muxer made in the middle of a stream goes on where the last one stopped",
        arguments: [0, 30 * 3600, 300 * 3600]
    )
    func recreated(startSeconds: Int) async throws {
        let start = MediaTime.seconds(Double(startSeconds))
        let recording = try await Recording(Sample(.h264, .aac), from: start)
        let middle = recording.joins[2]
        var first = recording
        first.packets = Array(recording.packets[..<middle])
        var second = recording
        second.packets = Array(recording.packets[middle...])

        var muxer = try MP4Muxer.make(recording.configurations)
        var file = muxer.header
        file.append(try Self.mux(first, &muxer))
        var successor = try MP4Muxer.make(recording.configurations, fragment: 7)
        #expect(successor.header == muxer.header)
        let rest = try Self.mux(second, &successor)
        file.append(rest)

        let video = try #require(second.packets(of: .video).first)
        let fragment = try #require(MP4Fragment.all(in: rest).first)
        #expect(fragment.sequence == 7)
        #expect(fragment.decodeTimes.values.contains(UInt64((video.dts.seconds * 90_000).rounded())))

        let scratch = try Scratch()
        let path = try scratch.write(file.readableBytesView, to: "out.mp4")
        let packets = try await FFprobe.packets(path)
        #expect(packets.isMonotonic)
        #expect(packets.count == recording.packets.count)
        let frames = try await DecodedFrame.all(of: path)
        #expect(frames.map(\.hash) == (try await DecodedFrame.all(of: recording.path)).map(\.hash))
    }

    @Test("One track by CMAF's rules", arguments: [TrackID.video, .audio])
    func cmaf(_ track: TrackID) async throws {
        var recording = try await Recording(Sample(.h264, .aac), from: .seconds(7200))
        recording.configurations.removeAll { $0.0 != track }
        recording.packets.removeAll { $0.track != track }
        var muxer = try MP4Muxer.make(recording.configurations, layout: .cmaf)
        var file = muxer.header
        file.append(try Self.mux(recording, &muxer))
        let scratch = try Scratch()
        let path = try scratch.write(file.readableBytesView, to: "out.mp4")
        let packets = try await FFprobe.packets(path)
        #expect(packets.count == recording.packets.count)
        let first = try #require(recording.packets.first)
        let time = try #require(MP4Fragment.all(in: file).first?.decodeTimes.values.first)
        let scale = track == .video ? 90_000 : 48_000.0
        #expect(abs(Double(time) / scale - first.pts.seconds) < 0.002, "CMAF starts a track at its first picture")
        let durations = packets.dropLast().compactMap(\.durationTime)
        #expect(durations.allSatisfy { $0 > 0 && $0 < 0.05 })
    }

    @Test("A gap in a stream is a gap in the file and moves nothing")
    func gap() async throws {
        let recording = try await Recording(Sample(.h264Baseline, .aac))
        var muxer = try MP4Muxer.make(recording.configurations)
        let middle = recording.joins[2]
        var file = muxer.header
        for (index, packet) in recording.packets.enumerated() {
            if index == middle, let fragment = try muxer.flushFragment() { file.append(fragment) }
            var packet = packet
            if index >= middle {
                packet.pts = packet.pts + .seconds(3600)
                packet.dts = packet.dts + .seconds(3600)
            }
            try muxer.append(packet)
        }
        if let fragment = try muxer.flushFragment() { file.append(fragment) }
        let fragments = MP4Fragment.all(in: file)
        #expect(fragments.count == 2)
        #expect(muxer.counts.movedStamps == 0)
        let times = try #require(fragments.last).decodeTimes.values.sorted()
        #expect(times.last == UInt64(((recording.packets[middle].dts.seconds + 3600) * 90_000).rounded()))
    }

    @Test("Stamps that do not rise are moved and counted, and no picture is lost")
    func clamped() async throws {
        let recording = try await Recording(Sample(.h264, .aac))
        var muxer = try MP4Muxer.make(recording.configurations)
        var file = muxer.header
        for var packet in recording.packets {
            packet.dts = MediaTime.milliseconds(packet.dts.milliseconds / 50 * 50)
            packet.pts = packet.dts - .milliseconds(1)
            try muxer.append(packet)
        }
        file.append(try #require(try muxer.flushFragment()))
        #expect(muxer.counts.movedStamps > 0)
        let scratch = try Scratch()
        let packets = try await FFprobe.packets(try scratch.write(file.readableBytesView, to: "out.mp4"))
        #expect(packets.isMonotonic)
        #expect(packets.count == recording.packets.count)
    }

    @Test("What cannot be muxed is refused in words")
    func refusals() async throws {
        let recording = try await Recording(Sample(.h264, .aac))
        let (video, audio) = (recording.configurations[0].1, recording.configurations[1].1)
        func refusal(_ tracks: [(TrackID, CodecConfiguration)]) -> LibavError? {
            do throws(LibavError) {
                _ = try MP4Muxer.make(tracks)
                return nil
            } catch {
                return error
            }
        }
        #expect(
            refusal([(.video, CodecConfiguration(codec: .vp8, record: ByteBuffer()))])
                == .unsupported(.vp8, format: .mp4)
        )
        #expect(
            refusal([(.video, CodecConfiguration(codec: .h264, record: ByteBuffer()))])
                == .incomplete(.video, .h264, missing: "configuration record")
        )
        var mute = audio
        mute.sampleRate = 0
        #expect(refusal([(.audio, mute)]) == .incomplete(.audio, .aac, missing: "sample rate"))
        var dolby = CodecConfiguration(codec: .ac3, record: ByteBuffer())
        (dolby.sampleRate, dolby.channels) = (48_000, 2)
        #expect(refusal([(.audio, dolby)]) == .incomplete(.audio, .ac3, missing: "first access unit"))
        #expect(refusal([(.video, video)]) == nil)
        #expect("\(LibavError.unsupported(.vp8, format: .mp4))" == "vp8 cannot be carried in fragmented MP4")

        var muxer = try MP4Muxer.make([(.video, video)])
        #expect(try muxer.flushFragment() == nil)
        let sound = try #require(recording.packets(of: .audio).first)
        #expect(throws: LibavError.unknownTrack(.audio)) { try muxer.append(sound) }
        try muxer.append(Packet(track: .video, pts: .zero, dts: .zero, payload: ByteBuffer()))
        #expect(muxer.counts.empty == 1)
    }
}
