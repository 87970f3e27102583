// UDP sockets and multicast, as far as macros, unions and feature tests hide them.
#pragma once

#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

static inline int linux_udp_socket(int family) {
    return socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_UDP);
}

// struct group_req and group_source_req (RFC 3678) with the numbers of their options, which <netinet/in.h> hides.
struct linux_group_request {
    uint32_t interface;
    struct sockaddr_storage group;
};
struct linux_group_source_request {
    uint32_t interface;
    struct sockaddr_storage group;
    struct sockaddr_storage source;
};
#define LINUX_MCAST_JOIN_GROUP 42
#define LINUX_MCAST_JOIN_SOURCE_GROUP 46

// The interface 0 leaves the choice to the routing table. The source may be null: then every sender's packets come.
static inline int linux_join(
    int socket, uint32_t interface, const struct sockaddr *group, socklen_t length, const struct sockaddr *source,
    socklen_t source_length) {
    int level = group->sa_family == AF_INET6 ? IPPROTO_IPV6 : IPPROTO_IP;
    struct linux_group_source_request request = {.interface = interface};
    memcpy(&request.group, group, length);
    if (!source) {
        struct linux_group_request any = {.interface = interface};
        memcpy(&any.group, group, length);
        return setsockopt(socket, level, LINUX_MCAST_JOIN_GROUP, &any, sizeof any);
    }
    memcpy(&request.source, source, source_length);
    return setsockopt(socket, level, LINUX_MCAST_JOIN_SOURCE_GROUP, &request, sizeof request);
}

// Where and how far multicast goes out of the socket.
static inline int linux_multicast_out(int socket, int family, uint32_t interface, int ttl) {
    if (family == AF_INET6) {
        int index = (int)interface;
        if (interface && setsockopt(socket, IPPROTO_IPV6, IPV6_MULTICAST_IF, &index, sizeof index) < 0) return -1;
        return setsockopt(socket, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, &ttl, sizeof ttl);
    }
    // struct ip_mreqn: two addresses and the index.
    struct {
        uint32_t group, address;
        int index;
    } request = {.index = (int)interface};
    if (interface && setsockopt(socket, IPPROTO_IP, IP_MULTICAST_IF, &request, sizeof request) < 0) return -1;
    return setsockopt(socket, IPPROTO_IP, IP_MULTICAST_TTL, &ttl, sizeof ttl);
}

// The number of the interface of that name; 0 where there is none.
static inline uint32_t linux_interface_named(const char *name) { return if_nametoindex(name); }

// The number of the interface with that address; 0 where there is none.
static inline uint32_t linux_interface_with(const struct sockaddr *address) {
    struct ifaddrs *all = NULL;
    if (getifaddrs(&all) < 0) return 0;
    uint32_t index = 0;
    for (struct ifaddrs *one = all; one && !index; one = one->ifa_next) {
        if (!one->ifa_addr || one->ifa_addr->sa_family != address->sa_family) continue;
        int same = address->sa_family == AF_INET6
            ? !memcmp(
                  &((const struct sockaddr_in6 *)(const void *)one->ifa_addr)->sin6_addr,
                  &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr, sizeof(struct in6_addr))
            : ((const struct sockaddr_in *)(const void *)one->ifa_addr)->sin_addr.s_addr
                == ((const struct sockaddr_in *)(const void *)address)->sin_addr.s_addr;
        if (same) index = if_nametoindex(one->ifa_name);
    }
    freeifaddrs(all);
    return index;
}

// Unread data the kernel keeps: past net.core.rmem_max where the process may (socket(7)). What it is now is answered, as it
// was asked for: the kernel doubles the number.
#define LINUX_SO_RCVBUFFORCE 33
static inline int linux_set_receive_buffer(int socket, int bytes) {
    if (setsockopt(socket, SOL_SOCKET, LINUX_SO_RCVBUFFORCE, &bytes, sizeof bytes) < 0
        && setsockopt(socket, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes) < 0)
        return -1;
    int actual = 0;
    socklen_t length = sizeof actual;
    if (getsockopt(socket, SOL_SOCKET, SO_RCVBUF, &actual, &length) < 0) return -1;
    return actual / 2;
}

