#include "keys/keywrite.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/file.h"
#include "keys/keyfile.h"
#include "keys/privfile.h"

#define FILE_MAX (64u << 10)
#define DRAWS 64
#define TAGS_MAX 4096u

/* BIND's order of the timing lines, and which file shows them. To add one: here. */
static const struct {
	enum keytime k;
	bool in_key;
} order[] = { { KT_CREATED, true }, { KT_PUBLISH, true }, { KT_ACTIVATE, true }, { KT_REVOKE, true },
	{ KT_INACTIVE, true }, { KT_DELETE, true }, { KT_DS_PUBLISH, false }, { KT_DS_DELETE, false },
	{ KT_SYNC_PUBLISH, true }, { KT_SYNC_DELETE, true } };
#define N_ORDER (sizeof order / sizeof *order)

/* ---- timing lines ---- */

/* Which timing line P (N octets, without newline) is; -1 for another line. */
static int
line_kind(const char *p, size_t n, bool private)
{
	size_t i = 0;

	if (!private) {
		if (n == 0 || p[0] != ';')
			return -1;
		while (i < n && (p[i] == ';' || p[i] == ' ' || p[i] == '\t'))
			i++;
	}
	for (size_t o = 0; o < N_ORDER; o++) {
		const char *name = keytime_name(order[o].k);
		size_t len = strlen(name);
		if (n - i > len && memcmp(p + i, name, len) == 0 && p[i + len] == ':')
			return (int)o;
	}
	return -1;
}

static void
put_time(struct text *out, enum keytime k, int64_t t, bool private)
{
	char digits[40], words[64];

	clock_dnssec(digits, sizeof digits, t);
	if (private)
		text_add(out, "%s: %s\n", keytime_name(k), digits);
	else
		text_add(out, "; %s: %s (%s)\n", keytime_name(k), digits,
			clock_utc(words, sizeof words, t, "%a %b %e %T %Y"));
}

static const struct keytime_edit *
edit_of(const struct keytime_edit *edits, size_t n, enum keytime k)
{
	for (size_t i = n; i-- > 0;) /* the last one counts */
		if (edits[i].k == k)
			return &edits[i];
	return NULL;
}

struct line {
	const char *p;
	size_t n; /* with its newline */
	int kind;
};

/* Writes the new lines that come, in BIND's order, directly after AFTER and before the next kind. */
static void
put_new(struct text *out, const bool *have, int after, bool private, const struct keytime_edit *edits,
	size_t n_edits)
{
	for (size_t o = (size_t)(after + 1); o < N_ORDER && !have[o]; o++) {
		const struct keytime_edit *x = edit_of(edits, n_edits, order[o].k);
		if (x && x->t != TIME_UNSET && (private || order[o].in_key))
			put_time(out, order[o].k, x->t, private);
	}
}

/* Where lines go that have no timing line before them: after the opening comment, or at the end. */
static size_t
first_place(const struct line *v, size_t n, bool private)
{
	if (private)
		return n;
	for (size_t i = 0; i < n; i++)
		if (v[i].n == 0 || v[i].p[0] != ';')
			return i;
	return n;
}

void
keywrite_edit(struct text *out, const char *text, size_t n, bool private,
	const struct keytime_edit *edits, size_t n_edits)
{
	struct arena *a = arena_new();
	struct {
		struct line *v;
		size_t n, cap;
	} lines = { 0 };
	bool have[N_ORDER] = { false }, any = false;

	for (const char *p = text, *end = text + n; p < end;) {
		const char *nl = memchr(p, '\n', (size_t)(end - p));
		size_t k = nl ? (size_t)(nl - p) : (size_t)(end - p);
		struct line l = { p, nl ? k + 1 : k, line_kind(p, k, private) };
		if (l.kind >= 0)
			have[l.kind] = any = true;
		arena_push(a, &lines, l);
		p += l.n;
	}
	/* Kinds before the first one that exists stand before it. */
	size_t place = first_place(lines.v, lines.n, private);
	for (size_t i = 0; any && i < lines.n; i++)
		if (lines.v[i].kind >= 0) {
			place = i;
			break;
		}
	for (size_t i = 0; i <= lines.n; i++) {
		if (i == place) {
			if (out->len && out->s[out->len - 1] != '\n')
				text_add_n(out, "\n", 1);
			put_new(out, have, -1, private, edits, n_edits);
		}
		if (i == lines.n)
			break;
		const struct line *l = &lines.v[i];
		const struct keytime_edit *x = l->kind < 0 ? NULL
			: edit_of(edits, n_edits, order[l->kind].k);
		if (!x)
			text_add_n(out, l->p, l->n);
		else if (x->t != TIME_UNSET)
			put_time(out, x->k, x->t, private);
		if (l->kind >= 0)
			put_new(out, have, l->kind, private, edits, n_edits);
	}
	arena_free(a);
}

static bool
times_fit(const struct keytime_edit *edits, size_t n, struct err *e)
{
	for (size_t i = 0; i < n; i++)
		if (edits[i].t != TIME_UNSET && (edits[i].t < 0 || edits[i].t > INT64_C(253402300799)))
			return err_set(e, ERR_ARG, keytime_name(edits[i].k), "key timing",
				"a time between 1970 and 9999", "another one");
	return true;
}

