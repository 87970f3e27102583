// Processes, files and the clock, as far as glibc hides them behind variadic calls, unions, macros or _GNU_SOURCE
// (which shim.h says why is not defined).
#pragma once

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timex.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#define LINUX_P_PIDFD 3
extern int pipe2(int ends[2], int flags);
extern int posix_spawn_file_actions_addclosefrom_np(posix_spawn_file_actions_t *actions, int from);

static inline int linux_pipe(int ends[2]) { return pipe2(ends, O_CLOEXEC); }

// Starts a program that is the leader of a group of its own and has the descriptors given as its 0, 1, 2 … and no
// others, no signal blocked and none ignored. Answers an errno.
static inline int linux_spawn(
    pid_t *pid, const char *program, char *const *arguments, char *const *environment, const int *files, int count) {
    enum { most = 16 };
    int high[most], made = 0, code = 0;
    if (count > most) return EINVAL;
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    if ((code = posix_spawn_file_actions_init(&actions))) return code;
    if ((code = posix_spawnattr_init(&attributes))) {
        posix_spawn_file_actions_destroy(&actions);
        return code;
    }
    // Out of the way of the numbers they are to have, so that no dup2 overwrites the source of another.
    for (; made < count; made++) {
        high[made] = fcntl(files[made], F_DUPFD_CLOEXEC, most);
        if (high[made] < 0) {
            code = errno;
            goto done;
        }
        if ((code = posix_spawn_file_actions_adddup2(&actions, high[made], made))) {
            made++;
            goto done;
        }
    }
    if ((code = posix_spawn_file_actions_addclosefrom_np(&actions, count))) goto done;
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
    code = posix_spawn(pid, program, &actions, &attributes, arguments, environment);
done:
    for (int index = 0; index < made; index++) close(high[index]);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return code;
}

static inline int linux_process_descriptor(pid_t pid) { return (int)syscall(SYS_pidfd_open, pid, 0); }
static inline int linux_process_signal(int descriptor, int number) {
    return (int)syscall(SYS_pidfd_send_signal, descriptor, number, NULL, 0);
}
// Takes a child's status away, without waiting: 0 when it runs on.
static inline int linux_process_collect(int descriptor, int *code, int *status) {
    siginfo_t info = {.si_pid = 0};
    int result = waitid((idtype_t)LINUX_P_PIDFD, (id_t)descriptor, &info, WEXITED | WNOHANG);
    if (result < 0) return -1;
    *code = info.si_code;
    *status = info.si_status;
    return info.si_pid != 0;
}
// 1 where orphans of this process's descendants become its children, else 0.
static inline int linux_is_reaper(void) {
    int is_subreaper = 0;
    return getpid() == 1 || (prctl(PR_GET_CHILD_SUBREAPER, &is_subreaper, 0, 0, 0) == 0 && is_subreaper);
}
static inline int linux_become_subreaper(void) { return prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); }
static inline int linux_limit_open_files(pid_t pid, uint64_t count) {
    struct rlimit limit = {.rlim_cur = count, .rlim_max = count};
    return (int)syscall(SYS_prlimit64, pid, RLIMIT_NOFILE, &limit, NULL);
}

// Waits until the descriptor is readable, ended or broken; interrupted waits answer 0.
static inline int linux_await_readable(int descriptor, int milliseconds) {
    struct pollfd awaited = {.fd = descriptor, .events = POLLIN};
    int count = poll(&awaited, 1, milliseconds);
    return count < 0 && errno == EINTR ? 0 : count;
}

static inline int linux_open_read(const char *path) { return open(path, O_RDONLY | O_CLOEXEC); }
static inline int linux_open_write(const char *path, mode_t mode, int truncate) {
    return truncate ? open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, mode) : open(path, O_WRONLY | O_CLOEXEC);
}
static inline int linux_open_null(void) { return open("/dev/null", O_RDWR | O_CLOEXEC); }
static inline int linux_open_directory(const char *path) { return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC); }
// The characters are plain bytes, not a C string.
static inline ssize_t linux_read_link(const char *path, uint8_t *bytes, size_t count) {
    return readlink(path, (char *)bytes, count);
}
// Of <fcntl.h>, which only tells them to _GNU_SOURCE.
#ifndef F_SETSIG
#define F_SETSIG 10
#endif
#ifndef F_SETLEASE
#define F_SETLEASE 1024
#endif
// Whether somebody has the file open to write to it: then no lease to read can be had (fcntl(2), F_SETLEASE). A lease that
// is broken while it is held sends a signal, which shall be one that is ignored where nobody wants it. 0 too where the
// file is another user's or its file system has no leases.
static inline int linux_is_being_written(const char *path) {
    int descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (descriptor < 0) return 0;
    int written = 0;
    if (fcntl(descriptor, F_SETSIG, SIGURG) == 0) {
        if (fcntl(descriptor, F_SETLEASE, F_RDLCK) == 0) fcntl(descriptor, F_SETLEASE, F_UNLCK);
        else written = errno == EAGAIN;
    }
    close(descriptor);
    return written;
}
// 0 where the descriptor is no terminal.
static inline int linux_window_size(int descriptor, int *rows, int *columns) {
    struct winsize size;
    if (ioctl(descriptor, TIOCGWINSZ, &size) < 0) return 0;
    *rows = size.ws_row;
    *columns = size.ws_col;
    return 1;
}
static inline int linux_lock(int descriptor, int wait) { return flock(descriptor, LOCK_EX | (wait ? 0 : LOCK_NB)); }
// Type and permission bits of what the path names, followed where it is a link or not.
static inline int64_t linux_mode(const char *path, int follow) {
    struct stat found;
    int result = follow ? stat(path, &found) : lstat(path, &found);
    return result < 0 ? -1 : (int64_t)found.st_mode;
}
struct linux_clock_state {
    int synchronised;
    int64_t offset_microseconds;
    int64_t error_microseconds;
};
static inline int linux_clock(struct linux_clock_state *state) {
    struct timex now = {.modes = 0};
    int result = adjtimex(&now);
    if (result < 0) return -1;
    state->synchronised = result != TIME_ERROR && !(now.status & STA_UNSYNC);
    state->offset_microseconds = now.status & STA_NANO ? now.offset / 1000 : now.offset;
    state->error_microseconds = now.maxerror;
    return 0;
}
