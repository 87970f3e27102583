import Media
import NIOCore
import Toolkit
import Wire

/// Pictures of a real encoder, taken apart into their NAL units, to be sent in other ways than it would.
struct PictureMaterial: Sendable {
    enum Kind: String, CaseIterable, Sendable {
        /// H.264 with B pictures, the same in four slices each, and H.265 with B pictures.
        case h264, sliced, hevc
    }

    struct Picture: Sendable {
        var units: [ByteBuffer]
        /// As it ought to come out.
        var packet: SourcePacket
    }

    let codec: Codec
    let configuration: CodecConfiguration
    /// Parameter sets, in the order of sending.
    let sets: [ByteBuffer]
    let pictures: [Picture]

    init(_ kind: Kind) async throws {
        let harvest: TSHarvest
        switch kind {
        case .h264: harvest = TSHarvest(try await TSMaterial.bytes(.h264, nil))
        case .hevc: harvest = TSHarvest(try await TSMaterial.bytes(.hevc, nil))
        case .sliced:
            let options = ["-c:v", "libx264", "-bf", "2", "-g", "30", "-x264-params", "slices=4:scenecut=0"]
            let sample = Sample(.h264, nil, seconds: 3, container: "ts")
            harvest = TSHarvest(try await TSMaterial.bytes(of: sample, options))
        }
        guard let configuration = harvest.configurations[.video]?.first else { throw MaterialError.noPicture }
        self.configuration = configuration
        self.codec = configuration.codec
        self.sets = try Self.sets(configuration)
        self.pictures = harvest.video.map { Picture(units: Self.units($0.payload), packet: $0) }
    }

    static func sets(_ configuration: CodecConfiguration) throws -> [ByteBuffer] {
        guard configuration.codec == .hevc else {
            let record = try AVCDecoderConfiguration(record: configuration.record)
            return record.sequenceParameterSets + record.pictureParameterSets
        }
        return try HEVCDecoderConfiguration(record: configuration.record).parameterSets.map(\.nalUnit)
    }

    static func units(_ sample: ByteBuffer) -> [ByteBuffer] {
        NALUnits(sample, lengthSize: 4).compactMap { sample.getSlice(at: $0.lowerBound, length: $0.count) }
    }

    /// A picture's units, with the parameter sets ahead of a keyframe's.
    func units(_ picture: Picture) -> [ByteBuffer] {
        (picture.packet.isKeyframe ? self.sets : []) + picture.units
    }

    /// A picture as a byte stream.
    func byteStream(_ picture: Picture, delimiter: Bool = false) -> ByteBuffer {
        let aud = self.codec == .h264 ? ByteBuffer(bytes: [9, 0xF0]) : ByteBuffer(bytes: [0x46, 1, 0x50])
        return ByteBuffer.byteStream((delimiter ? [aud] : []) + self.units(picture))
    }

    private enum MaterialError: Error { case noPicture }
}

extension ByteBuffer {
    static func byteStream(_ units: [ByteBuffer], code: [UInt8] = [0, 0, 0, 1]) -> ByteBuffer {
        units.reduce(into: ByteBuffer()) { bytes, unit in
            bytes.writeBytes(code)
            bytes.writeImmutableBuffer(unit)
        }
    }

    static func sample(_ units: [ByteBuffer]) -> ByteBuffer {
        units.reduce(into: ByteBuffer()) { $0.writeSampleUnit($1) }
    }
}

extension [SourcePacket] {
    /// When each is shown, µs.
    var shown: [Int64] { self.map { $0.timestamp + $0.compositionOffset } }

    /// The greatest difference between the times at which two are shown, µs; nil where they are not as many.
    func distance(to others: [SourcePacket]) -> Int64? {
        guard self.count == others.count, let mine = self.first, let theirs = others.first else { return nil }
        let shift = mine.timestamp + mine.compositionOffset - theirs.timestamp - theirs.compositionOffset
        return zip(self.shown, others.shown).map { abs($0 - $1 - shift) }.max()
    }
}
