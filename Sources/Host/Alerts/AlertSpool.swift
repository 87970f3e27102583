internal import Contract
internal import Linux

/// Files in the state directory in which what is still to be told survives the host.
struct AlertSpool: Sendable {
    let directory: String

    /// Bytes of a file that are read; what is written is bounded to less.
    private static let limit = 4 << 20

    /// What was kept under a name; nil where there is nothing that can be read.
    func load<Value: Decodable>(_ type: Value.Type, _ name: String) -> Value? {
        guard let bytes = try? SmallFile.bytes(of: self.path(name), limit: Self.limit) else { return nil }
        return try? AlertJSON.decode(type, from: bytes)
    }

    /// Whole or not at all.
    func save(_ value: some Encodable, _ name: String) throws(LinuxError) {
        try Directory.make(self.directory)
        let draft = self.path(name) + ".new"
        try SmallFile.write(AlertJSON.encode(value), to: draft)
        try SmallFile.rename(draft, to: self.path(name))
    }

    func remove(_ name: String) { try? SmallFile.remove(self.path(name)) }

    private func path(_ name: String) -> String { "\(self.directory)/\(name).json" }
}
