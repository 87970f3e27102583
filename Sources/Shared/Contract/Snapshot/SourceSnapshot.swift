/// The publisher on air.
package struct SourceSnapshot: Hashable, Sendable, Codable {
    package var `protocol`: SourceProtocol

    /// Where it comes from, `host:port`.
    package var address: String

    /// What it calls itself, for example `obs-output module (libobs version 30.2.3)`.
    package var encoder: String?

    package var connectedAt: Instant

    /// When media last came from it; nil before the first.
    package var lastHeard: Instant?

    /// When bytes last came of a picture whose end has not come; nil where none is under way. A relay counts them for a limited
    /// time only, and leaves the instant where that ended.
    package var pictureArriving: Instant?

    /// The same of sound.
    package var soundArriving: Instant?

    /// How its packets come; nil where the protocol loses none.
    package var link: LinkSnapshot?

    package init(
        protocol: SourceProtocol,
        address: String,
        encoder: String? = nil,
        connectedAt: Instant,
        lastHeard: Instant? = nil,
        pictureArriving: Instant? = nil,
        soundArriving: Instant? = nil,
        link: LinkSnapshot? = nil
    ) {
        self.protocol = `protocol`
        self.address = address
        self.encoder = encoder
        self.connectedAt = connectedAt
        self.lastHeard = lastHeard
        self.pictureArriving = pictureArriving
        self.soundArriving = soundArriving
        self.link = link
    }

    /// When it was last heard: by whole media, or by a part of what is still arriving. Nil before the first.
    package var heard: Instant? {
        [self.lastHeard, self.pictureArriving, self.soundArriving].compactMap(\.self).max()
    }

    /// When bytes last came of a unit of that kind whose end has not come.
    package func arriving(_ kind: TrackSnapshot.Kind) -> Instant? {
        switch kind {
        case .video: self.pictureArriving
        case .audio: self.soundArriving
        }
    }
}

/// The raw values are labels of metrics: they never change.
package enum SourceProtocol: String, Hashable, Sendable, Codable, CaseIterable {
    case rtmp, rtsp, rtp, srt
}

/// How the last source went.
package struct SourceLoss: Hashable, Sendable, Codable {
    package enum Cause: String, Hashable, Sendable, Codable, CaseIterable {
        /// It ended the stream itself.
        case ended
        /// Its connection was closed or reset.
        case disconnected
        /// It stayed connected but sent nothing for longer than `source_timeout`.
        case silent
        /// Another one with the right key took the stream over.
        case replaced
        /// It broke the protocol, and was closed by us.
        case malformed
        /// Somebody had it removed.
        case removed
        /// The relay's instance ended while it was on air, and it has not come back to the next.
        case relayEnded = "relay_ended"
    }

    package var at: Instant
    package var cause: Cause
    package var source: SourceSnapshot

    package init(at: Instant, cause: Cause, source: SourceSnapshot) {
        self.at = at
        self.cause = cause
        self.source = source
    }
}

/// A publisher that was not let on air.
package struct SourceRefusal: Hashable, Sendable, Codable {
    package var at: Instant
    package var reason: PublishRefusal

    /// Where it came from, `host:port`.
    package var address: String

    package init(at: Instant, reason: PublishRefusal, address: String) {
        self.at = at
        self.reason = reason
        self.address = address
    }
}
