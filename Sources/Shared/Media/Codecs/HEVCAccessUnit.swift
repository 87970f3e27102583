package import NIOCore

/// What can be seen of an H.265 access unit without decoding it.
package enum HEVCAccessUnit {
    /// Whether a decoder can start at the access unit; nil when its NAL unit lengths do not add up.
    package static func randomAccess(_ sample: ByteBuffer, nalLengthSize: Int) -> RandomAccess? {
        var units = NALUnits(sample, lengthSize: nalLengthSize)
        var access = RandomAccess.none
        while let unit = units.next() {
            guard let header = sample.getInteger(at: unit.lowerBound, as: UInt8.self) else { continue }
            // BLA, IDR and CRA pictures: ITU-T H.265 table 7-1.
            if (16...21).contains(header >> 1 & 0x3F) { access = .complete }
        }
        return units.isWellFormed ? access : nil
    }
}
