/// The channels on which a connection has interleaved frames (RFC 2326 section 10.12).
package struct RTSPChannelSet: Hashable, Sendable {
    private var words = SIMD4<UInt64>(repeating: 0)

    package init(_ channels: some Sequence<UInt8> = []) {
        for channel in channels { self.words[Int(channel >> 6)] |= 1 << UInt64(channel & 63) }
    }

    package func contains(_ channel: UInt8) -> Bool {
        self.words[Int(channel >> 6)] >> UInt64(channel & 63) & 1 == 1
    }

    package var isEmpty: Bool { self.words == SIMD4(repeating: 0) }
}
