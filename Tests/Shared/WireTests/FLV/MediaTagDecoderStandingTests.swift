import Foundation
import Media
import NIOCore
import Testing
import Toolkit
import Wire

/// A publisher's tags that another process goes on with.
@Suite struct MediaTagDecoderStandingTests {
    private static let record =
        "01640028ffe1001967640028acd940780227e5c04400000fa40003a9803c60c65801000668ebe3cb22c0fdf8f800"

    /// Pictures in order of decoding with supplemental information, AAC, and Opus on a track of its own.
    private static var tags: [FLVTag] {
        var tags = [
            FLVTag(kind: .video, timestamp: 0, body: ByteBuffer(hex: "1700000000" + Self.record)),
            FLVTag(kind: .audio, timestamp: 0, body: ByteBuffer(hex: "AF001210")),
        ]
        for index in 0..<12 {
            let isKeyframe = index % 6 == 0
            let unit = isKeyframe ? "00000004060501800000 0003658884" : "0000000406050180 00000003419a23"
            let head = isKeyframe ? "1701000028" : "2701000028"
            let time = 40 * UInt32(index)
            tags.append(FLVTag(kind: .video, timestamp: time, body: ByteBuffer(hex: head + unit)))
            tags.append(FLVTag(kind: .audio, timestamp: time, body: ByteBuffer(hex: "AF01211004")))
            // Enhanced: coded frames of one further track, Opus.
            tags.append(FLVTag(kind: .audio, timestamp: time, body: ByteBuffer(hex: "95014F70757301FC")))
        }
        return tags
    }

    private static func decode(_ tags: some Sequence<FLVTag>, _ decoder: inout MediaTagDecoder) -> [SourceEvent] {
        tags.flatMap { (try? decoder.decode($0)) ?? [] }
    }

    @Test func goesOnBehindEveryTag() throws {
        let tags = Self.tags
        var decoder = MediaTagDecoder()
        let all = Self.decode(tags, &decoder)
        var places = 0
        for end in 0...tags.count {
            var first = MediaTagDecoder()
            let before = Self.decode(tags[..<end], &first)
            guard let standing = first.standing else { continue }
            places += 1
            let read = try JSONDecoder().decode(
                MediaTagDecoder.Standing.self,
                from: try JSONEncoder().encode(standing)
            )
            var second = try #require(MediaTagDecoder(resuming: read))
            #expect(before + Self.decode(tags[end...], &second) == all, "behind tag \(end)")
        }
        // Until it is plain that messages are whole pictures there is none.
        #expect(places > tags.count - 8)
    }

    @Test func aPictureThatWaitsForMoreIsNoPlace() throws {
        var decoder = MediaTagDecoder()
        _ = try decoder.decode(Self.tags[0])
        let slice = FLVTag(kind: .video, timestamp: 0, body: ByteBuffer(hex: "170100000000000003658884"))
        _ = try decoder.decode(slice)
        #expect(decoder.standing == nil)
    }

    @Test func whatAnybodyMayHaveWrittenHarmsNobody() throws {
        var decoder = MediaTagDecoder()
        _ = Self.decode(Self.tags, &decoder)
        let written = try JSONEncoder().encode(try #require(decoder.standing))
        var mutations = MutatedText(Array(written), seed: 5)
        var survivors = 0
        for _ in 0..<2000 {
            guard let read = try? JSONDecoder().decode(MediaTagDecoder.Standing.self, from: Data(mutations.next())),
                var other = MediaTagDecoder(resuming: read)
            else { continue }
            survivors += 1
            _ = Self.decode(Self.tags.suffix(12), &other)
            _ = other.standing
        }
        #expect(survivors > 100 && survivors < 2000)
    }
}
