#include "zone/scan.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <libzscanner/scanner.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "zone/respell.h"

#define READ_STEP (1u << 20)
#define RELEASE_STEP (4u << 20)

const struct scan_limits scan_default_limits = { .text = (size_t)2 << 30, .line = 16u << 20,
	.records = 100000000, .depth = 8, .files = 1000, .problems = 1000 };

/* Text of one file in pages of our own: what was scanned is given back while scanning goes on. */
struct text_map {
	char *p;
	size_t len, cap, released;
};

/* One file being scanned. */
struct reader {
	struct scan *s;
	const struct scan_limits *lim;
	const char *path;
	uint16_t file;
	unsigned depth;
	struct text_map *map; /* NULL: the caller's memory */
	const char *text;
	size_t len;
	zs_scanner_t *zs;
	size_t at;	   /* begin of what comes next */
	uint32_t line;	   /* line of AT */
	struct name origin; /* as of the last record */
	zs_scanner_t *alt; /* for entries that need escapes first; NULL until then */
	uint64_t rescans;  /* octets read again after restarts */
	struct err *e;
};

static bool scan_one(struct reader *r, const struct name *origin, uint32_t ttl);

static void
map_free(struct text_map *m)
{
	if (m->p)
		munmap(m->p, m->cap);
}

/* CR LF lines are legal text that the library refuses: the CR becomes a blank, in place. */
static void
blank_cr(char *p, size_t len)
{
	char *end = p + len;

	for (char *cr = memchr(p, '\r', len); cr; cr = memchr(cr, '\r', (size_t)(end - cr))) {
		if (cr + 1 < end && cr[1] == '\n')
			*cr = ' ';
		if (++cr == end)
			break;
	}
}

/* Reads all of FD; the text always ends with a newline so that the library needs none of its own. */
static bool
map_read(struct text_map *m, int fd, size_t size, const char *path, size_t max, struct err *e)
{
	m->cap = (size + READ_STEP) / READ_STEP * READ_STEP;
	m->p = mmap(NULL, m->cap, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
		-1, 0);
	if (m->p == MAP_FAILED) {
		m->p = NULL;
		return err_errno(e, path, "mmap", errno);
	}
	while (m->len < m->cap) {
		ssize_t got = read(fd, m->p + m->len, m->cap - m->len);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return err_errno(e, path, "read", errno);
		if (got == 0) {
			if (m->len && m->p[m->len - 1] != '\n')
				m->p[m->len++] = '\n';
			blank_cr(m->p, m->len);
			return true;
		}
		m->len += (size_t)got;
		if (m->len > max)
			return err_set(e, ERR_LIMIT, path, "size of a zone file", "", "more than %zu octets",
				max);
		if (m->len == m->cap) {
			/* The file grew while it was read: more room, until the limit. */
			char *p = mremap(m->p, m->cap, m->cap * 2, MREMAP_MAYMOVE);
			if (p == MAP_FAILED)
				return err_errno(e, path, "mremap", errno);
			m->p = p;
			m->cap *= 2;
		}
	}
	return true;
}

/* Gives back the pages before UPTO: text and store together stay below the text's own size. */
static void
map_release(struct text_map *m, size_t upto)
{
	if (!m || upto - m->released < RELEASE_STEP)
		return;
	size_t end = upto / RELEASE_STEP * RELEASE_STEP;
	madvise(m->p + m->released, end - m->released, MADV_DONTNEED);
	m->released = end;
}

static bool
tell_problem(struct reader *r, const struct scan_problem *p)
{
	r->s->stats.problems++;
	if (r->s->problem)
		r->s->problem(r->s->ctx, p);
	if (r->s->stats.problems < r->lim->problems)
		return true;
	return err_set(r->e, ERR_LIMIT, r->path, "errors in a zone file", "", "%u of them, the last "
		"in line %u: %s", r->lim->problems, p->line, p->what);
}

static bool
tell(struct reader *r, uint32_t line, const char *what, bool fatal)
{
	struct scan_problem p = { .file = r->path, .line = line, .what = what, .fatal = fatal };

	return tell_problem(r, &p);
}

static size_t
line_end(const struct reader *r, size_t at)
{
	const char *nl = memchr(r->text + at, '\n', r->len - at);

	return nl ? (size_t)(nl - r->text) + 1 : r->len;
}

static uint32_t
count_lines(const char *p, const char *end)
{
	uint32_t n = 0;

	while (p < end && (p = memchr(p, '\n', (size_t)(end - p)))) {
		n++;
		p++;
	}
	return n;
}

/*
 * Where the next entry begins: AT and LINE move over blank lines, comments and, because the
 * library does not report them, $TTL and $ORIGIN lines.
 */
