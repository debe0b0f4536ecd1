/* confine: Landlock and seccomp by role, and the proof at start that they hold. */
#include "base/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/landlock.h>
#include <pwd.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* Debian 12's headers stop at REFER (ABI 2); the kernel may know more (landlock(7)). */
#define FS_TRUNCATE (UINT64_C(1) << 14) /* ABI 3 */
#define NET_TCP UINT64_C(3)		/* ABI 4: bind and connect */
#define SCOPE_ALL UINT64_C(3)		/* ABI 6: abstract Unix sockets, signals */
struct ruleset_attr { /* struct landlock_ruleset_attr of ABI 6 */
	uint64_t fs, net, scoped;
};
#define FS_READ (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define FS_CHANGE (LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_FILE |             \
	LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_DIR | \
	LANDLOCK_ACCESS_FS_MAKE_SOCK)
#define FS_ON_FILES (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE | FS_TRUNCATE)

/* What a role may, beside reading the paths that it names. */
enum {
	MAY_INET = 1 << 0,   /* sockets of AF_INET and AF_INET6 */
	MAY_UNIX = 1 << 1,   /* sockets of AF_UNIX */
	MAY_ACCEPT = 1 << 2, /* listen and accept */
	MAY_WRITE = 1 << 3,  /* create, change, rename, remove (where Landlock lets it) */
	MAY_TTY = 1 << 4,    /* open the terminal again, stop its process group */
	MAY_OVERRIDE = 1 << 5, /* as root: read what belongs to others (key files are bind's) */
	MAY_TIMES = 1 << 6,  /* set the times of a file that it holds open */
	MAY_OWN = 1 << 7,    /* give a file that it holds open an owner, a mode, attributes */
};
static const struct {
	const char *name;
	unsigned may;
} roles[CONFINE_ROLE_COUNT] = {
	[CONFINE_NET] = { "net", MAY_INET },
	[CONFINE_LOCAL] = { "local", MAY_OVERRIDE },
	[CONFINE_CONSOLE] = { "console", MAY_WRITE | MAY_TTY | MAY_OVERRIDE },
	[CONFINE_RECORD] = { "record", MAY_WRITE | MAY_UNIX | MAY_ACCEPT | MAY_OVERRIDE },
	[CONFINE_STATUS] = { "status", MAY_OVERRIDE },
	[CONFINE_LAB] = { "lab", MAY_WRITE | MAY_TIMES },
	[CONFINE_SERVE] = { "serve", MAY_WRITE | MAY_TIMES | MAY_ACCEPT },
	[CONFINE_HTTP] = { "http", MAY_ACCEPT | MAY_OVERRIDE },
	[CONFINE_TEXTFILE] = { "textfile", MAY_WRITE | MAY_OVERRIDE },
	[CONFINE_ACT] = { "act", MAY_WRITE | MAY_OVERRIDE | MAY_OWN },
};

/*
 * Read by every role: the C library, OpenSSL and the sanitizers open these after start. Nothing
 * here holds a secret. /proc/self: the entry of this very process.
 */
static const char *const common_paths[] = { "/usr/lib", "/usr/lib64", "/usr/share", "/lib",
	"/lib64", "/etc/localtime", "/etc/ssl/openssl.cnf", "/dev/null", "/dev/urandom", "/proc/self",
	"/proc/sys/kernel", "/proc/sys/vm", "/sys/devices/system/cpu", NULL };
static const char *const tty_paths[] = { "/dev/tty", "/dev/pts", "/etc/terminfo", NULL };

