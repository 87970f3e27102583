import Foundation
import Media
import NIOCore
import Toolkit
import Wire

/// The pictures of a file of FLV that a decoder can begin with.
struct KeyframeReader {
    private(set) var keyframes: [ByteBuffer] = []
    private(set) var configuration: CodecConfiguration?

    init(_ file: URL) throws {
        var bytes = ByteBuffer(bytes: try Data(contentsOf: file))
        var tags = FLVTagDecoder()
        var media = MediaTagDecoder()
        while let tag = try tags.next(from: &bytes) {
            for event in try media.decode(tag) {
                switch event {
                case .configuration(_, let configuration): self.configuration = configuration
                case .packet(let packet): if packet.isKeyframe { self.keyframes.append(packet.payload) }
                case .omission: break
                }
            }
        }
    }

    /// Makes the file from what ffmpeg calls a source, ten pictures a second.
    static func encoded(
        _ source: String,
        by program: String = FFmpeg.system,
        in file: URL,
        seconds: Double = 1.2,
        _ coding: [String]
    ) async throws -> KeyframeReader {
        let arguments = ["-hide_banner", "-nostdin", "-loglevel", "error", "-y", "-filter_complex", source]
        let length = ["-t", "\(seconds)", "-g", "10", "-keyint_min", "10", "-threads", "1"]
        try await Program.run(program, arguments + length + coding + ["-f", "flv", file.path])
        return try KeyframeReader(file)
    }
}
