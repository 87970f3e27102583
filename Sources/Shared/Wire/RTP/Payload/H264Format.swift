import Encodings
import Media
import NIOCore

/// RFC 6184. Interleaved mode is read in the order of arrival: nothing known sends it.
enum H264Format: NALFormat {
    static var codec: Codec { .h264 }

    static func content(_ payload: ByteBuffer, _ options: NALFormatOptions) -> NALContent? {
        let start = payload.readerIndex
        guard let first = payload.getInteger(at: start, as: UInt8.self) else { return nil }
        switch first & 0x1F {
        // A type of 0 is that of a start code's first zero.
        case 0...23:
            return .unit(payload)
        case 24:
            return self.aggregate(payload, skip: 1)
        case 25:
            return self.aggregate(payload, skip: 3)
        case 28:
            return self.fragment(payload, first, skip: 2)
        case 29:
            // The order number stands in the first fragment, which is the only FU-B there is.
            return self.fragment(payload, first, skip: 4)
        case 26, 27:
            return nil
        default:
            return .nothing
        }
    }

    /// STAP-A and STAP-B: section 5.7.1.
    private static func aggregate(_ payload: ByteBuffer, skip: Int) -> NALContent? {
        var rest = payload
        guard rest.readableBytes > skip else { return nil }
        rest.moveReaderIndex(forwardBy: skip)
        return NALContent(aggregated: &rest, skip: 0)
    }

    /// FU-A and FU-B: section 5.8.
    private static func fragment(_ payload: ByteBuffer, _ indicator: UInt8, skip: Int) -> NALContent? {
        guard let header = payload.getInteger(at: payload.readerIndex + 1, as: UInt8.self),
            let bytes = payload.getSlice(at: payload.readerIndex + skip, length: payload.readableBytes - skip)
        else { return nil }
        let unit = ByteBuffer(integer: indicator & 0xE0 | header & 0x1F)
        return .fragment(header: unit, bytes, isFirst: header & 0x80 != 0, isLast: header & 0x40 != 0)
    }

    static func startsAccessUnit(_ payload: ByteBuffer, _ options: NALFormatOptions) -> Bool {
        let start = payload.readerIndex
        guard let first = payload.getInteger(at: start, as: UInt8.self),
            let second = payload.getInteger(at: start + 1, as: UInt8.self)
        else { return false }
        switch first & 0x1F {
        case 24: return self.starts(payload, at: start + 3)
        case 25: return self.starts(payload, at: start + 5)
        case 28 where second & 0x80 != 0: return self.starts(kind: second & 0x1F, payload, content: start + 2)
        case 29 where second & 0x80 != 0: return self.starts(kind: second & 0x1F, payload, content: start + 4)
        default: return self.starts(payload, at: start)
        }
    }

    private static func starts(_ payload: ByteBuffer, at index: Int) -> Bool {
        guard let header = payload.getInteger(at: index, as: UInt8.self) else { return false }
        return self.starts(kind: header & 0x1F, payload, content: index + 1)
    }

    /// A delimiter, a sequence parameter set, supplemental information, or the slice whose `first_mb_in_slice` is 0.
    private static func starts(kind: UInt8, _ payload: ByteBuffer, content: Int) -> Bool {
        switch kind {
        case 6, 7, 9: true
        case 1, 2, 5: (payload.getInteger(at: content, as: UInt8.self) ?? 0) & 0x80 != 0
        default: false
        }
    }

    static func isPicture(_ unit: ByteBuffer) -> Bool {
        unit.getInteger(at: unit.readerIndex, as: UInt8.self).map { (1...5).contains($0 & 0x1F) } ?? false
    }

    /// Section 8.1: base64 between commas. Cameras leave it empty or cut it short; what cannot be read is not there.
    static func parameterSets(_ parameters: FormatParameters) -> [ByteBuffer] {
        (parameters["sprop-parameter-sets"] ?? "").parts(at: ",").prefix(NALFormatOptions.unitLimit)
            .compactMap { Base64.decode($0).map { ByteBuffer(bytes: $0) } }
    }
}
