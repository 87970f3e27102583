import Fanout
import Linux
import Logging
import Media
import NIOCore
import Synchronization
import Tape
import Testing
import Toolkit

private struct Missing: Error {}

extension HeldDescriptor {
    /// The descriptor, which nobody has taken yet.
    fileprivate func taken() throws -> OwnedDescriptor {
        guard let descriptor = self.take() else { throw Missing() }
        return descriptor
    }
}

/// Keeps connections as a host does.
private final class Keeper: ViewerKeeper {
    struct Kept: Sendable {
        let connection: HeldDescriptor
        let place: ViewerPlace
    }

    private let state = Mutex<[UInt64: Kept]>([:])
    private let forgotten = Mutex<[UInt64]>([])

    func keep(_ connection: borrowing OwnedDescriptor, as number: UInt64?, at place: ViewerPlace) -> UInt64? {
        guard let copy = HeldDescriptor(copyOf: connection) else { return nil }
        return self.state.withLock { kept in
            let number = number ?? UInt64(kept.count) + 1
            kept[number] = Kept(connection: copy, place: place)
            return number
        }
    }

    func forget(_ number: UInt64) { self.forgotten.withLock { $0.append(number) } }

    subscript(number: UInt64) -> Kept? { self.state.withLock { $0[number] } }
    var gone: [UInt64] { self.forgotten.withLock { $0 } }
}

@Suite(.ownThread) struct SuccessionTests {
    private static let card = Array("who it is".utf8)

    private static func engine(_ keeper: Keeper) throws -> FanoutEngine {
        var limits = FanoutLimits()
        limits.sendBuffer = 8192
        return try FanoutEngine(threads: 1, limits: limits, logger: Logger(label: "test"), keeper: keeper)
    }

    private static func table(_ engine: FanoutEngine) throws -> StoredViewers {
        try #require(StoredViewers(attaching: try Self.memory(engine)))
    }

    private static func memory(_ engine: FanoutEngine) throws -> OwnedDescriptor {
        guard let table = try engine.shareTables().first else { throw Missing() }
        return try table.taken()
    }

    private static func given(_ kept: Keeper.Kept) throws -> UInt64 {
        try #require(SocketProgress(of: kept.connection)).given
    }

    @Test func `a viewer's place follows from what the kernel was given for it`() throws {
        let (keeper, audience, ends) = (Keeper(), try Audience(), try Ends())
        let engine = try Self.engine(keeper)
        let tape = try WireTape(name: "test", capacity: 1 << 18, records: 256)
        tape.setPreamble(Preamble(opening: ByteBuffer(string: "preamble")))
        try tape.write(0..<20)
        engine.add(
            Viewer(
                descriptor: try audience.join(tcp: true),
                tape: tape,
                opening: ByteBuffer(string: "opening"),
                card: Self.card,
                onEnd: ends.note
            )
        )
        let owed = "opening".utf8.count + "preamble".utf8.count
        let start = try #require(tape.newestJoin).offset
        try audience.listen { audience.received[0].count == owed + Int(tape.head - start) }
        let kept = try #require(keeper[1])
        let table = try Self.table(engine)
        let given = try Self.given(kept)
        // Whatever was sent and not noted: the process may have died in between.
        for more in 0..<200 as Range<UInt64> {
            let standing = try #require(table.standing(of: kept.place, given: given + more))
            #expect(standing.offset == tape.head + more)
            #expect(standing.owed.readableBytes == 0)
            #expect(standing.sent == UInt64(audience.received[0].count) + more)
        }
        // As if it had died on the way to there; what it was owed has been forgotten by now.
        for less in 0..<UInt64(audience.received[0].count) {
            let standing = try #require(table.standing(of: kept.place, given: given - less))
            let offset = try #require(standing.offset)
            #expect(UInt64(standing.owed.readableBytes) + tape.head - offset == less)
        }
        let standing = try #require(table.standing(of: kept.place, given: given))
        #expect(standing.card == Self.card && !standing.isPaused && !standing.isClosing)
        #expect(standing.preamble == tape.preambleFingerprint && standing.preamble != 0)
        #expect(table.standing(of: kept.place, given: given &- (1 << 50)) == nil)

        audience.leave(0)
        _ = try ends.wait(for: 1)
        #expect(keeper.gone == [1])
        #expect(table.standing(of: kept.place, given: given) == nil)
        engine.shutdown()
    }

