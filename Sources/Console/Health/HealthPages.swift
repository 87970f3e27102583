import Contract
import Health
import NIOCore
import NIOHTTP1
import Web

/// The addresses that probes and scrapers ask; for everybody, and for pages of every site.
struct HealthPages {
    let host: HostSnapshot
    let judgements: Judgements

    static func reply(_ probe: ProbeAnswer) -> HTTPReply {
        .sentence(HTTPResponseStatus(statusCode: probe.httpStatus), probe.sentence)
    }

    func metrics(apiRefusals: [(reason: String, count: UInt64)]) -> HTTPReply {
        let relays = self.host.relays.compactMap { relay in
            relay.snapshot.map { (snapshot: $0, verdicts: self.judgements.verdicts(of: relay)) }
        }
        let text = PrometheusText(relays, host: HostMetrics(self.host, apiRefusals: apiRefusals)).text()
        return HTTPReply(.ok, contentType: PrometheusText.contentType, body: ByteBuffer(string: text))
    }

    /// Whether all relays serve; a line for each.
    func health() -> HTTPReply {
        let answer = ProbeAnswer.readiness(self.host)
        let lines = self.host.relays.map { relay in
            "\(relay.name) \(relay.state.rawValue): \(ProbeAnswer.service(relay, at: self.host.clock.now).sentence)"
        }
        return Self.sentences(answer, lines)
    }

    /// Whether the relay serves; a line for each of its streams.
    func health(of relay: RelayStatus) -> HTTPReply {
        let streams = self.judgements.streams(of: relay, at: self.host.clock.now)
        let lines = streams.map { stream in
            "\(stream.snapshot.path) \(stream.verdict.state.rawValue): \(stream.verdict.sentence)"
        }
        return Self.sentences(.service(relay, at: self.host.clock.now), lines)
    }

    private static func sentences(_ answer: ProbeAnswer, _ lines: [String]) -> HTTPReply {
        .sentence(
            HTTPResponseStatus(statusCode: answer.httpStatus),
            ([answer.sentence] + lines).joined(separator: "\n")
        )
    }

    func health(of path: StreamPath, _ relay: RelayStatus) throws(ApiProblem) -> HTTPReply {
        guard let stream = self.judgements.stream(path.stream, of: relay, at: self.host.clock.now) else {
            throw ConsoleResponder.undeclared(path)
        }
        let report = StreamReport(stream.snapshot, stream.verdict, clock: stream.clock ?? self.host.clock)
        return HTTPReply(
            HTTPResponseStatus(statusCode: stream.verdict.httpStatus),
            contentType: StreamReport.contentType,
            body: ByteBuffer(bytes: report.json())
        )
    }
}
