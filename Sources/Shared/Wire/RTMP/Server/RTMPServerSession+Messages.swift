extension RTMPServerSession {
    mutating func handle(_ message: RTMPMessage, into output: inout RTMPServerOutput) throws(RTMPError) {
        switch message.type {
        case .audio, .video, .dataAMF0, .dataAMF3, .aggregate:
            guard case .publishing = self.state else { return }
            try self.publish(message, into: &output)
        case .commandAMF0, .commandAMF3:
            let command: RTMPCommand?
            do {
                command = try RTMPCommand(message, limits: self.configuration.limits.amf)
            } catch {
                throw self.error(.malformedCommand(error))
            }
            guard let command else { throw self.error(.unexpectedCommand) }
            try self.obey(command, into: &output)
        default:
            do {
                guard let answer = try self.flow.answer(to: message) else { return }
                output.send(answer, by: self.encoder)
            } catch {
                throw self.error(error)
            }
        }
    }

    private func publish(_ message: RTMPMessage, into output: inout RTMPServerOutput) throws(RTMPError) {
        guard message.type == .aggregate else {
            if let tag = FLVTag(message) {
                output.append(.message(tag))
            }
            return
        }
        let parts: [RTMPMessage]
        do throws(RTMPError.Reason) {
            parts = try RTMPAggregate.split(message, limits: self.configuration.limits)
        } catch {
            throw self.error(error)
        }
        for tag in parts.lazy.compactMap(FLVTag.init) {
            output.append(.message(tag))
        }
    }
}
