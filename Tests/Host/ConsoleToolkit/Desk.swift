package import Console
package import Contract
package import Health
internal import NIOCore
package import NIOHTTP1
internal import Synchronization
internal import Web

/// A responder with a fake host behind it, and how it is asked.
package struct Desk {
    package static let token = "correct-horse-battery"

    package let host: FakeHost
    package let responder: ConsoleResponder

    package init(_ snapshot: HostSnapshot? = nil, hasToken: Bool = true, memory: HealthMemory? = nil) throws {
        self.host = FakeHost(try snapshot ?? Scene.host())
        self.host.viewers = try Scene.viewers()
        let secrets = Secrets()
        self.responder = ConsoleResponder(
            host: self.host,
            token: hasToken ? try Secret(Self.token) : nil,
            memory: memory,
            makeSecret: { secrets.next() }
        )
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

    /// Secrets that a test can guess.
    private final class Secrets: Sendable {
        private let count = Atomic(0)

        func next() -> Secret {
            do {
                return try Secret("secret-\(self.count.add(1, ordering: .relaxed).newValue)")
            } catch {
                preconditionFailure("\(error)")
            }
        }
    }

    /// Asks as the command line does, unless another entrance is named. Nil where the request is a relay's.
    package func ask(
        _ method: HTTPMethod = .GET,
        _ uri: String,
        at entrance: Caller.Entrance = .local(isOwner: true),
        from address: String = "127.0.0.1:50000",
        host: String? = "127.0.0.1:8080",
        _ headers: [(String, String)] = []
    ) async -> Answer? {
        var all = HTTPHeaders(headers)
        if let host { all.add(name: "Host", value: host) }
        let request = HTTPRequest(HTTPRequestHead(version: .http1_1, method: method, uri: uri, headers: all))
        guard
            let reply = await self.responder.respond(
                to: request,
                from: Caller(entrance, address: address)
            )
        else { return nil }
        let head = reply.head(version: .http1_1, keepAlive: true)
        return Answer(status: Int(head.status.code), headers: head.headers, body: Array(reply.body.readableBytesView))
    }

    package func status(
        _ method: HTTPMethod = .GET,
        _ uri: String,
        at entrance: Caller.Entrance = .local(isOwner: true),
        from address: String = "127.0.0.1:50000",
        host: String? = "127.0.0.1:8080",
        _ headers: [(String, String)] = []
    ) async -> Int {
        await self.ask(method, uri, at: entrance, from: address, host: host, headers)?.status ?? 0
    }
}
