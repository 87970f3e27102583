import Foundation
import Media
import NIOCore
import Toolkit
import Wire

/// Transport streams made by ffmpeg, and what is done to them.
enum TSMaterial {
    static func bytes(_ video: Sample.Video?, _ audio: Sample.Audio?, size: String = "320x180") async throws
        -> ByteBuffer
    {
        let path = try await Sample(video, audio, seconds: 3, size: size, container: "ts").path()
        return ByteBuffer(bytes: try Data(contentsOf: URL(fileURLWithPath: path)))
    }

    /// The sample again, multiplexed with other options.
    static func bytes(of sample: Sample, _ options: [String]) async throws -> ByteBuffer {
        let scratch = try Scratch("ts")
        let output = scratch.file("out.ts").path
        let path = try await sample.path()
        try await Program.run(
            FFmpeg.system,
            ["-loglevel", "error", "-nostdin", "-i", path, "-c", "copy"] + options + ["-f", "mpegts", output]
        )
        return ByteBuffer(bytes: try Data(contentsOf: URL(fileURLWithPath: output)))
    }

    static func packets(_ bytes: ByteBuffer) -> [ByteBuffer] {
        var rest = bytes
        var packets: [ByteBuffer] = []
        while let packet = rest.readSlice(length: 188) { packets.append(packet) }
        return packets
    }

    static func joined(_ packets: [ByteBuffer]) -> ByteBuffer {
        packets.reduce(into: ByteBuffer()) { $0.writeImmutableBuffer($1) }
    }

    static func pid(_ packet: ByteBuffer) -> Int {
        Int(packet.getInteger(at: packet.readerIndex + 1, as: UInt16.self) ?? 0) & 0x1FFF
    }

    static func startsUnit(_ packet: ByteBuffer) -> Bool {
        (packet.getInteger(at: packet.readerIndex + 1, as: UInt8.self) ?? 0) & 0x40 != 0
    }

    /// The PID that most packets have: the picture's.
    static func mainPID(_ packets: [ByteBuffer]) -> Int {
        Dictionary(grouping: packets, by: Self.pid).max { $0.value.count < $1.value.count }?.key ?? 0
    }
}

/// What came of a stream, track by track.
struct TSHarvest {
    var configurations: [TrackID: [CodecConfiguration]] = [:]
    var packets: [TrackID: [SourcePacket]] = [:]
    var omissions: [MediaOmission] = []
    var statistics = TSStatistics()

    init(_ bytes: ByteBuffer, chunk: Int = .max, _ configuration: TSDemuxer.Configuration = .init()) {
        var demuxer = TSDemuxer(configuration)
        var rest = bytes
        while rest.readableBytes > 0, let part = rest.readSlice(length: min(chunk, rest.readableBytes)) {
            self.take(demuxer.receive(part))
        }
        self.take(demuxer.flush())
        self.statistics = demuxer.statistics
    }

    private mutating func take(_ events: [SourceEvent]) {
        for event in events {
            switch event {
            case .configuration(let track, let configuration):
                self.configurations[track, default: []].append(configuration)
            case .packet(let packet): self.packets[packet.track, default: []].append(packet)
            case .omission(let omission): self.omissions.append(omission)
            }
        }
    }

    var video: [SourcePacket] { self.packets[.video] ?? [] }
    var audio: [SourcePacket] { self.packets[.audio] ?? [] }
}

extension [SourcePacket] {
    var rises: Bool { zip(self, self.dropFirst()).allSatisfy { $0.timestamp < $1.timestamp } }
}
