internal import CLinux

/// Rights that this process gives up for ever.
package enum Confinement {
    /// No thread of it can become another program, nor what it starts.
    package static func forbidPrograms() throws(LinuxError) {
        try LinuxError.check(linux_forbid_programs(), "seccomp")
    }
}
