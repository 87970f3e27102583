internal import NIOCore

/// What a NAL unit is to the access unit that it stands in: ITU-T H.264 section 7.4.1.2.3, H.265 section 7.4.2.4.4.
enum NALUnitRole: Hashable, Sendable {
    /// A slice, or a part of one, of which the first in its picture begins an access unit.
    case slice
    case parameterSet
    /// Behind a picture it belongs to the next one.
    case ahead
    /// It belongs to the picture before it.
    case behind
    /// No picture follows in the same sequence.
    case end
    /// No NAL unit.
    case none

    init(_ unit: ByteBuffer, _ codec: Codec) {
        guard let header = unit.getInteger(at: unit.readerIndex, as: UInt8.self) else {
            self = .none
            return
        }
        if codec == .h264 {
            self.init(avc: header & 0x1F)
            return
        }
        let layer = unit.getInteger(at: unit.readerIndex, as: UInt16.self).map { $0 >> 3 & 0x3F } ?? 0
        self.init(hevc: header >> 1 & 0x3F, isBaseLayer: layer == 0)
    }

    /// Table 7-1 of H.264. Data partitions B and C and slices of other views belong to the slice before them.
    private init(avc kind: UInt8) {
        switch kind {
        case 1, 2, 5: self = .slice
        case 7, 8: self = .parameterSet
        case 6, 9, 13...18: self = .ahead
        case 3, 4, 12, 19...23: self = .behind
        case 10, 11: self = .end
        default: self = .none
        }
    }

    /// Table 7-1 of H.265. Pictures of other layers belong to the access unit of the base layer's, and so do their sets.
    private init(hevc kind: UInt8, isBaseLayer: Bool) {
        switch kind {
        case 0..<32: self = isBaseLayer ? .slice : .behind
        case 32...34: self = isBaseLayer ? .parameterSet : .ahead
        case 35, 39, 41...44: self = .ahead
        case 36, 37: self = .end
        case 38, 40, 45...47: self = .behind
        default: self = .none
        }
    }
}
