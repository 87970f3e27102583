/// Why a certificate cannot be used, as one sentence.
package struct CertificateFailure: Error, Hashable, Sendable, CustomStringConvertible {
    package let description: String

    init(_ description: String) {
        self.description = description
    }
}
