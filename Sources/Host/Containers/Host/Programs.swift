internal import FoundationEssentials
internal import Linux

/// Programs of the machine.
package enum Programs {
    /// Where a program is: on the path, or where distributions keep what only root runs.
    package static func find(_ name: String) -> String? {
        let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
        let folders = path.split(separator: ":").map(String.init) + ["/usr/sbin", "/usr/bin", "/sbin", "/bin"]
        return folders.lazy.map { "\($0)/\(name)" }.first { path in
            guard let kind = SmallFile.kind(of: path) else { return false }
            return kind.isFile && kind.mode & 0o111 != 0
        }
    }
}
