package import Foundation
import FoundationNetworking

/// A small client for the tests of an HTTP server.
package enum HTTP {
    package struct Response: Sendable {
        package var status: Int
        /// Names in lower case.
        package var headers: [String: String]
        package var body: Data
        /// Whether the client hung up because it had as much of the body as it wanted.
        package var isCut: Bool

        package var text: String { String(decoding: self.body, as: UTF8.self) }

        package subscript(_ header: String) -> String? { self.headers[header.lowercased()] }

        package func json<Value: Decodable>(_ type: Value.Type = Value.self) throws -> Value {
            try JSONDecoder().decode(type, from: self.body)
        }
    }

    package enum Failure: Error, CustomStringConvertible {
        case address(String)
        case transport(String, reason: String)

        package var description: String {
            switch self {
            case .address(let address): "\(address) is no address"
            case .transport(let address, let reason): "no answer from \(address): \(reason)"
            }
        }
    }

    /// Sends one request on a connection of its own and waits for the answer.
    ///
    /// - Parameters:
    ///   - address: an address with `http:`.
    ///   - method: `GET`, `HEAD`, `POST`, …
    ///   - headers: what to send beside what the client sends by itself.
    ///   - body: what to send behind them.
    ///   - limit: bytes of the body after which to hang up, for bodies that do not end.
    ///   - deadline: how long it may be silent.
    /// - Returns: the answer, whatever its status; redirects are not followed.
    /// - Throws: ``Failure`` where there was none.
    package static func request(
        _ address: String,
        method: String = "GET",
        headers: [String: String] = [:],
        body: Data? = nil,
        limit: Int? = nil,
        deadline: Duration = .seconds(30)
    ) async throws(Failure) -> Response {
        guard let url = URL(string: address) else { throw .address(address) }
        var request = URLRequest(url: url)
        request.httpMethod = method
        request.httpBody = body
        request.cachePolicy = .reloadIgnoringLocalAndRemoteCacheData
        request.timeoutInterval = Double(deadline.components.seconds)
        for (name, value) in headers { request.setValue(value, forHTTPHeaderField: name) }
        return try await HTTPExchange(address: address, limit: limit).perform(request)
    }

    package static func get(
        _ address: String,
        headers: [String: String] = [:],
        deadline: Duration = .seconds(30)
    ) async throws(Failure) -> Response {
        try await self.request(address, headers: headers, deadline: deadline)
    }

    package static func head(_ address: String, headers: [String: String] = [:]) async throws(Failure) -> Response {
        try await self.request(address, method: "HEAD", headers: headers)
    }

    /// Asks until the answer is what a test waits for; an answer that does not come is one that is not.
    package static func get(
        _ address: String,
        headers: [String: String] = [:],
        until isWanted: @Sendable (Response) -> Bool,
        every pause: Duration = .milliseconds(50),
        within deadline: Duration = .seconds(30)
    ) async throws(Failure) -> Response {
        let end = ContinuousClock.now + deadline
        var last: Response?
        while ContinuousClock.now < end {
            if let response = try? await self.get(address, headers: headers, deadline: .seconds(10)) {
                if isWanted(response) { return response }
                last = response
            }
            guard (try? await Task.sleep(for: pause)) != nil else { break }
        }
        throw .transport(address, reason: "not what was waited for within \(deadline), but \(last?.text ?? "nothing")")
    }
}
