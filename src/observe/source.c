#include "observe/source.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/text.h"
#include "observe/zonefile.h"

#define SOURCE_MAX ((size_t)256 << 20)
#define INFO_MAX ((size_t)256 << 10)
#define TIMEOUT_MS 10000

/* The programs of one source, in the order in which they are asked. To add one: a name here, its
 * words in svn_words() or git_words(). */
enum asked {
	SVN_INFO, SVN_INFO_LOCAL, SVN_CAT, SVN_CAT_LOCAL, SVN_LOG, SVN_STATUS,
	GIT_LOG = 0, GIT_STATUS, GIT_CAT, GIT_CAT_BARE,
	ASKED_MAX = SOURCE_JOBS
};

struct asking {
	struct child_job jobs[SOURCE_JOBS];
	struct obs *o;
	struct fact_source *f;
	const struct source_spec *s;
	source_run *run;
	void *ctx;
	const struct name *zone;
};

bool
source_parse(struct arena *a, const char *text, struct source_spec *s, struct err *e)
{
	static const char *const types[] = { "svn", "git", "file", NULL };
	size_t n = strcspn(text, ":");

	*s = (struct source_spec){ .type = arena_strndup(a, text, n) };
	for (int i = 0; types[i]; i++)
		if (strcmp(types[i], s->type) == 0 && text[n] && text[n + 1]) {
			char *path = arena_strdup(a, text + n + 1), *colon = strrchr(path, ':');
			/* The colon of "svn://", "file:///" or of a port is no separator. */
			if (colon && strcmp(s->type, "file") != 0 && strncmp(colon, "://", 3) != 0 &&
				colon[1] && !(strstr(path, "://") && strspn(colon + 1, "0123456789"))) {
				*colon = '\0';
				s->file = colon + 1;
			}
			s->path = path;
			return true;
		}
	return err_set(e, ERR_ARG, "--source", "form", "svn:PATH:FILE, git:PATH:FILE or file:PATH", "%s",
		text);
}

/* ---- what svn --xml writes ---- */

static void
decode_entity(struct text *t, const char **p)
{
	static const struct { const char *name; char c; } known[] = { { "&amp;", '&' }, { "&lt;", '<' },
		{ "&gt;", '>' }, { "&quot;", '"' }, { "&apos;", '\'' }, { "&#13;", ' ' },
		{ "&#10;", '\n' }, { "&#9;", ' ' } };

	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (strncmp(*p, known[i].name, strlen(known[i].name)) == 0) {
			text_add_n(t, &known[i].c, 1);
			*p += strlen(known[i].name);
			return;
		}
	text_add_n(t, (*p)++, 1);
}

static char *
decoded(struct arena *a, const char *p, const char *end)
{
	struct text t = { 0 };

	while (p < end) {
		if (*p == '&')
			decode_entity(&t, &p);
		else
			text_add_n(&t, p++, 1);
	}
	char *s = arena_strdup(a, text_str(&t));
	text_free(&t);
	return s;
}

char *
source_xml(struct arena *a, const char *xml, const char *tag, const char *attr)
{
	size_t n = strlen(tag);

	for (const char *p = strchr(xml, '<'); p; p = strchr(p + 1, '<')) {
		if (strncmp(p + 1, tag, n) != 0 || !strchr(" \t\r\n>/", p[1 + n]))
			continue;
		const char *close = strchr(p, '>');
		if (!close)
			return NULL;
		if (!attr) {
			const char *end = strchr(close, '<');
			return close[-1] != '/' && end ? decoded(a, close + 1, end) : NULL;
		}
		for (const char *q = p + 1 + n; q < close; q++) {
			size_t k = strlen(attr);
			if (strncmp(q, attr, k) == 0 && q[k] == '=' && q[k + 1] == '"' &&
				strchr(" \t\r\n", q[-1])) {
				const char *end = strchr(q + k + 2, '"');
				return end ? decoded(a, q + k + 2, end) : NULL;
			}
		}
		return NULL;
	}
	return NULL;
}

/* ---- programs ---- */

/* Why a program did not give what was asked, in words that an operator can act on. */
static const char *
why_of(struct arena *a, const char *program, const struct child_result *r)
{
	char how[64];

	if (r->timed_out)
		return "timeout";
	const char *err = r->err ? r->err : "";
	if (strstr(err, "dubious ownership"))
		return "dubious ownership: the repository belongs to another user, and git refuses it "
		       "until safe.directory names it";
	if (strstr(err, "ermission denied"))
		return "permission";
	return arena_printf(a, "%s: %s%s%.*s", program, child_result_str(r, how, sizeof how),
		*err ? ": " : "", (int)strcspn(err, "\n"), err);
}

