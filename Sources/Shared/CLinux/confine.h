// A filter of system calls (seccomp(2)) that a process lays on itself.
#pragma once

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__x86_64__)
#define LINUX_OWN_ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define LINUX_OWN_ARCHITECTURE AUDIT_ARCH_AARCH64
#else
#error "Which calls a filter sees depends on the architecture: name this one."
#endif

// Lays a filter on the process with all its threads. -1 and errno, or 0.
static inline int linux_lay_filter(struct sock_fprog *program) {
    // Without rights a process may filter only itself and what can gain none.
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) return -1;
    long result = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, program);
    if (result > 0) errno = EBUSY;
    return result == 0 ? 0 : -1;
}

// Forbids the process, with all its threads and for ever, to become another program: execve answers EPERM, and so does
// every call that is not numbered as this architecture numbers them. -1 and errno, or 0.
static inline int linux_forbid_programs(void) {
    struct sock_filter steps[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, LINUX_OWN_ARCHITECTURE, 0, 4),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        // The numbers of x32 begin here; other architectures have none so high.
        BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 0x40000000, 2, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_execve, 1, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_execveat, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {.len = sizeof steps / sizeof *steps, .filter = steps};
    return linux_lay_filter(&program);
}

// Forbids the process, with all its threads and for ever, to say to whom it sends: what is left to it are sockets that are
// connected, which it cannot connect to anybody else. A filter sees the arguments of a call and not what they point to, so
// sendmsg, by which descriptors are passed, is left for `control` alone, a socket that has a peer; nothing else can get
// that number, because it can neither be closed nor replaced. -1 and errno, or 0.
#define LINUX_ARGUMENT(index) (offsetof(struct seccomp_data, args) + 8 * (index))
#define LINUX_STEP_LOAD(offset) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (offset))
#define LINUX_STEP_EQUAL(value, yes, no) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (value), (yes), (no))
#define LINUX_STEP_REFUSE BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM)
#define LINUX_STEP_ALLOW BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)
// The halves of an argument, on machines whose low one comes first: both architectures above are.
#define LINUX_LOW(index) LINUX_ARGUMENT(index)
#define LINUX_HIGH(index) (LINUX_ARGUMENT(index) + 4)
// Descriptors are 32 bits for the kernel, whatever stands above them.
#define LINUX_ONLY_FOR(call, index, descriptor)                                                             \
    LINUX_STEP_LOAD(offsetof(struct seccomp_data, nr)), LINUX_STEP_EQUAL(call, 0, 4),                       \
        LINUX_STEP_LOAD(LINUX_LOW(index)), LINUX_STEP_EQUAL((uint32_t)(descriptor), 1, 0), LINUX_STEP_REFUSE, \
        LINUX_STEP_ALLOW
#define LINUX_NEVER_FOR(call, index, descriptor)                                                            \
    LINUX_STEP_LOAD(offsetof(struct seccomp_data, nr)), LINUX_STEP_EQUAL(call, 0, 4),                       \
        LINUX_STEP_LOAD(LINUX_LOW(index)), LINUX_STEP_EQUAL((uint32_t)(descriptor), 0, 1), LINUX_STEP_REFUSE, \
        LINUX_STEP_ALLOW
#define LINUX_NEVER(call) LINUX_STEP_EQUAL(call, 0, 1), LINUX_STEP_REFUSE
static inline int linux_forbid_addresses(int control) {
    struct sock_filter steps[] = {
        LINUX_STEP_LOAD(offsetof(struct seccomp_data, arch)),
        LINUX_STEP_EQUAL(LINUX_OWN_ARCHITECTURE, 1, 0),
        LINUX_STEP_REFUSE,
        LINUX_STEP_LOAD(offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 0x40000000, 0, 1),
        LINUX_STEP_REFUSE,
        LINUX_NEVER(SYS_sendmmsg),
        LINUX_NEVER(SYS_connect),
        LINUX_NEVER(425 /* io_uring_setup, whose requests no filter sees */),
        // An address that is none.
        LINUX_STEP_EQUAL(SYS_sendto, 0, 6),
        LINUX_STEP_LOAD(LINUX_LOW(4)),
        LINUX_STEP_EQUAL(0, 0, 2),
        LINUX_STEP_LOAD(LINUX_HIGH(4)),
        LINUX_STEP_EQUAL(0, 1, 0),
        LINUX_STEP_REFUSE,
        LINUX_STEP_ALLOW,
        LINUX_ONLY_FOR(SYS_sendmsg, 0, control),
        LINUX_NEVER_FOR(SYS_close, 0, control),
        LINUX_NEVER_FOR(SYS_dup3, 1, control),
#ifdef SYS_dup2
        LINUX_NEVER_FOR(SYS_dup2, 1, control),
#endif
        LINUX_STEP_LOAD(offsetof(struct seccomp_data, nr)),
        LINUX_STEP_EQUAL(436 /* close_range */, 0, 4),
        LINUX_STEP_LOAD(LINUX_LOW(0)),
        BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, (uint32_t)control, 1, 0),
        LINUX_STEP_REFUSE,
        LINUX_STEP_ALLOW,
        LINUX_STEP_ALLOW,
    };
    struct sock_fprog program = {.len = sizeof steps / sizeof *steps, .filter = steps};
    return linux_lay_filter(&program);
}
