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
        guard let header = try? AC3FrameHeader(bytes), let length = Self.length(bytes, header) else { return .nothing }
        guard bytes.readableBytes >= length else { return .incomplete }
        guard !header.isDependent, header.substream == 0 else { return .orphan(length: length) }
        var unit = AC3AccessUnit(header: header, length: length, stride: length, samples: header.samples)
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

    /// Bytes of a frame: sections 4.4.1 and F.5.1.
    private static func length(_ bytes: ByteBuffer, _ header: AC3FrameHeader) -> Int? {
        if let length = header.enhancedLength { return length }
        guard let codes = bytes.getInteger(at: bytes.readerIndex + 4, as: UInt8.self) else { return nil }
        let code = Int(codes & 63)
        guard code / 2 < Self.kilobits.count else { return nil }
        let rate = Self.kilobits[code / 2]
        switch codes >> 6 {
        case 0: return rate * 4
        case 1: return (320 * rate / 147 + (code & 1)) * 2
        case 2: return rate * 6
        default: return nil
        }
    }
}
