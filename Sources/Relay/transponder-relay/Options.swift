import Contract

extension ListenSpec {
    /// What only a host listens for.
    var hostOnly: [String] {
        WireProtocol.allCases.filter { $0.isSecure && !self[all: $0].isEmpty }.map(\.rawValue)
    }
}
