import Encodings
import Media
import NIOCore

/// RFC 7798. Order numbers are passed over: what arrives is decoded in the order of its sequence numbers, as everything
/// known sends it.
enum H265Format: NALFormat {
    static var codec: Codec { .hevc }

    private static func kind(_ payload: ByteBuffer, at index: Int) -> UInt8? {
        payload.getInteger(at: index, as: UInt8.self).map { $0 >> 1 & 0x3F }
    }

    static func content(_ payload: ByteBuffer, _ options: NALFormatOptions) -> NALContent? {
        let start = payload.readerIndex
        guard payload.readableBytes > 2, let kind = self.kind(payload, at: start) else { return nil }
        switch kind {
        case 0..<48:
            return self.single(payload, options)
        case 48:
            return self.aggregate(payload, options)
        case 49:
            return self.fragment(payload, options)
        default:
            // PACI packets (section 4.4.4) carry extensions nobody sends; 51 and up are reserved.
            return .nothing
        }
    }

    private static func single(_ payload: ByteBuffer, _ options: NALFormatOptions) -> NALContent? {
        guard options.hasOrderNumbers else { return .unit(payload) }
        let start = payload.readerIndex
        guard var unit = payload.getSlice(at: start, length: 2),
            let rest = payload.getSlice(at: start + 4, length: payload.readableBytes - 4)
        else { return nil }
        unit.writeImmutableBuffer(rest)
        return .unit(unit)
    }

    /// Section 4.4.2.
    private static func aggregate(_ payload: ByteBuffer, _ options: NALFormatOptions) -> NALContent? {
        var rest = payload
        rest.moveReaderIndex(forwardBy: 2)
        return NALContent(aggregated: &rest, skip: options.hasOrderNumbers ? 2 : 0)
    }

    /// Section 4.4.3.
    private static func fragment(_ payload: ByteBuffer, _ options: NALFormatOptions) -> NALContent? {
        let start = payload.readerIndex
        guard let header = payload.getInteger(at: start, as: UInt16.self),
            let part = payload.getInteger(at: start + 2, as: UInt8.self)
        else { return nil }
        let isFirst = part & 0x80 != 0
        let skip = isFirst && options.hasOrderNumbers ? 5 : 3
        guard let bytes = payload.getSlice(at: start + skip, length: payload.readableBytes - skip) else { return nil }
        let unit = ByteBuffer(integer: header & 0x81FF | UInt16(part & 0x3F) << 9)
        return .fragment(header: unit, bytes, isFirst: isFirst, isLast: part & 0x40 != 0)
    }

    static func startsAccessUnit(_ payload: ByteBuffer, _ options: NALFormatOptions) -> Bool {
        let start = payload.readerIndex
        let order = options.hasOrderNumbers ? 2 : 0
        guard let kind = self.kind(payload, at: start) else { return false }
        switch kind {
        case 48:
            let unit = start + 2 + order + 2
            guard let first = self.kind(payload, at: unit) else { return false }
            return self.starts(kind: first, payload, content: unit + 2)
        case 49:
            guard let part = payload.getInteger(at: start + 2, as: UInt8.self), part & 0x80 != 0 else { return false }
            return self.starts(kind: part & 0x3F, payload, content: start + 3 + order)
        default:
            return self.starts(kind: kind, payload, content: start + 2 + order)
        }
    }

    /// A delimiter, a video or sequence parameter set, supplemental information ahead of a picture, or the slice with
    /// `first_slice_segment_in_pic_flag`.
    private static func starts(kind: UInt8, _ payload: ByteBuffer, content: Int) -> Bool {
        switch kind {
        case 32, 33, 35, 39: true
        case 0..<32: (payload.getInteger(at: content, as: UInt8.self) ?? 0) & 0x80 != 0
        default: false
        }
    }

    static func isPicture(_ unit: ByteBuffer) -> Bool {
        self.kind(unit, at: unit.readerIndex).map { $0 < 32 } ?? false
    }

    /// Section 7.1.
    static func parameterSets(_ parameters: FormatParameters) -> [ByteBuffer] {
        ["sprop-vps", "sprop-sps", "sprop-pps"].flatMap { name in
            (parameters[name] ?? "").parts(at: ",").prefix(NALFormatOptions.unitLimit)
                .compactMap { Base64.decode($0).map { ByteBuffer(bytes: $0) } }
        }
    }
}
