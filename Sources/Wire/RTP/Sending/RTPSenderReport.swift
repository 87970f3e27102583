package import NIOCore

/// A compound RTCP packet of a sender: its report and its name (RFC 3550 sections 6.4.1 and 6.5), framed for the track's
/// report channel.
package struct RTPSenderReport: Sendable {
    /// µs since 1970-01-01 UTC.
    package var wallClock: Int64
    /// The same instant in the track's timestamps.
    package var timestamp: UInt32
    package var packets: UInt32
    package var octets: UInt32

    package init(wallClock: Int64, timestamp: UInt32, packets: UInt32, octets: UInt32) {
        self.wallClock = wallClock
        self.timestamp = timestamp
        self.packets = packets
        self.octets = octets
    }

    /// Seconds from 1900, where NTP counts from, to 1970.
    private static let epoch: Int64 = 2_208_988_800

    /// RFC 3550 section 4: seconds and their fraction in 32 bits each.
    package static func networkTime(_ wallClock: Int64) -> UInt64 {
        let (seconds, rest) = max(wallClock, 0).quotientAndRemainder(dividingBy: 1_000_000)
        let fraction = (UInt64(rest) << 32) / 1_000_000
        return UInt64(truncatingIfNeeded: seconds &+ Self.epoch) << 32 | fraction
    }

    package func write(from track: RTPOutgoingTrack, name: String, into frames: inout ByteBuffer) {
        let text = Array(name.utf8.prefix(255))
        // SSRC, the item, and at least one zero that ends the list, filled up to a whole word.
        let chunk = (4 + 2 + text.count + 4) & ~3
        let size = 28 + 4 + chunk
        frames.writeMultipleIntegers(UInt8(ascii: "$"), track.reportChannel, UInt16(truncatingIfNeeded: size))
        frames.writeMultipleIntegers(UInt8(0x80), UInt8(200), UInt16(6), track.synchronizationSource)
        frames.writeMultipleIntegers(Self.networkTime(self.wallClock), self.timestamp, self.packets, self.octets)
        frames.writeMultipleIntegers(UInt8(0x81), UInt8(202), UInt16(truncatingIfNeeded: chunk / 4))
        frames.writeMultipleIntegers(track.synchronizationSource, UInt8(1), UInt8(truncatingIfNeeded: text.count))
        frames.writeBytes(text)
        frames.writeRepeatingByte(0, count: chunk - 6 - text.count)
    }
}
