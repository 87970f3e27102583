import NIOCore
import NIOHTTP1
package import Streams
import Web

/// What is answered for a segment that a playlist named and that nobody has any more: the relay that had it is dead, or
/// the player is too slow.
///
/// To most players it is not there (404): they leave it out, or ask again and then leave it out. Chromium's own HLS player
/// ends for good when it cannot have a segment, whatever the status that says so. It is the one that asks for all media
/// by range; who does is given a segment with nothing in it, padding of the container format, and goes on with the
/// segment behind it. The range is ignored, as a server may (RFC 9110 section 14.2): the rest of a segment that was cut
/// off is asked for in the same way, and a range that lies outside ends that player as well.
package enum LostMedia {
    /// Whether there may have been such a segment: numbers rise, and never go beyond the seconds of the wall clock.
    package static func isPast(_ number: UInt64, first: UInt64?, now: Now) -> Bool {
        if let first { return number < first }
        return number <= UInt64(clamping: now.wall / 1_000_000)
    }

    static func reply(_ sentence: String, _ format: SegmentFormat, isPast: Bool, range: String?) -> HTTPReply {
        guard isPast, range != nil else { return .sentence(.notFound, sentence) }
        return HTTPReply(.ok, contentType: format.contentType, body: ByteBuffer(bytes: Self.padding(format)))
    }

    private static func padding(_ format: SegmentFormat) -> [UInt8] {
        switch format {
        // A null packet (ISO/IEC 13818-1 section 2.4.3.3, PID 0x1FFF).
        case .ts: [0x47, 0x1f, 0xff, 0x10] + [UInt8](repeating: 0xff, count: 184)
        // An empty `free` box (ISO/IEC 14496-12 section 8.1.2).
        case .mp4, .sound: [0, 0, 0, 8] + Array("free".utf8)
        }
    }
}
