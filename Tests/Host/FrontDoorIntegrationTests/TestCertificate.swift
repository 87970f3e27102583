import Contract
import Foundation
import Toolkit

/// A certificate for 127.0.0.1 that openssl makes, its own authority.
final class TestCertificate: Sendable {
    private let scratch: Scratch
    let spec: TLSSpec

    init(days: Int = 2) async throws {
        self.scratch = try Scratch("certificate")
        self.spec = TLSSpec(
            certificate: self.scratch.file("cert.pem").path,
            key: self.scratch.file("key.pem").path
        )
        try await self.renew(days: days)
    }

    func renew(days: Int) async throws {
        try await Program.run(
            "openssl",
            [
                "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                "-keyout", self.spec.key, "-out", self.spec.certificate, "-days", "\(days)",
                "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1",
            ]
        )
    }

    func spoil() throws {
        try Data("no certificate".utf8).write(to: URL(fileURLWithPath: self.spec.certificate))
    }
}
