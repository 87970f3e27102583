import Admission
import Contract
import Linux
import Logging
import Media
import SRT
import Sessions
import Streams
import Wire

/// Says who may come in by SRT, before the caller is answered: a refused one is told why by a code of its own.
struct SRTAdmission: Sendable {
    /// What somebody who was let in came for.
    enum Role: Sendable {
        case publish(PublishRequest)
        case play(PlayRequest)
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
            case .read: return .success((try self.viewer(resource, call), spec.srt.playPassphrase))
            }
        } catch let error as SRTResourceError {
            let reason = PublishRefusal.malformed
            self.services.admission.refusals.note(reason, by: .srt)
            self.services.admission.refusals
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
            self.services.admission.refusals.note(denial, by: .srt, peer: call.peer, log)
            return .failure(SRTRejection(denial.reason))
        } catch {
            log.error("cannot serve an SRT caller", metadata: ["error": "\(error)"])
            return .failure(.badRequest)
        }
    }

    private func publisher(_ resource: SRTResource, _ call: SRTCall, _ log: Logger) throws(PublishDenial) -> Role {
        let relay = self.services.spec.name
        let request = PublishRequest(
            stream: Result { () throws(PublishDenial) in
                try StreamAddress(relay: resource.relay, stream: resource.stream, of: relay).toPublish()
            },
            key: resource.secret
        )
        try self.admission(call.peer, log).examine(request)
        return .publish(request)
    }

    func admission(_ peer: String, _ log: Logger) -> PublisherAdmission {
        PublisherAdmission(self.services.admission, kind: .srt, clock: .unbounded, peer: peer, log: log)
    }

    private func viewer(_ resource: SRTResource, _ call: SRTCall) throws(PlayDenial) -> Role {
        let admission = self.services.admission
        let address = StreamAddress(relay: resource.relay, stream: resource.stream, of: admission.spec.name)
        let request = PlayRequest(
            try address.toPlay(),
            by: .srt,
            as: .ts,
            try admission.identify(token: resource.secret),
            from: InternetAddress(call.peer)?.host
        )
        try admission.examine(request, now: SystemClock.now)
        return .play(request)
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
