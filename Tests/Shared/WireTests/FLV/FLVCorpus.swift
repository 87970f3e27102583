import Foundation
import NIOCore
import Testing
import Wire

/// Small files, each written by ffmpeg from its own test sources; the names say codings and, for 5.1, the version.
enum FLVCorpus: String, CaseIterable, CustomTestStringConvertible {
    case h264AAC = "h264-aac"
    case h264AAC51 = "h264-aac-51"
    case h264MP351 = "h264-mp3-51"
    case hevcOpus = "hevc-opus"
    case av1FLAC = "av1-flac"
    case av1Opus = "av1-opus51"
    case vp9AC3 = "vp9-ac3"
    case vp9EAC3 = "vp9-eac3"
    case multitrack

    var testDescription: String { self.rawValue }

    func bytes() throws -> ByteBuffer {
        let url = try #require(
            Bundle.module.url(forResource: self.rawValue, withExtension: "flv", subdirectory: "Corpus/flv")
        )
        return ByteBuffer(bytes: try Data(contentsOf: url))
    }

    func tags() throws -> [FLVTag] {
        var bytes = try self.bytes()
        var decoder = FLVTagDecoder()
        var tags: [FLVTag] = []
        while let tag = try decoder.next(from: &bytes) { tags.append(tag) }
        return tags
    }
}
