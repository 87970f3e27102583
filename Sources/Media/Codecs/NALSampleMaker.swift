package import NIOCore

/// Makes samples of H.264 and H.265 access units whose NAL units come one by one, whole or in pieces, with the parameter
/// sets among the pictures.
///
/// ```swift
/// guard var maker = NALSampleMaker(.h264) else { … }
/// for range in AnnexBUnits(bytes) { maker.append(bytes.getSlice(at: range.lowerBound, length: range.count)!) }
/// if let sample = maker.finish() { … }
/// ```
package struct NALSampleMaker: Sendable {
    package struct Sample: Hashable, Sendable {
        /// In force from this access unit on, where that changed with it.
        package var configuration: CodecConfiguration?
        /// NAL units after lengths of four bytes; without parameter sets, delimiters and filler.
        package var payload: ByteBuffer
        /// A decoder can start here.
        package var isKeyframe: Bool
    }

    private var parameterSets: ParameterSetCollector

    /// In force; nil until a sequence and a picture parameter set came that can be read.
    package private(set) var configuration: CodecConfiguration?

    /// The access unit so far.
    private var bytes = ByteBuffer()
    package private(set) var hasPicture = false
    private var hasParameterSets = false

    /// What the last access units needed, so that the next one grows in one step.
    private var usualLength = 0

    /// Nil for codings without NAL units.
    package init?(_ codec: Codec) {
        guard let collector = ParameterSetCollector(codec) else { return nil }
        self.parameterSets = collector
    }

    package var codec: Codec { self.parameterSets.codec }

    /// Nothing of an access unit was appended since the last one ended.
    package var isEmpty: Bool { self.bytes.writerIndex == 0 && !self.hasParameterSets }

    /// Bytes of the access unit so far.
    package var length: Int { self.bytes.writerIndex }

    /// Takes parameter sets from elsewhere, such as a session description.
    package mutating func learn(_ nalUnits: [ByteBuffer]) -> CodecConfiguration? {
        for unit in nalUnits { _ = self.parameterSets.collect(unit) }
        return self.settle()
    }

    /// Sets that cannot be read change nothing.
    private mutating func settle() -> CodecConfiguration? {
        guard let change = try? self.parameterSets.configuration() else { return nil }
        self.configuration = change
        return change
    }

    /// Appends a whole NAL unit, with its header.
    package mutating func append(_ nalUnit: ByteBuffer) {
        guard self.wants(nalUnit) else { return }
        self.open(Self.lengthSize + nalUnit.readableBytes)
        self.bytes.writeInteger(UInt32(truncatingIfNeeded: nalUnit.readableBytes))
        self.bytes.writeImmutableBuffer(nalUnit)
    }

    /// What becomes of a NAL unit that comes in pieces.
    package struct Piece: Hashable, Sendable {
        /// Where its length stands, or nil if it is kept elsewhere until it is whole.
        fileprivate var place: Int?
        fileprivate var apart: ByteBuffer?
    }

    /// Begins a NAL unit that comes in pieces.
    ///
    /// - Parameter header: Its header: one byte in H.264, two in H.265.
    /// - Returns: What the rest is to be appended to.
    package mutating func begin(_ header: ByteBuffer) -> Piece {
        // Parameter sets and what is left out are looked at when they are whole; pictures are appended as they come.
        guard self.isPicture(header) else { return Piece(place: nil, apart: header) }
        self.hasPicture = true
        self.open(Self.lengthSize)
        let place = self.bytes.writerIndex
        self.bytes.writeInteger(UInt32(0))
        self.bytes.writeImmutableBuffer(header)
        return Piece(place: place, apart: nil)
    }

    package mutating func append(_ bytes: ByteBuffer, to piece: inout Piece) {
        if piece.apart != nil {
            piece.apart?.writeImmutableBuffer(bytes)
        } else {
            self.open(bytes.readableBytes)
            self.bytes.writeImmutableBuffer(bytes)
        }
    }

    package mutating func end(_ piece: Piece) {
        if let apart = piece.apart { self.append(apart) }
        guard let place = piece.place else { return }
        let length = self.bytes.writerIndex - place - Self.lengthSize
        self.bytes.setInteger(UInt32(truncatingIfNeeded: length), at: place)
    }

    /// Ends the access unit; nil if no picture is in it, or nothing said yet how it is coded. Parameter sets without a
    /// picture count for the next one.
    package mutating func finish() -> Sample? {
        guard self.hasPicture else {
            self.bytes.clear()
            return nil
        }
        defer { self.discard() }
        let change = self.settle()
        guard self.configuration != nil else { return nil }
        self.usualLength = (7 * self.usualLength + self.bytes.writerIndex) / 8
        let access =
            self.codec == .h264
            ? AVCAccessUnit.randomAccess(self.bytes, nalLengthSize: Self.lengthSize)
            : HEVCAccessUnit.randomAccess(self.bytes, nalLengthSize: Self.lengthSize)
        // Encoders that never send an IDR picture repeat their parameter sets where a decoder may start.
        let isKeyframe = access == .complete || access == .recovering && self.hasParameterSets
        return Sample(configuration: change, payload: self.bytes, isKeyframe: isKeyframe)
    }

    /// Forgets the access unit so far, but not the parameter sets in it.
    package mutating func discard() {
        self.bytes = ByteBuffer()
        self.hasPicture = false
        self.hasParameterSets = false
    }

    private static let lengthSize = 4

    private mutating func open(_ count: Int) {
        if self.bytes.capacity == 0 { self.bytes.reserveCapacity(min(max(self.usualLength, count), Self.mostReserved)) }
    }

    private static let mostReserved = 1 << 20

    /// Notes parameter sets, and says whether the unit belongs into a sample (ISO/IEC 14496-15 section 5.3.2).
    private mutating func wants(_ nalUnit: ByteBuffer) -> Bool {
        guard let kind = self.kind(nalUnit) else { return false }
        if self.parameterSets.collect(nalUnit) {
            self.hasParameterSets = true
            return false
        }
        if self.isPicture(nalUnit) { self.hasPicture = true }
        // Delimiters, ends and filler say nothing to a decoder of samples; 0 and what is from 24 and 48 on is no NAL unit.
        return self.codec == .h264
            ? (1...23).contains(kind) && !(9...13).contains(kind) : kind < 48 && !(35...38).contains(kind)
    }

    private func isPicture(_ nalUnit: ByteBuffer) -> Bool {
        guard let kind = self.kind(nalUnit) else { return false }
        return self.codec == .h264 ? (1...5).contains(kind) : kind < 32
    }

    private func kind(_ nalUnit: ByteBuffer) -> Int? {
        guard let header = nalUnit.getInteger(at: nalUnit.readerIndex, as: UInt8.self) else { return nil }
        return self.codec == .h264 ? Int(header & 0x1F) : Int(header >> 1 & 0x3F)
    }
}
