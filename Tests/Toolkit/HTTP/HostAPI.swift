package import Foundation

/// The API of a running host, asked as a program does that was given the token.
package struct HostAPI: Sendable {
    /// `host:port` of one of `listen.admin`.
    package let address: String
    private let state: URL

    package init(address: String, state: URL) {
        self.address = address
        self.state = state
    }

    /// What is behind `/api/v1/`.
    package func place(_ path: String) -> String { "http://\(self.address)/api/v1/\(path)" }

    package var headers: [String: String] {
        let token = try? String(contentsOf: self.state.appending(path: "api_token"), encoding: .utf8)
        return ["Authorization": "Bearer \((token ?? "").trimmingCharacters(in: .whitespacesAndNewlines))"]
    }

    package func request(_ path: String, method: String = "GET") async throws(HTTP.Failure) -> HTTP.Response {
        try await HTTP.request(self.place(path), method: method, headers: self.headers)
    }

    /// Asks until the answer is what a test waits for.
    package func get(
        _ path: String,
        until isWanted: @Sendable (HTTP.Response) -> Bool,
        every pause: Duration = .milliseconds(20),
        within deadline: Duration = .seconds(30)
    ) async throws(HTTP.Failure) -> HTTP.Response {
        try await HTTP.get(
            self.place(path),
            headers: self.headers,
            until: isWanted,
            every: pause,
            within: deadline
        )
    }
}
