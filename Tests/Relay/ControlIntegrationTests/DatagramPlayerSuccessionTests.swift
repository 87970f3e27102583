import Contract
import Control
import Foundation
import Linux
import Testing
import Toolkit

/// Players by RTSP whose media comes by UDP, over the deaths of the relay: each hears one sender, and is heard.
@Suite("A relay that goes on sending datagrams to a dead one's players", .serialized, .timeLimit(.minutes(3)))
struct DatagramPlayerSuccessionTests {
    /// A relay on which something is published, and what a host sets apart for it.
    private static func start(_ spec: RelaySpec) async throws -> (host: StandInHost, publisher: Program) {
        let host = try await StandInHost.startWithPorts(spec)
        let publisher = try host.publishByFFmpeg()
        _ = try await host.beats { $0.streams.contains { $0.source != nil && $0.tracks.count == 2 } }
        return (host, publisher)
    }

    private static func wait(for count: Int, more receivers: [DatagramReceiver], _ host: StandInHost) async throws {
        let before = receivers.map(\.datagrams.count)
        for (receiver, before) in zip(receivers, before) {
            while receiver.datagrams.count < before + count { _ = try await host.beat() }
        }
    }

    @Test("Sequence numbers, sources and times go on; keep-alives, pauses and the end are heard")
    func playersHearOneSender() async throws {
        let spec = try StandInHost.spec()
        var (host, publisher) = try await Self.start(spec)
        let ports = try FreePorts.take(4)
        let receivers = try [0, 2].map { try DatagramReceiver(at: ports[$0]) }
        let reports = try [1, 3].map { try DatagramReceiver(at: ports[$0]) }
        let player = try DatagramPlayer(to: try host.openRTSP())
        // The host is asked for sockets meanwhile.
        try await host.whileServed { try await player.play(ports) }
        for _ in 1...3 {
            try await Self.wait(for: 40, more: receivers, host)
            host = try await host.succeed(spec)
            #expect(try await player.ask("GET_PARAMETER") == 200)
            #expect(try await host.viewers().map(\.protocol) == [.rtsp])
        }
        try await Self.wait(for: 40, more: receivers, host)
        while reports.contains(where: { $0.datagrams.isEmpty }) { _ = try await host.beat() }
        for (name, receiver) in zip(["pictures", "sound"], receivers) {
            let packets = receiver.datagrams.filter { $0.count > 12 }
            #expect(Set(packets.map { $0[8..<12] }).count == 1, "\(name)")
            let numbers = packets.map { UInt16($0[2]) << 8 | UInt16($0[3]) }
            let steps = zip(numbers, numbers.dropFirst()).map { Int16(bitPattern: $1 &- $0) }
            // What was on its way when the relay died may come twice, and nothing is missing.
            #expect(steps.allSatisfy { $0 <= 1 }, "\(name): \(steps.filter { $0 > 1 })")
            #expect(steps.count { $0 != 1 } <= 3, "\(name): \(steps.filter { $0 != 1 })")
            let again = Dictionary(grouping: packets) { $0[2..<4] }.values.filter { $0.count > 1 }
            #expect(again.allSatisfy { copies in copies.allSatisfy { $0.dropFirst(4) == copies[0].dropFirst(4) } })
        }
        // A pause that one instance hears lasts through the next, which hears its end.
        #expect(try await player.ask("PAUSE") == 200)
        let frames = try await Self.silence(of: receivers, host)
        host = try await host.succeed(spec)
        #expect(try await player.ask("OPTIONS") == 200)
        #expect(receivers.map(\.datagrams.count) == frames)
        #expect(try await player.ask("PLAY") == 200)
        try await Self.wait(for: 40, more: receivers, host)
        host = try await host.succeed(spec)
        try await Self.wait(for: 40, more: receivers, host)
        #expect(try await player.ask("TEARDOWN") == 200)
        while try await !host.viewers().isEmpty {}
        // Nothing is kept for it any more.
        _ = try await host.beat()
        #expect(!host.store.all.contains { $0.0.kind == .datagrams })
        // The connection is there for another session.
        #expect(try await player.ask("OPTIONS") == 200)
        #expect(publisher.isRunning)
        publisher.kill()
    }

    /// What came by the time nothing comes any more.
    private static func silence(of receivers: [DatagramReceiver], _ host: StandInHost) async throws -> [Int] {
        while true {
            let before = receivers.map(\.datagrams.count)
            try await Task.sleep(for: .milliseconds(500))
            if receivers.map(\.datagrams.count) == before { return before }
        }
    }

    @Test("A player without a connection is sent to for as long as it reports")
    func playersWithoutAConnection() async throws {
        let spec = try StandInHost.spec()
        var (host, publisher) = try await Self.start(spec)
        let ports = try FreePorts.take(4)
        let receivers = try [0, 2].map { try DatagramReceiver(at: ports[$0]) }
        let player = try DatagramPlayer(to: try host.openRTSP())
        try await host.whileServed { try await player.play(ports) }
        player.hangUp()
        while host.store.all.contains(where: { $0.0.label.contains("viewer\"") }) { _ = try await host.beat() }
        host = try await host.succeed(spec)
        try await Self.wait(for: 40, more: receivers, host)
        // Its name, said on another connection, is all that it needs to be ended.
        let other = try DatagramPlayer(to: try host.openRTSP(), session: player.session)
        #expect(try await other.ask("TEARDOWN") == 200)
        while try await !host.viewers().isEmpty {}
        publisher.kill()
    }
}
