internal import CLinux

/// Rights that this process gives up for ever.
package enum Confinement {
    /// No thread of it can become another program, nor what it starts.
    package static func forbidPrograms() throws(LinuxError) {
        try LinuxError.check(linux_forbid_programs(), "seccomp")
    }

    /// No thread of it can say to whom it sends: only sockets that are connected can be sent by, and none can be connected.
    /// Descriptors are passed by the control socket alone, which stays open as long as the process lives.
    package static func forbidAddresses(control: CInt) throws(LinuxError) {
        try LinuxError.check(linux_forbid_addresses(control), "seccomp")
    }
}
