#include "zone/splice.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "zone/verify.h"

#define MAGIC "unbogus files 1"
#define APEX_MAX (4u << 20)
#define READ_SIZE (256u << 10)

/* ---- the list of known files: a line each, the last one a digest of all before ---- */

static bool
parse_line(const char *s, struct known_file *k)
{
	char apex[65], rest[65], keys[KNOWN_KEYS * SIGCACHE_ID * 2 + 1] = "";
	int nsec3, optout;

	*k = (struct known_file){ 0 };
	if (sscanf(s, "%" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %64[0-9a-f] %64[0-9a-f] %" SCNd64
		" %" SCNd64 " %d %d %512[0-9a-f]", &k->apex_len, &k->rest_len, &k->records, &k->sigs, apex, rest,
		&k->at, &k->first_expiration, &nsec3, &optout, keys) != 11)
		return false;
	long n = text_unhex(k->keys, sizeof k->keys, keys);
	k->nsec3 = nsec3;
	k->optout = optout;
	k->n_keys = n > 0 ? (size_t)n / SIGCACHE_ID : 0;
	return text_unhex(k->apex, 32, apex) == 32 && text_unhex(k->rest, 32, rest) == 32 && n > 0 &&
		n % SIGCACHE_ID == 0;
}

static void
put_line(struct text *t, const struct known_file *k)
{
	char apex[65], rest[65], keys[KNOWN_KEYS * SIGCACHE_ID * 2 + 1];

	text_hex(apex, sizeof apex, k->apex, 32);
	text_hex(rest, sizeof rest, k->rest, 32);
	text_hex(keys, sizeof keys, k->keys, k->n_keys * SIGCACHE_ID);
	text_add(t, "%" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %s %s %" PRId64 " %" PRId64 " %d %d %s\n",
		k->apex_len, k->rest_len, k->records, k->sigs, apex, rest, k->at, k->first_expiration, k->nsec3,
		k->optout, keys);
}

static void
sum_of(const char *p, size_t n, char out[65])
{
	uint8_t sum[32] = { 0 };

	EVP_Digest(p, n, sum, NULL, EVP_sha256(), NULL);
	text_hex(out, 65, sum, 32);
}

/* Is the file at PATH ours alone to write? */
static bool
is_own(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0 && S_ISREG(st.st_mode) && st.st_uid == geteuid() &&
		!(st.st_mode & 0022);
}

size_t
known_load(const char *path, struct known_file *v)
{
	size_t len = 0, n = 0;
	char sum[65], *p = is_own(path) ? file_read(path, 64u << 10, &len, NULL) : NULL, *save = NULL;

	if (!p || len < 66 || strncmp(p, MAGIC "\n", strlen(MAGIC) + 1) != 0) {
		free(p);
		return 0;
	}
	sum_of(p, len - 65, sum);
	if (strncmp(p + len - 65, sum, 64) == 0) {
		p[len - 65] = '\0';
		strtok_r(p, "\n", &save);
		for (char *s; n < KNOWN_FILES && (s = strtok_r(NULL, "\n", &save));)
			n += parse_line(s, &v[n]);
	}
	free(p);
	return n;
}

bool
known_add(const char *path, const struct known_file *k, struct err *e)
{
	struct known_file v[KNOWN_FILES];
	size_t n = known_load(path, v), kept = 1;
	struct text t = { 0 };
	char sum[65];

	text_add(&t, MAGIC "\n");
	put_line(&t, k);
	for (size_t i = 0; i < n && kept < KNOWN_FILES; i++)
		if (v[i].rest_len != k->rest_len || v[i].apex_len != k->apex_len || memcmp(v[i].rest, k->rest, 32) ||
			memcmp(v[i].apex, k->apex, 32)) {
			put_line(&t, &v[i]);
			kept++;
		}
	sum_of(t.s, t.len, sum);
	text_add(&t, "%s\n", sum);
	bool ok = file_replace(path, t.s, t.len, 0600, e);
	text_free(&t);
	return ok;
}

static int
id_cmp(const void *x, const void *y)
{
	return memcmp(x, y, SIGCACHE_ID);
}

