#include <malloc.h>
#include <spawn.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

/// accept4(2), which the headers declare only to GNU sources: one call in place of accept and two of fcntl.
int accept4(int descriptor, struct sockaddr *address, socklen_t *length, int flags);
/// gettid(2), likewise: what setpriority(2) needs to lower one thread.
pid_t gettid(void);
/// Likewise: what keeps the programs that tests start from inheriting each other's sockets and pipes.
int posix_spawn_file_actions_addclosefrom_np(posix_spawn_file_actions_t *actions, int first);
