import Media
import NIOCore

/// An H.264 or H.265 track of a publisher: makes access units of its messages, whatever a message holds.
///
/// By the specification that is one access unit, units after lengths. Encoders were seen that send a message for each NAL
/// unit, several pictures in one, byte streams with start codes, parameter sets among the pictures that differ from
/// those they announced, and configuration records that are empty, cut or say another size of lengths than they use.
struct NALTagTrack: Sendable {
    let id: TrackID

    /// What is believed of the sender's messages.
    enum Habit: Hashable {
        /// The first picture waits for the message behind it, unless its own shows what it is.
        case unknown
        /// A message is a whole access unit, at least: it goes out at once.
        case whole
        /// Slices of one picture came in several messages: each waits for what comes behind it.
        case parts
    }

    var habit = Habit.unknown
    /// Messages in a row that began a picture, while parts are expected.
    private var wholeInRow = 0

    var maker: NALSampleMaker
    var clock: AccessUnitClock
    /// In force: access units are given out under it.
    var configuration: CodecConfiguration?
    /// The record that the source sent last, which may come again; others than it may be in force since.
    var record: ByteBuffer?
    /// Bytes in the lengths, by the record or by what messages showed.
    var lengthSize = NALSampleMaker.usualLengthSize

    /// Messages that began a picture one after the other before a sender is believed again.
    private static let proof = 250

    /// Bytes that messages of one picture may have together.
    private static let lengthLimit = 16 << 20

    /// Nil for codings without NAL units.
    init?(_ id: TrackID, _ codec: Codec) {
        guard let maker = NALSampleMaker(codec) else { return nil }
        self.id = id
        self.maker = maker
        self.clock = AccessUnitClock(codec)
    }

    var codec: Codec { self.maker.codec }

    /// Access units dropped because nothing had said yet how they are coded.
    var unconfigured: UInt64 { self.maker.unconfigured }

    // MARK: Configuration

    /// Takes a record from the source. One that lacks parameter sets is taken for what it has: the rest is expected among
    /// the pictures.
    ///
    /// - Throws: what cannot be read of it. Pictures that carry their own parameter sets do without.
    mutating func configure(_ record: ByteBuffer, _ events: inout [SourceEvent]) throws(FLVError) {
        guard record.readableBytes > 0 else { return }
        guard record != self.record else {
            // Parameter sets that came among the pictures since are the newer ones.
            if let configuration { events.append(.configuration(self.id, configuration)) }
            return
        }
        do throws(CodecError) {
            let sets = try self.readRecord(record)
            self.record = ByteBuffer(bytes: record.readableBytesView)
            let made = self.maker.replaceSets(sets)
            guard let read = try? CodecConfiguration(record: record, of: self.codec), self.hasAllSets(sets) else {
                return
            }
            // Samples go out with lengths of four bytes, whatever they came with.
            let configuration = self.lengthSize == NALSampleMaker.usualLengthSize ? read : made ?? read
            self.configuration = configuration
            self.clock.begin(configuration)
            events.append(.configuration(self.id, configuration))
        } catch {
            throw .configuration(self.id, self.codec, error)
        }
    }

    /// Its parameter sets; takes the size of lengths as well.
    private mutating func readRecord(_ record: ByteBuffer) throws(CodecError) -> [ByteBuffer] {
        switch self.codec {
        case .h264:
            let read = try AVCDecoderConfiguration(record: record)
            self.lengthSize = read.nalLengthSize
            return read.sequenceParameterSets + read.pictureParameterSets
        default:
            let read = try HEVCDecoderConfiguration(record: record)
            self.lengthSize = read.nalLengthSize
            return read.parameterSets.filter { (32...34).contains($0.kind) }.map(\.nalUnit)
        }
    }

    private func hasAllSets(_ sets: [ByteBuffer]) -> Bool {
        let wanted: Set<UInt8> = self.codec == .h264 ? [7, 8] : [32, 33, 34]
        let kinds = sets.compactMap { set in
            set.getInteger(at: set.readerIndex, as: UInt8.self).map { self.codec == .h264 ? $0 & 0x1F : $0 >> 1 & 0x3F }
        }
        return wanted.isSubset(of: kinds)
    }

    // MARK: Messages

