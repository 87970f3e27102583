internal import Console

/// Where a host is asked: `http://127.0.0.1:8080`, or `127.0.0.1:8080` for short.
package struct BaseAddress: Hashable, Sendable, CustomStringConvertible {
    /// A name, or a numeric address without brackets.
    package let host: String
    package let port: UInt16

    package init(host: String, port: UInt16) {
        self.host = host
        self.port = port
    }

    /// Nil where the text is no such address. What comes behind the port is not looked at.
    package init?(_ text: String) {
        var rest = Substring(text)
        if rest.lowercased().hasPrefix("http://") {
            rest = rest.dropFirst(7)
        } else if rest.contains("://") {
            return nil
        }
        rest = rest.prefix { $0 != "/" && $0 != "?" }
        let hostText: Substring
        if rest.hasPrefix("[") {
            guard let close = rest.firstIndex(of: "]") else { return nil }
            hostText = rest[rest.index(after: rest.startIndex)..<close]
            rest = rest[rest.index(after: close)...]
        } else {
            hostText = rest.prefix { $0 != ":" }
            rest = rest.dropFirst(hostText.count)
        }
        guard !hostText.isEmpty, Authority.isPlain(String(hostText)) else { return nil }
        self.host = String(hostText)
        guard !rest.isEmpty else {
            self.port = 80
            return
        }
        guard rest.hasPrefix(":"), let port = UInt16(rest.dropFirst()), port > 0 else { return nil }
        self.port = port
    }

    /// As the `Host` header has it.
    package var authority: String {
        self.host.contains(":") ? "[\(self.host)]:\(self.port)" : "\(self.host):\(self.port)"
    }

    package var description: String { "http://\(self.authority)" }
}