    /// Says how many bytes it has heard.
    private struct Counting: ViewerDialogue {
        var heard = 0

        mutating func received(_ bytes: ByteBuffer) -> [ViewerRequest] {
            self.heard += bytes.readableBytes
            return bytes.readableBytes == 5 ? [.reply(ByteBuffer(string: "yes")), .pause] : []
        }

        var checkpoint: ByteBuffer? {
            self.heard > 1000 ? ByteBuffer(repeating: 1, count: 4096) : ByteBuffer(string: "\(self.heard)")
        }
    }

    @Test func `where a dialogue stands is noted behind all that the viewer has said`() throws {
        let (keeper, audience) = (Keeper(), try Audience())
        let engine = try Self.engine(keeper)
        let tape = try WireTape(name: "test", capacity: 1 << 16, records: 64)
        engine.add(
            Viewer(
                descriptor: try audience.join(tcp: true),
                tape: tape,
                opening: ByteBuffer(string: "opening"),
                dialogue: Counting(),
                card: Self.card
            )
        )
        try audience.listen { audience.received[0].count == 7 }
        let kept = try #require(keeper[1])
        let table = try Self.table(engine)
        func stood() throws -> (dialogue: ByteBuffer?, isPaused: Bool) {
            let progress = try #require(SocketProgress(of: kept.connection))
            let standing = table.standing(of: kept.place, given: progress.given, taken: progress.taken)
            return (standing?.dialogue, standing?.isPaused == true)
        }
        #expect(try stood().dialogue == ByteBuffer(string: "0"))
        try audience.send(Array("hello".utf8), from: 0)
        try audience.listen { audience.received[0].count == 10 }
        let (dialogue, isPaused) = try stood()
        #expect(dialogue == ByteBuffer(string: "5") && isPaused)
        // Somebody has read what nobody noted: what comes next might be anything.
        let progress = try #require(SocketProgress(of: kept.connection))
        #expect(table.standing(of: kept.place, given: progress.given, taken: progress.taken + 1)?.dialogue == nil)
        // What is too long is not noted, and what is noted is not true any more.
        try audience.send([UInt8](repeating: 1, count: 1000), from: 0)
        while try stood().dialogue != nil { WorkerThread.yield() }
        engine.shutdown()
    }

    @Test func `a viewer who waits is owed what it was not sent`() throws {
        let (keeper, audience) = (Keeper(), try Audience())
        let engine = try Self.engine(keeper)
        let tape = try WireTape(name: "test", capacity: 1 << 16, records: 64)
        engine.add(
            Viewer(
                descriptor: try audience.join(tcp: true),
                tape: tape,
                opening: ByteBuffer(string: "opening"),
                card: Self.card
            )
        )
        try audience.listen { audience.received[0].count == 7 }
        let kept = try #require(keeper[1])
        let table = try Self.table(engine)
        let given = try Self.given(kept)
        let standing = try #require(table.standing(of: kept.place, given: given - 3))
        #expect(standing.offset == nil && standing.owed.readableBytes == 3 && standing.preamble == 0)
        #expect(table.standing(of: kept.place, given: given)?.owed == ByteBuffer())
        // It cannot have been sent what there was not.
        #expect(table.standing(of: kept.place, given: given + 1) == nil)
        engine.shutdown()
    }

    @Test func `who is not given a card, or has one that is too long, is not kept`() throws {
        let (keeper, audience) = (Keeper(), try Audience())
        let engine = try Self.engine(keeper)
        let tape = try WireTape(name: "test", capacity: 1 << 16, records: 64)
        let opening = ByteBuffer(string: "opening")
        engine.add(Viewer(descriptor: try audience.join(tcp: true), tape: tape, opening: opening))
        let long = [UInt8](repeating: 1, count: 4096)
        engine.add(Viewer(descriptor: try audience.join(tcp: true), tape: tape, opening: opening, card: long))
        // The kernel counts nothing on a unix socket.
        engine.add(Viewer(descriptor: try audience.join(), tape: tape, opening: opening, card: Self.card))
        try audience.listen { audience.received.allSatisfy { $0.count == 7 } }
        #expect(keeper[1] == nil)
        engine.shutdown()
        #expect(keeper.gone.isEmpty)
    }

