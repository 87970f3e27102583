import NIOCore

extension RTMPClientSession {
    var connect: RTMPCommand {
        // FMLE is how servers know an encoder; the other is what players have said since Flash 9.
        let isPublisher = self.configuration.role == .publish
        let object: AMFValue = [
            "app": .string(self.configuration.app),
            "type": "nonprivate",
            "flashVer": .string(isPublisher ? "FMLE/3.0 (compatible; Transponder)" : "LNX 9,0,124,2"),
            "tcUrl": .string(self.configuration.tcUrl),
            "fourCcList": .array((RTMPConnectReply.video + RTMPConnectReply.audio).map(AMFValue.string)),
            "capsEx": self.configuration.obeysReconnectRequests ? 0b1111 : 0b1110,
        ]
        return RTMPCommand("connect", transaction: Self.connectCall, object)
    }

    mutating func start(_ streamID: UInt32, into events: inout [RTMPClientEvent]) {
        let name = AMFValue.string(self.configuration.stream)
        switch self.configuration.role {
        case .publish:
            let publish = RTMPCommand("publish", transaction: 5, nil, name, "live")
            self.send(publish.message(streamID: streamID), into: &events)
        case .play:
            self.send(RTMPCommand("play", transaction: 3, nil, name).message(streamID: streamID), into: &events)
            self.send(RTMPControl.setBufferLength(streamID: streamID, milliseconds: 1000).message, into: &events)
        }
    }

    func send(_ message: RTMPMessage, into events: inout [RTMPClientEvent]) {
        var bytes = ByteBuffer()
        if case .send(let before)? = events.last {
            events.removeLast()
            bytes = before
        }
        self.encoder.write(message, into: &bytes)
        events.append(.send(bytes))
    }
}
