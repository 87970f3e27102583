// What the Linux kernel and glibc offer that Swift's Glibc overlay hides behind macros or feature tests.
//
// _GNU_SOURCE is not defined here: it changes types (fd_set, the address arguments of socket calls) that the overlay
// has imported without it, and the compiler refuses a module that disagrees. What only it declares is declared below.
#pragma once

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <sched.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define LINUX_MFD_CLOEXEC 0x0001U
#define LINUX_MFD_ALLOW_SEALING 0x0002U
#define LINUX_F_ADD_SEALS 1033
#define LINUX_F_SEAL_SEAL 0x0001
#define LINUX_F_SEAL_SHRINK 0x0002
#define LINUX_F_SEAL_GROW 0x0004
extern int memfd_create(const char *name, unsigned int flags);
extern int accept4(int listener, struct sockaddr *address, socklen_t *length, int flags);
extern const char *strerrordesc_np(int code);
extern int pthread_setname_np(pthread_t thread, const char *name);

// Words shared with readers that do not lock, possibly in another process: C11 atomics on plain memory,
// because Swift's Atomic cannot be placed in a mapping.
static inline uint64_t linux_load_acquire(const uint64_t *word) { return __atomic_load_n(word, __ATOMIC_ACQUIRE); }
static inline uint64_t linux_load_relaxed(const uint64_t *word) { return __atomic_load_n(word, __ATOMIC_RELAXED); }
static inline void linux_store_release(uint64_t *word, uint64_t value) {
    __atomic_store_n(word, value, __ATOMIC_RELEASE);
}
static inline void linux_store_relaxed(uint64_t *word, uint64_t value) {
    __atomic_store_n(word, value, __ATOMIC_RELAXED);
}
static inline uint64_t linux_exchange(uint64_t *word, uint64_t value) {
    return __atomic_exchange_n(word, value, __ATOMIC_SEQ_CST);
}
static inline void linux_fence(void) { __atomic_thread_fence(__ATOMIC_SEQ_CST); }
static inline void linux_fence_acquire(void) { __atomic_thread_fence(__ATOMIC_ACQUIRE); }

// errno is a macro; the text comes from glibc's table, which needs no buffer and no lock.
static inline int linux_errno(void) { return errno; }
static inline const char *linux_error_text(int code) {
    const char *text = strerrordesc_np(code);
    return text ? text : "unknown error";
}

// Sealing keeps whoever the descriptor is passed to
// from shrinking the file under our mapping, which would be a SIGBUS here.
static inline int linux_memfd(const char *name) { return memfd_create(name, LINUX_MFD_CLOEXEC | LINUX_MFD_ALLOW_SEALING); }
static inline int linux_seal_size(int descriptor) {
    return fcntl(descriptor, LINUX_F_ADD_SEALS, LINUX_F_SEAL_SHRINK | LINUX_F_SEAL_GROW | LINUX_F_SEAL_SEAL);
}
#define LINUX_F_GET_SEALS 1034
static inline int linux_is_size_sealed(int descriptor) {
    int seals = fcntl(descriptor, LINUX_F_GET_SEALS);
    int wanted = LINUX_F_SEAL_SHRINK | LINUX_F_SEAL_GROW | LINUX_F_SEAL_SEAL;
    return seals >= 0 && (seals & wanted) == wanted;
}

