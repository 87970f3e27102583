import NIOCore
import Testing
import Wire

@Suite struct RTMPServerSessionTests {
    // MARK: - Connect

    @Test func asksForAnAnswerToConnect() throws {
        var peer = try RTMPPeer.connected(extra: ["fourCcList": ["hvc1"], "capsEx": 2])
        guard case .connect(let request)? = peer.takeEvents().first else {
            Issue.record("no question")
            return
        }
        #expect(request.app == "live")
        #expect(request.fourCcList == ["hvc1"])
        #expect(request.capsEx == 2)
        peer.events += try peer.server.acceptConnect()
        let messages = try peer.takeMessages()
        #expect(messages.map(\.type) == [.windowAcknowledgementSize, .setPeerBandwidth, .commandAMF0])
        let reply = try #require(try messages.last.flatMap { try RTMPCommand($0, limits: AMFLimits()) })
        #expect(reply.name == "_result")
        #expect(reply.transaction == 1)
        let information = try #require(reply.argument(0)?.object)
        #expect(information["code"] == "NetConnection.Connect.Success")
        #expect(information["videoFourCcInfoMap"]?.object?["hvc1"] == 4)
        #expect(information["audioFourCcInfoMap"]?.object?["Opus"] == 4)
        #expect(information["capsEx"] == 0b1111)
    }

    @Test func doesNotSpeakOfEnhancementsToWhoDoesNot() throws {
        var peer = try RTMPPeer.connected()
        peer.events += try peer.server.acceptConnect()
        let reply = try #require(try peer.takeCommands().first)
        #expect(reply.argument(0)?.object?["capsEx"] == nil)
        #expect(reply.argument(0)?.object?["objectEncoding"] == 0)
    }

    @Test func rejectsAConnection() throws {
        var peer = try RTMPPeer.connected()
        peer.events = peer.server.rejectConnect(description: "Not here.")
        #expect(peer.takeEvents() == [.close])
        peer.events = []
        #expect(try peer.server.receive(hex("FFFFFF")) == [])
    }

