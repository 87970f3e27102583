import Contract

/// Reads what stands under `tls`: a certificate, or a list of them.
struct TLSDecoder {
    let settings: SettingGroup
    let listeners: SettingGroup

    /// More than anybody shows; each is read every second.
    static let limit = 256

    func spec(for listen: ListenSpec, _ problems: inout [ConfigurationProblem]) -> TLSSpec? {
        guard case .list(let items) = self.settings.node?.content else {
            guard self.settings.node?.entries.isEmpty == false else {
                self.refuse(listen, &problems)
                return nil
            }
            return self.certificate(self.settings, &problems).map { TLSSpec($0) }
        }
        guard items.count <= Self.limit else {
            self.complain(self.settings, nil, "there are more than \(Self.limit) certificates.", &problems)
            return nil
        }
        let certificates = items.enumerated().compactMap { index, item in
            let entry = SettingGroup(path: self.settings.path + ["\(index + 1)"], node: item)
            return self.certificate(entry, &problems)
        }
        guard let first = certificates.first, certificates.count == items.count else { return nil }
        return TLSSpec(first, Array(certificates.dropFirst()))
    }

    private func certificate(
        _ entry: SettingGroup,
        _ problems: inout [ConfigurationProblem]
    ) -> TLSSpec.Certificate? {
        let names: [String] = entry.list("names", standard: [], &problems) { text in
            let words = text.split { $0 == "," || $0.isWhitespace }.map(String.init)
            if let wrong = words.first(where: { !HostPattern.isValid($0) }) {
                throw ValueError("'\(wrong)' is not the name of a host; write \(ValueForm.names.example).")
            }
            return words
        }
        switch (self.path("certificate", in: entry, &problems), self.path("key", in: entry, &problems)) {
        case (let certificate?, let key?):
            return TLSSpec.Certificate(certificate: certificate, key: key, names: names)
        case (_?, nil):
            self.complain(entry, "key", "the key is missing; write key: and the path of its file.", &problems)
        case (nil, _):
            let sentence = "the certificate is missing; write certificate: and the path of its file."
            self.complain(entry, "certificate", sentence, &problems)
        }
        return nil
    }

    /// Listeners that need what is not there.
    private func refuse(_ listen: ListenSpec, _ problems: inout [ConfigurationProblem]) {
        for kind in listen.served where kind.isSecure {
            let key = kind.rawValue
            problems.append(
                ConfigurationProblem(
                    origin: self.listeners.origin(of: key),
                    path: self.listeners.path + [key],
                    sentence: "it needs a certificate; write tls: with certificate: and key: under it."
                )
            )
        }
    }

    private func path(
        _ key: String,
        in entry: SettingGroup,
        _ problems: inout [ConfigurationProblem]
    ) -> String? {
        entry.read(key, standard: nil, &problems) { text in
            guard text.utf8.count <= 4096 else { throw ValueError("the path is too long.") }
            return text
        }
    }

    private func complain(
        _ entry: SettingGroup,
        _ key: String?,
        _ sentence: String,
        _ problems: inout [ConfigurationProblem]
    ) {
        problems.append(
            ConfigurationProblem(
                origin: key.map { entry.origin(of: $0) } ?? entry.node?.origin ?? .standard,
                path: entry.path + [key].compactMap(\.self),
                sentence: sentence
            )
        )
    }
}
