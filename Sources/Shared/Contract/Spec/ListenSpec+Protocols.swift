extension ListenSpec {
    /// The protocols that are served, in the order in which people are shown them.
    package var served: [WireProtocol] { WireProtocol.allCases.filter { self[$0] != nil } }

    /// Whether connections of a kind are taken, with TLS around them or without.
    package func serves(_ stage: Handover.Stage) -> Bool { self.served.contains { $0.stage == stage } }

    /// Whether a listener needs a certificate.
    package var needsCertificate: Bool { self.served.contains(where: \.isSecure) }
}
