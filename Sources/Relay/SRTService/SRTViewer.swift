import NIOCore
import SRT
import Streams
import Synchronization
import Tape

/// One connection that a stream is sent on. Its sender's thread alone advances it; anybody may ask for its figures.
final class SRTViewer: Sendable {
    enum Ending: String, Sendable {
        /// It closed the connection, or its line broke.
        case left
        /// There is no more of the stream.
        case finished
        /// It took nothing for too long.
        case stalled
        /// Somebody had it removed.
        case closed
        case shutdown
    }

    private struct Place {
        /// Absolute offset of the next byte on the tape; nil while it waits for a join.
        var cursor: UInt64?
        /// When it last took something, µs monotonic.
        var lastProgress: Int64
        var isFull = false
        /// Since when there is less than a message to be sent, µs monotonic.
        var tailSince: Int64?
        /// When it was last seen to be connected, µs monotonic.
        var seenAt: Int64 = 0
        /// Until when it stays connected although there is no more, µs monotonic: what was sent last is still on its way.
        var lingers: Int64?
    }

    let socket: SRTSocket
    private let lease: WireLease
    private let place: Mutex<Place>
    private let sent = Atomic<UInt64>(0)
    private let skipped = Atomic<UInt64>(0)
    private let isUnwanted = Atomic(false)
    /// Called, maybe more than once, when it is given a place on the tape.
    private let onStart: @Sendable () -> Void
    private let onEnd: @Sendable (Ending, SRTViewer) -> Void

    /// Seven packets of TS, what fits a datagram: the size everybody uses.
    static let messageSize = 1316
    /// Less than a whole message waits so long for more, µs, where turns are short enough: a message costs the same
    /// whatever its size.
    static let tailTimeout: Int64 = 8_000
    /// How often it is asked whether a connection is still there that nothing is sent on, µs.
    private static let lookInterval: Int64 = 100_000
    /// What a receiver may take longer than was agreed on to hand on the last of it, µs.
    private static let slack: Int64 = 100_000
    /// Bytes taken from the tape at a time, whole messages.
    static let chunk = 32 * SRTViewer.messageSize

    init(
        socket: SRTSocket,
        lease: WireLease,
        now: Int64,
        onStart: @escaping @Sendable () -> Void = {},
        onEnd: @escaping @Sendable (Ending, SRTViewer) -> Void
    ) {
        self.socket = socket
        self.lease = lease
        self.place = Mutex(Place(cursor: nil, lastProgress: now))
        self.onStart = onStart
        self.onEnd = onEnd
    }

    var bytes: UInt64 { self.sent.load(ordering: .relaxed) }
    /// Times it was too slow and was moved forward to a keyframe.
    var skips: UInt64 { self.skipped.load(ordering: .relaxed) }

    /// Any thread: has it ended with its sender's next turn.
    func remove() {
        self.isUnwanted.store(true, ordering: .relaxed)
    }

    /// Sends what is new, as far as there is room: the line's own rule gives up what would come too late.
    ///
    /// - Parameters:
    ///   - chunks: where viewers at the same place find the same bytes.
    ///   - now: µs monotonic.
    ///   - stall: µs after which one that takes nothing is dropped.
    ///   - holdsTail: whether less than a message may wait for the next turns.
    /// - Returns: why it ends; nil where it goes on.
    func advance(_ chunks: inout TapeChunks, now: Int64, stall: Int64, holdsTail: Bool = false) -> Ending? {
        if self.isUnwanted.load(ordering: .relaxed) { return .closed }
        return self.place.withLock { place in
            let tape = self.lease.tape
            // Asked first: what was appended before the end is seen then.
            let isFinished = tape.isFinished
            while true {
                guard let cursor = place.cursor else {
                    guard let join = tape.newestJoin else { return self.waiting(isFinished, &place, now) }
                    place.cursor = join.offset
                    self.onStart()
                    continue
                }
                guard cursor < tape.head else { return self.waiting(isFinished, &place, now) }
                guard let bytes = chunks.bytes(of: tape, from: cursor) else {
                    self.skipped.wrappingAdd(1, ordering: .relaxed)
                    place.cursor = nil
                    continue
                }
                let ready = holdsTail && !isFinished ? Self.whole(bytes, &place, now) : bytes
                guard ready.readableBytes > 0 else { return nil }
                let sent = self.socket.send(ready, messageSize: Self.messageSize)
                place.cursor = cursor + UInt64(sent.bytes)
                self.sent.wrappingAdd(UInt64(sent.bytes), ordering: .relaxed)
                if sent.bytes > 0 || !place.isFull { place.lastProgress = now }
                if sent.isEnded { return .left }
                place.isFull = sent.bytes < ready.readableBytes
                place.seenAt = now
                if place.isFull { return now - place.lastProgress > stall ? .stalled : nil }
            }
        }
    }

    /// Whole messages, and what is behind them once it has waited long enough.
    private static func whole(_ bytes: ByteBuffer, _ place: inout Place, _ now: Int64) -> ByteBuffer {
        let tail = bytes.readableBytes % Self.messageSize
        guard tail > 0 else {
            place.tailSince = nil
            return bytes
        }
        let since = bytes.readableBytes == tail ? place.tailSince : nil
        if let since, now - since >= Self.tailTimeout {
            place.tailSince = nil
            return bytes
        }
        place.tailSince = since ?? now
        return bytes.getSlice(at: bytes.readerIndex, length: bytes.readableBytes - tail) ?? bytes
    }

    /// It has everything there is.
    private func waiting(_ isFinished: Bool, _ place: inout Place, _ now: Int64) -> Ending? {
        if isFinished || now - place.seenAt >= Self.lookInterval {
            guard self.socket.isConnected else { return isFinished ? .finished : .left }
            place.seenAt = now
        }
        guard isFinished else { return nil }
        guard let end = place.lingers else {
            let link = self.socket.link
            place.lingers = now + (link.map { $0.latency + 2 * $0.roundTrip } ?? 0) + Self.slack
            return nil
        }
        return now >= end ? .finished : nil
    }

    /// Its sender: it is no longer sent to.
    func end(_ ending: Ending) {
        self.socket.close()
        self.onEnd(ending, self)
    }
}

/// Pieces of tapes, copied once for all viewers that are at the same place: most are.
struct TapeChunks {
    private struct Key: Hashable {
        let tape: ObjectIdentifier
        let offset: UInt64
    }

    private var known: [Key: ByteBuffer] = [:]

    /// Bytes from the offset on; nil where the writer has come past it, or is about to.
    mutating func bytes(of tape: WireTape, from offset: UInt64) -> ByteBuffer? {
        guard offset >= tape.safeTail else { return nil }
        let key = Key(tape: ObjectIdentifier(tape), offset: offset)
        if let known = self.known[key] { return known }
        let end = min(tape.head, offset + UInt64(SRTViewer.chunk))
        guard end > offset, let bytes = tape.copy(offset..<end) else { return nil }
        self.known[key] = bytes
        return bytes
    }

    /// For another turn, in which more may have been written behind.
    mutating func clear() {
        self.known.removeAll(keepingCapacity: true)
    }
}
