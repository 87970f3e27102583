import Console
import ConsoleToolkit
import Contract
import Foundation
import Health
import NIOHTTP1
import Testing
import Toolkit

@Suite(.ownThread) struct MetricsTests {
    private func text() async throws -> String {
        let desk = try Desk()
        desk.host.change { $0.helpers = [LoopSnapshot(name: "history", lastTick: Scene.second(99))] }
        let answer = try #require(await desk.ask(.GET, "/metrics"))
        #expect(answer.headers.first(name: "Content-Type") == "text/plain; version=0.0.4; charset=utf-8")
        return answer.text
    }

    /// Dashboards and alerts are built on these: a line may be added, never changed or taken away.
    @Test func namesOfTheHostNeverChange() async throws {
        let types = try await self.text().split(separator: "\n").filter { $0.hasPrefix("# TYPE ") }
            .map { String($0.dropFirst(7)) }
        let own = types.drop { $0 != "transponder_relay_up gauge" }
        #expect(
            Array(own) == [
                "transponder_relay_up gauge",
                "transponder_relay_state gauge",
                "transponder_relay_health gauge",
                "transponder_relay_restarts_total counter",
                "transponder_relay_connections_kept gauge",
                "transponder_relay_connections_handed_on_total counter",
                "transponder_relay_throttled_seconds_total counter",
                "transponder_relay_gap_seconds histogram",
                "transponder_relay_start_seconds gauge",
                "transponder_venue_state gauge",
                "transponder_venue_last_report_timestamp_seconds gauge",
                "transponder_venue_latency_seconds gauge",
                "transponder_venue_buffer_seconds gauge",
                "transponder_venue_arriving_bytes_per_second gauge",
                "transponder_venue_stalls_total counter",
                "transponder_venue_dropped_frames_total counter",
                "transponder_venue_reports_total counter",
                "transponder_door_connections gauge",
                "transponder_door_waiting_connections gauge",
                "transponder_door_handovers_total counter",
                "transponder_door_refusals_total counter", "transponder_door_undecided_connections gauge",
                "transponder_door_closed_connections_total counter",
                "transponder_api_refusals_total counter",
                "transponder_host_info gauge",
                "transponder_host_start_time_seconds gauge",
                "transponder_host_draining gauge",
                "transponder_host_fault gauge",
                "transponder_host_listener_up gauge",
                "transponder_host_loop_age_seconds gauge", "transponder_host_helper_busy_seconds gauge",
                "transponder_certificate_expiry_timestamp_seconds gauge",
                "transponder_host_cpu_seconds_total counter",
                "transponder_host_resident_memory_bytes gauge",
                "transponder_host_open_descriptors gauge",
                "transponder_config_last_reload_successful gauge",
                "transponder_config_last_reload_success_timestamp_seconds gauge",
                "transponder_config_reloads_total counter",
            ]
        )
        #expect(types.first == "transponder_build_info gauge")
        #expect(Set(types).count == types.count)
    }

    @Test(arguments: [
        #"transponder_host_helper_busy_seconds{thread="history"} 1.0"#,
        #"transponder_relay_up{relay="live"} 1"#, #"transponder_relay_up{relay="restarting"} 0"#,
        #"transponder_relay_state{relay="restarting",state="starting"} 1"#,
        #"transponder_relay_health{relay="live",state="serving"} 1"#,
        #"transponder_relay_health{relay="restarting",state="restarting"} 1"#,
        #"transponder_relay_health{relay="restarting",state="serving"} 0"#,
        #"transponder_relay_restarts_total{relay="live",cause="signal"} 2"#,
        #"transponder_relay_restarts_total{relay="quiet",cause="out_of_memory"} 0"#,
        #"transponder_relay_start_seconds{relay="live"} 0.14"#, "transponder_door_connections 3",
        "transponder_door_waiting_connections 1", "transponder_door_handovers_total 41",
        #"transponder_door_refusals_total{reason="unknown_relay"} 5"#, #"transponder_host_info{isolation="runc"} 1"#,
        "transponder_certificate_expiry_timestamp_seconds 1802592000",
        #"transponder_stream_fault{relay="live",stream="main",fault="frame_rate_fell"} 0"#,
        "transponder_host_start_time_seconds 1799999901.0", "transponder_host_draining 0",
        #"transponder_host_fault{fault="history_failing"} 0"#, #"transponder_host_fault{fault="loop_stuck"} 0"#,
        #"transponder_host_listener_up{listener="rtmp"} 1"#, #"transponder_host_loop_age_seconds{loop="console"} 0.0"#,
        "transponder_host_cpu_seconds_total 2.5", "transponder_config_last_reload_successful 1",
        "transponder_config_last_reload_success_timestamp_seconds 1799999901.0",
        #"transponder_config_reloads_total{result="refused"} 1"#,
        #"transponder_stream_state{relay="live",stream="main",state="live"} 1"#,
        #"transponder_viewers{relay="live",stream="main",protocol="rtmp"} 3"#,
    ])
    func samplesAreThere(_ line: String) async throws {
        #expect(try await self.text().split(separator: "\n").map(String.init).contains(line))
    }

    /// Each fault has a series of its own, so that none hides another.
    @Test func faultsOfTheProcessAreSeries() async throws {
        let desk = try Desk()
        func faults() async throws -> [String: String] {
            let answer = try #require(await desk.ask(.GET, "/metrics"))
            let found = answer.text.matches(of: /transponder_host_fault\{fault="([a-z_]+)"\} ([01])\n/)
            return Dictionary(found.map { (String($0.1), String($0.2)) }) { first, _ in first }
        }
        let none = ProcessFault.allCases.map { ($0.rawValue, "0") }
        #expect(try await faults() == Dictionary(none) { first, _ in first })
        desk.host.change { host in
            host.history = HistorySnapshot(isOn: true, trouble: "x", cause: .full)
            host.configuration.problem = "x"
        }
        #expect(
            try await faults().filter { $0.value == "1" } == ["history_failing": "1", "configuration_refused": "1"]
        )
        desk.host.change { host in
            host.history?.trouble = nil
            host.clock = ClockReading(now: host.clock.now + .seconds(3), unix: host.clock.unix + 3_000_000)
            for index in host.loops.indices { host.loops[index].lastTick = host.clock.now }
        }
        #expect(try await faults().filter { $0.value == "1" } == ["configuration_refused": "1"])
    }

    @Test func rawValuesAreLabelsAndNeverChange() {
        #expect(
            RelayState.allCases.map(\.rawValue) == [
                "starting", "configuring", "ready", "replacing", "backing_off", "draining", "stopped",
            ]
        )
        #expect(
            EndingCause.allCases.map(\.rawValue) == [
                "exit", "signal", "out_of_memory", "heartbeat", "own_check", "misbehaved", "replaced", "start_failed",
                "lost",
            ]
        )
        #expect(
            DoorRefusal.allCases.map(\.rawValue) == [
                "total", "undecided", "address", "descriptors", "malformed", "too_slow", "unknown_relay",
                "waiting_room",
                "not_ready", "draining", "tls", "untrusted_proxy", "proxy_header",
            ]
        )
    }

    /// As Prometheus itself reads it, with its advice on names.
    @Test func promtoolHasNothingToSay() async throws {
        let text = try await self.text()
        let (status, output) = try Tool.run(["promtool", "check", "metrics"], input: Data(text.utf8))
        #expect(status == 0, "\(output)")
        #expect(output.isEmpty, "\(output)")
    }

    /// Each metric of a host is in the list that is written of them, with its meaning.
    @Test func theListOfMetricsHasThoseOfTheHost() async throws {
        let top = (0..<4).reduce(URL(filePath: #filePath)) { path, _ in path.deletingLastPathComponent() }
        let list = try String(contentsOf: top.appending(path: "configs/metrics.md"), encoding: .utf8)
        for line in try await self.text().split(separator: "\n") where line.hasPrefix("# HELP ") {
            let words = line.dropFirst(7).split(separator: " ", maxSplits: 1)
            let row = try #require(list.split(separator: "\n").first { $0.hasPrefix("| `\(words[0])` |") }, "\(line)")
            #expect(row.hasSuffix("| \(words[1]) |"), "\(line)")
        }
    }

    /// What alerts are made of must be there.
    @Test func rulesAndScrapingAreValid() async throws {
        let top = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let folder = top.appending(path: "configs/prometheus")
        for (command, file) in [("config", "prometheus.yml"), ("rules", "rules.yml")] {
            let (status, output) = try Tool.run(["promtool", "check", command, folder.appending(path: file).path])
            #expect(status == 0, "\(output)")
        }
        let (status, output) = try Tool.run([
            "promtool", "test", "rules", folder.appending(path: "rules-test.yml").path,
        ])
        #expect(status == 0, "\(output)")
        let names = try await Set(
            self.text().split(separator: "\n").filter { $0.hasPrefix("# TYPE ") }
                .compactMap { $0.dropFirst(7).split(separator: " ").first.map(String.init) }
        )
        let rules = try String(contentsOf: folder.appending(path: "rules.yml"), encoding: .utf8)
        let used = rules.matches(of: /transponder_[a-z_]+/).map { String($0.output) }
        #expect(!used.isEmpty)
        for name in used { #expect(names.contains(name.replacing(/_bucket$/, with: "")), "\(name)") }
    }

    /// What the dashboard draws is recorded by a rule or stands in the list.
    @Test func theDashboardAsksForWhatThereIs() throws {
        let top = (0..<4).reduce(URL(filePath: #filePath)) { path, _ in path.deletingLastPathComponent() }
        let list = try String(contentsOf: top.appending(path: "configs/metrics.md"), encoding: .utf8)
        let rules = try String(contentsOf: top.appending(path: "configs/prometheus/rules.yml"), encoding: .utf8)
        let recorded = Set(rules.matches(of: /record: (\S+)/).map { String($0.1) })
        let data = try Data(contentsOf: top.appending(path: "configs/prometheus/dashboard.json"))
        let board = try JSONDecoder().decode(Dashboard.self, from: data)
        #expect(Set(board.panels.map(\.id)).count == board.panels.count)
        let expressions = board.panels.flatMap { $0.targets ?? [] }.map(\.expr)
        #expect(expressions.count > 30)
        for expression in expressions {
            for found in expression.matches(of: /(?:[a-z_]+:)?transponder_[a-z_]+(?::[a-z0-9_]+)?/) {
                let name = String(found.output)
                #expect(recorded.contains(name) || list.contains("| `\(name)` |"), "\(name)")
            }
        }
        for name in recorded { #expect(expressions.contains { $0.contains(name) }, "\(name)") }
    }

    private struct Dashboard: Decodable {
        struct Panel: Decodable {
            struct Target: Decodable { var expr: String }
            var id: Int
            var targets: [Target]?
        }
        var panels: [Panel]
    }
}