/* System calls that are denied unless the role has one of the MAY_ bits. To add one: a row. */
struct deny {
	int call;
	unsigned unless;
};
#define NEVER 0
#define S(call) SCMP_SYS(call)
static const struct deny denied[] = {
	/* programs and other processes */
	{ S(execve), NEVER }, { S(execveat), NEVER }, { S(fork), NEVER }, { S(vfork), NEVER },
	{ S(ptrace), NEVER }, { S(process_vm_readv), NEVER }, { S(process_vm_writev), NEVER },
	{ S(pidfd_open), NEVER }, { S(pidfd_getfd), NEVER }, { S(pidfd_send_signal), NEVER },
	{ S(kcmp), NEVER }, { S(kill), MAY_TTY }, { S(tkill), NEVER },
	/* the machine */
	{ S(mount), NEVER }, { S(umount2), NEVER }, { S(pivot_root), NEVER }, { S(chroot), NEVER },
	{ S(move_mount), NEVER }, { S(open_tree), NEVER }, { S(fsopen), NEVER }, { S(fsmount), NEVER },
	{ S(setns), NEVER }, { S(unshare), NEVER }, { S(bpf), NEVER }, { S(perf_event_open), NEVER },
	{ S(io_uring_setup), NEVER }, { S(io_uring_enter), NEVER }, { S(io_uring_register), NEVER },
	{ S(userfaultfd), NEVER }, { S(init_module), NEVER }, { S(finit_module), NEVER },
	{ S(delete_module), NEVER }, { S(kexec_load), NEVER }, { S(kexec_file_load), NEVER },
	{ S(reboot), NEVER }, { S(swapon), NEVER }, { S(swapoff), NEVER }, { S(acct), NEVER },
	{ S(quotactl), NEVER }, { S(settimeofday), NEVER }, { S(clock_settime), NEVER },
	{ S(sethostname), NEVER }, { S(setdomainname), NEVER }, { S(add_key), NEVER },
	{ S(request_key), NEVER }, { S(keyctl), NEVER }, { S(personality), NEVER },
	{ S(syslog), NEVER }, { S(name_to_handle_at), NEVER }, { S(open_by_handle_at), NEVER },
	/* who it is */
	{ S(setuid), NEVER }, { S(setgid), NEVER }, { S(setreuid), NEVER }, { S(setregid), NEVER },
	{ S(setresuid), NEVER }, { S(setresgid), NEVER }, { S(setgroups), NEVER },
	{ S(setfsuid), NEVER }, { S(setfsgid), NEVER }, { S(capset), NEVER },
	/* files: Landlock knows nothing of modes, owners and times */
	{ S(chmod), NEVER }, { S(fchmod), MAY_WRITE }, { S(fchmodat), NEVER }, { S(chown), NEVER },
	{ S(fchown), MAY_WRITE }, { S(lchown), NEVER }, { S(fchownat), NEVER },
	{ S(setxattr), NEVER }, { S(lsetxattr), NEVER }, { S(fsetxattr), MAY_OWN },
	{ S(removexattr), NEVER }, { S(lremovexattr), NEVER }, { S(fremovexattr), NEVER },
	{ S(utime), NEVER }, { S(utimes), NEVER }, { S(utimensat), MAY_TIMES }, { S(futimesat), NEVER },
	{ S(mknod), NEVER }, { S(mknodat), NEVER }, { S(symlink), NEVER }, { S(symlinkat), NEVER },
	{ S(link), NEVER }, { S(linkat), NEVER }, { S(openat2), NEVER },
	{ S(creat), MAY_WRITE }, { S(rename), MAY_WRITE }, { S(renameat), MAY_WRITE },
	{ S(renameat2), MAY_WRITE }, { S(unlink), MAY_WRITE }, { S(unlinkat), MAY_WRITE },
	{ S(mkdir), MAY_WRITE }, { S(mkdirat), MAY_WRITE }, { S(rmdir), MAY_WRITE },
	{ S(truncate), MAY_WRITE }, { S(ftruncate), MAY_WRITE }, { S(fallocate), MAY_WRITE },
	/* the network */
	{ S(bind), MAY_INET | MAY_UNIX }, { S(connect), MAY_INET },
	{ S(listen), MAY_ACCEPT }, { S(accept), MAY_ACCEPT }, { S(accept4), MAY_ACCEPT },
};
#undef S

const char *
confine_role_name(enum confine_role role)
{
	return roles[role].name;
}

static void
lacks(struct confined *c, const char *what)
{
	size_t n = strlen(c->missing);

	snprintf(c->missing + n, sizeof c->missing - n, "%s%s", n ? "; " : "", what);
}

/* ABI of the running kernel, 0 where Landlock is absent or switched off. */
static int
landlock_abi(void)
{
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);

	return abi > 0 ? (int)abi : 0;
}

