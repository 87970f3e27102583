import Media
import NIOCore

/// What comes of a track's packets once they are in order: access units with their times.
struct RTPTrackMedia: Sendable {
    /// The format of the packets that come, and what is remembered for as long as it lasts.
    struct Format {
        let encoding: RTPEncoding
        /// Nil for a format of which nothing can be made.
        var depacketizer: (any RTPDepacketizer)?
        var decodeOrder = DecodeOrder()
        /// Of pictures that share the timestamp of the one before; nil for sound.
        var accessUnitClock: AccessUnitClock?

        init(_ encoding: RTPEncoding) {
            self.encoding = encoding
            self.depacketizer = encoding.depacketizer()
        }

        mutating func learn(_ configuration: CodecConfiguration) {
            if configuration.codec.kind == .video {
                var clock = self.accessUnitClock ?? AccessUnitClock(configuration.codec)
                clock.begin(configuration)
                self.accessUnitClock = clock
            }
            self.decodeOrder.begin(
                depth: configuration.reorderDepth,
                interval: configuration.frameRate.map { Int64(1_000_000 / $0) }
            )
        }
    }

    private let media: Int
    /// Nil for MPEG-TS.
    private let id: TrackID?
    /// Those that are known, by payload type.
    let encodings: [UInt8: RTPEncoding]
    /// As the description names the first of them.
    private let firstEncoding: String
    /// After a loss pictures wait for one that a decoder can start at.
    private let holdsAfterLoss: Bool

    /// Nil before the first packet.
    var format: Format?
    private(set) var output = RTPDepacketizerOutput()
    /// Pictures are left out until the next keyframe.
    var isHolding: Bool

    var accessUnits: UInt64 = 0
    var damaged: UInt64 = 0
    var malformed: UInt64 = 0
    var unconfigured: UInt64 = 0
    var held: UInt64 = 0

    /// Access units that came to their end and were not passed on.
    var unused: UInt64 { self.damaged &+ self.unconfigured &+ self.held }

    init(media: Int, id: TrackID?, _ encodings: [RTPEncoding], onLoss: RTPReceiverConfiguration.OnLoss) {
        self.media = media
        self.id = id
        self.encodings = Dictionary(encodings.map { ($0.payloadType, $0) }) { first, _ in first }
        self.firstEncoding = encodings.first?.name ?? ""
        self.holdsAfterLoss = id?.kind == .video && onLoss == .hold
        self.isHolding = self.holdsAfterLoss
    }

    /// The next packet in order; so many are missing before it.
    mutating func receive(
        _ arrival: RTPSequencer.Arrival,
        missing: Int,
        _ clock: inout RTPSynchronizer,
        _ events: inout [RTPReceiverEvent]
    ) {
        let packet = arrival.packet
        if missing > 0 { self.lose() }
        guard let encoding = self.encodings[packet.payloadType] else { return }
        if encoding.payloadType != self.format?.encoding.payloadType { self.change(to: encoding, &clock, &events) }
        clock.note(packet.timestamp, of: self.media, now: arrival.time)
        self.format?.depacketizer?.receive(packet, into: &self.output)
        self.emitOutput(&clock, arrival.time, &events)
    }

    /// No more comes of this source; what is left of an access unit is none.
    mutating func endSource(_ clock: inout RTPSynchronizer, _ events: inout [RTPReceiverEvent]) {
        self.lose()
        self.emitOutput(&clock, 0, &events)
    }

    private mutating func lose() {
        self.format?.depacketizer?.lose(into: &self.output)
        self.hold()
    }

    private mutating func hold() {
        if self.holdsAfterLoss { self.isHolding = true }
    }

    /// The packets that follow are in another format.
    private mutating func change(
        to encoding: RTPEncoding,
        _ clock: inout RTPSynchronizer,
        _ events: inout [RTPReceiverEvent]
    ) {
        if let before = self.format?.encoding {
            if before.clockRate != encoding.clockRate { clock.restart(self.media, rate: encoding.clockRate) }
            self.hold()
        }
        self.format = Format(encoding)
        if let configuration = self.format?.depacketizer?.configuration { self.begin(configuration, &events) }
    }