static bool
ask(struct asking *k, enum asked what, struct child_result *r)
{
	const struct child_job *job = &k->jobs[what];
	const char *program = job->argv[0];
	struct err e = { 0 };
	char said[900];

	*r = (struct child_result){ 0 };
	if (!k->run(k->ctx, job, r, &e)) {
		k->f->why = e.code == ERR_NOT_FOUND ? arena_printf(k->o->arena, "not installed: %s", program)
			: arena_strdup(k->o->arena, err_str(&e, said, sizeof said));
		return false;
	}
	if (r->status == 0 && !r->timed_out && !r->out_cut)
		return true;
	k->f->why = r->out_cut ? "larger than what is read" : why_of(k->o->arena, program, r);
	return false;
}

#define WORDS_MAX 20
/* A job of the words up to NULL. */
static struct child_job
job_of(struct arena *a, const struct source_spec *s, size_t max, const char *const *words)
{
	static const char *const env[] = { "GIT_OPTIONAL_LOCKS=0", "GIT_TERMINAL_PROMPT=0",
		"LC_ALL=C.UTF-8", NULL };
	const char **argv = arena_new_array(a, const char *, WORDS_MAX);

	for (size_t i = 0; words[i] && i < WORDS_MAX - 1; i++)
		argv[i] = arena_strdup(a, words[i]);
	return (struct child_job){ .argv = argv, .env = env, .output_max = max,
		.timeout_ms = s->timeout_ms ? s->timeout_ms : TIMEOUT_MS };
}
#define JOB(max, ...) job_of(a, s, (max), (const char *const[]){ __VA_ARGS__, NULL })

static size_t
svn_jobs(struct arena *a, const struct source_spec *s, const char *path, struct child_job *out)
{
	/* The @ at the end keeps one in the file's name from being a peg revision. */
	const char *target = arena_printf(a, "%s@", path), *shown = s->revision ? s->revision : "HEAD";
	const char *rev = arena_printf(a, "-r%s", shown), *back = arena_printf(a, "-r%s:1", shown);
#define SVN(verb) "svn", verb, "--xml", "--non-interactive", target

	out[SVN_INFO] = JOB(INFO_MAX, SVN("info"), rev);
	out[SVN_INFO_LOCAL] = JOB(INFO_MAX, SVN("info")); /* without -r the server is not asked */
	out[SVN_CAT] = JOB(SOURCE_MAX, "svn", "cat", "--non-interactive", target, rev);
	out[SVN_CAT_LOCAL] = JOB(SOURCE_MAX, "svn", "cat", "--non-interactive", target);
	out[SVN_LOG] = JOB(INFO_MAX, SVN("log"), "-l1", back);
	out[SVN_STATUS] = JOB(INFO_MAX, SVN("status"));
#undef SVN
	return SVN_STATUS + 1;
}

static size_t
git_jobs(struct arena *a, const struct source_spec *s, struct child_job *out)
{
	const char *rev = s->revision ? s->revision : "HEAD", *file = s->file ? s->file : "";
	/* No program that the repository's configuration names may run. */
#define GIT "git", "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "-C", s->path

	if (*rev == '-') /* an option, where a revision belongs */
		return 0;
	out[GIT_LOG] = JOB(INFO_MAX, GIT, "log", "-1", "--no-show-signature", "--no-color",
		"--format=%H%x00%an%x00%ct%x00%s", "--end-of-options", rev, "--", file);
	out[GIT_STATUS] = JOB(INFO_MAX, GIT, "status", "--porcelain", "--ignore-submodules=all", "--", file);
	out[GIT_CAT] = JOB(SOURCE_MAX, GIT, "cat-file", "blob", arena_printf(a, "%s:./%s", rev, file));
	out[GIT_CAT_BARE] = JOB(SOURCE_MAX, GIT, "cat-file", "blob", arena_printf(a, "%s:%s", rev, file));
#undef GIT
	return GIT_CAT_BARE + 1;
}

static const char *
source_path(struct arena *a, const struct source_spec *s)
{
	return s->file ? arena_printf(a, "%s/%s", s->path, s->file) : arena_strdup(a, s->path);
}

size_t
source_jobs(struct arena *a, const struct source_spec *s, struct child_job *out)
{
	if (!s->type)
		return 0;
	if (strcmp(s->type, "svn") == 0)
		return svn_jobs(a, s, source_path(a, s), out);
	return strcmp(s->type, "git") == 0 ? git_jobs(a, s, out) : 0;
}

static void
take_content(struct asking *k, const char *text, size_t n)
{
	k->f->has_serial = zonefile_serial(k->f->path, text, n, k->zone, &k->f->serial);
	if (!k->f->has_serial)
		k->f->why = "no SOA of the zone in the file";
}

static const char *
first_line(struct arena *a, const char *s)
{
	s += strspn(s, " \t\r\n");
	return arena_strndup(a, s, strcspn(s, "\r\n"));
}

/* ---- Subversion ---- */

