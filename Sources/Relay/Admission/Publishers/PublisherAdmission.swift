package import Contract
package import Logging
package import Media
package import Streams

/// Where a publisher is let on air, or told why not.
package struct PublisherAdmission: Sendable {
    package let relay: RelayAdmission

    package let kind: SourceProtocol

    /// What the publisher's timestamps count.
    package let clock: SourceClock

    /// `host:port` of the publisher.
    package let peer: String

    package let log: Logger

    package init(_ relay: RelayAdmission, kind: SourceProtocol, clock: SourceClock, peer: String, log: Logger) {
        self.relay = relay
        self.kind = kind
        self.clock = clock
        self.peer = peer
        self.log = log
    }

    /// Puts the publisher on air. `onEvicted` is called once, from any thread, if it loses the stream to another or is
    /// removed.
    package func claim(
        _ request: PublishRequest,
        onEvicted: @escaping @Sendable (_ sentence: String) -> Void
    ) throws(PublishDenial) -> OnAir {
        do {
            return try self.admit(request, onEvicted: onEvicted)
        } catch {
            self.note(error, of: request.stream)
            throw error
        }
    }

    /// Puts a publisher on air again that was when the process before this one died; it has shown its key to that.
    ///
    /// - Returns: nil if its stream cannot be gone on with.
    package func resume(
        _ standing: StreamStanding,
        of name: StreamName,
        onEvicted: @escaping @Sendable (_ sentence: String) -> Void
    ) -> OnAir? {
        let id = self.relay.hub.makeSourceID()
        guard let stream = self.relay.hub.existing(name),
            stream.resume(standing, as: id, now: SystemClock.now, onEvicted: onEvicted)
        else { return nil }
        return OnAir(stream: stream, source: id)
    }

    /// Denies what ``claim(_:onEvicted:)`` would deny now, and puts nobody on air: for protocols whose refusals come
    /// before the connection is made.
    package func examine(_ request: PublishRequest) throws(PublishDenial) {
        do throws(PublishDenial) {
            let now = SystemClock.now
            if let denial = try self.stream(request, now: now).denial(now: now) { throw denial }
        } catch {
            self.note(error, of: request.stream)
            throw error
        }
    }

    /// Counts a publisher that was refused, and says so.
    package func note(_ denial: PublishDenial, of stream: Result<StreamName, PublishDenial>) {
        self.relay.refusals.note(denial.reason, by: RefusalProtocol(self.kind))
        // So that the stream's health can say that somebody tried.
        if case .success(let name) = stream, denial.reason != .badName {
            let refusal = SourceRefusal(at: Instant(SystemClock.now), reason: denial.reason, address: self.peer)
            self.relay.hub.note(refusal, of: name)
        }
        let reason = denial.reason.rawValue
        self.relay.refusals
            .tell("publisher refused", .warning, reason: reason, sentence: denial.sentence, peer: self.peer, self.log)
    }

    private func stream(_ request: PublishRequest, now: Now) throws(PublishDenial) -> Streams.Stream {
        let name = try request.stream.get()
        let spec = self.relay.spec
        if !request.isDeclared, spec.publishKey?.matches(name.rawValue) == true {
            throw PublishDenial(
                .badName,
                "The publish key stands where the stream's name belongs: write the name there, and the key behind it as "
                    + "NAME?key=KEY."
            )
        }
        if !request.isAuthenticated, !request.isDeclared { try PublishGuard(spec).admit(key: request.key) }
        if let source = spec.declaration(of: name)?.source, source != .publisher, !request.isDeclared {
            throw PublishDenial(
                .declaredSource,
                "The stream '\(name)' comes from \(source.noun): publish under another name, or take that out of the "
                    + "configuration."
            )
        }
        return try self.relay.hub.streamToPublish(name, now: now)
    }

    private func admit(
        _ request: PublishRequest,
        onEvicted: @escaping @Sendable (_ sentence: String) -> Void
    ) throws(PublishDenial) -> OnAir {
        let now = SystemClock.now
        let stream = try self.stream(request, now: now)
        let id = self.relay.hub.makeSourceID()
        let source = SourceSnapshot(
            protocol: self.kind,
            address: self.peer,
            encoder: request.encoder,
            connectedAt: Instant(now),
            lastHeard: nil
        )
        try stream.claim(source, as: id, clock: self.clock, now: now, onEvicted: onEvicted)
        return OnAir(stream: stream, source: id)
    }
}
