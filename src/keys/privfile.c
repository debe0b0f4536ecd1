#include "keys/privfile.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "keys/keyfile.h"

#define PRIVATE_MAX 16384u /* octets; 4096-bit RSA takes about 3,300 */

/* The lines that hold numbers. To add one: here, and in enum privnum. */
static const struct {
	const char *field;
	enum privnum num;
} fields[] = { { "Modulus", PRIV_MODULUS }, { "PublicExponent", PRIV_PUBLIC_EXPONENT },
	{ "PrivateExponent", PRIV_EXPONENT }, { "Prime1", PRIV_PRIME1 }, { "Prime2", PRIV_PRIME2 },
	{ "Exponent1", PRIV_EXPONENT1 }, { "Exponent2", PRIV_EXPONENT2 },
	{ "Coefficient", PRIV_COEFFICIENT }, { "PrivateKey", PRIV_SECRET } };
#define N_FIELDS (sizeof fields / sizeof *fields)

void
text_wipe(struct text *t)
{
	if (t->s)
		OPENSSL_cleanse(t->s, t->cap);
	text_free(t);
}

/* Decodes base64 at P into NUM; padding and length are checked by hand: the library counts both. */
static bool
take_number(struct privnums *nums, enum privnum which, const char *p, size_t n)
{
	uint8_t out[PRIV_MAX + 8];
	bool ok = false;

	if (n && n % 4 == 0 && n / 4 * 3 <= sizeof out && nums->v[which].len == 0) {
		int got = EVP_DecodeBlock(out, (const unsigned char *)p, (int)n);
		if (got > 0)
			got -= (p[n - 1] == '=') + (p[n - 2] == '=');
		ok = got > 0 && got <= PRIV_MAX;
		if (ok) {
			memcpy(nums->v[which].b, out, (size_t)got);
			nums->v[which].len = (uint16_t)got;
		}
	}
	OPENSSL_cleanse(out, sizeof out);
	return ok;
}

struct lines {
	bool format, hsm;
	uint8_t alg;
};

static bool
take_line(const char *p, size_t n, unsigned line, struct lines *l, struct privnums *nums, struct err *e)
{
	const char *colon = memchr(p, ':', n);
	char where[40];

	while (n && (p[n - 1] == '\r' || p[n - 1] == ' ' || p[n - 1] == '\t'))
		n--;
	if (n == 0)
		return true;
	snprintf(where, sizeof where, "line %u", line);
	if (!colon || colon >= p + n)
		return err_set(e, ERR_PARSE, where, "BIND .private file", "Field: value", "another line");
	size_t name = (size_t)(colon - p);
	const char *v = colon + 1;
	while (v < p + n && (*v == ' ' || *v == '\t'))
		v++;
	size_t len = (size_t)(p + n - v);
	if (name == 18 && memcmp(p, "Private-key-format", 18) == 0) {
		l->format = len == 4 && (memcmp(v, "v1.2", 4) == 0 || memcmp(v, "v1.3", 4) == 0);
		return l->format || err_set(e, ERR_UNSUPPORTED, where, "Private-key-format", "v1.2 or v1.3",
			"another version");
	}
	if (name == 9 && memcmp(p, "Algorithm", 9) == 0)
		l->alg = (uint8_t)(len && *v >= '0' && *v <= '9' ? strtoul(v, NULL, 10) : 0);
	l->hsm |= (name == 6 && memcmp(p, "Engine", 6) == 0) || (name == 5 && memcmp(p, "Label", 5) == 0);
	for (size_t i = 0; i < N_FIELDS; i++)
		if (strlen(fields[i].field) == name && memcmp(fields[i].field, p, name) == 0)
			return take_number(nums, fields[i].num, v, len) ||
				err_set(e, ERR_PARSE, where, fields[i].field, "base64, once", "something else");
	return true; /* times, and what later versions add */
}