static void
skip_to_entry(struct reader *r, size_t *at, uint32_t *line, bool directives)
{
	while (*at < r->len) {
		size_t i = *at;
		while (i < r->len && (r->text[i] == ' ' || r->text[i] == '\t' || r->text[i] == '\r'))
			i++;
		char c = i < r->len ? r->text[i] : '\n';
		bool directive = c == '$' && i == *at;
		if (c != '\n' && c != ';' && !(directives && directive))
			return;
		if (directive && r->s->stats.records)
			r->s->stats.directives = true;
		*at = line_end(r, i);
		++*line;
	}
}

static void
input(struct reader *r, size_t at, uint32_t line)
{
	zs_set_input_string(r->zs, r->text + at, r->len - at);
	r->zs->line_counter = line;
	r->at = at;
	r->line = line;
}

/*
 * The library has given up: a new one goes on at AT with what was known. Directives that it had
 * read after the entry's begin are lost with the entry, as they would be for any reader.
 */
static bool
restart(struct reader *r, size_t at, uint32_t line)
{
	struct {
		uint32_t origin_len, ttl, owner_len;
		uint8_t origin[sizeof r->zs->zone_origin], owner[sizeof r->zs->r_owner];
	} keep = { r->zs->zone_origin_length, r->zs->default_ttl, r->zs->r_owner_length, { 0 }, { 0 } };

	memcpy(keep.origin, r->zs->zone_origin, sizeof keep.origin);
	memcpy(keep.owner, r->zs->r_owner, sizeof keep.owner);
	zs_deinit(r->zs);
	if (zs_init(r->zs, ".", 1, keep.ttl) != 0)
		return err_set(r->e, ERR_MEMORY, r->path, "zs_init", "", "no memory");
	memcpy(r->zs->zone_origin, keep.origin, sizeof keep.origin);
	memcpy(r->zs->r_owner, keep.owner, sizeof keep.owner);
	r->zs->zone_origin_length = keep.origin_len;
	r->zs->r_owner_length = keep.owner_len;
	input(r, at, line);
	return true;
}

/* Applies an $ORIGIN line at AT to O; false when it is none, or no name. */
static bool
apply_origin(const struct reader *r, size_t at, struct name *o, bool *relative)
{
	char word[NAME_MAX_TEXT];
	size_t n = 0, end = line_end(r, at);
	struct name sub;

	if (end - at < 9 || strncasecmp(r->text + at, "$ORIGIN", 7) != 0)
		return false;
	for (at += 7; at < end && (r->text[at] == ' ' || r->text[at] == '\t'); at++)
		;
	while (at < end && !strchr(" \t\r\n;", r->text[at]) && n < sizeof word - 1)
		word[n++] = r->text[at++];
	word[n] = '\0';
	if (n == 0 || !name_from_text(&sub, word, NULL))
		return false;
	*relative = word[n - 1] != '.';
	if (*relative) {
		if (sub.len - 1 + o->len > NAME_MAX_WIRE)
			return false;
		memcpy(sub.wire + sub.len - 1, o->wire, o->len);
		sub.len = (uint8_t)(sub.len - 1 + o->len);
	}
	*o = sub;
	return true;
}

/*
 * "$ORIGIN sub" at AT: relative to the origin so far (RFC 1035 5.1), which the library refuses and
 * has half overwritten: it is found again from the last record on.
 */
static bool
relative_origin(struct reader *r, size_t at)
{
	struct name o = r->origin;
	bool relative = false;

	for (size_t l = r->at; l < at; l = line_end(r, l))
		apply_origin(r, l, &o, &relative);
	if (!apply_origin(r, at, &o, &relative) || !relative)
		return false;
	memcpy(r->zs->zone_origin, o.wire, o.len);
	r->zs->zone_origin_length = o.len;
	r->origin = o;
	r->s->stats.relative_origin = true;
	r->s->stats.directives = true;
	return true;
}

/* The library's current position as an offset; it may stand in a buffer of its own at the end. */
static size_t
position(const struct reader *r)
{
	const char *p = r->zs->input.current;

	return p >= r->text && p <= r->text + r->len ? (size_t)(p - r->text) : r->len;
}

/* To NEXT, and over the newline that the library leaves for its next call. */
static void
advance(struct reader *r, size_t next)
{
	if (next < r->len && r->text[next] == '\n')
		next++;
	if (next > r->at)
		r->line += count_lines(r->text + r->at, r->text + next);
	r->at = next;
}

