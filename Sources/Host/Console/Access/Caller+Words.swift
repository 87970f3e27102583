extension Caller {
    /// Who it is, for what is written down.
    var words: String {
        switch self.entrance {
        case .local: "the command line"
        case .admin, .everybody: "somebody at \(self.host ?? "an unknown address")"
        }
    }
}