bool
privfile_parse(const char *text, size_t n, uint8_t *alg, struct privnums *nums, struct err *e)
{
	struct lines l = { 0 };
	unsigned line = 0;

	memset(nums, 0, sizeof *nums);
	for (const char *p = text, *end = text + n; p < end;) {
		const char *nl = memchr(p, '\n', (size_t)(end - p));
		size_t k = nl ? (size_t)(nl - p) : (size_t)(end - p);
		if (!take_line(p, k, ++line, &l, nums, e))
			return false;
		p += k + 1;
	}
	*alg = l.alg;
	if (!l.format)
		return err_set(e, ERR_PARSE, "private key", "BIND .private file", "Private-key-format", "none");
	if (l.hsm)
		return err_set(e, ERR_UNSUPPORTED, "private key", "Engine, Label", "a key in the file",
			"a key in an HSM");
	return true;
}

bool
privkey_matches(struct privkey *k, const uint8_t *rdata, size_t n)
{
	static const char probe[] = "unbogus: do the halves of this key belong together?";
	uint8_t sig[1024];
	struct dnskey d;
	bool ok = false;

	if (!dnskey_parse(rdata, n, &d) || d.alg != k->alg)
		return false;
	struct pubkey *p = pubkey_new(&d, NULL);
	size_t len = p ? privkey_sign(k, probe, sizeof probe, sig, NULL) : 0;
	ok = len && pubkey_verify(p, probe, sizeof probe, sig, len) == CRYPTO_GOOD;
	pubkey_free(p);
	return ok;
}

/* Opens PATH under the rules of the header; -1 with E. */
static int
open_private(const char *path, const struct privfile_opts *o, struct err *e)
{
	mode_t bad = o && o->group_may_read ? 0037 : 0077;
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);

	if (fd < 0) {
		if (errno == ELOOP)
			err_set(e, ERR_PERMISSION, path, "private key", "a file", "a symbolic link");
		else
			err_errno(e, path, "open", errno);
		return -1;
	}
	bool ok = false;
	if (fstat(fd, &st) != 0)
		err_errno(e, path, "fstat", errno);
	else if (!S_ISREG(st.st_mode))
		err_set(e, ERR_PERMISSION, path, "private key", "a regular file", "another kind of file");
	else if (st.st_uid != geteuid() && st.st_uid != 0)
		err_set(e, ERR_PERMISSION, path, "private key", "owned by the user who signs, or root",
			"owned by user %u", (unsigned)st.st_uid);
	else if (st.st_mode & bad)
		err_set(e, ERR_PERMISSION, path, "private key", bad == 0077 ? "mode 0600" : "mode 0640",
			"mode %04o", (unsigned)(st.st_mode & 07777));
	else
		ok = true;
	if (ok)
		return fd;
	close(fd);
	return -1;
}

static bool
read_numbers(const char *path, const struct privfile_opts *o, uint8_t *alg, struct privnums *nums,
	struct err *e)
{
	char text[PRIVATE_MAX];
	size_t n = 0;
	ssize_t got = 0;
	struct err why = { 0 };
	int fd = open_private(path, o, e);
	bool ok = false;

	if (fd < 0)
		return false;
	while (n < sizeof text && (got = read(fd, text + n, sizeof text - n)) != 0) {
		if (got < 0 && errno != EINTR)
			break;
		n += got > 0 ? (size_t)got : 0;
	}
	if (got < 0)
		err_errno(e, path, "read", errno);
	else if (n == sizeof text)
		err_set(e, ERR_LIMIT, path, "size of a .private file", "", "%u octets and more", PRIVATE_MAX);
	else if (!(ok = privfile_parse(text, n, alg, nums, &why)))
		err_set(e, why.code, path, why.rule, why.expected, "%s (%s)", why.seen, why.object);
	OPENSSL_cleanse(text, sizeof text);
	close(fd);
	return ok;
}

