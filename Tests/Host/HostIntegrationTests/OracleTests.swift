import Foundation
import Glibc
import Testing
import Toolkit

/// Relays and hosts die at moments nobody chose, and whoever is connected gets every access unit once, in order, byte for byte, on a
/// connection that sees neither FIN nor RST: by the state of each socket, which both change for good.
///
/// TRANSPONDER_KILLS says how often relays are killed, and that they are replaced and hosts killed as well; TRANSPONDER_SEED
/// which moments; TRANSPONDER_PRODUCTS names a folder with other builds of the programs. TRANSPONDER_HLSJS may name a file with
/// hls.js, a module that sets `window.Hls`: it watches as well.
@Suite(.serialized, .enabled(if: Machine.runsContainers)) struct OracleTests {
    private static let isLong = Self.number("TRANSPONDER_KILLS") != nil
    private static let kills = max(Self.number("TRANSPONDER_KILLS") ?? 10, 1)
    private static let (replacements, hostKills) = (20, 10)
    private static let seed = UInt64(clamping: Self.number("TRANSPONDER_SEED") ?? 1)

    /// How long an instance serves before it is killed, ms. One that is killed within its first second died young, and the third
    /// of those in a row that reads the same publisher's bytes costs that one its connection. Where there is time, the next
    /// waits to be needed in most cases.
    private static let lives: Range<Int> = Self.isLong ? 1200..<9000 : 1200..<3000

    private static func number(_ variable: String) -> Int? {
        ProcessInfo.processInfo.environment[variable].flatMap { Int($0) }
    }

    private static func relays() -> [String] { [HostUnderTest.relay("live"), HostUnderTest.relay("other")] }

    @Test(.timeLimit(.minutes(4 + Self.kills / 4))) func `a killed relay`() async throws {
        let host = try await HostUnderTest.start(Self.relays(), isSecure: true)
        let scene = try await OracleScene.start(host, seed: Self.seed, isSecure: true)
        var dice = SeededGenerator(seed: Self.seed)
        var (silences, firsts): ([Duration], [Duration]) = ([], [])
        for kill in 1...Self.kills {
            let victim = try await host.relayProcess()
            try await Task.sleep(for: .milliseconds(Int.random(in: Self.lives, using: &dice)))
            let began = ContinuousClock.now
            try #require(Glibc.kill(victim, SIGKILL) == 0)
            firsts.append(try await Self.firstPacket(host, since: began))
            try await host.status { status in
                let relay = status.relay("live")
                return relay?.state == "ready" && (relay?.instance?.pid ?? victim) != victim
            }
            try await scene.expectProgress("kill \(kill)")
            silences.append(scene.flv.longestSilence(since: began))
            print("figure: kill \(kill) of \(Self.kills), silence \(silences[kill - 1]), newcomer \(firsts[kill - 1])")
        }
        try await scene.finish("\(Self.kills) kills")
        let status = try await host.status()
        #expect(status.relay("live")?.restarts == UInt64(Self.kills))
        #expect(status.relay("other")?.restarts == 0)
        Self.note("\(Self.kills) kills, silence", silences)
        Self.note("\(Self.kills) kills, a newcomer's first packet", firsts)
    }

    @Test(.enabled(if: Self.isLong), .timeLimit(.minutes(8))) func `a relay replaced on purpose`() async throws {
        let host = try await HostUnderTest.start(Self.relays(), isSecure: true)
        let scene = try await OracleScene.start(host, seed: Self.seed, isSecure: true)
        var dice = SeededGenerator(seed: Self.seed)
        var silences: [Duration] = []
        for number in 1...Self.replacements {
            let before = try await host.instance().id
            try await Task.sleep(for: .milliseconds(Int.random(in: Self.lives, using: &dice)))
            let began = ContinuousClock.now
            let result = try await host.command("replace", "live")
            #expect(result.ending == .exit(0), "\(result.errorText)")
            try await host.status { status in
                let relay = status.relay("live")
                return relay?.state == "ready" && (relay?.instance?.id ?? before) != before
            }
            try await scene.expectProgress("replacement \(number)")
            silences.append(scene.flv.longestSilence(since: began))
        }
        try await scene.finish("\(Self.replacements) replacements")
        #expect(try await host.status().relay("live")?.restartsByCause["replaced"] == UInt64(Self.replacements))
        Self.note("\(Self.replacements) replacements, silence", silences)
    }

    @Test(.enabled(if: Self.isLong), .timeLimit(.minutes(8))) func `a killed host`() async throws {
        let scratch = try Scratch("host")
        var host = try await HostUnderTest.start(Self.relays(), scratch: scratch, withoutHost: "60s")
        let scene = try await OracleScene.start(host, seed: Self.seed, isSecure: false)
        var dice = SeededGenerator(seed: Self.seed)
        var silences: [Duration] = []
        for number in 1...Self.hostKills {
            try await Task.sleep(for: .milliseconds(Int.random(in: Self.lives, using: &dice)))
            let began = ContinuousClock.now
            host.program.signal(SIGKILL)
            _ = try await host.program.result(within: .seconds(20))
            host = try await HostUnderTest.start(Self.relays(), scratch: scratch, withoutHost: "60s")
            scene.goOn(with: host)
            _ = try await host.relayProcess()
            try await scene.expectProgress("host kill \(number)")
            silences.append(scene.flv.longestSilence(since: began))
        }
        try await scene.finish("\(Self.hostKills) kills of the host", concernsAll: true)
        for relay in ["live", "other"] { #expect(try await host.status().relay(relay)?.restarts == 0) }
        Self.note("\(Self.hostKills) kills of the host, silence", silences)
        #expect(try await host.stop().ending == .exit(0))
    }

    /// When somebody who comes now is sent pictures.
    private static func firstPacket(
        _ host: HostUnderTest,
        since began: ContinuousClock.Instant
    ) async throws -> Duration {
        let viewer = try Watcher(host, "live/main")
        try await viewer.seen.wait(for: "media after a kill") { $0.bytes > 2000 || $0.hasEnded }
        let state = viewer.seen.state
        try #require(!state.hasEnded)
        return state.last - began
    }

    private static func note(_ what: String, _ times: [Duration]) {
        let sorted = times.sorted()
        let late = sorted[min(sorted.count - 1, sorted.count * 99 / 100)]
        print("figure: \(what) p50 \(sorted[sorted.count / 2]) p99 \(late) most \(sorted[sorted.count - 1])")
    }
}
