import Encodings
import NIOCore

/// Answers to the session's questions. Each returns what to do next, kept bytes included. A question that is not open
/// any more is answered in vain: it returns nothing.
extension RTSPServerSession {
    package mutating func acceptDescribe(_ description: String) -> [RTSPServerEvent] {
        guard case .asked(let question) = self.state, case .describe = question.kind else { return [] }
        self.state = question.before
        var response = RTSPResponse(.ok, body: ByteBuffer(string: description))
        let path = question.request.uri.halves(at: "?").before
        response.headers.add("Content-Base", path.ends(with: "/") ? String(path) : path + "/")
        response.headers.add("Content-Type", "application/sdp")
        return self.goOn(question.request, response)
    }

    /// `controls` are the `a=control` of each medium of the description, empty where it has none.
    package mutating func acceptAnnounce(controls: [String]) -> [RTSPServerEvent] {
        guard case .asked(let question) = self.state, case .announce(let announced) = question.kind else { return [] }
        let endings = controls.map { RTSPAddress.ending(of: $0, base: question.request.uri) }
        let description = try? SessionDescription(parsing: String(buffer: question.request.body))
        let types = description?.media.map { Set($0.encodings.map(\.payloadType)) } ?? []
        self.state = .ready(announced.with(controls: endings, payloadTypes: types))
        return self.goOn(question.request, RTSPResponse(.ok))
    }

    /// `transport` is how the track travels. Of a publisher's the session tells its channels apart by it.
    package mutating func acceptSetup(_ transport: RTSPTransport) -> [RTSPServerEvent] {
        guard case .asked(let question) = self.state, case .setup(var presentation, let setup) = question.kind
        else { return [] }
        presentation.channels = presentation.channels.filter { $0.value.media != setup.media }
        presentation.former.remove(setup.media)
        for media in presentation.former {
            guard let former = presentation.setups[media] else { continue }
            guard former.lower != transport.lower || former.isMulticast != transport.isMulticast else { continue }
            presentation.setups[media] = nil
            presentation.channels = presentation.channels.filter { $0.value.media != media }
        }
        presentation.setups[setup.media] = transport
        if let pair = transport.interleaved {
            presentation.channels[pair.rtcp] = Channel(media: setup.media, isRTCP: true)
            presentation.channels[pair.rtp] = Channel(media: setup.media, isRTCP: false)
        }
        self.decoder.expect(presentation.expectedTypes)
        self.state = .ready(presentation)
        var response = RTSPResponse(.ok)
        response.headers.add("Transport", transport.text)
        return self.goOn(question.request, response)
    }

    /// A pair of channels for the track that is being set up: those the peer asks for where they are free, else the
    /// next that are.
    package func channels(for setup: RTSPSetupRequest, offer: RTSPTransport) -> RTSPTransport.Pair<UInt8> {
        let taken = (self.presentation?.channels ?? [:]).filter { $0.value.media != setup.media }
        if let pair = offer.interleaved, taken[pair.rtp] == nil, taken[pair.rtcp] == nil { return pair }
        let free = stride(from: UInt8(0), through: 254, by: 2).first { taken[$0] == nil && taken[$0 + 1] == nil } ?? 0
        return RTSPTransport.Pair(rtp: free, rtcp: free + 1)
    }

    /// `information` is the value of `RTP-Info` (RFC 2326 section 12.33), where it is known.
    package mutating func acceptPlay(information: String? = nil) -> [RTSPServerEvent] {
        guard case .asked(let question) = self.state, case .play(let presentation) = question.kind else { return [] }
        self.state = .playing(presentation, isPaused: false)
        var response = RTSPResponse(.ok)
        if let information { response.headers.add("RTP-Info", information) }
        return self.goOn(question.request, response)
    }

