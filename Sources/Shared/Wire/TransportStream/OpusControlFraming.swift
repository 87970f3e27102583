import Media
import NIOCore

/// Opus packets behind the control header that "Opus in MPEG-TS" puts before each.
struct OpusControlFraming: Sendable {
    private let configuration: CodecConfiguration?

    init(channels: Int) {
        self.configuration = OpusHead(channels: channels).flatMap {
            try? CodecConfiguration(record: $0.record, of: .opus)
        }
    }

    func next(from bytes: inout ByteBuffer) -> AudioFramingStep {
        guard let prefix = bytes.getInteger(at: bytes.readerIndex, as: UInt16.self) else { return .incomplete }
        guard Self.isSync(prefix) else {
            bytes.skipToSync(Self.isSync)
            return .skipped
        }
        var reader = bytes
        guard let payload = Self.payload(&reader) else { return .incomplete }
        bytes = reader
        guard let samples = OpusPacket.samples(payload) else { return .skipped }
        return .frame(
            AudioFrame(
                payload: payload,
                samples: samples,
                rate: OpusHead.sampleRate,
                configuration: self.configuration
            )
        )
    }

    private static func isSync(_ word: UInt16) -> Bool { word & 0xFFE0 == 0x7FE0 }

    /// Reads a control header and the packet behind it; nil where more has to come.
    private static func payload(_ reader: inout ByteBuffer) -> ByteBuffer? {
        guard let prefix = reader.readInteger(as: UInt16.self) else { return nil }
        // The size is a sum of bytes, of which the last is less than 255.
        var size = 0
        while true {
            guard let part = reader.readInteger(as: UInt8.self) else { return nil }
            size += Int(part)
            if part < 255 { break }
        }
        let hasStartTrim = prefix & 0x10 != 0
        let hasEndTrim = prefix & 0x08 != 0
        guard reader.readSlice(length: (hasStartTrim ? 2 : 0) + (hasEndTrim ? 2 : 0)) != nil else { return nil }
        let hasExtension = prefix & 0x04 != 0
        if hasExtension {
            guard let length = reader.readInteger(as: UInt8.self), reader.readSlice(length: Int(length)) != nil else {
                return nil
            }
        }
        return reader.readSlice(length: size)
    }
}
