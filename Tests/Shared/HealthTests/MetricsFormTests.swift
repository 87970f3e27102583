import Contract
import Health
import Testing

@Suite struct MetricsFormTests {
    @Test(arguments: [
        // Prometheus 2.42, and 3 with what it says of names.
        "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
            + "text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
        "application/openmetrics-text; version=1.0.0; q=0.5, text/plain;version=0.0.4;q=0.4",
        "application/openmetrics-text", "APPLICATION/OpenMetrics-Text;Version=1.0.0",
        "text/plain, application/openmetrics-text",
    ])
    func whoWantsOpenMetricsGetsThem(_ accept: String) {
        #expect(MetricsForm(accepting: [accept]) == .openMetrics)
    }

    @Test(arguments: [
        "", "*/*", "text/html,application/xhtml+xml,*/*;q=0.8", "text/plain;version=0.0.4",
        "application/openmetrics-text;version=0.0.1", "application/openmetrics-text;q=0",
        "application/openmetrics-text;q=0.2,text/plain;q=0.5", "application/openmetrics-text;q=no", ",;,q=1,;;",
        "\u{301}application/openmetrics-text",
    ])
    func everybodyElseGetsText(_ accept: String) {
        #expect(MetricsForm(accepting: [accept]) == .prometheus)
    }

    @Test func severalHeadersAreOne() {
        #expect(MetricsForm(accepting: ["text/plain;q=0.5", "application/openmetrics-text"]) == .openMetrics)
        #expect(MetricsForm(accepting: []) == .prometheus)
        #expect(MetricsForm.openMetrics.contentType.hasPrefix("application/openmetrics-text; version=1.0.0"))
    }

    @Test func openMetricsNamesCountersWithoutTheirEnding() throws {
        let text = try PrometheusText([(PrometheusTextTests.snapshot(), [:])]).text(as: .openMetrics)
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        #expect(lines.suffix(2) == ["# EOF", ""])
        #expect(lines.contains("# TYPE transponder_viewer_joins counter"))
        #expect(lines.contains { $0.hasPrefix("# HELP transponder_viewer_joins ") })
        #expect(lines.contains(#"transponder_viewer_joins_total{relay="live",stream="main",protocol="rtmp"} 5"#))
        #expect(lines.contains("# TYPE transponder_viewers gauge"))
        #expect(lines.contains("# TYPE transponder_stream_delay_seconds histogram"))
        #expect(lines.count { $0 == "# EOF" } == 1)
    }
}
