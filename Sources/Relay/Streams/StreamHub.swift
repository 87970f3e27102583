package import Contract
package import Logging
import Synchronization

/// The streams of one relay, made when somebody first publishes or asks for them and forgotten when nobody has for long.
package final class StreamHub: Sendable {
    private let current: CurrentSpec
    let keeper: (any TapeKeeper)?
    let budget: TapeBudget
    private let streams: Mutex<Registry>
    private let nextSource = Mutex<UInt64>(1)
    private let refusals = Mutex<[StreamName: SourceRefusal]>([:])
    private let hasSaidHeld = Atomic<Bool>(false)
    let log: Logger

    /// Names whose last refused publisher is remembered.
    static let refusalLimit = 64

    /// How long a stream that nobody publishes or watches is remembered, µs: its playlists are asked for that long.
    static let idleLinger: Int64 = 120_000_000
    /// The same of a name that nobody has published: a player that is told to try again does so within this time.
    static let awaitedLinger: Int64 = 12_000_000
    /// A publisher may take the place of a stream whose source has been gone for so long, µs.
    static let staleAfter: Int64 = 60_000_000
    /// Names that viewers may wait for and nobody has published. Those cost a few pages each, and keep no publisher out.
    static let awaitedLimit = 64

    /// Streams by name.
    private struct Registry {
        var all: [StreamName: Stream] = [:]
        /// Those that a publisher has come for. They count towards `limits.streams`; the others are merely asked for.
        var published: Set<StreamName> = []

        mutating func remove(_ name: StreamName) {
            self.all[name] = nil
            self.published.remove(name)
        }

        var awaited: [StreamName: Stream] { self.all.filter { !self.published.contains($0.key) } }
    }

    /// With a keeper the tapes of the streams outlive the process.
    package init(spec: CurrentSpec, keeper: (any TapeKeeper)? = nil, log: Logger) {
        self.current = spec
        self.keeper = keeper
        self.budget = TapeBudget(spec.value.limits)
        self.streams = Mutex(Registry())
        self.log = log
    }

    package convenience init(spec: RelaySpec, log: Logger) {
        self.init(spec: CurrentSpec(spec), log: log)
    }

    /// In force now.
    package var spec: RelaySpec { self.current.value }

    /// Bytes that tapes, and copies of what is on them, take.
    package var tapeMemory: Int { self.budget.used }

    package func makeSourceID() -> SourceID {
        self.nextSource.withLock { next in
            defer { next += 1 }
            return SourceID(next)
        }
    }

    /// The stream if it exists.
    package func existing(_ name: StreamName) -> Stream? {
        self.streams.withLock { $0.all[name] }
    }

    /// How logs name a stream that somebody asked for: what the configuration does not name, and nobody has published, may
    /// be a key that was typed in the wrong place.
    package func shown(_ name: StreamName) -> String {
        let isKnown =
            self.spec.streams?.contains { $0.name == name } ?? false
            || self.existing(name)?.wasPublished ?? false
        return isKnown ? name.rawValue : TypedName.plain(name.rawValue)
    }

    package var all: [Stream] {
        self.streams.withLock { $0.all.values.sorted { $0.path < $1.path } }
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
                    "This relay has no stream \(TypedName.quoted(name.rawValue)); its streams are \(self.declared)."
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
                    "This relay has no stream \(TypedName.quoted(name.rawValue)); its streams are \(self.declared)."
                )
            case .tooMany(let sentence):
                throw PlayDenial(.tooMany, sentence)
            }
        }
    }

    /// Called a few times a second.
    package func sweep(now: Now) {
        for stream in self.all { stream.sweep(now: now) }
        self.streams.withLock { streams in
            for (name, stream) in streams.all {
                let wasPublished = stream.wasPublished
                let linger = wasPublished ? Self.idleLinger : Self.awaitedLinger
                if stream.isIdle(since: now.monotonic - linger) {
                    streams.remove(name)
                } else if wasPublished {
                    streams.published.insert(name)
                } else {
                    // Its publisher was refused after all, or is about to be let on air.
                    streams.published.remove(name)
                }
            }
        }
        self.noteHeldMemory()
        let lacking = self.budget.takeLacking()
        if lacking > 0 { self.makeRoom(lacking, .publisher, now: now) }
    }

    /// When the first source that is on air will have been silent for too long if nothing comes, µs monotonic; nil while
    /// nothing is on air.
    package var silenceDeadline: Int64? {
        self.all.compactMap(\.silenceDeadline).min()
    }

    /// Says once that the system does not take memory back.
    private func noteHeldMemory() {
        guard self.budget.heldCount > 0, !self.hasSaidHeld.exchange(true, ordering: .relaxed) else { return }
        self.log.warning(
            "memory not taken back",
            metadata: [
                "sentence":
                    "The system does not take back memory that tapes give up (madvise with MADV_REMOVE fails), so they need more of limits.memory than usual."
            ]
        )
    }

    /// Has streams give up what nobody watches, the longest idle first, until so many bytes are free or nothing is left to
    /// give up.
    private func makeRoom(_ bytes: Int, _ demand: TapeDemand, now: Now) {
        let spare = self.all.flatMap { stream in stream.spareTapes(demand, now: now).map { (stream, $0) } }
        var missing = bytes
        for (stream, tapes) in spare.sorted(by: { $0.1.since < $1.1.since }) {
            guard missing > 0 else { return }
            let given = stream.giveUp(tapes, demand, now: now)
            guard given > 0 else { continue }
            missing -= given
            self.log.info("memory given up", metadata: ["stream": "\(stream.path)", "bytes": "\(given)"])
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
            let undeclared = streams.all.filter { spec.declaration(of: $0.key) == nil }
            for name in undeclared.keys { streams.remove(name) }
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
            if let stream = streams.all[name], !isToPublish || streams.published.contains(name) {
                return .success(stream)
            }
            do throws(Failure) {
                if isToPublish {
                    try self.makePlace(in: &streams, limit: spec.limits.streams, now: now)
                    streams.published.insert(name)
                } else if spec.streams == nil {
                    try self.makeAwaitedPlace(in: &streams, now: now)
                }
            } catch {
                return .failure(error)
            }
            if let stream = streams.all[name] { return .success(stream) }
            do {
                let stream = try self.makeStream(name, now: now)
                streams.all[name] = stream
                return .success(stream)
            } catch {
                streams.published.remove(name)
                return .failure(.tooMany("\(error)"))
            }
        }
        return try made.get()
    }

    private func makeStream(_ name: StreamName, stored: StoredTape? = nil, now: Now) throws -> Stream {
        try Stream(
            path: StreamPath(relay: self.spec.name, stream: name),
            spec: self.current,
            budget: self.budget,
            keeper: self.keeper,
            stored: stored,
            now: now,
            log: self.log
        ) { [weak self] bytes, demand, now in
            self?.makeRoom(bytes, demand, now: now)
        }
    }

    /// Adds a stream of a process that is dead.
    ///
    /// - Returns: false if there is one of that name already.
    func add(_ name: StreamName, _ stored: StoredTape, now: Now) -> Bool {
        self.streams.withLock { streams in
            guard streams.all[name] == nil, let stream = try? self.makeStream(name, stored: stored, now: now) else {
                return false
            }
            streams.all[name] = stream
            streams.published.insert(name)
            return true
        }
    }

    /// Makes place for one more stream that is published: a publisher with the right key comes before streams that nobody
    /// publishes any more.
    private func makePlace(in streams: inout Registry, limit: Int, now: Now) throws(Failure) {
        guard streams.published.count >= limit else { return }
        let published = streams.all.filter { streams.published.contains($0.key) }
        let idle = published.first { $0.value.isIdle(since: now.monotonic) }
        let stale = published.compactMap { name, stream in stream.sourceGone.map { (name, stream, $0) } }
            .filter { now.monotonic - $0.2 >= Self.staleAfter }
            .min { $0.2 < $1.2 }
        guard let vacant = idle.map({ ($0.key, $0.value) }) ?? stale.map({ ($0.0, $0.1) }) else {
            throw .tooMany("This relay serves \(published.count) streams, as many as limits.streams allows.")
        }
        vacant.1.finish()
        streams.remove(vacant.0)
    }

    /// Makes place for one more name that is merely asked for.
    private func makeAwaitedPlace(in streams: inout Registry, now: Now) throws(Failure) {
        let awaited = streams.awaited
        guard awaited.count >= Self.awaitedLimit else { return }
        guard let idle = awaited.first(where: { $0.value.isIdle(since: now.monotonic) }) else {
            throw .tooMany(
                "Viewers wait for \(awaited.count) streams that nobody publishes; try again once this one is."
            )
        }
        streams.remove(idle.key)
    }
}
