extension SeccompProfile {
    /// What a relay that gets its sockets from the host may call; everything else answers EPERM.
    ///
    /// configs/container/README.md says how this list came to be and how to bring it up to date.
    package static let relay = SeccompProfile(
        architectures: Self.native,
        syscalls: [
            // Memory; a tape is a sealed memfd mapped twice. mlock is libgcrypt's, which comes with libavformat and
            // complains on every start that it cannot.
            .allow([
                "brk", "ftruncate", "madvise", "memfd_create", "mlock", "mmap", "mprotect", "mremap", "munlock",
                "munmap",
            ]),
            // Files: libraries while it starts, /proc/self and /proc/stat later.
            .allow([
                "access", "close", "close_range", "dup", "dup2", "dup3", "faccessat", "faccessat2", "fcntl", "fstat",
                "fstatfs", "getcwd", "getdents64", "lseek", "lstat", "newfstatat", "openat", "pipe2", "pread64",
                "pwrite64", "read", "readlink", "readlinkat", "readv", "stat", "statfs", "statx", "write", "writev",
            ]),
            .allow("ioctl", 1, 0x5401),  // TCGETS: is standard error a terminal?
            .allow("ioctl", 1, 0x5411),  // TIOCOUTQ: what a viewer was given, for whoever goes on with it
            .allow("ioctl", 1, 0x541b),  // FIONREAD
            .allow("ioctl", 1, 0x5421),  // FIONBIO
            // Sockets it was given. None of bind, listen, accept and connect is here, and it can make only pairs.
            .allow([
                "getpeername", "getsockname", "getsockopt", "recvfrom", "recvmmsg", "recvmsg", "sendmsg", "shutdown",
            ]),
            // To whom a socket is connected, and nobody else. sendmsg, which names a peer in memory, stays for the control
            // socket; a relay that serves no SRT gives it up for all others as soon as it knows its configuration.
            .allow("sendto", 4, 0),
            .allow("socket", 0, 1),  // AF_UNIX
            .allow("socketpair", 0, 1),
            // Waiting.
            .allow([
                "epoll_create", "epoll_create1", "epoll_ctl", "epoll_pwait", "epoll_pwait2", "epoll_wait", "eventfd2",
                "poll", "ppoll", "pselect6", "select", "signalfd4", "timerfd_create", "timerfd_gettime",
                "timerfd_settime",
            ]),
            // Threads, no processes: CLONE_THREAD set, and not a bit that makes a namespace (clone(2)). clone3 has its
            // flags in memory, where a filter cannot look; told that it does not exist, glibc falls back to clone.
            .allow("clone", 0, mask: 0x7e03_0000, 0x0001_0000),
            .refuse("clone3", errno: 38),
            .allow([
                "exit", "exit_group", "futex", "get_robust_list", "getpid", "getppid", "getpriority", "gettid",
                "membarrier", "rseq", "sched_get_priority_max", "sched_get_priority_min", "sched_getaffinity",
                "sched_getparam", "sched_getscheduler", "sched_setaffinity", "sched_yield", "set_robust_list",
                "set_tid_address", "setpriority", "tgkill",
            ]),
            .allow("arch_prctl", 0, 0x1002),  // ARCH_SET_FS
            .allow("prctl", 0, 15),  // PR_SET_NAME
            .allow("prctl", 0, 16),  // PR_GET_NAME
            // It lays a filter of its own upon this one once it runs, which takes execve away: SECCOMP_SET_MODE_FILTER, for
            // all threads and with nobody told. A filter can only take away.
            .allow("prctl", 0, 38),  // PR_SET_NO_NEW_PRIVS
            Rule(
                names: ["seccomp"],
                action: "SCMP_ACT_ALLOW",
                args: [
                    Argument(index: 0, value: 1, op: "SCMP_CMP_EQ"), Argument(index: 1, value: 1, op: "SCMP_CMP_EQ"),
                ]
            ),
            // Signals.
            .allow([
                "restart_syscall", "rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "rt_sigsuspend", "rt_sigtimedwait",
                "sigaltstack",
            ]),
            // Time, chance, and who and where it is. prlimit64 lowers limits; raising them takes a capability.
            .allow([
                "clock_getres", "clock_gettime", "clock_nanosleep", "getegid", "geteuid", "getgid", "getrandom",
                "getrusage", "gettimeofday", "getuid", "nanosleep", "prlimit64", "sysinfo", "time", "times", "uname",
            ]),
            // The runtime, which lays the filter on itself, starts the program with it; the program then gives it up.
            .allow(["execve"]),
        ] + Self.socketOptions
    )

    /// The options of its sockets that a relay sets. A socket outlives the relay, and so does what was set on it: SO_LINGER
    /// would have the host wait for the peer when it closes the last descriptor, and SO_LOCK_FILTER would keep a filter that
    /// the next instance could not take off.
    private static let socketOptions: [Rule] =
        [
            7,  // SO_SNDBUF
            8,  // SO_RCVBUF
            9,  // SO_KEEPALIVE
            18,  // SO_RCVLOWAT
            20,  // SO_RCVTIMEO, of libsrt, which waits in recvmsg
            66,  // The same with 64 bits of time on other machines.
            26,  // SO_ATTACH_FILTER
            27,  // SO_DETACH_FILTER
        ].map { .allowOption(1, $0) }
        + [
            1,  // TCP_NODELAY
            4,  // TCP_KEEPIDLE
            5,  // TCP_KEEPINTVL
            6,  // TCP_KEEPCNT
        ].map { .allowOption(6, $0) }
        // UDP_SEGMENT
        + [.allowOption(17, 103)]

    #if arch(arm64)
        private static let native = ["SCMP_ARCH_AARCH64"]
    #else
        private static let native = ["SCMP_ARCH_X86_64"]
    #endif
}
