// The functions of libsrt that are called here, each found in the library when it is first used.
//
// Nothing links libsrt: a relay that serves no SRT is spared it and GnuTLS. It has to be the build with GnuTLS, which is
// the one that Debian's libavformat loads: the one with OpenSSL beside it would clash.
//
// A function that is missing here is an undefined symbol when a program is linked: give it a line. The compiler holds
// each against its declaration in libsrt's own headers.
#define _GNU_SOURCE
#include "shim.h"
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#define TEXT(x) #x
#define NUMBER(x) TEXT(x)
// Where a distribution has one build only, it has no name of its own.
static const char *const library_names[] = {
    "libsrt-gnutls.so." NUMBER(SRT_VERSION_MAJOR) "." NUMBER(SRT_VERSION_MINOR),
    "libsrt.so." NUMBER(SRT_VERSION_MAJOR) "." NUMBER(SRT_VERSION_MINOR),
};

static pthread_once_t once = PTHREAD_ONCE_INIT;
static void *library;
static char failure[512];

static void *function(const char *name) {
    void *found = library ? dlsym(library, name) : NULL;
    if (found) return found;
    // A bug of ours: `csrt_start` is asked first, and the headers are those of the library's version.
    fprintf(stderr, "%s is not to be had: %s\n", name, failure);
    abort();
}

// Not for calls of the same functions from other libraries. libsrt's headers say that they are, so that the compiler
// cannot be told otherwise, only the assembler.
#define HIDDEN(name) __asm__(".hidden " #name);

#define PLACE(name)                                                     \
    static __typeof__(&name) place;                                     \
    __typeof__(&name) call = __atomic_load_n(&place, __ATOMIC_RELAXED); \
    if (!call) {                                                        \
        call = (__typeof__(&name))function(#name);                      \
        __atomic_store_n(&place, call, __ATOMIC_RELAXED);               \
    }

#define FUNCTION(type, name, parameters, arguments) \
    HIDDEN(name)                                    \
    type name parameters {                          \
        PLACE(name)                                 \
        return call arguments;                      \
    }
#define PROCEDURE(name, parameters, arguments) \
    HIDDEN(name)                               \
    void name parameters {                     \
        PLACE(name)                            \
        call arguments;                        \
    }

FUNCTION(int, srt_startup, (void), ())
PROCEDURE(srt_setloglevel, (int level), (level))
FUNCTION(int, srt_getlasterror, (int *error), (error))
FUNCTION(const char *, srt_getlasterror_str, (void), ())
FUNCTION(const char *, srt_rejectreason_str, (int reason), (reason))

FUNCTION(SRTSOCKET, srt_create_socket, (void), ())
FUNCTION(int, srt_close, (SRTSOCKET socket), (socket))
FUNCTION(SRT_SOCKSTATUS, srt_getsockstate, (SRTSOCKET socket), (socket))
FUNCTION(int, srt_setsockflag, (SRTSOCKET socket, SRT_SOCKOPT option, const void *value, int size),
         (socket, option, value, size))
FUNCTION(int, srt_bind_acquire, (SRTSOCKET socket, UDPSOCKET system), (socket, system))
FUNCTION(int, srt_listen, (SRTSOCKET socket, int backlog), (socket, backlog))
FUNCTION(int, srt_listen_callback, (SRTSOCKET socket, srt_listen_callback_fn *hook, void *context),
         (socket, hook, context))
FUNCTION(SRTSOCKET, srt_accept, (SRTSOCKET socket, struct sockaddr *address, int *size), (socket, address, size))
FUNCTION(int, srt_connect, (SRTSOCKET socket, const struct sockaddr *address, int size), (socket, address, size))
FUNCTION(int, srt_getsockname, (SRTSOCKET socket, struct sockaddr *address, int *size), (socket, address, size))
FUNCTION(int, srt_setrejectreason, (SRTSOCKET socket, int reason), (socket, reason))
FUNCTION(int, srt_getrejectreason, (SRTSOCKET socket), (socket))

FUNCTION(int, srt_recvmsg, (SRTSOCKET socket, char *bytes, int size), (socket, bytes, size))
FUNCTION(int, srt_sendmsg, (SRTSOCKET socket, const char *bytes, int size, int life, int in_order),
         (socket, bytes, size, life, in_order))
FUNCTION(int, srt_bistats, (SRTSOCKET socket, SRT_TRACEBSTATS *figures, int clear, int instantaneous),
         (socket, figures, clear, instantaneous))

FUNCTION(int, srt_epoll_create, (void), ())
FUNCTION(int, srt_epoll_release, (int poller), (poller))
FUNCTION(int32_t, srt_epoll_set, (int poller, int32_t flags), (poller, flags))
FUNCTION(int, srt_epoll_add_usock, (int poller, SRTSOCKET socket, const int *events), (poller, socket, events))
FUNCTION(int, srt_epoll_remove_usock, (int poller, SRTSOCKET socket), (poller, socket))
FUNCTION(int, srt_epoll_uwait, (int poller, SRT_EPOLL_EVENT *events, int count, int64_t milliseconds),
         (poller, events, count, milliseconds))

static void start_library(void) {
    for (size_t index = 0; !library && index < sizeof library_names / sizeof *library_names; index++)
        library = dlopen(library_names[index], RTLD_LAZY | RTLD_LOCAL);
    if (!library) {
        const char *reason = dlerror();
        snprintf(failure, sizeof failure, "%s", reason ? reason : library_names[0]);
        return;
    }
    // It writes to stderr on its own account; what it says there is said better by what its calls answer.
    srt_setloglevel(LOG_CRIT);
    if (srt_startup() >= 0) return;
    snprintf(failure, sizeof failure, "srt_startup: %s", srt_getlasterror_str());
}

const char *csrt_library_name(int index) {
    return index >= 0 && (size_t)index < sizeof library_names / sizeof *library_names ? library_names[index] : NULL;
}

const char *csrt_start(void) {
    pthread_once(&once, start_library);
    return *failure ? failure : NULL;
}
