// What is kept for a process that may die: memory without a name, and connections.
#pragma once

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/stat.h>

// What tells a file of memory from others, and how large it is. A memfd has no name, and its size is fixed by seals; what
// else could be mapped might be cut short under whoever maps it (SIGBUS). -1 where it is none.
#define LINUX_F_GET_SEALS 1034
static inline int linux_sealed_memory(int descriptor, uint64_t *device, uint64_t *inode, int64_t *size, int64_t *used) {
    struct stat facts;
    int wanted = 0x0002 | 0x0004 /* F_SEAL_SHRINK and F_SEAL_GROW */;
    if (fstat(descriptor, &facts) < 0 || !S_ISREG(facts.st_mode) || facts.st_nlink != 0) return -1;
    int seals = fcntl(descriptor, LINUX_F_GET_SEALS);
    if (seals < 0 || (seals & wanted) != wanted) return -1;
    *device = facts.st_dev;
    *inode = facts.st_ino;
    *size = facts.st_size;
    *used = facts.st_blocks * 512;
    return 0;
}

// Whether a TCP connection takes bytes for its peer still: neither side has ended it, or the peer has only ended its own.
static inline int linux_takes_bytes(int socket) {
    struct tcp_info info;
    socklen_t length = sizeof info;
    if (getsockopt(socket, IPPROTO_TCP, TCP_INFO, &info, &length) < 0) return 0;
    return info.tcpi_state == TCP_ESTABLISHED || info.tcpi_state == TCP_CLOSE_WAIT;
}
