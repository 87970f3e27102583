import Encodings
import NIOCore

/// What clients ask for (RFC 2326 section 10).
extension RTSPServerSession {
    mutating func obey(_ request: RTSPRequest, into output: inout RTSPServerOutput) {
        guard request.headers["CSeq"] != nil else {
            return self.answer(request, .badRequest, "The request has no CSeq.", into: &output)
        }
        if let options = request.headers["Require"] ?? request.headers["Proxy-Require"] {
            var response = RTSPResponse(.optionNotSupported)
            response.headers.add("Unsupported", options)
            return self.answer(request, response, into: &output)
        }
        if let name = self.sessionName(in: request), self.presentation == nil || name != self.sessionName {
            return self.control(name, request, into: &output)
        }
        switch request.method {
        case .options: self.answer(request, Self.options, into: &output)
        case .getParameter, .setParameter: self.parameters(request, into: &output)
        case .describe: self.describe(request, into: &output)
        case .announce: self.announce(request, into: &output)
        case .setup: self.setup(request, into: &output)
        case .play: self.play(request, into: &output)
        case .record: self.record(request, into: &output)
        case .pause: self.pause(request, into: &output)
        case .teardown: self.teardown(request, into: &output)
        default:
            var response = RTSPResponse(.notImplemented)
            response.headers.add("Public", RTSPMethod.publicHeader)
            self.answer(request, response, into: &output)
        }
    }

    static var options: RTSPResponse {
        var response = RTSPResponse(.ok)
        response.headers.add("Public", RTSPMethod.publicHeader)
        return response
    }

    /// A request for a session of another connection (RFC 2326 section 1.1: a session is not bound to a connection).
    private mutating func control(_ name: String, _ request: RTSPRequest, into output: inout RTSPServerOutput) {
        let action: RTSPControlRequest.Action
        switch request.method {
        case .options: action = .keepAlive
        case .getParameter, .setParameter:
            guard request.body.readableBytesView.allSatisfy({ $0 <= 32 }) else {
                return self.answer(request, .parameterNotUnderstood, nil, into: &output)
            }
            action = .keepAlive
        case .play: action = .play
        case .pause: action = .pause
        case .teardown: action = .teardown
        default: return self.answer(request, .sessionNotFound, Self.noSession, into: &output)
        }
        self.ask(.control(name), request)
        output.append(
            .control(RTSPControlRequest(session: name, action: action, address: RTSPAddress(request.uri)))
        )
    }

    static let noSession = "There is no such session for this connection."

    /// What the client says its session is; some repeat what stands behind it.
    private func sessionName(in request: RTSPRequest) -> String? {
        guard let header = request.headers["Session"] else { return nil }
        let name = header.halves(at: ";").before.trimmingBlanks()
        return name.isEmpty ? nil : String(name)
    }

    /// What a client shows; nil where it shows nothing. It is told to sign again where it signed another nonce.
    private mutating func credentials(
        _ request: RTSPRequest,
        into output: inout RTSPServerOutput
    ) -> RTSPCredentials?? {
        guard let header = request.headers["Authorization"] else { return .some(nil) }
        guard let credentials = RTSPCredentials(header: header, method: request.method) else { return .some(nil) }
        switch credentials.fault(nonce: self.nonce, uri: request.uri, controls: self.presentation?.controls) {
        case nil: return .some(credentials)
        case .nonce: self.challenge(request, sentence: nil, isStale: true, into: &output)
        case .realm:
            self.challenge(request, sentence: "The login is for another realm.", isStale: false, into: &output)
        case .uri:
            let sentence = "The login is for another address than the request."
            self.answer(request, .badRequest, sentence, into: &output)
        }
        self.countRefusal(into: &output)
        return nil
    }

    // MARK: - Questions

    private mutating func describe(_ request: RTSPRequest, into output: inout RTSPServerOutput) {
        switch self.state {
        case .recording, .playing:
            return self.answer(request, .methodNotValidInThisState, nil, into: &output)
        case .idle, .ready, .asked, .closed: break
        }
        guard let credentials = self.credentials(request, into: &output) else { return }
        self.ask(.describe, request)
        output.append(
            .describe(
                RTSPDescribeRequest(
                    address: RTSPAddress(request.uri),
                    credentials: credentials,
                    agent: request.headers["User-Agent"]
                )
            )
        )
    }

    private mutating func announce(_ request: RTSPRequest, into output: inout RTSPServerOutput) {
        guard case .idle = self.state else {
            return self.answer(request, .methodNotValidInThisState, nil, into: &output)
        }
        if let type = request.headers["Content-Type"],
            !ASCII.matches(type.halves(at: ";").before.trimmingBlanks(), "application/sdp")
        {
            let sentence = "A stream is announced as application/sdp."
            return self.answer(request, .unsupportedMediaType, sentence, into: &output)
        }
        guard let credentials = self.credentials(request, into: &output) else { return }
        let address = RTSPAddress(request.uri, controls: [])
        self.ask(.announce(Presentation(address, records: true, controls: [], uri: request.uri)), request)
        output.append(
            .announce(
                RTSPAnnounceRequest(
                    address: address,
                    credentials: credentials,
                    agent: request.headers["User-Agent"],
                    description: request.body
                )
            )
        )
    }

