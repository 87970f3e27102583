package import Console
package import Contract
internal import NIOCore
package import NIOHTTP1
internal import Web

/// A responder with a fake host behind it, and how it is asked.
package struct Desk {
    package static let token = "correct-horse-battery"

    package let host: FakeHost
    package let responder: ConsoleResponder

    package init(_ snapshot: HostSnapshot? = nil, hasToken: Bool = true) throws {
        self.host = FakeHost(try snapshot ?? Scene.host())
        self.host.viewers = try Scene.viewers()
        self.responder = ConsoleResponder(host: self.host, token: hasToken ? try Secret(Self.token) : nil)
        self.responder.observe()
    }

    package struct Answer {
        package var status: Int
        package var headers: HTTPHeaders
        package var body: [UInt8]

        package var text: String { String(decoding: self.body, as: UTF8.self) }

        package func json<Value: Decodable>(_ type: Value.Type) throws -> Value {
            try JSONText.decode(type, from: self.body)
        }
    }

    /// Nil where the request is a relay's.
    package func ask(
        _ method: HTTPMethod = .GET,
        _ uri: String,
        from address: String = "127.0.0.1:50000",
        host: String? = "127.0.0.1:8080",
        _ headers: [(String, String)] = [],
        version: HTTPVersion = .http1_1
    ) async -> Answer? {
        var all = HTTPHeaders(headers)
        if let host { all.add(name: "Host", value: host) }
        let request = HTTPRequest(HTTPRequestHead(version: version, method: method, uri: uri, headers: all))
        guard
            let reply = await self.responder.respond(
                to: request,
                from: Caller(address: address, isSecure: false)
            )
        else { return nil }
        let head = reply.head(version: .http1_1, keepAlive: true)
        return Answer(status: Int(head.status.code), headers: head.headers, body: Array(reply.body.readableBytesView))
    }

    package func status(
        _ method: HTTPMethod = .GET,
        _ uri: String,
        from address: String = "127.0.0.1:50000",
        host: String? = "127.0.0.1:8080",
        _ headers: [(String, String)] = [],
        version: HTTPVersion = .http1_1
    ) async -> Int {
        await self.ask(method, uri, from: address, host: host, headers, version: version)?.status ?? 0
    }
}
