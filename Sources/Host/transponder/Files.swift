internal import FoundationEssentials
internal import Linux

/// Whole files, with failures in a sentence.
enum Files {
    static func read(_ path: String) throws(CommandError) -> [UInt8] {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw CommandError("\(path) cannot be read: is it there, and may you read it?")
        }
        return Array(data)
    }

    static func write(_ bytes: [UInt8], to path: String) throws(CommandError) {
        do throws(LinuxError) {
            try SmallFile.write(bytes, to: path, mode: 0o644)
        } catch {
            throw Self.failure(path, error)
        }
    }

    private static func failure(_ path: String, _ error: LinuxError) -> CommandError {
        CommandError(
            error.isFull
                ? "\(path) cannot be written: no space left on the disk that it lies on; free some"
                : "\(path) cannot be written: \(error.reason)"
        )
    }
}
