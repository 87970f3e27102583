package import NIOCore

/// Takes access units of AC-3 and of Enhanced AC-3 off bytes. Which of the two it is each frame says.
package enum AC3Framing {
    package static func next(from bytes: inout ByteBuffer) -> AudioFramingStep {
        switch AC3AccessUnit.first(in: bytes) {
        case .incomplete: return .incomplete
        case .nothing:
            bytes.skipToSync { $0 == AC3AccessUnit.sync }
            return .skipped
        case .orphan(let length):
            bytes.moveReaderIndex(forwardBy: length)
            return .skipped
        case .unit(let unit):
            guard let payload = bytes.getSlice(at: bytes.readerIndex, length: unit.length) else { return .incomplete }
            bytes.moveReaderIndex(forwardBy: unit.stride)
            let codec = unit.header.isEnhanced ? Codec.eac3 : .ac3
            return .frame(
                AudioFrame(
                    payload: payload,
                    samples: unit.samples,
                    rate: unit.header.sampleRate,
                    configuration: try? CodecConfiguration(accessUnit: payload, of: codec)
                )
            )
        }
    }
}
