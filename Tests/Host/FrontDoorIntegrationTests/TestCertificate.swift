import Contract
import Foundation
import Toolkit

/// A certificate for 127.0.0.1 that openssl makes, its own authority.
final class TestCertificate: Sendable {
    private let scratch: Scratch
    let spec: TLSSpec

    /// The hosts that it is for; none: 127.0.0.1.
    private let names: [String]

    init(days: Int = 2, names: [String] = []) async throws {
        self.names = names
        self.scratch = try Scratch("certificate")
        self.spec = TLSSpec(
            certificate: self.scratch.file("cert.pem").path,
            key: self.scratch.file("key.pem").path
        )
        try await self.renew(days: days)
    }

    func renew(days: Int) async throws {
        let subjects = self.names.isEmpty ? "IP:127.0.0.1" : self.names.map { "DNS:\($0)" }.joined(separator: ",")
        try await Program.run(
            "openssl",
            [
                "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                "-keyout", self.spec.first.key, "-out", self.spec.first.certificate, "-days", "\(days)",
                "-subj", "/CN=\(self.names.first ?? "127.0.0.1")", "-addext", "subjectAltName=\(subjects)",
            ]
        )
    }

    func spoil() throws {
        try Data("no certificate".utf8).write(to: URL(fileURLWithPath: self.spec.first.certificate))
    }
}
