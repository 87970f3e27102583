package import Contract
import Foundation

/// Why a port could not be opened, as one sentence that says what to do.
package struct ListenFailure: StartFailure, Hashable, Sendable, CustomStringConvertible {
    /// `rtmp`, `http`: the key under `listen` and the option that override it.
    package let name: String
    package let address: ListenAddress

    /// The kernel's `errno`.
    package let code: Int32

    package init(name: String, address: ListenAddress, code: Int32) {
        self.name = name
        self.address = address
        self.code = code
    }

    package var isTaken: Bool { self.code == EADDRINUSE }

    package var description: String {
        let host = self.address.isWildcard ? "" : " of \(self.address.host)"
        let port = "Port \(self.address.port)\(host) (\(self.name))"
        let other = "choose another with --\(self.name) or listen.\(self.name)"
        switch self.code {
        case EADDRINUSE:
            return
                "\(port) is taken by another program: stop it (ss -ltnp 'sport = :\(self.address.port)' shows which), "
                + "or \(other)."
        case EACCES, EPERM:
            return "\(port) needs rights this user does not have: choose one from 1024 up with --\(self.name), or give "
                + "the program the right with setcap cap_net_bind_service=+ep."
        case EADDRNOTAVAIL:
            return
                "\(self.address.host) (\(self.name)) is not an address of this machine: use 0.0.0.0 for all it has, or "
                + "\(other)."
        case EAFNOSUPPORT:
            return "\(self.address) (\(self.name)) cannot be used because this machine has no IPv6: use 0.0.0.0."
        case EMFILE, ENFILE:
            return "\(port) cannot be opened because too many files are open: raise the limit with ulimit -n."
        default:
            let reason = POSIXErrorCode(rawValue: self.code).map { POSIXError($0).localizedDescription }
            return "\(port) cannot be opened (\(reason ?? "error \(self.code)")): \(other)."
        }
    }

    package var exitCode: Int32 {
        switch self.code {
        case EACCES, EPERM: ExitStatus.noPermission
        default: ExitStatus.unavailable
        }
    }
}
