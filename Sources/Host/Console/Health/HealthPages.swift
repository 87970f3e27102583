import Contract
import Health
import Web

/// The addresses that probes and scrapers ask; for everybody, and for pages of every site.
struct HealthPages {
    let host: HostSnapshot
    let judgements: Judgements

    static func reply(_ answer: StatusAnswer) -> HTTPReply {
        HTTPReply(code: answer.status, contentType: answer.contentType, bytes: answer.body)
    }

    func metrics(as form: MetricsForm, apiRefusals: [(reason: String, count: UInt64)]) -> HTTPReply {
        let now = self.host.clock.now
        var reviews: [(snapshot: RelaySnapshot, verdicts: [StreamPath: Verdict])] = []
        var unserved: [StreamPath: Verdict] = [:]
        for relay in self.host.relays {
            let streams = self.judgements.streams(of: relay, at: now, withRefused: false)
            // Where the relay has told nothing, only those who were on air are missed.
            let known = streams.filter { $0.clock != nil || $0.isExpected }
            let verdicts = Dictionary(uniqueKeysWithValues: known.map { ($0.snapshot.path, $0.verdict) })
            guard var snapshot = relay.snapshot else {
                unserved.merge(verdicts) { first, _ in first }
                continue
            }
            snapshot.streams = known.map(\.snapshot)
            reviews.append((snapshot, verdicts))
        }
        let destinations = self.host.relays.map { relay in
            (relay: relay.name, destinations: self.judgements.destinations(of: relay, at: now) ?? [])
        }
        let process = self.judgements.process(of: self.host)
        let host = HostMetrics(
            self.host,
            process: process,
            relays: self.judgements.relays(of: self.host),
            apiRefusals: apiRefusals
        )
        return Self.reply(
            .metrics(
                PrometheusText(reviews, unserved: unserved, destinations: destinations, host: host),
                as: form
            )
        )
    }

    /// Whether all relays serve and their streams are well; a line for each relay, and for all that is wrong with the process.
    func health() -> HTTPReply {
        let relays = self.judgements.relays(of: self.host)
        let streams = self.host.relays.flatMap { self.begun(self.streams(of: $0)) }
        let answer = ProbeAnswer.health(self.host, relays).failing(for: streams)
        let process = self.judgements.process(of: self.host)
        let notices = process.faults.map(\.sentence).filter { !answer.sentence.hasPrefix($0) }
        let lines = zip(self.host.relays, relays).map { "\($0.name) \($0.state.rawValue): \($1.sentence)" }
        return Self.reply(.probe(answer, notices + lines))
    }

    /// Whether the relay serves and its streams are well; a line for each of them.
    func health(of relay: RelayStatus) -> HTTPReply {
        let streams = self.streams(of: relay)
        let lines = streams.map { StatusAnswer.line($0.snapshot.path, $0.verdict) }
        let verdict = self.judgements.relay(relay, at: self.host.clock.now)
        let answer = ProbeAnswer.service(verdict).failing(for: self.begun(streams))
        return Self.reply(.probe(answer, lines))
    }

    private func streams(of relay: RelayStatus) -> [JudgedStream] {
        self.judgements.streams(of: relay, at: self.host.clock.now, withRefused: false)
    }

    /// Those that somebody is or was on air with: of others nothing is expected.
    private func begun(_ streams: [JudgedStream]) -> [(path: StreamPath, verdict: Verdict)] {
        streams.filter(\.isExpected).map { ($0.snapshot.path, $0.verdict) }
    }

    func health(of path: StreamPath, _ relay: RelayStatus) throws(ApiProblem) -> HTTPReply {
        guard let stream = self.judgements.stream(path.stream, of: relay, at: self.host.clock.now) else {
            throw ConsoleResponder.undeclared(path)
        }
        return Self.reply(
            .stream(
                stream.snapshot,
                stream.verdict,
                clock: stream.clock ?? self.host.clock,
                isServed: stream.clock != nil
            )
        )
    }
}