static bool
hand_on(struct reader *r, const struct scan_record *rec)
{
	if (++r->s->stats.records > r->lim->records)
		return err_set(r->e, ERR_LIMIT, r->path, "records in a zone", "", "more than %llu",
			(unsigned long long)r->lim->records);
	return r->s->record(r->s->ctx, rec) ||
		err_set(r->e, ERR_LIMIT, r->path, "scan", "", "stopped in line %u", rec->line);
}

/* ---- entries that the library refuses as they are written ---- */

#define ENTRY_MAX (256u << 10)

/* One past the end of the entry at AT: its newline outside parentheses and quotes. */
static size_t
entry_end(const struct reader *r, size_t at)
{
	size_t end = r->len - at > ENTRY_MAX ? at + ENTRY_MAX : r->len;
	unsigned depth = 0;
	bool quoted = false;

	for (; at < end; at++) {
		char c = r->text[at];
		if (c == '\\' && at + 1 < r->len)
			at++;
		else if (c == '"')
			quoted = !quoted;
		else if (!quoted && c == ';')
			at = line_end(r, at) - 1;
		else if (!quoted && c == '(')
			depth++;
		else if (!quoted && c == ')' && depth)
			depth--;
		if (at < end && r->text[at] == '\n' && !depth)
			return at + 1;
	}
	return end;
}

/* A scanner that knows what R's knows, at the N octets of TEXT; made anew: the library keeps state
 * between two inputs. */
static zs_scanner_t *
alternate(struct reader *r, const char *text, size_t n)
{
	zs_scanner_t *z = r->alt, *now = r->zs;

	if (z)
		zs_deinit(z);
	else
		z = r->alt = calloc(1, sizeof *z);
	if (!z || zs_init(z, ".", 1, now->default_ttl) != 0 || zs_set_input_string(z, text, n) != 0)
		return NULL;
	memcpy(z->zone_origin, now->zone_origin, now->zone_origin_length);
	z->zone_origin_length = now->zone_origin_length;
	memcpy(z->r_owner, now->r_owner, now->r_owner_length);
	z->r_owner_length = now->r_owner_length;
	return z;
}

/*
 * After an error in the entry at AT: reads it respelt. True when that gave a record; it
 * was handed on (*MORE as of the callback) and reading continues behind the entry.
 */
static bool
respelt_entry(struct reader *r, size_t at, uint32_t line, bool *more)
{
	if (r->rescans > r->len * 4 + READ_STEP)
		return false;
	size_t end = entry_end(r, at), len = end - at;
	r->rescans += len;
	char *copy = malloc(RESPELL_ROOM(len));
	size_t n = copy ? respell_entry(r->text + at, len, copy) : 0;
	zs_scanner_t *z = n ? alternate(r, copy, n) : NULL;
	bool done = z && zs_parse_record(z) == 0 && z->state == ZS_STATE_DATA;

	if (done) {
		memcpy(r->zs->r_owner, z->r_owner, sizeof z->r_owner);
		r->zs->r_owner_length = z->r_owner_length;
		struct scan_record rec = { .owner = z->r_owner, .owner_len = (uint8_t)z->r_owner_length,
			.type = z->r_type, .class = z->r_class, .ttl = z->r_ttl, .rdata = z->r_data,
			.rdlen = (uint16_t)z->r_data_length, .file = r->file, .line = line, .begin = at,
			.end = end };
		*more = hand_on(r, &rec) &&
			restart(r, end, line + count_lines(r->text + at, r->text + end));
	}
	free(copy);
	return done;
}

/* An error that the library survives. A record of a type that it does not know is no error of the
 * zone: who judges the zone must know whose record was not read. */
static bool
tell_entry(struct reader *r, size_t at)
{
	struct scan_problem p = { .file = r->path, .line = (uint32_t)r->zs->line_counter,
		.what = zs_strerror(r->zs->error.code) };
	char type[32];

	if (r->zs->error.code == ZS_UNSUPPORTED_TYPE && at < r->len &&
		respell_type(r->text + at, entry_end(r, at) - at, type)) {
		p.type = type;
		p.owner = r->zs->r_owner;
		p.owner_len = (uint8_t)r->zs->r_owner_length;
	}
	return tell_problem(r, &p);
}

