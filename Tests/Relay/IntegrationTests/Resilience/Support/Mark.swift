import Foundation
import NIOCore
import Wire

/// A number in a picture's supplemental information (ITU-T H.264 annex D.1.6), by which a viewer's bytes tell which
/// publisher they came from, whatever they were muxed to.
enum Mark {
    private static let words = Array("transponder-mark:".utf8)
    private static let digits = 8

    /// The number as a user data unit, with the length in front of it that AVC samples have.
    private static func unit(_ number: Int) -> ByteBuffer {
        self.unit(self.words + Array(String(format: "%08d", number).utf8))
    }

    private static func unit(_ text: [UInt8]) -> ByteBuffer {
        let payload = [UInt8](repeating: 0x55, count: 16) + text
        // A size is a sum of bytes, of which all but the last are 255 (section 7.3.2.3.1).
        let size = [UInt8](repeating: 0xFF, count: payload.count / 255) + [UInt8(payload.count % 255)]
        let unit = [0x06, 0x05] + size + payload + [0x80]
        var bytes = ByteBuffer(integer: UInt32(unit.count))
        bytes.writeBytes(unit)
        return bytes
    }

    /// The tag with the number in it; tags of anything but pictures of H.264 stay as they are.
    static func put(_ number: Int, into tag: FLVTag) -> FLVTag {
        self.put(self.unit(number), into: tag)
    }

    /// A keyframe that is larger by so many bytes, which mean nothing.
    static func pad(_ tag: FLVTag, by count: Int) -> FLVTag {
        guard tag.body.readableBytesView.first == 0x17 else { return tag }
        return self.put(self.unit([UInt8](repeating: 0x20, count: count)), into: tag)
    }

    private static func put(_ unit: ByteBuffer, into tag: FLVTag) -> FLVTag {
        guard tag.kind == .video, tag.body.readableBytes > 5, tag.isCoded else { return tag }
        var marked = tag
        var body = tag.body
        marked.body = ByteBuffer()
        marked.body.writeImmutableBuffer(body.readSlice(length: 5) ?? ByteBuffer())
        marked.body.writeImmutableBuffer(unit)
        marked.body.writeImmutableBuffer(body)
        return marked
    }

    /// The numbers in bytes of any format that keeps them in one piece.
    static func all(in bytes: [UInt8]) -> [Int] {
        let length = self.words.count + self.digits
        var found: [Int] = []
        var at = 0
        while at + length <= bytes.count {
            if bytes[at] == self.words[0], bytes[at..<at + self.words.count].elementsEqual(self.words) {
                let digits = String(decoding: bytes[at + self.words.count..<at + length], as: UTF8.self)
                if let number = Int(digits) { found.append(number) }
                at += length
            } else {
                at += 1
            }
        }
        return found
    }
}

extension FLVTag {
    /// Whether it carries a frame, rather than a configuration or an end.
    var isCoded: Bool {
        let view = self.body.readableBytesView
        guard let first = view.first, let second = view.dropFirst().first else { return false }
        switch self.kind {
        case .video: return first & 0x0F == 7 && second == 1
        case .audio: return first >> 4 == 10 && second == 1
        case .script: return false
        }
    }

    var isConfiguration: Bool {
        let view = self.body.readableBytesView
        guard let first = view.first, let second = view.dropFirst().first else { return false }
        switch self.kind {
        case .video: return first & 0x0F == 7 && second == 0
        case .audio: return first >> 4 == 10 && second == 0
        case .script: return false
        }
    }
}
