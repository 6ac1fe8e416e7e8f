#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include <seccomp.h>
#include <sys/ioctl.h>

#include "sim/base/auto.h"
#include "sim/tpm/sandbox.h"

/* A system call that an older libseccomp or another machine does not have is
 * left out: nobody can call it then, or it is refused. */

/* Memory, threads, time, signals, files: libtpms, OpenSSL and the C library of
 * Debian 12 and 13, Ubuntu 22.04 and 24.04. */
static const char *const for_all[] = {
	/* clang-format off */
	"read", "readv", "pread64", "write", "writev", "pwrite64", "lseek",
	"close", "fcntl", "dup", "dup2", "dup3", "poll", "ppoll", "pipe2",
	"open", "openat", "stat", "lstat", "fstat", "newfstatat", "statx",
	"getdents64", "fsync", "fdatasync", "ftruncate", "flock", "fchmod",
	"rename", "renameat", "renameat2", "unlink", "unlinkat", "link",
	"linkat", "mkdir", "mkdirat", "rmdir", "umask", "access",
	"faccessat", "faccessat2", "readlink", "readlinkat", "getcwd",
	"mmap", "munmap", "mremap", "mprotect", "madvise", "brk", "mlock",
	"munlock",
	"clone", "clone3", "set_robust_list", "get_robust_list", "rseq",
	"set_tid_address", "futex", "futex_wait", "futex_wake", "membarrier",
	"sched_yield", "sched_getaffinity", "prlimit64", "getrlimit",
	"rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "rt_sigtimedwait",
	"sigaltstack", "restart_syscall", "tgkill", "exit", "exit_group",
	"wait4", "waitid",
	"clock_gettime", "clock_getres", "clock_nanosleep", "nanosleep",
	"gettimeofday", "time", "getrandom",
	"getpid", "getppid", "gettid", "getuid", "geteuid", "getgid",
	"getegid", "uname", "sysinfo", "getrusage",
	/* clang-format on */
};

/*
 * Connections come from sockets that listen since before the filter. libuv
 * since 1.45 hands epoll_ctl to a ring that it made with its loop, and aborts
 * when that is refused; making another ring is.
 */
static const char *const for_serving[] = {
	/* clang-format off */
	"accept", "accept4", "recvfrom", "recvmsg", "sendto", "sendmsg",
	"shutdown", "setsockopt", "getsockopt", "getsockname", "getpeername",
	"epoll_create1", "epoll_ctl", "epoll_wait", "epoll_pwait",
	"epoll_pwait2", "eventfd2", "io_uring_enter",
	/* clang-format on */
};

/* Nothing here has a reason to try: whoever does is somebody else. */
static const char *const deadly[] = {
	/* clang-format off */
	"execve", "execveat", "ptrace", "process_vm_readv",
	"process_vm_writev", "process_madvise", "pidfd_getfd", "bpf",
	"kexec_load", "kexec_file_load", "init_module", "finit_module",
	"delete_module", "mount", "umount2", "pivot_root", "unshare", "setns",
	"perf_event_open", "userfaultfd", "add_key", "keyctl", "request_key",
	/* clang-format on */
};

#define N_OF(a) (sizeof(a) / sizeof((a)[0]))

static void
auto_filter_fn(scmp_filter_ctx *ctx)
{
	seccomp_release(*ctx);
}

#define auto_filter AUTO(auto_filter_fn) scmp_filter_ctx

static int
add_rules(scmp_filter_ctx ctx, uint32_t action, const char *const *names,
    size_t n, struct err *e)
{
	for (size_t i = 0; i < n; i++) {
		int call = seccomp_syscall_resolve_name(names[i]), rc;

		if (call == __NR_SCMP_ERROR)
			continue;
		if ((rc = seccomp_rule_add(ctx, action, call, 0)) != 0)
			return err_set(e, E_IO, "system call filter: %s: %s",
			    names[i], strerror(-rc));
	}
	return 0;
}

/* libuv makes descriptors non-blocking by FIONBIO; nothing else is needed of
 * ioctl(2), which injects terminal input and more. */
static int
add_ioctl(scmp_filter_ctx ctx, struct err *e)
{
	int rc = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 1,
	    SCMP_A1(SCMP_CMP_EQ, FIONBIO, 0));

	return rc == 0 ? 0
		       : err_set(e, E_IO, "system call filter: ioctl: %s",
			     strerror(-rc));
}

static int
add_all(scmp_filter_ctx ctx, enum sandbox kind, bool logging, struct err *e)
{
	if (add_rules(ctx, SCMP_ACT_ALLOW, for_all, N_OF(for_all), e) != 0 ||
	    (!logging && add_rules(ctx, SCMP_ACT_KILL_PROCESS, deadly,
			     N_OF(deadly), e) != 0))
		return -1;
	if (kind == SANDBOX_MINT)
		return 0;
	if (add_rules(ctx, SCMP_ACT_ALLOW, for_serving, N_OF(for_serving), e))
		return -1;
	return add_ioctl(ctx, e);
}

static int
enter(enum sandbox kind, bool logging, struct err *e)
{
	auto_filter ctx =
	    seccomp_init(logging ? SCMP_ACT_LOG : SCMP_ACT_ERRNO(EPERM));
	int rc;

	if (ctx == NULL)
		return err_set(e, E_NOMEM, "system call filter");
	/* The second is a binary tree: a filter costs each call less. */
	if ((rc = seccomp_attr_set(ctx, SCMP_FLTATR_CTL_TSYNC, 1)) != 0 ||
	    (rc = seccomp_attr_set(ctx, SCMP_FLTATR_CTL_OPTIMIZE, 2)) != 0)
		return err_set(
		    e, E_IO, "system call filter: %s", strerror(-rc));
	if (add_all(ctx, kind, logging, e) != 0)
		return -1;
	if ((rc = seccomp_load(ctx)) != 0)
		return err_set(e, E_IO,
		    "system call filter: the kernel says "
		    "%s",
		    strerror(-rc));
	return 0;
}

#ifdef ODCASIM_SANITIZED
static const bool sanitized = true;
#else
static const bool sanitized = false;
#endif

int
sandbox_enter(enum sandbox kind, struct err *e)
{
	return sanitized ? 0 : enter(kind, false, e);
}

int
sandbox_enter_logging(enum sandbox kind, struct err *e)
{
	return sanitized ? 0 : enter(kind, true, e);
}
