import Foundation
import Media
import NIOCore
import Toolkit
import Wire

/// A sample read as a relay reads a publisher: configurations and packets, on a clock that starts where a test says.
struct Recording: Sendable {
    var path: String
    var configurations: [(TrackID, CodecConfiguration)] = []
    var packets: [Packet] = []

    init(_ sample: Sample, from start: MediaTime = .zero) async throws {
        self.path = try await sample.path()
        var bytes = ByteBuffer(bytes: try Data(contentsOf: URL(fileURLWithPath: self.path)))
        var tags = FLVTagDecoder()
        var media = MediaTagDecoder()
        while let tag = try tags.next(from: &bytes) {
            for event in try media.decode(tag) { self.take(event, start) }
        }
    }

    private mutating func take(_ event: SourceEvent, _ start: MediaTime) {
        switch event {
        case .configuration(let track, let configuration):
            if !self.configurations.contains(where: { $0.0 == track }) {
                self.configurations.append((track, configuration))
            }
        case .packet(let packet):
            let dts = start + MediaTime(microseconds: packet.timestamp)
            self.packets.append(
                Packet(
                    track: packet.track,
                    pts: dts + MediaTime(microseconds: packet.compositionOffset),
                    dts: dts,
                    flags: packet.isKeyframe ? .keyframe : [],
                    payload: packet.payload
                )
            )
        case .omission:
            break
        }
    }

    var firstUnits: [TrackID: ByteBuffer] {
        Dictionary(self.packets.map { ($0.track, $0.payload) }) { first, _ in first }
    }

    func packets(of kind: TrackKind) -> [Packet] { self.packets.filter { $0.track.kind == kind } }

    /// Indices of packets at which a decoder of the picture can start.
    var joins: [Int] {
        self.packets.indices.filter { index in
            self.packets[index].track.kind == .video && self.packets[index].flags.contains(.keyframe)
        }
    }
}

/// Hashes of a file's packets as ffmpeg copies them.
func copiedPackets(of path: String, kind: String, program: String) async throws -> [String] {
    let result = try await Program.run(
        program,
        ["-hide_banner", "-nostdin", "-loglevel", "error", "-i", path, "-map", "0:\(kind)", "-c", "copy"]
            + ["-f", "framemd5", "-"]
    )
    // stream, dts, pts, duration, size, hash, and then side data where there is any
    return result.outputText.split(separator: "\n").filter { !$0.hasPrefix("#") }.compactMap { line in
        line.split(separator: ",").dropFirst(5).first.map { $0.trimmingCharacters(in: .whitespaces) }
    }
}

/// The hashes of a sample's packets as ffmpeg itself would put them into MP4: without AV1's temporal delimiters.
func packetsForMP4(of path: String, kind: String, in scratch: Scratch) async throws -> [String] {
    let modern = try await FFmpeg.modern()
    let reference = scratch.file("reference-\(kind).mp4").path
    let copy = ["-map", "0:\(kind)", "-c", "copy", "-strict", "experimental", reference]
    try await Program.run(modern, ["-nostdin", "-loglevel", "error", "-i", path] + copy)
    return try await copiedPackets(of: reference, kind: kind, program: FFmpeg.system)
}

extension ByteBuffer {
    mutating func append(_ other: ByteBuffer) { self.writeImmutableBuffer(other) }
}