    private mutating func begin(_ configuration: CodecConfiguration, _ events: inout [RTPReceiverEvent]) {
        guard let id = self.id else { return }
        self.format?.learn(configuration)
        events.append(.source(.configuration(id, configuration)))
    }

    // MARK: - Access units

    /// Passes on what came out of the packets.
    private mutating func emitOutput(
        _ clock: inout RTPSynchronizer,
        _ arrival: Int64,
        _ events: inout [RTPReceiverEvent]
    ) {
        guard !self.output.isEmpty else { return }
        self.noteFaults(&events)
        if self.output.hasTransportGap { events.append(.transportStreamGap) }
        for bytes in self.output.transport { events.append(.transportStream(bytes)) }
        for unit in self.output.units { self.emit(unit, &clock, arrival, &events) }
        self.output.clear()
    }

    private mutating func noteFaults(_ events: inout [RTPReceiverEvent]) {
        self.damaged += UInt64(self.output.damaged)
        self.malformed += UInt64(self.output.malformed + self.output.leftovers)
        self.unconfigured += UInt64(self.output.unconfigured)
        if self.output.malformed > 0, let omission = self.omission { events.append(.source(.omission(omission))) }
        // Bytes left over at a payload's end cost no picture.
        if self.output.damaged + self.output.malformed + self.output.unconfigured > 0 { self.hold() }
    }

    private var omission: MediaOmission? {
        guard let id = self.id, let codec = self.format?.depacketizer?.configuration?.codec else { return nil }
        return MediaOmission(
            id.kind == .video ? .video : .audio,
            codec: codec.name,
            reason: .malformed,
            sentence: "Some RTP packets of \(codec.name) cannot be read, and the frames that they belong to are left "
                + "out: update the sender, or set it to another packetization."
        )
    }

    private mutating func emit(
        _ unit: RTPAccessUnit,
        _ clock: inout RTPSynchronizer,
        _ arrival: Int64,
        _ events: inout [RTPReceiverEvent]
    ) {
        guard let id = self.id else { return }
        if let configuration = unit.configuration { self.begin(configuration, &events) }
        guard self.passes(unit) else { return }
        self.accessUnits += 1
        guard let shown = self.time(of: unit, &clock, arrival) else { return }
        // Sound is heard as it comes: a time that goes back is no other order.
        let decoded = id.kind == .video ? self.format?.decodeOrder.time(of: shown) ?? shown : shown
        events.append(
            .source(
                .packet(
                    SourcePacket(
                        track: id,
                        timestamp: decoded,
                        compositionOffset: shown &- decoded,
                        isKeyframe: unit.isKeyframe,
                        payload: unit.payload
                    )
                )
            )
        )
    }

    /// Whether an access unit is passed on: after a loss, from a keyframe on.
    private mutating func passes(_ unit: RTPAccessUnit) -> Bool {
        guard self.isHolding, !unit.isKeyframe else {
            self.isHolding = false
            return true
        }
        self.held += 1
        return false
    }

    /// When an access unit is shown, µs: by its timestamp, or as its picture follows the others.
    private mutating func time(of unit: RTPAccessUnit, _ clock: inout RTPSynchronizer, _ arrival: Int64) -> Int64? {
        guard let timestamp = unit.timestamp else { return self.format?.accessUnitClock?.next(unit.order)?.shown }
        let shown = clock.place(timestamp, of: self.media, now: arrival)
        self.format?.accessUnitClock?.note(decoded: shown, shown: shown, unit.order)
        return shown
    }

    /// Writes what is counted here into a track's figures.
    func describe(in statistics: inout RTPTrackStatistics) {
        statistics.encoding = self.format?.encoding.name ?? self.firstEncoding
        statistics.accessUnits = self.accessUnits
        statistics.damaged = self.damaged
        statistics.malformed += self.malformed
        statistics.unconfigured = self.unconfigured
        statistics.held = self.held
        statistics.isHolding = self.isHolding
    }
}
