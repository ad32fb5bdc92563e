//! The system calls of a server, with the reason of each.
//!
//! Measured by `strace -f` of `serve` from its start to its end, while all scenarios ran over its sockets:
//!
//! ```text
//! strace -f -o calls mlx5-cosim serve --flat 7 --sf-windows 8 --virtual-time --socket-dir S --control S/control.sock
//! mlx5-cosim run --backend socket --socket-dir S
//! ```
//!
//! What no scenario comes to, and the code may make all the same, stands behind it.

/// A system call that is named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// Its number on this machine.
    pub number: i64,
    /// With which arguments.
    pub only: Only,
    /// What it is there for, or what it would be there for.
    pub why: &'static str,
}

/// With which arguments a call is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Only {
    /// All of them.
    Any,
    /// Where none of these bits is set in an argument.
    Without {
        /// Its place, from 0.
        argument: u8,
        /// The bits.
        bits: u64,
    },
    /// Where an argument is one of these.
    OneOf {
        /// Its place, from 0.
        argument: u8,
        /// What it may be.
        values: &'static [u64],
    },
    /// Where the process that it is done to is this one itself.
    OnItself,
}

const fn any(number: i64, why: &'static str) -> Call {
    Call {
        number,
        only: Only::Any,
        why,
    }
}

/// `PROT_EXEC`: memory that can be executed is never made.
const NOT_EXECUTABLE: Only = Only::Without { argument: 2, bits: 4 };

const fn one_of(number: i64, argument: u8, values: &'static [u64], why: &'static str) -> Call {
    Call {
        number,
        only: Only::OneOf { argument, values },
        why,
    }
}

/// A constant of the C library as an argument.
#[allow(clippy::cast_sign_loss, reason = "commands and flags are positive")]
const fn value(constant: i32) -> u64 {
    constant as u64
}

