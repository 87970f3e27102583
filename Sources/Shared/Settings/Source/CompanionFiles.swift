import Foundation
import Linux

/// Files that a configuration names, such as session descriptions.
package struct CompanionFiles: Sendable {
    /// The bytes of a file, at most one more than the limit.
    private let read: @Sendable (_ path: String, _ limit: Int) throws(ValueError) -> [UInt8]

    /// Where a file is that is named by a path.
    let place: @Sendable (_ path: String) -> String

    package init(
        place: @escaping @Sendable (_ path: String) -> String = { $0 },
        read: @escaping @Sendable (_ path: String, _ limit: Int) throws(ValueError) -> [UInt8]
    ) {
        self.place = place
        self.read = read
    }

    /// From disk; paths start where the configuration file is, or at the working directory if there is none. What is read
    /// is noted.
    package static func beside(_ configuration: String?, noting named: NamedFiles? = nil) -> CompanionFiles {
        let place: @Sendable (String) -> String = { path in
            let base = configuration.map { URL(filePath: $0).deletingLastPathComponent() }
            return URL(filePath: path, relativeTo: base).path
        }
        return CompanionFiles(place: place) { (path, limit) throws(ValueError) in
            let file = place(path)
            named?.note(file)
            switch SmallFile.kind(of: file)?.isDirectory {
            case nil: throw ValueError("there is no file '\(file)'.")
            case true: throw ValueError("'\(file)' is a directory, not a file.")
            case false: break
            }
            do throws(LinuxError) {
                return try SmallFile.bytes(of: file, limit: limit + 1)
            } catch {
                throw ValueError("'\(file)' cannot be read: \(error.reason).")
            }
        }
    }

    func text(of path: String, limit: Int) throws(ValueError) -> String {
        guard path.utf8.count <= 4096 else { throw ValueError("the path is too long.") }
        let bytes = try self.read(path, limit)
        guard bytes.count <= limit else { throw ValueError("'\(path)' has more than \(limit) bytes.") }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw ValueError("'\(path)' is not UTF-8 text.")
        }
        return text
    }
}