bool
known_keys(const struct sign_opts *o, struct known_file *k)
{
	struct sighash h;
	bool ok = sighash_begin(&h);

	k->n_keys = 0;
	for (size_t i = 0; ok && i < o->n_keys; i++) {
		const struct sign_key *s = &o->keys[i];
		bool leaves = false;
		for (size_t w = 0; w < o->n_without; w++)
			leaves |= o->without[w] == s->tag;
		if (!s->key || !s->publish || !s->signs_data || leaves)
			continue;
		if (k->n_keys == KNOWN_KEYS)
			ok = false;
		else
			sighash_key(&h, k->keys[k->n_keys++], s->dnskey, s->dnskey_len);
	}
	sighash_end(&h);
	qsort(k->keys, k->n_keys, SIGCACHE_ID, id_cmp);
	return ok && k->n_keys;
}

/* ---- splicing ---- */

struct job {
	const struct signfile *f;
	struct signfile_result *r;
	struct known_file k;
	int in;
	char *apex; /* the old apex block */
	struct zone *old;
	struct sign_result *s;
	struct text text; /* the new one */
	struct file_new out;
	struct err *e;
};

/* Says why not; always false. */
static bool
cannot(struct job *j, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static bool
cannot(struct job *j, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(j->r->fallback, sizeof j->r->fallback, fmt, ap);
	va_end(ap);
	return false;
}

static bool
read_all(int fd, void *p, size_t n, off_t at)
{
	for (size_t done = 0; done < n;) {
		ssize_t got = pread(fd, (char *)p + done, n - done, at + (off_t)done);
		if (got <= 0 && !(got < 0 && errno == EINTR))
			return false;
		done += got > 0 ? (size_t)got : 0;
	}
	return true;
}

/* The known file of this length whose apex block is the one that is there. */
static bool
recognise(struct job *j, const char *known)
{
	struct known_file v[KNOWN_FILES];
	size_t n = known_load(known, v);
	struct stat st;
	uint8_t sum[32];

	if (n == 0)
		return cannot(j, "no file of this zone was verified by this program before");
	j->in = open(j->f->in, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (j->in < 0 || fstat(j->in, &st) != 0 || !S_ISREG(st.st_mode))
		return cannot(j, "the input cannot be opened as a file");
	for (size_t i = 0; i < n; i++) {
		if (v[i].apex_len + v[i].rest_len != (uint64_t)st.st_size || v[i].apex_len > APEX_MAX)
			continue;
		char *p = malloc(v[i].apex_len + 1);
		if (p && read_all(j->in, p, v[i].apex_len, 0) &&
			EVP_Digest(p, v[i].apex_len, sum, NULL, EVP_sha256(), NULL) == 1 &&
			memcmp(sum, v[i].apex, 32) == 0) {
			j->apex = p;
			j->k = v[i];
			return true;
		}
		free(p);
	}
	return cannot(j, "the input is not as this program wrote and verified it");
}

/* Does the rest stay as it is under these options? */
static bool
rest_stays(struct job *j)
{
	const struct sign_opts *o = &j->f->sign;
	struct known_file now = { 0 };
	bool nsec3 = o->denial == SIGN_DENIAL_NSEC3 || o->denial == SIGN_DENIAL_OPTOUT;

	if (o->at < j->k.at)
		return cannot(j, "it was verified for a later moment");
	if (j->k.first_expiration <= o->at + o->refresh)
		return cannot(j, "signatures are due to be made anew");
	if (o->denial != SIGN_DENIAL_KEEP &&
		(nsec3 != j->k.nsec3 || (o->denial == SIGN_DENIAL_OPTOUT) != j->k.optout))
		return cannot(j, "another chain of denial is wanted");
	if (!known_keys(o, &now) || now.n_keys != j->k.n_keys ||
		memcmp(now.keys, j->k.keys, now.n_keys * SIGCACHE_ID) != 0)
		return cannot(j, "other keys sign the data");
	return true;
}

/* The serial published at OUT, when that is another file: the new one must be above it. */
static bool
serial_of_out(struct job *j, struct sign_opts *o)
{
	struct stat a, b;
	struct name apex = j->old->apex;
	struct soa soa;
	size_t n = 0;

	if (stat(j->f->out, &b) != 0 || (fstat(j->in, &a) == 0 && a.st_dev == b.st_dev && a.st_ino == b.st_ino))
		return true;
	int fd = open(j->f->out, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	char *p = malloc(64u << 10);
	ssize_t got = fd >= 0 && p ? pread(fd, p, 64u << 10, 0) : -1;
	if (fd >= 0)
		close(fd);
	if (got > 0) { /* up to the last whole line: the SOA comes first */
		char *nl = memrchr(p, '\n', (size_t)got);
		n = nl ? (size_t)(nl - p) + 1 : 0;
	}
	struct zone *z = n ? zone_parse(j->f->out, p, n, &apex, NULL) : NULL;
	bool ok = z && zone_soa(z, &soa, NULL);
	if (ok && (!o->have_serial_above || serial_cmp(soa.serial, o->serial_above, NULL) > 0)) {
		o->have_serial_above = true;
		o->serial_above = soa.serial;
	}
	zone_free(z);
	free(p);
	return ok || cannot(j, "the serial of the published file is not at its beginning");
}

static bool
sign_it(struct job *j)
{
	struct sign_opts o = j->f->sign;
	struct err why = { 0 };

	j->old = zone_parse(j->f->in, j->apex, j->k.apex_len, j->f->origin, j->e);
	if (!j->old || !serial_of_out(j, &o))
		return false;
	o.progress = NULL;
	j->s = zone_sign_apex(j->old, &o, &why);
	if (!j->s && why.code == ERR_UNSUPPORTED)
		return cannot(j, "%s: %s", why.rule, why.seen);
	if (!j->s) {
		*j->e = why;
		return false;
	}
	znode_text(&j->text, j->s->zone, j->s->zone->apex_node);
	return true;
}

/* The kernel copies; a file system that cannot is helped by hand. */
static bool
copy_rest(struct job *j)
{
	off_t from = (off_t)j->k.apex_len;
	uint64_t left = j->k.rest_len;
	char *buf = NULL;
	bool ok = true;

	while (ok && left && !buf) {
		ssize_t n = copy_file_range(j->in, &from, j->out.fd, NULL, left, 0);
		if (n > 0)
			left -= (uint64_t)n;
		else if (n < 0 && errno == EINTR)
			continue;
		else if (n == 0)
			return cannot(j, "the input became shorter while it was read");
		else if (!(buf = malloc(READ_SIZE)))
			return err_set(j->e, ERR_MEMORY, j->f->in, "malloc", "", "no memory");
	}
	while (ok && left) {
		ssize_t n = pread(j->in, buf, left < READ_SIZE ? left : READ_SIZE, from);
		if (n <= 0)
			ok = cannot(j, "the input became shorter while it was read");
		else
			ok = file_write_all(j->out.fd, buf, (size_t)n, j->f->out, j->e);
		from += n > 0 ? n : 0;
		left -= n > 0 ? (uint64_t)n : 0;
	}
	free(buf);
	return ok;
}

/* ---- the new file, read again ---- */

/* One set of the new apex: every signature good, by every key that must sign it. */
static bool
check_set(struct job *j, const struct zone *z, const struct zset *set, struct octets *buf)
{
	const struct zset *keys = zone_apex_set(z, T_DNSKEY);
	uint64_t good = 0;

	for (uint32_t i = 0; i < set->nsig; i++) {
		const struct zrr *rr = z->rrs[set->first + set->n + i];
		struct rrsig g;
		bool ok = false;
		if (!rrsig_parse(rr->rdata, rr->rdlen, &g))
			break;
		buf->n = 0;
		int64_t at = j->f->sign.at;
		bool dates = clock_from_rrsig(g.inception, at) <= at && clock_from_rrsig(g.expiration, at) >= at;
		for (uint32_t k = 0; keys && k < keys->n && !ok && dates; k++) {
			const struct zrr *key = z->rrs[keys->first + k];
			struct dnskey d;
			if (!dnskey_parse(key->rdata, key->rdlen, &d) || d.tag != g.tag || d.alg != g.alg)
				continue;
			struct pubkey *p = pubkey_new(&d, NULL);
			buf->n = 0;
			ok = p && zset_signed_data(z, z->apex_node, set, rr->rdata, g.prefix_len, buf) &&
				pubkey_verify(p, buf->p, buf->n, g.sig, g.siglen) == CRYPTO_GOOD;
			pubkey_free(p);
		}
		good += ok;
	}
	j->r->verified += good;
	j->r->computed += good;
	return set->nsig && good == set->nsig;
}

static bool
check_apex(struct job *j, const char *p, size_t n)
{
	struct name apex = j->old->apex;
	struct zone *z = zone_parse(j->f->out, p, n, &apex, j->e);
	struct octets buf = { 0 };
	bool ok = z && z->n_nodes == 1 && z->n_rrs == j->s->zone->n_rrs && z->n_problems == 0;

	for (size_t i = 0; ok && i < z->n_sets; i++)
		ok = z->sets[i].nsig == j->s->zone->sets[i].nsig && check_set(j, z, &z->sets[i], &buf);
	free(buf.p);
	zone_free(z);
	return ok || err_set(j->e, ERR_CHANGED, j->f->out, "verify", "an apex whose signatures verify",
		"another one");
}

static bool
check_rest(struct job *j, uint64_t at)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	char *buf = malloc(READ_SIZE);
	uint64_t left = j->k.rest_len;
	uint8_t sum[32] = { 0 };
	bool ok = ctx && buf && EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) == 1;

	while (ok && left) {
		size_t n = left < READ_SIZE ? left : READ_SIZE;
		ok = read_all(j->out.fd, buf, n, (off_t)at) && EVP_DigestUpdate(ctx, buf, n) == 1;
		at += n;
		left -= n;
	}
	ok = ok && EVP_DigestFinal_ex(ctx, sum, NULL) == 1;
	EVP_MD_CTX_free(ctx);
	free(buf);
	if (!ok)
		return err_set(j->e, ERR_IO, j->f->out, "read again", "", "failed");
	return memcmp(sum, j->k.rest, 32) == 0 ||
		cannot(j, "what follows the apex is not as this program verified it");
}

static bool
check(struct job *j)
{
	char *p = malloc(j->text.len + 1);
	struct stat st;
	bool ok = p && fstat(j->out.fd, &st) == 0 && (uint64_t)st.st_size == j->text.len + j->k.rest_len &&
		read_all(j->out.fd, p, j->text.len, 0);

	if (!ok)
		err_set(j->e, ERR_IO, j->f->out, "read again", "what was written", "something else");
	ok = ok && check_apex(j, p, j->text.len) && check_rest(j, j->text.len);
	free(p);
	return ok;
}

static void
remember(struct job *j, const char *known)
{
	struct known_file k = j->k;

	k.apex_len = j->text.len;
	EVP_Digest(j->text.s, j->text.len, k.apex, NULL, EVP_sha256(), NULL);
	k.at = j->f->sign.at;
	known_add(known, &k, NULL);
}

static void
report(struct job *j)
{
	struct signfile_result *r = j->r;

	r->made = j->s->made;
	r->kept = j->s->kept + j->k.sigs;
	r->dropped = j->s->dropped;
	r->verified += j->k.sigs;
	r->records = j->s->zone->n_rrs + j->k.records;
	r->serial = j->s->serial;
	r->serial_before = j->s->serial_before;
	r->nsec3 = j->k.nsec3;
	r->optout = j->k.optout;
	r->spliced = true;
}

bool
signfile_splice(const struct signfile *f, const char *known, struct signfile_result *r, struct err *e)
{
	struct job j = { .f = f, .r = r, .e = e, .in = -1 };
	bool ok = recognise(&j, known) && rest_stays(&j) && sign_it(&j);

	if (ok && (ok = file_new_begin(&j.out, f->out, 0644, e))) {
		ok = file_write_all(j.out.fd, j.text.s, j.text.len, f->out, e) && copy_rest(&j) && check(&j);
		if (ok && f->progress && !f->progress(f->ctx, "publish", 0, 1))
			ok = err_set(e, ERR_LIMIT, f->out, "cancelled", "", "nothing was changed");
		ok = ok && file_new_commit(&j.out, e);
		file_new_abort(&j.out);
	}
	if (ok) {
		remember(&j, known);
		report(&j);
	} else
		r->verified = r->computed = 0;
	sign_free(j.s);
	zone_free(j.old);
	text_free(&j.text);
	free(j.apex);
	if (j.in >= 0)
		close(j.in);
	return ok;
}