static void
take_svn_info(struct asking *k, const char *xml)
{
	struct arena *a = k->o->arena;
	const char *revision = source_xml(a, xml, "commit", "revision");
	const char *date = source_xml(a, xml, "date", NULL);
	int64_t t;

	k->f->revision = revision ? arena_printf(a, "r%s", revision) : NULL;
	k->f->author = source_xml(a, xml, "author", NULL);
	k->f->date = date && clock_parse(date, &t) ? t / USEC : TIME_UNSET;
}

static void
observe_svn(struct asking *k)
{
	struct arena *a = k->o->arena;
	struct child_result r;
	const char *offline = NULL;
	bool url = strstr(k->s->path, "://") != NULL;

	if (!ask(k, SVN_INFO, &r)) {
		/* The server may be away: then the working copy tells what it has. */
		offline = k->f->why;
		child_result_free(&r);
		r = (struct child_result){ 0 };
		if (k->s->revision || url || !ask(k, SVN_INFO_LOCAL, &r)) {
			child_result_free(&r);
			k->f->why = offline;
			return;
		}
	}
	take_svn_info(k, r.out);
	child_result_free(&r);
	if (k->f->revision && !offline) {
		if (ask(k, SVN_LOG, &r)) {
			const char *msg = source_xml(a, r.out, "msg", NULL);
			k->f->message = msg ? first_line(a, msg) : NULL;
		}
		child_result_free(&r);
	}
	if (!url) {
		if (ask(k, SVN_STATUS, &r)) {
			const char *item = source_xml(a, r.out, "wc-status", "item");
			k->f->modified = item && strcmp(item, "normal") != 0;
		}
		child_result_free(&r);
	}
	k->f->why = NULL;
	if (ask(k, offline ? SVN_CAT_LOCAL : SVN_CAT, &r)) {
		k->f->readable = true;
		take_content(k, r.out, r.out_len);
	}
	child_result_free(&r);
	if (offline && !k->f->why)
		k->f->why = arena_printf(a, "the repository does not answer, this is the working copy's "
			"revision: %s", offline);
}

/* ---- git ---- */

static void
take_git_log(struct asking *k, const char *out, size_t n)
{
	struct arena *a = k->o->arena;
	const char *field[4] = { "", "", "", "" }, *p = out, *end = out + n;

	for (int i = 0; i < 4 && p < end; i++) {
		field[i] = p;
		p += strlen(p) + 1;
	}
	k->f->revision = *field[0] ? arena_strndup(a, field[0], 12) : NULL;
	k->f->author = arena_strdup(a, field[1]);
	k->f->date = *field[2] ? strtoll(field[2], NULL, 10) : TIME_UNSET;
	k->f->message = first_line(a, field[3]);
}

static void
observe_git(struct asking *k)
{
	struct child_result r;

	if (!k->jobs[GIT_LOG].argv) {
		k->f->why = "a revision cannot begin with a dash";
		return;
	}
	if (!ask(k, GIT_LOG, &r)) {
		child_result_free(&r);
		return;
	}
	take_git_log(k, r.out, r.out_len);
	child_result_free(&r);
	if (!k->f->revision) {
		k->f->why = "no commit has this file";
		return;
	}
	bool bare = !ask(k, GIT_STATUS, &r);
	k->f->modified = !bare && r.out_len > 0;
	child_result_free(&r);
	k->f->why = NULL;
	if (ask(k, bare ? GIT_CAT_BARE : GIT_CAT, &r)) {
		k->f->readable = true;
		take_content(k, r.out, r.out_len);
	}
	child_result_free(&r);
}

/* ---- a plain file ---- */

static void
observe_file(struct asking *k)
{
	struct err e = { 0 };
	struct stat st;
	char said[900];
	size_t n;
	char *text = file_read(k->f->path, SOURCE_MAX, &n, &e);

	if (!text) {
		k->f->why = e.code == ERR_PERMISSION ? "permission" : e.code == ERR_NOT_FOUND ? "missing"
			: arena_strdup(k->o->arena, err_str(&e, said, sizeof said));
		return;
	}
	if (stat(k->f->path, &st) == 0)
		k->f->date = st.st_mtime;
	k->f->readable = true;
	take_content(k, text, n);
	free(text);
}

static bool
run_child(void *ctx, const struct child_job *job, struct child_result *r, struct err *e)
{
	(void)ctx;
	return child_run(job, r, e);
}

struct obs *
source_observe(const struct source_spec *s, source_run *run, void *ctx, const struct name *zone,
	const char *by, int64_t t)
{
	struct obs *o = obs_new(FACT_SOURCE, t, by, zone);
	struct asking k = { .o = o, .f = &o->u.source, .s = s, .run = run ? run : run_child,
		.ctx = ctx, .zone = zone };

	k.f->type = arena_strdup(o->arena, s->type);
	k.f->path = source_path(o->arena, s);
	source_jobs(o->arena, s, k.jobs);
	k.f->date = TIME_UNSET;
	if (strcmp(s->type, "svn") == 0)
		observe_svn(&k);
	else if (strcmp(s->type, "git") == 0)
		observe_git(&k);
	else
		observe_file(&k);
	return o;
}