// MAP_FAILED is a cast in a macro; null stands for it here.
static inline void *linux_reserve(size_t length) {
    void *at = mmap(NULL, length, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return at == MAP_FAILED ? NULL : at;
}
static inline void *linux_map_shared(void *at, size_t length, int descriptor, off_t offset, int writable) {
    void *got = mmap(at, length, PROT_READ | (writable ? PROT_WRITE : 0), MAP_SHARED | MAP_FIXED, descriptor, offset);
    return got == MAP_FAILED ? NULL : got;
}

// Linux 5.14; where it is missing the pages come as they are first written, as ever.
#define LINUX_MADV_POPULATE_WRITE 23
static inline int linux_populate(void *at, size_t length) { return madvise(at, length, LINUX_MADV_POPULATE_WRITE); }

// Gives the pages of a shared mapping back: the file has a hole there, in every mapping of it.
#define LINUX_MADV_REMOVE 9
static inline int linux_release(void *at, size_t length) { return madvise(at, length, LINUX_MADV_REMOVE); }

// fcntl is variadic.
static inline int linux_duplicate(int descriptor) { return fcntl(descriptor, F_DUPFD_CLOEXEC, 0); }
static inline int linux_set_nonblocking(int descriptor) {
    int flags = fcntl(descriptor, F_GETFL);
    return flags < 0 ? flags : fcntl(descriptor, F_SETFL, flags | O_NONBLOCK);
}

// SOCK_* and MSG_* are enums with macros over them.
static inline ssize_t linux_send(int socket, const void *bytes, size_t count) {
    return send(socket, bytes, count, MSG_NOSIGNAL | MSG_DONTWAIT);
}
static inline ssize_t linux_receive(int socket, void *bytes, size_t count) {
    return recv(socket, bytes, count, MSG_DONTWAIT);
}
// One descriptor travels with the bytes, none when it is negative (SCM_RIGHTS, unix(7)): CMSG_* are macros.
static inline ssize_t linux_send_with(int socket, const void *bytes, size_t count, int descriptor) {
    struct iovec data = {.iov_base = (void *)bytes, .iov_len = count};
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(sizeof(int))];
    } control = {0};
    struct msghdr message = {.msg_iov = &data, .msg_iovlen = 1};
    if (descriptor >= 0) {
        message.msg_control = control.bytes;
        message.msg_controllen = CMSG_SPACE(sizeof(int));
        struct cmsghdr *header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(sizeof(int));
        memcpy(CMSG_DATA(header), &descriptor, sizeof(int));
    }
    return sendmsg(socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
}
// Descriptors that came with the bytes are written to `descriptors`, which holds LINUX_DESCRIPTORS of them. Of more than
// those the rest is closed, by the kernel or here, and `lost` is set.
#define LINUX_DESCRIPTORS 4
static inline ssize_t linux_receive_with(int socket, void *bytes, size_t count, int *descriptors, int *found, int *lost) {
    struct iovec data = {.iov_base = bytes, .iov_len = count};
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(LINUX_DESCRIPTORS * sizeof(int))];
    } control;
    struct msghdr message = {
        .msg_iov = &data, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof control.bytes};
    *found = 0;
    *lost = 0;
    ssize_t got = recvmsg(socket, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (got < 0) return got;
    *lost = (message.msg_flags & MSG_CTRUNC) != 0;
    for (struct cmsghdr *header = CMSG_FIRSTHDR(&message); header; header = CMSG_NXTHDR(&message, header)) {
        if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
        size_t carried = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t index = 0; index < carried; index++) {
            int descriptor;
            memcpy(&descriptor, CMSG_DATA(header) + index * sizeof(int), sizeof(int));
            if (*found < LINUX_DESCRIPTORS) {
                descriptors[(*found)++] = descriptor;
            } else {
                close(descriptor);
                *lost = 1;
            }
        }
    }
    return got;
}
static inline ssize_t linux_peek(int socket, void *bytes, size_t count) {
    return recv(socket, bytes, count, MSG_PEEK | MSG_DONTWAIT);
}
static inline int linux_tcp_socket(int family) {
    return socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);
}
static inline int linux_stream_pair(int pair[2]) {
    return socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair);
}
// A datagram to a unix socket with that path; a first byte of 0 is a name that is no file. -1 and errno, or 0.
static inline int linux_notify(const char *path, size_t path_length, const void *bytes, size_t count) {
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    if (path_length == 0 || path_length > sizeof address.sun_path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(address.sun_path, path, path_length);
    int number = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (number < 0) return -1;
    socklen_t length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + path_length);
    ssize_t sent = sendto(number, bytes, count, MSG_NOSIGNAL, (struct sockaddr *)&address, length);
    int failure = errno;
    close(number);
    errno = failure;
    return sent < 0 ? -1 : 0;
}
static inline int linux_shut_down(int socket) { return shutdown(socket, SHUT_RDWR); }
static inline int linux_accept(int listener, struct sockaddr *address, socklen_t *length) {
    return accept4(listener, address, length, SOCK_NONBLOCK | SOCK_CLOEXEC);
}
static inline int linux_resolve(const char *host, struct addrinfo **found) {
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG};
    return getaddrinfo(host, NULL, &hints, found);
}

static inline int linux_event_descriptor(void) { return eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC); }
static inline int linux_timer_descriptor(void) { return timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC); }
static inline int linux_timer_set(int descriptor, int64_t nanoseconds) {
    struct itimerspec at = {.it_value = {.tv_sec = nanoseconds / 1000000000, .tv_nsec = nanoseconds % 1000000000}};
    return timerfd_settime(descriptor, TFD_TIMER_ABSTIME, &at, NULL);
}
static inline int64_t linux_monotonic_nanoseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static inline int64_t linux_wall_nanoseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static inline int linux_epoll_make(void) { return epoll_create1(EPOLL_CLOEXEC); }
// Waits with a resolution of nanoseconds (Linux 5.11); negative waits for ever. Older kernels and seccomp profiles
// answer ENOSYS: then milliseconds, rounded up, so that a wait never ends before its time.
static inline int linux_epoll_wait(int descriptor, struct epoll_event *events, int capacity, int64_t nanoseconds) {
    struct timespec limit = {.tv_sec = nanoseconds / 1000000000, .tv_nsec = nanoseconds % 1000000000};
    int count = epoll_pwait2(descriptor, events, capacity, nanoseconds < 0 ? NULL : &limit, NULL);
    if (count >= 0 || errno != ENOSYS) return count;
    int64_t milliseconds = nanoseconds < 0 ? -1 : (nanoseconds + 999999) / 1000000;
    return epoll_wait(descriptor, events, capacity, milliseconds > 0x7fffffff ? 0x7fffffff : (int)milliseconds);
}
// struct epoll_event is packed on x86-64 and its data is a union: filled and read here, where the layout is known.
static inline int linux_epoll_control(int descriptor, int operation, int target, uint32_t events, uint64_t token) {
    struct epoll_event event = {.events = events, .data = {.u64 = token}};
    return epoll_ctl(descriptor, operation, target, &event);
}
static inline uint32_t linux_epoll_flags(const struct epoll_event *event) { return event->events; }
static inline uint64_t linux_epoll_token(const struct epoll_event *event) { return event->data.u64; }

