/// What clients ask for (RTMP 1.0 section 7.2, and what Adobe's servers understand beyond it).
extension RTMPServerSession {
    mutating func obey(_ command: RTMPCommand, into output: inout RTMPServerOutput) throws(RTMPError) {
        switch self.state {
        case .greeted:
            guard command.name == "connect" else { throw self.error(.unexpectedCommand) }
            self.askToConnect(command, into: &output)
        case .connected(let connection):
            switch command.name {
            case "publish": self.askToPublish(command, on: connection, into: &output)
            case "play": self.askToPlay(command.argument(0)?.string, on: connection, into: &output)
            case "play2":
                self.askToPlay(command.argument(0)?.object?["streamName"]?.string, on: connection, into: &output)
            default: self.serve(command, into: &output)
            }
        case .publishing(let connection):
            switch command.name {
            case "FCUnpublish":
                self.serve(command, into: &output)
                self.stop(.connected(connection), into: &output)
            case "deleteStream", "closeStream":
                self.send(RTMPStatus(.status, .unpublishSuccess, "The stream has ended."), into: &output)
                self.serve(command, into: &output)
                self.stop(.connected(connection), into: &output)
            case "publish":
                self.send(RTMPStatus(.error, .publishBadName, "This connection publishes already."), into: &output)
            default: self.serve(command, into: &output)
            }
        case .playing:
            switch command.name {
            case "pause", "pauseRaw": self.pause(command.argument(0)?.boolean ?? true, into: &output)
            case "seek":
                // librtmp waits for this word before it reads on; a live stream stays where it is.
                self.send(RTMPStatus(.status, .seekNotify, "A live stream has one place to be."), into: &output)
            case "deleteStream", "closeStream":
                // What a new request would lean on is not kept for viewers.
                output.append(.stopped)
                self.close(into: &output)
            default: self.serve(command, into: &output)
            }
        case .handshake, .asked, .closed:
            break
        }
    }

    // MARK: - Questions

    private mutating func askToConnect(_ command: RTMPCommand, into output: inout RTMPServerOutput) {
        let object = command.arguments.first?.object ?? [:]
        let longest = ["app", "tcUrl"].map { object[$0]?.string?.utf8.count ?? 0 }.max() ?? 0
        let request = RTMPConnectRequest(object)
        guard longest <= self.configuration.limits.nameBytes else {
            let reason = "The address is longer than \(self.configuration.limits.nameBytes) bytes."
            return self.reject(command, reason, into: &output)
        }
        var user: String?
        if let authentication = self.configuration.authentication, request.mustLogIn {
            switch authentication.judge(request.query, nonce: self.nonce) {
            case .accept(let name): user = name
            case .refuse(let description): return self.reject(command, description, into: &output)
            }
        }
        let connection = Connection(request: request, user: user)
        self.state = .asked(.connect(connection, transaction: command.transaction))
        output.append(.connect(request))
    }

    private mutating func askToPublish(
        _ command: RTMPCommand,
        on connection: Connection,
        into output: inout RTMPServerOutput
    ) {
        let name = command.argument(0)?.string ?? ""
        guard name.utf8.count <= self.configuration.limits.nameBytes else {
            return self.refuse(name, .publishDenied, into: &output)
        }
        self.state = .asked(.publish(connection))
        let address = RTMPStreamAddress(name: name, on: connection.request)
        let type = command.argument(1)?.string ?? "live"
        output.append(.publish(RTMPPublishRequest(address: address, type: type, user: connection.user)))
    }

    private mutating func askToPlay(
        _ name: String?,
        on connection: Connection,
        into output: inout RTMPServerOutput
    ) {
        let name = name ?? ""
        guard name.utf8.count <= self.configuration.limits.nameBytes else {
            return self.refuse(name, .playStreamNotFound, into: &output)
        }
        self.state = .asked(.play(connection))
        output.append(.play(RTMPPlayRequest(address: RTMPStreamAddress(name: name, on: connection.request))))
    }

    private mutating func reject(_ command: RTMPCommand, _ reason: String, into output: inout RTMPServerOutput) {
        let status = RTMPStatus(.error, .connectRejected, reason)
        output.send(RTMPCommand.error(command.transaction, status).message(), by: self.encoder)
        self.close(into: &output)
    }

    private mutating func refuse(_ name: String, _ code: RTMPStatusCode, into output: inout RTMPServerOutput) {
        let limit = self.configuration.limits.nameBytes
        let reason = "The stream's name has \(name.utf8.count) bytes, more than \(limit)."
        self.send(RTMPStatus(.error, code, reason), into: &output)
        self.close(into: &output)
    }

    // MARK: - Service

    private mutating func stop(_ next: State, into output: inout RTMPServerOutput) {
        self.state = next
        self.decoder.intake = .commands
        output.append(.stopped)
    }

    private func pause(_ isPaused: Bool, into output: inout RTMPServerOutput) {
        let code = isPaused ? RTMPStatusCode.pauseNotify : .unpauseNotify
        self.send(RTMPStatus(.status, code, isPaused ? "Paused." : "Going on at the newest picture."), into: &output)
        output.append(.pause(isPaused))
    }

    /// Answers what changes nothing.
    private func serve(_ command: RTMPCommand, into output: inout RTMPServerOutput) {
        switch command.name {
        case "createStream":
            self.answer(command, .number(Double(Self.streamID)), into: &output)
        case "getStreamLength":
            self.answer(command, 0, into: &output)
        case "FCPublish":
            self.notify("onFCPublish", .publishStart, command, into: &output)
        case "FCUnpublish":
            self.notify("onFCUnpublish", .unpublishSuccess, command, into: &output)
        case "FCSubscribe":
            self.notify("onFCSubscribe", .playStart, command, into: &output)
        case "_result", "_error", "onStatus", "onBWDone":
            break
        case "releaseStream", "deleteStream", "closeStream", "_checkbw", "checkBandwidth", "FCUnsubscribe", "pause",
            "pauseRaw", "seek", "receiveAudio", "receiveVideo":
            // A viewer's wish for audio or video alone is not met: all viewers share their bytes.
            self.answer(command, .undefined, into: &output)
        default:
            guard command.transaction != 0 else { return }
            let status = RTMPStatus(.error, .callFailed, "This server has no such call.")
            output.send(RTMPCommand.error(command.transaction, status).message(), by: self.encoder)
        }
    }

    private func answer(_ command: RTMPCommand, _ value: AMFValue, into output: inout RTMPServerOutput) {
        guard command.transaction != 0 else { return }
        output.send(RTMPCommand.result(command.transaction, nil, value).message(), by: self.encoder)
    }

    /// Flash Media Live Encoder waits for these words, which the specification does not know.
    private func notify(
        _ word: String,
        _ code: RTMPStatusCode,
        _ command: RTMPCommand,
        into output: inout RTMPServerOutput
    ) {
        // The name is not repeated: it may hold a key.
        let information: AMFValue = ["code": .string(code.rawValue), "description": ""]
        output.send(RTMPCommand(word, nil, information).message(), by: self.encoder)
        self.answer(command, .undefined, into: &output)
    }
}
