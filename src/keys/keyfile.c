#include "keys/keyfile.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "base/file.h"
#include "base/text.h"

#define KEY_MAX (64u << 10)
#define STATE_MAX (16u << 10)
#define RECORD_MAX 16384

bool
keyfile_parse_name(const char *file, struct name *owner, uint8_t *alg, uint16_t *tag,
	const char **suffix)
{
	char zone[NAME_MAX_TEXT];
	unsigned long a, t;
	size_t n = strlen(file);
	const char *plus = NULL;

	/* The numbers are found from the end: a zone's name may hold a plus sign. */
	for (size_t i = n; i-- > 0 && !plus;)
		if (file[i] == '+' && strspn(file + i + 1, "0123456789") == 5 && i >= 4 && file[i - 4] == '+' &&
			strspn(file + i - 3, "0123456789") == 3)
			plus = file + i - 4;
	if (file[0] != 'K' || !plus || (size_t)(plus - file) >= sizeof zone)
		return false;
	snprintf(zone, sizeof zone, "%.*s", (int)(plus - file - 1), file + 1);
	a = strtoul(plus + 1, NULL, 10);
	t = strtoul(plus + 5, NULL, 10);
	if (a > 255 || t > 65535 || !name_from_text(owner, zone, NULL))
		return false;
	*alg = (uint8_t)a;
	*tag = (uint16_t)t;
	const char *end = plus + 10;
	if (*end && strcmp(end, ".key") != 0 && strcmp(end, ".private") != 0 &&
		strcmp(end, ".state") != 0)
		return false;
	if (suffix)
		*suffix = end;
	return true;
}

/* ---- times ---- */

static bool
field_of(const char *name, size_t n, enum keytime *k)
{
	/* The .private file spells two of them in one word more than the .key file shows. */
	static const struct {
		const char *name;
		enum keytime k;
	} also[] = { { "DS Publish", KT_DS_PUBLISH }, { "DS Delete", KT_DS_DELETE },
		{ "DSRemoved", KT_DS_DELETE } };

	for (int i = 0; i < KT_COUNT; i++)
		if (strlen(keytime_name(i)) == n && strncmp(keytime_name(i), name, n) == 0) {
			*k = (enum keytime)i;
			return true;
		}
	for (size_t i = 0; i < sizeof also / sizeof *also; i++)
		if (strlen(also[i].name) == n && strncmp(also[i].name, name, n) == 0) {
			*k = also[i].k;
			return true;
		}
	return false;
}

/* Fourteen digits at P as Unix seconds. */
static bool
time_of(const char *p, int64_t *t)
{
	char digits[15];
	int64_t usec;

	if (strspn(p, "0123456789") < 14)
		return false;
	snprintf(digits, sizeof digits, "%.14s", p);
	if (!clock_parse(digits, &usec))
		return false;
	*t = usec / USEC;
	return true;
}

static void
problem(struct arena *a, struct fact_keyfile *f, const char *what, uint32_t line)
{
	if (!f->problem)
		f->problem = line ? arena_printf(a, "line %u: %s", line, what) : arena_strdup(a, what);
}

/* ---- the .key file ---- */

static void
take_comment(struct arena *a, struct fact_keyfile *f, const char *s, uint32_t line)
{
	enum keytime k;

	while (*s == ';' || *s == ' ' || *s == '\t')
		s++;
	const char *colon = strchr(s, ':');
	if (colon && field_of(s, (size_t)(colon - s), &k)) {
		const char *v = colon + 1;
		while (*v == ' ' || *v == '\t')
			v++;
		if (!time_of(v, &f->time[k]))
			problem(a, f, "a time that is no YYYYMMDDHHMMSS", line);
		else
			f->time_line[k] = line;
		return;
	}
	if (f->comment || !*s)
		return;
	f->comment = arena_strdup(a, s);
	f->comment_role = strcasestr(s, "key-signing") ? "ksk" : strcasestr(s, "zone-signing") ? "zsk"
											      : NULL;
}

/* Is one of the words before the type a TTL? The reader of records makes one up where there is none. */
static bool
has_ttl(const char *record)
{
	const char *p = record + strcspn(record, " ");

	for (int word = 0; word < 2; word++) {
		p += strspn(p, " ");
		if (*p >= '0' && *p <= '9')
			return true;
		p += strcspn(p, " ");
	}
	return false;
}

