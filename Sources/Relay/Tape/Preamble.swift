package import Media
package import NIOCore

/// What a viewer needs before the bytes of a wire tape: headers that lie on no tape.
package struct Preamble: Hashable, Sendable {
    /// Sent to a new viewer before its join point.
    package var opening: ByteBuffer

    /// Sent instead to a viewer that skipped from a place where another preamble was in force.
    package var refresh: ByteBuffer

    /// Whether a viewer that began with another preamble can go on with this one. Where it cannot (a progressive MP4's
    /// `moov` comes once), such viewers are ended when they have all that was written before.
    package var continuable: Bool

    /// Tells preambles apart that viewers get elsewhere, as in a session description.
    package var identity: UInt64

    package init(
        opening: ByteBuffer = ByteBuffer(),
        refresh: ByteBuffer = ByteBuffer(),
        continuable: Bool = true,
        identity: UInt64 = 0
    ) {
        self.opening = opening
        self.refresh = refresh
        self.continuable = continuable
        self.identity = identity
    }
}

extension Preamble {
    /// Tells preambles apart in any process: FNV-1a (draft-eastlake-fnv-17) of all that is in it. Never 0.
    package var fingerprint: UInt64 {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        func mix(_ byte: UInt8) { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        for byte in self.opening.readableBytesView { mix(byte) }
        for byte in self.refresh.readableBytesView { mix(byte) }
        for shift in stride(from: 0, to: 64, by: 8) { mix(UInt8(truncatingIfNeeded: self.identity >> UInt64(shift))) }
        mix(self.continuable ? 1 : 0)
        return max(hash, 1)
    }
}

/// A place on a wire tape where a viewer can begin.
package struct JoinPoint: Hashable, Sendable {
    /// Absolute offset of the first byte to send.
    package let offset: UInt64

    /// The record that begins there.
    package let sequence: UInt64

    /// µs on the stream's clock.
    package let time: MediaTime

    package let preamble: Preamble

    /// ``Preamble/fingerprint`` of it.
    package let fingerprint: UInt64

    /// The offset of the first join with this preamble; who was sent bytes from before it needs
    /// ``Preamble/refresh``, unless it was sent everything up to here.
    package let preambleOffset: UInt64
}