    @Test func refusesCommandsBeforeConnect() throws {
        var peer = RTMPPeer()
        try peer.shakeHands()
        #expect { try peer.call("createStream", 1, nil) } throws: { error in
            (error as? RTMPError)?.reason == .unexpectedCommand
        }
    }

    @Test func readsCommandsInAMF3() throws {
        var peer = RTMPPeer()
        try peer.shakeHands()
        var payload = hex("00") + AMF0Encoder.encode("connect", 1) + hex("11")
        payload.writeImmutableBuffer(AMF3Encoder.encode(["app": "live", "objectEncoding": 3]))
        try peer.send(RTMPMessage(type: .commandAMF3, payload: payload))
        peer.events += try peer.server.acceptConnect()
        let reply = try #require(try peer.takeCommands().first)
        #expect(reply.argument(0)?.object?["objectEncoding"] == 3)
    }

    // MARK: - Publish

    private func ready() throws -> RTMPPeer {
        var peer = try RTMPPeer.connected()
        peer.events += try peer.server.acceptConnect()
        _ = try peer.takeMessages()
        _ = peer.takeEvents()
        return peer
    }

    private func publishing() throws -> RTMPPeer {
        var peer = try self.ready()
        try peer.call("publish", 5, nil, "main?key=s3cret", "live")
        peer.events += try peer.server.acceptPublish()
        _ = try peer.takeMessages()
        _ = peer.takeEvents()
        return peer
    }

    @Test func publishes() throws {
        var peer = try self.ready()
        try peer.call("releaseStream", 2, nil, "main")
        try peer.call("FCPublish", 3, nil, "main")
        try peer.call("createStream", 4, nil)
        #expect(try peer.takeCommands().map(\.name) == ["_result", "onFCPublish", "_result", "_result"])
        try peer.call("publish", 5, nil, "main?key=s3cret", "live")
        guard case .publish(let request)? = peer.takeEvents().first else {
            Issue.record("no question")
            return
        }
        #expect(request.app == "live")
        #expect(request.stream == "main")
        #expect(request.query["key"] == "s3cret")

        peer.events += try peer.server.acceptPublish()
        let messages = try peer.takeMessages()
        #expect(messages.first?.payload == hex("0000 00000001"))
        #expect(messages.last?.streamID == 1)
        let status = try messages.last.flatMap { try RTMPCommand($0, limits: AMFLimits()) }
        #expect(RTMPStatus(status?.argument(0))?.code == .publishStart)

        try peer.send(.video(40, hex("1701")), .audio(41, hex("AF01")))
        #expect(
            peer.takeEvents() == [
                .message(FLVTag(kind: .video, timestamp: 40, body: hex("1701"))),
                .message(FLVTag(kind: .audio, timestamp: 41, body: hex("AF01"))),
            ]
        )
    }

    @Test func keepsWhatComesBeforeTheAnswerInOrder() throws {
        var peer = try self.ready()
        let tags = (0..<50).map { FLVTag(kind: .video, timestamp: $0, body: ByteBuffer(repeating: 7, count: 300)) }
        var bytes = ByteBuffer()
        let encoder = RTMPChunkEncoder()
        encoder.write(RTMPCommand("publish", transaction: 5, nil, "main", "live").message(), into: &bytes)
        for tag in tags {
            encoder.write(tag, into: &bytes)
        }
        for piece in bytes.cut(at: [10, 100, 1000, 1001, 9000]) {
            try peer.receive(piece)
        }
        let question = peer.takeEvents()
        #expect(question.count == 1)
        peer.events += try peer.server.acceptPublish()
        #expect(peer.takeEvents() == tags.map { .message($0) })
    }

    @Test func boundsWhatComesBeforeTheAnswer() throws {
        var configuration = RTMPSessionConfiguration()
        configuration.limits.undecidedBytes = 10_000
        var peer = try RTMPPeer.connected(configuration)
        peer.events += try peer.server.acceptConnect()
        try peer.call("publish", 5, nil, "main", "live")
        #expect { for _ in 0..<100 { try peer.receive(ByteBuffer(repeating: 0, count: 1000)) } } throws: { error in
            (error as? RTMPError)?.reason == .tooManyUndecidedBytes(limit: 10_000)
        }
    }

    @Test func takesTheWrappingOffMetadata() throws {
        var peer = try self.publishing()
        let metadata = AMF0Encoder.encode("onMetaData", ["width": 640])
        let wrapped = AMF0Encoder.encode("@setDataFrame") + metadata
        try peer.send(
            RTMPMessage(type: .dataAMF0, streamID: 1, payload: wrapped),
            RTMPMessage(type: .dataAMF0, streamID: 1, payload: metadata),
            RTMPMessage(type: .dataAMF3, streamID: 1, payload: hex("00") + wrapped),
            RTMPMessage(type: .dataAMF0, streamID: 1, payload: AMF0Encoder.encode("@clearDataFrame", "onMetaData"))
        )
        let tag = FLVTag(kind: .script, timestamp: 0, body: metadata)
        #expect(peer.takeEvents() == [.message(tag), .message(tag), .message(tag)])
    }

    @Test func splitsAggregates() throws {
        var peer = try self.publishing()
        // Two tags 20 ms apart on a clock of their own; the aggregate's time is the first one's.
        let parts = "08 000002 000064 00 000000 AF01 0000000D  09 000001 000078 00 000000 17"
        try peer.send(RTMPMessage(type: .aggregate, streamID: 1, timestamp: 1000, payload: hex(parts)))
        #expect(
            peer.takeEvents() == [
                .message(FLVTag(kind: .audio, timestamp: 1000, body: hex("AF01"))),
                .message(FLVTag(kind: .video, timestamp: 1020, body: hex("17"))),
            ]
        )
        #expect {
            try peer.send(RTMPMessage(type: .aggregate, payload: hex("08 00FFFF 000064 00 000000 AF01")))
        } throws: {
            ($0 as? RTMPError)?.reason == .truncatedMessage(.aggregate)
        }
        #expect {
            try peer.send(RTMPMessage(type: .aggregate, payload: hex("08 000001 000064 00")))
        } throws: {
            ($0 as? RTMPError)?.reason == .truncatedMessage(.aggregate)
        }
    }

    @Test func boundsTheMessagesOfAnAggregate() throws {
        var limits = RTMPLimits()
        let part = hex("08 000000 000064 00 000000 0000000B")
        let parts = ByteBuffer(bytes: repeatElement(part.readableBytesView, count: 4097).joined())
        let aggregate = RTMPMessage(type: .aggregate, payload: parts)
        #expect(throws: RTMPError.Reason.tooManyMessages(limit: 4096)) {
            try RTMPAggregate.split(aggregate, limits: limits)
        }
        limits.aggregateMessages = 4097
        #expect(try RTMPAggregate.split(aggregate, limits: limits).count == 4097)
        var peer = try self.publishing()
        #expect { try peer.send(aggregate) } throws: { error in
            (error as? RTMPError)?.reason == .tooManyMessages(limit: 4096) && "\(error)".contains("more than 4096")
        }
    }

    @Test func aMessageOfAnAggregateHoldsNoMoreThanItself() throws {
        var payload = hex("08 000002 000064 00 000000 AF01 0000000D  09 010000 000078 00 000000")
        payload.writeRepeatingByte(0x17, count: 0x01_0000)
        let parts = try RTMPAggregate.split(RTMPMessage(type: .aggregate, payload: payload), limits: RTMPLimits())
        #expect(parts.count == 2)
        #expect(parts.allSatisfy { $0.payload.storageCapacity < 4 * $0.payload.readableBytes + 64 })
    }

    @Test(arguments: ["FCUnpublish", "deleteStream", "closeStream"])
    func stopsAndMayPublishAgain(_ command: String) throws {
        var peer = try self.publishing()
        try peer.call(command, 6, nil, "main")
        #expect(peer.takeEvents() == [.stopped])
        try peer.send(.video(40, hex("1701")))
        #expect(peer.takeEvents() == [])
        try peer.call("publish", 7, nil, "main", "live")
        #expect(peer.takeEvents().count == 1)
    }

    @Test func tellsTheLoserWhy() throws {
        var peer = try self.publishing()
        peer.events += peer.server.endPublish(description: "Another encoder took over.")
        let status = RTMPStatus(try #require(try peer.takeCommands().last).argument(0))
        #expect(status == RTMPStatus(.error, .publishRejected, "Another encoder took over."))
        #expect(peer.takeEvents() == [.close])
        #expect(peer.server.endPublish(description: "Again.") == [])
    }

    @Test(arguments: [(3, true, true), (1, false, false), (2, true, false), (-2, true, false), (nil, true, false)])
    func asksWhoUnderstandsItToConnectAgain(_ capabilities: Int?, mayReturn: Bool, asks: Bool) throws {
        let extra: AMFObject = capabilities.map { ["capsEx": .number(Double($0))] } ?? [:]
        var peer = try RTMPPeer.connected(extra: extra)
        peer.events += try peer.server.acceptConnect()
        try peer.call("publish", 5, nil, "main", "live")
        peer.events += try peer.server.acceptPublish()
        _ = try peer.takeMessages()
        _ = peer.takeEvents()
        peer.events += peer.server.endPublish(description: "The relay is replaced.", mayReturn: mayReturn)
        let message = try #require(try peer.takeMessages().last)
        let command = try #require(try RTMPCommand(message, limits: AMFLimits()))
        let status = RTMPStatus(command.argument(0))
        if asks {
            #expect(status == RTMPStatus(.status, .reconnectRequest, "The relay is replaced."))
            #expect(command.name == "onStatus" && command.transaction == 0)
            // Of the connection, whose message stream is 0.
            #expect(message.streamID == 0)
        } else {
            #expect(status == RTMPStatus(.error, .publishRejected, "The relay is replaced."))
        }
        #expect(peer.takeEvents() == [.close])
    }

    @Test func refusesAPublisher() throws {
        var peer = try self.ready()
        try peer.call("publish", 5, nil, "main?key=wrong", "live")
        peer.events += peer.server.refusePublish(description: "The key is wrong.")
        let command = try #require(try peer.takeCommands().last)
        #expect(RTMPStatus(command.argument(0)) == RTMPStatus(.error, .publishDenied, "The key is wrong."))
    }

    @Test func refusesNamesOverTheLimit() throws {
        let long = String(repeating: "x", count: 1025)
        var peer = try RTMPPeer.connected(app: .string(long))
        #expect(peer.takeEvents() == [.close])
        for command in ["publish", "play"] {
            peer = try self.ready()
            try peer.call(command, 5, nil, .string(long))
            #expect(peer.takeEvents() == [.close])
            #expect(RTMPStatus(try peer.takeCommands().last?.argument(0))?.level == .error)
        }
    }

    // MARK: - Play

    private func playing() throws -> RTMPPeer {
        var peer = try self.ready()
        try peer.call("createStream", 2, nil)
        try peer.call("play", 3, nil, "main")
        peer.events += try peer.server.acceptPlay()
        _ = try peer.takeMessages()
        _ = peer.takeEvents()
        return peer
    }

    @Test(arguments: ["play", "play2"])
    func plays(_ command: String) throws {
        var peer = try self.ready()
        try peer.call(command, 3, nil, command == "play" ? "main" : ["streamName": "main"])
        guard case .play(let request)? = peer.takeEvents().first else {
            Issue.record("no question")
            return
        }
        #expect(request.address == RTMPStreamAddress(app: "live", stream: "main"))
        peer.events += try peer.server.acceptPlay()
        let messages = try peer.takeMessages()
        #expect(messages.map(\.type) == [.userControl, .commandAMF0, .commandAMF0, .dataAMF0])
        let codes = try messages.filter { $0.type == .commandAMF0 }.map { message in
            RTMPStatus(try RTMPCommand(message, limits: AMFLimits())?.argument(0))?.code
        }
        #expect(codes == [.playReset, .playStart])
        #expect(messages.dropFirst().allSatisfy { $0.streamID == 1 })
    }

    @Test func servesAViewer() throws {
        var peer = try self.playing()
        try peer.call("pause", 0, nil, true, 0)
        try peer.call("pause", 0, nil, false, 0)
        #expect(peer.takeEvents() == [.pause(true), .pause(false)])
        try peer.call("seek", 0, nil, 1000)
        let codes = try peer.takeCommands().map { RTMPStatus($0.argument(0))?.code }
        #expect(codes == [.pauseNotify, .unpauseNotify, .seekNotify])
        try peer.send(.video(0, ByteBuffer(repeating: 0, count: 100_000)))
        #expect(peer.takeEvents() == [])
        try peer.call("deleteStream", 0, nil, 1)
        #expect(peer.takeEvents() == [.stopped, .close])
    }

    @Test func aViewersSessionIsSmall() throws {
        // Inline; beside it a viewer has one array of the headers of its few chunk streams.
        #expect(MemoryLayout<RTMPServerSession>.size <= 512)
    }

    // MARK: - Service

    @Test func answersPings() throws {
        var peer = try self.ready()
        try peer.send(RTMPControl.pingRequest(77).message)
        #expect(try peer.takeMessages().map(\.payload) == [hex("0007 0000004D")])
    }

    @Test func acknowledgesEveryWindow() throws {
        var peer = try self.publishing()
        try peer.send(RTMPControl.windowAcknowledgementSize(10_000).message)
        var acknowledged: [UInt32] = []
        for _ in 0..<30 {
            try peer.send(.video(0, ByteBuffer(repeating: 0, count: 1000)))
            for message in try peer.takeMessages() where message.type == .acknowledgement {
                acknowledged.append(try #require(message.payload.getInteger(at: message.payload.readerIndex)))
            }
        }
        #expect(acknowledged.count >= 3)
        #expect(zip(acknowledged, acknowledged.dropFirst()).allSatisfy { $1 - $0 >= 10_000 && $1 - $0 < 11_100 })
    }

    @Test func answersABandwidthWithAWindow() throws {
        var peer = try self.ready()
        try peer.send(RTMPControl.setPeerBandwidth(1_000_000).message, RTMPControl.setPeerBandwidth(1_000_000).message)
        #expect(try peer.takeMessages() == [RTMPControl.windowAcknowledgementSize(1_000_000).message])
    }

    @Test func failsCallsThatItDoesNotKnow() throws {
        var peer = try self.ready()
        try peer.call("makeCoffee", 9, nil)
        try peer.call("makeCoffee", 0, nil)
        let commands = try peer.takeCommands()
        #expect(commands.map(\.name) == ["_error"])
        #expect(commands.first?.transaction == 9)
        #expect(RTMPStatus(commands.first?.argument(0))?.code == .callFailed)
    }

    @Test func answersWhatOldClientsAsk() throws {
        var peer = try self.ready()
        try peer.call("_checkbw", 7, nil)
        try peer.call("getStreamLength", 8, nil, "main")
        try peer.call("receiveVideo", 0, nil, false)
        let commands = try peer.takeCommands()
        #expect(commands.map(\.transaction) == [7, 8])
        #expect(commands.last?.argument(0) == 0)
    }

    @Test func ignoresWhatItHasNoUseFor() throws {
        var peer = try self.ready()
        for type: UInt8 in [3, 7, 16, 19, 99] {
            try peer.send(RTMPMessage(type: RTMPMessageType(rawValue: type), payload: hex("00000000")))
        }
        try peer.send(RTMPControl.setBufferLength(streamID: 1, milliseconds: 3000).message)
        #expect(peer.events == [])
    }

    @Test(arguments: [
        (RTMPMessageType.userControl, "00"), (.userControl, "0006 0000"), (.windowAcknowledgementSize, "000000"),
        (.setPeerBandwidth, ""),
    ])
    func refusesControlThatIsCutShort(_ type: RTMPMessageType, _ payload: String) throws {
        var peer = try self.ready()
        #expect { try peer.send(RTMPMessage(type: type, payload: hex(payload))) } throws: { error in
            (error as? RTMPError)?.reason == .truncatedMessage(type)
        }
    }
}
