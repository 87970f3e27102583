internal import CLinux

/// A file descriptor with one owner, closed when its owner goes.
package struct OwnedDescriptor: ~Copyable, Sendable {
    /// The kernel's number, for calls. Whoever keeps it must not outlive the owner: the kernel gives numbers out again.
    package let number: CInt

    package init(takingOwnership number: CInt) {
        self.number = number
    }

    deinit {
        _ = close(self.number)
    }

    /// Gives the descriptor away: the caller closes it from here on.
    package consuming func release() -> CInt {
        let number = self.number
        discard self
        return number
    }

    /// Another descriptor of the same open file.
    package borrowing func duplicate() throws(LinuxError) -> OwnedDescriptor {
        OwnedDescriptor(takingOwnership: try LinuxError.check(linux_duplicate(self.number), "fcntl"))
    }
}