// Has the kernel drop what comes to a UDP socket from anybody else, before it takes room in the queue: a classic filter
// (SO_ATTACH_FILTER, socket(7)), for which no privilege is needed. `address` is 4 or 16 bytes as on the wire; a negative
// port is any. The numbers of <linux/filter.h>, which does not go together with what is included here.
struct linux_filter_step {
    uint16_t code;
    uint8_t if_true, if_false;
    uint32_t operand;
};
#define LINUX_SO_ATTACH_FILTER 26
#define LINUX_SO_DETACH_FILTER 27
#define LINUX_FILTER_LOAD_WORD 0x20
#define LINUX_FILTER_LOAD_HALF 0x28
#define LINUX_FILTER_JUMP_EQUAL 0x15
#define LINUX_FILTER_RETURN 0x06
// Offsets from here on are into the network header; others are into that of UDP, which begins with the sender's port.
#define LINUX_FILTER_NETWORK 0xfff00000u
static inline int linux_admit_only(int socket, const uint8_t *address, int length, int port) {
    struct linux_filter_step steps[2 * 5 + 2];
    unsigned count = 0, tests = (unsigned)length / 4 + (port >= 0);
    for (unsigned test = 0; test < tests; test++) {
        uint32_t wanted = (uint32_t)port, at = 0;
        uint16_t load = LINUX_FILTER_LOAD_HALF;
        if (test < (unsigned)length / 4) {
            const uint8_t *word = address + 4 * test;
            wanted = (uint32_t)word[0] << 24 | (uint32_t)word[1] << 16 | (uint32_t)word[2] << 8 | word[3];
            // Where the source stands: RFC 791 section 3.1 and RFC 8200 section 3.
            at = LINUX_FILTER_NETWORK + (length == 16 ? 8 : 12) + 4 * test;
            load = LINUX_FILTER_LOAD_WORD;
        }
        steps[count++] = (struct linux_filter_step){.code = load, .operand = at};
        // On to the next test, or past all of them and the first return.
        uint8_t refuse = (uint8_t)(2 * (tests - test) - 1);
        steps[count++] =
            (struct linux_filter_step){.code = LINUX_FILTER_JUMP_EQUAL, .if_false = refuse, .operand = wanted};
    }
    steps[count++] = (struct linux_filter_step){.code = LINUX_FILTER_RETURN, .operand = 0xffffffffu};
    steps[count++] = (struct linux_filter_step){.code = LINUX_FILTER_RETURN, .operand = 0};
    struct {
        uint16_t count;
        const struct linux_filter_step *steps;
    } program = {.count = (uint16_t)count, .steps = steps};
    return setsockopt(socket, SOL_SOCKET, LINUX_SO_ATTACH_FILTER, &program, sizeof program);
}
// One that has no filter is as it should be.
static inline int linux_admit_all(int socket) {
    int unused = 0;
    int result = setsockopt(socket, SOL_SOCKET, LINUX_SO_DETACH_FILTER, &unused, sizeof unused);
    return result < 0 && errno == ENOENT ? 0 : result;
}

// Whether the socket's filter can be neither changed nor taken away any more (SO_LOCK_FILTER). Where the kernel does not tell,
// it is taken to be so.
static inline int linux_filter_is_locked(int socket) {
    int locked = 1;
    socklen_t length = sizeof locked;
    return getsockopt(socket, SOL_SOCKET, 44 /* SO_LOCK_FILTER */, &locked, &length) < 0 || locked;
}

// Packets that the kernel dropped at the socket, by a filter or for want of room, since it was made (SO_MEMINFO, since
// Linux 4.12); the number wraps. False where it does not tell.
static inline int linux_dropped(int socket, uint32_t *dropped) {
    uint32_t facts[9] = {0};
    socklen_t length = sizeof facts;
    if (getsockopt(socket, SOL_SOCKET, 55 /* SO_MEMINFO */, facts, &length) < 0 || length < sizeof facts) return 0;
    *dropped = facts[8 /* SK_MEMINFO_DROPS */];
    return 1;
}

// UDP_GRO (udp(7)), which <netinet/udp.h> has beside a struct that other headers have, too.
#define LINUX_UDP_GRO 104
static inline int linux_join_segments(int socket) {
    int on = 1;
    return setsockopt(socket, IPPROTO_UDP, LINUX_UDP_GRO, &on, sizeof on);
}
// Datagrams of one size that the kernel has joined, the last of them shorter perhaps; the size is 0 where it is one.
static inline ssize_t linux_receive_segments(int socket, void *bytes, size_t count, int *segment) {
    struct iovec data = {.iov_base = bytes, .iov_len = count};
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(sizeof(int))];
    } control;
    struct msghdr message = {
        .msg_iov = &data, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof control.bytes};
    *segment = 0;
    ssize_t received = recvmsg(socket, &message, MSG_DONTWAIT);
    if (received < 0) return received;
    for (struct cmsghdr *header = CMSG_FIRSTHDR(&message); header; header = CMSG_NXTHDR(&message, header))
        if (header->cmsg_level == IPPROTO_UDP && header->cmsg_type == LINUX_UDP_GRO)
            memcpy(segment, CMSG_DATA(header), sizeof *segment);
    return received;
}
