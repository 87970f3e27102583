import Contract

extension ListenSpec {
    /// What only a host listens for.
    var hostOnly: [String] {
        [("rtmps", self.rtmps), ("https", self.https)].compactMap { $0.1 == nil ? nil : $0.0 }
    }
}
