import Contract
import FoundationEssentials
import Holder
import Linux
import Logging
import Synchronization
import Testing
import Toolkit

@Suite struct HolderTests {
    private static let log = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    private struct Taken: Error {}

    /// Connections that are given out one after the other, as if a process had been made for each.
    private final class Connections: Sendable {
        private let left: Mutex<[HeldDescriptor]>

        init(_ connections: [HeldDescriptor]) {
            self.left = Mutex(connections)
        }

        var maker: Holder.Maker {
            { () throws(LinuxError) -> HeldDescriptor in try self.next() }
        }

        var isEmpty: Bool { self.left.withLock { $0.isEmpty } }

        func next() throws(LinuxError) -> HeldDescriptor {
            let next = self.left.withLock { $0.isEmpty ? nil : $0.removeFirst() }
            guard let next else { throw LinuxError("posix_spawn", code: 12) }
            return next
        }
    }

    /// The service, a host of it, and what is told of its end.
    private struct Stage: Sendable {
        let scratch: Scratch
        let service: HolderService
        let ending: Task<HolderService.Ending, Never>
        let host: Holder
        /// The host's end of its connection, for cutting it as a death does.
        let line: HeldDescriptor
        let connections: Connections
        let clock = Observed(MonotonicClock.now)

        var path: String { self.scratch.file("holder.sock").path }

        init(absence: Duration = .seconds(60), others: [HeldDescriptor] = []) throws {
            let scratch = try Scratch("holder")
            self.scratch = scratch
            let service = HolderService(
                listener: try UnixSocket.listen(at: scratch.file("holder.sock").path),
                absence: absence
            )
            self.service = service
            let ends = try TCPSocket.pair().parted()
            let other = ends.second
            self.ending = Task { [service] in
                guard let connection = other.take() else { return .abandoned }
                return await service.run(connection)
            }
            guard let line = try ends.first.duplicate() else { throw Taken() }
            self.line = HeldDescriptor(line)
            let connections = Connections([ends.first] + others)
            self.connections = connections
            let clock = self.clock
            self.host = try Holder.start(connections.maker, now: { clock.state }, log: HolderTests.log)
        }

        func kill() { _ = self.line.lend { UnixSocket.shutDown($0) } }

        /// Asks as the next host does until that many things are held; what is told is taken in a list.
        func next(_ wanted: Int) async throws -> (Holder, [Holder.Left]) {
            let holder = try #require(await Holder.find(at: self.path, log: HolderTests.log))
            let left = holder.takeLeft { _ in true }
            #expect(left.count == wanted)
            return (holder, left)
        }
    }

    private static func viewer(_ number: UInt64, label: String = "viewer") throws -> HeldThing {
        .stored(
            try RelayName("live"),
            StoredDescriptor(number: number, kind: .connection, label: label),
            Handover(stage: .http, peer: "192.0.2.7:\(number)", isSecure: false)
        )
    }

    private static let listener = HeldThing.listener(.rtmp, wanted: "0.0.0.0:1935")

    @Test func `the next host gets what was held, as it was last said to be`() async throws {
        let stage = try Stage()
        let pair = try TCPSocket.pair().parted()
        let kept = [
            stage.host.hold(try Self.viewer(1), pair.first), stage.host.hold(Self.listener, pair.second),
        ]
        // One that is let go of again.
        #expect(stage.host.hold(try Self.viewer(2), pair.second) != nil)
        kept[0]?.relabel(try Self.viewer(1, label: "elsewhere"))
        stage.kill()

        let (second, left) = try await stage.next(2)
        #expect(left.map(\.thing) == [try Self.viewer(1, label: "elsewhere"), Self.listener])
        // It is the same socket.
        let sent = left[0].descriptor.lend { try? TCPSocket.send([42], to: $0) } ?? nil
        #expect(sent == .transferred(1))
        #expect(pair.second.lend { (try? Pipe.readAvailable(from: $0)) ?? "" } == "*")
        // Numbers go on, so that nothing new takes the place of what was there.
        let fresh = second.hold(try Self.viewer(3), pair.first)
        #expect(fresh != nil)
        await second.end()
        #expect(await stage.ending.value == .dismissed)
        #expect(await Holder.find(at: stage.path, log: Self.log) == nil)
        withExtendedLifetime((kept, fresh)) {}
    }

