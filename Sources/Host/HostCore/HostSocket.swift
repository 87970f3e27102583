internal import Linux

/// The unix socket in the state directory at which commands find a running host: `<state>/host.sock`.
package enum HostSocket {
    package static let name = "host.sock"

    package static func path(in state: String) -> String { "\(state)/\(Self.name)" }

    /// Whether there is one. A host that did not end in good order leaves it behind.
    package static func isThere(in state: String) -> Bool { SmallFile.kind(of: Self.path(in: state)) != nil }

    /// The process that listens there; nil where none does, or where it cannot be seen from here.
    package static func process(in state: String) -> Int? {
        guard let socket = try? UnixSocket.connect(to: Self.path(in: state)),
            let peer = try? UnixSocket.peer(of: socket), peer.process > 0
        else { return nil }
        return Int(peer.process)
    }
}
