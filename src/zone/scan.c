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
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/pages.h"

#include "zone/respell.h"

#define READ_STEP (1u << 20)

const struct scan_limits scan_default_limits = { .text = (size_t)2 << 30, .line = 16u << 20,
	.records = 100000000, .depth = 8, .files = 1000, .problems = 1000,
	.window = ((size_t)2 << 30) + (4u << 20) };

/* One file being scanned. */
struct reader {
	struct scan *s;
	const struct scan_limits *lim;
	const char *path;
	uint16_t file;
	unsigned depth;
	const char *text; /* the window, or the caller's memory */
	size_t len;	  /* of whole lines in it */
	int fd;		  /* what the window is read from; -1: the caller's memory is all */
	char *win;
	size_t win_cap, have; /* octets in the window, the last line may be cut */
	size_t base;	      /* offset of the window in the file */
	size_t file_end;
	bool last;	      /* the window reaches the end */
	bool whole;	      /* and is all that is left of the text, for who mends errors */
	zs_scanner_t *zs;
	size_t at;	   /* begin of what comes next */
	uint32_t line;	   /* line of AT */
	struct name origin; /* as of the last record */
	zs_scanner_t *alt; /* for entries that need escapes first; NULL until then */
	uint64_t rescans;  /* octets read again after restarts */
	struct scan_split *split; /* to be told the head of the file, then to stop */
	struct err *e;
};

static bool scan_one(struct reader *r, const struct name *origin, uint32_t ttl);

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

/* ---- the window: text comes in pieces that end between records ---- */

static bool check_lines(const struct reader *r);

static bool
window_grow(struct reader *r, size_t size)
{
	size = (size + READ_STEP) / READ_STEP * READ_STEP;
	if (size <= r->win_cap)
		return true;
	if (r->lim->window && size > r->lim->window + READ_STEP)
		return err_set(r->e, ERR_LIMIT, r->path, "memory for text", "", "more than %zu octets at line %u",
			r->lim->window, r->line);
	char *p = pages_new(size);
	if (!p)
		return err_set(r->e, ERR_MEMORY, r->path, "mmap", "", "no memory for %zu octets", size);
	if (r->have)
		memcpy(p, r->win, r->have);
	if (r->win)
		pages_free(r->win, r->win_cap);
	r->win = p;
	r->win_cap = size;
	return true;
}

/* Fills the window from the file; short only at its end. */
static bool
window_read(struct reader *r)
{
	while (r->have < r->win_cap - 1 && r->base + r->have < r->file_end) {
		size_t want = r->win_cap - 1 - r->have;
		if (want > r->file_end - r->base - r->have)
			want = r->file_end - r->base - r->have;
		ssize_t got = pread(r->fd, r->win + r->have, want, (off_t)(r->base + r->have));
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return err_errno(r->e, r->path, "read", errno);
		if (got == 0)
			return err_set(r->e, ERR_CHANGED, r->path, "read", "a file that stays as it is",
				"it became shorter while it was read");
		r->have += (size_t)got;
	}
	r->last = r->base + r->have >= r->file_end;
	return true;
}

/*
 * Octets of whole entries in the window: up to the last line that begins with a name, since what goes
 * on an entry is indented in all but odd files, which end in an error and are then read as a whole.
 */
static size_t
window_cut(const struct reader *r)
{
	const char *p = r->win, *nl = p + r->have;

	while ((nl = memrchr(p, '\n', (size_t)(nl - p)))) {
		char c = nl + 1 < p + r->have ? nl[1] : ' ';
		if (c > ' ' && c != ';' && c != '(' && c != ')' && c != '"' && c != '$')
			return (size_t)(nl - p) + 1;
	}
	return 0;
}

