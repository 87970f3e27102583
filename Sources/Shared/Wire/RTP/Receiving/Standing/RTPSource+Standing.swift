import NIOCore

extension RTPSequencer {
    /// Where the numbers of a source stand, written down for the process that goes on with it.
    struct Standing: Sendable, Codable {
        fileprivate var first: Int64
        fileprivate var highest: Int64
        fileprivate var received: UInt64
        fileprivate var total: UInt64
        fileprivate var lost: UInt64
        fileprivate var reordered: UInt64
        fileprivate var duplicates: UInt64
        fileprivate var late: UInt64
        fileprivate var last: LastPacket?

        fileprivate var isPlausible: Bool {
            let counted = RTPLimits.counted
            return self.first > 0 && self.first <= self.highest + 1 && self.highest < Int64(counted)
                && [self.received, self.total, self.lost, self.reordered, self.duplicates, self.late]
                    .allSatisfy { $0 < counted }
        }
    }

    /// The last packet of a transport that keeps the order, by which one that comes twice is told.
    fileprivate struct LastPacket: Sendable, Codable {
        var marker: Bool
        var payloadType: UInt8
        var sequence: UInt16
        var timestamp: UInt32
        var source: UInt32
        var payload: ByteBuffer

        /// Longer ones, which no datagram of a usual line holds, are not written down.
        static let longest = 2048

        init?(_ packet: RTPPacket?) {
            guard let packet, packet.payload.readableBytes <= Self.longest else { return nil }
            self.marker = packet.marker
            self.payloadType = packet.payloadType
            self.sequence = packet.sequence
            self.timestamp = packet.timestamp
            self.source = packet.source
            self.payload = packet.payload
        }

        var packet: RTPPacket {
            RTPPacket(
                marker: self.marker,
                payloadType: self.payloadType,
                sequence: self.sequence,
                timestamp: self.timestamp,
                source: self.source,
                payload: self.payload
            )
        }
    }

    /// Nil while a packet waits for others, or for what the next one says of it.
    var standing: Standing? {
        guard self.held.isEmpty, self.stray == nil, self.barrier == nil, self.missing == 0,
            self.due == self.highest + 1
        else { return nil }
        return Standing(
            first: self.first,
            highest: self.highest,
            received: self.received,
            total: self.total,
            lost: self.lost,
            reordered: self.reordered,
            duplicates: self.duplicates,
            late: self.late,
            last: LastPacket(self.lastInOrder)
        )
    }

    /// Goes on where another stood.
    ///
    /// - Returns: false if none can have stood there.
    fileprivate mutating func resume(_ standing: Standing) -> Bool {
        guard standing.isPlausible else { return false }
        self.first = standing.first
        self.highest = standing.highest
        self.due = standing.highest + 1
        self.received = standing.received
        self.total = standing.total
        self.lost = standing.lost
        self.reordered = standing.reordered
        self.duplicates = standing.duplicates
        self.late = standing.late
        self.lastInOrder = standing.last?.packet
        return true
    }
}

extension RTPSource {
    /// How a source has been received, written down for the process that goes on with it.
    struct Standing: Sendable, Codable {
        fileprivate var id: UInt32
        fileprivate var sequencer: RTPSequencer.Standing
        fileprivate var latest: Int64
        fileprivate var hasLeft: Bool
        fileprivate var rate: Int64
        fileprivate var witness: RTPWitness
        fileprivate var lastTimestamp: UInt32
        fileprivate var jitter: Int64
        fileprivate var reportArrival: Int64?
        fileprivate var reportCompact: UInt32?
        fileprivate var expectedBefore: UInt64
        fileprivate var receivedBefore: UInt64
        fileprivate var firstBefore: Int64

        /// Deviations of more than ten seconds are none.
        private var mostJitter: Int64 { 10 * self.rate << 4 }

        fileprivate var isPlausible: Bool {
            RTPLimits.clockRates.contains(self.rate) && (0...self.mostJitter).contains(self.jitter)
                && self.witness.isPlausible && self.expectedBefore < RTPLimits.counted
                && self.receivedBefore < RTPLimits.counted
        }
    }

    /// Nil while a packet waits for others.
    var standing: Standing? {
        guard let sequencer = self.sequencer.standing else { return nil }
        return Standing(
            id: self.id,
            sequencer: sequencer,
            latest: self.latest,
            hasLeft: self.hasLeft,
            rate: self.rate,
            witness: self.witness,
            lastTimestamp: self.lastTimestamp,
            jitter: self.jitter,
            reportArrival: self.report?.arrival,
            reportCompact: self.report?.compact,
            expectedBefore: self.expectedBefore,
            receivedBefore: self.receivedBefore,
            firstBefore: self.firstBefore
        )
    }

    /// Nil where no source can have stood so.
    init?(resuming standing: Standing, wait: Int64, count: Int) {
        guard standing.isPlausible else { return nil }
        let first = RTPPacket(
            marker: false,
            payloadType: 0,
            sequence: 0,
            timestamp: standing.lastTimestamp,
            source: standing.id,
            payload: ByteBuffer()
        )
        self.init(
            first: first,
            rate: Int(standing.rate),
            marksEnds: false,
            now: standing.latest,
            wait: wait,
            count: count
        )
        guard self.sequencer.resume(standing.sequencer) else { return nil }
        self.hasLeft = standing.hasLeft
        self.witness = standing.witness
        self.jitter = standing.jitter
        if let arrival = standing.reportArrival, let compact = standing.reportCompact {
            self.report = (arrival, compact)
        }
        self.expectedBefore = standing.expectedBefore
        self.receivedBefore = standing.receivedBefore
        self.firstBefore = standing.firstBefore
    }
}
