import Contract
import Control
import Glibc
import Linux
import Testing

@Suite struct ControlChannelTests {
    private static func socket() throws -> OwnedDescriptor? {
        try TCPSocket.pair().parted().first.take()
    }

    private static let handover = Handover(stage: .http, peer: "192.0.2.7:4711", isSecure: true)

    @Test func `carries messages, bytes and sockets both ways`() async throws {
        var (host, relay) = try Ends.make()
        try host.channel.send(.beat(1))
        try host.channel.send(.drain(sentence: "The relay is replaced."))
        #expect(await relay.next()?.message == .beat(1))
        #expect(await relay.next()?.message == .drain(sentence: "The relay is replaced."))

        let pair = try TCPSocket.pair()
        try host.channel.send(.connection(Self.handover), payload: [1, 2, 3], descriptor: pair.first)
        let received = try #require(await relay.next())
        #expect(received.message == .connection(Self.handover))
        #expect(received.payload == [1, 2, 3])
        let socket = try Self.taken(received.descriptor)
        _ = try TCPSocket.send([42], to: socket)
        let read = try Self.read(pair.second)
        #expect(read == [42])

        try relay.channel.send(.returned(Self.handover), payload: [4], descriptor: socket)
        let back = try #require(await host.next())
        #expect(back.message == .returned(Self.handover))
        #expect(back.payload == [4])
        #expect(back.descriptor != nil)
    }

    @Test func `carries what is stored, and what of it is restored`() async throws {
        var (host, relay) = try Ends.make()
        let stored = StoredDescriptor(number: .max, kind: .connection, label: "a viewer \u{1F4FA}")
        try relay.channel.send(.store(stored), descriptor: try Self.socket())
        let first = try #require(await host.next())
        #expect(first.message == .store(stored) && first.descriptor != nil)
        try relay.channel.send(.discard(.max))
        #expect(await host.next()?.message == .discard(.max))

        try host.channel.send(.restore(stored, Self.handover), descriptor: try Self.socket())
        let second = try #require(await relay.next())
        #expect(second.message == .restore(stored, Self.handover) && second.descriptor != nil)
        let memory = StoredDescriptor(number: 1, kind: .memory, label: "")
        try host.channel.send(.restore(memory, nil), descriptor: try Self.socket())
        #expect(await relay.next()?.message == .restore(memory, nil))
        try host.channel.send(.resume(count: 2))
        #expect(await relay.next()?.message == .resume(count: 2))
    }

    @Test func `sends all that is shared, beyond what may wait otherwise`() async throws {
        var limits = ChannelLimits.ofHost
        limits.waitingDescriptors = 2
        limits.backlog = 1000
        let pair = try TCPSocket.pair()
        let host = try End<HostMessage, RelayMessage>(pair.first, limits: limits)
        let held = try TCPSocket.pair().parted().first
        let all = (0..<600).map { StoredDescriptor(number: $0, kind: .connection, label: "viewer") }
        for stored in all { try host.channel.send(.restore(stored, Self.handover), sharing: held) }
        try host.channel.send(.resume(count: all.count))
        var relay = try End<RelayMessage, HostMessage>(pair.second, limits: .ofRelay)
        for stored in all {
            let received = try #require(await relay.next())
            #expect(received.message == .restore(stored, Self.handover) && received.descriptor != nil)
        }
        #expect(await relay.next()?.message == .resume(count: all.count))
        withExtendedLifetime(host) {}
    }