/* Reads, edits and replaces one file. The buffers of a .private file are cleansed. */
static bool
edit_file(const char *path, bool private, const struct keytime_edit *edits, size_t n_edits, struct err *e)
{
	struct text out = { 0 };
	size_t n = 0;
	struct stat st;
	bool ok;

	if (lstat(path, &st) != 0)
		return err_errno(e, path, "lstat", errno);
	if (!S_ISREG(st.st_mode))
		return err_set(e, ERR_PERMISSION, path, "key file", "a regular file", "another kind of file");
	char *text = file_read(path, FILE_MAX, &n, e);
	if (!text)
		return false;
	if ((out.s = malloc(n + 1024))) { /* at once: storage that grows leaves copies behind */
		out.s[0] = '\0';
		out.cap = n + 1024;
	}
	keywrite_edit(&out, text, n, private, edits, n_edits);
	ok = (out.len == n && memcmp(out.s, text, n) == 0) ||
		file_replace(path, text_str(&out), out.len, private ? 0600 : 0644, e);
	OPENSSL_cleanse(text, n);
	free(text);
	text_wipe(&out);
	return ok;
}

bool
keywrite_times(const char *dir, const char *base, const struct keytime_edit *edits, size_t n_edits,
	struct err *e)
{
	char key[PATH_MAX], private[PATH_MAX], state[PATH_MAX];
	struct name zone;
	uint8_t alg;
	uint16_t tag;
	const char *suffix;

	if (!keyfile_parse_name(base, &zone, &alg, &tag, &suffix))
		return err_set(e, ERR_ARG, base, "key file", "Kzone.+AAA+TTTTT", "another name");
	int n = (int)(suffix - base);
	if (snprintf(key, sizeof key, "%s/%.*s.key", dir, n, base) >= (int)sizeof key ||
		snprintf(private, sizeof private, "%s/%.*s.private", dir, n, base) >= (int)sizeof private ||
		snprintf(state, sizeof state, "%s/%.*s.state", dir, n, base) >= (int)sizeof state)
		return err_set(e, ERR_LIMIT, base, "path", "", "too long");
	if (access(state, F_OK) == 0)
		return err_set(e, ERR_UNSUPPORTED, state, "key timing", "a pair without .state",
			"dnssec-policy keeps the times of this key");
	struct err why = { 0 };
	if (!times_fit(edits, n_edits, e) || !edit_file(private, true, edits, n_edits, e))
		return false;
	if (edit_file(key, false, edits, n_edits, &why))
		return true;
	return err_set(e, why.code, key, why.rule, why.expected,
		"%s; the .private file, which signers obey, has the new times already", why.seen);
}

/* ---- new pairs ---- */

struct tags {
	uint16_t v[TAGS_MAX];
	size_t n;
};

static void
take_tag(struct tags *t, uint16_t tag)
{
	if (t->n < TAGS_MAX)
		t->v[t->n++] = tag;
}

/* The tag that RDATA has when its REVOKE bit is the other way round (RFC 5011 2.1: mostly 128 more). */
static uint16_t
other_tag(const uint8_t *rdata, size_t n)
{
	uint8_t r[1100];

	if (n < 4 || n > sizeof r)
		return 0;
	memcpy(r, rdata, n);
	r[1] ^= DNSKEY_REVOKE;
	return dnskey_tag(r, n);
}

/* Tags of the zone's key files in DIR, with and without REVOKE. */
static bool
read_tags(const char *dir, const struct name *zone, struct tags *t, struct err *e)
{
	struct arena *a = arena_new();
	DIR *d = opendir(dir);

	if (!d) {
		arena_free(a);
		return err_errno(e, dir, "opendir", errno);
	}
	for (struct dirent *x; (x = readdir(d));) {
		struct name owner;
		uint8_t alg;
		uint16_t tag;
		const char *suffix;
		if (!keyfile_parse_name(x->d_name, &owner, &alg, &tag, &suffix) || !name_equal(&owner, zone))
			continue;
		struct fact_keyfile f = { 0 };
		take_tag(t, tag);
		if (strcmp(suffix, ".key") == 0)
			keyfile_read_public(a, arena_printf(a, "%s/%s", dir, x->d_name), &f);
		take_tag(t, f.rdata ? other_tag(f.rdata, f.rdlen) : (uint16_t)(tag + 128));
	}
	closedir(d);
	arena_free(a);
	return true;
}

static bool
collides(const struct privkey *k, const struct tags *t, const struct keywrite_new *w)
{
	uint16_t mine[2] = { k->tag, other_tag(k->dnskey, k->dnskey_len) };

	for (int m = 0; m < 2; m++) {
		for (size_t i = 0; i < t->n; i++)
			if (t->v[i] == mine[m])
				return true;
		for (size_t i = 0; i < w->n_taken; i++)
			if (w->taken[i] == mine[m])
				return true;
	}
	return mine[0] == mine[1];
}

