internal import FoundationEssentials

/// Whole files, with failures in a sentence.
enum Files {
    static func read(_ path: String) throws(Failure) -> [UInt8] {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw Failure("\(path) cannot be read: is it there, and may you read it?")
        }
        return Array(data)
    }

    static func write(_ bytes: [UInt8], to path: String) throws(Failure) {
        do {
            try Data(bytes).write(to: URL(filePath: path))
        } catch {
            throw Failure("\(path) cannot be written: \(error)")
        }
    }
}