static inline void linux_name_thread(const char *name) { pthread_setname_np(pthread_self(), name); }
// The call itself: cpu_set_t and its macros are hidden too.
static inline int linux_pin_thread(unsigned cpu) {
    unsigned long mask[16] = {0};
    unsigned bits = 8 * sizeof mask[0];
    if (cpu >= 16 * bits) return -1;
    mask[cpu / bits] = 1UL << (cpu % bits);
    return (int)syscall(SYS_sched_setaffinity, 0, sizeof mask, mask);
}

// A number no other socket of this machine has had since it started (SO_COOKIE, socket(7)); 0 where it has none.
static inline uint64_t linux_socket_cookie(int socket) {
    uint64_t cookie = 0;
    socklen_t length = sizeof cookie;
    return getsockopt(socket, SOL_SOCKET, 57 /* SO_COOKIE, since Linux 4.12 */, &cookie, &length) == 0 ? cookie : 0;
}

// The first fields of what the kernel tells of a TCP connection: struct tcp_info of <linux/tcp.h>, which cannot be had beside
// <netinet/tcp.h>, whose own ends before the counters (since Linux 4.1).
struct linux_tcp_info {
    uint8_t state;
    uint8_t flags[7];
    uint32_t words[24];
    uint64_t rates[2];
    uint64_t bytes_acked;
    uint64_t bytes_received;
};
// Bytes that were read from a connection and written to it since it began; `open` is set while neither side has ended.
// The counters and the queues are read one after the other, and again where a queue moved meanwhile. -1 where the socket
// is none of TCP, or never stands still.
static inline int linux_socket_progress(int socket, uint64_t *taken, uint64_t *given, int *open) {
    for (int round = 0; round < 8; round++) {
        struct linux_tcp_info info;
        socklen_t length = sizeof info;
        int in[2], out[2];
        if (ioctl(socket, FIONREAD, &in[0]) < 0 || ioctl(socket, TIOCOUTQ, &out[0]) < 0) return -1;
        if (getsockopt(socket, IPPROTO_TCP, TCP_INFO, &info, &length) < 0 || length < sizeof info) return -1;
        if (ioctl(socket, FIONREAD, &in[1]) < 0 || ioctl(socket, TIOCOUTQ, &out[1]) < 0) return -1;
        if (in[0] != in[1] || out[0] != out[1]) continue;
        *taken = info.bytes_received - (uint64_t)in[0];
        *given = info.bytes_acked + (uint64_t)out[0];
        *open = info.state == TCP_ESTABLISHED;
        return 0;
    }
    return -1;
}

// One datagram of `vectors` parts and so many bytes, or with `segment` as many as they make of that size, the last of which may
// be shorter.
struct linux_message {
    struct iovec *vectors;
    size_t bytes;
    uint32_t count;
    uint16_t segment;
};
#define LINUX_MESSAGES 64
#define LINUX_UDP_SEGMENT 103
// How the kernel cuts what is written on the socket from now on: UDP_SEGMENT (udp(7), since Linux 4.18); 0 does not cut.
static inline int linux_cut(int socket, int size) {
    if (setsockopt(socket, 17 /* SOL_UDP */, LINUX_UDP_SEGMENT, &size, sizeof size) == 0) return 0;
    // A kernel that does not know it cuts nothing.
    return size == 0 && errno == ENOPROTOOPT ? 0 : -1;
}
// How many of the messages the kernel took, each by a call of its own: sendmmsg(2) takes addresses, of which a filter of
// system calls cannot see to whom they are. The socket is connected. `segment` is how it cuts, which is the socket's; negative: not
// known. One that does not cut may be longer than that only where nothing is set.
static inline int linux_send_messages(
    int socket, const struct linux_message *messages, unsigned count, int cuts, int *segment) {
    for (unsigned index = 0; index < count; index++) {
        const struct linux_message *message = &messages[index];
        int wanted = message->segment;
        if (wanted == 0 && cuts && *segment > 0 && message->bytes <= (size_t)*segment) wanted = *segment;
        if (wanted != *segment) {
            if (linux_cut(socket, wanted) < 0) return index ? (int)index : -1;
            *segment = wanted;
        }
        if (writev(socket, message->vectors, (int)message->count) < 0) return index ? (int)index : -1;
    }
    return (int)count;
}
