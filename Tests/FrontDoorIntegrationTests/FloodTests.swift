import Contract
import FrontDoor
import FrontDoorToolkit
import Linux
import Testing
import Toolkit

@Suite(.serialized) struct FloodTests {
    private static let request = "GET /live/main.flv HTTP/1.1\r\n\r\n"

    @Test func halfOpenConnectionsTakeABoundedPlace() async throws {
        let room = OpenFileLimit.raise()
        // Both ends are in this process, but the front door closes at once what goes over its limits.
        let count = min(10_000, max(room - 1000, 200))
        var limits = FrontDoorLimits()
        limits.undecided = 120
        limits.undecidedPerHost = 100
        let entrance = try Entrance(limits: limits)
        let flood = try (0..<count).map { _ in try Socket(to: entrance.http) }
        let expected = UInt64(count)
        try await entrance.counts("all of them") { $0.accepted[.http] == expected }
        let snapshot = entrance.door.snapshot
        #expect(snapshot.undecided == 100)
        #expect(snapshot.refused == [.address: expected - 100])

        // From another address somebody still gets in.
        let other = try Socket(to: entrance.http, from: "127.0.0.2")
        try other.send(Self.request)
        _ = try await entrance.reception.delivered()
        withExtendedLifetime(flood) {}
    }

    @Test func connectionsThatRelaysHaveCount() async throws {
        var limits = FrontDoorLimits()
        limits.total = 10
        let entrance = try Entrance(limits: limits) { 10 }
        let client = try Socket(to: entrance.rtmp)
        #expect(try await client.rest().isEmpty)
        #expect(entrance.door.snapshot.refused == [.total: 1])
    }

    /// What the front door adds to a connection, as a figure to look at.
    @Test func handingOverIsQuick() async throws {
        let entrance = try Entrance()
        let connect = RTMPBytes.handshake + RTMPBytes.message(RTMPBytes.connect(app: "live"))
        for (name, address, bytes) in [
            ("http", entrance.http, Array(Self.request.utf8)), ("rtmp", entrance.rtmp, connect),
        ] {
            let before = entrance.reception.observed.state.delivered.count
            for index in 1...1000 {
                let client = try Socket(to: address)
                try client.send(bytes)
                try await entrance.reception.delivered(before + index).last?.close()
            }
            let times = entrance.reception.observed.state.delivered.dropFirst(before)
                .map { $0.since.duration(to: $0.takenAt).nanoseconds / 1000 }.sorted()
            print("front door, \(name): accept to hand-over p50 \(times[500]) µs, p99 \(times[990]) µs")
            #expect(times.count == 1000)
        }
    }
}