static void
take_record(struct arena *a, struct fact_keyfile *f, char *record, uint32_t line)
{
	struct err e = { 0 };
	char said[600];
	struct rr rr;

	if (f->rdata) {
		problem(a, f, "a second record", line);
		return;
	}
	for (char *p = record; *p; p++)
		if (*p == '(' || *p == ')' || *p == '\t')
			*p = ' ';
	if (!rr_from_text(a, record, 0, &rr, &e)) {
		problem(a, f, err_str(&e, said, sizeof said), line);
		return;
	}
	if (rr.type != T_DNSKEY || rr.rdlen < 5) {
		problem(a, f, "not a DNSKEY record", line);
		return;
	}
	f->owner = rr.owner;
	f->ttl = has_ttl(record) ? rr.ttl : 0;
	f->rdata = rr.rdata;
	f->rdlen = rr.rdlen;
	f->rdata_line = line;
}

void
keyfile_parse_key(struct arena *a, const char *text, size_t n, struct fact_keyfile *f)
{
	char record[RECORD_MAX];
	size_t len = 0;
	int depth = 0;
	uint32_t line = 0, begin = 0;

	for (const char *p = text, *end = text + n; p < end;) {
		const char *nl = memchr(p, '\n', (size_t)(end - p));
		size_t k = nl ? (size_t)(nl - p) : (size_t)(end - p);
		char *s = arena_strndup(a, p, k);
		line++;
		p = nl ? nl + 1 : end;
		if (strlen(s) != k)
			problem(a, f, "a NUL octet", line);
		k = strlen(s);
		while (k && (s[k - 1] == '\r' || s[k - 1] == ' ' || s[k - 1] == '\t'))
			s[--k] = '\0';
		if (depth == 0 && (*s == ';' || !*s)) {
			take_comment(a, f, s, line);
			continue;
		}
		char *comment = strchr(s, ';');
		if (comment)
			*comment = '\0';
		if (len == 0)
			begin = line;
		int put = snprintf(record + len, sizeof record - len, "%s ", s);
		if (put < 0 || (size_t)put >= sizeof record - len) {
			problem(a, f, "a record that is too long", line);
			return;
		}
		len += (size_t)put;
		for (; *s; s++)
			depth += *s == '(' ? 1 : *s == ')' ? -1 : 0;
		if (depth <= 0) {
			take_record(a, f, record, begin);
			len = 0;
			depth = 0;
		}
	}
	if (depth > 0)
		problem(a, f, "an unclosed parenthesis", begin);
}

/* ---- the .private file ---- */

void
private_begin(struct private_reader *r, struct arena *a, struct fact_keyfile *f)
{
	*r = (struct private_reader){ .a = a, .f = f };
	for (int i = 0; i < KT_COUNT; i++)
		r->time[i] = TIME_UNSET;
}

static void
take_value(struct private_reader *r)
{
	enum keytime k;

	r->value[r->value_len] = '\0';
	if (strcmp(r->key, "Private-key-format") == 0)
		r->f->private_format = arena_strdup(r->a, r->value);
	else if (strcmp(r->key, "Algorithm") == 0)
		r->f->private_alg = (uint8_t)strtoul(r->value, NULL, 10);
	else if (field_of(r->key, strlen(r->key), &k) && !time_of(r->value, &r->time[k]))
		problem(r->a, r->f, "a time in the .private file that is no YYYYMMDDHHMMSS", 0);
}

/* Is what follows this key worth keeping? Everything else is key material or unknown. */
static bool
worth(struct private_reader *r)
{
	enum keytime k;

	if (strcmp(r->key, "Engine") == 0 || strcmp(r->key, "Label") == 0) {
		r->f->private_hsm = true;
		return false;
	}
	return strcmp(r->key, "Private-key-format") == 0 || strcmp(r->key, "Algorithm") == 0 ||
		field_of(r->key, strlen(r->key), &k);
}

void
private_feed(struct private_reader *r, const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (p[i] == '\n') {
			if (r->state == PRIV_VALUE)
				take_value(r);
			explicit_bzero(r->value, sizeof r->value);
			r->state = PRIV_KEY;
			r->key_len = r->value_len = 0;
		} else if (r->state == PRIV_KEY && p[i] == ':') {
			r->key[r->key_len] = '\0';
			r->state = worth(r) ? PRIV_VALUE : PRIV_SKIP;
		} else if (r->state == PRIV_KEY) {
			if (r->key_len + 1 < sizeof r->key)
				r->key[r->key_len++] = p[i];
			else
				r->state = PRIV_SKIP;
		} else if (r->state == PRIV_VALUE && r->value_len + 1 < sizeof r->value &&
			(p[i] != ' ' || r->value_len))
			r->value[r->value_len++] = p[i];
	}
}

void
private_end(struct private_reader *r)
{
	struct fact_keyfile *f = r->f;

	if (r->state == PRIV_VALUE)
		take_value(r);
	explicit_bzero(r->key, sizeof r->key);
	explicit_bzero(r->value, sizeof r->value);
	if (!f->private_format)
		f->private_state = "malformed";
	for (int k = 0; k < KT_COUNT; k++) {
		if (r->time[k] == TIME_UNSET)
			continue;
		if (f->time[k] == TIME_UNSET)
			f->time[k] = r->time[k];
		else if (f->time[k] != r->time[k])
			problem(r->a, f, arena_printf(r->a, "%s differs between .key and .private: signers "
				"obey the .private file", keytime_name(k)), 0);
	}
}

