package import Contract

/// What there is to say of the certificate that the host shows.
package struct CertificateHealth: Hashable, Sendable {
    /// The raw values stand in reports: they never change.
    package enum State: String, Hashable, Sendable, CaseIterable {
        case good
        /// It ends within ``CertificateHealth/notice``.
        case expiring
        case expired
    }

    /// How long before its end somebody should see to it.
    package static let notice = Duration.seconds(14 * 86_400)

    package let state: State

    /// End of its validity, seconds since 1970.
    package let expires: Int

    /// For a person: what is the matter, and what to do.
    package let sentence: String

    /// - Parameters:
    ///   - expires: End of its validity, seconds since 1970.
    ///   - name: A host that it is for, where there are several certificates.
    ///   - unix: Now, µs since 1970.
    package init(expires: Int, name: String? = nil, unix: Int64) {
        let subject = name.map { "The TLS certificate for \($0)" } ?? "The TLS certificate"
        // A file may say anything; ten thousand years are enough either way.
        let bounds = -315_576_000_000...315_576_000_000
        let remaining = Duration.seconds(
            min(max(expires, bounds.lowerBound), bounds.upperBound) - Int(unix / 1_000_000)
        )
        self.expires = expires
        switch remaining {
        case ...Duration.zero:
            self.state = .expired
            self.sentence =
                "\(subject) expired \(Phrases.time(.zero - remaining)) ago, so browsers and encoders refuse the "
                + "connection: renew it. The new one is used as soon as its files are there."
        case ..<Self.notice:
            self.state = .expiring
            self.sentence =
                "\(subject) expires in \(Phrases.time(remaining)): renew it. The new one is used as soon as its "
                + "files are there."
        default:
            self.state = .good
            self.sentence = "\(subject) is valid for \(Phrases.time(remaining)) more."
        }
    }

    /// Of the one that a host shows, the first to end of several; nil where it shows none.
    package init?(_ host: HostSnapshot) {
        guard let expires = host.door.certificateExpires else { return nil }
        self.init(expires: expires, name: host.door.certificateName, unix: host.clock.unix)
    }
}
