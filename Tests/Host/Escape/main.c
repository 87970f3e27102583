// What somebody who has taken a relay over would try, from inside: each attempt is reported on descriptor 3 as its name
// and the errno it failed with, 0 for one that worked. In C, because a relay's intruder would not call Swift either.
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/reboot.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "../../../Sources/Shared/CLinux/confine.h"

static void say(const char *name, long value) {
    char line[256];
    int count = snprintf(line, sizeof line, "%s %ld\n", name, value);
    if (write(3, line, count) != count) _exit(99);
}

#define TRY(name, call)                      \
    do {                                     \
        errno = 0;                           \
        long result = (long)(call);          \
        say(name, result < 0 ? errno : 0);   \
    } while (0)

static int open_directory_of(const char *path) { return open(path, O_RDONLY | O_DIRECTORY); }

static int numbers_in(const char *path) {
    DIR *directory = opendir(path);
    if (!directory) return -1;
    int count = 0;
    for (struct dirent *entry; (entry = readdir(directory));) count += entry->d_name[0] >= '1' && entry->d_name[0] <= '9';
    closedir(directory);
    return count;
}

static int lines_in(const char *path) {
    FILE *file = fopen(path, "r");
    if (!file) return -1;
    int count = 0;
    for (int character; (character = fgetc(file)) != EOF;) count += character == '\n';
    fclose(file);
    return count;
}

