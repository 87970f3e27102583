import Media
import NIOCore

/// MPEG audio by RFC 2250 section 3: whole frames, several in a packet, or one in several packets.
struct MPEGAudioDepacketizer: RTPDepacketizer {
    private let rate: Int
    /// A fragment wants so many bytes in all.
    private var frames = SoundFrames()

    /// Frames of one packet: the shortest there are have 24 bytes.
    private static let frameLimit = 64

    init(_ encoding: RTPEncoding) {
        self.rate = encoding.clockRate
    }

    var configuration: CodecConfiguration? { self.frames.configuration }

    var standing: RTPDepacketizerStanding? { self.frames.standing }

    mutating func resume(_ standing: RTPDepacketizerStanding) { self.frames.resume(standing) }

    mutating func lose(into output: inout RTPDepacketizerOutput) {
        self.frames.drop(&output)
    }

    mutating func receive(_ packet: RTPPacket, into output: inout RTPDepacketizerOutput) {
        guard packet.payload.readableBytes > 0 else { return }
        var bytes = packet.payload
        guard let head = bytes.readInteger(as: UInt32.self), bytes.readableBytes > 0 else {
            output.malformed += 1
            return
        }
        let offset = Int(head & 0xFFFF)
        if offset > 0 {
            self.go(on: bytes, at: offset, packet.timestamp, &output)
            return
        }
        self.frames.drop(&output)
        var timestamp = packet.timestamp
        for _ in 0..<Self.frameLimit where bytes.readableBytes > 0 {
            guard let header = try? MPEGAudioFrameHeader(bytes) else {
                output.malformed += 1
                return
            }
            let size = header.length ?? bytes.readableBytes
            guard let frame = bytes.readSlice(length: size) else {
                self.frames.fragment = .init(timestamp: timestamp, bytes: bytes, wanted: size)
                return
            }
            self.give(frame, timestamp, &output)
            timestamp &+= UInt32(truncatingIfNeeded: header.samples * self.rate / max(1, header.sampleRate))
        }
    }

    private mutating func go(
        on bytes: ByteBuffer,
        at offset: Int,
        _ timestamp: UInt32,
        _ output: inout RTPDepacketizerOutput
    ) {
        // Without a beginning it is what a loss left over.
        guard var fragment = self.frames.fragment.take() else { return }
        guard fragment.timestamp == timestamp, fragment.bytes.readableBytes == offset,
            offset + bytes.readableBytes <= fragment.wanted
        else {
            output.damaged += 1
            return
        }
        fragment.bytes.writeImmutableBuffer(bytes)
        if fragment.bytes.readableBytes == fragment.wanted {
            self.give(fragment.bytes, timestamp, &output)
        } else {
            self.frames.fragment = fragment
        }
    }

    private mutating func give(_ frame: ByteBuffer, _ timestamp: UInt32, _ output: inout RTPDepacketizerOutput) {
        guard let codec = try? MPEGAudioFrameHeader(frame).codec,
            let found = try? CodecConfiguration(accessUnit: frame, of: codec)
        else {
            output.malformed += 1
            return
        }
        self.frames.give(frame, timestamp, found, &output)
    }
}