/* Moves the window on: what is before DONE is not needed any more. */
static bool
window_fill(struct reader *r, size_t done)
{
	r->have -= done;
	r->base += done;
	if (r->have)
		memmove(r->win, r->win + done, r->have);
	size_t want = r->whole ? r->file_end - r->base + 2 : READ_STEP;
	for (;;) {
		if (!window_grow(r, want) || !window_read(r))
			return false;
		r->len = r->last ? r->have : window_cut(r);
		if (r->last && r->have && r->win[r->have - 1] != '\n')
			r->win[r->len++] = '\n';
		if (r->len)
			break;
		if (r->last || r->have > r->lim->line) {
			r->len = r->have;
			r->text = r->win;
			if (r->last || !check_lines(r))
				return r->last;
		}
		want = r->win_cap * 2;
	}
	r->text = r->win;
	r->at = 0;
	blank_cr(r->win, r->len);
	return check_lines(r);
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
			.rdlen = (uint16_t)z->r_data_length, .file = r->file, .line = line,
			.begin = r->base + at, .end = r->base + end };
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
		.rdlen = (uint16_t)z->r_data_length, .file = r->file, .line = line,
		.begin = r->base + begin, .end = r->base + (next < r->len ? next + 1 : next) };
	if (z->zone_origin_length != r->origin.len ||
		memcmp(z->zone_origin, r->origin.wire, r->origin.len) != 0)
		name_from_wire(&r->origin, z->zone_origin, z->zone_origin_length);
	if (r->split) {
		r->split->have_head = true;
		r->split->origin = r->origin;
		r->split->ttl = z->default_ttl;
		return false;
	}
	/* The library stops before the newline of the record's last line. */
	r->at = next < r->len ? next + 1 : next;
	r->line = (uint32_t)z->line_counter + 1;
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

/* The window is done: directives behind its last record count as well. */
static bool
next_window(struct reader *r)
{
	size_t at = r->at;
	uint32_t line = r->line;

	skip_to_entry(r, &at, &line, true);
	if (r->last)
		return false;
	line = r->line + count_lines(r->text + r->at, r->text + r->len);
	name_from_wire(&r->origin, r->zs->zone_origin, r->zs->zone_origin_length);
	if (!window_fill(r, r->len))
		return false;
	input(r, 0, line);
	return true;
}

/* An error before the end of the file: from this entry on the text is read as a whole, and again. */
static bool
read_whole(struct reader *r)
{
	r->whole = true;
	memcpy(r->zs->zone_origin, r->origin.wire, r->origin.len);
	r->zs->zone_origin_length = r->origin.len;
	return window_fill(r, r->at) && restart(r, 0, r->line);
}

static bool
scan_loaded(struct reader *r, const struct name *origin, uint32_t ttl)
{
	struct err why = { 0 };
	bool ok = true;

	if (r->fd < 0 && !check_lines(r))
		return false;
	if (!r->e)
		r->e = &why;
	if (r->s->file && !r->s->part)
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
			ok = r->fd < 0 || r->last ? handle_error(r) : read_whole(r);
		else if (st == ZS_STATE_INCLUDE)
			ok = handle_include(r);
		else if (!next_window(r)) {
			ok = r->e->code == ERR_NONE; /* the end of the text */
			break;
		}
	}
	if (r->e == &why)
		r->e = NULL;
	zs_deinit(r->zs);
	free(r->zs);
	if (r->alt)
		zs_deinit(r->alt);
	free(r->alt);
	return ok;
}

static int64_t
changed_usec(const struct stat *st)
{
	return (int64_t)st->st_ctim.tv_sec * USEC + st->st_ctim.tv_nsec / 1000;
}

/* Is the file still what it was when it was opened? */
static bool
unchanged(int fd, const char *path, size_t size, int64_t changed, struct err *e)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return err_errno(e, path, "fstat", errno);
	return ((size_t)st.st_size == size && changed_usec(&st) == changed) ||
		err_set(e, ERR_CHANGED, path, "read", "a file that stays as it is",
			"it was changed while it was read");
}

static int
open_zone(const char *path, size_t room, const struct scan_limits *lim, struct stat *st, struct err *e)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

	if (fd < 0) {
		err_errno(e, path, "open", errno);
		return -1;
	}
	if (fstat(fd, st) != 0)
		err_errno(e, path, "fstat", errno);
	else if (!S_ISREG(st->st_mode))
		err_set(e, ERR_IO, path, "open", "a regular file", "another kind of file");
	else if ((uint64_t)st->st_size > room)
		err_set(e, ERR_LIMIT, path, "size of a zone file", "", "%lld octets, the limit is %zu",
			(long long)st->st_size, lim->text);
	else
		return fd;
	close(fd);
	return -1;
}

