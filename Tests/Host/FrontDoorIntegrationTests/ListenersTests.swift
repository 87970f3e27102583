import Contract
import FrontDoor
import FrontDoorToolkit
import Sockets
import Testing
import Toolkit

/// Several addresses for one protocol.
@Suite struct ListenersTests {
    private static let request = "GET /live/main.flv HTTP/1.1\r\n\r\n"

    private static func addresses(_ texts: String...) throws -> [ListenAddress] {
        try texts.map { try ListenAddress($0) }
    }

    @Test func everyAddressIsServed() async throws {
        let entrance = try Entrance()
        let bound = try entrance.door.listen(.http, on: Self.addresses("127.0.0.1:0", "[::1]:0", "127.0.0.2:0"))
        #expect(bound.map(\.host) == ["127.0.0.1", "::1", "127.0.0.2"])
        #expect(entrance.door.listening(.http) == bound)
        for (index, address) in bound.enumerated() {
            let client = try Socket(to: address.description)
            try client.send(Self.request)
            let guest = try await entrance.reception.delivered(index + 1)[index]
            #expect(guest.handover.peer.hasPrefix(["127.0.0.1:", "[::1]:", "127.0.0."][index]))
        }
    }

    @Test func oneThatStaysIsNotDisturbedWhenOthersChange() async throws {
        let entrance = try Entrance()
        let stays = try ListenAddress("127.0.0.1:0")
        let first = try entrance.door.listen(.http, on: [stays, ListenAddress("127.0.0.2:0")])
        // Taken by the kernel, and by nobody else: it would be reset if its listener were closed.
        let client = try Socket(to: first[0].description)
        let second = try entrance.door.listen(.http, on: [ListenAddress("[::1]:0"), stays])
        #expect(second[1] == first[0])
        #expect(throws: SocketError.self) { try Socket(to: first[1].description) }
        try client.send(Self.request)
        _ = try await entrance.reception.delivered()
    }

    /// The address that cannot be had is named, and what was there before is there again.
    @Test func aListOfWhichPartIsTakenChangesNothing() async throws {
        let entrance = try Entrance()
        let before = try entrance.door.listen(.http, on: Self.addresses("127.0.0.1:0", "127.0.0.2:0"))
        let taken = try ListenAddress(entrance.rtmp)
        do throws(ListenFailure) {
            _ = try entrance.door.listen(.http, on: [before[1], taken])
            Issue.record("a port was opened that is taken")
        } catch {
            #expect(error.address == taken)
            #expect("\(error)".hasPrefix("Port \(taken.port) of 127.0.0.1 (http) is taken by another program"))
        }
        #expect(Set(entrance.door.listening(.http)) == Set(before))
        for address in before {
            let client = try Socket(to: address.description)
            try client.send(Self.request)
        }
        _ = try await entrance.reception.delivered(2)
    }
}
