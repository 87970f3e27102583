import NIOCore
import Toolkit
import Wire

/// An RTSP client that says what a test likes, request by request.
final class RTSPTalk {
    let socket: Socket
    private var decoder = RTSPMessageDecoder()
    private var unread = ByteBuffer()
    private var sequence = 0

    init(_ relay: RelayProcess) throws {
        self.socket = try Socket(to: relay.addresses["rtsp"] ?? "")
    }

    /// Sends a request and waits for its answer.
    func ask(_ method: String, _ uri: String, _ headers: [String: String] = [:], body: String = "") async throws
        -> RTSPResponse
    {
        try self.socket.send(self.request(method, uri, headers, body: body).readableBytesView)
        return try await self.response()
    }

    /// The bytes of a request.
    func request(
        _ method: String,
        _ uri: String,
        _ headers: [String: String] = [:],
        body: String = ""
    ) -> ByteBuffer {
        self.sequence += 1
        var request = RTSPRequest(RTSPMethod(rawValue: method), uri, body: ByteBuffer(string: body))
        request.headers.add("CSeq", "\(self.sequence)")
        for (name, value) in headers.sorted(by: { $0.key < $1.key }) { request.headers.add(name, value) }
        var bytes = ByteBuffer()
        RTSPMessageEncoder.write(request, into: &bytes)
        return bytes
    }

    /// The next answer; frames before it are passed over.
    func response() async throws -> RTSPResponse {
        while true {
            switch try await self.message() {
            case .response(let response): return response
            case .interleaved, .request: continue
            }
        }
    }

    /// The next frame; answers before it are passed over.
    func frame() async throws -> RTSPFrame {
        while true {
            switch try await self.message() {
            case .interleaved(let frame): return frame
            case .response, .request: continue
            }
        }
    }

    /// The relay ended the connection.
    struct HungUp: Error {}

    private func message() async throws -> RTSPMessage {
        while true {
            if let message = try self.decoder.next(from: &self.unread) { return message }
            let bytes = try await self.socket.receive()
            guard !bytes.isEmpty else { throw HungUp() }
            self.unread.writeBytes(bytes)
        }
    }
}
