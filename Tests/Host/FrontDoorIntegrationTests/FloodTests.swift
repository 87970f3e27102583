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
        let count = min(5000, max(room - 1000, 200))
        var limits = FrontDoorLimits()
        limits.undecided = 100
        let entrance = try Entrance(limits: limits)
        var flood: [Socket] = []
        for index in 0..<count {
            flood.append(try Socket(to: entrance.http))
            if index % 20 == 0 { await Task.yield() }
        }
        let expected = UInt64(count)
        try await entrance.counts("all of them") { $0.refusals[.undecided] == expected - 100 }
        let snapshot = entrance.door.snapshot
        #expect(snapshot.accepted[.http] == expected)
        #expect(snapshot.undecided == 100)
        #expect(snapshot.admission.closed == [.http: [.undecided: expected - 100]])

        // From another address somebody still gets in.
        let other = try Socket(to: entrance.http, from: "127.0.0.2")
        try other.send(Self.request)
        _ = try await entrance.reception.delivered()
        withExtendedLifetime(flood) {}
    }

    /// Ways of saying nothing: no byte, half a handshake or head, a drop now and then, half of a TLS greeting.
    @Test(arguments: ["rtmp", "http", "rtsp", "https"])
    func whoSaysWhatHeWantsGetsInWhileOthersSayNothing(kind: String) async throws {
        var limits = FrontDoorLimits()
        limits.undecided = 40
        limits.reserved = 0
        let entrance = try Entrance(limits: limits)
        let certificate = try await TestCertificate()
        try entrance.door.use(certificate.spec)
        let https = try entrance.door.listen(.https, on: [ListenAddress("127.0.0.1:0")])[0].description
        let (address, openings): (String, [[UInt8]]) =
            switch kind {
            case "rtmp": (entrance.rtmp, [[], [3], Array(RTMPBytes.handshake.prefix(1537)), RTMPBytes.handshake])
            case "http": (entrance.http, [[], Array("G".utf8), Array("GET /live/main.flv".utf8)])
            case "rtsp": (entrance.rtsp, [[], Array("OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n".utf8), Array("DES".utf8)])
            default: (https, [[], [0x16, 3, 1]])
            }
        var silent: [Socket] = []
        for index in 0..<300 {
            let socket = try Socket(to: address, from: "127.0.0.\(2 + index % 6)")
            try? socket.send(openings[index % openings.count])
            silent.append(socket)
            guard index % 30 == 29 else { continue }
            let before = entrance.reception.observed.state.delivered.count
            switch kind {
            case "rtmp":
                let client = try Socket(to: entrance.rtmp)
                try client.send(RTMPBytes.handshake + RTMPBytes.message(RTMPBytes.connect(app: "live")))
            case "http", "https":
                let client = try Socket(to: entrance.http)
                try client.send(Self.request)
            default:
                let client = try Socket(to: entrance.rtsp)
                try client.send("DESCRIBE rtsp://here/live/main RTSP/1.0\r\nCSeq: 1\r\n\r\n")
            }
            _ = try await entrance.reception.delivered(before + 1)
        }
        #expect(entrance.door.snapshot.undecided <= 40)
        withExtendedLifetime(silent) {}
    }

    /// The first line is for the host; the head behind it never ends.
    @Test func aHeadForTheHostThatNeverEndsHoldsNoPlace() async throws {
        var limits = FrontDoorLimits()
        limits.undecided = 10
        let entrance = try Entrance(limits: limits)
        var clients: [Socket] = []
        for index in 1...30 {
            clients.append(try Socket(to: entrance.http))
            try clients[index - 1].send("GET /livez HTTP/1.1\r\nX: ")
            _ = try await entrance.reception.received(index)
        }
        let snapshot = entrance.door.snapshot
        #expect(snapshot.undecided == 10, "as the host has not let them go")
        #expect(snapshot.admission.closed == [.http: [.undecided: 20]])
    }

    @Test func connectionsThatRelaysHaveCount() async throws {
        var limits = FrontDoorLimits()
        limits.total = 10
        let entrance = try Entrance(limits: limits) { 10 }
        let client = try Socket(to: entrance.rtmp)
        #expect(try await client.rest().isEmpty)
        #expect(entrance.door.snapshot.refusals == [.total: 1])
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
