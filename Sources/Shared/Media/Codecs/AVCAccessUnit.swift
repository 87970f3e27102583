package import NIOCore

/// What can be seen of an H.264 access unit without decoding it.
package enum AVCAccessUnit {
    /// Whether a decoder can start at the access unit; nil when its NAL unit lengths do not add up. The first slice
    /// stands for all.
    ///
    /// The flag that RTMP carries beside it is wrong from some encoders, so the NAL units themselves are asked.
    package static func randomAccess(_ sample: ByteBuffer, nalLengthSize: Int) -> RandomAccess? {
        var units = NALUnits(sample, lengthSize: nalLengthSize)
        var access = RandomAccess.none
        var sawSlice = false
        while let unit = units.next() {
            guard let header = sample.getInteger(at: unit.lowerBound, as: UInt8.self) else { continue }
            switch header & 0x1F {
            case 5:
                access = .complete
                sawSlice = true
            case 1 where !sawSlice:
                sawSlice = true
                if access == .none, Self.isIntra(sample, slice: unit) { access = .recovering }
            case 6 where !sawSlice:
                if RecoveryPoint.stands(in: sample, message: unit, header: 1) { access = .signalled }
            default:
                break
            }
        }
        return units.isWellFormed ? access : nil
    }

    /// `slice_type` I or SI (ITU-T H.264 section 7.4.3).
    private static func isIntra(_ sample: ByteBuffer, slice: Range<Int>) -> Bool {
        // Two Exp-Golomb numbers after the header byte; longer than eight bytes they cannot be.
        let length = min(slice.count - 1, 8)
        guard length > 0, let start = sample.getSlice(at: slice.lowerBound + 1, length: length) else { return false }
        var reader = BitReader(start.withoutEmulationPrevention(), of: "H.264 slice_header")
        guard (try? reader.unsignedExpGolomb("first_mb_in_slice")) != nil,
            let kind = try? reader.unsignedExpGolomb("slice_type")
        else { return false }
        return [2, 4, 7, 9].contains(kind)
    }
}
