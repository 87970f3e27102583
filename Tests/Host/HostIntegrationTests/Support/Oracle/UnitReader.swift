import NIOCore
import StreamToolkit
import Toolkit
import Wire

/// Understands one wire format, and forgives nothing in it.
protocol UnitReader: Sendable {
    /// What to send first.
    var opening: [UInt8] { get }

    /// The access units that are whole by now, and what to answer.
    mutating func read(_ bytes: [UInt8]) throws -> (units: [AccessUnit], answer: [UInt8])
}

/// A body without end.
protocol UnitBody: Sendable {
    mutating func read(_ bytes: [UInt8]) throws -> [AccessUnit]
}

struct HTTPUnitReader<Body: UnitBody>: UnitReader {
    let path: String
    private var response = ResponseBody()
    private var body: Body

    init(_ path: String, _ body: Body) {
        self.path = path
        self.body = body
    }

    var opening: [UInt8] { Array("GET \(self.path) HTTP/1.1\r\nHost: test\r\n\r\n".utf8) }

    mutating func read(_ bytes: [UInt8]) throws -> (units: [AccessUnit], answer: [UInt8]) {
        (try self.body.read(try self.response.body(of: bytes)), [])
    }
}

struct FLVUnits: UnitBody {
    private var tags = FLVTagReader()

    mutating func read(_ bytes: [UInt8]) throws -> [AccessUnit] {
        try self.tags.read(bytes).compactMap { AccessUnit(tag: $0.kind, time: $0.time, body: $0.body) }
    }
}

struct RTMPUnitReader: UnitReader {
    private var session: RTMPClientSession

    init(_ server: String, _ relay: String) {
        self.session = RTMPClientSession(
            configuration: RTMPClientConfiguration(
                role: .play,
                app: relay,
                tcUrl: "rtmp://\(server)/\(relay)",
                stream: "main"
            ),
            nonce: 2
        )
    }

    var opening: [UInt8] { Array(self.session.hello.readableBytesView) }

    mutating func read(_ bytes: [UInt8]) throws -> (units: [AccessUnit], answer: [UInt8]) {
        var units: [AccessUnit] = []
        var answer: [UInt8] = []
        for event in try self.session.receive(ByteBuffer(bytes: bytes)) {
            switch event {
            case .send(let bytes): answer += bytes.readableBytesView
            case .message(let tag):
                let body = tag.body.readableBytesView
                AccessUnit(tag: tag.kind.rawValue, time: tag.timestamp, body: body).map { units.append($0) }
            case .failed(let status): throw UnitError("the server says \(status)")
            case .ready, .status: break
            }
        }
        return (units, answer)
    }
}
