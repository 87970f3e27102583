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
    private let syntax: Syntax
    private let lengthSize: Int
    /// Parameter sets with their start codes.
    private let parameterSets: ByteBuffer
    /// Zeroed bytes after the unit: libav's start code search may look past the end.
    private static let padding = 64
    private var scratch = ByteBuffer()

    private enum Syntax {
        case h264, hevc

        var codec: Codec { self == .h264 ? .h264 : .hevc }

        func type(_ header: UInt8) -> UInt8 { self == .h264 ? header & 0x1f : header >> 1 & 0x3f }

        /// SPS of H.264, VPS, SPS and PPS of HEVC.
        func isParameterSet(_ header: UInt8) -> Bool {
            let type = self.type(header)
            return self == .h264 ? type == 7 || type == 8 : (32...34).contains(type)
        }

        func isDelimiter(_ header: UInt8) -> Bool { self.type(header) == (self == .h264 ? 9 : 35) }

        /// A delimiter that allows any slice type.
        var delimiter: [UInt8] {
            self == .h264 ? [0, 0, 0, 1, 0x09, 0xf0] : [0, 0, 0, 1, 0x46, 0x01, 0x50]
        }
    }

    /// Reads `avcC` or `hvcC` (ISO/IEC 14496-15 sections 5.3.3.1 and 8.3.3.1).
    init(_ track: TrackID, _ configuration: CodecConfiguration) throws(LibavError) {
        self.track = track
        self.syntax = configuration.codec == .h264 ? .h264 : .hevc
        var record = configuration.record
        guard
            let (lengthSize, sets) = self.syntax == .h264
                ? Self.readAVC(&record) : Self.readHEVC(&record)
        else {
            throw .malformed(
                track,
                configuration.codec,
                reason: "its configuration record ends early",
                offset: record.readerIndex - configuration.record.readerIndex
            )
        }
        self.lengthSize = lengthSize
        self.parameterSets = sets
    }

    /// The unit as a byte stream, valid until the next call.
    mutating func convert(_ payload: ByteBuffer, isKeyframe: Bool) throws(LibavError) -> ByteBuffer {
        self.scratch.clear()
        var payload = payload
        let start = payload.readerIndex
        var isFirst = true
        var setsPending = isKeyframe && !self.carriesParameterSets(payload)
        while payload.readableBytes > 0 {
            let offset = payload.readerIndex - start
            guard let length = payload.readLength(self.lengthSize), let unit = payload.readSlice(length: length) else {
                throw .malformed(self.track, self.syntax.codec, reason: "a NAL unit ends early", offset: offset)
            }
            guard let header: UInt8 = unit.getInteger(at: unit.readerIndex) else { continue }
            let isDelimiter = self.syntax.isDelimiter(header)
            if isFirst, !isDelimiter { self.scratch.writeBytes(self.syntax.delimiter) }
            if setsPending, !isDelimiter {
                self.scratch.writeImmutableBuffer(self.parameterSets)
                setsPending = false
            }
            self.scratch.writeInteger(1 as UInt32)
            self.scratch.writeImmutableBuffer(unit)
            isFirst = false
        }
        let length = self.scratch.readableBytes
        self.scratch.writeRepeatingByte(0, count: Self.padding)
        return self.scratch.getSlice(at: self.scratch.readerIndex, length: length) ?? ByteBuffer()
    }

    private func carriesParameterSets(_ payload: ByteBuffer) -> Bool {
        var payload = payload
        while let length = payload.readLength(self.lengthSize), let unit = payload.readSlice(length: length) {
            guard let header: UInt8 = unit.getInteger(at: unit.readerIndex) else { continue }
            if self.syntax.isParameterSet(header) { return true }
        }
        return false
    }

    private static func readAVC(_ record: inout ByteBuffer) -> (Int, ByteBuffer)? {
        var sets = ByteBuffer()
        record.moveReaderIndex(forwardBy: min(4, record.readableBytes))
        guard let lengths: UInt8 = record.readInteger() else { return nil }
        for mask in [0x1f, 0xff] as [UInt8] {
            guard let count: UInt8 = record.readInteger() else { return nil }
            for _ in 0..<(count & mask) where !record.moveParameterSet(to: &sets) { return nil }
        }
        return (Int(lengths & 3) + 1, sets)
    }

    private static func readHEVC(_ record: inout ByteBuffer) -> (Int, ByteBuffer)? {
        var sets = ByteBuffer()
        record.moveReaderIndex(forwardBy: min(21, record.readableBytes))
        guard let (lengths, arrays) = record.readMultipleIntegers(as: (UInt8, UInt8).self) else { return nil }
        for _ in 0..<arrays {
            guard let (_, count) = record.readMultipleIntegers(as: (UInt8, UInt16).self) else { return nil }
            for _ in 0..<count where !record.moveParameterSet(to: &sets) { return nil }
        }
        return (Int(lengths & 3) + 1, sets)
    }
}

extension ByteBuffer {
    /// A big-endian length of one to four bytes.
    fileprivate mutating func readLength(_ size: Int) -> Int? {
        switch size {
        case 1: self.readInteger(as: UInt8.self).map(Int.init)
        case 2: self.readInteger(as: UInt16.self).map(Int.init)
        case 3: self.readMultipleIntegers(as: (UInt8, UInt16).self).map { Int($0) << 16 | Int($1) }
        default: self.readInteger(as: UInt32.self).map(Int.init)
        }
    }

    fileprivate mutating func moveParameterSet(to sets: inout ByteBuffer) -> Bool {
        guard let unit = self.readLengthPrefixedSlice(as: UInt16.self) else { return false }
        sets.writeInteger(1 as UInt32)
        sets.writeImmutableBuffer(unit)
        return true
    }
}
