import NIOCore
import Testing
import Wire

/// Our client and our server, talking in memory.
@Suite struct RTMPConversationTests {
    private static let tags: [FLVTag] = [
        FLVTag(kind: .script, timestamp: 0, body: AMF0Encoder.encode("onMetaData", ["width": 640])),
        FLVTag(kind: .video, timestamp: 0, body: hex("17 00 000000") + ByteBuffer(repeating: 1, count: 40)),
        FLVTag(kind: .audio, timestamp: 0, body: hex("AF 00 1210")),
        FLVTag(kind: .video, timestamp: 40, body: hex("17 01 000000") + ByteBuffer(repeating: 2, count: 300)),
        FLVTag(kind: .audio, timestamp: 0x0100_0000, body: hex("AF 01 21")),
    ]

    /// Carries bytes between the two until nobody has any, in pieces of that size.
    private static func talk(
        _ client: inout RTMPClientSession,
        _ server: inout RTMPWillingServer,
        piece: Int
    ) throws -> [RTMPClientEvent] {
        var told: [RTMPClientEvent] = []
        var outgoing = client.hello
        while outgoing.readableBytes > 0 || server.bytes.readableBytes > 0 {
            while let bytes = outgoing.readSlice(length: min(piece, outgoing.readableBytes)), bytes.readableBytes > 0 {
                try server.receive(bytes)
            }
            var incoming = server.bytes
            server.bytes = ByteBuffer()
            while let bytes = incoming.readSlice(length: min(piece, incoming.readableBytes)), bytes.readableBytes > 0 {
                for event in try client.receive(bytes) {
                    if case .send(let bytes) = event {
                        outgoing.writeImmutableBuffer(bytes)
                    } else {
                        told.append(event)
                    }
                }
            }
        }
        return told
    }

    private static func client(_ role: RTMPClientConfiguration.Role) throws -> RTMPClientSession {
        let url = "rtmp://host/live/main?key=x"
        return RTMPClientSession(configuration: try #require(RTMPClientConfiguration(role: role, url: url)), nonce: 3)
    }

    @Test(arguments: [1, 7, 128, 1537, 100_000])
    func publishes(piece: Int) throws {
        var client = try Self.client(.publish)
        var server = RTMPWillingServer()
        let told = try Self.talk(&client, &server, piece: piece)
        #expect(told.last == .ready)
        #expect(client.isReady)

        var media = ByteBuffer()
        for tag in Self.tags {
            client.write(tag, into: &media)
        }
        media.writeImmutableBuffer(client.stop())
        while let bytes = media.readSlice(length: min(piece, media.readableBytes)), bytes.readableBytes > 0 {
            try server.receive(bytes)
        }
        let questions = server.story.prefix(2)
        guard case .connect = questions.first, case .publish(let request) = questions.last else {
            Issue.record("no questions")
            return
        }
        #expect(request.address.app == "live" && request.address.stream == "main")
        #expect(request.query["key"] == "x")
        #expect(Array(server.story.dropFirst(2)) == Self.tags.map { .message($0) } + [.stopped])
    }

    @Test(arguments: [1, 7, 128, 1537, 100_000])
    func plays(piece: Int) throws {
        var client = try Self.client(.play)
        var server = RTMPWillingServer()
        var told = try Self.talk(&client, &server, piece: piece)
        #expect(told.contains(.ready))
        var media = ByteBuffer()
        for tag in Self.tags {
            server.session.encoder.write(tag, into: &media)
        }
        while let bytes = media.readSlice(length: min(piece, media.readableBytes)), bytes.readableBytes > 0 {
            told += try client.receive(bytes)
        }
        let tags = told.compactMap { event in if case .message(let tag) = event { tag } else { nil } }
        #expect(Array(tags.suffix(Self.tags.count)) == Self.tags)
    }

    @Test func aCutAnywhereChangesNothing() throws {
        // All that a publishing client says, in one piece.
        var client = try Self.client(.publish)
        var server = RTMPWillingServer()
        var said = client.hello
        try server.receive(client.hello)
        while server.bytes.readableBytes > 0 {
            let bytes = server.bytes
            server.bytes = ByteBuffer()
            for case .send(let answer) in try client.receive(bytes) {
                said.writeImmutableBuffer(answer)
                try server.receive(answer)
            }
        }
        for tag in Self.tags {
            client.write(tag, into: &said)
        }
        var whole = RTMPWillingServer()
        try whole.receive(said)
        #expect(whole.story.count == 2 + Self.tags.count)
        // The filler of the handshake is cut only here and there.
        for place in Array(stride(from: 0, to: 3073, by: 97)) + Array(3073...said.readableBytes) {
            var cut = RTMPWillingServer()
            for piece in said.cut(at: [place]) {
                try cut.receive(piece)
            }
            #expect(cut.story == whole.story)
        }
    }

    @Test func aRefusalReachesTheClient() throws {
        var client = try Self.client(.publish)
        var server = RTMPServerSession(configuration: RTMPSessionConfiguration(), nonce: 1)
        var incoming = [client.hello]
        var told: [RTMPClientEvent] = []
        while let bytes = incoming.popLast() {
            for event in try server.receive(bytes) {
                let answers: [RTMPServerEvent] =
                    switch event {
                    case .connect: try server.acceptConnect()
                    case .publish: server.refusePublish(description: "The key is wrong.")
                    default: [event]
                    }
                for case .send(let bytes) in answers {
                    for event in try client.receive(bytes) {
                        if case .send(let bytes) = event { incoming.insert(bytes, at: 0) } else { told.append(event) }
                    }
                }
            }
        }
        #expect(told == [.failed(RTMPStatus(.error, .publishDenied, "The key is wrong."))])
        #expect(!client.isReady)
        #expect(client.stop().readableBytes == 0)
    }
}
