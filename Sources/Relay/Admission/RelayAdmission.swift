package import Contract
package import Logging
package import Streams

/// Who may publish to a relay and who may watch, asked in one way by every protocol.
///
/// A viewer passes three doors, in this order: the hub has the stream it asks for, the audience has room, and the stream
/// gives it a lease on the format its protocol carries.
package struct RelayAdmission: Sendable {
    package let current: CurrentSpec
    package let hub: StreamHub
    package let audience: Audience
    package let refusals: RefusalLedger
    package let ending: RelayEnding
    package let log: Logger

    /// In force now.
    package var spec: RelaySpec { self.current.value }

    /// - Parameters:
    ///   - current: what the relay shall do.
    ///   - hub: the relay's streams; nil: a hub of its own.
    ///   - keeper: has the tapes of that hub outlive the process; nil: they do not.
    ///   - log: where refusals are told.
    package init(
        _ current: CurrentSpec,
        hub: StreamHub? = nil,
        keeper: (any TapeKeeper)? = nil,
        log: Logger
    ) {
        let hub = hub ?? StreamHub(spec: current, keeper: keeper, log: log)
        let refusals = RefusalLedger()
        self.current = current
        self.hub = hub
        self.refusals = refusals
        self.audience = Audience(
            limit: current.value.limits.viewers,
            // Names that are declared cannot be made up.
            isAwaited: { current.value.streams == nil && hub.existing($0)?.wasPublished != true },
            onEviction: { refusals.note(PlayRefusal.tooMany, by: RefusalProtocol($0)) },
            naming: hub.shown
        )
        self.ending = RelayEnding()
        self.log = log
    }
}

// MARK: - Viewers

extension RelayAdmission {
    /// Identifies a viewer by the token that it shows, where one is needed.
    package func identify(token: String?) throws(PlayDenial) -> ViewerIdentity {
        ViewerIdentity(venue: try PlayGuard(self.spec).admit(token: token), token: token)
    }

    /// Identifies a viewer that proves to know a venue's token without sending it.
    package func identify(knowing proves: (Secret) -> Bool) throws(PlayDenial) -> ViewerIdentity {
        let venue = try PlayGuard(self.spec).admit(knowing: proves)
        return ViewerIdentity(venue: venue?.name, token: venue?.token.revealed)
    }

    /// Refuses what ``watch(_:now:makingRoom:)`` would refuse now, and lets nobody in: for protocols whose refusals come
    /// before the connection is made.
    package func examine(_ request: PlayRequest, now: Now) throws(PlayDenial) {
        let stream = try self.hub.streamToPlay(request.stream, now: now)
        try stream.examine(request.format, now: now)
        guard !self.audience.isFull else { throw .full }
    }

    /// Lets a viewer in.
    ///
    /// - Parameters:
    ///   - request: what it wants, and as whom.
    ///   - now: the time.
    ///   - makingRoom: asked where the relay is full; true: somebody has gone, and it is tried again.
    /// - Returns: the viewer, counted and with its format muxed.
    /// - Throws: the first of the three refusals.
    package func watch(
        _ request: PlayRequest,
        now: Now,
        makingRoom: () -> Bool = { false }
    ) throws(PlayDenial) -> AdmittedViewer {
        let stream = try self.hub.streamToPlay(request.stream, now: now)
        let session = try self.join(request, makingRoom: makingRoom)
        // Who waits for a source does not wait for the relay.
        if stream.wasPublished { session.expectPicture(since: now) }
        let lease = try self.lease(request.format, of: stream, now: now)
        return AdmittedViewer(stream: stream, session: session, lease: lease)
    }

    /// Counts a viewer without a lease: one of a multicast group, which others are sent as well.
    package func join(_ request: PlayRequest, makingRoom: () -> Bool = { false }) throws(PlayDenial) -> ViewerSession {
        while true {
            let session = self.audience.admit(request.stream, request.kind, request.identity, from: request.host)
            if let session { return session }
            guard makingRoom() else { throw .full }
        }
    }

    /// A lease on a format of a stream.
    package func lease(_ format: WireFormat, of stream: Streams.Stream, now: Now) throws(PlayDenial) -> WireLease {
        do {
            return try stream.open(format, now: now)
        } catch {
            throw error as? PlayDenial ?? PlayDenial(.tooMany, "\(error)")
        }
    }
}

extension PlayDenial {
    static let full = PlayDenial(.tooMany, "The relay has as many viewers as limits.viewers allows.")
}
