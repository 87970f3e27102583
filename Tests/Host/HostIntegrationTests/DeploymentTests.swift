import Foundation
import Testing
import Toolkit

/// The files that operators deploy, held against the tools that read them and against what really runs.
@Suite(.serialized, .timeLimit(.minutes(2))) struct DeploymentTests {
    private static func path(_ name: String) -> String { Checkout.root.appendingPathComponent("configs/\(name)").path }

    @Test func theManifestsAreValid() async throws {
        let result = try await Program.run(
            "kubernetes-validate",
            ["--strict", Self.path("kubernetes/relay.yaml")]
        )
        #expect(result.ending == .exit(0), "\(result.outputText)\(result.errorText)")
    }

    @Test func theUnitsAreValid() async throws {
        let scratch = try Scratch("units")
        let unit = try String(contentsOfFile: Self.path("systemd/transponder.service"), encoding: .utf8)
        let program = try Checkout.product("transponder")
        let file = try scratch.write(
            unit.replacingOccurrences(of: "/usr/local/bin/transponder", with: program).utf8,
            to: "transponder.service"
        )
        let slice = try String(contentsOfFile: Self.path("systemd/transponder.slice"), encoding: .utf8)
        _ = try scratch.write(slice.utf8, to: "transponder.slice")
        let result = try await Program.run("systemd-analyze", ["verify", "--man=no", file])
        #expect(result.ending == .exit(0), "\(result.outputText)\(result.errorText)")
        #expect(result.errorText.isEmpty, "\(result.errorText)")
    }

    // MARK: Alerts

    /// One `name{label=~"value"}` of a rule.
    private struct Selector: CustomStringConvertible {
        let name: String
        let matchers: [(label: String, sign: String, value: String)]
        var description: String { "\(self.name)\(self.matchers.map { "\($0.label)\($0.sign)\($0.value)" })" }

        static func all(in expression: String) -> [Selector] {
            let pattern = /(transponder_[a-z_]+)(?:\{([^}]*)\})?/
            let matcher = /([a-z_]+)(=~|!~|!=|=)"([^"]*)"/
            return expression.matches(of: pattern).map { found in
                let inside = found.2.map(String.init) ?? ""
                return Selector(
                    name: String(found.1),
                    matchers: inside.matches(of: matcher).map { (String($0.1), String($0.2), String($0.3)) }
                )
            }
        }

        /// Whether a line of a scrape is one of those that it means.
        func means(_ line: Substring) throws -> Bool {
            guard line.hasPrefix(self.name + "{") || line.hasPrefix(self.name + " ") else { return false }
            for (label, sign, value) in self.matchers {
                let found = try Regex("\(label)=\"([^\"]*)\"").firstMatch(in: String(line))?.output[1].substring ?? ""
                let isMatch =
                    sign.hasSuffix("~") ? try Regex(value).wholeMatch(in: String(found)) != nil : found == value
                guard isMatch != sign.hasPrefix("!") else { return false }
            }
            return true
        }
    }

    /// The expressions of a group of rules.
    private static func expressions(of group: String) async throws -> [String] {
        let script = """
            import sys, json, yaml
            groups = {g["name"]: g["rules"] for g in yaml.safe_load(open(sys.argv[1]))["groups"]}
            print(json.dumps([rule["expr"] for rule in groups[sys.argv[2]]]))
            """
        let result = try await Program.run("python3", ["-c", script, Self.path("prometheus/rules.yml"), group])
        return try JSONDecoder().decode([String].self, from: Data(result.outputText.utf8))
    }

    /// An alert on a series that nobody sends never fires.
    private static func expect(_ group: String, in scrape: String, except absent: Set<String> = []) async throws {
        let lines = scrape.split(separator: "\n")
        let expressions = try await Self.expressions(of: group)
        #expect(!expressions.isEmpty)
        for expression in expressions {
            for selector in Selector.all(in: expression) where !absent.contains(selector.name) {
                #expect(try lines.contains { try selector.means($0) }, "\(group): \(selector) of \(expression)")
            }
        }
    }

    /// A stream that is sent on to a place where nobody listens.
    private static func pushed() throws -> String {
        "main: { push: { box: { to: 'udp://127.0.0.1:\(try FreePorts.take(2)[0])' } } }"
    }

    /// Once there were two keyframes and a viewer.
    private static func scrape(_ address: String) async throws -> String {
        let late = ["transponder_track_keyframe_interval_seconds{", "transponder_viewers{"]
        return try await HTTP.get(address) { answer in late.allSatisfy { answer.text.contains($0) } }.text
    }

    @Test func everySeriesOfAnAlertIsSentByAHost() async throws {
        let relay = HostUnderTest.relay(
            "live",
            "venues: { kyoto: { token: choose-one } }",
            "streams:",
            "  \(try Self.pushed())"
        )
        let host = try await HostUnderTest.start([relay], isolation: "none", isSecure: true)
        let encoder = try host.publish()
        try await host.waitForStream()
        let viewer = try Watcher(host, "live/main", as: "flv")
        try await viewer.watch(30_000)
        let scrape = try await Self.scrape(host.page("metrics"))
        try await Self.expect("transponder", in: scrape)
        try await Self.expect("transponder-host", in: scrape)
        try await Self.expect("transponder-records", in: scrape)
        try await Self.expectPrometheus(reads: host)
        _ = (encoder, viewer)
    }

    /// Prometheus itself, by the files that are shipped: it takes what the host says as OpenMetrics, records, and answers all that
    /// the dashboard asks.
    private static func expectPrometheus(reads host: HostUnderTest) async throws {
        let accept = ["Accept": "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5"]
        let own = try await HTTP.get(host.page("metrics"), headers: accept)
        #expect(own["content-type"]?.hasPrefix("application/openmetrics-text; version=1.0.0") == true)

        let scratch = try Scratch("prometheus")
        let target = try #require(host.addresses["http"])
        let configuration = try String(contentsOfFile: Self.path("prometheus/prometheus.yml"), encoding: .utf8)
            .replacing("127.0.0.1:8080", with: target).replacing("interval: 5s", with: "interval: 1s")
            .replacing("- rules.yml", with: "- \(Self.path("prometheus/rules.yml"))")
        let file = try scratch.write(configuration.utf8, to: "prometheus.yml")
        let address = "127.0.0.1:\(try FreePorts.take(1)[0])"
        let server = try Program.start(
            "prometheus",
            [
                "--config.file=\(file)", "--storage.tsdb.path=\(scratch.file("data").path)",
                "--web.listen-address=\(address)",
            ]
        )
        func ask(_ expression: String, until isWanted: @Sendable (HTTP.Response) -> Bool) async throws -> String {
            let asked = expression.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
            return try await HTTP.get("http://\(address)/api/v1/query?query=\(asked)", until: isWanted).text
        }
        let isThere: @Sendable (HTTP.Response) -> Bool = { $0.text.contains(#""metric""#) }
        for expression in [
            "up == 1", "relay_stream:transponder_stream_delay_seconds:p99_rate5m > 0",
            "relay_stream:transponder_viewers:sum == 1", "transponder_viewer_first_picture_seconds_count >= 1",
        ] {
            let answer = try await ask(expression, until: isThere)
            #expect(answer.contains(#""metric""#), "\(expression): \(answer)")
        }
        for expression in try Self.dashboard() {
            let answer = try await ask(expression) { !$0.text.isEmpty }
            #expect(answer.contains(#""status":"success""#), "\(expression): \(answer)")
        }
        withExtendedLifetime((server, scratch)) {}
    }

    /// What the dashboard asks, of every host and relay.
    private static func dashboard() throws -> [String] {
        let text = try String(contentsOfFile: Self.path("prometheus/dashboard.json"), encoding: .utf8)
        let expressions = text.matches(of: /"expr": ("(?:[^"\\]|\\.)*")/).compactMap { match in
            try? JSONDecoder().decode(String.self, from: Data(match.1.utf8))
        }
        #expect(expressions.count > 30)
        let values = ["$instance": ".*", "$relay": ".*", "$__rate_interval": "1m"]
        return expressions.map { values.reduce($0) { $0.replacing($1.key, with: $1.value) } }
    }

    @Test func everySeriesOfAnAlertIsSentByARelayAlone() async throws {
        var configuration = RelayConfiguration()
        configuration.more += ["streams:", "  \(try Self.pushed())"]
        let relay = try await RelayProcess.start(configuration)
        let encoder = try HostUnderTest.publish(to: relay.publishAddress())
        _ = try await HTTP.get(relay.page("health/live/main")) { $0.status == 200 }
        let viewer = try await HTTP.request(relay.page("live/main.flv"), limit: 30_000)
        #expect(!viewer.body.isEmpty)
        let scrape = try await Self.scrape(relay.page("metrics"))
        try await Self.expect("transponder", in: scrape)
        // The one that tells a host from a relay by itself.
        try await Self.expect("transponder-alone", in: scrape, except: ["transponder_host_info"])
        #expect(!scrape.contains("transponder_host_info"))
        _ = encoder
    }
}
