internal import Linux
package import Media
internal import NIOCore

/// What a packet tape whose writer is dead tells of its stream, for whoever goes on with it.
package struct TapeResumption: Sendable {
    /// The newest decoding time of each track, and the furthest presentation time, on the stream's clock.
    package private(set) var decoded: [TrackID: MediaTime] = [:]
    package private(set) var presented: MediaTime?

    /// The newest configuration of each track, since the newest join.
    package private(set) var configurations: [TrackID: CodecConfiguration] = [:]

    /// The segment that was running.
    package private(set) var segment: SegmentMark?

    /// The furthest decoding time; nil of a tape on which there is nothing.
    package var newest: MediaTime? { self.decoded.values.max() }

    /// No stream's clock stands beyond it, µs: sums and differences of times stay far from overflow.
    private static let latest: Int64 = 1 << 52

    /// Reads every record. One that no relay of this version can have written voids the tape.
    init(of ring: borrowing Ring) throws(TapeError) {
        let join = ring.newestJoinWord.load()
        for sequence in ring.tailSequenceWord.load()..<ring.nextSequenceWord.load() {
            guard let entry = ring.entry(sequence), Self.isPlausible(entry.time) else { throw .layoutUnknown }
            var bytes = ByteBufferAllocator().buffer(capacity: Int(entry.length))
            let isWhole = unsafe ring.read(entry.offset..<entry.end) { source in
                _ = unsafe bytes.writeBytes(source)
            }
            guard isWhole, let record = PacketRecord(reading: bytes), record.size == Int(entry.length) else {
                throw .layoutUnknown
            }
            try self.note(record, isSinceJoin: join > 0 && sequence >= join - 1)
        }
    }

    private mutating func note(_ record: PacketRecord, isSinceJoin: Bool) throws(TapeError) {
        if let mark = record.segment {
            guard Self.isPlausible(mark.wallClock), mark.number < .max / 2, mark.discontinuity < .max / 2 else {
                throw .layoutUnknown
            }
            self.segment = mark
        }
        switch record.event {
        case .configuration(let track, let configuration):
            if isSinceJoin { self.configurations[track] = configuration }
        case .packet(let packet):
            guard Self.isPlausible(packet.dts.microseconds), Self.isPlausible(packet.pts.microseconds) else {
                throw .layoutUnknown
            }
            self.decoded[packet.track] = max(packet.dts, self.decoded[packet.track] ?? packet.dts)
            self.presented = max(packet.pts, self.presented ?? packet.pts)
        }
    }

    static func isPlausible(_ time: Int64) -> Bool { time >= 0 && time < Self.latest }
}