static const char *
owner_name(struct arena *a, uid_t uid, gid_t gid)
{
	const struct passwd *pw = getpwuid(uid);
	char user[64];

	if (pw)
		snprintf(user, sizeof user, "%s", pw->pw_name);
	else
		snprintf(user, sizeof user, "%u", (unsigned)uid);
	const struct group *gr = getgrgid(gid);
	return gr ? arena_printf(a, "%s:%s", user, gr->gr_name)
		  : arena_printf(a, "%s:%u", user, (unsigned)gid);
}

static void
read_private(struct arena *a, const char *path, struct fact_keyfile *f)
{
	struct private_reader r;
	struct stat st;
	char buf[512];

	f->private_path = arena_strdup(a, path);
	if (stat(path, &st) != 0) {
		f->private_state = errno == EACCES ? "unreadable" : "missing";
		return;
	}
	f->private_mode = st.st_mode & 07777;
	f->private_uid = st.st_uid;
	f->private_gid = st.st_gid;
	f->private_owner = owner_name(a, st.st_uid, st.st_gid);
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0 || !S_ISREG(st.st_mode)) {
		f->private_state = "unreadable";
		if (fd >= 0)
			close(fd);
		return;
	}
	f->private_state = "present";
	private_begin(&r, a, f);
	size_t total = 0;
	ssize_t n;
	while (total < KEY_MAX && (n = read(fd, buf, sizeof buf)) > 0) {
		private_feed(&r, buf, (size_t)n);
		total += (size_t)n;
	}
	explicit_bzero(buf, sizeof buf);
	close(fd);
	private_end(&r);
}

/* ---- the .state file ---- */

static void
read_state(struct arena *a, const char *path, struct fact_keyfile *f)
{
	size_t n;
	char *text = file_read(path, STATE_MAX, &n, NULL), *save = NULL;
	char out[1024];
	size_t o = 0;

	for (char *s = text ? strtok_r(text, "\n", &save) : NULL; s; s = strtok_r(NULL, "\n", &save)) {
		const char *colon = strchr(s, ':');
		if (!colon || colon - s < 5 || strncmp(colon - 5, "State", 5) != 0)
			continue;
		int put = snprintf(out + o, sizeof out - o, "%s%s", o ? "; " : "", s);
		if (put < 0 || (size_t)put >= sizeof out - o)
			break;
		o += (size_t)put;
	}
	if (o)
		f->state = arena_strdup(a, out);
	free(text);
}

static const char *
hash_of(struct arena *a, const char *text, size_t n)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	char hex[65];

	if (EVP_Digest(text, n, digest, NULL, EVP_sha256(), NULL) != 1)
		return NULL;
	text_hex(hex, sizeof hex, digest, 32);
	return arena_strdup(a, hex);
}

void
keyfile_read_public(struct arena *a, const char *path, struct fact_keyfile *f)
{
	struct err e = { 0 };
	size_t n;
	char *text = file_read(path, KEY_MAX, &n, &e);

	if (text) {
		keyfile_parse_key(a, text, n, f);
		f->sha256 = hash_of(a, text, n);
	} else
		problem(a, f, e.code == ERR_NOT_FOUND ? ".key file is missing" : ".key file cannot be read", 0);
	free(text);
}

void
keyfile_read(struct arena *a, const char *dir, const char *file, struct fact_keyfile *f)
{
	const char *suffix = "";
	struct stat st;

	if (!keyfile_parse_name(file, &f->owner, &f->name_alg, &f->name_tag, &suffix)) {
		problem(a, f, "not the name of a key file", 0);
		return;
	}
	const char *base = arena_printf(a, "%s/%.*s", dir, (int)(suffix - file), file);
	f->path = arena_printf(a, "%s.key", base);
	if (stat(f->path, &st) == 0)
		f->mtime = st.st_mtime;
	keyfile_read_public(a, f->path, f);
	read_private(a, arena_printf(a, "%s.private", base), f);
	read_state(a, arena_printf(a, "%s.state", base), f);
	if (!f->rdata)
		return;
	if (dnskey_tag(f->rdata, f->rdlen) != f->name_tag)
		problem(a, f, arena_printf(a, "the name says key tag %u, the record has %u", f->name_tag,
			dnskey_tag(f->rdata, f->rdlen)), 0);
	if (f->rdata[3] != f->name_alg)
		problem(a, f, "the name's algorithm is not the record's", 0);
}
