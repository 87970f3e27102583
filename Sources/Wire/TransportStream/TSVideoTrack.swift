import Media
import NIOCore

/// Makes samples of the byte streams of one H.264 or HEVC track.
struct TSVideoTrack: Sendable {
    private let id: TrackID
    private let codec: Codec
    private var collector: ParameterSetCollector
    private var hasConfiguration = false
    /// Pictures are left out until the next keyframe.
    private(set) var isHolding = false
    /// µs from one picture to the next, for units without a time.
    private var lastTime: Int64?
    private var interval: Int64 = 40_000

    private(set) var held: UInt64 = 0
    private(set) var malformed: UInt64 = 0

    init?(_ id: TrackID, _ codec: Codec) {
        guard let collector = ParameterSetCollector(codec) else { return nil }
        self.id = id
        self.codec = codec
        self.collector = collector
    }

    /// What follows refers to pictures that are missing.
    mutating func hold() {
        self.isHolding = true
    }

    /// - Parameters:
    ///   - payload: one access unit as a byte stream.
    ///   - time: decoding time, µs; nil where the unit has none.
    ///   - offset: presentation minus decoding time, µs.
    ///   - isRandomAccess: whether the multiplexer says that a decoder can start here.
    /// - Returns: a configuration, where another holds from here on, and the picture.
    mutating func take(
        _ payload: ByteBuffer,
        time: Int64?,
        offset: Int64,
        isRandomAccess: Bool
    ) -> [SourceEvent] {
        var sample = ByteBuffer()
        sample.reserveCapacity(payload.readableBytes + 64)
        var hasParameterSets = false
        for place in AnnexBUnits(payload) {
            guard let unit = payload.getSlice(at: place.lowerBound, length: place.count) else { continue }
            if self.collector.collect(unit) {
                hasParameterSets = true
            } else if self.belongsInSample(unit) {
                sample.writeSampleUnit(unit)
            }
        }
        var events: [SourceEvent] = []
        do throws(CodecError) {
            if let configuration = try self.collector.configuration() {
                self.hasConfiguration = true
                events.append(.configuration(self.id, configuration))
            }
        } catch {
            self.malformed += 1
            self.isHolding = true
        }
        let stamp = self.stamp(time)
        guard sample.readableBytes > 0 else { return events }
        guard self.hasConfiguration else {
            self.held += 1
            return events
        }
        let isKeyframe = self.isKeyframe(sample, isAnnounced: isRandomAccess || hasParameterSets)
        if isKeyframe { self.isHolding = false }
        guard !self.isHolding else {
            self.held += 1
            return events
        }
        events.append(
            .packet(
                SourcePacket(
                    track: self.id,
                    timestamp: stamp,
                    compositionOffset: offset,
                    isKeyframe: isKeyframe,
                    payload: sample
                )
            )
        )
        return events
    }

    private mutating func stamp(_ time: Int64?) -> Int64 {
        let stamp = time ?? (self.lastTime ?? 0) &+ self.interval
        if let last = self.lastTime, stamp > last, stamp &- last < 1_000_000 { self.interval = stamp &- last }
        self.lastTime = stamp
        return stamp
    }

    /// Neither delimiters nor filler nor ends of sequence (ITU-T H.264 table 7-1, H.265 table 7-1).
    private func belongsInSample(_ unit: ByteBuffer) -> Bool {
        guard let header = unit.getInteger(at: unit.readerIndex, as: UInt8.self) else { return false }
        return self.codec == .h264 ? !(9...12).contains(header & 0x1F) : !(35...38).contains(header >> 1 & 0x3F)
    }

    /// A picture that resets nothing counts where the multiplexer or parameter sets before it say that one may start.
    private func isKeyframe(_ sample: ByteBuffer, isAnnounced: Bool) -> Bool {
        let size = ParameterSetCollector.nalLengthSize
        let access =
            self.codec == .h264
            ? AVCAccessUnit.randomAccess(sample, nalLengthSize: size)
            : HEVCAccessUnit.randomAccess(sample, nalLengthSize: size)
        return access == .complete || isAnnounced && access == .recovering
    }
}
