import Contract
import Logging
import Media
import Streams

/// Where a publisher is let on air, or told why not.
struct PublisherAdmission: Sendable {
    let services: RelayServices

    let kind: SourceProtocol

    /// What the publisher's timestamps count.
    let clock: SourceClock

    /// `host:port` of the publisher.
    let peer: String

    let log: Logger

    /// Puts the publisher on air. `onEvicted` is called once, from any thread, if it loses the stream to another or is
    /// removed.
    func claim(
        _ wish: PublishRequest,
        onEvicted: @escaping @Sendable (_ sentence: String) -> Void
    ) throws(PublishDenial) -> OnAir {
        do {
            return try self.admit(wish, onEvicted: onEvicted)
        } catch {
            self.note(error, of: wish.stream)
            throw error
        }
    }

    /// Denies what ``claim(_:onEvicted:)`` would deny now, and puts nobody on air: for protocols whose refusals come
    /// before the connection is made.
    func examine(_ wish: PublishRequest) throws(PublishDenial) {
        do throws(PublishDenial) {
            let now = SystemClock.now
            if let denial = try self.stream(wish, now: now).denial(now: now) { throw denial }
        } catch {
            self.note(error, of: wish.stream)
            throw error
        }
    }

    /// Counts a publisher that was refused, and says so.
    func note(_ denial: PublishDenial, of stream: Result<StreamName, PublishDenial>) {
        self.services.refusals.note(denial.reason)
        // So that the stream's health can say that somebody tried.
        if case .success(let name) = stream, denial.reason != .badName {
            let refusal = SourceRefusal(at: Instant(SystemClock.now), reason: denial.reason, address: self.peer)
            self.services.hub.note(refusal, of: name)
        }
        let reason = denial.reason.rawValue
        self.services.refusals
            .tell("publisher refused", .warning, reason: reason, sentence: denial.sentence, peer: self.peer, self.log)
    }

    private func stream(_ wish: PublishRequest, now: Now) throws(PublishDenial) -> Streams.Stream {
        let name = try wish.stream.get()
        let spec = self.services.spec
        if !wish.isDeclared, spec.publishKey?.matches(name.rawValue) == true {
            throw PublishDenial(
                .badName,
                "The publish key stands where the stream's name belongs: write the name there, and the key behind it as "
                    + "NAME?key=KEY."
            )
        }
        if !wish.isAuthenticated, !wish.isDeclared { try PublishGuard(spec).admit(key: wish.key) }
        if let source = spec.declaration(of: name)?.source, source != .publisher, !wish.isDeclared {
            throw PublishDenial(
                .declaredSource,
                "The stream '\(name)' comes from \(source.noun): publish under another name, or take that out of the "
                    + "configuration."
            )
        }
        return try self.services.hub.streamToPublish(name, now: now)
    }

    private func admit(
        _ wish: PublishRequest,
        onEvicted: @escaping @Sendable (_ sentence: String) -> Void
    ) throws(PublishDenial) -> OnAir {
        let now = SystemClock.now
        let stream = try self.stream(wish, now: now)
        let id = self.services.hub.makeSourceID()
        let source = SourceSnapshot(
            protocol: self.kind,
            address: self.peer,
            encoder: wish.encoder,
            connectedAt: Instant(now),
            lastHeard: nil
        )
        try stream.claim(source, as: id, clock: self.clock, now: now, onEvicted: onEvicted)
        return OnAir(stream: stream, source: id)
    }
}
