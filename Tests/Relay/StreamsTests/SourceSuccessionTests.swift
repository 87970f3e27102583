import Contract
import Foundation
import Linux
import Logging
import Media
import NIOCore
import Streams
import Synchronization
import Tape
import Testing
import Toolkit

/// A source on air whose process dies, and that another process goes on with.
@Suite struct SourceSuccessionTests {
    /// Holds the memory of tapes as a host does.
    private final class Keeper: TapeKeeper {
        let packets = Mutex<HeldDescriptor?>(nil)

        func keep(_ memory: consuming OwnedDescriptor, of tape: KeptTape) -> UInt64? {
            let held = HeldDescriptor(memory)
            if case .packets = tape { self.packets.withLock { $0 = held } }
            return 1
        }

        func forget(_ number: UInt64) {}
    }

    private struct Purse: TapeMemory {
        func resize(to bytes: Int, for need: TapeNeed) -> Bool { true }
    }

    private struct Life {
        let keeper = Keeper()
        let hub: StreamHub
        let stream: Streams.Stream
        let id: SourceID

        /// A source that begins anew.
        init() throws {
            self.hub = try Self.hub(self.keeper)
            self.stream = try self.hub.streamToPublish(StreamName("main"), now: .at(0))
            self.id = self.hub.makeSourceID()
            let source = SourceSnapshot(protocol: .rtmp, address: "10.0.0.1:1", connectedAt: Instant(.at(0)))
            try self.stream.claim(source, as: self.id, now: .at(0)) { _ in }
        }

        /// Goes on with what another has left; nil where that cannot be.
        init?(after other: Life, _ standing: StreamStanding, now: Now) throws {
            self.hub = try Self.hub(self.keeper)
            let name = try StreamName("main")
            let memory = try #require(other.keeper.packets.withLock { $0 })
            self.keeper.packets.withLock { $0 = memory }
            guard let copy = try memory.duplicate(), self.hub.restore(name, copy, keptAs: 1, now: now) else {
                return nil
            }
            self.stream = try #require(self.hub.existing(name))
            self.id = self.hub.makeSourceID()
            guard self.stream.resume(standing, as: self.id, now: now, onEvicted: { _ in }) else { return nil }
        }

        private static func hub(_ keeper: Keeper) throws -> StreamHub {
            let limits = try LimitsSpec(memory: 256 << 20, tape: 4 << 20)
            let spec = try RelaySpec(name: RelayName("live"), limits: limits)
            let log = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            return StreamHub(spec: CurrentSpec(spec), keeper: keeper, log: log)
        }

        func entries() throws -> [TapeEntry] {
            let retention = TapeRetention(least: 4096, most: 4096, record: 1024, memory: Purse())
            guard let memory = self.keeper.packets.withLock({ $0 }), let copy = try memory.duplicate() else {
                return []
            }
            let (tape, _) = try PacketTape.attach(copy, retention: retention, span: 1)
            var cursor = tape.cursor(at: tape.oldestSequence)
            var entries: [TapeEntry] = []
            while case .entry(let entry) = cursor.next() { entries.append(entry) }
            return entries
        }
    }

    /// Pictures with sound over three segments; a change of the coding in the middle.
    private static let events: [SourceEvent] = {
        let camera = Camera()
        let other = Camera(record: Camera.otherH264)
        return camera.configurations + camera.pictures(0..<70) + other.configurations + camera.pictures(70..<160)
    }()

    /// When an event comes, ever so little unevenly, as on a line.
    private static func time(_ index: Int) -> Now {
        .at(0.5 + Double(index) * 0.02 + (index % 7 == 0 ? 0.011 : 0))
    }

    private static func written(_ standing: StreamStanding) throws -> StreamStanding {
        try JSONDecoder().decode(StreamStanding.self, from: JSONEncoder().encode(standing))
    }

    /// But for when segments were begun, which is a guess that gets better.
    private static func plain(_ entries: [TapeEntry]) -> [String] {
        entries.map { "\($0.sequence) \($0.event) \($0.isJoin) \($0.isRepeat) \($0.segment?.number ?? 0)" }
    }

