import Contract
import Settings

/// What may stand behind `--rtmp` and `--http`.
enum AddressOption {
    static func parse(_ text: String) throws -> RelayChoice.Override {
        text == "off" ? .off : .at(try ListenAddress(text))
    }
}

extension ListenSpec {
    /// What only a host listens for.
    var hostOnly: [String] {
        [("rtmps", self.rtmps), ("https", self.https)].compactMap { $0.1 == nil ? nil : $0.0 }
    }
}
