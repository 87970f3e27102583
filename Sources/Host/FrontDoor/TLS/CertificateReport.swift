package import Contract

/// What the files of one certificate hold, for whoever examines them before they are used.
package struct CertificateReport: Hashable, Sendable {
    /// End of its validity, seconds since 1970.
    package let expires: Int

    /// Begin of its validity, seconds since 1970.
    package let begins: Int

    /// The names of hosts that it is for; clients refuse it for every other.
    package let names: [String]

    /// - Throws: Why it cannot be used: a file is missing or cannot be read, is no PEM, or the key belongs to another.
    package init(examining spec: TLSSpec.Certificate) throws(CertificateFailure) {
        let credential = try Credential(CertificateFiles(spec), from: spec)
        self.expires = credential.expires
        self.begins = credential.begins
        self.names = credential.subjects
    }
}
