package import Contract
package import Logging
import Synchronization

/// The streams of one relay, made when somebody first publishes or asks for them and forgotten when nobody has for long.
package final class StreamHub: Sendable {
    private let current: CurrentSpec
    private let budget: TapeBudget
    private let streams: Mutex<[StreamName: Stream]>
    private let nextSource = Mutex<UInt64>(1)
    private let refusals = Mutex<[StreamName: SourceRefusal]>([:])
    private let log: Logger

    /// Names whose last refused publisher is remembered.
    static let refusalLimit = 64

    /// How long a stream that nobody publishes or watches is remembered, µs: its playlists are asked for that long.
    static let idleLinger: Int64 = 120_000_000

    package init(spec: CurrentSpec, log: Logger) {
        self.current = spec
        self.budget = TapeBudget(memory: spec.value.limits.memory)
        self.streams = Mutex([:])
        self.log = log
    }

    package convenience init(spec: RelaySpec, log: Logger) {
        self.init(spec: CurrentSpec(spec), log: log)
    }

    /// In force now.
    package var spec: RelaySpec { self.current.value }

    package func makeSourceID() -> SourceID {
        self.nextSource.withLock { next in
            defer { next += 1 }
            return SourceID(next)
        }
    }

    /// The stream if it exists.
    package func existing(_ name: StreamName) -> Stream? {
        self.streams.withLock { $0[name] }
    }

    package var all: [Stream] {
        self.streams.withLock { $0.values.sorted { $0.path < $1.path } }
    }

    /// The stream a publisher names, made if need be.
    package func streamToPublish(_ name: StreamName, now: Now) throws(PublishDenial) -> Stream {
        do {
            return try self.stream(name, isToPublish: true, now: now)
        } catch {
            switch error {
            case .undeclared:
                throw PublishDenial(
                    .unknownStream,
                    "This relay has no stream '\(name)'; its streams are \(self.declared)."
                )
            case .tooMany(let sentence):
                throw PublishDenial(.tooMany, sentence)
            }
        }
    }

    /// The stream a player names; one that nobody publishes yet can be waited for.
    package func streamToPlay(_ name: StreamName, now: Now) throws(PlayDenial) -> Stream {
        do {
            return try self.stream(name, isToPublish: false, now: now)
        } catch {
            switch error {
            case .undeclared:
                throw PlayDenial(
                    .unknownStream,
                    "This relay has no stream '\(name)'; its streams are \(self.declared)."
                )
            case .tooMany(let sentence):
                throw PlayDenial(.tooMany, sentence)
            }
        }
    }

    /// Called a few times a second.
    package func sweep(now: Now) {
        for stream in self.all { stream.sweep(now: now) }
        let horizon = now.monotonic - Self.idleLinger
        self.streams.withLock { streams in
            for (name, stream) in streams where stream.isIdle(since: horizon) { streams[name] = nil }
        }
    }

    package func snapshots(now: Now) -> [StreamSnapshot] {
        self.all.map { stream in
            var snapshot = stream.snapshot(now: now)
            snapshot.refusal = self.refusal(of: stream.path.stream)
            return snapshot
        }
    }

    /// Remembers a publisher that was not let on air, for whoever asks why nothing is to be seen.
    package func note(_ refusal: SourceRefusal, of name: StreamName) {
        self.refusals.withLock { refusals in
            if refusals[name] == nil, refusals.count >= Self.refusalLimit,
                let oldest = refusals.min(by: { $0.value.at < $1.value.at })
            {
                refusals[oldest.key] = nil
            }
            refusals[name] = refusal
        }
    }

    package var refusedSources: [StreamName: SourceRefusal] { self.refusals.withLock { $0 } }

    package func refusal(of name: StreamName) -> SourceRefusal? {
        self.refusals.withLock { $0[name] }
    }

    /// Lets what is in force now hold for streams that exist; those it does not declare any more end.
    package func applySpec(now: Now) {
        let spec = self.spec
        for stream in self.all { stream.setSourceTimeout(spec.sourceTimeout) }
        let undeclared = self.streams.withLock { streams in
            let undeclared = streams.filter { spec.declaration(of: $0.key) == nil }
            for name in undeclared.keys { streams[name] = nil }
            return undeclared.values
        }
        for stream in undeclared {
            stream.dropSource(sentence: "The configuration does not name this stream any more.", now: now)
            stream.finish()
        }
    }

    package func finish() {
        for stream in self.all { stream.finish() }
    }

    private enum Failure: Error {
        case undeclared
        case tooMany(String)
    }

    private var declared: String {
        (self.spec.streams ?? []).map { "'\($0.name)'" }.joined(separator: ", ")
    }

    private func stream(_ name: StreamName, isToPublish: Bool, now: Now) throws(Failure) -> Stream {
        let spec = self.spec
        guard spec.declaration(of: name) != nil else { throw .undeclared }
        let made: Result<Stream, Failure> = self.streams.withLock { streams in
            if let stream = streams[name] { return .success(stream) }
            if streams.count >= spec.limits.streams {
                // A name somebody merely asked for must not keep a real stream out, even while he waits there.
                let vacant =
                    streams.first { $0.value.isIdle(since: now.monotonic) }
                    ?? (isToPublish ? streams.first { !$0.value.wasPublished } : nil)
                guard let vacant else {
                    return .failure(
                        .tooMany("This relay serves \(streams.count) streams, as many as limits.streams allows.")
                    )
                }
                vacant.value.finish()
                streams[vacant.key] = nil
            }
            do {
                let path = StreamPath(relay: spec.name, stream: name)
                let stream = try Stream(path: path, spec: self.current, budget: self.budget, now: now, log: self.log)
                streams[name] = stream
                return .success(stream)
            } catch {
                return .failure(.tooMany("\(error)"))
            }
        }
        return try made.get()
    }
}
