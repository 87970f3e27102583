import Contract
import Foundation
import Health
import Testing

/// What the host knows of streams is known to the next host.
@Suite struct HealthMemoryTests {
    private let setting = HealthSetting(rtmpPort: 1935, sourceTimeout: .seconds(2))
    private let before = ClockReading(now: Instant(microseconds: 9_000_000_000), unix: 1_800_000_000_000_000)

    /// An hour later, of a machine that has started ten seconds ago.
    private let after = ClockReading(now: Instant(microseconds: 10_000_000), unix: 1_800_003_600_000_000)

    private func relay(by clock: ClockReading, _ streams: [StreamSnapshot] = []) throws -> RelaySnapshot {
        RelaySnapshot(relay: try RelayName("live"), clock: clock, startedAt: clock.now, streams: streams)
    }

    private func stream(
        _ name: String,
        by clock: ClockReading,
        onAir: Bool,
        lost: SourceLoss.Cause? = nil,
        encoder: String = "OBS"
    ) throws -> StreamSnapshot {
        let source = SourceSnapshot(
            protocol: .rtmp,
            address: "10.0.0.3:50123",
            encoder: encoder,
            connectedAt: clock.now + .seconds(-60),
            lastHeard: clock.now
        )
        return StreamSnapshot(
            path: try StreamPath("live/\(name)"),
            createdAt: clock.now + .seconds(-60),
            source: onAir ? source : nil,
            loss: lost.map { SourceLoss(at: clock.now + .seconds(-30), cause: $0, source: source) }
        )
    }

    /// One on air, one missed, one that ended.
    private func memory(encoder: String = "OBS") throws -> HealthMemory {
        let monitor = HealthMonitor(setting: self.setting)
        let streams = [
            try self.stream("main", by: self.before, onAir: true, encoder: encoder),
            try self.stream("slides", by: self.before, onAir: true),
            try self.stream("talk", by: self.before, onAir: true),
        ]
        _ = monitor.review(try self.relay(by: self.before, streams))
        let later = [
            streams[0], try self.stream("slides", by: self.before, onAir: false, lost: .silent),
            try self.stream("talk", by: self.before, onAir: false, lost: .ended),
        ]
        _ = monitor.review(try self.relay(by: self.before, later))
        let relay = monitor.memory(of: try RelayName("live"), by: self.before)
        return HealthMemory(savedAt: self.before.unix, relays: [relay])
    }

    private func successor(of memory: HealthMemory, allowed: [StreamName]? = nil) throws -> HealthMonitor {
        let monitor = HealthMonitor(setting: self.setting)
        let relay = try #require(memory.relays.first)
        monitor.restore(relay, savedAt: memory.savedAt, by: self.after, allowed: allowed)
        return monitor
    }

    @Test func `who was expected is missed by the next host, by the date of the loss`() throws {
        let memory = try self.memory()
        let written = try JSONEncoder().encode(memory)
        let read = try JSONDecoder().decode(HealthMemory.self, from: written)
        #expect(read == memory && !read.isEmpty && !read.differs(from: memory))
        let monitor = try self.successor(of: read)
        #expect(monitor.expected.map(\.rawValue).sorted() == ["main", "slides"])
        let review = monitor.review(try self.relay(by: self.after))
        #expect(review.snapshot.streams.map(\.path.stream.rawValue) == ["main", "slides"])
        #expect(review.verdicts.values.allSatisfy { $0.state == .stale && !$0.isHealthy })
        let losses = review.snapshot.streams.compactMap(\.loss)
        #expect(losses.map(\.cause) == [.relayEnded, .silent])
        #expect(losses.map { self.after.unix(of: $0.at) } == [self.before.unix, self.before.unix - 30_000_000])
        #expect(losses.first?.source.encoder == "OBS")
        // It is as if the host had never ended: it can be given up, and be back.
        #expect(monitor.giveUp(try StreamName("main")))
        #expect(monitor.giveUp(try StreamName("talk")) == false)
        let back = try self.stream("slides", by: self.after, onAir: true)
        #expect(monitor.review(try self.relay(by: self.after, [back])).snapshot.streams.count == 1)
    }

    @Test func `who may not publish any more is not missed`() throws {
        let monitor = try self.successor(of: self.memory(), allowed: [try StreamName("slides")])
        #expect(monitor.expected.map(\.rawValue) == ["slides"])
    }

