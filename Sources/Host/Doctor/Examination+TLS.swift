package import Contract
internal import FoundationEssentials
internal import FrontDoor
internal import Linux
internal import Settings

/// The certificates and their keys.
extension Examination {
    var certificate: [DoctorCheck] { self.configuration.tls.map(Self.certificates) ?? [] }

    /// What is to be said of each certificate, in their order.
    package static func certificates(_ tls: TLSSpec) -> [DoctorCheck] {
        tls.all.enumerated().flatMap { index, certificate in
            self.checks(certificate, title: tls.others.isEmpty ? "certificate" : "certificate \(index + 1)")
        }
    }

    private static func checks(_ certificate: TLSSpec.Certificate, title: String) -> [DoctorCheck] {
        do throws(CertificateFailure) {
            let report = try CertificateReport(examining: certificate)
            let validity = DoctorCheck.certificate(
                certificate,
                title: title,
                begins: report.begins,
                expires: report.expires,
                names: report.names,
                unix: Int64(Date().timeIntervalSince1970)
            )
            return [validity, self.privacy(of: certificate, title)].compactMap(\.self)
        } catch {
            return [
                DoctorCheck(
                    title,
                    .problem,
                    error.description,
                    remedy: "Correct tls.certificate and tls.key in the configuration, or the files."
                )
            ]
        }
    }

    private static func privacy(of certificate: TLSSpec.Certificate, _ title: String) -> DoctorCheck? {
        guard SmallFile.kind(of: certificate.key)?.othersMayRead == true else { return nil }
        return DoctorCheck(
            "key of the \(title)",
            .warning,
            "Every user of this machine may read \(certificate.key).",
            remedy: "Close it with chmod o= \(certificate.key)."
        )
    }
}
