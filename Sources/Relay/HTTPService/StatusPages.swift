package import Contract
package import Health
import NIOHTTP1
package import Streams
import Web

/// The addresses that machines ask: probes, health, metrics.
package struct StatusPages: Sendable {
    private let current: CurrentSpec
    private let monitor: HealthMonitor
    private let configuration: @Sendable () -> ConfigurationStatus?

    /// - Parameters:
    ///   - spec: What the relay shall do.
    ///   - monitor: Who judges its streams.
    ///   - configuration: How it stands with the file that the relay reads itself; nil where a host reads it.
    package init(
        spec: CurrentSpec,
        monitor: HealthMonitor,
        configuration: @escaping @Sendable () -> ConfigurationStatus? = { nil }
    ) {
        self.current = spec
        self.monitor = monitor
        self.configuration = configuration
    }

    private var spec: RelaySpec { self.current.value }

    func alive(_ relay: RelaySnapshot) -> HTTPReply { Self.reply(.probe(.liveness(relay))) }

    func ready(_ relay: RelaySnapshot) -> HTTPReply { Self.reply(.probe(.readiness(relay))) }

    func metrics(_ relay: RelaySnapshot, as form: MetricsForm) -> HTTPReply {
        let review = self.review(relay)
        return Self.reply(
            .metrics(
                PrometheusText(
                    [(snapshot: review.snapshot, verdicts: review.verdicts)],
                    destinations: [(relay.relay, review.destinations)],
                    configuration: self.configuration().map { ConfigurationMetrics($0, clock: relay.clock) }
                ),
                as: form
            )
        )
    }

    /// The health of one stream, or of one that nobody has published yet although somebody may.
    func health(of name: StreamName, refusal: SourceRefusal?, _ relay: RelaySnapshot) -> HTTPReply {
        guard self.spec.declaration(of: name) != nil else {
            return .sentence(.notFound, "This relay has no stream \(TypedName.quoted(name.rawValue)).")
        }
        let path = StreamPath(relay: self.spec.name, stream: name)
        let unseen = StreamSnapshot(path: path, createdAt: relay.startedAt, refusal: refusal)
        let review = self.monitor.review(relay)
        let stream = review.snapshot.streams.first { $0.path == path } ?? unseen
        let verdict = review.verdicts[path] ?? self.monitor.judge(unseen: unseen, at: relay.clock.now)
        return Self.reply(.stream(stream, verdict, clock: relay.clock))
    }

    /// The health of the relay, which fails with its readiness and with its streams: a line a stream.
    func health(_ relay: RelaySnapshot) -> HTTPReply {
        let review = self.review(relay)
        let lines = review.snapshot.streams.map { StatusAnswer.line($0.path, review.verdicts[$0.path]) }
        let begun = review.snapshot.streams.filter(\.wasPublished).compactMap { stream in
            review.verdicts[stream.path].map { (path: stream.path, verdict: $0) }
        }
        let answer = ProbeAnswer.readiness(relay).failing(for: begun)
        return Self.reply(.probe(answer, lines.isEmpty ? ["No stream has been published yet."] : lines))
    }

    /// Streams that are or were published, and those that are declared.
    private func review(_ relay: RelaySnapshot) -> RelayReview {
        self.monitor.review(relay).listing(declared: self.spec.streams?.map(\.name) ?? [])
    }

    private static func reply(_ answer: StatusAnswer) -> HTTPReply {
        HTTPReply(code: answer.status, contentType: answer.contentType, bytes: answer.body)
    }
}