/* A new file of LEN octets; one that exists is an error. */
static bool
write_new(const char *path, mode_t mode, const char *p, size_t len, struct err *e)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode & 0600);

	if (fd < 0)
		return err_errno(e, path, "open", errno);
	bool ok = file_write_all(fd, p, len, path, e);
	if (ok && fchmod(fd, mode) != 0)
		ok = err_errno(e, path, "fchmod", errno);
	if (ok && fsync(fd) != 0)
		ok = err_errno(e, path, "fsync", errno);
	if (close(fd) != 0 && ok)
		ok = err_errno(e, path, "close", errno);
	if (!ok)
		unlink(path);
	return ok;
}

static void
pair_text(struct text *pub, struct text *priv, const struct keywrite_new *w, const struct privkey *k)
{
	struct arena *a = arena_new();
	char zone[NAME_MAX_TEXT], ttl[16] = "";

	name_to_text(zone, w->zone);
	if (w->ttl)
		snprintf(ttl, sizeof ttl, "%u ", w->ttl);
	text_add(pub, "; This is a %s-signing key, keyid %u, for %s\n",
		k->flags & DNSKEY_SEP ? "key" : "zone", k->tag, zone);
	for (size_t o = 0; o < N_ORDER; o++) {
		int64_t t = w->time[order[o].k];
		if (t != TIME_UNSET && order[o].in_key)
			put_time(pub, order[o].k, t, false);
		if (t != TIME_UNSET)
			put_time(priv, order[o].k, t, true);
	}
	text_add(pub, "%s %sIN DNSKEY %s\n", zone, ttl, rdata_to_text(a, T_DNSKEY, k->dnskey, k->dnskey_len));
	arena_free(a);
}

/* "Kexample.org.+013+12345": lower case; a slash in a name would leave the folder. */
static bool
pair_name(const struct keywrite_new *w, const struct privkey *k, char *base, size_t size, struct err *e)
{
	char zone[NAME_MAX_TEXT];
	struct name low = *w->zone;

	name_lower(&low);
	name_to_text(zone, &low);
	if (strchr(zone, '/'))
		return err_set(e, ERR_UNSUPPORTED, zone, "key file", "a zone's name without a slash", "one");
	if (snprintf(base, size, "K%s+%03u+%05u", zone, k->alg, k->tag) >= (int)size)
		return err_set(e, ERR_LIMIT, zone, "key file", "", "the name is too long");
	return true;
}

static bool
write_pair(const struct keywrite_new *w, const struct privkey *k, char *base, size_t size, struct err *e)
{
	char path[PATH_MAX], other[PATH_MAX];
	struct text pub = { 0 }, priv = { 0 };
	bool ok = pair_name(w, k, base, size, e);

	if (ok && (snprintf(path, sizeof path, "%s/%s.private", w->dir, base) >= (int)sizeof path ||
			snprintf(other, sizeof other, "%s/%s.key", w->dir, base) >= (int)sizeof other))
		ok = err_set(e, ERR_LIMIT, base, "path", "", "too long");
	if (ok && !privfile_text(&priv, k))
		ok = err_set(e, ERR_UNSUPPORTED, base, "private key", "a key with its numbers", "none");
	if (ok) {
		pair_text(&pub, &priv, w, k);
		ok = write_new(path, 0600, text_str(&priv), priv.len, e);
		if (ok && !write_new(other, 0644, text_str(&pub), pub.len, e)) {
			unlink(path);
			ok = false;
		}
	}
	text_free(&pub);
	text_wipe(&priv);
	int fd = ok ? open(w->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	if (fd >= 0) {
		fsync(fd);
		close(fd);
	}
	return ok;
}

bool
keywrite_pair(const struct keywrite_new *w, const struct privkey *k, char *base, size_t size, struct err *e)
{
	struct tags *t = calloc(1, sizeof *t);
	bool ok = t && read_tags(w->dir, w->zone, t, e);

	if (ok && collides(k, t, w))
		ok = err_set(e, ERR_CHANGED, "new key", "key tag", "one that no key of the zone has",
			"%u collides", k->tag);
	free(t);
	return ok && write_pair(w, k, base, size, e);
}

struct privkey *
keywrite_generate(const struct keywrite_new *w, char *base, size_t size, struct err *e)
{
	struct tags *t = calloc(1, sizeof *t);
	struct privkey *k = NULL;
	bool ok = t && read_tags(w->dir, w->zone, t, e);

	for (int i = 0; ok && i < DRAWS; i++) {
		k = privkey_generate(w->alg, w->bits ? w->bits : 2048, w->flags, e);
		if (!k || !collides(k, t, w))
			break;
		privkey_free(k);
		k = NULL;
		if (i + 1 == DRAWS)
			err_set(e, ERR_LIMIT, "new key", "key tag", "one that no key of the zone has",
				"%d keys drawn, all of them collide", DRAWS);
	}
	free(t);
	if (k && !write_pair(w, k, base, size, e)) {
		privkey_free(k);
		k = NULL;
	}
	return k;
}
