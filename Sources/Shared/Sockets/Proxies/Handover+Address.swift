package import Contract
package import Linux

extension Handover {
    /// Who opened the connection.
    package var address: InternetAddress { InternetAddress(self.peer) ?? InternetAddress(.anyV4, port: 0) }

    /// Whether it comes from another machine's loopback.
    package var isForeign: Bool { self.isProxied && self.address.isLoopback }

    /// As whose it is counted. What a proxy passes on from its own loopback is nobody's of this machine, and has no part in what
    /// is kept for it.
    package var countedHost: InternetAddress.Host { self.isForeign ? .anyV4 : self.address.host }
}
