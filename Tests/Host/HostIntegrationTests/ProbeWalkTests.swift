import Foundation
import Glibc
import Testing
import Toolkit

/// What Kubernetes and Docker do with their probes: a start, a stream, a publisher that goes, a relay that hangs, an end. Liveness
/// never depends on a publisher, for a restart brings none; readiness is the first to fail at the end.
@Suite(.serialized, .timeLimit(.minutes(2))) struct ProbeWalkTests {
    private struct Probes: Equatable, CustomStringConvertible {
        var live: Int
        var ready: Int
        var stream: Int
        var relay: Int

        var description: String {
            "livez \(self.live), readyz \(self.ready), stream \(self.stream), relay \(self.relay)"
        }
    }

    /// What each answers; 0 where nobody does.
    private static func ask(_ page: (String) -> String) async -> Probes {
        func status(_ path: String) async -> Int {
            (try? await HTTP.request(page(path), deadline: .seconds(2)))?.status ?? 0
        }
        return await Probes(
            live: status("livez"),
            ready: status("readyz"),
            stream: status("health/live/main"),
            relay: status("health/live")
        )
    }

    /// Asks until the answers are what is waited for; those before must be among what may come meanwhile.
    private static func expect(
        _ wanted: Probes,
        _ page: (String) -> String,
        within deadline: Duration = .seconds(15),
        _ comment: String,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async {
        let start = ContinuousClock.now
        var last = await Self.ask(page)
        while last != wanted, ContinuousClock.now - start < deadline {
            #expect(last.live == 200, "\(comment): \(last)", sourceLocation: sourceLocation)
            try? await Task.sleep(for: .milliseconds(100))
            last = await Self.ask(page)
        }
        #expect(last == wanted, "\(comment)", sourceLocation: sourceLocation)
    }

    @Test func aHost() async throws {
        let host = try await HostUnderTest.start(isolation: "none")
        let page = host.page
        await Self.expect(Probes(live: 200, ready: 200, stream: 503, relay: 200), page, "before the first publisher")
        let first = try host.publish()
        await Self.expect(Probes(live: 200, ready: 200, stream: 200, relay: 200), page, "live")
        first.kill()
        await Self.expect(Probes(live: 200, ready: 200, stream: 503, relay: 503), page, "with its publisher gone")
        let second = try host.publish()
        await Self.expect(Probes(live: 200, ready: 200, stream: 200, relay: 200), page, "live again")
        let victim = try await host.relayProcess()
        #expect(kill(victim, SIGSTOP) == 0)
        // It is replaced after two seconds without a sign of life, and for a moment nobody knows how its streams are.
        var seen: [Probes] = []
        let hangs = ContinuousClock.now
        while ContinuousClock.now - hangs < .seconds(4) { seen.append(await Self.ask(page)) }
        #expect(seen.allSatisfy { $0.live == 200 }, "\(seen)")
        #expect(seen.contains { $0.stream == 503 } && seen.contains { $0.relay == 503 }, "\(seen)")
        await Self.expect(Probes(live: 200, ready: 200, stream: 200, relay: 200), page, "with a fresh relay")
        host.program.signal(SIGTERM)
        let start = ContinuousClock.now
        var isReady = true
        while isReady, ContinuousClock.now - start < .seconds(10) {
            isReady = await Self.ask(page).ready == 200
        }
        #expect(!isReady)
        #expect(try await host.program.result(within: .seconds(30)).ending == .exit(0))
        withExtendedLifetime(second) {}
    }

    /// One that runs by itself, as the one process of a pod.
    @Test func aRelayOfItsOwn() async throws {
        let relay = try await RelayProcess.start()
        let page = relay.page
        await Self.expect(Probes(live: 200, ready: 200, stream: 503, relay: 200), page, "before the first publisher")
        let first = try HostUnderTest.publish(to: relay.publishAddress())
        await Self.expect(Probes(live: 200, ready: 200, stream: 200, relay: 200), page, "live")
        first.kill()
        await Self.expect(Probes(live: 200, ready: 200, stream: 503, relay: 503), page, "with its publisher gone")
        // Nobody answers for one that hangs, which is what has it restarted.
        relay.program.signal(SIGSTOP)
        #expect(await Self.ask(page) == Probes(live: 0, ready: 0, stream: 0, relay: 0))
        relay.program.signal(SIGCONT)
        await Self.expect(Probes(live: 200, ready: 200, stream: 503, relay: 503), page, "that goes on")
        let result = try await relay.stop()
        #expect(result.ending == .exit(0))
        #expect(await Self.ask(page).ready == 0)
    }
}
