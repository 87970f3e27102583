import Contract
import Glibc
import Linux
import Logging
import Media
import NIOCore
import Streams
import Synchronization
import Tape
import Testing

/// Wire formats whose process is dead: their tapes are written on as if nothing had happened.
@Suite struct ResumedOutputTests {
    /// Holds the memory of tapes as a host does.
    private final class Keeper: TapeKeeper {
        /// `SEEK_DATA` and `SEEK_HOLE` of lseek(2).
        private static let (data, hole): (CInt, CInt) = (3, 4)

        private let state = Mutex<[(KeptTape, HeldDescriptor)]>([])
        private let forgotten = Mutex<[UInt64]>([])

        func keep(_ memory: consuming OwnedDescriptor, of tape: KeptTape) -> UInt64? {
            let held = HeldDescriptor(memory)
            return self.state.withLock { state in
                state.append((tape, held))
                return UInt64(state.count)
            }
        }

        func forget(_ number: UInt64) { self.forgotten.withLock { $0.append(number) } }

        /// A copy of what is on a tape now, and will not change.
        func copy(_ tape: KeptTape) throws -> SharedMemory {
            let held = try #require(self.state.withLock { $0.first { $0.0 == tape }?.1 })
            guard let descriptor = try held.duplicate() else { throw Missing() }
            let memory = try SharedMemory.attach(descriptor)
            let copy = try SharedMemory.make(name: "copy", size: memory.size)
            // The rest of it has never been written.
            var start = lseek(memory.descriptor.number, 0, Self.data)
            while start >= 0 {
                let end = lseek(memory.descriptor.number, start, Self.hole)
                unsafe (copy.base + start).copyMemory(from: memory.base + start, byteCount: end - start)
                start = lseek(memory.descriptor.number, end, Self.data)
            }
            return copy
        }
    }

    private struct Missing: Error {}

    private static let formats: [WireFormat] = [
        .rtmp, .rtmpEnhanced, .rtmpMultitrack, .flv, .ts, .mp4, .rtp, .rtpTracks(RTPTrackNumbers([0])),
    ]

    private static let name = try? StreamName("main")

    private static func hub(_ keeper: Keeper) throws -> StreamHub {
        let spec = try RelaySpec(name: RelayName("live"), limits: LimitsSpec(memory: 256 << 20, tape: 1 << 20))
        let log = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        return StreamHub(spec: CurrentSpec(spec), keeper: keeper, log: log)
    }

    private static func held(_ memory: borrowing SharedMemory) throws -> HeldDescriptor {
        HeldDescriptor(try memory.descriptor.duplicate())
    }

    /// A stream whose tapes can be looked at as they were at any moment.
    private final class Scene {
        let keeper = Keeper()
        let hub: StreamHub
        let stream: Streams.Stream
        let id: SourceID
        let name: StreamName
        var camera = Camera()
        private(set) var leases: [WireLease] = []
        private var pictures = 0

        init() throws {
            self.hub = try ResumedOutputTests.hub(self.keeper)
            self.name = try #require(ResumedOutputTests.name)
            self.stream = try self.hub.streamToPublish(self.name, now: .at(0))
            self.id = self.hub.makeSourceID()
            let source = SourceSnapshot(protocol: .rtmp, address: "10.0.0.1:1", connectedAt: Instant(.at(0)))
            try self.stream.claim(source, as: self.id, now: .at(0)) { _ in }
            self.configure()
        }

        var time: Double { Double(self.pictures) / 25 }

        func configure() {
            #expect(self.stream.publish(self.camera.configurations, from: self.id, now: .at(self.time)))
        }

        /// Sends the next pictures, one by one.
        func send(_ count: Int, _ each: () throws -> Void = {}) throws {
            for _ in 0..<count {
                let events = self.camera.pictures(self.pictures..<self.pictures + 1)
                self.pictures += 1
                #expect(self.stream.publish(events, from: self.id, now: .at(self.time)))
                try each()
            }
        }

        func open(_ formats: [WireFormat]) throws {
            for format in formats { self.leases.append(try self.stream.open(format, now: .at(self.time))) }
        }

        func wire(_ format: WireFormat) throws -> SharedMemory {
            try self.keeper.copy(.wire(self.name, format: format.name, variant: format.variant))
        }
    }

    /// Another process is given the stream's own tape as it is now, and those of the formats as they were.
    private static func succeed(
        _ scene: Scene,
        _ format: WireFormat,
        _ wire: borrowing SharedMemory
    ) throws -> (StreamHub, WireTape?) {
        let keeper = Keeper()
        let hub = try Self.hub(keeper)
        let packets = try scene.keeper.copy(.packets(scene.name))
        let isRestored = hub.restore(
            scene.name,
            try packets.descriptor.duplicate(),
            keptAs: 100,
            now: .at(scene.time)
        )
        guard isRestored else { throw Missing() }
        guard hub.resume(format, of: scene.name, try Self.held(wire), keptAs: 101, now: .at(scene.time)) else {
            return (hub, nil)
        }
        let lease = try #require(hub.existing(scene.name)).open(format, now: .at(scene.time))
        #expect(lease.kept == 101)
        return (hub, lease.tape)
    }

    private static func expectSame(_ next: WireTape?, _ tape: WireTape, _ comment: Comment) throws {
        let next = try #require(next, comment)
        #expect(next.head == tape.head && next.tail == tape.tail && next.nextSequence == tape.nextSequence, comment)
        #expect(next.copy(next.tail..<next.head) == tape.copy(tape.tail..<tape.head), comment)
        #expect(next.newestJoin?.offset == tape.newestJoin?.offset, comment)
        #expect(next.newestJoin?.preamble == tape.newestJoin?.preamble, comment)
        #expect(next.preambleFingerprint == tape.preambleFingerprint, comment)
    }

    @Test(arguments: Self.formats)
    func `what the dead process would have written is written`(_ format: WireFormat) throws {
        let scene = try Scene()
        try scene.send(30)
        try scene.open([format])
        var past: [SharedMemory.Held] = []
        try scene.send(60) { past.append(SharedMemory.Held(try scene.wire(format))) }
        let tape = try #require(scene.leases.first).tape
        for (index, wire) in past.enumerated() {
            let (_, next) = try Self.succeed(scene, format, wire.memory)
            try Self.expectSame(next, tape, "\(format.name), died after picture \(30 + index)")
        }
    }

    @Test(arguments: Self.formats)
    func `so it is where the oldest keyframe on tape begins no segment`(_ format: WireFormat) throws {
        let scene = try Scene()
        try scene.open([format])
        // More than the tapes hold, and two keyframes in a segment.
        scene.camera.pictureBytes = 10_000
        try scene.send(300)
        let tape = try #require(scene.leases.first).tape
        for _ in 0..<4 {
            #expect(tape.tail > 0)
            let wire = try scene.wire(format)
            try scene.send(25)
            let next = try #require(try Self.succeed(scene, format, wire).1)
            #expect(next.head == tape.head)
            let start = max(next.tail, tape.tail)
            #expect(next.copy(start..<next.head) == tape.copy(start..<tape.head), "died at \(scene.time - 1) s")
        }
    }
}

extension SharedMemory {
    /// For lists.
    fileprivate final class Held {
        let memory: SharedMemory

        init(_ memory: consuming SharedMemory) { self.memory = memory }
    }
}
