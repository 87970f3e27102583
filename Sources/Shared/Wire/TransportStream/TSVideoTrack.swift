import Media
import NIOCore

/// Makes samples of the byte stream of one H.264 or H.265 track, whose access units need not begin and end with the
/// packetised units that carry them.
struct TSVideoTrack: Sendable {
    private let id: TrackID
    /// After a loss pictures wait for one that a decoder can start at.
    private let holdsAfterLoss: Bool
    private var maker: NALSampleMaker
    private var clock: AccessUnitClock
    private var hasConfiguration = false
    /// A keyframe has come: before the first, units say nothing of how they will be cut.
    private var hasKeyframe = false

    /// What is believed of the multiplexer's units.
    private enum Habit: Hashable {
        /// The first keyframe waits for the unit behind it.
        case unknown
        /// A unit ends with an access unit, which goes out with it.
        case whole
        /// Access units went on from one unit into the next: each waits for the next.
        case parts
    }

    private var habit = Habit.unknown
    /// From the start code of a NAL unit on that may go on in the next unit.
    private var rest = ByteBuffer()

    /// Pictures are left out until the next keyframe.
    private(set) var isHolding = false
    private(set) var held: UInt64 = 0
    private(set) var malformed: UInt64 = 0
    private var unreadable: UInt64 = 0

    /// Bytes that packetised units of one access unit may have together.
    private static let lengthLimit = 16 << 20

    init?(_ id: TrackID, _ codec: Codec, holdsAfterLoss: Bool) {
        guard var maker = NALSampleMaker(codec) else { return nil }
        // ISO/IEC 13818-1 section 2.4.3.7.
        maker.stampsFirstByte = true
        self.id = id
        self.maker = maker
        self.clock = AccessUnitClock(codec)
        self.holdsAfterLoss = holdsAfterLoss
    }

    /// Something is missing before what follows, which may refer to it.
    mutating func lose() {
        self.rest = ByteBuffer()
        self.maker.discard()
        if self.holdsAfterLoss { self.isHolding = true }
    }

    /// - Parameters:
    ///   - unit: a part of the byte stream.
    ///   - time: decoding time of the first access unit that begins in it, µs; nil where the unit has none.
    ///   - offset: presentation minus decoding time, µs.
    /// - Returns: configurations, where others hold, and the pictures that have ended.
    mutating func take(_ unit: TSUnit, time: Int64?, offset: Int64) -> [SourceEvent] {
        let (joins, begun) = (self.maker.joins, self.maker.pictures)
        let isSecond = self.rest.readableBytes > 0
        var bytes = unit.payload
        var border = bytes.readerIndex
        if self.rest.readableBytes > 0 {
            bytes = self.rest
            border = bytes.writerIndex
            bytes.writeImmutableBuffer(unit.payload)
            self.rest = ByteBuffer()
        }
        let waits = self.habit != .whole || unit.isFull
        let stamp = time.map {
            NALSampleMaker.Stamp(time: $0, offset: offset, isRandomAccess: unit.isRandomAccess)
        }
        let (goesOn, isBeginning) = self.append(bytes, border: border, stamp, keepsLast: waits)
        let isPart = goesOn || self.maker.joins > joins
        if isPart, self.habit == .whole, begun > 0 {
            // The first half has gone out as if it were all.
            self.malformed += 1
            self.lose()
        }
        var events: [SourceEvent] = []
        if isPart { self.habit = .parts }
        if !waits, !isPart { self.maker.finish() }
        self.drain(&events)
        if self.habit == .unknown, isSecond, isBeginning, self.hasKeyframe {
            // A unit has ended with a picture.
            self.habit = .whole
            if !unit.isFull { events += self.flush() }
        }
        if self.maker.length + self.rest.readableBytes > Self.lengthLimit {
            self.malformed += 1
            self.lose()
        }
        return events
    }

    /// What waits for more, because nothing more comes.
    mutating func flush() -> [SourceEvent] {
        if self.rest.readableBytes > 0 {
            self.append(AnnexBUnits(self.rest), of: self.rest)
            self.rest = ByteBuffer()
        }
        self.maker.finish()
        var events: [SourceEvent] = []
        self.drain(&events)
        return events
    }

    // MARK: Bytes

