// What deploy/seccomp.json is made of. What native/ calls is read from its source (nativeCalls) and goes through the table of libc
// functions here: a function without a row fails the test. What Node and the C library call besides stands in groups, by what for; it
// was recorded with strace on Node 20 and 24, and the test records it again. Names are those of x86_64 and of arm64, which has fewer.
import { readdirSync, readFileSync } from 'node:fs';

/** libc functions of native/, and what they call; none: it asks for nothing of its own. */
export const libcCalls: Readonly<Record<string, readonly string[]>> = {
  accept4: ['accept4'], access: ['access', 'faccessat'], bind: ['bind'], chmod: ['chmod', 'fchmodat'], clock_gettime: ['clock_gettime'], close: ['close'],
  connect: ['connect'], epoll_create1: ['epoll_create1'], epoll_ctl: ['epoll_ctl'], epoll_wait: ['epoll_wait', 'epoll_pwait'], eventfd: ['eventfd2'],
  eventfd_read: ['read'], eventfd_write: ['write'], fallocate: ['fallocate'], fchmod: ['fchmod'], fcntl: ['fcntl'], freeifaddrs: [],
  fstat: ['fstat', 'newfstatat'], fstatfs: ['fstatfs'], ftruncate: ['ftruncate'], freeaddrinfo: [], gai_strerror: [],
  getaddrinfo: ['socket', 'connect', 'getsockname', 'bind', 'sendto', 'sendmmsg', 'recvfrom', 'recvmsg', 'poll', 'openat', 'read', 'close'], getifaddrs: ['socket', 'bind', 'getsockname', 'sendto', 'recvmsg', 'close'],
  getpeername: ['getpeername'], getrlimit: ['prlimit64', 'getrlimit'], getsockname: ['getsockname'], getsockopt: ['getsockopt'], gettid: ['gettid'], if_freenameindex: [], if_indextoname: ['socket', 'ioctl', 'close'],
  if_nameindex: ['socket', 'bind', 'getsockname', 'sendto', 'recvmsg', 'close'], inet_ntop: [], inet_pton: [], ioctl: ['ioctl'], linkat: ['linkat'], listen: ['listen'],
  lstat: ['newfstatat', 'lstat'], madvise: ['madvise'], memfd_create: ['memfd_create'], mmap: ['mmap'], munmap: ['munmap'], nanosleep: ['nanosleep', 'clock_nanosleep'],
  open: ['openat'], openat: ['openat'], posix_fadvise: ['fadvise64'], pread: ['pread64'], preadv2: ['preadv2'], pthread_setname_np: ['prctl', 'openat', 'write', 'close'],
  pthread_create: ['mmap', 'mprotect', 'rt_sigprocmask'], pthread_detach: [], pthread_self: [], pthread_sigmask: ['rt_sigprocmask'], pwrite: ['pwrite64'], readlink: ['readlink', 'readlinkat'], recv: ['recvfrom'], sendfile: ['sendfile'],
  send: ['sendto'], sendmsg: ['sendmsg'], sendto: ['sendto'], setrlimit: ['prlimit64', 'setrlimit'], setsockopt: ['setsockopt'], shutdown: ['shutdown'], sigaddset: [], sigemptyset: [], sigfillset: [],
  sigtimedwait: ['rt_sigtimedwait'], socket: ['socket'], socketpair: ['socketpair'], statx: ['statx'], strnlen: [], sync_file_range: ['sync_file_range'], syscall: [],
  time: ['time', 'clock_gettime'], timerfd_create: ['timerfd_create'], timerfd_settime: ['timerfd_settime'], unlink: ['unlink', 'unlinkat'],
};

interface Group {
  readonly comment: string;
  readonly names: readonly string[];
}

