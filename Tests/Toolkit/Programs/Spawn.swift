import Foundation
import Glibc

/// A child process in a process group of its own, with pipes for what it says.
///
/// Foundation's `Process` loses ends of children when many are started at once, and tells nobody.
struct Spawn {
    let pid: pid_t
    let output: CInt
    let error: CInt

    private static let turn = NSLock()

    init(
        _ name: String,
        executable: String,
        arguments: [String],
        environment: [String: String],
        inheriting inherited: CInt? = nil
    ) throws(ProgramError) {
        func failure(_ call: String, _ code: CInt) -> ProgramError {
            .notStarted(name, reason: "\(call): \(unsafe String(cString: strerror(code)))")
        }
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        var attributes = posix_spawnattr_t()
        unsafe posix_spawnattr_init(&attributes)
        defer { unsafe posix_spawnattr_destroy(&attributes) }
        // A group of its own, default handlers for what the test process may ignore.
        var defaults = sigset_t()
        unsafe sigemptyset(&defaults)
        unsafe sigaddset(&defaults, SIGPIPE)
        unsafe posix_spawnattr_setsigdefault(&attributes, &defaults)
        var mask = sigset_t()
        unsafe sigemptyset(&mask)
        unsafe posix_spawnattr_setsigmask(&attributes, &mask)
        unsafe posix_spawnattr_setpgroup(&attributes, 0)
        let flags = POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK
        unsafe posix_spawnattr_setflags(&attributes, Int16(flags))

        var output: [CInt] = [-1, -1]
        var error: [CInt] = [-1, -1]
        // One at a time, so that no child gets the ends of another's pipes before they are marked.
        Self.turn.lock()
        defer { Self.turn.unlock() }
        guard unsafe pipe(&output) == 0 else { throw failure("pipe", errno) }
        guard unsafe pipe(&error) == 0 else {
            for end in output { close(end) }
            throw failure("pipe", errno)
        }
        for end in output + error { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        unsafe posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        unsafe posix_spawn_file_actions_adddup2(&actions, output[1], 1)
        unsafe posix_spawn_file_actions_adddup2(&actions, error[1], 2)

        if let inherited { unsafe posix_spawn_file_actions_adddup2(&actions, inherited, 3) }

        var words: [UnsafeMutablePointer<CChar>?] = unsafe ([executable] + arguments).map { unsafe strdup($0) } + [nil]
        var settings: [UnsafeMutablePointer<CChar>?] =
            unsafe environment.map { unsafe strdup("\($0.key)=\($0.value)") } + [nil]
        defer { unsafe (words + settings).forEach { unsafe free($0) } }
        var pid: pid_t = 0
        let code = unsafe posix_spawn(&pid, executable, &actions, &attributes, &words, &settings)
        close(output[1])
        close(error[1])
        guard code == 0 else {
            close(output[0])
            close(error[0])
            throw failure("posix_spawn", code)
        }
        self.pid = pid
        self.output = output[0]
        self.error = error[0]
    }

    /// Reads both pipes to their ends and then waits for the process: on a thread of its own, because it blocks.
    func follow(_ record: ProgramRecord) {
        let thread = Thread {
            var polls = [
                pollfd(fd: self.output, events: Int16(POLLIN), revents: 0),
                pollfd(fd: self.error, events: Int16(POLLIN), revents: 0),
            ]
            var chunk = [UInt8](repeating: 0, count: 1 << 16)
            while polls.contains(where: { $0.fd >= 0 }) {
                guard unsafe poll(&polls, nfds_t(polls.count), -1) > 0 else { continue }
                for (index, source) in [Program.Source.output, .error].enumerated() where polls[index].revents != 0 {
                    let count = unsafe read(polls[index].fd, &chunk, chunk.count)
                    if count < 0, errno == EINTR { continue }
                    record.received(Data(chunk.prefix(max(0, count))), from: source)
                    if count <= 0 {
                        close(polls[index].fd)
                        polls[index].fd = -1
                    }
                }
            }
            var status: CInt = 0
            while unsafe waitpid(self.pid, &status, 0) < 0, errno == EINTR {}
            let signal = status & 0x7F
            record.ended(signal == 0 ? .exit(status >> 8 & 0xFF) : .signal(signal))
        }
        thread.name = "program \(self.pid)"
        thread.start()
    }
}