    @Test func `what the next host does not hold on to is dropped`() async throws {
        let stage = try Stage()
        let pair = try TCPSocket.pair().parted()
        let kept = stage.host.hold(try Self.viewer(1), pair.first)
        stage.kill()
        let line: HeldDescriptor
        do {
            let (second, left) = try await stage.next(1)
            #expect(left.count == 1)
            line = pair.first
            withExtendedLifetime(second) {}
        }
        // The host's own.
        _ = line.take()
        // The last descriptor of that end is closed, as the other end sees.
        guard let second = pair.second.take() else { throw Taken() }
        let socket = Socket(takingOwnership: second.release())
        #expect(try await socket.receive() == [])
        withExtendedLifetime(kept) {}
    }

    @Test func `hosts that go away while they are told, or talk nonsense, cost nothing`() async throws {
        let stage = try Stage()
        let pair = try TCPSocket.pair().parted()
        let kept = (0..<300).map { number in
            (try? Self.viewer(UInt64(number))).flatMap { stage.host.hold($0, pair.first) }
        }
        // What is on its way when a host dies is lost.
        while stage.service.count < kept.count { await Task.yield() }
        stage.kill()
        _ = try UnixSocket.connect(to: stage.path)
        let rude = HeldDescriptor(try UnixSocket.connect(to: stage.path))
        _ = rude.lend { try? UnixSocket.send([UInt8](repeating: 0xff, count: 64), to: $0) }
        let (second, left) = try await stage.next(300)
        await second.end()
        #expect(await stage.ending.value == .dismissed)
        withExtendedLifetime((kept, left, rude)) {}
    }

    @Test func `another follows one that dies, and holds the same`() async throws {
        let (scratch, ends) = (try Scratch("holder"), try TCPSocket.pair().parted())
        let other = HolderService(
            listener: try UnixSocket.listen(at: scratch.file("holder.sock").path),
            absence: .seconds(60)
        )
        let second = ends.second
        let ending = Task {
            guard let connection = second.take() else { return HolderService.Ending.abandoned }
            return await other.run(connection)
        }
        let stage = try Stage(others: [ends.first])
        let pair = try TCPSocket.pair().parted()
        var kept = [stage.host.hold(try Self.viewer(1), pair.first), stage.host.hold(Self.listener, pair.second)]
        kept[0]?.relabel(try Self.viewer(1, label: "elsewhere"))
        stage.clock.change { $0 = $0.advanced(by: .seconds(1)) }
        stage.kill()
        while other.count < 2 { await Task.yield() }
        kept.removeLast()
        while other.count > 1 { await Task.yield() }
        await stage.host.end()
        #expect(await ending.value == .dismissed)
        withExtendedLifetime(kept) {}
    }

    @Test func `one that is made while the host ends is told to end as well`() async throws {
        let scratch = try Scratch("holder")
        let other = HolderService(
            listener: try UnixSocket.listen(at: scratch.file("holder.sock").path),
            absence: .seconds(60)
        )
        let (first, second) = (try TCPSocket.pair().parted(), try TCPSocket.pair().parted())
        let host = Mutex<Holder?>(nil)
        let connections = Connections([first.first, second.first])
        let clock = Observed(MonotonicClock.now)
        let holder = try Holder.start(
            { () throws(LinuxError) -> HeldDescriptor in
                host.withLock { _ = $0?.dismiss() }
                return try connections.next()
            },
            now: { clock.state },
            log: Self.log
        )
        host.withLock { $0 = holder }
        clock.change { $0 = $0.advanced(by: .seconds(1)) }
        _ = first.second.lend { UnixSocket.shutDown($0) }
        guard let connection = second.second.take() else { throw Taken() }
        #expect(await other.run(connection) == .dismissed)
        withExtendedLifetime(holder) {}
    }

    @Test func `one that dies at once is not followed`() async throws {
        let ends = try TCPSocket.pair().parted()
        let stage = try Stage(others: [ends.first])
        let pair = try TCPSocket.pair().parted()
        stage.kill()
        while stage.host.hold(Self.listener, pair.first) != nil { await Task.yield() }
        #expect(!stage.connections.isEmpty)
    }

    @Test func `it ends where no host follows`() async throws {
        let stage = try Stage(absence: .milliseconds(20))
        stage.kill()
        #expect(await stage.ending.value == .abandoned)
    }

    @Test func `who cannot be reached is said to hold nothing`() async throws {
        let stage = try Stage()
        let pair = try TCPSocket.pair().parted()
        await stage.host.end()
        #expect(await stage.ending.value == .dismissed)
        #expect(stage.host.hold(Self.listener, pair.first) == nil)
        // Once more does no harm.
        await stage.host.end()
        stage.host.dismiss()
        let scratch = try Scratch("holder")
        #expect(await Holder.find(at: scratch.file("none").path, log: Self.log) == nil)
        #expect(throws: LinuxError.self) {
            try Holder.spawn("/nowhere", [], at: scratch.file("holder.sock").path)
        }
    }
}