export const runtimeCalls: readonly Group[] = [
  {
    comment: 'memory of V8 and of the C library',
    names: ['brk', 'madvise', 'membarrier', 'mmap', 'mprotect', 'mremap', 'munmap', 'pkey_alloc', 'pkey_free', 'pkey_mprotect'],
  },
  {
    comment: 'threads and signals',
    names: [
      'arch_prctl', 'exit', 'exit_group', 'futex', 'get_robust_list', 'gettid', 'prctl', 'restart_syscall', 'rseq', 'rt_sigaction', 'rt_sigpending', 'rt_sigprocmask', 'rt_sigreturn', 'rt_sigsuspend',
      'rt_sigtimedwait', 'sched_get_priority_max', 'sched_get_priority_min', 'sched_getaffinity', 'sched_getparam', 'sched_getscheduler', 'sched_yield', 'set_robust_list', 'set_tid_address', 'sigaltstack', 'tgkill',
    ],
  },
  {
    comment: 'waiting, and the time',
    names: [
      'clock_getres', 'clock_gettime', 'clock_nanosleep', 'epoll_create1', 'epoll_ctl', 'epoll_pwait', 'epoll_pwait2', 'epoll_wait', 'eventfd2', 'gettimeofday', 'inotify_add_watch', 'inotify_init1', 'inotify_rm_watch',
      'nanosleep', 'pipe2', 'poll', 'ppoll', 'timerfd_create', 'timerfd_settime', 'times',
    ],
  },
  {
    comment: 'files: the config, logs, the store of a cache',
    names: [
      'access', 'chmod', 'close', 'close_range', 'copy_file_range', 'dup', 'dup2', 'dup3', 'faccessat', 'faccessat2', 'fadvise64', 'fallocate', 'fchmod', 'fchmodat', 'fchown', 'fcntl', 'fdatasync', 'flock', 'fstat', 'fstatfs', 'fsync',
      'ftruncate', 'getcwd', 'getdents64', 'ioctl', 'link', 'linkat', 'lseek', 'lstat', 'mkdir', 'mkdirat', 'newfstatat', 'open', 'openat', 'pread64', 'preadv', 'pwrite64', 'pwritev', 'read', 'readlink', 'readlinkat', 'readv',
      'rename', 'renameat', 'renameat2', 'rmdir', 'stat', 'statfs', 'statx', 'umask', 'unlink', 'unlinkat', 'utimensat', 'write', 'writev',
    ],
  },
  {
    comment: 'connections to origins, of the control plane, and to the resolver',
    names: [
      'accept', 'accept4', 'bind', 'connect', 'getpeername', 'getsockname', 'getsockopt', 'listen', 'recvfrom', 'recvmmsg', 'recvmsg', 'sendmmsg', 'sendmsg', 'sendto', 'setsockopt', 'shutdown', 'socketpair',
    ],
  },
  {
    comment: 'the process: who it is, what it may, and the next one at an upgrade',
    names: [
      'capget', 'execve', 'getegid', 'geteuid', 'getgid', 'getgroups', 'getpgrp', 'getpid', 'getppid', 'getpriority', 'getrandom', 'getrlimit', 'getrusage', 'gettimeofday', 'getuid', 'kill', 'prlimit64', 'setpriority', 'setsid', 'sysinfo', 'uname', 'wait4', 'waitid',
    ],
  },
  {
    comment: 'what the container runtime does between the filter and the first instruction of ours',
    names: ['capset', 'chdir', 'fchdir', 'setgid', 'setgroups', 'setresgid', 'setresuid', 'setuid'],
  },
];

/** Known, and kept out: ENOSYS makes the C library take clone, and libuv epoll. */
export const keptOut: Readonly<Record<string, string>> = {
  clone3: 'its flags are behind a pointer, where no filter looks',
  io_uring_setup: 'what goes through a ring goes past this filter',
  io_uring_enter: 'what goes through a ring goes past this filter',
  io_uring_register: 'what goes through a ring goes past this filter',
};

/** Every libc function and system call that the source of native/ names. @param folder ends with a slash. */
export function namedIn(folder: string): { readonly functions: ReadonlySet<string>; readonly numbers: ReadonlySet<string> } {
  const functions = new Set<string>();
  const numbers = new Set<string>();
  for (const file of readdirSync(folder).filter((name) => /\.(cc|h)$/.test(name))) {
    const source = readFileSync(`${folder}${file}`, 'utf8').replaceAll(/\/\/.*$/gm, '');
    // `::name(` with nothing that would make it a member of something.
    for (const [, name] of source.matchAll(/(?<![\w>])::([a-z][a-z0-9_]*)\(/g)) functions.add(name!);
    for (const [, name] of source.matchAll(/\bSYS_([a-z0-9_]+)/g)) numbers.add(name!);
  }
  return { functions, numbers };
}
