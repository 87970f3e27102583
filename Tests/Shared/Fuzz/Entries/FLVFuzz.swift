import Media
import NIOCore
import Wire

/// A file where it begins as one; otherwise tags, each with a byte for its kind and two for its length.
enum FLVFuzz {
    static func run(_ input: ByteBuffer) {
        if input.getInteger(at: input.readerIndex) == UInt8(ascii: "F") {
            let whole = self.tags(of: input, piece: .max)
            precondition(whole == self.tags(of: input, piece: 7), "a file cut in pieces reads as another")
            self.decode(whole)
        } else {
            self.decode(self.bareTags(input))
        }
    }

    /// The tags up to the first error.
    private static func tags(of file: ByteBuffer, piece: Int) -> [FLVTag] {
        var rest = file
        var decoder = FLVTagDecoder()
        var unread = ByteBuffer()
        var tags: [FLVTag] = []
        while let bytes = rest.readSlice(length: min(piece, rest.readableBytes)), bytes.readableBytes > 0 {
            unread.writeImmutableBuffer(bytes)
            do {
                while let tag = try decoder.next(from: &unread) {
                    tags.append(tag)
                }
            } catch {
                break
            }
        }
        return tags
    }

    private static func bareTags(_ input: ByteBuffer) -> [FLVTag] {
        var input = input
        var tags: [FLVTag] = []
        while let kind: UInt8 = input.readInteger(), let length: UInt16 = input.readInteger() {
            let body = input.readSlice(length: min(Int(length), input.readableBytes)) ?? ByteBuffer()
            let kinds: [FLVTag.Kind] = [.audio, .video, .video, .script]
            tags.append(FLVTag(kind: kinds[Int(kind & 3)], timestamp: UInt32(kind) << 24, body: body))
        }
        return tags
    }

    /// Decodes tags, and encodes what they said as a stream would be sent on.
    static func decode(_ tags: [FLVTag]) {
        var decoder = MediaTagDecoder()
        let encoder = MediaTagEncoder()
        var configurations: [TrackID: CodecConfiguration] = [:]
        var bytes = ByteBuffer()
        for tag in tags {
            for event in (try? decoder.decode(tag)) ?? [] {
                let parts: FLVTagParts?
                switch event {
                case .configuration(let track, let configuration):
                    configurations[track] = configuration
                    parts = encoder.configuration(track, configuration, at: .zero)
                case .omission:
                    continue
                case .packet(let packet):
                    guard let configuration = configurations[packet.track] else {
                        preconditionFailure("a packet came before its configuration")
                    }
                    let time = MediaTime(microseconds: packet.timestamp)
                    let sent = Packet(
                        track: packet.track,
                        pts: MediaTime(microseconds: packet.timestamp + packet.compositionOffset),
                        dts: time,
                        flags: packet.isKeyframe ? .keyframe : [],
                        payload: packet.payload
                    )
                    parts = encoder.packet(sent, configuration)
                }
                if let parts, parts.bodyLength <= FLVTagEncoder.longestBody {
                    RTMPChunkEncoder().write(parts, into: &bytes)
                    bytes.clear()
                }
            }
        }
    }
}
