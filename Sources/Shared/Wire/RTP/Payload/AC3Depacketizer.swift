import Media
import NIOCore

/// AC-3 by RFC 4184 and Enhanced AC-3 by RFC 4598, which differ in two bits: whole frames, several in a packet, or one in
/// several packets.
struct AC3Depacketizer: RTPDepacketizer {
    private let codec: Codec
    private let rate: Int
    /// A fragment wants so many packets more.
    private var frames = SoundFrames()

    /// What a payload begins with: section 4.1 of both.
    private enum Form {
        case frames
        /// One of that many; nil where it does not tell whether it is the first.
        case fragment(of: Int, isFirst: Bool?)
    }

    /// - Parameters:
    ///   - codec: one of the two.
    ///   - encoding: whose clock is that of the samples.
    init(_ codec: Codec, _ encoding: RTPEncoding) {
        self.codec = codec
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
        guard let head = bytes.readInteger(as: UInt16.self), bytes.readableBytes > 0 else {
            output.malformed += 1
            return
        }
        switch self.form(head) {
        case .frames:
            self.frames.drop(&output)
            self.give(bytes, packet.timestamp, &output)
        case .fragment(let count, let isFirst):
            let follows = self.frames.fragment?.timestamp == packet.timestamp
            if isFirst ?? !follows {
                self.frames.drop(&output)
                // Without a sync word it is what a loss left over of one that tells no more.
                guard bytes.getInteger(at: bytes.readerIndex, as: UInt16.self) == AC3AccessUnit.sync, count > 1 else {
                    return
                }
                self.frames.fragment = .init(timestamp: packet.timestamp, bytes: bytes, wanted: count - 1)
            } else if follows {
                self.go(on: bytes, &output)
            } else {
                self.frames.drop(&output)
            }
        }
    }

    private func form(_ head: UInt16) -> Form {
        let count = Int(head & 0xFF)
        if self.codec == .eac3 { return head & 0x100 == 0 ? .frames : .fragment(of: count, isFirst: nil) }
        let type = head >> 8 & 3
        return type == 0 ? .frames : .fragment(of: count, isFirst: type < 3)
    }

    private mutating func go(on bytes: ByteBuffer, _ output: inout RTPDepacketizerOutput) {
        guard var fragment = self.frames.fragment.take() else { return }
        fragment.bytes.writeImmutableBuffer(bytes)
        fragment.wanted -= 1
        if fragment.wanted == 0 {
            self.give(fragment.bytes, fragment.timestamp, &output)
        } else {
            self.frames.fragment = fragment
        }
    }

    /// Gives out frames that follow each other without anything between them. How many they are the frames know better
    /// than the payload's header, which some senders count in substreams.
    private mutating func give(_ bytes: ByteBuffer, _ timestamp: UInt32, _ output: inout RTPDepacketizerOutput) {
        var rest = bytes
        var timestamp = timestamp
        while rest.readableBytes > 0 {
            guard case .unit(let found) = AC3AccessUnit.first(in: rest),
                let frame = rest.getSlice(at: rest.readerIndex, length: found.length),
                let configuration = try? CodecConfiguration(accessUnit: frame, of: self.codec)
            else {
                output.malformed += 1
                return
            }
            rest.moveReaderIndex(forwardBy: found.stride)
            self.frames.give(frame, timestamp, configuration, &output)
            timestamp &+= UInt32(truncatingIfNeeded: found.samples * self.rate / max(1, found.header.sampleRate))
        }
    }
}