static uint64_t
handled(int abi)
{
	uint64_t all = (LANDLOCK_ACCESS_FS_REFER - 1); /* ABI 1: every bit below REFER */

	return all | (abi >= 2 ? LANDLOCK_ACCESS_FS_REFER : 0) | (abi >= 3 ? FS_TRUNCATE : 0);
}

static bool
allow_path(int ruleset, const char *path, uint64_t rights, struct err *e)
{
	int fd = open(path, O_PATH | O_CLOEXEC);
	struct stat st;

	if (fd < 0)
		return true; /* not there, or not for us: nothing to allow */
	if (fstat(fd, &st) == 0 && !S_ISDIR(st.st_mode))
		rights &= FS_ON_FILES;
	struct landlock_path_beneath_attr rule = { .allowed_access = rights, .parent_fd = fd };
	long rc = syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
	int error = errno;
	close(fd);
	return rc == 0 || err_errno(e, path, "landlock_add_rule", error);
}

static bool
allow_paths(int ruleset, const struct confine_job *job, uint64_t all, struct err *e)
{
	uint64_t change = (FS_READ | FS_CHANGE | LANDLOCK_ACCESS_FS_REFER | FS_TRUNCATE) & all;

	for (size_t i = 0; common_paths[i]; i++)
		if (!allow_path(ruleset, common_paths[i], FS_READ, e))
			return false;
	for (size_t i = 0; (roles[job->role].may & MAY_TTY) && tty_paths[i]; i++)
		if (!allow_path(ruleset, tty_paths[i], (FS_READ | FS_ON_FILES) & all, e))
			return false;
	for (size_t i = 0; i < job->n_paths; i++) {
		const struct confine_path *p = &job->paths[i];
		bool write = p->write && (roles[job->role].may & MAY_WRITE);
		if (p->path && !allow_path(ruleset, p->path, write ? change : FS_READ, e))
			return false;
	}
	return true;
}

static bool
landlock(const struct confine_job *job, struct confined *c, struct err *e)
{
	int abi = job->without_landlock ? 0 : landlock_abi();
	unsigned may = roles[job->role].may;
	bool ok = false;

	if (!abi) {
		lacks(c, "no landlock: files are guarded by owner and mode only");
		return true;
	}
	struct ruleset_attr attr = { .fs = handled(abi) };
	if (abi >= 4 && !(may & MAY_INET))
		attr.net = NET_TCP;
	if (abi >= 6 && !(may & (MAY_TTY | MAY_UNIX)))
		attr.scoped = SCOPE_ALL;
	size_t size = abi >= 6 ? sizeof attr : abi >= 4 ? 2 * sizeof(uint64_t) : sizeof(uint64_t);
	int fd = (int)syscall(SYS_landlock_create_ruleset, &attr, size, 0);
	if (fd < 0)
		return err_errno(e, roles[job->role].name, "landlock_create_ruleset", errno);
	if (allow_paths(fd, job, attr.fs, e)) {
		ok = syscall(SYS_landlock_restrict_self, fd, 0) == 0;
		if (!ok)
			err_errno(e, roles[job->role].name, "landlock_restrict_self", errno);
	}
	close(fd);
	c->landlock = ok ? abi : 0;
	if (ok && abi < 3)
		lacks(c, "landlock without truncate (ABI 3)");
	return ok;
}

#define DENY SCMP_ACT_ERRNO(EPERM)

/* Threads yes, processes no. clone3's flags lie in memory, where a filter cannot look: it does
 * not exist, and the C library falls back to clone. */
static int
deny_processes(scmp_filter_ctx f)
{
	int rc = seccomp_rule_add(f, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);

	return rc ? rc : seccomp_rule_add(f, DENY, SCMP_SYS(clone), 1,
		SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, 0));
}

static int
deny_families(scmp_filter_ctx f, unsigned may)
{
	int rc = 0;

	if (may & MAY_UNIX)
		return seccomp_rule_add(f, DENY, SCMP_SYS(socket), 1, SCMP_A0(SCMP_CMP_NE, AF_UNIX));
	if (!(may & MAY_INET))
		return seccomp_rule_add(f, DENY, SCMP_SYS(socket), 0);
	for (int family = 0; family < AF_INET6 && rc == 0; family++)
		if (family != AF_INET)
			rc = seccomp_rule_add(f, DENY, SCMP_SYS(socket), 1,
				SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)family));
	return rc ? rc : seccomp_rule_add(f, DENY, SCMP_SYS(socket), 1, SCMP_A0(SCMP_CMP_GT, AF_INET6));
}

