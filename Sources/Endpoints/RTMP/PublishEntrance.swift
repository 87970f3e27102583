import Contract
import Logging
import Relay
import Sockets
import Wire

/// Where a publisher is let on air, or told why not.
struct PublishEntrance: Sendable {
    let services: RelayServices

    /// `host:port` of the publisher.
    let peer: String

    let log: Logger

    /// Puts the publisher on air as `encoder`, what it called itself when it connected. `onEvicted` is called once, from
    /// any thread, if it loses the stream to another or is removed.
    func claim(
        _ request: RTMPPublishRequest,
        encoder: String?,
        onEvicted: @escaping @Sendable (_ sentence: String) -> Void
    ) throws(PublishDenial) -> Publication {
        do {
            return try self.admit(request, encoder: encoder, onEvicted: onEvicted)
        } catch {
            self.services.refusals.note(error.reason)
            self.remember(error.reason, of: request)
            self.log.warning(
                "publisher refused",
                metadata: ["reason": "\(error.reason.rawValue)", "sentence": "\(error.sentence)"]
            )
            throw error
        }
    }

    private func admit(
        _ request: RTMPPublishRequest,
        encoder: String?,
        onEvicted: @escaping @Sendable (_ sentence: String) -> Void
    ) throws(PublishDenial) -> Publication {
        let name = try PublishGuard.name(app: request.app, stream: request.stream, of: self.services.spec.name)
        // Who has logged in has shown the key as password.
        if request.user == nil { try PublishGuard(self.services.spec).admit(key: request.query["key"]) }
        let now = SystemClock.now
        let stream = try self.services.hub.streamToPublish(name, now: now)
        let id = self.services.hub.makeSourceID()
        let source = SourceSnapshot(
            protocol: .rtmp,
            address: self.peer,
            encoder: encoder,
            connectedAt: Instant(now),
            lastHeard: nil
        )
        try stream.claim(source, as: id, now: now, onEvicted: onEvicted)
        return Publication(stream: stream, source: id, log: self.log)
    }

    /// So that the stream's health can say that somebody tried.
    private func remember(_ reason: PublishRefusal, of request: RTMPPublishRequest) {
        let relay = self.services.spec.name
        guard case .stream(let name) = RTMPAddress.read(app: request.app, stream: request.stream, of: relay)
        else { return }
        let refusal = SourceRefusal(at: Instant(SystemClock.now), reason: reason, address: self.peer)
        self.services.hub.note(refusal, of: name)
    }
}
