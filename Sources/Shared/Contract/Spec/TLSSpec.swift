/// The certificates that the host shows. They are the host's; no relay sees them.
package struct TLSSpec: Hashable, Sendable {
    /// Where a certificate chain and its key lie, both as PEM, and whom they are for.
    package struct Certificate: Hashable, Sendable {
        /// Path of the chain: the server's certificate first.
        package let certificate: String

        /// Path of the private key.
        package let key: String

        /// The names of hosts that it is shown for, `*.example.org` for all that have one label more; none: those that stand in it.
        package let names: [String]

        package init(certificate: String, key: String, names: [String] = []) {
            self.certificate = certificate
            self.key = key
            self.names = names
        }
    }

    /// The first is shown to whoever names no host, or one that no other is for.
    package let first: Certificate
    package let others: [Certificate]

    package init(_ first: Certificate, _ others: [Certificate] = []) {
        self.first = first
        self.others = others
    }

    package init(certificate: String, key: String) {
        self.init(Certificate(certificate: certificate, key: key))
    }

    package var all: [Certificate] { [self.first] + self.others }
}

/// The name of a host, or of all in a domain.
package enum HostPattern {
    /// Whether it can stand in a certificate (RFC 6125 section 6.4.3): labels of letters, digits and hyphens, of which the first
    /// may be a `*`.
    package static func isValid(_ text: String) -> Bool {
        let labels = text.split(separator: ".", omittingEmptySubsequences: false)
        guard text.utf8.count <= 253, labels.first != "*" || labels.count > 2 else { return false }
        return labels.enumerated().allSatisfy { index, label in
            index == 0 && label == "*"
                || (1...63).contains(label.utf8.count) && label.first != "-" && label.last != "-"
                    && label.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-" || $0 == "_") }
        }
    }

    /// Whether a host is meant by one of the patterns: a `*` stands for one label, and only for a whole one.
    package static func matches(_ host: String, _ patterns: [String]) -> Bool {
        let host = host.lowercased()
        let parent = host.firstIndex(of: ".").map { String(host[$0...]) }
        return patterns.contains { pattern in
            let pattern = pattern.lowercased()
            return pattern == host || parent != nil && pattern.hasPrefix("*.") && pattern.dropFirst() == parent ?? ""
        }
    }
}
