// What the Glibc module lacks: epoll, eventfd, signalfd, and calls hidden behind _GNU_SOURCE.
#ifndef CLINUX_H
#define CLINUX_H

#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/signalfd.h>
#include <sys/socket.h>

// accept4(2) with SOCK_NONBLOCK | SOCK_CLOEXEC. The descriptor, or -errno.
int clinux_accept(int listener, struct sockaddr_storage *address, socklen_t *length);

// A stream socket, nonblocking and close-on-exec. The descriptor, or -errno.
int clinux_stream_socket(int family);

// epoll_ctl(2) with a 64-bit token. 0, or -errno.
int clinux_epoll_control(int epoll, int operation, int descriptor, uint32_t events, uint64_t token);

// One pointer a thread: the loop that runs on it.
void *clinux_current_loop(void);
void clinux_set_current_loop(void *loop);

// pthread_setname_np(3) for the calling thread; at most 15 bytes are kept.
void clinux_name_thread(const char *name);

// Blocks SIGINT, SIGTERM and SIGHUP in the calling thread and in those it starts, and ignores SIGPIPE.
// To be called before any thread is made.
void clinux_block_signals(void);

// A signalfd(2), nonblocking and close-on-exec, for the blocked signals. The descriptor, or -errno.
int clinux_signal_descriptor(void);

// The number of the next signal that waits on a signalfd, or -errno.
int clinux_next_signal(int descriptor);

// CLOCK_MONOTONIC in milliseconds.
int64_t clinux_monotonic_ms(void);

// Seconds since 1970 (CLOCK_REALTIME).
int64_t clinux_realtime_seconds(void);

// Gives the allocator's free pages back to the kernel (malloc_trim(3)).
void clinux_trim_memory(void);

// Takes the pages of code out of the process (madvise(2), MADV_DONTNEED): what still runs comes back from the page cache
// when it is reached.
void clinux_unmap_code(void);

// Now, UTC, RFC 3339 with microseconds; takes 28 bytes with the NUL.
void clinux_timestamp(char *text, size_t capacity);

// The soft limit of open descriptors, raised to the hard one first.
int64_t clinux_raise_descriptor_limit(void);

#endif