static void try_everything(int count, char **paths) {
    struct sockaddr_un name = {.sun_family = AF_UNIX, .sun_path = "\0abstract"};
    struct iovec vector = {.iov_base = &name, .iov_len = sizeof name};
    struct timespec now = {.tv_sec = 1};
    TRY("socket-inet", socket(AF_INET, SOCK_STREAM, 0));
    TRY("socket-inet-datagram", socket(AF_INET, SOCK_DGRAM, 0));
    TRY("socket-inet6", socket(AF_INET6, SOCK_STREAM, 0));
    TRY("socket-netlink", socket(AF_NETLINK, SOCK_RAW, 0));
    TRY("socket-packet", socket(AF_PACKET, SOCK_RAW, 0));
    TRY("socket-vsock", socket(40, SOCK_STREAM, 0));
    TRY("socketpair-inet", socketpair(AF_INET, SOCK_STREAM, 0, (int[2]){0}));
    int unix_socket = socket(AF_UNIX, SOCK_STREAM, 0);
    say("unix-socket-works", unix_socket >= 0);
    TRY("connect", connect(unix_socket, (struct sockaddr *)&name, sizeof name));
    TRY("bind", bind(unix_socket, (struct sockaddr *)&name, sizeof name));
    TRY("listen", listen(unix_socket, 1));
    TRY("accept", accept(unix_socket, NULL, NULL));
    // What stays with a socket when it is somebody else's again.
    struct linger linger = {.l_onoff = 1, .l_linger = 60};
    int on = 1;
    TRY("linger", setsockopt(unix_socket, SOL_SOCKET, SO_LINGER, &linger, sizeof linger));
    TRY("lock-filter", setsockopt(unix_socket, SOL_SOCKET, SO_LOCK_FILTER, &on, sizeof on));
    TRY("mark", setsockopt(unix_socket, SOL_SOCKET, SO_MARK, &on, sizeof on));
    TRY("bind-to-interface", setsockopt(unix_socket, SOL_SOCKET, SO_BINDTODEVICE, "lo", 3));
    TRY("pass-credentials", setsockopt(unix_socket, SOL_SOCKET, SO_PASSCRED, &on, sizeof on));
    TRY("repair", setsockopt(unix_socket, IPPROTO_TCP, 19, &on, sizeof on));
    TRY("join-group", setsockopt(unix_socket, IPPROTO_IP, IP_ADD_MEMBERSHIP, &now, sizeof now));

    for (int index = 0; index < count; index++) TRY("host-path", open(paths[index], O_RDONLY));
    TRY("etc-passwd", open("/etc/passwd", O_RDONLY));
    TRY("etc-shadow", open("/etc/shadow", O_RDONLY));
    TRY("home", open_directory_of("/home"));
    TRY("root-home", open_directory_of("/root"));
    TRY("run", open_directory_of("/run"));
    TRY("var", open_directory_of("/var"));
    TRY("sys", open_directory_of("/sys/fs/cgroup"));
    TRY("disk", open("/dev/vda", O_RDONLY));
    TRY("dot-dot", open("/../../../../etc/passwd", O_RDONLY));
    TRY("make-device", mknod("/tmp/disk", S_IFBLK | 0600, 8 << 8));
    // None of the host's programs is there, whatever else would keep it from being run.
    const char *const programs[] = {"/bin/sh", "/usr/bin/sh", "/usr/bin/env", "/usr/bin/python3", "/sbin/init"};
    char *const nothing[] = {NULL};
    for (unsigned index = 0; index < sizeof programs / sizeof *programs; index++) {
        TRY("host-program", open(programs[index], O_RDONLY));
        TRY("start-program", execve(programs[index], nothing, nothing));
    }
    TRY("usr-bin", open_directory_of("/usr/bin"));
    TRY("usr-share", open_directory_of("/usr/share"));
    TRY("libexec", open_directory_of("/usr/libexec"));
    TRY("write-usr", open("/usr/escaped", O_WRONLY | O_CREAT, 0600));
    TRY("write-root", open("/escaped", O_WRONLY | O_CREAT, 0600));
    TRY("write-program", open("/proc/self/exe", O_WRONLY));
    TRY("write-kernel-setting", open("/proc/sys/kernel/core_pattern", O_WRONLY));
    TRY("write-sysrq", open("/proc/sysrq-trigger", O_WRONLY));
    TRY("read-kernel-memory", read(open("/proc/kcore", O_RDONLY), (char[1]){0}, 1) == 1 ? 0 : -1);
    TRY("oom-protection", write(open("/proc/self/oom_score_adj", O_WRONLY), "-1000", 5));

    say("processes-seen", numbers_in("/proc"));
    say("interfaces-seen", lines_in("/proc/net/dev") - 2);
    TRY("signal-others", kill(-1, 0));
    TRY("trace", ptrace(PTRACE_TRACEME, 0, NULL, NULL));
    TRY("attach", ptrace(PTRACE_ATTACH, 1, NULL, NULL));
    TRY("read-other-memory", process_vm_readv(1, &vector, 1, &vector, 1, 0));

    TRY("mount", mount("none", "/tmp", "tmpfs", 0, NULL));
    TRY("remount", mount(NULL, "/usr", NULL, MS_REMOUNT | MS_BIND, NULL));
    TRY("unmount", umount2("/proc", MNT_DETACH));
    TRY("open-tree", syscall(428, AT_FDCWD, "/usr", 1));
    TRY("new-mount", syscall(430, "tmpfs", 0));
    TRY("chroot", chroot("/tmp"));
    TRY("pivot-root", syscall(SYS_pivot_root, "/tmp", "/tmp"));
    TRY("unshare-user", unshare(CLONE_NEWUSER));
    TRY("unshare-net", unshare(CLONE_NEWNET));
    TRY("set-namespace", setns(open("/proc/self/ns/net", O_RDONLY), 0));
    TRY("clone-user-namespace", syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0));
    TRY("clone3", syscall(435, NULL, 0));
    TRY("fork", syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0));

    TRY("set-user", setuid(0));
    TRY("set-groups", syscall(SYS_setgroups, 0, NULL));
    TRY("capabilities", syscall(SYS_capset, NULL, NULL));
    TRY("set-clock", clock_settime(CLOCK_REALTIME, &now));
    TRY("set-name", sethostname("mine", 4));
    TRY("reboot", syscall(SYS_reboot, 0, 0, 0, NULL));
    TRY("load-module", syscall(SYS_init_module, NULL, 0, ""));
    TRY("keyring", syscall(SYS_keyctl, 0, 0, 0, 0, 0));
    TRY("bpf", syscall(SYS_bpf, 0, NULL, 0));
    TRY("perf", syscall(SYS_perf_event_open, NULL, 0, -1, -1, 0));
    TRY("io-uring", syscall(425, 1, NULL));
    TRY("userfaultfd", syscall(SYS_userfaultfd, 0));
    TRY("terminal-injection", syscall(SYS_ioctl, 2, 0x5412, "x"));
    TRY("new-filter", syscall(317, 1, 0, NULL));
    TRY("filter-listener", syscall(317, 1, 8, NULL));
    say("user", getuid());
    say("everything-tried", 1);
}

static void *sleeper(void *nothing) {
    for (;;) pause();
    return nothing;
}

static void start_threads(void) {
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, 16384);
    int count = 0, code = 0;
    for (pthread_t thread; count < 10000; count++)
        if ((code = pthread_create(&thread, &attributes, sleeper, NULL))) break;
    say("threads", count);
    say("thread-errno", code);
}

static void allocate(void) {
    const size_t step = 1 << 20;
    for (long total = 0;; total += step) {
        char *block = mmap(NULL, step, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (block == MAP_FAILED) _exit(12);
        memset(block, 1, step);
    }
}

static void open_files(void) {
    int count = 0;
    while (dup(3) >= 0) count++;
    say("open-files", count + 4);
}

// Takes a socket out of the control socket.
static int receive_socket(void) {
    char byte, room[CMSG_SPACE(sizeof(int))];
    struct iovec vector = {&byte, 1};
    struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1, .msg_control = room, .msg_controllen = sizeof room};
    TRY("receive-descriptor", recvmsg(3, &message, MSG_CMSG_CLOEXEC));
    int number;
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    if (!header) _exit(98);
    memcpy(&number, CMSG_DATA(header), sizeof number);
    fcntl(number, F_SETFL, 0);
    return number;
}

