import Libav
import Media
import NIOCore
import Testing
import Toolkit

/// The last fragment before a break: what comes after it is placed at the end of its longest track.
@Suite struct MP4EndingTests {
    private static let interval = MediaTime(microseconds: 1_000_000 / Int64(Sample.frameRate))

    /// When the track has been shown or heard as its fragments say, µs.
    private static func end(of track: TrackID, in file: ByteBuffer, _ recording: Recording) throws -> Int64 {
        let place = try #require(recording.configurations.firstIndex { $0.0 == track })
        let number = UInt32(place + 1)
        let last = try #require(MP4Fragment.all(in: file).last { $0.decodeTimes[number] != nil })
        let scale = track.kind == .video ? 90_000 : UInt64(recording.configurations[place].1.sampleRate)
        return Int64(((last.decodeTimes[number] ?? 0) + (last.durations[number] ?? 0)) * 1_000_000 / scale)
    }

    private static func mux(_ recording: Recording, isLast: Bool) throws -> ByteBuffer {
        var muxer = try MP4Muxer.make(recording.configurations)
        var file = ByteBuffer()
        for (number, packet) in recording.packets.enumerated() {
            if number % 20 == 0, number > 0, let fragment = try muxer.flushFragment(before: packet) {
                file.writeImmutableBuffer(fragment)
            }
            try muxer.append(packet)
        }
        if let fragment = try muxer.flushFragment(isLast: isLast) { file.writeImmutableBuffer(fragment) }
        return file
    }

    /// Cut wherever a connection may be: pictures that are reordered are shown later than the sound beside them is heard.
    @Test(arguments: [44_100, 48_000], [0, 3, 7, 11])
    func tracksEndTogether(sampleRate: Int, missing: Int) async throws {
        var recording = try await Recording(Sample(.h264, .aac, sampleRate: sampleRate))
        // Not at the end of a fragment.
        recording.packets.removeLast(recording.packets.count % 20 + 20 - 11)
        recording.packets.removeLast(missing % 8)
        let shown = try #require(recording.packets(of: .video).map(\.pts).max()) + Self.interval
        let heard =
            try #require(recording.packets(of: .audio).map(\.dts).max())
            + MediaTime(microseconds: 1_024_000_000 / Int64(sampleRate))
        let end = max(shown, heard)

        let file = try Self.mux(recording, isLast: true)
        let sound = try Self.end(of: .audio, in: file, recording)
        #expect(abs(sound - end.microseconds) < 2_000, "\(sound) \(end)")
        // As before where something follows.
        let open = try Self.end(of: .audio, in: try Self.mux(recording, isLast: false), recording)
        #expect(abs(open - heard.microseconds) < 2_000, "\(open) \(heard)")
    }

    @Test func aTrackThatEndedLongBeforeIsNotHeldUp() async throws {
        var recording = try await Recording(Sample(.h264, .aac))
        let cut = recording.packets[recording.packets.count / 2].dts
        recording.packets.removeAll { $0.track == .audio && $0.dts > cut }
        let heard = try #require(recording.packets(of: .audio).map(\.dts).max()) + MediaTime(microseconds: 21_333)
        let file = try Self.mux(recording, isLast: true)
        #expect(abs(try Self.end(of: .audio, in: file, recording) - heard.microseconds) < 2_000)
    }
}
