internal import Media
internal import NIOCore

/// Rewrites length-prefixed H.264 and HEVC access units as Annex B byte streams, as MPEG-TS carries them: each begins
/// with an access unit delimiter (ISO/IEC 13818-1 section 2.14.1), and the parameter sets stand before every keyframe.
///
/// libavcodec's `*_mp4toannexb` filters repeat parameter sets only before IDR pictures, so a viewer could not join at
/// the recovery points of an open-GOP or intra-refresh stream; and with mpegtsenc's own delimiter they copy three
/// times where this copies once.
struct AnnexBConverter {
    private let track: TrackID
    private let syntax: NALUnitSyntax
    private let lengthSize: Int
    /// Parameter sets with their start codes.
    private let parameterSets: ByteBuffer
    private var output = PaddedBytes()

    init(_ track: TrackID, _ configuration: CodecConfiguration) throws(LibavError) {
        self.track = track
        var units: [ByteBuffer]
        do throws(CodecError) {
            if configuration.codec == .h264 {
                let record = try AVCDecoderConfiguration(record: configuration.record)
                self.syntax = .h264
                self.lengthSize = record.nalLengthSize
                units = record.sequenceParameterSets + record.pictureParameterSets
            } else {
                let record = try HEVCDecoderConfiguration(record: configuration.record)
                self.syntax = .hevc
                self.lengthSize = record.nalLengthSize
                units = record.parameterSets.filter { (32...34).contains($0.kind) }.map(\.nalUnit)
            }
        } catch {
            throw .configuration(track, error)
        }
        var sets = ByteBuffer()
        for unit in units { sets.writeNALUnit(unit) }
        self.parameterSets = sets
    }

    /// The unit as a byte stream, valid until the next call.
    ///
    /// Lengths that do not add up are an error: what is left of a broken unit would break the ones after it.
    mutating func convert(_ payload: ByteBuffer, isKeyframe: Bool) throws(LibavError) -> ByteBuffer {
        var setsPending = isKeyframe && !self.carriesParameterSets(payload)
        var isFirst = true
        var units = NALUnits(payload, lengthSize: self.lengthSize)
        let unit = self.output.hold { output in
            while let place = units.next() {
                guard let header = payload.getInteger(at: place.lowerBound, as: UInt8.self),
                    let unit = payload.getSlice(at: place.lowerBound, length: place.count)
                else { continue }
                let isDelimiter = self.syntax.isDelimiter(header)
                if isFirst, !isDelimiter { output.writeNALUnit(self.syntax.delimiter) }
                if setsPending, !isDelimiter {
                    output.writeImmutableBuffer(self.parameterSets)
                    setsPending = false
                }
                output.writeNALUnit(unit)
                isFirst = false
            }
        }
        guard units.isWellFormed else {
            throw .malformed(self.track, self.syntax.codec, reason: "the lengths of its NAL units do not add up")
        }
        return unit
    }

    private func carriesParameterSets(_ payload: ByteBuffer) -> Bool {
        NALUnits(payload, lengthSize: self.lengthSize).contains { place in
            payload.getInteger(at: place.lowerBound, as: UInt8.self).map(self.syntax.isParameterSet) ?? false
        }
    }
}

/// The types of NAL units that matter to a byte stream.
private enum NALUnitSyntax {
    case h264, hevc

    var codec: Codec { self == .h264 ? .h264 : .hevc }

    /// SPS and PPS of H.264 (ITU-T H.264 table 7-1); VPS, SPS and PPS of HEVC (ITU-T H.265 table 7-1).
    func isParameterSet(_ header: UInt8) -> Bool {
        self == .h264 ? [7, 8].contains(header & 0x1F) : (32...34).contains(header >> 1 & 0x3F)
    }

    func isDelimiter(_ header: UInt8) -> Bool {
        self == .h264 ? header & 0x1F == 9 : header >> 1 & 0x3F == 35
    }

    /// An access unit delimiter that allows any type of slice.
    var delimiter: ByteBuffer { self == .h264 ? Self.h264Delimiter : Self.hevcDelimiter }

    private static let h264Delimiter = ByteBuffer(bytes: [0x09, 0xF0])
    private static let hevcDelimiter = ByteBuffer(bytes: [0x46, 0x01, 0x50])
}

extension ByteBuffer {
    /// The unit after a start code of four bytes.
    fileprivate mutating func writeNALUnit(_ unit: ByteBuffer) {
        self.writeInteger(1 as UInt32)
        self.writeImmutableBuffer(unit)
    }
}
