internal import CLinux
internal import Glibc

/// A process that cannot be mistaken for a later one of the same number (pidfd_open(2), Linux 5.4).
package struct ProcessHandle: ~Copyable, Sendable {
    /// In this process's numbering.
    package let pid: Int32

    /// Readable once it has ended.
    package let descriptor: OwnedDescriptor

    private init(pid: Int32, descriptor: consuming OwnedDescriptor) {
        self.pid = pid
        self.descriptor = descriptor
        HeldProcesses.add(pid)
    }

    deinit {
        HeldProcesses.remove(self.pid)
    }

    /// A process that runs, or a child whose status nobody has taken yet.
    package static func open(_ pid: Int32) throws(LinuxError) -> ProcessHandle {
        let number = try LinuxError.check(linux_process_descriptor(pid), "pidfd_open")
        return ProcessHandle(pid: pid, descriptor: OwnedDescriptor(takingOwnership: number))
    }

    /// Starts a program, named by its path, in a group of its own. The environment is all of what it gets, and `files` are
    /// its descriptors 0, 1, 2 …; it gets no others.
    package static func spawn(
        _ program: String,
        _ arguments: [String],
        environment: [String: String],
        files: [CInt]
    ) throws(LinuxError) -> ProcessHandle {
        var words = unsafe ([program] + arguments).map { unsafe strdup($0) } + [nil]
        var settings = unsafe environment.map { unsafe strdup("\($0.key)=\($0.value)") } + [nil]
        defer { unsafe (words + settings).forEach { unsafe free($0) } }
        var pid: pid_t = 0
        let code = unsafe linux_spawn(&pid, program, &words, &settings, files, CInt(files.count))
        guard code == 0 else { throw LinuxError("posix_spawn", code: code) }
        // Our own child cannot be collected by anybody else, so its number is still its own.
        return try Self.open(pid)
    }

    /// Sends a signal; nothing when the process has ended.
    package borrowing func signal(_ number: CInt) {
        _ = linux_process_signal(self.descriptor.number, number)
    }

    package borrowing func kill() {
        self.signal(SIGKILL)
    }

    /// Sends a signal to the group the process leads, and so to what it has started, while it has not been collected.
    package borrowing func signalGroup(_ number: CInt) {
        _ = Glibc.kill(-self.pid, number)
    }

    /// Waits for the end on this thread; false where the time was over first.
    package borrowing func awaitEnd(until deadline: MonotonicInstant) -> Bool {
        while true {
            let left = MonotonicClock.now.duration(to: deadline).nanoseconds
            let milliseconds = left <= 0 ? 0 : min(left / 1_000_000 + 1, 60_000)
            if linux_await_readable(self.descriptor.number, CInt(milliseconds)) > 0 { return true }
            if left <= 0 { return false }
        }
    }

    /// Takes the status of a child, or of an orphan this process has adopted; nil while it runs. Once taken, it is gone:
    /// asking again throws, as asking about a process that is not ours does.
    package borrowing func collect() throws(LinuxError) -> ProcessEnding? {
        var code: CInt = 0
        var status: CInt = 0
        let result = try LinuxError.check(
            unsafe linux_process_collect(self.descriptor.number, &code, &status),
            "waitid"
        )
        guard result > 0 else { return nil }
        return code == CLD_EXITED ? .exited(code: status) : .signalled(status)
    }

    /// Makes this process the parent of its descendants' orphans (prctl(2)), so that their ends can be collected.
    package static func adoptOrphans() throws(LinuxError) {
        try LinuxError.check(linux_become_subreaper(), "prctl")
    }

    package borrowing func limitOpenFiles(_ count: Int) throws(LinuxError) {
        try LinuxError.check(linux_limit_open_files(self.pid, UInt64(clamping: count)), "prlimit")
    }
}
