package import NIOCore

/// Makes samples of the NAL units of an H.264 or H.265 stream, in whatever pieces they come: the access units are found
/// by ``AccessUnitSplitter``, the parameter sets among them become configurations.
///
/// ```swift
/// guard var maker = NALSampleMaker(.h264) else { … }
/// for range in AnnexBUnits(bytes) { maker.append(bytes.getSlice(at: range.lowerBound, length: range.count)!) }
/// maker.finish()
/// while let sample = maker.next() { … }
/// ```
///
/// A sample is there as soon as the next one begins, or ``finish()`` says that what carries the stream ends one.
package struct NALSampleMaker: Sendable {
    var parameterSets: ParameterSetCollector
    var splitter: AccessUnitSplitter

    /// In force; nil until a sequence and a picture parameter set came that can be read.
    package internal(set) var configuration: CodecConfiguration?

    /// The access unit so far.
    private var bytes = ByteBuffer()
    package private(set) var hasPicture = false
    var hasParameterSets = false
    private var order: AccessUnitSplitter.Order?
    private var stamp: Stamp?
    /// Of the last access unit that had one.
    var lastStamp: Stamp?

    /// What stands behind the picture and belongs to the next, as in samples.
    private var ahead = ByteBuffer()
    private var hasSetsAhead = false
    private var stampAhead: Stamp?
    private var hasBegunAhead = false
    /// A stamp is of the access unit whose first byte follows it, as in MPEG-TS, and not of the picture whose slice does.
    package var stampsFirstByte = false

    /// What was told, until an access unit begins that it is of.
    private var pendingStamp: Stamp?
    private var ready: [Sample] = []

    /// Pictures that have begun.
    package private(set) var pictures: UInt64 = 0
    /// Slices that went on with a picture that ``finish()`` had ended.
    package private(set) var continuations: UInt64 = 0
    /// Times that what came after ``note(_:)`` went on with a picture that had begun before.
    package private(set) var joins: UInt64 = 0
    private var isJoint = false
    /// Access units left out because more ended at once than anybody sends.
    package private(set) var excess: UInt64 = 0
    /// Access units left out because nothing had said how they are coded.
    package internal(set) var unconfigured: UInt64 = 0
    /// Access units whose parameter sets cannot be read.
    package private(set) var unreadableSets: UInt64 = 0
    /// Start codes were found where no byte stream ought to be, so that every unit is searched for more.
    var hasStartCodes = false

    /// What the last access units needed, so that the next one grows in one step.
    private var usualLength = 0

    /// Nil for codings without NAL units.
    package init?(_ codec: Codec) {
        guard let collector = ParameterSetCollector(codec), let splitter = AccessUnitSplitter(codec) else { return nil }
        self.parameterSets = collector
        self.splitter = splitter
    }

    package var codec: Codec { self.parameterSets.codec }

    /// Nothing of an access unit was appended since the last one ended.
    package var isEmpty: Bool { self.length == 0 && !self.hasParameterSets }

    /// Bytes of the access unit so far, and of what stands ahead of the next.
    package var length: Int { self.bytes.writerIndex + self.ahead.writerIndex }

    /// Takes parameter sets from elsewhere, such as a session description.
    package mutating func learn(_ nalUnits: [ByteBuffer]) -> CodecConfiguration? {
        for unit in nalUnits {
            _ = self.parameterSets.collect(unit)
            self.splitter.learn(unit)
        }
        return self.settle()
    }

    /// Sets that cannot be read change nothing.
    mutating func settle() -> CodecConfiguration? {
        do throws(CodecError) {
            guard let change = try self.parameterSets.configuration() else { return nil }
            self.configuration = change
            return change
        } catch {
            self.unreadableSets += 1
            return nil
        }
    }

    /// Says when the access unit that begins next is; nil where the transport tells nothing of it.
    package mutating func note(_ stamp: Stamp?) {
        self.pendingStamp = stamp
        self.isJoint = true
    }

    /// The next access unit that has ended.
    package mutating func next() -> Sample? {
        self.ready.isEmpty ? nil : self.ready.removeFirst()
    }

    /// When the access unit so far is, by its stamp.
    package var pictureTime: Int64? { self.stamp?.time }

    /// When the last access unit was that had a time.
    var lastTime: Int64? { self.lastStamp?.time }

    /// An access unit has been taken as it came.
    mutating func noteWhole(_ stamp: Stamp) {
        self.pictures += 1
        self.pendingStamp = nil
        self.stampAhead = nil
        self.hasBegunAhead = false
        self.lastStamp = stamp
    }

    /// ``unconfigured`` since this was asked last.
    package mutating func takeUnconfigured() -> Int {
        defer { self.unconfigured = 0 }
        return Int(clamping: self.unconfigured)
    }

    // MARK: Whole units

    /// Appends a NAL unit, with its header; or several with start codes between them, where a sender has put a byte
    /// stream into one.
    package mutating func append(_ nalUnit: ByteBuffer) {
        guard let unit = self.withoutStartCodes(nalUnit) else { return }
        self.place(unit)
        self.write(unit)
    }

    /// The unit, or nil if it was several, which are then appended.
    private mutating func withoutStartCodes(_ unit: ByteBuffer) -> ByteBuffer? {
        guard self.mayHaveStartCodes(unit),
            let code = AnnexBUnits.startCode(in: unit, from: unit.readerIndex)
        else { return unit }
        // Messages of some encoders lack emulation prevention, so that three bytes of theirs may look like a start code.
        let isLong = unit.getInteger(at: code - 1, as: UInt8.self) == 0 && code > unit.readerIndex
        guard self.hasStartCodes || isLong || NALUnitRole(unit, self.codec) != .ahead else { return unit }
        self.hasStartCodes = true
        // What stands before the first start code is a unit, unless it is the code's own zero.
        if let first = unit.getSlice(at: unit.readerIndex, length: code - unit.readerIndex),
            first.readableBytesView.contains(where: { $0 != 0 })
        {
            let end = first.readableBytesView.lastIndex { $0 != 0 }.map { $0 + 1 } ?? first.writerIndex
            if let whole = first.getSlice(at: first.readerIndex, length: end - first.readerIndex) {
                self.place(whole)
                self.write(whole)
            }
        }
        for range in AnnexBUnits(unit) {
            guard let part = unit.getSlice(at: range.lowerBound, length: range.count) else { continue }
            self.place(part)
            self.write(part)
        }
        return nil
    }

    /// Slices are what is large, and stand behind the rest: whoever sends start codes has shown it before.
    private func mayHaveStartCodes(_ unit: ByteBuffer) -> Bool {
        guard unit.readableBytes > 3 else { return false }
        return self.hasStartCodes || NALUnitRole(unit, self.codec) != .slice
            || unit.getInteger(at: unit.readerIndex, as: UInt16.self) == 0
    }

    /// Ends the access unit before the unit, where it begins another.
    private mutating func place(_ unit: ByteBuffer) {
        switch self.splitter.take(unit) {
        case .begins:
            self.begin()
        case .within:
            if NALUnitRole(unit, self.codec) == .slice {
                self.goOn()
            } else if !self.hasPicture {
                self.beginAhead()
            }
        case .unsure:
            // Nothing in the stream tells: what carries it does.
            if let told = self.pendingStamp, told.time != self.lastStamp?.time {
                self.begin()
            } else {
                self.goOn()
            }
        case .ahead:
            self.beginAhead()
            self.isAhead = true
            return
        case .none:
            break
        }
        self.isAhead = false
    }

    /// What stands ahead of a picture is where its access unit begins.
    private mutating func beginAhead() {
        if self.stampAhead == nil, !self.hasBegunAhead || !self.stampsFirstByte {
            self.stampAhead = self.pendingStamp.take()
        }
        self.hasBegunAhead = true
    }

    /// Whether the unit that was placed last stands ahead of the next picture.
    private var isAhead = false

    private mutating func begin() {
        self.isJoint = false
        if self.hasPicture { self.end() }
        self.takeAhead()
        self.hasPicture = true
        self.pictures += 1
        self.order = self.splitter.order
        if self.stampsFirstByte, self.hasBegunAhead {
            self.stamp = self.stampAhead
        } else {
            self.stamp = self.pendingStamp.take() ?? self.stampAhead
        }
        if let stamp = self.stamp { self.lastStamp = stamp }
        self.stampAhead = nil
        self.hasBegunAhead = false
    }

    private mutating func goOn() {
        if self.isJoint {
            self.joins += 1
            self.isJoint = false
        }
        // What seemed to stand ahead of the next picture stands in the midst of this one.
        self.takeAhead()
        if !self.hasPicture {
            self.continuations += 1
            self.hasPicture = true
            self.stamp = self.lastStamp
        }
        self.hasBegunAhead = false
        self.stampAhead = nil
    }

    private mutating func takeAhead() {
        self.parameterSets.advance()
        self.hasParameterSets = self.hasParameterSets || self.hasSetsAhead
        self.hasSetsAhead = false
        guard self.ahead.readableBytes > 0 else { return }
        if self.bytes.readableBytes == 0 {
            self.bytes = self.ahead
        } else {
            self.bytes.writeImmutableBuffer(self.ahead)
        }
        self.ahead = ByteBuffer()
    }

    private mutating func write(_ unit: ByteBuffer) {
        if self.parameterSets.collect(unit, isAhead: self.isAhead) {
            if self.isAhead { self.hasSetsAhead = true } else { self.hasParameterSets = true }
            return
        }
        guard self.belongsInSample(unit) else { return }
        if self.isAhead {
            self.ahead.writeSampleUnit(unit)
        } else {
            self.open(Self.lengthSize + unit.readableBytes)
            self.bytes.writeSampleUnit(unit)
        }
    }

    /// Whether the NAL unit, of which the first bytes are enough, begins another access unit.
    package func isBeginning(_ unit: ByteBuffer) -> Bool {
        var splitter = self.splitter
        return splitter.take(unit) == .begins
    }

    // MARK: Units in pieces

    /// What becomes of a NAL unit that comes in pieces.
    package struct Piece: Hashable, Sendable {
        /// Where its length stands, or nil if it is kept elsewhere until it is whole.
        fileprivate var place: Int?
        fileprivate var apart: ByteBuffer?

        /// Bytes that are kept elsewhere.
        package var lengthApart: Int { self.apart?.readableBytes ?? 0 }
    }

    /// Begins a NAL unit that comes in pieces.
    ///
    /// - Parameters:
    ///   - header: Its header: one byte in H.264, two in H.265.
    ///   - bytes: The first of what follows it.
    /// - Returns: What the rest is to be appended to.
    package mutating func begin(_ header: ByteBuffer, _ bytes: ByteBuffer) -> Piece {
        // All but slices are looked at when they are whole; slices are appended as they come.
        let isSlice =
            NALUnitRole(header, self.codec) == .slice && header.readableBytesView.contains(where: { $0 != 0 })
        guard isSlice, !self.hasStartCodes else {
            var apart = header
            apart.writeImmutableBuffer(bytes)
            return Piece(place: nil, apart: apart)
        }
        var start = header
        if let first = bytes.getSlice(at: bytes.readerIndex, length: min(bytes.readableBytes, Self.headLength)) {
            start.writeImmutableBuffer(first)
        }
        self.place(start)
        self.open(Self.lengthSize + header.readableBytes + bytes.readableBytes)
        let place = self.bytes.writerIndex
        self.bytes.writeInteger(UInt32(0))
        self.bytes.writeImmutableBuffer(header)
        self.bytes.writeImmutableBuffer(bytes)
        return Piece(place: place, apart: nil)
    }

    /// Of a slice so much tells where it belongs.
    private static let headLength = 48

    package mutating func append(_ bytes: ByteBuffer, to piece: inout Piece) {
        if piece.apart != nil {
            piece.apart?.writeImmutableBuffer(bytes)
        } else {
            self.bytes.writeImmutableBuffer(bytes)
        }
    }

    package mutating func end(_ piece: Piece) {
        if let apart = piece.apart { self.append(apart) }
        guard let place = piece.place else { return }
        let length = self.bytes.writerIndex - place - Self.lengthSize
        self.bytes.setInteger(UInt32(truncatingIfNeeded: length), at: place)
    }

    // MARK: Ends

    /// Ends the access unit, because what carries the stream says that it is whole. What has no picture, or stands ahead
    /// of the next one, counts for that.
    package mutating func finish() {
        if self.hasPicture { self.end() }
    }

    private mutating func end() {
        defer { self.clear() }
        let change = self.settle()
        guard self.configuration != nil else {
            self.unconfigured += 1
            return
        }
        guard self.bytes.readableBytes > 0 else { return }
        guard self.ready.count < Self.readyLimit else {
            self.excess += 1
            return
        }
        self.usualLength = (7 * self.usualLength + self.bytes.writerIndex) / 8
        // Encoders that never send an IDR picture repeat their parameter sets where a decoder may start.
        let isAnnounced = self.hasParameterSets || self.stamp?.isRandomAccess == true
        self.ready.append(
            Sample(
                configuration: change,
                payload: self.bytes,
                isKeyframe: self.access(self.bytes, lengthSize: Self.lengthSize)?.isStart(isAnnounced) == true,
                stamp: self.stamp,
                order: self.order
            )
        )
    }

    /// Forgets the access unit so far, but not the parameter sets in it; something is missing before what comes next.
    package mutating func discard() {
        self.takeAhead()
        self.clear()
        self.pendingStamp = nil
        self.stampAhead = nil
        self.hasBegunAhead = false
        self.splitter.forgetPicture()
    }

    private mutating func clear() {
        self.bytes = ByteBuffer()
        self.hasPicture = false
        self.hasParameterSets = false
        self.stamp = nil
        self.order = nil
    }

    /// Access units that may end at once: those of a message or a packet of many small pictures.
    private static let readyLimit = 512

    /// NAL units of one message or packet: an access unit has some dozen, and each costs more than its bytes.
    package static let unitLimit = 4096

    /// Bytes in the lengths of samples.
    package static let usualLengthSize = 4
    static let lengthSize = usualLengthSize

    private mutating func open(_ count: Int) {
        if self.bytes.capacity == 0 { self.bytes.reserveCapacity(min(max(self.usualLength, count), Self.mostReserved)) }
    }

    private static let mostReserved = 1 << 20

    func access(_ sample: ByteBuffer, lengthSize: Int) -> RandomAccess? {
        self.codec == .h264
            ? AVCAccessUnit.randomAccess(sample, nalLengthSize: lengthSize)
            : HEVCAccessUnit.randomAccess(sample, nalLengthSize: lengthSize)
    }

    /// Delimiters, ends and filler say nothing to a decoder of samples (ISO/IEC 14496-15 section 5.3.2); 0 and what is from
    /// 24 and 48 on is no NAL unit.
    private func belongsInSample(_ unit: ByteBuffer) -> Bool {
        guard let header = unit.getInteger(at: unit.readerIndex, as: UInt8.self) else { return false }
        let kind = self.codec == .h264 ? header & 0x1F : header >> 1 & 0x3F
        return self.codec == .h264
            ? (1...23).contains(kind) && !(9...13).contains(kind) : kind < 48 && !(35...38).contains(kind)
    }
}
