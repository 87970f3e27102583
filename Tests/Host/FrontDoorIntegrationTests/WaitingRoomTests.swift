import Contract
import FrontDoor
import FrontDoorToolkit
import Testing
import Toolkit

@Suite struct WaitingRoomTests {
    private static let request = "GET /live/main.flv HTTP/1.1\r\n\r\n"
    private static let connect = RTMPBytes.handshake + RTMPBytes.message(RTMPBytes.connect(app: "live"))

    @Test func whoWaitsIsLetInWhenTheRelayIsReady() async throws {
        let entrance = try Entrance(isReady: false)
        let clients = try [Socket(to: entrance.http), Socket(to: entrance.rtmp)]
        try clients[0].send(Self.request)
        try await entrance.counts("the first") { $0.waiting == [Entrance.live: 1] }
        try clients[1].send(Self.connect)
        try await entrance.counts("the second") { $0.waiting == [Entrance.live: 2] && $0.undecided == 0 }
        entrance.become(ready: false)
        entrance.become(ready: true)
        let guests = try await entrance.reception.delivered(2)
        #expect(guests.map(\.handover.stage) == [.http, .rtmp], "first come, first served")
        #expect(try guests[0].pending() == Array(Self.request.utf8))
        try await entrance.counts("nobody") { $0.waiting.isEmpty && $0.refusals.isEmpty }
    }

    @Test func whoWaitsInVainIsToldSo() async throws {
        var limits = FrontDoorLimits()
        limits.wait = .milliseconds(100)
        let entrance = try Entrance(isReady: false, limits: limits)
        let player = try Socket(to: entrance.http)
        try player.send(Self.request)
        let answer = try await String(decoding: player.rest(), as: UTF8.self)
        #expect(answer.hasPrefix("HTTP/1.1 503 "))
        #expect(answer.contains("Retry-After: "))
        #expect(answer.contains("The relay 'live' is being started"))
        let publisher = try Socket(to: entrance.rtmp)
        try publisher.send(Self.connect)
        let refusal = try await String(decoding: publisher.rest(), as: UTF8.self)
        #expect(refusal.contains("NetConnection.Connect.Rejected"))
        #expect(refusal.contains("The relay 'live' is being started"))
        try await entrance.counts("both") { $0.refusals == [.notReady: 2] && $0.waiting.isEmpty }
    }

    @Test func whoHangsUpIsForgotten() async throws {
        let entrance = try Entrance(isReady: false)
        for (address, bytes) in [(entrance.http, Array(Self.request.utf8)), (entrance.rtmp, Self.connect)] {
            let client = try Socket(to: address)
            try client.send(bytes)
            try await entrance.counts("it") { $0.waiting == [Entrance.live: 1] }
            client.hangUp()
            try await entrance.counts("nobody") { $0.waiting.isEmpty }
        }
        entrance.become(ready: true)
        #expect(entrance.reception.observed.state.delivered.isEmpty)
        #expect(entrance.door.snapshot.refusals.isEmpty)
    }

    /// Nobody who comes is sent away for those who wait; the one that has waited longest is.
    @Test func theRoomHasALimit() async throws {
        var limits = FrontDoorLimits()
        limits.waiting = 2
        let entrance = try Entrance(isReady: false, limits: limits)
        var clients: [Socket] = []
        for count in 1...2 {
            clients.append(try Socket(to: entrance.http))
            try clients[count - 1].send(Self.request)
            try await entrance.counts("\(count)") { $0.waiting == [Entrance.live: count] }
        }
        let late = try Socket(to: entrance.http)
        try late.send(Self.request)
        #expect(try await String(decoding: clients[0].rest(), as: UTF8.self).hasPrefix("HTTP/1.1 503 "))
        try await entrance.counts("the others") { $0.waiting == [Entrance.live: 2] }
        let snapshot = entrance.door.snapshot
        #expect(snapshot.refusals == [.waitingRoom: 1])
        #expect(snapshot.admission.closed == [.http: [.waiting: 1]])
        entrance.become(ready: true)
        _ = try await entrance.reception.delivered(2)
    }

