import NIOCore
import Wire

/// The first byte says how, the rest is what a peer sends: the server's side read whole and in pieces must tell the same.
enum RTMPFuzz {
    private struct Options {
        /// The handshake is in the bytes, and not put before them.
        let isRaw: Bool
        /// The bytes are a server's, and our side is the client.
        let isClient: Bool
        let hasSmallLimits: Bool
        let refuses: Bool
        let hasLogin: Bool
        let piece: Int

        init(_ byte: UInt8) {
            self.isRaw = byte & 1 != 0
            self.isClient = byte & 2 != 0
            self.hasSmallLimits = byte & 4 != 0
            self.refuses = byte & 8 != 0
            self.hasLogin = byte & 16 != 0
            self.piece = [1, 2, 3, 5, 16, 64, 129, 1000][Int(byte >> 5)]
        }

        var limits: RTMPLimits {
            var limits = RTMPLimits()
            guard self.hasSmallLimits else { return limits }
            limits.mediaBytes = 5000
            limits.dataBytes = 1000
            limits.commandBytes = 1000
            limits.chunkStreams = 4
            limits.unfinishedBytes = 6000
            limits.nameBytes = 20
            return limits
        }
    }

    /// What a session told but for the bytes it sent, which depend on when it read.
    private struct Story<Event: Equatable> {
        var events: [Event] = []
        var error: RTMPError?

        /// Whether it may be of the same bytes as the other, read in smaller pieces. An error takes what came before it
        /// in the same read with it.
        func agrees(with other: Story) -> Bool {
            guard self.error == other.error else { return false }
            return self.error == nil ? self.events == other.events : other.events.starts(with: self.events)
        }
    }

    static func run(_ input: ByteBuffer) {
        var input = input
        guard let first: UInt8 = input.readInteger() else { return }
        let options = Options(first)
        var bytes = ByteBuffer()
        if !options.isRaw {
            bytes.writeInteger(UInt8(3))
            bytes.writeRepeatingByte(0, count: 2 * 1536)
        }
        bytes.writeImmutableBuffer(input)
        if options.isClient {
            Self.compare(
                self.client(bytes, options, piece: .max),
                self.client(bytes, options, piece: options.piece)
            )
        } else {
            let whole = self.server(bytes, options, piece: .max)
            Self.compare(whole, self.server(bytes, options, piece: options.piece))
            let tags = whole.events.compactMap { event in if case .message(let tag) = event { tag } else { nil } }
            self.encode(tags)
            FLVFuzz.decode(tags)
        }
    }

    private static func compare<Event: Equatable>(_ whole: Story<Event>, _ cut: Story<Event>) {
        guard !whole.agrees(with: cut) else { return }
        fatalError("read whole: \(whole)\nread in pieces: \(cut)")
    }

    private static func server(_ bytes: ByteBuffer, _ options: Options, piece: Int) -> Story<RTMPServerEvent> {
        var configuration = RTMPSessionConfiguration()
        configuration.limits = options.limits
        if options.hasLogin {
            configuration.authentication = AdobeAuthentication(user: "u", password: "p", secret: 1)
        }
        var session = RTMPServerSession(configuration: configuration, nonce: 1)
        var story = Story<RTMPServerEvent>()
        do {
            for bytes in self.pieces(of: bytes, piece) {
                try self.perform(try session.receive(bytes), &session, options, &story)
            }
        } catch {
            story.error = error
        }
        return story
    }

    private static func perform(
        _ events: [RTMPServerEvent],
        _ session: inout RTMPServerSession,
        _ options: Options,
        _ story: inout Story<RTMPServerEvent>
    ) throws(RTMPError) {
        for event in events {
            if case .send = event { continue }
            precondition(story.events.last != .close, "something came after the end")
            story.events.append(event)
            switch event {
            case .connect: try self.perform(try session.acceptConnect(), &session, options, &story)
            case .publish where options.refuses:
                try self.perform(session.refusePublish(description: "no"), &session, options, &story)
            case .publish: try self.perform(try session.acceptPublish(), &session, options, &story)
            case .play where options.refuses:
                try self.perform(session.refusePlay(description: "no"), &session, options, &story)
            case .play: try self.perform(try session.acceptPlay(), &session, options, &story)
            case .send, .message, .pause, .stopped, .close: break
            }
        }
    }

    private static func client(_ bytes: ByteBuffer, _ options: Options, piece: Int) -> Story<RTMPClientEvent> {
        var configuration = RTMPClientConfiguration(
            role: options.refuses ? .publish : .play,
            app: "live",
            tcUrl: "rtmp://host/live",
            stream: "main"
        )
        configuration.limits = options.limits
        var session = RTMPClientSession(configuration: configuration, nonce: 1)
        var story = Story<RTMPClientEvent>()
        do {
            for bytes in self.pieces(of: bytes, piece) {
                for event in try session.receive(bytes) {
                    if case .send = event { continue }
                    story.events.append(event)
                }
            }
        } catch {
            story.error = error
        }
        return story
    }

    private static func pieces(of bytes: ByteBuffer, _ length: Int) -> [ByteBuffer] {
        var rest = bytes
        // The handshake in one piece: its filler has no edges.
        var pieces = [rest.readSlice(length: min(3072, rest.readableBytes)) ?? ByteBuffer()]
        while let piece = rest.readSlice(length: min(length, rest.readableBytes)), piece.readableBytes > 0 {
            pieces.append(piece)
        }
        return pieces
    }

    /// What came in can go out, and reads as the same.
    private static func encode(_ tags: [FLVTag]) {
        var bytes = ByteBuffer()
        for tag in tags {
            RTMPChunkEncoder().write(tag, into: &bytes)
        }
        var decoder = RTMPChunkDecoder()
        for tag in tags {
            guard let message = try? decoder.next(from: &bytes) else { preconditionFailure("a tag was lost") }
            precondition(message == tag.message(streamID: 1), "a tag came out as another")
        }
    }
}