    @Test func `a host that was off for long begins anew`() throws {
        let memory = try self.memory()
        #expect(memory.isCurrent(at: memory.savedAt + 6 * 3_600_000_000))
        #expect(!memory.isCurrent(at: memory.savedAt + 6 * 3_600_000_000 + 1))
        // A machine without a battery for its clock may begin in the past.
        #expect(memory.isCurrent(at: 0) && memory.isCurrent(at: .min))
        #expect(!memory.isCurrent(at: .max))
    }

    @Test func `what changes from second to second is no change`() throws {
        let memory = try self.memory()
        var later = memory
        later.savedAt += 1_000_000
        later.relays[0].expected[0].lostAt += 60_000_000
        later.relays[0].expected[1].lostAt += 3
        #expect(!later.differs(from: memory))
        later.relays[0].expected[0].cause = .silent
        #expect(later.differs(from: memory))
        #expect(HealthMemory(savedAt: 0, relays: []).differs(from: memory))
    }

    @Test func `what is usual, and what was seen, is known to the next host`() throws {
        let habit = HealthMemory.Habit(
            stream: try StreamName("main"),
            usual: HealthMemory.Usual(bitrate: 2_500_000, frameRate: 30, seen: 3600),
            kinds: [.video, .audio],
            isFrozen: true
        )
        let memory = HealthMemory(
            savedAt: self.before.unix,
            relays: [HealthMemory.Relay(relay: try RelayName("live"), habits: [habit])]
        )
        let known = try self.successor(of: memory).memory(of: try RelayName("live"), by: self.after)
        #expect(known.habits.count == 1 && known.habits[0].kinds == habit.kinds && known.habits[0].isFrozen)
        #expect(known.habits[0].usual?.bitrate == 2_500_000 && known.habits[0].usual?.seen == 60)
        var other = memory
        other.relays[0].habits[0].usual?.bitrate *= 1.05
        #expect(!other.differs(from: memory))
        other.relays[0].habits[0].usual?.bitrate *= 1.2
        #expect(other.differs(from: memory))
        other.relays[0].habits[0].usual = nil
        #expect(other.differs(from: memory))
    }

    @Test(arguments: [Double.nan, .infinity, -1, 0]) func `nonsense is not usual`(bitrate: Double) throws {
        let habit = HealthMemory.Habit(
            stream: try StreamName("main"),
            usual: HealthMemory.Usual(bitrate: bitrate, frameRate: 30, seen: .nan),
            kinds: [.video],
            isFrozen: false
        )
        let memory = HealthMemory(
            savedAt: .min,
            relays: [HealthMemory.Relay(relay: try RelayName("live"), habits: [habit])]
        )
        let known = try self.successor(of: memory).memory(of: try RelayName("live"), by: self.after)
        #expect(known.habits.count == 1 && known.habits[0].usual == nil)
    }

    @Test(arguments: [Int64.min, -1, 0, .max]) func `no date ends the host`(date: Int64) throws {
        var memory = try self.memory(encoder: String(repeating: "x", count: 5000))
        #expect(memory.relays[0].expected[0].encoder?.count == 128)
        memory.savedAt = date
        for index in memory.relays[0].expected.indices {
            memory.relays[0].expected[index].lostAt = date
            memory.relays[0].expected[index].connectedAt = date
        }
        let review = try self.successor(of: memory).review(self.relay(by: self.after))
        #expect(review.verdicts.count == 2 && review.verdicts.values.allSatisfy { $0.state == .stale })
        #expect(review.snapshot.streams.allSatisfy { ($0.loss?.at ?? self.after.now) <= self.after.now })
    }

    @Test func `it is bounded`() throws {
        let habits = try (0..<5000).map { number in
            HealthMemory.Habit(stream: try StreamName("s\(number)"), usual: nil, kinds: [.video], isFrozen: false)
        }
        let relays = [
            HealthMemory.Relay(relay: try RelayName("a"), habits: habits),
            HealthMemory.Relay(relay: try RelayName("b"), habits: habits),
        ]
        #expect(HealthMemory(savedAt: 0, relays: relays).relays.map(\.habits.count) == [HealthMemory.limit, 0])
        #expect(try self.successor(of: HealthMemory(savedAt: 0, relays: relays)).expected.isEmpty)
    }
}