    /// Appends the NAL units of the byte stream.
    ///
    /// - Parameters:
    ///   - bytes: what was kept, and what is new.
    ///   - border: where what came before ends and what the stamp is of begins.
    ///   - stamp: of the first access unit that begins behind the border.
    ///   - keepsLast: whether the last NAL unit may go on in what comes next.
    /// - Returns: whether a NAL unit goes on over the border, or did so when nobody expected it; and whether the first slice
    ///   behind it begins a picture.
    private mutating func append(
        _ bytes: ByteBuffer,
        border: Int,
        _ stamp: NALSampleMaker.Stamp?,
        keepsLast: Bool
    ) -> (isPart: Bool, isBeginning: Bool) {
        var units = AnnexBUnits(bytes)
        var next = units.next()
        var isPart = false
        var isBeginning = false
        var isBehind = false
        var (joins, begun) = (self.maker.joins, self.maker.pictures)
        if border == bytes.readerIndex {
            isBehind = true
            self.maker.note(stamp)
            // Zeros before a start code belong to it.
            let lead = next.map { $0.lowerBound - 3 } ?? bytes.writerIndex
            let stray = bytes.getSlice(at: border, length: max(0, lead - border))
            isPart = self.hasConfiguration && stray?.readableBytesView.contains(where: { $0 != 0 }) == true
        }
        var count = 0
        while let range = next, count < NALSampleMaker.unitLimit {
            next = units.next()
            count += 1
            // A start code may stand on the border.
            if !isBehind, Self.codeStart(of: range, in: bytes) >= border {
                isBehind = true
                self.maker.note(stamp)
                (joins, begun) = (self.maker.joins, self.maker.pictures)
            }
            // Its start code counts: a cut in that parts the unit as well.
            if range.lowerBound - 3 < border, range.upperBound > border { isPart = true }
            if next == nil, keepsLast {
                let start = max(bytes.readerIndex, range.lowerBound - 3)
                self.rest = bytes.getSlice(at: start, length: bytes.writerIndex - start) ?? ByteBuffer()
                // Its beginning tells that the picture before it has ended.
                if let unit = bytes.getSlice(at: range.lowerBound, length: range.count), self.maker.isBeginning(unit) {
                    self.maker.finish()
                    isBeginning = isBehind && self.maker.joins == joins
                }
                break
            }
            if let unit = bytes.getSlice(at: range.lowerBound, length: range.count) { self.maker.append(unit) }
        }
        if isBehind, self.maker.pictures > begun, self.maker.joins == joins { isBeginning = true }
        return (isPart, isBeginning && !isPart)
    }

    /// Where the start code of a unit begins, its first zero included.
    private static func codeStart(of unit: Range<Int>, in bytes: ByteBuffer) -> Int {
        let start = unit.lowerBound - 3
        guard start > bytes.readerIndex, bytes.getInteger(at: start - 1, as: UInt8.self) == 0 else { return start }
        return start - 1
    }

    private mutating func append(_ units: AnnexBUnits, of bytes: ByteBuffer) {
        for range in units.prefix(NALSampleMaker.unitLimit) {
            if let unit = bytes.getSlice(at: range.lowerBound, length: range.count) { self.maker.append(unit) }
        }
    }

    // MARK: Samples

    private mutating func drain(_ events: inout [SourceEvent]) {
        if self.maker.unreadableSets > self.unreadable {
            self.malformed += self.maker.unreadableSets - self.unreadable
            self.unreadable = self.maker.unreadableSets
            self.isHolding = true
        }
        self.held += UInt64(self.maker.takeUnconfigured())
        while let sample = self.maker.next() { self.emit(sample, &events) }
    }

    private mutating func emit(_ sample: NALSampleMaker.Sample, _ events: inout [SourceEvent]) {
        if let configuration = sample.configuration {
            self.hasConfiguration = true
            self.clock.begin(configuration)
            events.append(.configuration(self.id, configuration))
        }
        let (decoded, shown) = self.times(of: sample)
        if sample.isKeyframe {
            self.isHolding = false
            self.hasKeyframe = true
        }
        guard !self.isHolding else {
            self.held += 1
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

    private mutating func times(of sample: NALSampleMaker.Sample) -> (decoded: Int64, shown: Int64) {
        if sample.stamp == nil, let times = self.clock.next(sample.order) { return times }
        // A stream without a time at all begins at none.
        let decoded = sample.stamp?.time ?? 0
        let shown = decoded &+ (sample.stamp?.offset ?? 0)
        self.clock.note(decoded: decoded, shown: shown, sample.order)
        return (decoded, shown)
    }
}
