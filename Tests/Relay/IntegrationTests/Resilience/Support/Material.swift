import Foundation
import NIOCore
import Toolkit
import Wire

/// A second of a real encoder's tags, to be sent any number of times.
struct Material: Sendable {
    let tags: [FLVTag]

    /// How far apart two rounds of it are, ms.
    static let length: UInt32 = 1000

    init(_ sample: Sample) async throws { try self.init(file: await sample.path()) }

    private init(file: String) throws {
        var bytes = ByteBuffer(bytes: try Data(contentsOf: URL(fileURLWithPath: file)))
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

    /// A picture of noise that stands still: its keyframe is as large as the quantiser leaves it, the rest is next to nothing.
    static func noise(size: String, quantizer: Int) async throws -> Material {
        let scratch = try Scratch("noise")
        let file = scratch.file("noise.flv").path
        try await Program.run(
            FFmpeg.system,
            ["-hide_banner", "-nostdin", "-loglevel", "error", "-f", "lavfi"]
                + ["-i", "color=gray:size=\(size):rate=30,noise=alls=100:allf=u,loop=-1:1"]
                + ["-f", "lavfi", "-i", "sine=sample_rate=44100", "-t", "1", "-c:v", "libx264", "-preset", "ultrafast"]
                + ["-pix_fmt", "yuv420p", "-threads", "1", "-g", "30", "-qp", "\(quantizer)", "-c:a", "aac", file]
        )
        return try Material(file: file)
    }

    /// Bytes of its largest tag.
    var largest: Int { self.tags.map(\.body.readableBytes).max() ?? 0 }

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
