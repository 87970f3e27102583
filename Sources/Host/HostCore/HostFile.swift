internal import Console
internal import Glibc
internal import Linux

/// What a running host leaves in its state directory so that it can be found: `<state>/host.json`.
package struct HostFile: Codable, Hashable, Sendable {
    package var pid: Int

    /// Where its API is reached from this machine, `host:port`; absent where HTTP is off.
    package var http: String?
    package var version: String

    package static let name = "host.json"

    /// More than it ever has.
    private static let sizeLimit = 64 << 10

    package init(pid: Int, http: String?, version: String) {
        self.pid = pid
        self.http = http
        self.version = version
    }

    /// Reads the one of a state directory.
    package init(in state: String) throws {
        self = try JSONText.decode(Self.self, from: SmallFile.bytes(of: Self.path(in: state), limit: Self.sizeLimit))
    }

    package static func path(in state: String) -> String { "\(state)/\(Self.name)" }

    /// Writes it into a state directory; it appears whole or not at all, and is open to its owner alone.
    package func write(in state: String) throws(HostError) {
        let path = Self.path(in: state)
        let draft = "\(path).\(getpid()).new"
        do throws(LinuxError) {
            try SmallFile.write(JSONText.encode(self), to: draft)
            try SmallFile.rename(draft, to: path)
        } catch {
            try? SmallFile.remove(draft)
            throw HostError(
                error.isFull
                    ? "\(path) cannot be written: no space left on the disk that it lies on; free some"
                    : "\(path) cannot be written: \(error.reason)"
            )
        }
    }
}
