import Media
import NIOCore

/// MPEG audio by RFC 2250 section 3: whole frames, several in a packet, or one in several packets.
struct MPEGAudioDepacketizer: RTPDepacketizer {
    private(set) var configuration: CodecConfiguration?
    private let rate: Int

    private struct Fragment {
        var timestamp: UInt32
        var bytes: ByteBuffer
        var size: Int
    }

    private var fragment: Fragment?

    /// Frames of one packet: the shortest there are have 24 bytes.
    private static let frameLimit = 64

    init(_ encoding: RTPEncoding) {
        self.rate = encoding.clockRate
    }

    mutating func lose(into output: inout RTPDepacketizerOutput) {
        self.drop(&output)
    }

    private mutating func drop(_ output: inout RTPDepacketizerOutput) {
        if self.fragment != nil { output.damaged += 1 }
        self.fragment = nil
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
        self.drop(&output)
        var timestamp = packet.timestamp
        for _ in 0..<Self.frameLimit where bytes.readableBytes > 0 {
            guard let header = try? MPEGAudioFrameHeader(bytes) else {
                output.malformed += 1
                return
            }
            let size = header.length ?? bytes.readableBytes
            guard let frame = bytes.readSlice(length: size) else {
                self.fragment = Fragment(timestamp: timestamp, bytes: bytes, size: size)
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
        guard var fragment = self.fragment.take() else { return }
        guard fragment.timestamp == timestamp, fragment.bytes.readableBytes == offset,
            offset + bytes.readableBytes <= fragment.size
        else {
            output.damaged += 1
            return
        }
        fragment.bytes.writeImmutableBuffer(bytes)
        if fragment.bytes.readableBytes == fragment.size {
            self.give(fragment.bytes, timestamp, &output)
        } else {
            self.fragment = fragment
        }
    }

    private mutating func give(_ frame: ByteBuffer, _ timestamp: UInt32, _ output: inout RTPDepacketizerOutput) {
        guard let codec = try? MPEGAudioFrameHeader(frame).codec,
            let found = try? CodecConfiguration(accessUnit: frame, of: codec)
        else {
            output.malformed += 1
            return
        }
        var unit = RTPAccessUnit(timestamp: timestamp, payload: frame)
        if found != self.configuration {
            self.configuration = found
            unit.configuration = found
        }
        output.units.append(unit)
    }
}
