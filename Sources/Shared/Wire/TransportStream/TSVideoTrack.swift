import Media
import NIOCore

/// Makes samples of the byte stream of one H.264 or H.265 track, whose access units need not begin and end with the
/// packetised units that carry them.
struct TSVideoTrack: Sendable {
    /// Where the multiplexer cuts the byte stream into packetised units, as far as it has shown.
    enum Cutting: Hashable {
        /// It has shown nothing: the first keyframe waits for the unit behind it.
        case unknown
        /// A unit ends with an access unit, which goes out with it.
        case betweenPictures
        /// Access units went on from one unit into the next, so each of them waits for the next.
        case anywhere
    }

    /// How far the stream has come; each includes what is before it.
    enum Progress: Comparable {
        case nothing
        case configured
        /// A keyframe has come: before the first, units say nothing of how they will be cut.
        case decodable
    }

    private let id: TrackID
    /// After a loss pictures wait for one that a decoder can start at.
    private let holdsAfterLoss: Bool
    var maker: NALSampleMaker
    var clock: AccessUnitClock
    var cutting = Cutting.unknown
    var progress = Progress.nothing
    /// From the start code of a NAL unit on that may go on in the next unit.
    var rest = ByteBuffer()

    /// Pictures are left out until the next keyframe.
    var isHolding = false
    var held: UInt64 = 0
    var malformed: UInt64 = 0
    var unreadable: UInt64 = 0

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
        let (joins, pictures) = (self.maker.joins, self.maker.pictures)
        let stretch = self.takeStretch(with: unit.payload)
        let stamp = time.map {
            NALSampleMaker.Stamp(time: $0, offset: offset, isRandomAccess: unit.isRandomAccess)
        }
        // A unit that ran out of room, and not of bytes, goes on in the next one.
        let endsPicture = self.cutting == .betweenPictures && !unit.isFull
        let border = self.append(stretch, stamp, keepsLast: !endsPicture)
        if border.isSpanned || self.maker.joins > joins {
            self.noteSpan(hasPicture: pictures > 0)
        } else if endsPicture {
            self.maker.finish()
        }
        var events = self.drain()
        if self.cutting == .unknown, self.progress == .decodable, stretch.hasKept, border.beginsPicture {
            // The unit before has ended with a picture.
            self.cutting = .betweenPictures
            if !unit.isFull { events += self.flush() }
        }
        self.limitLength()
        return events
    }

    /// What waits for more, because nothing more comes.
    mutating func flush() -> [SourceEvent] {
        for range in AnnexBUnits(self.rest).prefix(NALSampleMaker.unitLimit) { self.append(range, of: self.rest) }
        self.rest = ByteBuffer()
        self.maker.finish()
        return self.drain()
    }

    /// An access unit has gone on from the unit before into this one.
    private mutating func noteSpan(hasPicture: Bool) {
        if self.cutting == .betweenPictures, hasPicture {
            // The first half has gone out as if it were all.
            self.malformed += 1
            self.lose()
        }
        self.cutting = .anywhere
    }

    private mutating func limitLength() {
        guard self.maker.length + self.rest.readableBytes > Self.lengthLimit else { return }
        self.malformed += 1
        self.lose()
    }

    // MARK: Bytes

    /// Bytes of the stream, in which one packetised unit ends and the next begins.
    private struct Stretch {
        let bytes: ByteBuffer
        /// Where what was kept ends, and what the stamp is of begins.
        let border: Int

        var hasKept: Bool { self.border > self.bytes.readerIndex }

        /// A NAL unit, its start code not included.
        func unit(_ range: Range<Int>) -> ByteBuffer? {
            self.bytes.getSlice(at: range.lowerBound, length: range.count)
        }

        /// Whether a NAL unit begins behind the border, the first zero of its start code included.
        func isBehindBorder(_ unit: Range<Int>) -> Bool {
            var start = unit.lowerBound - Self.startCode
            if start > self.bytes.readerIndex, self.bytes.getInteger(at: start - 1, as: UInt8.self) == 0 { start -= 1 }
            return start >= self.border
        }

        /// Whether the border cuts a NAL unit, or its start code.
        func isCut(_ unit: Range<Int>) -> Bool {
            unit.lowerBound - Self.startCode < self.border && unit.upperBound > self.border
        }

        /// Whether anything stands before the first NAL unit. Zeros before a start code belong to it.
        func hasStrayBytes(before unit: Range<Int>?) -> Bool {
            let start = self.bytes.readerIndex
            let end = unit.map { $0.lowerBound - Self.startCode } ?? self.bytes.writerIndex
            let stray = self.bytes.getSlice(at: start, length: max(0, end - start))
            return stray?.readableBytesView.contains { $0 != 0 } == true
        }

        /// What is to be kept where a NAL unit may go on: the unit from its start code on.
        func tail(from unit: Range<Int>) -> ByteBuffer {
            let start = max(self.bytes.readerIndex, unit.lowerBound - Self.startCode)
            return self.bytes.getSlice(at: start, length: self.bytes.writerIndex - start) ?? ByteBuffer()
        }

        private static let startCode = 3
    }

    /// What was seen where one packetised unit ends and the next begins.
    private struct Border {
        /// What the maker had counted when the border was passed; nil before.
        var counts: (joins: UInt64, pictures: UInt64)?
        /// A NAL unit goes on over it, or did so when nobody expected it.
        var isSpanned = false
        /// The first slice behind it begins a picture.
        var beginsPicture = false
    }

    /// What was kept, with the payload behind it.
    private mutating func takeStretch(with payload: ByteBuffer) -> Stretch {
        guard self.rest.readableBytes > 0 else { return Stretch(bytes: payload, border: payload.readerIndex) }
        var bytes = self.rest
        let border = bytes.writerIndex
        bytes.writeImmutableBuffer(payload)
        self.rest = ByteBuffer()
        return Stretch(bytes: bytes, border: border)
    }

    /// Appends the NAL units of a stretch, and says what was seen at its border. The stamp is of the first access unit that
    /// begins behind that; with `keepsLast` the last NAL unit may go on in what comes next.
    private mutating func append(
        _ stretch: Stretch,
        _ stamp: NALSampleMaker.Stamp?,
        keepsLast: Bool
    ) -> Border {
        var units = AnnexBUnits(stretch.bytes)
        var next = units.next()
        var border = Border()
        if !stretch.hasKept {
            self.pass(&border, stamp)
            // Before the first configuration they may be the end of what nobody heard begin.
            border.isSpanned = self.progress >= .configured && stretch.hasStrayBytes(before: next)
        }
        var count = 0
        while let range = next, count < NALSampleMaker.unitLimit {
            next = units.next()
            count += 1
            if border.counts == nil, stretch.isBehindBorder(range) { self.pass(&border, stamp) }
            if stretch.isCut(range) { border.isSpanned = true }
            if next == nil, keepsLast {
                self.keep(range, of: stretch, &border)
            } else {
                self.append(range, of: stretch.bytes)
            }
        }
        if let counts = border.counts, self.maker.pictures > counts.pictures, self.maker.joins == counts.joins {
            border.beginsPicture = true
        }
        return border
    }

    /// The stamp is of what follows.
    private mutating func pass(_ border: inout Border, _ stamp: NALSampleMaker.Stamp?) {
        self.maker.note(stamp)
        border.counts = (self.maker.joins, self.maker.pictures)
    }

    /// Keeps the last NAL unit, which may go on. Its beginning tells whether the picture before it has ended.
    private mutating func keep(_ range: Range<Int>, of stretch: Stretch, _ border: inout Border) {
        self.rest = stretch.tail(from: range)
        guard let unit = stretch.unit(range), self.maker.isBeginning(unit) else { return }
        self.maker.finish()
        border.beginsPicture = border.counts.map { $0.joins == self.maker.joins } ?? false
    }

    private mutating func append(_ range: Range<Int>, of bytes: ByteBuffer) {
        if let unit = bytes.getSlice(at: range.lowerBound, length: range.count) { self.maker.append(unit) }
    }

    // MARK: Samples

    /// The access units that have ended, and the configurations among them.
    private mutating func drain() -> [SourceEvent] {
        self.noteUnreadableSets()
        self.held += UInt64(self.maker.takeUnconfigured())
        var events: [SourceEvent] = []
        while let sample = self.maker.next() {
            if let configuration = sample.configuration {
                self.progress = max(self.progress, .configured)
                self.clock.begin(configuration)
                events.append(.configuration(self.id, configuration))
            }
            if let packet = self.packet(of: sample) { events.append(.packet(packet)) }
        }
        return events
    }

    /// Pictures that refer to a parameter set that cannot be read would be decoded by another.
    private mutating func noteUnreadableSets() {
        guard self.maker.unreadableSets > self.unreadable else { return }
        self.malformed += self.maker.unreadableSets - self.unreadable
        self.unreadable = self.maker.unreadableSets
        self.isHolding = true
    }

    /// The sample as a packet; nil where it is held back.
    private mutating func packet(of sample: NALSampleMaker.Sample) -> SourcePacket? {
        let (decoded, shown) = self.times(of: sample)
        if sample.isKeyframe {
            self.isHolding = false
            self.progress = .decodable
        }
        guard !self.isHolding else {
            self.held += 1
            return nil
        }
        return SourcePacket(
            track: self.id,
            timestamp: decoded,
            compositionOffset: shown &- decoded,
            isKeyframe: sample.isKeyframe,
            payload: sample.payload
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
