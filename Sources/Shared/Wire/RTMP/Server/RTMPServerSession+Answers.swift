import NIOCore

/// Answers to the session's questions. Each returns what to do next, kept bytes included. A question that is not open
/// any more is answered in vain: it returns nothing.
extension RTMPServerSession {
    package mutating func acceptConnect() throws(RTMPError) -> [RTMPServerEvent] {
        guard case .asked(.connect(let connection, let transaction)) = self.state else { return [] }
        self.state = .connected(connection)
        var output = RTMPServerOutput()
        output.send(RTMPControl.windowAcknowledgementSize(self.configuration.window).message, by: self.encoder)
        output.send(RTMPControl.setPeerBandwidth(self.configuration.window).message, by: self.encoder)
        output.send(RTMPControl.setChunkSize(self.configuration.chunkSize).message, by: self.encoder)
        self.encoder.chunkSize = self.configuration.chunkSize
        output.send(RTMPConnectReply.accept(connection.request, transaction).message(), by: self.encoder)
        return try self.goOn(output)
    }

    package mutating func rejectConnect(description: String) -> [RTMPServerEvent] {
        guard case .asked(.connect(_, let transaction)) = self.state else { return [] }
        let status = RTMPStatus(.error, .connectRejected, description)
        return self.close(saying: RTMPCommand.error(transaction, status).message())
    }

    /// Whether the publisher may is for the caller to see first: by its key, or by the user it proved to be.
    package mutating func acceptPublish() throws(RTMPError) -> [RTMPServerEvent] {
        guard case .asked(.publish(let connection)) = self.state else { return [] }
        self.state = .publishing(connection)
        self.decoder.intake = .everything
        var output = RTMPServerOutput()
        output.send(RTMPControl.streamBegin(Self.streamID).message, by: self.encoder)
        self.send(RTMPStatus(.status, .publishStart, "The stream is on air."), into: &output)
        return try self.goOn(output)
    }

    /// OBS and librtmp give up at the codes `publishDenied` and `publishRejected`; at others they hang on.
    package mutating func refusePublish(
        code: RTMPStatusCode = .publishDenied,
        description: String
    ) -> [RTMPServerEvent] {
        guard case .asked(.publish) = self.state else { return [] }
        return self.close(saying: self.status(RTMPStatus(.error, code, description)))
    }

    /// Says that the stream begins; its metadata, sequence headers and frames follow from the caller.
    package mutating func acceptPlay() throws(RTMPError) -> [RTMPServerEvent] {
        guard case .asked(.play) = self.state else { return [] }
        self.state = .playing
        var output = RTMPServerOutput()
        output.send(RTMPControl.streamBegin(Self.streamID).message, by: self.encoder)
        self.send(RTMPStatus(.status, .playReset, "Playing from the start of what is kept."), into: &output)
        self.send(RTMPStatus(.status, .playStart, "The stream begins."), into: &output)
        // Flash hands samples to scripts only after this; other players read past it. NetStream.Data.Start, which some
        // servers send next, is left out: ffmpeg takes it for a third track, of unknown data.
        self.sendData(["|RtmpSampleAccess", true, true], into: &output)
        return try self.goOn(output)
    }

    package mutating func refusePlay(
        code: RTMPStatusCode = .playStreamNotFound,
        description: String
    ) -> [RTMPServerEvent] {
        guard case .asked(.play) = self.state else { return [] }
        return self.close(saying: self.status(RTMPStatus(.error, code, description)))
    }

    /// Takes the stream from its publisher and tells it why; returns nothing where it had stopped by itself. One that
    /// `mayReturn` is asked to connect again, if it has said that it does so when asked.
    package mutating func endPublish(
        code: RTMPStatusCode = .publishRejected,
        description: String,
        mayReturn: Bool = false
    ) -> [RTMPServerEvent] {
        guard case .publishing(let connection) = self.state else { return [] }
        if mayReturn, connection.request.obeysReconnectRequests {
            // Of the connection, not of its stream. Without an address in it the client calls where it called before.
            let status = RTMPStatus(.status, .reconnectRequest, description)
            return self.close(saying: RTMPCommand.onStatus(status).message())
        }
        return self.close(saying: self.status(RTMPStatus(.error, code, description)))
    }

    /// Ends a viewer's stream for good: players stop at this, so it is not for a publisher that merely went away.
    package mutating func endPlay(description: String) -> [RTMPServerEvent] {
        guard case .playing = self.state else { return [] }
        return self.close(
            saying: RTMPControl.streamEOF(Self.streamID).message,
            self.status(RTMPStatus(.status, .playStop, description))
        )
    }

    // MARK: - Sending

    private mutating func goOn(_ output: RTMPServerOutput) throws(RTMPError) -> [RTMPServerEvent] {
        var output = output
        try self.read(ByteBuffer(), into: &output)
        return output.events
    }

    mutating func close(saying messages: RTMPMessage...) -> [RTMPServerEvent] {
        var output = RTMPServerOutput()
        for message in messages {
            output.send(message, by: self.encoder)
        }
        self.close(into: &output)
        return output.events
    }

    mutating func close(into output: inout RTMPServerOutput) {
        self.state = .closed
        output.append(.close)
    }

    func status(_ status: RTMPStatus) -> RTMPMessage {
        RTMPCommand.onStatus(status).message(streamID: Self.streamID)
    }

    func send(_ status: RTMPStatus, into output: inout RTMPServerOutput) {
        output.send(self.status(status), by: self.encoder)
    }

    private func sendData(_ values: [AMFValue], into output: inout RTMPServerOutput) {
        var message = RTMPMessage(type: .dataAMF0, streamID: Self.streamID, payload: ByteBuffer())
        for value in values {
            AMF0Encoder.write(value, into: &message.payload)
        }
        output.send(message, by: self.encoder)
    }
}