static bool
handle_error(struct reader *r)
{
	size_t at = r->at;
	uint32_t line = r->line;
	bool fatal = r->zs->error.fatal, more;

	skip_to_entry(r, &at, &line, true);
	if (at < r->len && r->zs->error.code != ZS_UNCLOSED_MULTILINE &&
		r->zs->error.code != ZS_LEFT_PARENTHESIS && respelt_entry(r, at, line, &more))
		return more;
	if (!fatal) {
		size_t next = position(r);
		bool go_on = tell_entry(r, at);
		advance(r, next);
		r->zs->error.code = ZS_OK;
		return go_on;
	}
	at = r->at;
	line = r->line;
	if (r->zs->error.code == ZS_UNCLOSED_MULTILINE || r->zs->error.code == ZS_LEFT_PARENTHESIS)
		skip_to_entry(r, &at, &line, true); /* the entry that opened it */
	else {
		line = (uint32_t)r->zs->line_counter;
		for (uint32_t l = r->line; l < line && at < r->len; l++)
			at = line_end(r, at);
	}
	size_t next = line_end(r, at);
	size_t read = position(r);
	r->rescans += read > next ? read - next : 0;
	if (r->rescans > r->len * 4 + READ_STEP)
		return err_set(r->e, ERR_LIMIT, r->path, "restarts after errors", "",
			"too much text read again, line %u", line);
	if (!(r->zs->error.code == ZS_BAD_ORIGIN && relative_origin(r, at)) &&
		!tell(r, line, zs_strerror(r->zs->error.code), true))
		return false;
	return restart(r, next, line + 1);
}

static bool
handle_include(struct reader *r)
{
	char path[PATH_MAX];
	struct name origin;
	struct scan_stats *st = &r->s->stats;
	size_t next = position(r);
	uint32_t line = r->line;
	bool ok = true;

	skip_to_entry(r, &r->at, &line, false);
	st->directives = true;
	/* The library joins the name with a folder that it cannot know: only the last part counts. */
	const char *name = r->zs->include_filename;
	if (r->zs->path && strncmp(name, r->zs->path, strlen(r->zs->path)) == 0)
		name += strlen(r->zs->path) + 1;
	else if (strncmp(name, "./", 2) == 0)
		name += 2;
	const char *slash = strrchr(r->path, '/');
	int dir = slash ? (int)(slash - r->path) + 1 : 0;
	if (snprintf(path, sizeof path, "%.*s%s", name[0] == '/' ? 0 : dir, r->path, name) >=
		(int)sizeof path)
		ok = tell(r, line, "the name of an included file is too long", true);
	else if (r->depth + 1 > r->lim->depth || st->files >= r->lim->files)
		return err_set(r->e, ERR_LIMIT, path, "$INCLUDE", "", "more than %u deep or %u files",
			r->lim->depth, r->lim->files);
	else if (!name_from_text(&origin, (const char *)r->zs->buffer, NULL))
		ok = tell(r, line, "the origin of an included file is no name", true);
	else {
		struct reader sub = { .s = r->s, .lim = r->lim, .path = path, .depth = r->depth + 1,
			.e = r->e };
		struct err why = { 0 };
		sub.e = &why;
		if (!scan_one(&sub, &origin, r->zs->default_ttl)) {
			if (why.code == ERR_LIMIT || why.code == ERR_MEMORY) {
				if (r->e)
					*r->e = why;
				return false;
			}
			char text[1200], msg[1024];
			snprintf(text, sizeof text, "$INCLUDE: %s", err_str(&why, msg, sizeof msg));
			ok = tell(r, line, text, true);
		}
	}
	advance(r, next);
	r->zs->error.fatal = false;
	r->zs->error.code = ZS_OK;
	return ok;
}

static bool
handle_record(struct reader *r)
{
	const zs_scanner_t *z = r->zs;
	size_t next = position(r);
	uint32_t line = r->line;
	size_t begin = r->at;

	char c = begin < r->len ? r->text[begin] : '\n';
	if (c == '\n' || c == ';' || c == '$' || c == ' ' || c == '\t' || c == '\r')
		skip_to_entry(r, &begin, &line, true);
	struct scan_record rec = { .owner = z->r_owner, .owner_len = (uint8_t)z->r_owner_length,
		.type = z->r_type, .class = z->r_class, .ttl = z->r_ttl, .rdata = z->r_data,
		.rdlen = (uint16_t)z->r_data_length, .file = r->file, .line = line, .begin = begin,
		.end = next < r->len ? next + 1 : next };
	if (z->zone_origin_length != r->origin.len ||
		memcmp(z->zone_origin, r->origin.wire, r->origin.len) != 0)
		name_from_wire(&r->origin, z->zone_origin, z->zone_origin_length);
	/* The library stops before the newline of the record's last line. */
	r->at = next < r->len ? next + 1 : next;
	r->line = (uint32_t)z->line_counter + 1;
	map_release(r->map, next);
	return hand_on(r, &rec);
}

