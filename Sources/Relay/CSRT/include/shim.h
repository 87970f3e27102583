// What libsrt's headers hide in macros, and addresses as text, so that Swift need not know the kernel's forms of them.
#pragma once
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <srt/access_control.h>
#include <srt/srt.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <syslog.h>
#include <time.h>

enum { csrt_address_size = 64 };

// The names that libsrt is looked for by, the first that is there being loaded; null behind the last.
const char *csrt_library_name(int index);

// The kernel's form of an address; 0 where the text is none.
static inline int csrt_address(const char *host, uint16_t port, struct sockaddr_storage *address) {
    memset(address, 0, sizeof *address);
    struct sockaddr_in *four = (struct sockaddr_in *)address;
    if (inet_pton(AF_INET, host, &four->sin_addr) == 1) {
        four->sin_family = AF_INET;
        four->sin_port = htons(port);
        return (int)sizeof *four;
    }
    struct sockaddr_in6 *six = (struct sockaddr_in6 *)address;
    if (inet_pton(AF_INET6, host, &six->sin6_addr) != 1) return 0;
    six->sin6_family = AF_INET6;
    six->sin6_port = htons(port);
    return (int)sizeof *six;
}

// `192.0.2.1:9000`, `[2001:db8::1]:9000`.
static inline void csrt_text(const struct sockaddr *address, char *text) {
    char host[INET6_ADDRSTRLEN] = "?";
    if (address->sa_family == AF_INET) {
        const struct sockaddr_in *four = (const struct sockaddr_in *)address;
        inet_ntop(AF_INET, &four->sin_addr, host, sizeof host);
        snprintf(text, csrt_address_size, "%s:%u", host, ntohs(four->sin_port));
        return;
    }
    const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)address;
    if (IN6_IS_ADDR_V4MAPPED(&six->sin6_addr)) {
        inet_ntop(AF_INET, six->sin6_addr.s6_addr + 12, host, sizeof host);
        snprintf(text, csrt_address_size, "%s:%u", host, ntohs(six->sin6_port));
        return;
    }
    inet_ntop(AF_INET6, &six->sin6_addr, host, sizeof host);
    snprintf(text, csrt_address_size, "[%s]:%u", host, ntohs(six->sin6_port));
}

// A caller says how many packets it lets be under way, and libsrt 1.5 reserves 24 bytes for each before anything has come:
// half a gigabyte for twenty millions, which anybody may claim. libsrt has no limit for it and asks nobody, so the kernel
// passes such handshakes over. libsrt's own callers say 8192 unless they are told otherwise.
enum { csrt_window_limit = 1 << 17 };
static inline int csrt_limit_windows(int descriptor) {
    // Offsets are of the UDP header: 8 bytes, then the packet, whose window is its ninth word. Too short: passed over, too.
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 8),
        BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0xffff0000),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0x80000000, 0, 3),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 40),
        BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, csrt_window_limit, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, 0),
        BPF_STMT(BPF_RET | BPF_K, 0xffffffff),
    };
    struct sock_fprog program = {.len = sizeof code / sizeof *code, .filter = code};
    return setsockopt(descriptor, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program);
}

// libsrt waits in the kernel for what comes: on a socket that does not block it would go round without end.
static inline int csrt_take(SRTSOCKET socket, int descriptor) {
    int flags = fcntl(descriptor, F_GETFL);
    if (flags >= 0) fcntl(descriptor, F_SETFL, flags & ~O_NONBLOCK);
    if (csrt_limit_windows(descriptor) < 0) return SRT_ERROR;
    return srt_bind_acquire(socket, descriptor);
}
static inline int csrt_connect(SRTSOCKET socket, const char *host, uint16_t port) {
    struct sockaddr_storage address;
    int size = csrt_address(host, port, &address);
    return srt_connect(socket, (const struct sockaddr *)&address, size);
}
static inline SRTSOCKET csrt_accept(SRTSOCKET listener, char *peer) {
    struct sockaddr_storage address;
    int size = (int)sizeof address;
    SRTSOCKET made = srt_accept(listener, (struct sockaddr *)&address, &size);
    if (made != SRT_INVALID_SOCK) csrt_text((const struct sockaddr *)&address, peer);
    return made;
}
static inline int csrt_own_address(SRTSOCKET socket, char *text) {
    struct sockaddr_storage address;
    int size = (int)sizeof address;
    int result = srt_getsockname(socket, (struct sockaddr *)&address, &size);
    if (result != SRT_ERROR) csrt_text((const struct sockaddr *)&address, text);
    return result;
}

static inline int csrt_set_flag(SRTSOCKET socket, SRT_SOCKOPT option, int32_t value) {
    bool flag = value != 0;
    return srt_setsockflag(socket, option, &flag, (int)sizeof flag);
}
static inline int csrt_set_number(SRTSOCKET socket, SRT_SOCKOPT option, int32_t value) {
    return srt_setsockflag(socket, option, &value, (int)sizeof value);
}
static inline int csrt_set_text(SRTSOCKET socket, SRT_SOCKOPT option, const char *bytes, int count) {
    return srt_setsockflag(socket, option, bytes, count);
}

static inline void csrt_pause(int64_t microseconds) {
    struct timespec time = {.tv_sec = microseconds / 1000000, .tv_nsec = microseconds % 1000000 * 1000};
    nanosleep(&time, NULL);
}

// Finds the library and starts it; what is wrong, or NULL.
const char *csrt_start(void);

// From here on what libsrt sends goes to whom its socket is connected to: it may not be said to whom.
void csrt_send_connected(void);