/* Opening for writing, by its flags: holds where Landlock does not exist, and beside it. */
static int
deny_open_for_writing(scmp_filter_ctx f)
{
	static const struct {
		uint64_t mask, value;
	} flags[] = { { O_ACCMODE, O_WRONLY }, { O_ACCMODE, O_RDWR }, { O_CREAT, O_CREAT },
		{ O_TRUNC, O_TRUNC } };
	int rc = 0;

	for (size_t i = 0; i < sizeof flags / sizeof *flags && rc == 0; i++) {
		rc = seccomp_rule_add(f, DENY, SCMP_SYS(openat), 1,
			SCMP_A2(SCMP_CMP_MASKED_EQ, flags[i].mask, flags[i].value));
		if (rc == 0)
			rc = seccomp_rule_add(f, DENY, SCMP_SYS(open), 1,
				SCMP_A1(SCMP_CMP_MASKED_EQ, flags[i].mask, flags[i].value));
	}
	return rc;
}

/* Typing into a terminal in its user's place. */
static int
deny_terminal_input(scmp_filter_ctx f)
{
	int rc = seccomp_rule_add(f, DENY, SCMP_SYS(ioctl), 1, SCMP_A1(SCMP_CMP_MASKED_EQ, UINT32_MAX,
		TIOCSTI));

	return rc ? rc : seccomp_rule_add(f, DENY, SCMP_SYS(ioctl), 1,
		SCMP_A1(SCMP_CMP_MASKED_EQ, UINT32_MAX, TIOCLINUX));
}

/* Landlock does not know of times: by name they are changed by nobody. */
static int
deny_times_by_name(scmp_filter_ctx f)
{
	return seccomp_rule_add(f, DENY, SCMP_SYS(utimensat), 1, SCMP_A1(SCMP_CMP_NE, 0));
}

static int
add_rules(scmp_filter_ctx f, unsigned may)
{
	int rc = 0;

	for (size_t i = 0; i < sizeof denied / sizeof *denied && rc == 0; i++)
		if (!(denied[i].unless & may))
			rc = seccomp_rule_add(f, DENY, denied[i].call, 0);
	if (rc == 0)
		rc = deny_processes(f);
	if (rc == 0)
		rc = deny_families(f, may);
	if (rc == 0 && !(may & MAY_WRITE))
		rc = deny_open_for_writing(f);
	if (rc == 0 && (may & MAY_TIMES))
		rc = deny_times_by_name(f);
	return rc ? rc : deny_terminal_input(f);
}

static bool
filter(const struct confine_job *job, struct confined *c, struct err *e)
{
	const char *name = roles[job->role].name;

	if (job->without_seccomp || prctl(PR_GET_SECCOMP, 0, 0, 0, 0) < 0) {
		lacks(c, "no seccomp: sockets and programs are not denied");
		return true;
	}
	scmp_filter_ctx f = seccomp_init(SCMP_ACT_ALLOW);
	if (!f)
		return err_set(e, ERR_MEMORY, name, "seccomp_init", "a filter", "nothing");
	seccomp_attr_set(f, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_ERRNO(EPERM)); /* 32-bit calls */
	int rc = add_rules(f, roles[job->role].may);
	bool built = rc == 0;
	if (built)
		rc = seccomp_load(f);
	seccomp_release(f);
	if (!built)
		return err_errno(e, name, "seccomp_rule_add", -rc);
	if (rc == -EINVAL || rc == -ENOSYS) {
		lacks(c, "no seccomp filters: sockets and programs are not denied");
		return true;
	}
	if (rc != 0)
		return err_errno(e, name, "seccomp_load", -rc);
	c->seccomp = true;
	return true;
}