/* No line may be longer than the limit: a 1 GB line is no zone, and is said so before parsing. */
static bool
check_lines(const struct reader *r)
{
	size_t at = 0;

	while (r->len - at > r->lim->line) {
		/* The last newline within reach: one memrchr a window instead of one call a line. */
		const char *nl = memrchr(r->text + at, '\n', r->lim->line);
		if (!nl)
			return err_set(r->e, ERR_LIMIT, r->path, "length of a line", "",
				"more than %zu octets without a newline at octet %zu", r->lim->line, at);
		at = (size_t)(nl - r->text) + 1;
	}
	return true;
}

static bool
scan_loaded(struct reader *r, const struct name *origin, uint32_t ttl)
{
	bool ok = true;

	if (!check_lines(r))
		return false;
	if (r->s->file)
		r->s->file(r->s->ctx, r->file, r->path);
	r->zs = calloc(1, sizeof *r->zs);
	if (!r->zs || zs_init(r->zs, ".", 1, ttl) != 0) {
		free(r->zs);
		return err_set(r->e, ERR_MEMORY, r->path, "zs_init", "", "no memory");
	}
	/* In wire form: the library's text form refuses characters that are legal in a name. */
	if (origin && origin->len) {
		memcpy(r->zs->zone_origin, origin->wire, origin->len);
		r->zs->zone_origin_length = origin->len;
	}
	name_from_wire(&r->origin, r->zs->zone_origin, r->zs->zone_origin_length);
	input(r, 0, 1);
	while (ok) {
		if (zs_parse_record(r->zs) != 0) {
			ok = err_set(r->e, ERR_PARSE, r->path, "zone file", "", "%s",
				zs_strerror(r->zs->error.code));
			break;
		}
		zs_state_t st = r->zs->state;
		if (st == ZS_STATE_DATA)
			ok = handle_record(r);
		else if (st == ZS_STATE_ERROR)
			ok = handle_error(r);
		else if (st == ZS_STATE_INCLUDE)
			ok = handle_include(r);
		else
			break; /* end of the text */
	}
	zs_deinit(r->zs);
	free(r->zs);
	if (r->alt)
		zs_deinit(r->alt);
	free(r->alt);
	return ok;
}

static bool
scan_one(struct reader *r, const struct name *origin, uint32_t ttl)
{
	struct text_map m = { 0 };
	struct stat st;
	struct scan_stats *stats = &r->s->stats;
	size_t room = r->lim->text > stats->text ? r->lim->text - stats->text : 0;
	int fd = open(r->path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	bool ok;

	if (fd < 0)
		return err_errno(r->e, r->path, "open", errno);
	if (fstat(fd, &st) != 0)
		ok = err_errno(r->e, r->path, "fstat", errno);
	else if (!S_ISREG(st.st_mode))
		ok = err_set(r->e, ERR_IO, r->path, "open", "a regular file", "another kind of file");
	else if ((uint64_t)st.st_size > room)
		ok = err_set(r->e, ERR_LIMIT, r->path, "size of a zone file", "", "%lld octets, the limit "
			"is %zu", (long long)st.st_size, r->lim->text);
	else
		ok = map_read(&m, fd, (size_t)st.st_size, r->path, room, r->e);
	close(fd);
	if (ok) {
		r->file = stats->files++;
		stats->text += m.len;
		r->map = &m;
		r->text = m.p;
		r->len = m.len;
		ok = scan_loaded(r, origin, ttl);
	}
	map_free(&m);
	return ok;
}

bool
scan_file(struct scan *s, const char *path, struct err *e)
{
	struct reader r = { .s = s, .lim = s->limits ? s->limits : &scan_default_limits,
		.path = path, .e = e };

	s->stats = (struct scan_stats){ 0 };
	return scan_one(&r, s->origin, s->default_ttl);
}

bool
scan_text(struct scan *s, const char *name, const char *text, size_t len, struct err *e)
{
	struct reader r = { .s = s, .lim = s->limits ? s->limits : &scan_default_limits,
		.path = name, .e = e };
	char *copy = NULL;
	bool ok;

	s->stats = (struct scan_stats){ .files = 1, .text = len };
	if (len > r.lim->text)
		return err_set(e, ERR_LIMIT, name, "size of a zone", "", "%zu octets, the limit is %zu", len,
			r.lim->text);
	if (len && (text[len - 1] != '\n' || memchr(text, '\r', len))) {
		if (!(copy = malloc(len + 1)))
			return err_errno(e, name, "malloc", ENOMEM);
		memcpy(copy, text, len);
		copy[len++] = '\n';
		blank_cr(copy, len);
	}
	r.text = copy ? copy : text;
	r.len = len;
	ok = scan_loaded(&r, s->origin, s->default_ttl);
	free(copy);
	return ok;
}