    private mutating func setup(_ request: RTSPRequest, into output: inout RTSPServerOutput) {
        let presentation: Presentation
        let address: RTSPAddress
        switch self.state {
        case .idle:
            address = RTSPAddress(request.uri)
            presentation = Presentation(address, records: false, controls: nil, uri: request.uri)
        case .ready(let known):
            address = RTSPAddress(request.uri, controls: known.controls)
            presentation = known
        case .playing(var known, isPaused: true):
            // PAUSE leads back to Ready (RFC 2326 appendix A.2), where tracks are set up anew: so ffmpeg goes over to
            // TCP when no datagram comes through.
            known.former = Set(known.setups.keys)
            address = RTSPAddress(request.uri)
            presentation = known
        case .recording(var known, isPaused: true):
            known.former = Set(known.setups.keys)
            address = RTSPAddress(request.uri, controls: known.controls)
            presentation = known
        case .playing, .recording, .asked, .closed:
            return self.answer(request, .methodNotValidInThisState, nil, into: &output)
        }
        guard address.isSameStream(as: presentation.address) else {
            let sentence = "One connection has one session, and this one is of another stream."
            return self.answer(request, .aggregateOperationNotAllowed, sentence, into: &output)
        }
        let tracks = presentation.controls?.count ?? self.configuration.limits.tracks
        // Without a track in its address, as cameras with one track have it, the next is meant.
        guard
            let media = address.media
                ?? (0..<tracks).first(where: {
                    presentation.setups[$0] == nil || presentation.former.contains($0)
                }),
            media < min(tracks, self.configuration.limits.tracks)
        else {
            return self.answer(request, .notFound, "The description has no such track.", into: &output)
        }
        guard let credentials = self.credentials(request, into: &output) else { return }
        let header = request.headers.all("Transport").joined(separator: ",")
        let offers = RTSPTransport.offers(in: header, limit: self.configuration.limits.transports)
            .filter { $0.isPlain && self.fits($0, beside: media, of: presentation) }
        guard !offers.isEmpty else {
            let sentence = "No transport that was offered is served: RTP/AVP over UDP or TCP, the same for all tracks."
            return self.answer(request, .unsupportedTransport, sentence, into: &output)
        }
        let setup = RTSPSetupRequest(
            address: address,
            credentials: credentials,
            agent: request.headers["User-Agent"],
            media: media,
            records: presentation.records,
            offers: offers
        )
        self.ask(.setup(presentation, setup), request)
        output.append(.setup(setup))
    }

    /// All tracks of a session travel alike, but for those of before a pause, which give way.
    private func fits(_ offer: RTSPTransport, beside media: Int, of presentation: Presentation) -> Bool {
        guard
            let other = presentation.setups.first(where: {
                $0.key != media && !presentation.former.contains($0.key)
            })?.value
        else { return true }
        return offer.lower == other.lower && offer.isMulticast == other.isMulticast
    }

    private mutating func play(_ request: RTSPRequest, into output: inout RTSPServerOutput) {
        switch self.state {
        case .ready(let presentation) where !presentation.records && !presentation.setups.isEmpty:
            self.ask(.play(presentation), request)
            output.append(.play)
        case .playing(let presentation, let isPaused):
            // Also how some keep a session alive, or seek: a live stream has one place to be.
            self.state = .playing(presentation, isPaused: false)
            self.answer(request, RTSPResponse(.ok), into: &output)
            if isPaused { output.append(.pause(false)) }
        case .idle, .ready, .recording, .asked, .closed:
            self.answer(request, .methodNotValidInThisState, nil, into: &output)
        }
    }

    private mutating func record(_ request: RTSPRequest, into output: inout RTSPServerOutput) {
        switch self.state {
        case .ready(let presentation) where presentation.records && !presentation.setups.isEmpty:
            self.ask(.record(presentation), request)
            output.append(.record)
        case .recording(let presentation, let isPaused):
            self.state = .recording(presentation, isPaused: false)
            self.answer(request, RTSPResponse(.ok), into: &output)
            if isPaused { output.append(.pause(false)) }
        case .idle, .ready, .playing, .asked, .closed:
            self.answer(request, .methodNotValidInThisState, nil, into: &output)
        }
    }

    mutating func ask(_ kind: Question.Kind, _ request: RTSPRequest) {
        self.state = .asked(Question(kind: kind, request: request, before: self.state))
    }

    // MARK: - Service

    private mutating func pause(_ request: RTSPRequest, into output: inout RTSPServerOutput) {
        let isPaused: Bool
        switch self.state {
        case .playing(let presentation, let was):
            self.state = .playing(presentation, isPaused: true)
            isPaused = was
        case .recording(let presentation, let was):
            self.state = .recording(presentation, isPaused: true)
            isPaused = was
        case .ready where self.presentation?.setups.isEmpty == false:
            return self.answer(request, RTSPResponse(.ok), into: &output)
        case .idle, .ready, .asked, .closed:
            return self.answer(request, .methodNotValidInThisState, nil, into: &output)
        }
        self.answer(request, RTSPResponse(.ok), into: &output)
        if !isPaused { output.append(.pause(true)) }
    }

    private mutating func teardown(_ request: RTSPRequest, into output: inout RTSPServerOutput) {
        guard self.presentation != nil else {
            return self.answer(request, .sessionNotFound, "Nothing is set up on this connection.", into: &output)
        }
        self.answer(request, RTSPResponse(.ok), into: &output)
        self.state = .idle
        self.generation += 1
        output.append(.teardown)
    }

    /// Without a body they keep a session alive (RFC 2326 section 10.8); there are no parameters.
    private mutating func parameters(_ request: RTSPRequest, into output: inout RTSPServerOutput) {
        if request.body.readableBytesView.contains(where: { $0 > 32 }) {
            self.answer(request, .parameterNotUnderstood, nil, into: &output)
        } else {
            self.answer(request, RTSPResponse(.ok), into: &output)
        }
    }
}