/* Root becomes USER where there is one; whoever stays root keeps only what its role needs. */
static bool
drop_rights(const struct confine_job *job, struct err *e)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct cap[2] = { { 0 }, { 0 } };
	unsigned may = roles[job->role].may;
	const struct passwd *pw = geteuid() == 0 && job->user ? getpwnam(job->user) : NULL;

	if (pw && (setgroups(0, NULL) != 0 || setresgid(pw->pw_gid, pw->pw_gid, pw->pw_gid) != 0 ||
			setresuid(pw->pw_uid, pw->pw_uid, pw->pw_uid) != 0))
		return err_errno(e, job->user, "setresuid", errno);
	if (geteuid() == 0 && (may & MAY_OVERRIDE)) {
		uint32_t keep = 1u << CAP_DAC_READ_SEARCH;
		if (may & MAY_WRITE)
			keep |= 1u << CAP_DAC_OVERRIDE;
		if (may & MAY_OWN)
			keep |= 1u << CAP_CHOWN | 1u << CAP_FOWNER | 1u << CAP_FSETID;
		cap[0].effective = cap[0].permitted = keep;
	}
	if (syscall(SYS_capset, &head, cap) == 0)
		return true;
	if (errno != EPERM) /* fewer than that already */
		return err_errno(e, roles[job->role].name, "capset", errno);
	cap[0] = (struct __user_cap_data_struct){ 0 };
	return syscall(SYS_capset, &head, cap) == 0 || err_errno(e, roles[job->role].name, "capset", errno);
}

/* The self-test: each returns true when the kernel let it happen, or got past the filter. */
#define FORBIDDEN (errno == EPERM || errno == EACCES)
#define NOWHERE "/.unbogus-selftest"

static bool
try_program(void)
{
	char *const argv[] = { NULL };

	return execve(NOWHERE, argv, argv) < 0 && !FORBIDDEN; /* ENOENT: it went looking */
}

static bool
try_process(void)
{
	pid_t pid = (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);

	if (pid == 0)
		_exit(0);
	if (pid > 0)
		while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
			;
	return pid > 0;
}

static bool
try_socket(int family)
{
	int fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd >= 0)
		close(fd);
	return fd >= 0 || !FORBIDDEN;
}

static bool try_inet(void) { return try_socket(AF_INET); }
static bool try_unix(void) { return try_socket(AF_UNIX); }
static bool try_netlink(void) { return try_socket(AF_NETLINK); }
static bool try_listen(void) { return listen(-1, 1) < 0 && !FORBIDDEN; }

static bool
try_create(void)
{
	int fd = open(NOWHERE, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd >= 0) {
		close(fd);
		unlink(NOWHERE);
	}
	return fd >= 0 || !(FORBIDDEN || errno == EROFS);
}

static bool
try_foreign_folder(void)
{
	int fd = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd >= 0)
		close(fd);
	return fd >= 0 || !FORBIDDEN;
}

static bool try_unlink(void) { return unlink(NOWHERE) < 0 && !FORBIDDEN; }
static bool try_rename(void) { return rename(NOWHERE, NOWHERE "2") < 0 && !FORBIDDEN; }
static bool try_symlink(void) { return symlink(NOWHERE "/x", NOWHERE "/y") < 0 && !FORBIDDEN; }
static bool try_chmod(void) { return chmod(NOWHERE, 0600) < 0 && !FORBIDDEN; }
static bool try_chown(void) { return chown(NOWHERE, 0, 0) < 0 && !FORBIDDEN; }
static bool try_times(void) { return utimensat(AT_FDCWD, NOWHERE, NULL, 0) < 0 && !FORBIDDEN; }
static bool try_trace(void) { return ptrace(PTRACE_PEEKDATA, 1, NULL, NULL) < 0 && !FORBIDDEN; }
static bool try_mount(void) { return mount("", NOWHERE, "", 0, NULL) < 0 && !FORBIDDEN; }
static bool try_namespace(void) { return unshare(0) == 0 || !FORBIDDEN; }
static bool try_setuid(void) { return setresuid(geteuid(), geteuid(), geteuid()) == 0; }
static bool try_bpf(void) { return syscall(SYS_bpf, 0, NULL, 0) < 0 && !FORBIDDEN; }
static bool try_uring(void) { return syscall(SYS_io_uring_setup, 0, NULL) < 0 && !FORBIDDEN; }
static bool try_typing(void) { return ioctl(-1, TIOCSTI, "x") < 0 && !FORBIDDEN; }

