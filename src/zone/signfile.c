#include "zone/signfile.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "zone/splice.h"
#include "zone/verify.h"

struct run {
	const struct signfile *f;
	struct signfile_result *r;
	struct err *e;
	struct zone *in, *previous;
	struct sigcache *cache;
	struct sign_result *signed_zone;
	struct known_file known; /* of the file that is written */
};

static double
cpu_now(void)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
		(double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static bool
tell(const struct run *n, const char *phase, uint64_t done, uint64_t total)
{
	return !n->f->progress || n->f->progress(n->f->ctx, phase, done, total) ||
		err_set(n->e, ERR_LIMIT, n->f->out, "cancelled", "", "nothing was changed");
}

static bool
same_file(const char *a, const char *b)
{
	struct stat x, y;

	return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

/* The earlier version is a help, not an input: when it cannot be read there is nothing to keep. */
static void
load_previous(struct run *n)
{
	const char *path = n->f->previous ? n->f->previous : n->f->out;

	if (same_file(path, n->f->in))
		return;
	n->previous = zone_load(path, &n->in->apex, n->f->limits, NULL);
}

static bool
load(struct run *n)
{
	double t = cpu_now();

	if (!tell(n, "read", 0, 1))
		return false;
	n->in = zone_load(n->f->in, n->f->origin, n->f->limits, n->e);
	if (!n->in)
		return false;
	load_previous(n);
	n->r->out_of_zone = n->in->out_of_zone;
	size_t sigs = n->in->n_rrs + (n->previous ? n->previous->n_rrs : 0);
	n->cache = n->f->cache ? sigcache_load(n->f->cache, sigs, NULL) : sigcache_new(sigs);
	n->r->cpu_read = cpu_now() - t;
	return true;
}

static bool
on_sign(void *ctx, enum sign_phase phase, uint64_t done, uint64_t total)
{
	static const char *const words[] = { "prepare", "chain", "sign", "digest" };
	struct run *n = ctx;

	return n->f->progress(n->f->ctx, words[phase], done, total);
}

static bool
sign(struct run *n)
{
	struct sign_opts o = n->f->sign;
	double t = cpu_now();

	o.previous = n->previous;
	o.cache = n->cache;
	if (n->f->progress) {
		o.progress = on_sign;
		o.ctx = n;
	}
	n->signed_zone = zone_sign(n->in, &o, n->e);
	if (!n->signed_zone)
		return false;
	const struct sign_result *s = n->signed_zone;
	n->r->made = s->made;
	n->r->kept = s->kept;
	n->r->dropped = s->dropped;
	n->r->computed = s->checked;
	n->r->serial = s->serial;
	n->r->serial_before = s->serial_before;
	n->r->nsec3 = s->nsec3;
	n->r->optout = s->optout;
	n->r->records = s->zone->n_rrs;
	n->r->cpu_sign = cpu_now() - t;
	return true;
}

/* A fault that a validator would trip over: the result must not be published with it. */
static bool
is_ours(const struct zone_fault *f)
{
	static const char *const groups[] = { "rrsig", "nsec", "dnskey", "zonemd", "cds", "algorithm" };

	for (size_t i = 0; i < sizeof groups / sizeof *groups; i++)
		if (strncmp(f->id, groups[i], strlen(groups[i])) == 0)
			return f->severity >= FAULT_HIGH;
	return f->severity == FAULT_CRITICAL;
}

static bool
judge(struct run *n, const struct zone *z, const struct verify_result *v)
{
	if (z->n_rrs != n->r->records)
		return err_set(n->e, ERR_CHANGED, n->f->out, "read again", "as many records as were written",
			"%zu instead of %llu", z->n_rrs, (unsigned long long)n->r->records);
	for (size_t i = 0; i < v->n_faults; i++) {
		const struct zone_fault *f = &v->faults[i];
		struct name owner;
		char text[NAME_MAX_TEXT] = "the zone";
		if (!is_ours(f)) {
			n->r->warnings += f->severity >= FAULT_HIGH;
			continue;
		}
		if (f->node) {
			znode_name(f->node, &owner);
			name_to_text(text, &owner);
		}
		return err_set(n->e, ERR_CHANGED, text, f->id, "a zone that verifies", "%s%s%s",
			f->type ? rrtype_name(f->type) : "", f->type ? ": " : "", f->detail);
	}
	if (v->bad || v->expired || v->future)
		return err_set(n->e, ERR_CHANGED, n->f->out, "verify", "good signatures only",
			"%llu that are not", (unsigned long long)(v->bad + v->expired + v->future));
	n->known.first_expiration = v->first_expiration;
	n->r->verified = v->good;
	n->r->computed += v->computed;
	return true;
}

/* Reads what was written and verifies that, not what is in memory. */
static bool
verify(struct run *n, const char *path)
{
	struct verify_opts o = { .at = n->f->sign.at, .threads = n->f->sign.threads, .expect_signed = true,
		.cache = n->cache };
	struct name apex = n->in->apex;
	double t = cpu_now();
	bool ok = false;

	if (!tell(n, "verify", 0, 1))
		return false;
	struct zone *z = zone_load(path, &apex, n->f->limits, n->e);
	struct verify_result *v = z ? zone_verify(z, &o, n->e) : NULL;
	if (v)
		ok = judge(n, z, v);
	verify_free(v);
	zone_free(z);
	n->r->cpu_verify = cpu_now() - t;
	return ok;
}

static void
forget_zones(struct run *n)
{
	sign_free(n->signed_zone);
	n->signed_zone = NULL;
	zone_free(n->previous);
	n->previous = NULL;
}

/* What a later run needs to know to copy this file's rest. */
static void
note_written(struct run *n, const struct zone *z, const struct zone_written *w)
{
	struct known_file *k = &n->known;
	const struct znode *apex = z->apex_node;
	uint64_t in_apex = 0, sigs = 0;

	for (size_t i = 0; i < apex->nsets; i++) {
		in_apex += z->sets[apex->first_set + i].n + z->sets[apex->first_set + i].nsig;
		sigs += z->sets[apex->first_set + i].nsig;
	}
	*k = (struct known_file){ .apex_len = w->apex_len, .rest_len = w->rest_len, .at = n->f->sign.at,
		.records = z->n_rrs - in_apex, .sigs = n->r->made + n->r->kept - sigs, .nsec3 = n->r->nsec3,
		.optout = n->r->optout };
	memcpy(k->apex, w->apex, 32);
	memcpy(k->rest, w->rest, 32);
}

static bool
write_out(struct run *n)
{
	struct file_new out;
	char temp[4400];
	double t = cpu_now();

	if (!tell(n, "write", 0, 1) || !file_new_begin(&out, n->f->out, 0644, n->e))
		return false;
	struct zone_written w;
	const struct zone *z = n->signed_zone->zone;
	bool ok = zone_write(z, out.fd, n->f->out, n->f->sign.threads, &w, n->e);
	note_written(n, z, &w);
	n->r->cpu_write = cpu_now() - t;
	forget_zones(n);
	if (ok && n->f->verify != SIGNFILE_VERIFY_NONE)
		ok = verify(n, file_new_path(&out, temp));
	ok = ok && tell(n, "publish", 0, 1) && file_new_commit(&out, n->e);
	file_new_abort(&out);
	return ok;
}

/* What takes the target's place must be the target: a link or a second name would be left behind. */
static bool
check_target(const char *path, struct err *e)
{
	struct stat st;

	if (lstat(path, &st) != 0)
		return errno == ENOENT || err_errno(e, path, "lstat", errno);
	if (S_ISLNK(st.st_mode))
		return err_set(e, ERR_ARG, path, "target", "the file itself", "a symbolic link to it");
	if (!S_ISREG(st.st_mode))
		return err_set(e, ERR_ARG, path, "target", "a regular file", "another kind of file");
	return st.st_nlink == 1 || err_set(e, ERR_ARG, path, "target", "a file with one name",
		"%lu hard links", (unsigned long)st.st_nlink);
}

/* The caches are a help for the next time; without them that takes longer, nothing else. */
static void
remember(struct run *n, const char *known)
{
	if (n->cache)
		sigcache_save(n->cache, n->f->cache, NULL);
	if (n->f->verify == SIGNFILE_VERIFY_ALL && n->known.first_expiration != TIME_NEVER &&
		known_keys(&n->f->sign, &n->known))
		known_add(known, &n->known, NULL);
}

bool
signfile(const struct signfile *f, struct signfile_result *r, struct err *e)
{
	struct err mine = { 0 };
	struct run n = { .f = f, .r = r, .e = &mine };
	struct rusage u;
	char known[PATH_MAX] = "";
	bool ok = false;

	*r = (struct signfile_result){ 0 };
	if (!check_target(f->out, e))
		return false;
	if (f->cache && snprintf(known, sizeof known, "%s.files", f->cache) >= (int)sizeof known)
		known[0] = '\0';
	if (known[0] && f->origin && !f->no_splice && f->verify == SIGNFILE_VERIFY_ALL)
		ok = signfile_splice(f, known, r, &mine);
	if (!ok && mine.code == ERR_NONE) {
		ok = load(&n) && sign(&n) && write_out(&n);
		if (ok && known[0])
			remember(&n, known);
	}
	forget_zones(&n);
	sigcache_free(n.cache);
	zone_free(n.in);
	getrusage(RUSAGE_SELF, &u);
	r->cpu = cpu_now();
	r->peak_kb = u.ru_maxrss;
	if (!ok && e)
		*e = mine;
	return ok;
}