    package mutating func acceptRecord() -> [RTSPServerEvent] {
        guard case .asked(let question) = self.state, case .record(let presentation) = question.kind else { return [] }
        self.state = .recording(presentation, isPaused: false)
        return self.goOn(question.request, RTSPResponse(.ok))
    }

    /// Answers a request for a session of another connection: it was done.
    package mutating func acceptControl() -> [RTSPServerEvent] {
        guard case .asked(let question) = self.state, case .control(let name) = question.kind else { return [] }
        self.state = question.before
        var response = question.request.method == .options ? Self.options : RTSPResponse(.ok)
        response.headers.add("Session", "\(name);timeout=\(self.configuration.timeout)")
        return self.goOn(question.request, response)
    }

    /// Answers a request for a session of another connection: there is none that this client may control. What a server
    /// understands may be asked all the same.
    package mutating func denyControl() -> [RTSPServerEvent] {
        guard case .asked(let question) = self.state, case .control = question.kind else { return [] }
        guard question.request.method == .options else {
            return self.refuse(RTSPRefusal(.sessionNotFound, Self.noSession))
        }
        self.state = question.before
        return self.goOn(question.request, Self.options)
    }

    /// Answers any question with no. The connection goes on: a client may show a password next, or ask for another stream.
    package mutating func refuse(_ refusal: RTSPRefusal) -> [RTSPServerEvent] {
        guard case .asked(let question) = self.state else { return [] }
        self.state = question.before
        var output = RTSPServerOutput()
        if refusal.status == .unauthorized {
            self.challenge(question.request, sentence: refusal.sentence, isStale: false, into: &output)
        } else {
            self.answer(question.request, refusal.status, refusal.sentence, into: &output)
        }
        self.countRefusal(into: &output)
        self.read(ByteBuffer(), into: &output)
        return output.events
    }

    mutating func countRefusal(into output: inout RTSPServerOutput) {
        self.refusals += 1
        guard self.refusals > self.configuration.limits.refusals else { return }
        let reason = RTSPError.Reason.tooManyRefusals(limit: self.configuration.limits.refusals)
        self.state = .closed
        output.append(.close(RTSPError(reason, at: self.decoder.offset)))
    }

    // MARK: - Sending

    private mutating func goOn(_ request: RTSPRequest, _ response: RTSPResponse) -> [RTSPServerEvent] {
        var output = RTSPServerOutput()
        self.answer(request, response, into: &output)
        self.read(ByteBuffer(), into: &output)
        return output.events
    }

    func challenge(
        _ request: RTSPRequest,
        sentence: String?,
        isStale: Bool,
        into output: inout RTSPServerOutput
    ) {
        var response = RTSPResponse(.unauthorized, reason: sentence)
        for field in RTSPChallenge.headers(nonce: self.nonce, isStale: isStale) {
            response.headers.add(field.name, field.value)
        }
        self.answer(request, response, into: &output)
    }

    func answer(
        _ request: RTSPRequest,
        _ status: RTSPStatus,
        _ sentence: String?,
        into output: inout RTSPServerOutput
    ) {
        self.answer(request, RTSPResponse(status, reason: sentence), into: &output)
    }

    /// Adds what every answer has.
    func answer(_ request: RTSPRequest, _ response: RTSPResponse, into output: inout RTSPServerOutput) {
        var headers = RTSPHeaders()
        if let sequence = request.headers["CSeq"] { headers.add("CSeq", sequence) }
        // RFC 2326 section 12.38.
        if let timestamp = request.headers["Timestamp"] { headers.add("Timestamp", timestamp) }
        headers.add("Server", self.configuration.server)
        if response.status == .ok, response.headers["Session"] == nil, self.presentation?.setups.isEmpty == false {
            headers.add("Session", "\(self.sessionName);timeout=\(self.configuration.timeout)")
        }
        for field in response.headers.fields { headers.add(field.name, field.value) }
        output.send(RTSPResponse(response.status, reason: response.reason, headers: headers, body: response.body))
    }
}
