import Media
import NIOCore
import Testing
import Wire

/// Against files by ffmpeg; the expected figures are what ffmpeg itself reads from them.
struct MediaTagCorpusTests {
    struct TrackSummary: Hashable {
        var codec: String
        var packets: Int
        var keyframes: Int
    }

    @Test(arguments: [
        (FLVCorpus.h264AAC, ["video 0": ("avc1.f4000a", 10, 2), "audio 0": ("mp4a.40.2", 48, 48)]),
        (.h264AAC51, ["video 0": ("avc1.64000a", 10, 2), "audio 0": ("mp4a.40.2", 48, 48)]),
        (.h264MP351, ["video 0": ("avc1.64000a", 10, 2), "audio 0": ("mp4a.40.34", 40, 40)]),
        (.hevcOpus, ["video 0": ("hvc1.4.10.L30.9E.8", 10, 2), "audio 0": ("opus", 51, 51)]),
        (.av1FLAC, ["video 0": ("av01.0.00M.08", 4, 1), "audio 0": ("fLaC", 19, 19)]),
        (.av1Opus, ["video 0": ("av01.0.00M.08", 10, 2), "audio 0": ("opus", 51, 51)]),
        (.vp9AC3, ["video 0": ("vp09.01.10.08", 6, 2), "audio 0": ("ac-3", 19, 19)]),
        (.vp9EAC3, ["video 0": ("vp09.01.10.08", 4, 1), "audio 0": ("ec-3", 13, 13)]),
        (
            .multitrack,
            [
                "video 0": ("avc1.f4000a", 5, 1), "video 1": ("hvc1.4.10.L30.9E.8", 5, 1),
                "audio 0": ("mp4a.40.2", 25, 25), "audio 1": ("opus", 26, 26),
            ]
        ),
    ])
    func `ffmpeg's files give their tracks`(file: FLVCorpus, wanted: [String: (String, Int, Int)]) throws {
        var decoder = MediaTagDecoder()
        var found: [String: TrackSummary] = [:]
        for tag in try file.tags() {
            for event in try decoder.decode(tag) {
                switch event {
                case .configuration(let track, let configuration):
                    let summary = TrackSummary(codec: configuration.codecString, packets: 0, keyframes: 0)
                    found["\(track.kind) \(track.index)", default: summary].codec = configuration.codecString
                    #expect(track.kind == .audio || (configuration.width == 96 && configuration.height == 64))
                case .packet(let packet):
                    let name = "\(packet.track.kind) \(packet.track.index)"
                    found[name]?.packets += 1
                    if packet.isKeyframe { found[name]?.keyframes += 1 }
                case .omission(let omission):
                    Issue.record("\(omission)")
                }
            }
        }
        #expect(found == wanted.mapValues { TrackSummary(codec: $0.0, packets: $0.1, keyframes: $0.2) })
        #expect(decoder.droppedBeforeConfiguration == 0)
        #expect(decoder.refusedShares == 0)
    }

    @Test(arguments: FLVCorpus.allCases)
    func `What is encoded again says the same`(file: FLVCorpus) throws {
        var decoder = MediaTagDecoder()
        var again = MediaTagDecoder()
        var configurations: [TrackID: CodecConfiguration] = [:]
        let encoder = MediaTagEncoder()
        for tag in try file.tags() {
            for event in try decoder.decode(tag) {
                let parts: FLVTagParts?
                switch event {
                case .configuration(let track, let configuration):
                    configurations[track] = configuration
                    parts = encoder.configuration(
                        track,
                        configuration,
                        at: .milliseconds(Int64(tag.timestamp))
                    )
                case .omission:
                    continue
                case .packet(let packet):
                    parts = encoder.packet(
                        Packet(source: packet),
                        try #require(configurations[packet.track])
                    )
                }
                // Codings without a record say with their next frame, and VP9 with its next key frame, what they are.
                let events = try parts.map { try again.decode($0.joined) + again.flush() } ?? []
                if case .configuration(_, let configuration) = event, events.isEmpty {
                    #expect([.vp9, .mp3, .ac3, .eac3].contains(configuration.codec))
                } else {
                    #expect(events.last == event)
                }
            }
        }
    }
}

extension Packet {
    /// The packet on a clock that began with the source's.
    init(source: SourcePacket) {
        self.init(
            track: source.track,
            pts: MediaTime(microseconds: source.timestamp + source.compositionOffset),
            dts: MediaTime(microseconds: source.timestamp),
            flags: source.isKeyframe ? .keyframe : [],
            payload: source.payload
        )
    }
}
