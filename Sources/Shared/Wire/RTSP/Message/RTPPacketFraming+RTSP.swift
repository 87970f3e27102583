import NIOCore

extension RTPPacketFraming {
    /// Packets as they are interleaved with RTSP (RFC 2326 section 10.12): `$`, the channel and the length in front of each.
    package static let interleaved = RTPPacketFraming(overhead: 4) { channel, length, bytes in
        bytes.writeMultipleIntegers(RTSPMessageDecoder.frameMark, channel, UInt16(truncatingIfNeeded: length))
    }
}
