import Foundation
import NIOCore
import Toolkit
import Wire

/// A second of a real encoder's tags, to be sent any number of times.
struct Material: Sendable {
    let tags: [FLVTag]

    /// How far apart two rounds of it are, ms.
    static let length: UInt32 = 1000

    init(_ sample: Sample) async throws {
        var bytes = ByteBuffer(bytes: try Data(contentsOf: URL(fileURLWithPath: try await sample.path())))
        var decoder = FLVTagDecoder()
        var tags: [FLVTag] = []
        while let tag = try decoder.next(from: &bytes) { tags.append(tag) }
        self.tags = tags
    }

    /// H.264 with B-frames and AAC; H.264 of another profile and size and AAC at another rate; H.264 alone.
    static func alternatives() async throws -> [Material] {
        [
            try await Material(Sample(.h264, .aac, seconds: 1, size: "320x180", sampleRate: 44_100)),
            try await Material(Sample(.h264Baseline, .aac, seconds: 1, size: "426x240", sampleRate: 48_000)),
            try await Material(Sample(.h264, nil, seconds: 1, size: "320x180")),
        ]
    }

    static func usual() async throws -> Material {
        try await Material(Sample(.h264, .aac, seconds: 1, size: "320x180", sampleRate: 44_100))
    }

    var pictures: Int { self.tags.filter { $0.kind == .video && $0.isCoded }.count }

    /// Metadata and sequence headers, as an encoder sends them once, at the start.
    var headers: [FLVTag] { self.tags.filter { $0.kind == .script || $0.isConfiguration } }

    /// The frames with a number in each picture, later by so many rounds.
    func frames(marked number: Int, round: Int = 0) -> [FLVTag] {
        self.tags.filter(\.isCoded).map { tag in
            var tag = Mark.put(number, into: tag)
            tag.timestamp += UInt32(round) * Self.length
            return tag
        }
    }

    /// What a publisher that comes, sends a second and goes sends.
    func whole(marked number: Int) -> [FLVTag] { self.headers + self.frames(marked: number) }
}
