import Contract

extension ListenSpec {
    /// What only a host listens for.
    var hostOnly: [String] {
        WireProtocol.allCases.filter { $0.isSecure && self[$0] != nil }.map(\.rawValue)
    }
}
