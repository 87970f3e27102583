// What the Linux kernel and glibc offer that Swift's Glibc overlay hides behind macros or feature tests.
#pragma once
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <unistd.h>

// Words shared with readers that do not lock, possibly in another process: C11 atomics on plain memory,
// because Swift's Atomic cannot be placed in a mapping.
static inline uint64_t linux_load_acquire(const uint64_t *word) { return __atomic_load_n(word, __ATOMIC_ACQUIRE); }
static inline void linux_store_release(uint64_t *word, uint64_t value) {
    __atomic_store_n(word, value, __ATOMIC_RELEASE);
}
static inline void linux_fence(void) { __atomic_thread_fence(__ATOMIC_SEQ_CST); }

// memfd_create and pthread_setaffinity_np are declared only under _GNU_SOURCE, which the overlay does not set.
static inline int linux_memfd(const char *name) { return memfd_create(name, MFD_CLOEXEC); }