    /// What is left of an engine that died while it sent a viewer, who had taken `sent` hundred bytes, ten large records.
    private struct Death {
        let keeper: Keeper
        let audience: Audience
        let ends: Ends
        let kept: Keeper.Kept
        let standing: StoredViewers.Standing
        /// What was sent, and to be sent, as another process sees it.
        let left: WireTape
        /// Where the viewer was on it.
        let offset: UInt64
    }

    private static func afterDeath(sent: Int, _ body: (Death) throws -> Void) throws {
        let (keeper, audience, ends) = (Keeper(), try Audience(), try Ends())
        let first = try Self.engine(keeper)
        let old = try WireTape(name: "old", capacity: 1 << 21, records: 256)
        old.setPreamble(Preamble(opening: ByteBuffer(), refresh: Message.bytes(777, join: false, body: 3)))
        first.add(
            Viewer(
                descriptor: try audience.join(tcp: true, buffer: 4096),
                tape: old,
                card: Self.card,
                onEnd: ends.note
            )
        )
        // Of another viewer's end the thread does not come back until this test is over: it is as good as dead.
        let hold = Mutex(())
        let hostage = first.add(
            Viewer(
                descriptor: try audience.join(),
                tape: old,
                onEnd: { end in
                    ends.note(end)
                    hold.withLock { _ in }
                }
            )
        )
        first.wait { $0.viewers == 2 }
        try old.write(0..<10, body: 20_000)
        try audience.listen(deaf: [0]) { audience.received[1].count > 0 }
        if sent > 0 { try audience.listen(deaf: [1]) { audience.received[0].count >= sent * 100 } }
        try hold.withLock { _ in
            first.remove(hostage)
            _ = try ends.wait(for: 1)
            let kept = try #require(keeper[1])
            let standing = try #require(try Self.table(first).standing(of: kept.place, given: try Self.given(kept)))
            let death = Death(
                keeper: keeper,
                audience: audience,
                ends: ends,
                kept: kept,
                standing: standing,
                left: try WireTape.attach(try old.shareMemory()),
                offset: try #require(standing.offset)
            )
            try body(death)
        }
        first.shutdown()
    }