/* K gets the DNSKEY of the .key file, whose public key may be written in another form (RFC 3110). */
static bool
take_public(struct privkey *k, const struct fact_keyfile *f, const char *path, struct err *e)
{
	if (!privkey_matches(k, f->rdata, f->rdlen))
		return err_set(e, ERR_PARSE, path, "key pair", "the private half of its .key file",
			"another key (signatures by it do not verify)");
	uint8_t *rdata = malloc(f->rdlen);
	if (!rdata)
		return err_set(e, ERR_MEMORY, path, "malloc", "", "no memory");
	memcpy(rdata, f->rdata, f->rdlen);
	free(k->dnskey);
	k->dnskey = rdata;
	k->dnskey_len = f->rdlen;
	k->tag = dnskey_tag(rdata, f->rdlen);
	return true;
}

struct privkey *
privfile_read(const char *dir, const char *base, const struct privfile_opts *o, struct name *owner,
	uint32_t *ttl, struct err *e)
{
	struct arena *a = arena_new();
	const char *slash = strrchr(base, '/');
	const char *file = slash ? slash + 1 : base, *suffix = "";
	struct name zone;
	uint8_t name_alg, alg = 0;
	uint16_t name_tag;
	struct privkey *k = NULL;
	struct privnums *nums = malloc(sizeof *nums);
	struct fact_keyfile f = { 0 };

	if (!dir || !*dir)
		dir = !slash ? "." : slash == base ? "/" : arena_strndup(a, base, (size_t)(slash - base));
	if (!keyfile_parse_name(file, &zone, &name_alg, &name_tag, &suffix) || strcmp(suffix, ".state") == 0) {
		err_set(e, ERR_ARG, base, "key file", "Kzone.+AAA+TTTTT", "another name");
		goto out;
	}
	const char *stem = arena_printf(a, "%s/%.*s", dir, (int)(suffix - file), file);
	const char *path = arena_printf(a, "%s.private", stem);
	keyfile_read_public(a, arena_printf(a, "%s.key", stem), &f);
	if (!f.rdata) {
		err_set(e, f.problem && strstr(f.problem, "missing") ? ERR_NOT_FOUND : ERR_PARSE,
			arena_printf(a, "%s.key", stem), "key pair", "a DNSKEY record", "%s",
			f.problem ? f.problem : "none");
		goto out;
	}
	if (!nums || !read_numbers(path, o, &alg, nums, e))
		goto out;
	struct err why = { 0 };
	if (alg != f.rdata[3])
		err_set(e, ERR_PARSE, path, "key pair", "the algorithm of its .key file", "%u and %u", alg,
			f.rdata[3]);
	else if (!(k = privkey_from_nums(alg, (uint16_t)(f.rdata[0] << 8 | f.rdata[1]), nums, &why)))
		err_set(e, why.code, path, why.rule, why.expected, "%s", why.seen);
	else if (!take_public(k, &f, path, e)) {
		privkey_free(k);
		k = NULL;
	}
	if (k && owner)
		*owner = f.owner;
	if (k && ttl)
		*ttl = f.ttl;
out:
	if (nums)
		OPENSSL_cleanse(nums, sizeof *nums);
	free(nums);
	arena_free(a);
	return k;
}

bool
privfile_text(struct text *out, const struct privkey *k)
{
	struct privnums *nums = malloc(sizeof *nums);
	unsigned char b64[PRIV_MAX / 3 * 4 + 8];
	bool ok = nums && privkey_nums(k, nums);

	/* Room for all of it first: storage that grows leaves copies behind. */
	if (!out->s && (out->s = malloc(PRIVATE_MAX))) {
		out->s[0] = '\0';
		out->cap = PRIVATE_MAX;
	}
	if (ok)
		text_add(out, "Private-key-format: v1.3\nAlgorithm: %u (%s)\n", k->alg,
			algorithm_name(k->alg));
	for (size_t i = 0; ok && i < N_FIELDS; i++)
		if (nums->v[fields[i].num].len) {
			EVP_EncodeBlock(b64, nums->v[fields[i].num].b, nums->v[fields[i].num].len);
			text_add(out, "%s: %s\n", fields[i].field, (char *)b64);
		}
	OPENSSL_cleanse(b64, sizeof b64);
	if (nums)
		OPENSSL_cleanse(nums, sizeof *nums);
	free(nums);
	return ok;
}
