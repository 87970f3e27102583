import Libav
import Media
import NIOCore
import Testing

/// What a muxer cannot be made of is refused by its name, and nothing is written.
@Suite struct RefusedTracksTests {
    /// No parameters of VP9, and no STREAMINFO of FLAC.
    @Test(arguments: [Codec.vp9, .flac], [[], [1, 2, 3]] as [[UInt8]])
    func recordsThatCannotBeRead(codec: Codec, record: [UInt8]) {
        var configuration = CodecConfiguration(codec: codec, record: ByteBuffer(bytes: record))
        (configuration.width, configuration.height) = (64, 48)
        (configuration.sampleRate, configuration.channels) = (48_000, 2)
        let track: TrackID = codec == .vp9 ? .video : .audio
        do {
            _ = try MP4Muxer.make([(track, configuration)]).header
            Issue.record("it is made")
        } catch LibavError.configuration(let refused, _) {
            #expect(refused == track)
        } catch {
            Issue.record("\(error)")
        }
    }
}
