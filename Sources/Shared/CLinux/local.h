// Stream sockets of unix(7) with a path, and who is at the other end of one.
#pragma once

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

// O_PATH, which only _GNU_SOURCE declares.
#define LINUX_O_PATH 010000000

// The address of a path. One that is longer than the kernel takes is named from its directory, which `directory` is then
// open for. -1 and errno, or 0.
static inline int linux_local_address(const char *path, struct sockaddr_un *address, int *directory) {
    *directory = -1;
    memset(address, 0, sizeof *address);
    address->sun_family = AF_UNIX;
    size_t length = strlen(path);
    if (length < sizeof address->sun_path) {
        memcpy(address->sun_path, path, length);
        return 0;
    }
    const char *name = strrchr(path, '/');
    char parent[4096];
    if (name == NULL || name == path || (size_t)(name - path) >= sizeof parent) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(parent, path, (size_t)(name - path));
    parent[name - path] = 0;
    *directory = open(parent, LINUX_O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (*directory < 0) return -1;
    int wanted = snprintf(address->sun_path, sizeof address->sun_path, "/proc/self/fd/%d%s", *directory, name);
    if (wanted > 0 && (size_t)wanted < sizeof address->sun_path) return 0;
    close(*directory);
    errno = ENAMETOOLONG;
    return -1;
}

// A socket that does not block, connected to one with that path or, with a mode, listening at it. -1 and errno, or it.
static inline int linux_local_socket(const char *path, int listens, mode_t mode) {
    struct sockaddr_un address;
    int directory;
    if (linux_local_address(path, &address, &directory) < 0) return -1;
    int number = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int result = number < 0 ? -1 : 0;
    if (result == 0 && listens) {
        // The file is made with what the socket itself allows (unix(7)).
        result = fchmod(number, mode);
        if (result == 0) result = bind(number, (struct sockaddr *)&address, sizeof address);
        if (result == 0) result = listen(number, 64);
    } else if (result == 0) {
        result = connect(number, (struct sockaddr *)&address, sizeof address);
    }
    int failure = errno;
    if (directory >= 0) close(directory);
    if (result < 0 && number >= 0) close(number);
    errno = failure;
    return result < 0 ? -1 : number;
}

// The process that connected or listens at the other end of a socket with a path, and its user, as of then. -1, or 0.
static inline int linux_local_peer(int socket, int32_t *process, uint32_t *user) {
    // struct ucred, which only _GNU_SOURCE declares.
    struct {
        int32_t process;
        uint32_t user;
        uint32_t group;
    } peer;
    socklen_t length = sizeof peer;
    if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &length) < 0) return -1;
    *process = peer.process;
    *user = peer.user;
    return 0;
}