    @Test func aRelayThatIsNotWantedAnyMoreIsNotWaitedFor() async throws {
        let entrance = try Entrance(isReady: false)
        let client = try Socket(to: entrance.rtmp)
        try client.send(Self.connect)
        try await entrance.counts("it") { $0.waiting == [Entrance.live: 1] }
        entrance.reception.observed.change { $0.known = [] }
        entrance.door.retry(Entrance.live)
        // A message of more than 128 bytes goes in chunks, with a byte before each that is no text.
        let said = try await String(decoding: client.rest(), as: UTF8.self).replacing("\u{fffd}", with: "")
        #expect(said.contains("There is no relay 'li...' (4 characters) here."))
    }

    @Test func drainingRefusesThemAndTakesNobody() async throws {
        let entrance = try Entrance(isReady: false)
        let player = try Socket(to: entrance.http)
        try player.send(Self.request)
        try await entrance.counts("it") { $0.waiting == [Entrance.live: 1] }
        let undecided = try Socket(to: entrance.rtmp)
        entrance.door.drain()
        #expect(try await String(decoding: player.rest(), as: UTF8.self).contains("The server is shutting down."))
        #expect(try await undecided.rest().isEmpty)
        #expect(throws: SocketError.self) { try Socket(to: entrance.http) }
        entrance.door.drain()
        entrance.door.stop()
        entrance.door.drain()
        entrance.door.retry(Entrance.live)
    }

    /// Its relay died before it answered: nobody has to say again what he wants.
    @Test func whoseRelayDiedWaitsForTheNext() async throws {
        let entrance = try Entrance()
        let clients = try [Socket(to: entrance.http), Socket(to: entrance.rtmp)]
        try clients[0].send(Self.request)
        var guests = try await entrance.reception.delivered(1)
        try clients[1].send(Self.connect)
        guests = try await entrance.reception.delivered(2)
        let payload = guests[1].payload
        #expect(guests[0].seen == Array(Self.request.utf8))
        #expect(guests[1].seen == [] && !payload.isEmpty)

        entrance.become(ready: false)
        // The one had begun to read.
        try guests[0].resume(at: entrance.door, payload: Array(Self.request.utf8.prefix(10)), losses: 1)
        try guests[1].resume(at: entrance.door, payload: payload, losses: 1)
        try await entrance.counts("both") { $0.waiting == [Entrance.live: 2] && $0.resumed == 2 }
        entrance.become(ready: true)
        guests = try await entrance.reception.delivered(4)
        #expect(guests[2...].map(\.handover.stage) == [.http, .rtmp])
        #expect(guests[2].payload == Array(Self.request.utf8.prefix(10)))
        #expect(guests[3].payload == payload)
        #expect(guests[2...].map(\.losses) == [1, 1])
        try await entrance.counts("nobody") { $0.waiting.isEmpty && $0.refusals.isEmpty }
    }

    @Test func whoseRelayDiedAndWaitsInVainIsToldSoOrSentAway() async throws {
        var limits = FrontDoorLimits()
        limits.wait = .milliseconds(100)
        let entrance = try Entrance(limits: limits)
        let clients = try [Socket(to: entrance.http), Socket(to: entrance.rtmp)]
        try clients[0].send(Self.request)
        _ = try await entrance.reception.delivered(1)
        try clients[1].send(Self.connect)
        let guests = try await entrance.reception.delivered(2)
        entrance.become(ready: false)
        try guests[0].resume(at: entrance.door, payload: Array(Self.request.utf8), losses: 1)
        try guests[1].resume(at: entrance.door, payload: guests[1].payload, losses: 1)
        #expect(try await String(decoding: clients[0].rest(), as: UTF8.self).hasPrefix("HTTP/1.1 503 "))
        // What the handshake was answered with, and the end.
        #expect(try await clients[1].rest().count == 1 + 2 * 1536)
        try await entrance.counts("both") { $0.refusals == [.notReady: 2] && $0.waiting.isEmpty }
    }
}
