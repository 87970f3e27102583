// UDP sockets and multicast, as far as macros, unions and feature tests hide them.
#pragma once

#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

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