// A connected one, with which it does what a relay does.
static void use_socket(void) {
    char text[16];
    int number = receive_socket(), on = 1;
    socklen_t length = sizeof on;
    struct sockaddr_in peer;
    socklen_t size = sizeof peer;
    TRY("setsockopt", setsockopt(number, IPPROTO_TCP, 1, &on, sizeof on));
    TRY("getsockopt", getsockopt(number, SOL_SOCKET, SO_ERROR, &on, &length));
    TRY("getpeername", getpeername(number, (struct sockaddr *)&peer, &size));
    say("peer-family", peer.sin_family);
    TRY("receive", recv(number, text, 4, MSG_WAITALL));
    TRY("send", send(number, text, 4, MSG_NOSIGNAL));
    TRY("shutdown", shutdown(number, SHUT_WR));
}

// Two sockets of UDP, one of them connected, and somebody whom it was never connected to: every way to get something there, of a
// program that has given up saying to whom it sends as a relay does.
static void send_astray(const char *port) {
    int connected = receive_socket(), loose = receive_socket();
    struct sockaddr_in victim = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port))};
    victim.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    struct sockaddr nobody = {.sa_family = AF_UNSPEC};
    struct sockaddr *to = (struct sockaddr *)&victim;
    struct iovec vector = {"x", 1};
    struct msghdr message = {.msg_name = to, .msg_namelen = sizeof victim, .msg_iov = &vector, .msg_iovlen = 1};
    struct mmsghdr many = {.msg_hdr = message};
    TRY("confine", linux_forbid_addresses(3));
    const int sockets[] = {connected, loose};
    for (int index = 0; index < 2; index++) {
        int number = sockets[index];
        TRY("astray-sendto", sendto(number, "x", 1, MSG_NOSIGNAL, to, sizeof victim));
        TRY("astray-sendmsg", sendmsg(number, &message, MSG_NOSIGNAL));
        TRY("astray-sendmsg-high", syscall(SYS_sendmsg, (1L << 32) + number, &message, MSG_NOSIGNAL));
        TRY("astray-sendmmsg", sendmmsg(number, &many, 1, MSG_NOSIGNAL));
        TRY("astray-connect", connect(number, to, sizeof victim));
        TRY("astray-disconnect", connect(number, &nobody, sizeof nobody));
        // In place of the control socket it could be sent by.
        TRY("astray-dup2", dup2(number, 3));
        TRY("astray-dup3", dup3(number, 3, O_CLOEXEC));
        TRY("astray-dup3-high", syscall(SYS_dup3, number, (1L << 32) + 3, O_CLOEXEC));
    }
    TRY("astray-close", close(3));
    TRY("astray-close-high", syscall(SYS_close, (1L << 32) + 3));
    TRY("astray-close-range", close_range(0, 3, 0));
    TRY("astray-close-all", close_range(3, ~0u, 0));
    TRY("astray-ring", syscall(425, 1, NULL));
    TRY("astray-loose-send", send(loose, "x", 1, MSG_NOSIGNAL));
    // What is left is what it is for.
    TRY("send", send(connected, "y", 1, MSG_NOSIGNAL));
    TRY("write", write(connected, "y", 1));
    TRY("writev", writev(connected, &vector, 1));
    char room[CMSG_SPACE(sizeof(int))] = {0};
    struct msghdr passing = {.msg_iov = &(struct iovec){"control-passes 0\n", 17}, .msg_iovlen = 1};
    passing.msg_control = room;
    passing.msg_controllen = sizeof room;
    struct cmsghdr *header = CMSG_FIRSTHDR(&passing);
    *header = (struct cmsghdr){.cmsg_len = CMSG_LEN(sizeof(int)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
    memcpy(CMSG_DATA(header), &connected, sizeof connected);
    TRY("sendmsg-control", sendmsg(3, &passing, MSG_NOSIGNAL));
    TRY("close", close(loose));
    TRY("dup", dup(connected));
}

static void await_end(void) {
    for (char byte; read(3, &byte, 1) > 0;) {}
}

int main(int count, char **words) {
    const char *what = count > 1 ? words[1] : "";
    // It comes non-blocking, as the host's own end of the pair is.
    fcntl(3, F_SETFL, 0);
    if (!strcmp(what, "everything")) try_everything(count - 2, words + 2);
    else if (!strcmp(what, "threads")) start_threads();
    else if (!strcmp(what, "allocate")) allocate();
    else if (!strcmp(what, "files")) open_files();
    else if (!strcmp(what, "socket")) use_socket();
    else if (!strcmp(what, "astray")) send_astray(words[2]);
    else if (!strcmp(what, "exit")) return atoi(words[2]);
    else if (!strcmp(what, "trap")) __builtin_trap();
    else if (!strcmp(what, "speak")) fprintf(stderr, "one\ntwo\nthree"), fputs("on standard output\n", stdout);
    else if (!strcmp(what, "stay")) sleeper(NULL);
    else if (!strcmp(what, "wait")) say("ready", 1), await_end();
    else return 64;
    return 0;
}
