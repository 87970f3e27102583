import Media
import NIOCore
import Toolkit
import Wire

/// An RTMP player that says when it connects that it knows multitrack messages (Enhanced RTMP v2), and tells which tracks
/// it is sent.
struct MultitrackPlayer {
    private let socket: Socket
    private var session: RTMPClientSession
    private var decoder = MediaTagDecoder()
    /// The codec of each track that anything came of.
    private(set) var tracks: [TrackID: Codec] = [:]
    private var configurations: [TrackID: Codec] = [:]

    init(_ relay: RelayProcess, _ stream: String = "main") throws {
        let server = relay.addresses["rtmp"] ?? ""
        self.socket = try Socket(to: server)
        self.session = RTMPClientSession(
            configuration: RTMPClientConfiguration(
                role: .play,
                app: "live",
                tcUrl: "rtmp://\(server)/live",
                stream: stream
            ),
            nonce: 3
        )
        try self.socket.send(self.session.hello.readableBytesView)
    }

    /// Reads until packets of so many tracks have come, or the relay ends the connection.
    mutating func read(until count: Int) async throws {
        while self.tracks.count < count {
            let bytes = try await self.socket.receive()
            guard !bytes.isEmpty else { return }
            for event in try self.session.receive(ByteBuffer(bytes: bytes)) {
                switch event {
                case .send(let bytes): try self.socket.send(bytes.readableBytesView)
                case .message(let tag): try self.note(tag)
                case .failed(let status): throw status
                case .ready, .status: break
                }
            }
        }
    }

    private mutating func note(_ tag: FLVTag) throws {
        for event in try self.decoder.decode(tag) {
            switch event {
            case .configuration(let track, let configuration): self.configurations[track] = configuration.codec
            case .packet(let packet): self.tracks[packet.track] = self.configurations[packet.track]
            case .omission: break
            }
        }
    }
}
