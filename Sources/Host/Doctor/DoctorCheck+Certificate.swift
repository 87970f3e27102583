package import Contract
internal import Health

extension DoctorCheck {
    /// Of a certificate that can be used, whether it can be used for long and by whom.
    ///
    /// - Parameters:
    ///   - tls: Its files, and the names it is shown for.
    ///   - title: What it is called among the checks.
    ///   - begins: Of its validity, seconds since 1970.
    ///   - expires: End of its validity, seconds since 1970.
    ///   - names: The hosts that it is for.
    ///   - unix: Now, seconds since 1970.
    /// - Returns: What was found, and what to do about it.
    package static func certificate(
        _ tls: TLSSpec.Certificate,
        title: String = "certificate",
        begins: Int,
        expires: Int,
        names: [String],
        unix: Int64
    ) -> DoctorCheck {
        let health = CertificateHealth(expires: expires, unix: unix &* 1_000_000)
        switch health.state {
        case .expired: return DoctorCheck(title, .problem, health.sentence, remedy: "Renew \(tls.certificate).")
        case .expiring: return DoctorCheck(title, .warning, health.sentence, remedy: "Renew \(tls.certificate).")
        case .good: break
        }
        if begins > unix {
            return DoctorCheck(
                title,
                .problem,
                "\(tls.certificate) is not valid yet.",
                remedy: "Set this machine's clock right, or use another certificate."
            )
        }
        guard !names.isEmpty else {
            return DoctorCheck(
                title,
                .warning,
                "\(tls.certificate) names no host, so browsers refuse it.",
                remedy: "Use one that has the name viewers type as a subject alternative name."
            )
        }
        let uncovered = tls.names.filter { name in !names.contains { $0.lowercased() == name.lowercased() } }
            .filter { !HostPattern.matches($0, names) }
        guard uncovered.isEmpty else {
            return DoctorCheck(
                title,
                .warning,
                "\(tls.certificate) is shown for \(uncovered.joined(separator: ", ")), which does not stand in it, so browsers "
                    + "refuse it there.",
                remedy: "Use one that has the name as a subject alternative name, or correct tls.names."
            )
        }
        let more = names.count > 8 ? " and \(names.count - 8) more" : ""
        let subject = names.prefix(8).joined(separator: ", ") + more
        return DoctorCheck(title, .good, "\(health.sentence) It is for \(subject).")
    }
}
