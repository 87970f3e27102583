package import Contract
import NIOSSL

/// What the files of a certificate hold, for whoever examines them before they are used.
package struct CertificateReport: Hashable, Sendable {
    /// End of its validity, seconds since 1970.
    package let expires: Int

    /// Begin of its validity, seconds since 1970.
    package let begins: Int

    /// The names of hosts that it is for; clients refuse it for every other.
    package let names: [String]

    /// - Throws: Why it cannot be used: a file is missing or cannot be read, is no PEM, or the key belongs to another.
    package init(examining spec: TLSSpec) throws(CertificateFailure) {
        let files = try CertificateFiles(spec)
        self.expires = try Credentials(files, from: spec).expires
        let own = (try? NIOSSLCertificate.fromPEMBytes(files.certificate))?.first
        self.begins = own.map { Int($0.notValidBefore) } ?? 0
        self.names = own.map(Self.names) ?? []
    }

    private static func names(_ certificate: NIOSSLCertificate) -> [String] {
        certificate._subjectAlternativeNames().compactMap { name in
            switch name.nameType {
            case .dnsName: String(decoding: name.contents, as: UTF8.self)
            case .ipAddress:
                name.contents.count == 4 ? name.contents.map { "\($0)" }.joined(separator: ".") : "an IPv6 address"
            default: nil
            }
        }
    }
}
