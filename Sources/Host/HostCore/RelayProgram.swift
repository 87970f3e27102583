internal import FoundationEssentials

/// The program of one relay instance.
package enum RelayProgram {
    /// The one that was installed together with this.
    package static func beside() throws(HostError) -> String {
        let own = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
        let path = own.deletingLastPathComponent().appending(path: "transponder-relay").path
        guard FileManager.default.isExecutableFile(atPath: path) else {
            throw HostError("\(path) is missing: both programs must be in one directory")
        }
        return path
    }
}