/* To add a test: a function above and a row. UNLESS: roles with one of these bits skip it. */
static const struct {
	const char *name;
	bool (*happens)(void);
	unsigned unless;
	bool by_landlock; /* needs Landlock: nothing else denies it */
} tests[] = {
	{ "run a program", try_program, NEVER, false },
	{ "start a process", try_process, NEVER, false },
	{ "open an Internet socket", try_inet, MAY_INET, false },
	{ "open a Unix socket", try_unix, MAY_UNIX, false },
	{ "open a netlink socket", try_netlink, NEVER, false },
	{ "listen", try_listen, MAY_ACCEPT, false },
	{ "create a file", try_create, NEVER, true },
	{ "read a folder that it was not given", try_foreign_folder, NEVER, true },
	{ "remove a file", try_unlink, MAY_WRITE, false },
	{ "rename a file", try_rename, MAY_WRITE, false },
	{ "make a symbolic link", try_symlink, NEVER, false },
	{ "change a mode", try_chmod, NEVER, false },
	{ "change an owner", try_chown, NEVER, false },
	{ "change a file's times", try_times, NEVER, false },
	{ "look into a process", try_trace, NEVER, false },
	{ "mount", try_mount, NEVER, false },
	{ "enter a namespace", try_namespace, NEVER, false },
	{ "change the user", try_setuid, NEVER, false },
	{ "load a BPF program", try_bpf, NEVER, false },
	{ "use io_uring", try_uring, NEVER, false },
	{ "type into a terminal", try_typing, NEVER, false },
};

static bool
self_test(const struct confine_job *job, struct confined *c, struct err *e)
{
	for (size_t i = 0; i < sizeof tests / sizeof *tests; i++) {
		if ((tests[i].unless & roles[job->role].may) ||
				(tests[i].by_landlock ? !c->landlock : !c->seccomp))
			continue;
		c->tried++;
		if (tests[i].happens())
			return err_set(e, ERR_IO, roles[job->role].name, "confinement",
				"forbidden calls to be denied", "it could %s", tests[i].name);
		c->denied++;
	}
	return true;
}

bool
confine(const struct confine_job *job, struct confined *c, struct err *e)
{
	*c = (struct confined){ .role = job->role };
	if (!drop_rights(job, e))
		return false;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return err_errno(e, roles[job->role].name, "prctl(PR_SET_NO_NEW_PRIVS)", errno);
	return landlock(job, c, e) && filter(job, c, e) && self_test(job, c, e);
}

const char *
confine_describe(const struct confined *c, char *buf, size_t size)
{
	char parts[64] = "";

	if (c->landlock)
		snprintf(parts, sizeof parts, "landlock %d%s", c->landlock, c->seccomp ? ", seccomp" : "");
	else
		snprintf(parts, sizeof parts, "%s", c->seccomp ? "seccomp" : "not confined");
	snprintf(buf, size, "%s, %u/%u denied%s%s", parts, c->denied, c->tried, c->missing[0] ? "; " : "",
		c->missing);
	return buf;
}

const char *
confine_support(char *buf, size_t size)
{
	int abi = landlock_abi();
	bool seccomp = prctl(PR_GET_SECCOMP, 0, 0, 0, 0) >= 0;

	if (abi && seccomp)
		snprintf(buf, size, "landlock %d, seccomp%s", abi,
			abi < 3 ? " (this kernel's landlock has no truncate)" : "");
	else
		snprintf(buf, size, "%s", abi ? "landlock; missing on this kernel: seccomp" : seccomp ?
			"seccomp; missing on this kernel: landlock" :
			"none; missing on this kernel: landlock, seccomp");
	return buf;
}

#ifdef __SANITIZE_ADDRESS__
/*
 * LeakSanitizer stops its own process with ptrace at exit and waits for ever where that is denied.
 * Confined roles are therefore not searched for leaks; the same code is, in unconfined tests.
 */
int __lsan_is_turned_off(void);
int
__lsan_is_turned_off(void)
{
	return prctl(PR_GET_SECCOMP, 0, 0, 0, 0) != 0 || prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1;
}
#endif