    /// In a process of its own: the limit is the whole process's.
    @Test func `loses a socket and not the channel where no descriptor is left`() async {
        await #expect(processExitsWith: .success) {
            var (host, relay) = try Ends.make()
            try relay.channel.send(.discard(1))
            #expect(await host.next()?.message == .discard(1))
            var limit = rlimit(rlim_cur: 100, rlim_max: 100)
            try #require(unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0)
            let handover = Handover(stage: .http, peer: "192.0.2.7:4711", isSecure: false)
            let pair = try TCPSocket.pair().parted()
            var held: [CInt] = []
            while case let number = dup(STDIN_FILENO), number >= 0 { held.append(number) }
            #expect(errno == EMFILE && !held.isEmpty)
            try relay.channel.send(.returned(handover), sharing: pair.first)
            let received = try #require(await host.next())
            #expect(received.message == .returned(handover))
            #expect(received.descriptor == nil)
            for number in held { close(number) }
            try relay.channel.send(.returned(handover), sharing: pair.first)
            #expect(await host.next()?.descriptor != nil)
        }
    }

    @Test func `keeps the order of many messages of all sizes`() async throws {
        var (host, relay) = try Ends.make()
        let sizes = (0..<400).map { ($0 * 7919) % 50_000 }
        for (index, size) in sizes.enumerated() {
            let bytes = [UInt8](repeating: UInt8(truncatingIfNeeded: index), count: size)
            if index.isMultiple(of: 3) {
                let pair = try TCPSocket.pair()
                try host.channel.send(.connection(Self.handover), payload: bytes, descriptor: pair.first)
            } else {
                try host.channel.send(.beat(UInt64(index)), payload: bytes)
            }
        }
        for (index, size) in sizes.enumerated() {
            let received = try #require(await relay.next())
            #expect(received.payload == [UInt8](repeating: UInt8(truncatingIfNeeded: index), count: size))
            #expect((received.descriptor != nil) == index.isMultiple(of: 3))
        }
    }

    @Test func `closes a socket that nobody takes`() async throws {
        var (host, relay) = try Ends.make()
        let pair = try TCPSocket.pair()
        try host.channel.send(.connection(Self.handover), descriptor: pair.first)
        do {
            let received = try #require(await relay.next())
            #expect(received.descriptor != nil)
        }
        let rest = try Self.read(pair.second)
        #expect(rest == [])
    }

    @Test func `refuses more than a program that does not read may be owed`() async throws {
        let pair = try TCPSocket.pair()
        var limits = ChannelLimits.ofHost
        limits.backlog = 1 << 20
        let host = try End<HostMessage, RelayMessage>(pair.first, limits: limits)
        let bytes = [UInt8](repeating: 0, count: 100_000)
        var sent = 0
        #expect(throws: ControlError.backlogFull(limit: 1 << 20)) {
            while sent < 1000 {
                try host.channel.send(.beat(0), payload: bytes)
                sent += 1
            }
        }
        #expect(sent >= 10)
        // Everything that was taken arrives once the other end reads.
        var relay = try End<RelayMessage, HostMessage>(pair.second, limits: .ofRelay)
        for _ in 0..<sent { #expect(await relay.next()?.payload.count == 100_000) }
        try host.channel.send(.beat(7))
        #expect(await relay.next()?.message == .beat(7))
    }

    @Test func `refuses more sockets than may wait`() throws {
        let pair = try TCPSocket.pair()
        var limits = ChannelLimits.ofHost
        limits.waitingDescriptors = 8
        let host = try End<HostMessage, RelayMessage>(pair.first, limits: limits)
        // Fills the kernel's part, so that the sockets wait here.
        for _ in 0..<4 { try host.channel.send(.beat(0), payload: [UInt8](repeating: 0, count: 100_000)) }
        #expect(throws: ControlError.backlogFull(limit: limits.backlog)) {
            for _ in 0..<9 {
                let passed = try TCPSocket.pair()
                try host.channel.send(.connection(Self.handover), descriptor: passed.first)
            }
        }
        withExtendedLifetime(pair.second) {}
    }

    @Test func `ends when the other program floods it`() async throws {
        var limits = ChannelLimits.ofHost
        limits.messagesPerSecond = 10
        var (host, relay) = try Ends.make(host: limits)
        // It may be closed before all are sent.
        for number in 0..<100 { try? relay.channel.send(.beat(UInt64(number), Self.snapshot)) }
        var count = 0
        while await host.next() != nil { count += 1 }
        #expect(count < 100)
        #expect(await host.ending() == .flooding(limit: 10))
        #expect(await relay.ending() == .closedByPeer)
    }

    @Test func `ends when the other program does, after its last message`() async throws {
        let pair = try TCPSocket.pair()
        var host = try End<HostMessage, RelayMessage>(pair.first, limits: .ofHost)
        do {
            let relay = pair.second
            let text = Array(#"{"configured":{"deferred":[]}}"#.utf8)
            let frame = FrameEncoder.encode(message: text, payload: [], descriptors: 0)
            let outcome = try TCPSocket.send(frame, to: relay)
            #expect(outcome == .transferred(frame.count))
        }
        #expect(await host.next()?.message == .configured(deferred: []))
        #expect(await host.next() == nil)
        #expect(await host.ending() == .closedByPeer)
        #expect(throws: ControlError.closedByPeer) { try host.channel.send(.beat(1)) }
    }

    @Test func `can be closed from outside and from within`() async throws {
        var (host, relay) = try Ends.make()
        host.channel.close()
        host.channel.close()
        #expect(await host.ending() == .closed)
        #expect(await relay.ending() == .closedByPeer)
        #expect(throws: ControlError.closed) { try host.channel.send(.beat(1)) }

        let pair = try TCPSocket.pair()
        let inner = Holder()
        var outer = try End<RelayMessage, HostMessage>(pair.second, limits: .ofRelay)
        let (endings, continuation) = AsyncStream.makeStream(of: ControlError.self)
        inner.hold(
            try HostSideChannel(pair.first, name: "test", limits: .ofHost) { _ in
                inner.channel?.close()
            } onEnd: {
                continuation.yield($0)
            }
        )
        try outer.channel.send(.configured(deferred: []))
        var iterator = endings.makeAsyncIterator()
        #expect(await iterator.next() == .closed)
        #expect(await outer.ending() == .closedByPeer)
    }

    @Test func `ends when it is let go of`() async throws {
        let pair = try TCPSocket.pair()
        var relay = try End<RelayMessage, HostMessage>(pair.second, limits: .ofRelay)
        do {
            let host = try HostSideChannel(pair.first, name: "test", limits: .ofHost) { _ in
            } onEnd: { _ in
            }
            try host.send(.beat(3))
        }
        #expect(await relay.next()?.message == .beat(3))
        #expect(await relay.ending() == .closedByPeer)
    }

    @Test(arguments: [
        ("", "message"), ("{", "message"), ("{}", "message"), ("[1]", "message"),
        (#"{"beat":{"_0":-1}}"#, "message"),
        (#"{"configured":{"deferred":[1]}}"#, "message.configured.deferred"), (#"{"unheard":{}}"#, "message"),
        (#"{"done":{"_0":1,"_1":{"viewers":{"_0":[{"number":1}]}}}}"#, "message.done._1.viewers._0"),
    ]) func `ends when a message is not of the language`(text: String, path: String) async throws {
        let pair = try TCPSocket.pair()
        var host = try End<HostMessage, RelayMessage>(pair.first, limits: .ofHost)
        let frame = FrameEncoder.encode(message: Array(text.utf8), payload: [], descriptors: 0)
        let outcome = try TCPSocket.send(frame, to: pair.second)
        #expect(outcome == .transferred(frame.count))
        guard case .undecodable(let place, _) = await host.ending() else {
            Issue.record("it was read")
            return
        }
        #expect(place.hasPrefix(path), "\(place)")
    }

    @Test func `says which of two ways of lying about a socket it was`() async throws {
        for (announced, sent, cause) in [
            (1, false, ControlError.BrokenFrame.descriptorMissing), (0, true, .descriptorUnexpected),
        ] {
            let pair = try TCPSocket.pair()
            let passed = try TCPSocket.pair()
            var host = try End<HostMessage, RelayMessage>(pair.first, limits: .ofHost)
            let text = Array(#"{"configured":{"deferred":[]}}"#.utf8)
            let frame = FrameEncoder.encode(message: text, payload: [], descriptors: announced)
            _ = try UnixSocket.send(frame, with: sent ? HeldDescriptor(passed.first) : nil, to: pair.second)
            #expect(await host.ending() == .brokenFrame(cause))
            guard sent else { continue }
            let rest = try Self.read(passed.second)
            #expect(rest == [])
        }
    }

    @Test func `closes all of too many sockets that come at once`() async throws {
        let pair = try TCPSocket.pair()
        var host = try End<HostMessage, RelayMessage>(pair.first, limits: .ofHost)
        var kept: [HeldDescriptor] = []
        var passed: [HeldDescriptor] = []
        for _ in 0..<7 {
            let pair = try TCPSocket.pair()
            passed.append(HeldDescriptor(pair.first))
            kept.append(HeldDescriptor(pair.second))
        }
        try RawSending.send([0, 0, 0], with: passed.map { $0.withNumber { $0 } }, to: pair.second.number)
        passed = []
        #expect(await host.ending() == .brokenFrame(.descriptorsLost))
        for held in kept {
            let rest = try Self.read(Self.taken(held))
            #expect(rest == [])
        }
    }

    @Test func `refuses to send what the other end would not take`() throws {
        let (host, _) = try Ends.make()
        let payload = [UInt8](repeating: 0, count: ControlLimits.payload + 1)
        #expect(
            throws: ControlError.overLimit(.payload, size: payload.count, limit: ControlLimits.payload)
        ) {
            try host.channel.send(.beat(1), payload: payload)
        }
        #expect(throws: ControlError.self) {
            try host.channel.send(.drain(sentence: String(repeating: "x", count: ControlLimits.message)))
        }
    }

    private static let snapshot = RelaySnapshot(
        relay: RelayName.sample,
        clock: ClockReading(now: Instant(microseconds: 1), unix: 2),
        startedAt: Instant(microseconds: 0)
    )

    private static func taken(_ held: HeldDescriptor?) throws -> OwnedDescriptor {
        guard let held, let descriptor = held.take() else { throw Missing() }
        return descriptor
    }

    private struct Missing: Error {}

    /// The next bytes of a socket, empty at its end. Waits for them.
    private static func read(_ socket: borrowing OwnedDescriptor) throws -> [UInt8] {
        var poller = try Poller.make(capacity: 1)
        try poller.add(socket, token: 0, for: .readable)
        var bytes = [UInt8](repeating: 0, count: 1024)
        while true {
            switch try TCPSocket.receive(into: &bytes, from: socket) {
            case .transferred(let count): return Array(bytes[..<count])
            case .endOfStream: return []
            case .wouldBlock: _ = try poller.wait(for: nil)
            }
        }
    }
}

extension RelayName {
    static var sample: RelayName {
        guard let name = try? RelayName("live") else { preconditionFailure("a valid name") }
        return name
    }
}