/// What may be called.
pub const ALLOWED: &[Call] = &[
    // Measured: the loop.
    any(libc::SYS_epoll_pwait, "waits for all sockets"),
    any(libc::SYS_epoll_ctl, "a client comes or goes"),
    any(
        libc::SYS_ppoll,
        "room in an eventfd or a socket; the first thread's wait for signals",
    ),
    // Measured: clients.
    any(libc::SYS_accept4, "a client comes"),
    any(
        libc::SYS_recvmsg,
        "messages and the descriptors that come with them",
    ),
    any(libc::SYS_recvfrom, "what follows a message; orders"),
    any(
        libc::SYS_sendto,
        "replies; the handler of a signal tells the loop",
    ),
    any(libc::SYS_close, "a client's descriptors, when it goes"),
    // Measured: what clients have sent, memory and eventfds.
    any(libc::SYS_fstat, "a memory file's size"),
    any(
        libc::SYS_statx,
        "what kind of file a descriptor is; whether a socket is still ours before it is removed",
    ),
    any(libc::SYS_fstatfs, "whether a file has huge pages"),
    #[cfg(target_arch = "x86_64")]
    any(libc::SYS_readlink, "whether a descriptor is an eventfd"),
    one_of(
        libc::SYS_fcntl,
        1,
        &[
            value(libc::F_GETFL),
            value(libc::F_GETFD),
            value(libc::F_SETFD),
            value(libc::F_GET_SEALS),
            value(libc::F_DUPFD_CLOEXEC),
        ],
        "how a descriptor was opened, whether its file can shrink, a watched descriptor's duplicate",
    ),
    any(libc::SYS_read, "signals, standard input, eventfds"),
    any(libc::SYS_write, "eventfds, the log, the command stream"),
    one_of(
        libc::SYS_ioctl,
        1,
        &[libc::TCGETS],
        "whether the log goes to a terminal; nothing is put into one",
    ),
    // Measured: memory, of clients and of its own.
    Call {
        number: libc::SYS_mmap,
        only: NOT_EXECUTABLE,
        why: "clients' memory; the allocator",
    },
    Call {
        number: libc::SYS_mprotect,
        only: NOT_EXECUTABLE,
        why: "the allocator's arenas; the guard of a stack",
    },
    any(libc::SYS_munmap, "a client goes; the allocator"),
    any(libc::SYS_mremap, "the allocator"),
    any(
        libc::SYS_madvise,
        "the allocator; the stack of a thread that ends",
    ),
    any(libc::SYS_brk, "the allocator"),
    // Measured: threads that begin, wait for each other and end. The last to be started may not have begun when the walls
    // go up.
    any(libc::SYS_futex, "locks, and threads that wait for each other"),
    any(libc::SYS_gettid, "a thread begins; an abort"),
    any(libc::SYS_set_robust_list, "a thread begins"),
    any(libc::SYS_rseq, "a thread begins"),
    any(libc::SYS_sched_getaffinity, "a thread looks for its stack"),
    one_of(
        libc::SYS_prctl,
        0,
        &[value(libc::PR_SET_NAME)],
        "a thread takes its name",
    ),
    any(libc::SYS_sigaltstack, "a thread begins or ends"),
    any(libc::SYS_rt_sigprocmask, "a thread ends; an abort"),
    // Measured: signals and the end.
    any(libc::SYS_rt_sigreturn, "a signal was handled"),
    #[cfg(target_arch = "x86_64")]
    any(libc::SYS_unlink, "a socket is removed, where files may be"),
    any(libc::SYS_exit, "a thread ends"),
    any(libc::SYS_exit_group, "the process ends"),
    // From the code: ways that no scenario takes.
    any(
        libc::SYS_epoll_pwait2,
        "a wait, where the library prefers the newer call",
    ),
    #[cfg(target_arch = "x86_64")]
    any(libc::SYS_poll, "a wait without a time"),
    any(
        libc::SYS_eventfd2,
        "the place of one more descriptor, to send a client away that has none",
    ),
    any(libc::SYS_preadv2, "room in an eventfd that a client has filled"),
    any(libc::SYS_pread64, "memory that is not mapped"),
    any(libc::SYS_pwrite64, "memory that is not mapped"),
    any(libc::SYS_lseek, "half a line of the command stream is taken back"),
    any(
        libc::SYS_ftruncate,
        "half a line of the command stream is taken back",
    ),
    any(
        libc::SYS_clock_gettime,
        "time, where the kernel has no vDSO for it",
    ),
    any(libc::SYS_restart_syscall, "a wait goes on after a signal"),
    any(libc::SYS_sched_yield, "a lock that is contended"),
    any(libc::SYS_getrandom, "tables of libraries; the allocator"),
    any(
        libc::SYS_rt_sigaction,
        "an abort, and an overflow of a stack, are left to the kernel",
    ),
    any(libc::SYS_getpid, "an abort, to itself"),
    Call {
        number: libc::SYS_tgkill,
        only: Only::OnItself,
        why: "an abort",
    },
    // Other machines and libraries have these in the place of older ones.
    any(libc::SYS_newfstatat, "whether a socket is still ours"),
    any(libc::SYS_readlinkat, "whether a descriptor is an eventfd"),
    any(libc::SYS_unlinkat, "a socket is removed, where files may be"),
];

/// What no server calls by mistake: the process ends with `SIGSYS`.
pub const FATAL: &[Call] = &[
    any(libc::SYS_execve, "another program"),
    any(libc::SYS_execveat, "another program"),
    #[cfg(target_arch = "x86_64")]
    any(libc::SYS_fork, "another process"),
    #[cfg(target_arch = "x86_64")]
    any(libc::SYS_vfork, "another process"),
    any(libc::SYS_socket, "the network, other servers"),
    any(libc::SYS_connect, "other servers"),
    any(libc::SYS_bind, "another server"),
    any(libc::SYS_ptrace, "other processes' memory"),
    any(libc::SYS_process_vm_readv, "other processes' memory"),
    any(libc::SYS_process_vm_writev, "other processes' memory"),
    any(libc::SYS_pidfd_getfd, "other processes' descriptors"),
    any(libc::SYS_open_by_handle_at, "files past their folders"),
    any(libc::SYS_mount, "another view of files"),
    any(libc::SYS_umount2, "another view of files"),
    any(libc::SYS_unshare, "another view of the system"),
    any(libc::SYS_setns, "another view of the system"),
    any(libc::SYS_bpf, "the kernel"),
    any(libc::SYS_io_uring_setup, "calls that no filter sees"),
    any(libc::SYS_userfaultfd, "the kernel, held up in its own accesses"),
    any(libc::SYS_init_module, "the kernel"),
    any(libc::SYS_finit_module, "the kernel"),
    any(libc::SYS_kexec_load, "the kernel"),
    any(libc::SYS_kexec_file_load, "the kernel"),
];
