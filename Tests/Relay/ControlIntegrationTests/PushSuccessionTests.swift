import Contract
import Control
import Foundation
import Linux
import NIOCore
import Synchronization
import Testing
import Toolkit
import Wire

/// What a relay sends to by itself, over its death: the receiver, who cannot ask for anything again, hears one sender.
@Suite("A relay that goes on sending to the destinations of a dead one", .serialized, .timeLimit(.minutes(3)))
struct PushSuccessionTests {
    private static func push(_ name: String, _ address: String) throws -> PushSpec {
        try PushSpec(name: DestinationName(name), to: PushDestination(address))
    }

    @Test("Sequence numbers, sources and continuity counters go on over three deaths")
    func receiversHearOneSender() async throws {
        let ports = try FreePorts.take(24)
        let receivers = try [0, 2, 16, 18].map { try DatagramReceiver(at: ports[$0]) }
        let (pictures, sound, bare, wrapped) = (receivers[0], receivers[1], receivers[2], receivers[3])
        let stream = try StreamSpec(
            name: StreamName("main"),
            push: [
                Self.push("tracks", "rtp://127.0.0.1:\(ports[0])"), Self.push("bare", "udp://127.0.0.1:\(ports[16])"),
                Self.push("wrapped", "rtp://127.0.0.1:\(ports[18])?format=mpegts"),
            ]
        )
        let spec = try StandInHost.spec(streams: [stream])
        var host = try await StandInHost.start(spec)
        for push in stream.push { host.store.destine(push.name, to: "\(push.to.address)") }
        try host.channel.send(.resume(count: 0))
        let publisher = try host.publishByFFmpeg()
        var dice = SeededGenerator(seed: 5)
        for kill in 1...3 {
            let counts = receivers.map(\.datagrams.count)
            for (receiver, count) in zip(receivers, counts) {
                while receiver.datagrams.count < count + 40 { _ = try await host.beat() }
            }
            try await Task.sleep(for: .milliseconds(.random(in: 0..<1500, using: &dice)))
            host = try await host.succeed(spec)
            #expect(publisher.isRunning, "kill \(kill)")
        }
        let counts = receivers.map(\.datagrams.count)
        for (receiver, count) in zip(receivers, counts) {
            while receiver.datagrams.count < count + 40 { _ = try await host.beat() }
        }
        for (name, receiver) in [("pictures", pictures), ("sound", sound), ("wrapped", wrapped)] {
            let packets = receiver.datagrams.filter { $0.count > 12 }
            #expect(Set(packets.map { $0[8..<12] }).count == 1, "\(name)")
            let numbers = packets.map { UInt16($0[2]) << 8 | UInt16($0[3]) }
            let steps = zip(numbers, numbers.dropFirst()).map { Int16(bitPattern: $1 &- $0) }
            // What was on its way when the relay died may come twice, and nothing is missing.
            #expect(steps.allSatisfy { $0 <= 1 }, "\(name): \(steps.filter { $0 > 1 })")
            #expect(steps.count { $0 != 1 } <= 3, "\(name): \(steps.filter { $0 != 1 })")
            let again = Dictionary(grouping: packets) { $0[2..<4] }.values.filter { $0.count > 1 }
            #expect(again.allSatisfy { copies in copies.allSatisfy { $0.dropFirst(12) == copies[0].dropFirst(12) } })
        }
        for (name, receiver, header) in [("bare", bare, 0), ("wrapped", wrapped, 12)] {
            let jumps = Self.jumps(in: receiver.datagrams.map { $0.dropFirst(header) })
            #expect(jumps.count <= 3, "\(name): \(jumps)")
        }
        print("figure: \(receivers.map(\.datagrams.count)) datagrams over three kills")
        publisher.kill()
    }

    /// Where the counter of a PID does not rise by one (ISO/IEC 13818-1 section 2.4.3.3).
    private static func jumps(in datagrams: [ArraySlice<UInt8>]) -> [String] {
        var last: [UInt16: UInt8] = [:]
        var jumps: [String] = []
        for (number, datagram) in datagrams.enumerated() {
            for start in stride(from: datagram.startIndex, to: datagram.endIndex - 187, by: 188) {
                let pid = (UInt16(datagram[start + 1]) << 8 | UInt16(datagram[start + 2])) & 0x1FFF
                guard pid != 0x1FFF, datagram[start + 3] & 0x10 != 0 else { continue }
                let counter = datagram[start + 3] & 0x0F
                if let before = last[pid], (before + 1) & 0x0F != counter {
                    jumps.append("datagram \(number): PID \(pid) from \(before) to \(counter)")
                }
                last[pid] = counter
            }
        }
        return jumps
    }
}
