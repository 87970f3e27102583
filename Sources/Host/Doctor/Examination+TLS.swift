internal import Contract
internal import FoundationEssentials
internal import FrontDoor
internal import Linux
internal import Settings

/// The certificate and its key.
extension Examination {
    var certificate: [DoctorCheck] {
        guard let tls = self.configuration.tls else { return [] }
        do throws(CertificateFailure) {
            let report = try CertificateReport(examining: tls)
            let validity = DoctorCheck.certificate(
                tls,
                begins: report.begins,
                expires: report.expires,
                names: report.names,
                unix: Int64(Date().timeIntervalSince1970)
            )
            return [validity, self.privacy(of: tls)].compactMap(\.self)
        } catch {
            return [
                DoctorCheck(
                    "certificate",
                    .problem,
                    error.description,
                    remedy: "Correct tls.certificate and tls.key in the configuration, or the files."
                )
            ]
        }
    }

    private func privacy(of tls: TLSSpec) -> DoctorCheck? {
        guard SmallFile.kind(of: tls.key)?.othersMayRead == true else { return nil }
        return DoctorCheck(
            "key of the certificate",
            .warning,
            "Every user of this machine may read \(tls.key).",
            remedy: "Close it with chmod o= \(tls.key)."
        )
    }
}
