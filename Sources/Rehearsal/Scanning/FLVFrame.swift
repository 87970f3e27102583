/// What the first two bytes of an audio or video message tell of it (FLV 10.1 annex E.4; Enhanced RTMP v2).
enum FLVFrame: Hashable, Sendable {
    /// Sequence header, end of sequence, command or metadata: no coded frame, and its timestamp means nothing.
    case other
    case frame(isKeyframe: Bool)

    static func video(_ first: UInt8, _ second: UInt8) -> FLVFrame {
        let isKeyframe = first >> 4 & 7 == 1
        guard first & 0x80 == 0 else {
            // In a multitrack message the packet type of its tracks is in the second byte's low half.
            let type = first & 15 == 6 ? second & 15 : first & 15
            return [1, 3, 7].contains(type) ? .frame(isKeyframe: isKeyframe) : .other
        }
        guard first >> 4 != 5 else { return .other }
        let hasPacketType = first & 15 == 7 || first & 15 == 12
        return hasPacketType && second != 1 ? .other : .frame(isKeyframe: isKeyframe)
    }

    static func audio(_ first: UInt8, _ second: UInt8) -> FLVFrame {
        switch first >> 4 {
        case 9:
            let type = first & 15 == 5 ? second & 15 : first & 15
            return type == 1 || type == 7 ? .frame(isKeyframe: true) : .other
        case 10: return second == 1 ? .frame(isKeyframe: true) : .other
        default: return .frame(isKeyframe: true)
        }
    }
}
