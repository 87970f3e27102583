package import Contract

/// A request of the command line to a host.
package struct ClientRequest: Sendable {
    package var method: String
    package var path: String

    /// Shown where a host is asked at an address.
    package var token: Secret?

    package init(_ method: String = "GET", _ path: String, token: Secret? = nil) {
        self.method = method
        self.path = path
        self.token = token
    }

    /// The request as it is sent; the authority is what the `Host` header says.
    package func bytes(to authority: String) -> [UInt8] {
        var head = "\(self.method) \(self.path) HTTP/1.1\r\nHost: \(authority)\r\n"
        head += "User-Agent: transponder/\(BuildInfo.version)\r\nAccept: application/json, text/plain\r\n"
        if let token { head += "Authorization: Bearer \(token.revealed)\r\n" }
        if self.method == "POST" { head += "Content-Length: 0\r\n" }
        return Array((head + "Connection: close\r\n\r\n").utf8)
    }
}
