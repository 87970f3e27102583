package import Contract

/// What an address that machines ask answers: probes, health, metrics. Both programs have theirs from here, so that they
/// are alike.
package struct StatusAnswer: Hashable, Sendable {
    /// As HTTP has it.
    package let status: Int
    package let contentType: String
    package let body: [UInt8]

    private init(_ status: Int, _ contentType: String, _ body: [UInt8]) {
        self.status = status
        self.contentType = contentType
        self.body = body
    }

    /// The sentence of a probe, and lines for a person below it.
    package static func probe(_ probe: ProbeAnswer, _ lines: [String] = []) -> StatusAnswer {
        let text = ([probe.sentence] + lines).joined(separator: "\n") + "\n"
        return StatusAnswer(probe.httpStatus, "text/plain; charset=utf-8", Array(text.utf8))
    }

    /// The line of a stream below a probe's sentence.
    package static func line(_ path: StreamPath, _ verdict: Verdict?) -> String {
        "\(path) \(verdict?.state.rawValue ?? StreamState.waiting.rawValue): \(verdict?.sentence ?? "")"
    }

    package static func metrics(_ text: PrometheusText, as form: MetricsForm = .prometheus) -> StatusAnswer {
        StatusAnswer(200, form.contentType, Array(text.text(as: form).utf8))
    }

    /// The report of a stream; its status is the verdict's.
    package static func stream(
        _ snapshot: StreamSnapshot,
        _ verdict: Verdict,
        clock: ClockReading,
        isServed: Bool = true
    ) -> StatusAnswer {
        let report = StreamReport(snapshot, verdict, clock: clock, isServed: isServed)
        return StatusAnswer(verdict.httpStatus, StreamReport.contentType, report.json())
    }
}
