import Contract
import Linux
import NIOSSL

/// The two files as they were read.
struct CertificateFiles: Hashable, Sendable {
    let certificate: [UInt8]
    let key: [UInt8]

    /// Bytes of either file; a long chain has some ten thousand.
    private static let sizeLimit = 1 << 20

    init(_ spec: TLSSpec) throws(CertificateFailure) {
        self.certificate = try Self.read(spec.certificate, what: "certificate")
        self.key = try Self.read(spec.key, what: "key")
    }

    private static func read(_ path: String, what: String) throws(CertificateFailure) -> [UInt8] {
        let bytes: [UInt8]
        do throws(LinuxError) {
            bytes = try SmallFile.bytes(of: path, limit: Self.sizeLimit + 1)
        } catch {
            throw CertificateFailure("The \(what) \(path) cannot be read: \(error.reason).")
        }
        guard bytes.count <= Self.sizeLimit else {
            throw CertificateFailure("The \(what) \(path) is larger than \(Self.sizeLimit) bytes.")
        }
        return bytes
    }
}

/// A certificate that can be shown to clients.
struct Credentials: Sendable {
    let context: NIOSSLContext

    /// Seconds since 1970.
    let expires: Int

    init(_ files: CertificateFiles, from spec: TLSSpec) throws(CertificateFailure) {
        guard let chain = try? NIOSSLCertificate.fromPEMBytes(files.certificate), let own = chain.first else {
            throw CertificateFailure("The certificate \(spec.certificate) is not a certificate in PEM form.")
        }
        guard let key = try? NIOSSLPrivateKey(bytes: files.key, format: .pem) else {
            throw CertificateFailure("The key \(spec.key) is not a private key in PEM form without a password.")
        }
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) },
            privateKey: .privateKey(key)
        )
        configuration.minimumTLSVersion = .tlsv12
        configuration.applicationProtocols = ["http/1.1"]
        do {
            self.context = try NIOSSLContext(configuration: configuration)
        } catch {
            throw CertificateFailure("The key \(spec.key) does not belong to the certificate \(spec.certificate).")
        }
        self.expires = Int(own.notValidAfter)
    }
}
