import Contract
import Logging
import Media
import SRT
import Streams
import Wire

/// Says who may come in by SRT, before the caller is answered: a refused one is told why by a code of its own.
struct SRTAdmission: Sendable {
    /// What somebody who was let in came for.
    enum Role: Sendable {
        case publish(PublishRequest)
        case play(StreamName, ViewerIdentity)
    }

    let services: RelayServices

    func judge(_ call: SRTCall) -> Result<(role: Role, passphrase: Secret?), SRTRejection> {
        var log = self.services.log
        log[metadataKey: "peer"] = "\(call.peer)"
        let spec = self.services.spec
        do throws(any Error) {
            let resource = try SRTResource(call.streamID)
            switch resource.mode {
            case .publish: return .success((try self.publisher(resource, call, log), spec.srt.publishPassphrase))
            case .read: return .success((try self.viewer(resource), spec.srt.playPassphrase))
            }
        } catch let error as SRTResourceError {
            let reason = PublishRefusal.malformed
            self.services.refusals.note(reason)
            self.services.refusals
                .tell(
                    "SRT caller refused",
                    .warning,
                    reason: reason.rawValue,
                    sentence: "\(error)",
                    peer: call.peer,
                    log
                )
            if case .mode = error { return .failure(.badMode) }
            return .failure(.badRequest)
        } catch let denial as PublishDenial {
            // The admission has counted and told it.
            return .failure(SRTRejection(denial.reason))
        } catch let denial as PlayDenial {
            self.services.refusals.note(denial, peer: call.peer, log)
            return .failure(SRTRejection(denial.reason))
        } catch {
            log.error("cannot serve an SRT caller", metadata: ["error": "\(error)"])
            return .failure(.badRequest)
        }
    }

    private func publisher(_ resource: SRTResource, _ call: SRTCall, _ log: Logger) throws(PublishDenial) -> Role {
        let relay = self.services.spec.name
        let wish = PublishRequest(
            stream: Result { () throws(PublishDenial) in
                guard resource.relay == relay.rawValue else {
                    throw PublishDenial(.unknownRelay, Self.otherRelay(resource, relay))
                }
                do {
                    return try StreamName(resource.stream)
                } catch {
                    throw PublishDenial(.badName, "\(error)")
                }
            },
            key: resource.secret
        )
        try self.admission(call.peer, log).examine(wish)
        return .publish(wish)
    }

    func admission(_ peer: String, _ log: Logger) -> PublisherAdmission {
        PublisherAdmission(services: self.services, kind: .srt, clock: .unbounded, peer: peer, log: log)
    }

    private func viewer(_ resource: SRTResource) throws(PlayDenial) -> Role {
        let relay = self.services.spec.name
        guard resource.relay == relay.rawValue else {
            throw PlayDenial(.unknownRelay, Self.otherRelay(resource, relay))
        }
        let name: StreamName
        do {
            name = try StreamName(resource.stream)
        } catch {
            throw PlayDenial(.badName, "\(error)")
        }
        let venue = try PlayGuard(self.services.spec).admit(token: resource.secret)
        let stream = try self.services.hub.streamToPlay(name, now: SystemClock.now)
        if let denial = stream.playDenial(of: .ts) { throw denial }
        guard !self.services.audience.isFull else { throw Audience.full }
        return .play(name, ViewerIdentity(venue: venue, token: resource.secret))
    }

    private static func otherRelay(_ resource: SRTResource, _ relay: RelayName) -> String {
        "There is no relay \(RelayName.asked(resource.relay)) here; this one is '\(relay)'."
    }
}

extension SRTRejection {
    init(_ reason: PublishRefusal) {
        switch reason {
        case .noKey, .wrongKey: self = .unauthorized
        case .busy: self = .conflict
        case .declaredSource: self = .forbidden
        case .unknownStream, .unknownRelay: self = .notFound
        case .tooMany, .noMemory: self = .overload
        case .badName, .unsupported, .malformed: self = .badRequest
        }
    }

    init(_ reason: PlayRefusal) {
        switch reason {
        case .noToken, .wrongToken: self = .unauthorized
        case .unknownStream, .unknownRelay: self = .notFound
        case .tooMany, .noMemory: self = .overload
        case .unsupported: self = .unacceptable
        case .badName, .malformed: self = .badRequest
        }
    }
}
