package import NIOCore

/// How coarsely a keyframe is coded, from what its slices say, without decoding it.
package enum KeyframeQuantiser {
    /// What the scale of H.264 and H.265 has; one more than six coarser doubles the step.
    package static let scale = 0...51

    /// Slices that are looked at, of those that a picture has.
    private static let most = 64
    /// And units of any kind.
    private static let mostUnits = 1024

    /// The mean of what the slices of an access unit start with, one as ``Packet/payload`` has it; nil where it cannot be told,
    /// as of other codecs.
    package static func mean(of payload: ByteBuffer, _ configuration: CodecConfiguration) -> Double? {
        let found: [Int] =
            switch configuration.codec {
            case .h264: Self.ofAVC(payload, configuration)
            case .hevc: Self.ofHEVC(payload, configuration)
            default: []
            }
        let plausible = found.filter(Self.scale.contains)
        guard !plausible.isEmpty else { return nil }
        return Double(plausible.reduce(0, +)) / Double(plausible.count)
    }

    private static func ofAVC(_ payload: ByteBuffer, _ configuration: CodecConfiguration) -> [Int] {
        guard let record = try? AVCDecoderConfiguration(record: configuration.record) else { return [] }
        var sets = AVCPictureSets()
        for unit in record.sequenceParameterSets + record.pictureParameterSets { sets.note(unit) }
        var found: [Int] = []
        for range in NALUnits(payload, lengthSize: record.nalLengthSize).prefix(Self.mostUnits)
        where found.count < Self.most {
            guard let unit = payload.getSlice(at: range.lowerBound, length: range.count),
                let header = unit.getInteger(at: unit.readerIndex, as: UInt8.self)
            else { continue }
            switch header & 0x1F {
            case 1, 5: if let quantiser = AVCSliceHeader(unit, sets)?.quantiser { found.append(quantiser) }
            case 7, 8: sets.note(unit)
            default: break
            }
        }
        return found
    }

    private static func ofHEVC(_ payload: ByteBuffer, _ configuration: CodecConfiguration) -> [Int] {
        guard let record = try? HEVCDecoderConfiguration(record: configuration.record) else { return [] }
        var sets = HEVCPictureSets()
        for set in record.parameterSets { sets.note(set.nalUnit) }
        for range in NALUnits(payload, lengthSize: record.nalLengthSize).prefix(Self.mostUnits) {
            guard let unit = payload.getSlice(at: range.lowerBound, length: range.count),
                let header = unit.getInteger(at: unit.readerIndex, as: UInt8.self)
            else { continue }
            switch header >> 1 & 0x3F {
            case 0..<32: return HEVCSliceHeader(unit, sets)?.quantiser.map { [$0] } ?? []
            case 33, 34: sets.note(unit)
            default: break
            }
        }
        return []
    }
}
