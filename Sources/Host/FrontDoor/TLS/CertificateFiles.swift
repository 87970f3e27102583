import Contract
import Linux
import NIOCore
import NIOSSL

/// The two files as they were read.
struct CertificateFiles: Hashable, Sendable {
    let certificate: [UInt8]
    let key: [UInt8]

    /// Bytes of either file; a long chain has some ten thousand.
    private static let sizeLimit = 1 << 20

    init(_ spec: TLSSpec.Certificate) throws(CertificateFailure) {
        self.certificate = try Self.read(spec.certificate, what: "certificate")
        self.key = try Self.read(spec.key, what: "key")
    }

    /// Those of several certificates.
    static func all(_ spec: TLSSpec) throws(CertificateFailure) -> [CertificateFiles] {
        var files: [CertificateFiles] = []
        for one in spec.all { files.append(try CertificateFiles(one)) }
        return files
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
struct Credential: Sendable {
    let chain: [NIOSSLCertificateSource]
    let key: NIOSSLPrivateKeySource

    /// The hosts that stand in it; clients refuse it for every other.
    let subjects: [String]

    /// The hosts that it is shown for.
    let names: [String]

    /// Its validity, seconds since 1970.
    let begins: Int
    let expires: Int

    init(_ files: CertificateFiles, from spec: TLSSpec.Certificate) throws(CertificateFailure) {
        guard let chain = try? NIOSSLCertificate.fromPEMBytes(files.certificate), let own = chain.first else {
            throw CertificateFailure("The certificate \(spec.certificate) is not a certificate in PEM form.")
        }
        guard let key = try? NIOSSLPrivateKey(bytes: files.key, format: .pem) else {
            throw CertificateFailure("The key \(spec.key) is not a private key in PEM form without a password.")
        }
        self.chain = chain.map { .certificate($0) }
        self.key = .privateKey(key)
        self.subjects = Self.subjects(own)
        self.names = spec.names.isEmpty ? self.subjects : spec.names
        self.begins = Int(own.notValidBefore)
        self.expires = Int(own.notValidAfter)
        do {
            _ = try NIOSSLContext(configuration: self.configuration)
        } catch {
            throw CertificateFailure("The key \(spec.key) does not belong to the certificate \(spec.certificate).")
        }
    }

    var configuration: TLSConfiguration {
        var configuration = TLSConfiguration.makeServerConfiguration(certificateChain: self.chain, privateKey: self.key)
        configuration.minimumTLSVersion = .tlsv12
        configuration.applicationProtocols = ["http/1.1"]
        return configuration
    }

    private static func subjects(_ certificate: NIOSSLCertificate) -> [String] {
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

/// All certificates of a host, and which is shown to whom: by the name that a client says it wants (server_name, RFC 6066
/// section 3).
struct Credentials: Sendable {
    let context: NIOSSLContext
    private let all: [Credential]

    init(_ files: [CertificateFiles], from spec: TLSSpec) throws(CertificateFailure) {
        var all: [Credential] = []
        for (files, spec) in zip(files, spec.all) { all.append(try Credential(files, from: spec)) }
        guard let first = all.first else { throw CertificateFailure("There is no certificate.") }
        var configuration = first.configuration
        if all.count > 1 {
            configuration.sslContextCallback = { [all] client, promise in
                promise.succeed(Self.chosen(for: client.serverHostname, of: all))
            }
        }
        do {
            self.context = try NIOSSLContext(configuration: configuration)
        } catch {
            throw CertificateFailure("The certificates cannot be used: \(error).")
        }
        self.all = all
    }

    /// The one that names the host itself goes before one for its whole domain, and what stands first before what follows.
    private static func chosen(for host: String?, of all: [Credential]) -> NIOSSLContextConfigurationOverride {
        guard let host else { return .noChanges }
        let exact = all.first { $0.names.contains { $0.lowercased() == host.lowercased() } }
        guard let chosen = exact ?? all.first(where: { HostPattern.matches(host, $0.names) }) else { return .noChanges }
        var override = NIOSSLContextConfigurationOverride()
        override.certificateChain = chosen.chain
        override.privateKey = chosen.key
        return override
    }

    /// The one that ends first: seconds since 1970, and where there are several, a name of it.
    var firstToExpire: (expires: Int, name: String?) {
        guard let first = self.all.min(by: { $0.expires < $1.expires }) else { return (0, nil) }
        return (first.expires, self.all.count > 1 ? first.names.first ?? first.subjects.first : nil)
    }
}
