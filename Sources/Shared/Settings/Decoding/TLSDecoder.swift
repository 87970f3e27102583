import Contract

/// Reads what stands under `tls`.
struct TLSDecoder {
    let settings: SettingGroup
    let listeners: SettingGroup

    func spec(for listen: ListenSpec, _ problems: inout [ConfigurationProblem]) -> TLSSpec? {
        let certificate = self.path("certificate", &problems)
        let key = self.path("key", &problems)
        switch (certificate, key) {
        case (let certificate?, let key?): return TLSSpec(certificate: certificate, key: key)
        case (_?, nil): self.complain("key", "the key is missing; write key: and the path of its file.", &problems)
        case (nil, _?):
            let sentence = "the certificate is missing; write certificate: and the path of its file."
            self.complain("certificate", sentence, &problems)
        case (nil, nil): self.refuse(listen, &problems)
        }
        return nil
    }

    /// Listeners that need what is not there.
    private func refuse(_ listen: ListenSpec, _ problems: inout [ConfigurationProblem]) {
        for kind in WireProtocol.allCases where kind.isSecure && listen[kind] != nil {
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

    private func path(_ key: String, _ problems: inout [ConfigurationProblem]) -> String? {
        self.settings.read(key, standard: nil, &problems) { text in
            guard text.utf8.count <= 4096 else { throw ValueError("the path is too long.") }
            return text
        }
    }

    private func complain(_ key: String, _ sentence: String, _ problems: inout [ConfigurationProblem]) {
        problems.append(
            ConfigurationProblem(
                origin: self.settings.origin(of: key),
                path: self.settings.path + [key],
                sentence: sentence
            )
        )
    }
}
