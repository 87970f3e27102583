package import NIOCore

/// Takes frames of MPEG audio of any layer off bytes: ISO/IEC 11172-3 section 2.4.1.
package struct MPEGAudioFraming: Sendable {
    /// The last frame's header and what it made, so that each of the same is not read anew.
    private var known: (header: UInt32, configuration: CodecConfiguration)?

    /// Of a header: version, layer, rate and channels.
    private static let codingMask: UInt32 = 0xFFFE_0CC0

    package init() {}

    package mutating func next(from bytes: inout ByteBuffer) -> AudioFramingStep {
        guard let word = bytes.getInteger(at: bytes.readerIndex, as: UInt32.self) else { return .incomplete }
        // Frames in the free format do not say where they end.
        guard let header = try? MPEGAudioFrameHeader(bytes), let length = header.length else {
            bytes.skipToSync { $0 & 0xFFE0 == 0xFFE0 }
            return .skipped
        }
        guard let payload = bytes.readSlice(length: length) else { return .incomplete }
        let configuration = self.configuration(word & Self.codingMask, payload, header.codec)
        return .frame(
            AudioFrame(
                payload: payload,
                samples: header.samples,
                rate: header.sampleRate,
                configuration: configuration
            )
        )
    }

    private mutating func configuration(_ header: UInt32, _ frame: ByteBuffer, _ codec: Codec) -> CodecConfiguration? {
        if let known = self.known, known.header == header { return known.configuration }
        guard let made = try? CodecConfiguration(accessUnit: frame, of: codec) else { return nil }
        self.known = (header, made)
        return made
    }
}
