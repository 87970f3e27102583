internal import FoundationEssentials
internal import Linux

/// The directory a runtime makes a container from; it is there already.
struct Bundle: Sendable {
    let path: String

    var pidFile: String { "\(self.path)/pid" }
    var log: String { "\(self.path)/log" }

    func write(_ spec: OCISpec, _ root: RootFileSystem) throws(RuntimeError) {
        do throws(LinuxError) {
            try Self.makeRoot(root, at: "\(self.path)/root")
            try SmallFile.write(Self.text(of: spec), to: "\(self.path)/config.json")
        } catch {
            throw .storage(self.path, error)
        }
    }

    /// The empty root with a place for each thing to mount, so that the runtime need not make any.
    static func makeRoot(_ root: RootFileSystem, at path: String) throws(LinuxError) {
        try Directory.makeNew(path, mode: 0o755)
        for directory in root.empty { try Directory.makeNew(path + directory, mode: 0o755) }
        for link in root.links { try SmallFile.makeLink(to: link.target, at: path + link.path) }
        for bind in root.binds {
            var folder = path
            for part in bind.destination.split(separator: "/").dropLast() {
                folder += "/\(part)"
                if SmallFile.kind(of: folder) == nil { try Directory.makeNew(folder, mode: 0o755) }
            }
            if bind.isDirectory {
                try Directory.makeNew(path + bind.destination, mode: 0o755)
            } else {
                try SmallFile.write("", to: path + bind.destination, mode: 0o644)
            }
        }
    }

    static func text(of value: some Encodable) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        do {
            return String(decoding: try encoder.encode(value), as: UTF8.self)
        } catch {
            preconditionFailure("a value of our own is not encodable: \(error)")
        }
    }

    /// The last error a runtime has logged, nil when there is none.
    func lastError() -> String? {
        struct Entry: Decodable {
            var level: String?
            var msg: String
        }
        let text = (try? SmallFile.read(self.log)) ?? ""
        return text.split(separator: "\n").compactMap { line -> String? in
            let entry = try? JSONDecoder().decode(Entry.self, from: Data(line.utf8))
            return entry?.level == "warning" || entry?.level == "debug" ? nil : entry?.msg
        }.last
    }
}
