// How libsrt sends from a process that may not say to whom it does.
#define _GNU_SOURCE
#include "shim.h"
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static int sends_connected;

void csrt_send_connected(void) { __atomic_store_n(&sends_connected, 1, __ATOMIC_RELAXED); }

// libsrt names the peer with every packet, also by the socket of a call, which is connected to the one whom it calls. This
// stands before the C library's function of that name for all that is loaded into the process, and leaves the name out once
// it is forbidden to give one. What the packet is beside that is nothing but bytes.
__attribute__((visibility("default"), used)) ssize_t sendmsg(int socket, const struct msghdr *message, int flags) {
    if (message->msg_name && __atomic_load_n(&sends_connected, __ATOMIC_RELAXED))
        return writev(socket, message->msg_iov, (int)message->msg_iovlen);
    return syscall(SYS_sendmsg, socket, message, flags);
}
