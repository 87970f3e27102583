/// Where the certificate chain and its key lie, both as PEM. They are the host's; no relay sees them.
package struct TLSSpec: Hashable, Sendable, Codable {
    /// Path of the chain: the server's certificate first.
    package let certificate: String

    /// Path of the private key.
    package let key: String

    package init(certificate: String, key: String) {
        self.certificate = certificate
        self.key = key
    }
}
