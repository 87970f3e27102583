/// What a running host leaves in its state directory so that it can be found: `<state>/host.json`.
package struct HostFile: Codable, Hashable, Sendable {
    package var pid: Int

    /// Where its API is reached from this machine, `host:port`; absent where HTTP is off.
    package var http: String?
    package var version: String

    package static let name = "host.json"

    package init(pid: Int, http: String?, version: String) {
        self.pid = pid
        self.http = http
        self.version = version
    }

    package init(reading bytes: [UInt8]) throws {
        self = try JSONText.decode(Self.self, from: bytes)
    }

    package var json: [UInt8] { JSONText.encode(self) }
}
