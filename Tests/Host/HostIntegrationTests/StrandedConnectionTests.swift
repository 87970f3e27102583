import Foundation
import Glibc
import Testing
import Toolkit

/// Connections that were given to a relay that died before it answered.
@Suite(.serialized, .timeLimit(.minutes(2)), .enabled(if: Machine.runsContainers)) struct StrandedConnectionTests {
    /// It was given to an instance that died before it read of it.
    @Test func whoComesInTheMomentOfDeathIsAnsweredByTheNext() async throws {
        let host = try await HostUnderTest.start()
        let before = try await host.status().frontDoor.handedOver
        let victim = try await host.relayProcess()
        #expect(kill(victim, SIGSTOP) == 0)
        let player = try Socket(to: host.addresses["http"] ?? "")
        try player.send("OPTIONS /live/ HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n")
        try await host.status { $0.frontDoor.handedOver == before + 1 }
        #expect(kill(victim, SIGKILL) == 0)
        let answer = try await String(decoding: player.rest(), as: UTF8.self)
        #expect(answer.hasPrefix("HTTP/1.1 204 No Content\r\n"), "\(answer)")
        #expect(answer.contains("Access-Control-Allow-Methods: GET, HEAD, OPTIONS"))
    }

    /// It was given to an instance that died before it answered, as one does that waits for a stream's first segments.
    @Test func whatADeadInstanceWasAskedIsAskedOfTheNext() async throws {
        let host = try await HostUnderTest.start()
        let victim = try await host.relayProcess()
        let player = try Socket(to: host.addresses["http"] ?? "")
        try player.send("GET /live/main.m3u8 HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n")
        // The relay knows the stream because it has read the request.
        _ = try await host.stream("main") { _ in true }
        #expect(kill(victim, SIGKILL) == 0)
        try await host.status { $0.relay("live")?.restarts == 1 && $0.relay("live")?.state == "ready" }
        let publisher = try host.publish()
        let answer = try await String(decoding: player.rest(), as: UTF8.self)
        #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n"), "\(answer)")
        #expect(answer.contains("#EXTM3U"))
        #expect(publisher.isRunning)
    }
}
