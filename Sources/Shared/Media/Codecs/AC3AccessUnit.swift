package import NIOCore

/// One access unit of AC-3 or Enhanced AC-3: a frame and, for the second, the frames of all substreams that sound with it
/// (ETSI TS 102 366 sections 4.4.1, E.1.2 and E.2.8). A decoder needs them together.
package struct AC3AccessUnit: Hashable, Sendable {
    /// Of the first frame.
    package var header: AC3FrameHeader
    /// Bytes to give a decoder.
    package var length: Int
    /// Bytes from here to where the next access unit begins.
    package var stride: Int
    /// Samples of each channel.
    package var samples: Int

    package enum Finding: Hashable, Sendable {
        case unit(AC3AccessUnit)
        /// More bytes have to come.
        case incomplete
        /// A frame of so many bytes that belongs to one which is missing.
        case orphan(length: Int)
        /// No frame begins here.
        case nothing
    }

    /// What every frame begins with.
    package static let sync: UInt16 = 0x0B77
    /// Bytes that tell what a frame is.
    private static let headerLength = 8

    /// Looks at the first bytes.
    ///
    /// An access unit that ends where the bytes end is taken as whole: containers do not cut between a frame and those
    /// that belong to it, and who waited for the next one would be late by it.
    package static func first(in bytes: ByteBuffer) -> Finding {
        guard bytes.readableBytes >= Self.headerLength else {
            return Self.mayBegin(bytes) ? .incomplete : .nothing
        }
        guard let header = try? AC3FrameHeader(bytes), let frame = Self.size(bytes, header) else { return .nothing }
        guard bytes.readableBytes >= frame.bytes else { return .incomplete }
        guard !header.isDependent, header.substream == 0 else { return .orphan(length: frame.bytes) }
        var unit = AC3AccessUnit(header: header, length: frame.bytes, stride: frame.bytes, samples: frame.samples)
        while unit.stride < bytes.readableBytes {
            let rest = bytes.getSlice(at: bytes.readerIndex + unit.stride, length: bytes.readableBytes - unit.stride)
            guard let rest, Self.mayBegin(rest) else { break }
            guard rest.readableBytes >= Self.headerLength else { return .incomplete }
            guard let next = try? AC3FrameHeader(rest), let length = next.enhancedLength,
                next.isDependent || next.substream > 0
            else { break }
            guard rest.readableBytes >= length else { return .incomplete }
            unit.stride += length
            // What Enhanced AC-3 adds to a frame of AC-3 no player of AC-3 takes.
            if header.isEnhanced { unit.length = unit.stride }
        }
        return .unit(unit)
    }

    private static func mayBegin(_ bytes: ByteBuffer) -> Bool {
        guard let word = bytes.getInteger(at: bytes.readerIndex, as: UInt16.self) else {
            return bytes.getInteger(at: bytes.readerIndex, as: UInt8.self).map { $0 == UInt8(Self.sync >> 8) } ?? true
        }
        return word == Self.sync
    }

    private static let kilobits = [
        32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384, 448, 512, 576, 640,
    ]

    /// How long a frame is, in bytes and in samples: sections 4.4.1, F.5.1 and E.1.3.1.
    private static func size(_ bytes: ByteBuffer, _ header: AC3FrameHeader) -> (bytes: Int, samples: Int)? {
        guard let codes = bytes.getInteger(at: bytes.readerIndex + 4, as: UInt8.self) else { return nil }
        if let length = header.enhancedLength {
            return (length, codes >> 6 == 3 ? 1536 : 256 * [1, 2, 3, 6][Int(codes >> 4 & 3)])
        }
        let code = Int(codes & 63)
        guard code / 2 < Self.kilobits.count else { return nil }
        let rate = Self.kilobits[code / 2]
        switch codes >> 6 {
        case 0: return (rate * 4, 1536)
        case 1: return ((320 * rate / 147 + (code & 1)) * 2, 1536)
        case 2: return (rate * 6, 1536)
        default: return nil
        }
    }
}
