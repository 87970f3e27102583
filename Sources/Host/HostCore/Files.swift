internal import FoundationEssentials
internal import Glibc
internal import Linux

/// Whole files, with failures in a sentence.
enum Files {
    static func read(_ path: String) throws(Failure) -> [UInt8] {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw Failure("\(path) cannot be read: is it there, and may you read it?")
        }
        return Array(data)
    }

    static func write(_ bytes: [UInt8], to path: String) throws(Failure) {
        do throws(LinuxError) {
            try SmallFile.write(bytes, to: path, mode: 0o644)
        } catch {
            throw Self.failure(path, error)
        }
    }

    /// Writes a file that appears whole or not at all, and that is open to its owner alone.
    static func replace(_ bytes: [UInt8], at path: String) throws(Failure) {
        let draft = "\(path).\(getpid()).new"
        do throws(LinuxError) {
            try SmallFile.write(bytes, to: draft)
            try SmallFile.rename(draft, to: path)
        } catch {
            try? SmallFile.remove(draft)
            throw Self.failure(path, error)
        }
    }

    private static func failure(_ path: String, _ error: LinuxError) -> Failure {
        Failure(
            error.isFull
                ? "\(path) cannot be written: no space left on the disk that it lies on; free some"
                : "\(path) cannot be written: \(error.reason)"
        )
    }
}