    @Test(arguments: [40, 75, 143, 200])
    func everythingIsOnTheTapeOnceWhereverItDies(place: Int) throws {
        let undisturbed = try Life()
        for (index, event) in Self.events.enumerated() {
            #expect(undisturbed.stream.publish([event], from: undisturbed.id, now: Self.time(index)))
        }
        let expected = Self.plain(try undisturbed.entries())
        for death in stride(from: place, through: place + 60, by: 1) {
            let first = try Life()
            for index in 0..<place {
                _ = first.stream.publish([Self.events[index]], from: first.id, now: Self.time(index))
            }
            let standing = try Self.written(try #require(first.stream.standing(of: first.id)))
            for index in place..<death {
                _ = first.stream.publish([Self.events[index]], from: first.id, now: Self.time(index))
            }
            // What was sent meanwhile comes at once.
            let now = Now.at(0.5 + Double(death) * 0.02 + 0.3)
            let second = try #require(try Life(after: first, standing, now: now))
            #expect(second.stream.publish(Array(Self.events[place..<death]), from: second.id, now: now))
            #expect(second.stream.endRepeating(of: second.id, now: now))
            for index in death..<Self.events.count {
                let time = max(Self.time(index).monotonic, now.monotonic)
                let at = Now(monotonic: time, wall: time + (now.wall - now.monotonic))
                #expect(second.stream.publish([Self.events[index]], from: second.id, now: at))
            }
            #expect(Self.plain(try second.entries()) == expected, "died at \(death)")
            let snapshot = second.stream.snapshot(now: now)
            #expect(snapshot.counters.reconnects == 0 && snapshot.counters.packetsIn == 320 && snapshot.loss == nil)
            #expect(snapshot.source?.connectedAt == Instant(.at(0)))
        }
    }

    /// Whatever comes of what is sent again, viewers see time and numbers rise.
    private static func expectRising(_ entries: [TapeEntry]) {
        var times: [TrackID: MediaTime] = [:]
        var marks: [SegmentMark] = []
        for entry in entries {
            guard case .packet(let packet) = entry.event else { continue }
            if let before = times[packet.track] { #expect(before < packet.dts) }
            times[packet.track] = packet.dts
            if let mark = entry.segment { marks.append(mark) }
        }
        #expect(zip(marks, marks.dropFirst()).allSatisfy { $0.number < $1.number })
    }

    /// One whose process has died, and that sends other events, or fewer, when it is to send them again.
    private static func unlike(_ again: Range<Int>) throws -> (Life, before: [TapeEntry]) {
        let first = try Life()
        for index in 0..<100 { _ = first.stream.publish([Self.events[index]], from: first.id, now: Self.time(index)) }
        let standing = try #require(first.stream.standing(of: first.id))
        for index in 100..<180 { _ = first.stream.publish([Self.events[index]], from: first.id, now: Self.time(index)) }
        let before = try first.entries()
        let second = try #require(try Life(after: first, standing, now: Self.time(180)))
        #expect(second.stream.publish(Array(Self.events[again]), from: second.id, now: Self.time(180)))
        #expect(Self.plain(try second.entries()) == Self.plain(before), "what is on the tape stays what it is")
        return (second, before)
    }

    /// It is no fault of the source's: it stays, and goes on with its next keyframe behind what viewers have.
    @Test(arguments: [101..<180, 101..<140, 100..<140, 100..<100])
    func whoSendsSomethingElseAgainGoesOnBehindIt(again: Range<Int>) throws {
        let (life, before) = try Self.unlike(again)
        #expect(!life.stream.endRepeating(of: life.id, now: Self.time(181)))
        #expect(life.stream.endRepeating(of: life.id, now: Self.time(181)), "told once")
        for index in 180..<Self.events.count {
            #expect(life.stream.publish([Self.events[index]], from: life.id, now: Self.time(index)))
        }
        let entries = try life.entries()
        Self.expectRising(entries)
        let new = entries.dropFirst(before.count)
        guard case .packet(let packet) = new.first(where: { !$0.isRepeat })?.event else {
            return #expect(Bool(false), "it does not go on")
        }
        #expect(packet.flags.isSuperset(of: [.keyframe, .discontinuity]))
        let snapshot = life.stream.snapshot(now: Self.time(Self.events.count))
        #expect(snapshot.omissions.isEmpty && snapshot.counters.reconnects == 0 && snapshot.loss == nil)
    }

    /// It leaves before all has come again.
    @Test(arguments: [101..<140, 100..<140]) func whoComesThenBeginsBehindIt(again: Range<Int>) throws {
        let (life, before) = try Self.unlike(again)
        life.stream.leave(life.id, cause: .relayEnded, now: Self.time(181))
        let next = life.hub.makeSourceID()
        let source = SourceSnapshot(protocol: .rtmp, address: "10.0.0.1:2", connectedAt: Instant(Self.time(182)))
        try life.stream.claim(source, as: next, now: Self.time(182)) { _ in }
        #expect(life.stream.publish(Self.events, from: next, now: Self.time(183)))
        #expect(life.stream.endRepeating(of: next, now: Self.time(183)))
        let entries = try life.entries()
        Self.expectRising(entries)
        #expect(entries.count > before.count + 200)
    }

    @Test func aStreamThatHasNotBegunHasNoPlace() throws {
        let life = try Life()
        #expect(life.stream.standing(of: life.id) == nil)
        _ = life.stream.publish(Camera().configurations, from: life.id, now: .at(1))
        #expect(life.stream.standing(of: life.id) == nil)
        _ = life.stream.publish(Camera().pictures(0..<30), from: life.id, now: .at(1))
        #expect(life.stream.standing(of: life.id) != nil)
        #expect(life.stream.standing(of: SourceID(99)) == nil)
    }

    @Test func aSecondSourceWithTheKeyTakesOver() throws {
        let first = try Life()
        for index in 0..<100 { _ = first.stream.publish([Self.events[index]], from: first.id, now: Self.time(index)) }
        let standing = try #require(first.stream.standing(of: first.id))
        let second = try #require(try Life(after: first, standing, now: Self.time(101)))
        // Another that claims to have been on air as well is not.
        #expect(!second.stream.resume(standing, as: second.hub.makeSourceID(), now: Self.time(101)) { _ in })
        let next = second.hub.makeSourceID()
        let source = SourceSnapshot(protocol: .rtmp, address: "10.0.0.1:2", connectedAt: Instant(Self.time(102)))
        try second.stream.claim(source, as: next, now: Self.time(102)) { _ in }
        #expect(second.stream.publish(Self.events, from: next, now: Self.time(103)))
        #expect(!second.stream.publish([Self.events[100]], from: second.id, now: Self.time(104)))
        #expect(second.stream.snapshot(now: Self.time(105)).counters.takeovers == 1)
    }

    @Test func whatAnybodyMayHaveWrittenHarmsNobody() throws {
        let first = try Life()
        for index in 0..<100 { _ = first.stream.publish([Self.events[index]], from: first.id, now: Self.time(index)) }
        let standing = try #require(first.stream.standing(of: first.id))
        var mutations = MutatedText(Array(try JSONEncoder().encode(standing)), seed: 11)
        var survivors = 0
        for _ in 0..<400 {
            guard let read = try? JSONDecoder().decode(StreamStanding.self, from: Data(mutations.next())) else {
                continue
            }
            let fresh = try Life()
            for index in 0..<100 {
                _ = fresh.stream.publish([Self.events[index]], from: fresh.id, now: Self.time(index))
            }
            guard let life = try Life(after: fresh, read, now: Self.time(100)) else { continue }
            survivors += 1
            for index in 100..<220 {
                _ = life.stream.publish([Self.events[index]], from: life.id, now: Self.time(index))
            }
            _ = life.stream.snapshot(now: Self.time(230))
            life.stream.leave(life.id, cause: .ended, now: Self.time(230))
        }
        #expect(survivors > 20)
    }
}
