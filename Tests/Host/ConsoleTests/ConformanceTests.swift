import Console
import ConsoleToolkit
import Contract
import Foundation
import NIOHTTP1
import Testing
import Toolkit

/// The document and the implementation say the same: each answer the document names is asked for, and read by validators
/// that are not ours.
@Suite(.ownThread) struct ConformanceTests {
    private struct Exchange: Encodable {
        var path: String
        var method: String
        var status: Int
        var type: String
        var allow: String?
        var body: String
    }

    private struct Trial {
        var path: String
        var method: HTTPMethod
        var uri: String
        var entrance = Caller.Entrance.local(isOwner: true)
        var headers: [(String, String)] = []
        var problem: ApiProblem.Code?

        init(_ path: String, _ method: HTTPMethod, _ uri: String) {
            (self.path, self.method, self.uri) = (path, method, uri)
        }
    }

    private static let values = ["{relay}": "live", "{stream}": "main", "{number}": "7"]

    private static func filled(_ path: String) -> String {
        self.values.reduce(path) { $0.replacingOccurrences(of: $1.key, with: $1.value) }
    }

    private static let reading = [
        "/api/v1/status", "/api/v1/relays", "/api/v1/relays/{relay}", "/api/v1/relays/{relay}/streams",
        "/api/v1/relays/{relay}/streams/{stream}", "/api/v1/relays/{relay}/viewers",
        "/api/v1/relays/{relay}/streams/{stream}/still",
        "/api/v1/relays/{relay}/venues", "/api/v1/relays/{relay}/history", "/api/v1/relays/{relay}/links",
        "/api/v1/events", "/api/v1/events/recorded", "/api/v1/relays/{relay}/report",
    ]
    private static let orders: [(String, HTTPMethod)] = [
        ("/api/v1/relays/{relay}/streams/{stream}/publisher", .DELETE),
        ("/api/v1/relays/{relay}/streams/{stream}/accept", .POST),
        ("/api/v1/relays/{relay}/viewers/{number}", .DELETE), ("/api/v1/relays/{relay}/replace", .POST),
        ("/api/v1/relays/{relay}/key", .POST),
        ("/api/v1/reload", .POST), ("/api/v1/alerts/test", .POST), ("/api/v1/console/links", .POST),
    ]
    private static let pages = [
        "/", "/livez", "/readyz", "/metrics", "/health", "/health/{relay}", "/health/{relay}/{stream}",
        "/api/v1/openapi.json",
    ]

    private static var trials: [Trial] {
        let operations = self.reading.map { ($0, HTTPMethod.GET) } + self.orders
        var trials: [Trial] = []
        for (path, method) in operations {
            let plain = Trial(path, method, self.filled(path))
            trials.append(plain)
            var elsewhere = plain
            elsewhere.entrance = .admin
            trials.append(elsewhere)
            if path.contains("{relay}") {
                var missing = plain
                missing.uri = missing.uri.replacingOccurrences(of: "live", with: "none")
                trials.append(missing)
            }
            if method != .GET {
                var crossing = plain
                crossing.headers = [("Origin", "null")]
                trials.append(crossing)
            }
            if path == "/api/v1/console/links" { continue }
            if path == "/api/v1/alerts/test" {
                var missing = plain
                missing.uri += "?receiver=nobody"
                trials.append(missing)
                continue
            }
            if path.hasSuffix("/recorded") || path.hasSuffix("/report") {
                var unread = plain
                unread.problem = .historyUnavailable
                trials.append(unread)
                var nonsense = plain
                nonsense.uri += "?since=yesterday"
                trials.append(nonsense)
            }
            let isReload = path == "/api/v1/reload"
            guard method != .GET || path.hasSuffix("viewers") || path.hasSuffix("still") else { continue }
            let refused: [ApiProblem.Code] = [.configurationRefused, .failed, .draining]
            let codes: [ApiProblem.Code] =
                isReload
                ? refused
                : path.hasSuffix("/key") ? refused + [.keyElsewhere] : [.relayNotReady, .draining, .timedOut]
            for code in codes {
                var failing = plain
                failing.problem = code
                trials.append(failing)
            }
        }
        for path in self.pages {
            trials.append(Trial(path, .GET, self.filled(path)))
            guard path.hasPrefix("/health/") else { continue }
            for relay in ["restarting", "none"] {
                let uri = self.filled(path).replacingOccurrences(of: "live", with: relay)
                trials.append(Trial(path, .GET, uri))
            }
        }
        return trials
    }

    private static func still() -> StillView {
        StillView(at: Scene.now, width: 3, height: 2, luma: [0, 1, 2, 3, 4, 5], blue: [1, 2], red: [3, 4])
    }

    private func exchanges() async throws -> [Exchange] {
        var exchanges: [Exchange] = []
        for trial in Self.trials {
            let desk = try Desk()
            desk.host.change { $0.admin = [ListenerSnapshot(name: "admin", address: try? ListenAddress("[::]:81"))] }
            desk.host.still = Self.still()
            desk.host.problem = trial.problem.map { ApiProblem($0, "It could not be done.", cause: "a reason") }
            exchanges.append(try await self.exchange(trial, desk))
        }
        let lying = try Desk()
        lying.host.still = StillView(at: Scene.now, width: 3, height: 2, luma: [0], blue: [], red: [])
        let still = "/api/v1/relays/{relay}/streams/{stream}/still"
        exchanges.append(try await self.exchange(Trial(still, .GET, Self.filled(still)), lying))
        // Nothing is wrong, and nothing is told: members that may be absent are.
        let bare = try Desk(HostSnapshot(clock: Scene.clock, startedAt: Scene.now, isolation: .none))
        for path in ["/api/v1/status", "/api/v1/relays", "/readyz", "/health", "/", "/metrics"] {
            exchanges.append(try await self.exchange(Trial(path, .GET, path), bare))
        }
        let links = "/api/v1/console/links"
        exchanges.append(try await self.exchange(Trial(links, .POST, links), bare))
        var stranger = Trial("/", .GET, "/")
        stranger.entrance = .admin
        exchanges.append(try await self.exchange(stranger, bare))
        let well = try Desk()
        well.host.change { $0.relays.removeLast() }
        for path in ["/readyz", "/health"] {
            exchanges.append(try await self.exchange(Trial(path, .GET, path), well))
        }
        well.host.change { $0.loops = [LoopSnapshot(name: "door", lastTick: Scene.second(1))] }
        exchanges.append(try await self.exchange(Trial("/livez", .GET, "/livez"), well))
        return exchanges
    }

    private func exchange(_ trial: Trial, _ desk: Desk) async throws -> Exchange {
        let answer = try #require(await desk.ask(trial.method, trial.uri, at: trial.entrance, trial.headers))
        let allow = try #require(await desk.ask(.OPTIONS, trial.uri)).headers.first(name: "Allow")
        return Exchange(
            path: trial.path,
            method: trial.method.rawValue.lowercased(),
            status: answer.status,
            type: answer.body.isEmpty ? "" : answer.headers.first(name: "Content-Type") ?? "",
            allow: allow,
            body: answer.text
        )
    }

    @Test func documentAndImplementationAgree() async throws {
        struct Case: Encodable {
            var document: String
            var exchanges: [Exchange]
        }
        let document = try #require(await Desk().ask(.GET, "/api/v1/openapi.json"))
        let input = try JSONEncoder().encode(Case(document: document.text, exchanges: await self.exchanges()))
        let script = try #require(Bundle.module.url(forResource: "conform", withExtension: "py"))
        let (status, output) = try Tool.run(["python3", script.path], input: input)
        #expect(status == 0, "\(output)")
    }
}
