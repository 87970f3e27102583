internal import CLinux

/// A system call that failed: which one, and why.
package struct LinuxError: Error, Hashable, Sendable {
    /// The call as its manual page names it.
    package let call: String

    /// The call's `errno`.
    package let code: CInt

    package init(_ call: String, code: CInt) {
        self.call = call
        self.code = code
    }

    /// What the call that has just failed left in `errno`.
    static func last(_ call: StaticString) -> LinuxError {
        LinuxError(call.description, code: linux_errno())
    }

    /// The result of a call that says −1 when it failed.
    @discardableResult
    static func check(_ result: CInt, _ call: StaticString) throws(LinuxError) -> CInt {
        guard result >= 0 else { throw .last(call) }
        return result
    }
}

extension LinuxError: CustomStringConvertible {
    package var description: String {
        "\(self.call): \(unsafe String(cString: linux_error_text(self.code)))"
    }
}

extension LinuxError {
    /// Codes as ``TCPSocket/send(_:count:number:)`` answers them.
    package static let wouldBlock = CInt(EAGAIN)
    package static let interrupted = CInt(EINTR)

    /// As of a port that somebody else has.
    package static let portTaken = LinuxError("bind", code: EADDRINUSE)

    package var isAddressInUse: Bool { self.code == EADDRINUSE }
    package var isPermissionDenied: Bool { self.code == EACCES || self.code == EPERM }
    package var isAddressUnavailable: Bool { self.code == EADDRNOTAVAIL }
    package var isDeviceMissing: Bool { self.code == ENODEV }
    package var isConnectionRefused: Bool { self.code == ECONNREFUSED }

    /// As of a process that may open no more files.
    package static func outOfDescriptors(_ call: String) -> LinuxError { LinuxError(call, code: EMFILE) }

    /// The process or the system has no more file descriptors to give.
    package var isOutOfDescriptors: Bool { self.code == EMFILE || self.code == ENFILE }

    package var isMissing: Bool { self.code == ENOENT }
    package var isAlreadyThere: Bool { self.code == EEXIST }
    package var isFull: Bool { self.code == ENOSPC || self.code == EDQUOT }

    /// The reason without the call: `No space left on device`.
    package var reason: String { unsafe String(cString: linux_error_text(self.code)) }
}

extension LinuxError {
    /// The other end of the connection is gone.
    package var isConnectionLost: Bool { self.code == EPIPE || self.code == ECONNRESET }
}
