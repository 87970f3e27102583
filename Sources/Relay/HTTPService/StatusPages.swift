import Contract
package import Health
import NIOCore
import NIOHTTP1
package import Streams
import Web

/// The addresses that machines ask: probes, health, metrics.
package struct StatusPages: Sendable {
    private let current: CurrentSpec
    private let desk: HealthDesk

    package init(spec: CurrentSpec, desk: HealthDesk) {
        self.current = spec
        self.desk = desk
    }

    private var spec: RelaySpec { self.current.value }

    func alive(_ relay: RelaySnapshot) -> HTTPReply { Self.reply(.liveness(relay)) }

    func ready(_ relay: RelaySnapshot) -> HTTPReply { Self.reply(.readiness(relay)) }

    func metrics(_ relay: RelaySnapshot) -> HTTPReply {
        let review = self.review(relay)
        let text = PrometheusText([(snapshot: review.snapshot, verdicts: review.verdicts)]).text()
        return HTTPReply(.ok, contentType: PrometheusText.contentType, body: ByteBuffer(string: text))
    }

    /// The health of one stream, or of one that nobody has published yet although somebody may.
    func health(of name: StreamName, refusal: SourceRefusal?, _ relay: RelaySnapshot) -> HTTPReply {
        guard self.spec.declaration(of: name) != nil else {
            return .sentence(.notFound, "This relay has no stream \(TypedName.quoted(name.rawValue)).")
        }
        let path = StreamPath(relay: self.spec.name, stream: name)
        let unseen = StreamSnapshot(path: path, createdAt: relay.startedAt, refusal: refusal)
        let review = self.desk.review(relay)
        let stream = review.snapshot.streams.first { $0.path == path } ?? unseen
        let verdict = review.verdicts[path] ?? self.desk.judge(unseen: unseen, at: relay.clock.now)
        let json = StreamReport(stream, verdict, clock: relay.clock).json()
        return HTTPReply(
            HTTPResponseStatus(statusCode: verdict.httpStatus),
            contentType: StreamReport.contentType,
            body: ByteBuffer(bytes: json)
        )
    }

    /// The health of the relay, which fails with its readiness: a line a stream.
    func health(_ relay: RelaySnapshot) -> HTTPReply {
        let review = self.review(relay)
        let lines = review.snapshot.streams.map { stream in
            let verdict = review.verdicts[stream.path]
            return "\(stream.path) \(verdict?.state.rawValue ?? "waiting"): \(verdict?.sentence ?? "")"
        }
        let probe = ProbeAnswer.readiness(relay)
        let text = ([probe.sentence] + (lines.isEmpty ? ["No stream has been published yet."] : lines))
            .joined(separator: "\n")
        return .sentence(HTTPResponseStatus(statusCode: probe.httpStatus), text)
    }

    /// Streams that are or were published, and those that are declared.
    private func review(_ relay: RelaySnapshot) -> RelayReview {
        self.desk.review(relay).listing(declared: self.spec.streams?.map(\.name) ?? [])
    }

    private static func reply(_ probe: ProbeAnswer) -> HTTPReply {
        .sentence(HTTPResponseStatus(statusCode: probe.httpStatus), probe.sentence)
    }
}