    /// Takes a message.
    ///
    /// - Parameters:
    ///   - message: its payload.
    ///   - timestamp: its decoding time, µs.
    ///   - offset: presentation minus decoding time, µs.
    ///   - isFlagged: whether the message says that a decoder can start at it. Some encoders flag key frames wrongly, so what
    ///     the NAL units show counts for more: an IDR picture and one with a recovery point are always, and another that is
    ///     flagged only if it is all intra slices.
    ///   - events: where what comes of it is appended.
    /// - Throws: where its units do not add up, or are too many.
    mutating func take(
        _ message: ByteBuffer,
        timestamp: Int64,
        offset: Int64,
        isFlagged: Bool,
        _ events: inout [SourceEvent]
    ) throws(FLVError) {
        guard let framing = NALSampleMaker.Framing(message, self.codec, usual: self.lengthSize) else {
            throw .accessUnitStructure(self.id, self.codec)
        }
        let stamp = NALSampleMaker.Stamp(time: timestamp, offset: offset, isRandomAccess: isFlagged)
        if self.habit == .unknown, self.isPlainlyWhole(message, framing) { self.habit = .whole }
        if self.habit == .whole, case .lengths(NALSampleMaker.usualLengthSize, let end) = framing,
            let units = message.getSlice(at: message.readerIndex, length: end - message.readerIndex),
            let whole = self.maker.whole(units, stamp: stamp)
        {
            if case .sample(let sample) = whole { self.emit(sample, &events) }
            return
        }
        let (joins, begun) = (self.maker.joins, self.maker.pictures)
        self.maker.note(stamp)
        self.maker.append(message, framing)
        self.judge(isPart: self.maker.joins > joins, beginnings: self.maker.pictures &- begun)
        guard self.maker.length <= Self.lengthLimit else {
            let length = self.maker.length
            self.maker.discard()
            throw .bodyTooLarge(length, limit: Self.lengthLimit)
        }
        if self.habit == .whole { self.maker.finish() }
        self.drain(&events)
    }

    /// What of a picture waits for a message that does not come.
    mutating func flush(_ events: inout [SourceEvent]) {
        self.maker.finish()
        self.drain(&events)
    }

    /// When the picture that waits was sent, µs; nil if none does.
    var waiting: Int64? { self.maker.hasPicture ? self.maker.pictureTime : nil }

    /// A sender that puts several units into a message and a slice among them does not send each in one of its own.
    private func isPlainlyWhole(_ message: ByteBuffer, _ framing: NALSampleMaker.Framing) -> Bool {
        switch framing {
        case .byteStream: self.maker.showsSeveralUnits(AnnexBUnits(message), of: message)
        case .lengths(let size, _): self.maker.showsSeveralUnits(NALUnits(message, lengthSize: size), of: message)
        }
    }

    /// - Parameters:
    ///   - isPart: whether the message went on with a picture of another.
    ///   - beginnings: how many pictures begin in it.
    private mutating func judge(isPart: Bool, beginnings: UInt64) {
        if isPart {
            self.habit = .parts
            self.wholeInRow = 0
            return
        }
        switch self.habit {
        case .unknown:
            // Two pictures in a row, each in a message of its own.
            if beginnings > 0, self.maker.pictures > 1 { self.habit = .whole }
        case .parts:
            self.wholeInRow += beginnings > 0 ? 1 : 0
            if self.wholeInRow >= Self.proof {
                self.habit = .whole
                self.wholeInRow = 0
            }
        case .whole:
            break
        }
    }

    private mutating func drain(_ events: inout [SourceEvent]) {
        while let sample = self.maker.next() { self.emit(sample, &events) }
    }

    private mutating func emit(_ sample: NALSampleMaker.Sample, _ events: inout [SourceEvent]) {
        var sample = sample
        if self.configuration == nil { sample.configuration = sample.configuration ?? self.maker.configuration }
        if let configuration = sample.configuration {
            self.configuration = configuration
            self.clock.begin(configuration)
            events.append(.configuration(self.id, configuration))
        }
        let decoded: Int64
        let shown: Int64
        if let stamp = sample.stamp {
            (decoded, shown) = (stamp.time, stamp.time &+ stamp.offset)
            self.clock.note(decoded: decoded, shown: shown, sample.order)
        } else if let times = self.clock.next(sample.order) {
            (decoded, shown) = times
        } else {
            return
        }
        events.append(
            .packet(
                SourcePacket(
                    track: self.id,
                    timestamp: decoded,
                    compositionOffset: shown &- decoded,
                    isKeyframe: sample.isKeyframe,
                    payload: sample.payload
                )
            )
        )
    }
}