    @Test(arguments: [0, 1, 5, 20, 300])
    func `a viewer in the middle of a record gets the rest and goes on at the next join`(sent: Int) throws {
        try Self.afterDeath(sent: sent) { death in
            var opening = death.standing.owed
            opening.writeImmutableBuffer(try #require(death.left.rest(from: death.offset, limit: 1 << 20)))

            let second = try Self.engine(death.keeper)
            let new = try WireTape(name: "new", capacity: 1 << 21, records: 256)
            new.setPreamble(Preamble(opening: ByteBuffer(), refresh: Message.bytes(888, join: false, body: 3)))
            // What was on the old tape as well is not sent again.
            try new.write(0..<10, body: 20_000)
            second.add(
                Viewer(
                    descriptor: try death.kept.connection.taken(),
                    tape: new,
                    opening: opening,
                    card: death.standing.card,
                    continuation: ViewerContinuation(
                        kept: 1,
                        preamble: death.standing.preamble,
                        time: death.left.newestTime,
                        sent: death.standing.sent,
                        skips: 0
                    )
                )
            )
            second.wait { $0.viewers == 1 }
            try new.write(10..<25, body: 20)
            let end = Message.bytes(24, join: false, body: 20 + 24 % 7)
            try death.audience.listen(deaf: [1]) {
                death.audience.received[0].suffix(end.readableBytes) == Array(end.readableBytesView)[...]
            }
            let got = try #require(Message.parse(death.audience.received[0])).map(\.sequence)
            #expect(got == Array(0..<10) + [888] + Array(20..<25) || got == Array(0..<10) + [888] + Array(10..<25))
            #expect(death.keeper.gone.isEmpty)
            second.shutdown()
        }
    }

    @Test(arguments: [0, 1, 5, 20, 300])
    func `a viewer goes on with the next byte of a tape that is written on`(sent: Int) throws {
        try Self.afterDeath(sent: sent) { death in
            let second = try Self.engine(death.keeper)
            func add(at offset: UInt64, _ descriptor: consuming OwnedDescriptor) {
                second.add(
                    Viewer(
                        descriptor: descriptor,
                        tape: death.left,
                        opening: death.standing.owed,
                        card: death.standing.card,
                        continuation: ViewerContinuation(
                            kept: 1,
                            preamble: death.standing.preamble,
                            time: nil,
                            sent: death.standing.sent,
                            skips: 0,
                            place: ViewerContinuation.Place(offset: offset, joined: min(death.standing.joined, offset))
                        ),
                        onEnd: death.ends.note
                    )
                )
            }
            add(at: death.offset, try death.kept.connection.taken())
            second.wait { $0.viewers == 1 }
            try death.left.write(10..<25, body: 20)
            let end = Message.bytes(24, join: false, body: 20 + 24 % 7)
            try death.audience.listen(deaf: [1]) {
                death.audience.received[0].suffix(end.readableBytes) == Array(end.readableBytesView)[...]
            }
            let got = try #require(Message.parse(death.audience.received[0])).map(\.sequence)
            #expect(got == Array(0..<25))
            #expect(death.keeper.gone.isEmpty)
            // Where nothing is written yet nobody can have been.
            add(at: death.left.head + 1, try death.audience.join(tcp: true))
            #expect(try death.ends.wait(for: 2).last?.reason == .overrun)
            second.shutdown()
        }
    }

    @Test func `a table that anybody may have written is read without harm`() throws {
        let (keeper, audience) = (Keeper(), try Audience())
        let engine = try Self.engine(keeper)
        let tape = try WireTape(name: "test", capacity: 1 << 16, records: 64)
        try tape.write(0..<20)
        engine.add(Viewer(descriptor: try audience.join(tcp: true), tape: tape, card: Self.card))
        try audience.listen { audience.received[0].count > 0 }
        let kept = try #require(keeper[1])
        let given = try Self.given(kept)
        engine.wait { $0.bytesSent > 0 }
        let memory = try SharedMemory.attach(try Self.memory(engine))
        let table = try Self.table(engine)
        var dice = SeededGenerator(seed: 11)
        for _ in 0..<20_000 {
            // The header's words are read once; the states, anchors and cards are what is left.
            let words: [UInt64] = [0, 1, .max, .max / 2, 1 << 62, dice.next(), dice.next() & 0xffff]
            let value = words[Int(dice.next() % UInt64(words.count))]
            let area = [4096, 4096 + 16384 * 144, memory.size - 16384 * (2048 + 65536)][Int(dice.next() % 3)]
            let offset = area + Int(dice.next() % 32) * 8
            if offset < memory.size - 8 {
                unsafe memory.base.storeBytes(of: value, toByteOffset: offset, as: UInt64.self)
            }
            if let standing = table.standing(of: kept.place, given: given &+ dice.next() % 1000) {
                #expect(standing.owed.readableBytes <= 32 << 10 && standing.card.count <= 2048)
            }
        }
        // Another version's, another kind's, and one that is too short.
        for word in 0..<4 {
            let before = unsafe memory.base.load(fromByteOffset: word * 8, as: UInt64.self)
            unsafe memory.base.storeBytes(of: UInt64.max, toByteOffset: word * 8, as: UInt64.self)
            #expect(StoredViewers(attaching: try Self.memory(engine)) == nil)
            unsafe memory.base.storeBytes(of: before, toByteOffset: word * 8, as: UInt64.self)
        }
        let short = try SharedMemory.make(name: "short", size: 4096)
        #expect(StoredViewers(attaching: try short.descriptor.duplicate()) == nil)
        #expect(StoredViewers(attaching: try TCPSocket.pair().parted().first.taken()) == nil)
        engine.shutdown()
    }
}
