package import NIOCore

/// What can be seen of an H.265 access unit without decoding it.
package enum HEVCAccessUnit {
    /// Whether a decoder can start at the access unit; nil when its NAL unit lengths do not add up.
    package static func randomAccess(_ sample: ByteBuffer, nalLengthSize: Int) -> RandomAccess? {
        var units = NALUnits(sample, lengthSize: nalLengthSize)
        var access = RandomAccess.none
        var sawSlice = false
        while let unit = units.next() {
            guard let header = sample.getInteger(at: unit.lowerBound, as: UInt8.self) else { continue }
            switch header >> 1 & 0x3F {
            // BLA, IDR and CRA pictures: ITU-T H.265 table 7-1.
            case 16...21: access = .complete
            case 0...31: sawSlice = true
            case 39 where !sawSlice && access == .none:
                if RecoveryPoint.stands(in: sample, message: unit, header: 2) { access = .signalled }
            default: break
            }
        }
        return units.isWellFormed ? access : nil
    }
}