static bool
scan_window(struct reader *r, const struct name *origin, uint32_t ttl)
{
	bool ok = window_fill(r, 0);

	if (ok && r->len)
		ok = scan_loaded(r, origin, ttl);
	else if (ok && r->s->file && !r->s->part)
		r->s->file(r->s->ctx, r->file, r->path);
	if (r->win)
		pages_free(r->win, r->win_cap);
	r->win = NULL;
	return ok;
}

static bool
scan_one(struct reader *r, const struct name *origin, uint32_t ttl)
{
	struct stat st;
	struct scan_stats *stats = &r->s->stats;
	size_t room = r->lim->text > stats->text ? r->lim->text - stats->text : 0;

	r->fd = open_zone(r->path, room, r->lim, &st, r->e);
	if (r->fd < 0)
		return false;
	r->file_end = (size_t)st.st_size;
	r->file = stats->files++;
	stats->text += r->file_end;
	bool ok = scan_window(r, origin, ttl) &&
		unchanged(r->fd, r->path, r->file_end, changed_usec(&st), r->e);
	close(r->fd);
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

/* ---- one file in parts ---- */

#define PART_MIN ((size_t)2 << 20)
#define LOOK 65536u

/* The beginning of a line with a name at or after AT; 0 when there is none near. */
static size_t
line_with_name(int fd, size_t at)
{
	char *buf = malloc(LOOK);
	ssize_t n = buf ? pread(fd, buf, LOOK, (off_t)at) : -1;
	size_t found = 0;

	for (ssize_t i = 1; i < n && !found; i++) {
		char c = buf[i];
		if (buf[i - 1] == '\n' && ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
			(c >= '0' && c <= '9') || c == '_' || c == '*'))
			found = at + (size_t)i;
	}
	free(buf);
	return found;
}

bool
scan_split(const struct scan *s, const char *path, unsigned parts, struct scan_split *sp, struct err *e)
{
	const struct scan_limits *lim = s->limits ? s->limits : &scan_default_limits;
	struct scan head = *s;
	struct reader r = { .s = &head, .lim = lim, .path = path, .split = sp };
	struct stat st;

	*sp = (struct scan_split){ .path = path, .n = 1 };
	sp->fd = open_zone(path, lim->text, lim, &st, e);
	if (sp->fd < 0)
		return false;
	size_t size = (size_t)st.st_size;
	sp->changed = changed_usec(&st);
	sp->at[1] = size;
	if (parts > SCAN_PARTS)
		parts = SCAN_PARTS;
	if (parts > size / PART_MIN)
		parts = (unsigned)(size / PART_MIN);
	for (unsigned i = 1; i < parts; i++) {
		size_t at = line_with_name(sp->fd, size / parts * i);
		if (at <= sp->at[sp->n - 1])
			continue;
		sp->at[sp->n++] = at;
		sp->at[sp->n] = size;
	}
	if (sp->n < 2)
		return true;
	/* What holds for all records: the directives before the first one. */
	head.stats = (struct scan_stats){ 0 };
	head.part = true;
	r.fd = sp->fd;
	r.file_end = size;
	r.e = &(struct err){ 0 };
	scan_window(&r, s->origin, s->default_ttl);
	if (!sp->have_head)
		sp->at[sp->n = 1] = size;
	return true;
}

bool
scan_part(struct scan *s, const struct scan_split *sp, unsigned part, struct err *e)
{
	struct reader r = { .s = s, .lim = s->limits ? s->limits : &scan_default_limits, .path = sp->path,
		.e = e, .fd = sp->fd, .base = sp->at[part], .file_end = sp->at[part + 1] };

	s->stats = (struct scan_stats){ .files = 1, .text = sp->at[part + 1] - sp->at[part] };
	s->part = true;
	bool ok = scan_window(&r, part ? &sp->origin : s->origin, part ? sp->ttl : s->default_ttl);
	s->lines = r.line - 1;
	return ok;
}

bool
scan_split_end(struct scan_split *sp, struct err *e)
{
	bool ok = sp->fd < 0 || unchanged(sp->fd, sp->path, sp->at[sp->n], sp->changed, e);

	if (sp->fd >= 0)
		close(sp->fd);
	sp->fd = -1;
	return ok;
}

bool
scan_text(struct scan *s, const char *name, const char *text, size_t len, struct err *e)
{
	struct reader r = { .s = s, .lim = s->limits ? s->limits : &scan_default_limits,
		.path = name, .e = e, .fd = -1, .last = true };
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
