package import Contract
package import Linux

/// Whose word counts on where a connection comes from.
package struct TrustedProxies: Hashable, Sendable {
    private struct Network: Hashable, Sendable {
        let first: InternetAddress.Host
        let length: Int

        func contains(_ host: InternetAddress.Host) -> Bool {
            switch (self.first, host) {
            case (.v4(let wanted), .v4(let bits)): (wanted ^ bits) & ~Self.rest(UInt32.self, self.length) == 0
            case (.v6(let wantedHigh, let wantedLow, _), .v6(let high, let low, _)):
                (wantedHigh ^ high) & ~Self.rest(UInt64.self, min(self.length, 64)) == 0
                    && (wantedLow ^ low) & ~Self.rest(UInt64.self, max(self.length - 64, 0)) == 0
            case (.v4, .v6), (.v6, .v4): false
            }
        }

        /// The bits behind the first ones.
        private static func rest<Bits: FixedWidthInteger>(_: Bits.Type, _ length: Int) -> Bits {
            // A shift by all bits gives none.
            Bits.max >> Bits(length)
        }
    }

    private let networks: [Network]

    package init(_ prefixes: [NetworkPrefix] = []) {
        self.networks = prefixes.compactMap { prefix in
            InternetAddress.Host(prefix.address.text).map { Network(first: $0, length: prefix.length) }
        }
    }

    package var isEmpty: Bool { self.networks.isEmpty }

    package func trust(_ host: InternetAddress.Host) -> Bool {
        let host = host.unmapped
        return self.networks.contains { $0.contains(host) }
    }

    /// Who made a request, where each proxy on its way has added whom it had it from: the last one that nobody vouches for.
    ///
    /// - Parameters:
    ///   - peer: Who opened the connection.
    ///   - chain: What the proxies have added, the last of them last; nil for one that does not say.
    /// - Returns: Nil where the connection is the peer's own.
    package func client(behind peer: InternetAddress.Host, _ chain: [InternetAddress.Host?]) -> InternetAddress.Host? {
        guard self.trust(peer) else { return nil }
        var client: InternetAddress.Host?
        for host in chain.reversed() {
            // Before one that is not known anything may stand.
            guard let host = host?.unmapped else { break }
            client = host
            guard self.trust(host) else { break }
        }
        return client
    }
}
