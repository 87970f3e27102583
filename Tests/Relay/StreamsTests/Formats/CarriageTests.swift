import Media
import NIOCore
import Streams
import Testing

/// Which format carries which coding in which form.
@Suite struct CarriageTests {
    private static let everything: [WireFormat] = [
        .rtmp, .rtmpEnhanced, .rtmpMultitrack, .flv, .ts, .mp4, .rtp,
    ]

    private static func aac(_ record: [UInt8]) throws -> CodecConfiguration {
        try CodecConfiguration(record: ByteBuffer(bytes: record), of: .aac)
    }

    /// A form of a sound, and the formats that leave it out.
    struct Sound: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var configuration: CodecConfiguration
        var leftOut: Set<WireFormat>

        init(_ name: String, _ configuration: CodecConfiguration, not leftOut: Set<WireFormat> = []) {
            (self.testDescription, self.configuration, self.leftOut) = (name, configuration, leftOut)
        }
    }

    private static func sounds() throws -> [Sound] {
        var opus = CodecConfiguration(codec: .opus, record: try #require(OpusHead(channels: 2)).record)
        (opus.sampleRate, opus.channels) = (48_000, 2)
        var surround = CodecConfiguration(codec: .opus, record: try #require(OpusHead(channels: 6)).record)
        (surround.sampleRate, surround.channels) = (48_000, 6)
        var mp3 = CodecConfiguration(codec: .mp3, record: ByteBuffer())
        (mp3.sampleRate, mp3.channels) = (44_100, 2)
        let allFLV: Set<WireFormat> = [.rtmp, .rtmpEnhanced, .rtmpMultitrack, .flv]
        return [
            Sound("AAC-LC", try Self.aac([0x11, 0x90])),
            Sound("HE-AAC", try Self.aac([0x2B, 0x11, 0x88, 0x00])),
            Sound("5.1", try Self.aac([0x11, 0xB0])),
            Sound("MP3", mp3),
            Sound("960 samples", try Self.aac([0x11, 0x94]), not: [.ts]),
            Sound("a rate without a code", try Self.aac([0x17, 0x80, 0x5D, 0xBF, 0x90]), not: [.ts]),
            Sound("AAC-LD", try Self.aac([0xB9, 0x8C]), not: [.ts]),
            Sound("AAC-ELD", try Self.aac([0xF8, 0xE8, 0x50, 0x00]), not: [.ts]),
            Sound("xHE-AAC", try Self.aac([0xF9, 0x46, 0x42, 0x40]), not: [.ts]),
            Sound("7.1 with the channels of a cinema", try Self.aac([0x11, 0xE0]), not: [.ts]),
            // Beside a picture of old, players that have said nothing are not sent what they may not know.
            Sound("Opus", opus, not: [.rtmp]),
            Sound("Opus in 5.1", surround, not: [.rtmp, .rtp]),
            Sound("G.711", CodecConfiguration(pcm: .pcmu), not: [.ts, .mp4]),
            Sound(
                "G.711 at 16 kHz",
                CodecConfiguration(pcm: .pcma, sampleRate: 16_000),
                not: allFLV.union([.ts, .mp4])
            ),
            Sound("L16", CodecConfiguration(pcm: .l16, sampleRate: 44_100), not: allFLV.union([.ts, .mp4])),
        ]
    }

    @Test func aSoundThatAFormatCannotCarryCostsThatSoundThereAloneAndIsNamed() throws {
        let picture = CodecConfiguration(codec: .h264, record: Camera.h264)
        for sound in try Self.sounds() {
            for format in Self.everything {
                let carriage = Carriage(of: [.video: picture, .audio: sound.configuration], in: format)
                let isLeftOut = sound.leftOut.contains(format)
                #expect(carriage.tracks[.video] == picture)
                #expect((carriage.tracks[.audio] == nil) == isLeftOut, "\(sound.testDescription) in \(format)")
                #expect(carriage.omissions.count == (isLeftOut ? 1 : 0), "\(sound.testDescription) in \(format)")
                for omission in carriage.omissions {
                    #expect(omission.part == .audio)
                    #expect(omission.codec == sound.configuration.name)
                    #expect(omission.sentence.contains(sound.configuration.name), "\(omission.sentence)")
                    #expect(omission.reason.lasts)
                }
            }
        }
    }

    /// Peers number their tracks themselves, up to the last number there is.
    @Test(arguments: [1, 2, 127, 254, 255] as [UInt8])
    func aTrackOfAnyNumberIsCarriedOrNamed(index: UInt8) throws {
        let picture = CodecConfiguration(codec: .h264, record: Camera.h264)
        let (sound, other) = (try Self.aac([0x11, 0x90]), try Self.aac([0xB9, 0x8C]))
        for format in Self.everything {
            for second in [sound, other] {
                let tracks: [TrackID: CodecConfiguration] = [
                    .video: picture, .audio: sound, TrackID(.video, index): picture, TrackID(.audio, index): second,
                ]
                let carriage = Carriage(of: tracks, in: format)
                // A second sound of an MP4 is a rendition, with a carriage of its own.
                let elsewhere = format == .mp4 ? 1 : 0
                #expect(carriage.tracks.count + carriage.omissions.count + elsewhere == tracks.count, "\(format)")
                for omission in carriage.omissions {
                    #expect(omission.sentence.contains("of track \(Int(index) + 1) "), "\(omission.sentence)")
                }
            }
        }
    }

    @Test(arguments: [Codec.av1, .vp9, .vp8])
    func aPictureThatTransportStreamsHaveNoNameForLeavesTheSound(codec: Codec) throws {
        let picture = CodecConfiguration(codec: codec, record: ByteBuffer())
        let carriage = Carriage(of: [.video: picture, .audio: try Self.aac([0x11, 0x90])], in: .ts)
        #expect(carriage.sorted.map(\.id) == [.audio])
        #expect(carriage.omissions.map(\.codec) == [codec.name])
        #expect(carriage.omissions.map(\.part) == [.video])
    }

    /// Players that have said nothing lose nothing by a sound that they may not know where they cannot know the picture.
    @Test func newerPicturesGoToAllWithWhatIsBesideThem() throws {
        let picture = CodecConfiguration(codec: .hevc, record: ByteBuffer(bytes: [1]))
        let sound = CodecConfiguration(codec: .opus, record: try #require(OpusHead(channels: 2)).record)
        #expect(Carriage(of: [.video: picture, .audio: sound], in: .rtmp).tracks.count == 2)
        #expect(Carriage(of: [.audio: sound], in: .rtmp).tracks.count == 1)
    }

    @Test func ofSeveralTracksOfAKindAFormatCarriesWhatItsPlayersExpect() throws {
        let picture = CodecConfiguration(codec: .h264, record: Camera.h264)
        let sound = try Self.aac([0x11, 0x90])
        var tracks: [TrackID: CodecConfiguration] = [:]
        for index in UInt8(0)..<7 { tracks[TrackID(.audio, index)] = sound }
        for index in UInt8(0)..<2 { tracks[TrackID(.video, index)] = picture }
        for format in [WireFormat.rtmp, .rtmpEnhanced, .flv, .mp4] {
            #expect(Carriage(of: tracks, in: format).sorted.map(\.id) == [.video, .audio], "\(format)")
        }
        let kinds = Carriage(of: tracks, in: .ts).sorted.map(\.id.kind)
        #expect(kinds == [.video] + [TrackKind](repeating: .audio, count: 7))
        for format in [WireFormat.rtmpMultitrack, .rtp] {
            #expect(Carriage(of: tracks, in: format).tracks.count == 9, "\(format)")
        }
        #expect(Carriage(of: tracks, in: .mp4Sound(3)).sorted.map(\.id) == [TrackID(.audio, 3)])
        // One in the main segments and four beside it; the two behind those are named.
        let omissions = Carriage(of: tracks, in: .mp4).omissions
        #expect(omissions.map(\.part) == [.video, .audio, .audio])
        #expect(omissions.last?.sentence.contains("track 7") == true)
        #expect(Carriage(of: tracks, in: .flv).omissions.count == 7)
    }

    /// The default track of a format is the first that it has a place for.
    @Test func theNextSoundStandsInForOneThatCannotBeCarried() throws {
        let tracks: [TrackID: CodecConfiguration] = [
            .audio: try Self.aac([0xF8, 0xE8, 0x50, 0x00]), TrackID(.audio, 1): try Self.aac([0x11, 0x90]),
        ]
        #expect(Carriage(of: tracks, in: .ts).sorted.map(\.id) == [TrackID(.audio, 1)])
    }
}
