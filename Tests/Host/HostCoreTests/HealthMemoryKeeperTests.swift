import Contract
import Events
import Foundation
import Health
import HostCore
import Logging
import Testing
import Toolkit

/// The file in which what is known of streams outlives the host.
@Suite struct HealthMemoryKeeperTests {
    private let scratch: Scratch
    private let events = EventLog()

    init() throws {
        self.scratch = try Scratch("memory")
    }

    private var file: URL { self.scratch.file(HealthMemoryKeeper.name) }
    private var aside: URL { self.scratch.file(HealthMemoryKeeper.name + ".broken") }

    private func keeper(in directory: String? = nil) -> HealthMemoryKeeper {
        HealthMemoryKeeper(
            in: directory ?? self.scratch.directory.path,
            events: self.events,
            log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
    }

    private static func memory(savedAt: Int64 = 1_800_000_000_000_000, kinds: Set<TrackSnapshot.Kind> = [.video]) throws
        -> HealthMemory
    {
        let usual = HealthMemory.Usual(bitrate: 2_500_000, frameRate: 29.97, seen: 60)
        let habit = HealthMemory.Habit(stream: try StreamName("main"), usual: usual, kinds: kinds, isFrozen: false)
        return HealthMemory(
            savedAt: savedAt,
            relays: [HealthMemory.Relay(relay: try RelayName("live"), habits: [habit])]
        )
    }

    @Test func `what is written is read`() async throws {
        #expect(self.keeper().load() == nil)
        let memory = try Self.memory()
        await self.keeper().finish(memory)
        #expect(self.keeper().load() == memory)
        // Nothing of it is for others.
        let mode = try FileManager.default.attributesOfItem(atPath: self.file.path)[.posixPermissions] as? NSNumber
        #expect(mode?.intValue == 0o600)
        #expect(try FileManager.default.contentsOfDirectory(atPath: self.scratch.directory.path).count == 1)
        #expect(self.events.last == 0)
    }

    @Test(arguments: [
        ("", "damaged"), ("{", "damaged"), ("[]", "damaged"), (#"{"version":1}"#, "damaged"),
        (#"{"version":2,"hearts":[]}"#, "another version"), (#"{"version":"1"}"#, "damaged"),
        (#"{"version":1,"saved_at":1,"relays":[{"relay":"../x","expected":[],"habits":[]}]}"#, "damaged"),
        (#"{"version":1,"saved_at":1e99,"relays":[]}"#, "damaged"),
        (String(repeating: "[", count: 100_000), "damaged"),
    ])
    func `a file that cannot be read is moved aside, and that is said`(text: String, cause: String) async throws {
        try Data(text.utf8).write(to: self.file)
        #expect(self.keeper().load() == nil)
        #expect(try String(contentsOf: self.aside, encoding: .utf8) == text)
        #expect(!FileManager.default.fileExists(atPath: self.file.path))
        let event = try #require(self.events.events(after: 0).first?.event)
        #expect(event.kind == .host && event.level == .warning && event.code == HostEvent.Code.forgotten)
        #expect(event.sentence.contains(cause), "\(event.sentence)")
        await self.keeper().finish(try Self.memory())
        #expect(try self.keeper().load() == Self.memory())
    }

    @Test func `what is no file is moved aside as well`() throws {
        try FileManager.default.createDirectory(at: self.file, withIntermediateDirectories: false)
        #expect(self.keeper().load() == nil)
        #expect(FileManager.default.fileExists(atPath: self.aside.path))
        try FileManager.default.createSymbolicLink(atPath: self.file.path, withDestinationPath: "/dev/zero")
        #expect(self.keeper().load() == nil && self.events.last == 2)
    }

    @Test func `where nothing can be written everything else goes on`() async throws {
        let keeper = self.keeper(in: self.scratch.file("missing").path)
        keeper.note(try Self.memory(), now: Instant(microseconds: 1))
        await keeper.finish(try Self.memory())
        #expect(keeper.load() == nil && self.events.last == 0)
    }

    @Test func `it is written when it changes, and in time for its age`() async throws {
        let keeper = self.keeper()
        let start = Instant(microseconds: 1)
        func written(_ memory: HealthMemory, after seconds: Int) async -> HealthMemory? {
            let end = ContinuousClock.now + .seconds(20)
            // What is noted while the last is being written is for the next time.
            repeat {
                keeper.note(memory, now: start + .seconds(seconds))
                await Task.yield()
            } while keeper.load() != memory && ContinuousClock.now < end
            return keeper.load()
        }
        let first = try Self.memory()
        #expect(await written(first, after: 0) == first)
        keeper.note(try Self.memory(savedAt: first.savedAt + 1_000_000), now: start + .seconds(1))
        let other = try Self.memory(savedAt: first.savedAt + 2_000_000, kinds: [.video, .audio])
        #expect(await written(other, after: 2) == other)
        let later = try Self.memory(savedAt: first.savedAt + 70_000_000, kinds: [.video, .audio])
        #expect(await written(later, after: 70) == later)
        // A clock that was set back.
        let back = try Self.memory(savedAt: 5, kinds: [.video, .audio])
        #expect(await written(back, after: 71) == back)
        await keeper.finish(nil)
        keeper.note(first, now: start + .seconds(200))
        #expect(keeper.load() == back)
    }
}
