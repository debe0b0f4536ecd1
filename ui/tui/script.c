/* The console driven by a file of keys, without a terminal (console.h). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ui/tui/script.h"
#include "ui/tui/plans.h"
#include "ui/tui/progress.h"

struct run {
	struct view *v;
	struct feed *feed; /* NULL: the diagnosis stays what it is */
	const struct diagnose_options *opt;
	FILE *dump;
	unsigned line;
	bool failed, over;
};

static void
screen(struct run *r, struct text *out)
{
	struct grid *g = grid_new(r->v->w, r->v->h);

	view_draw(r->v, g);
	grid_dump(g, r->v->ascii, out);
	grid_free(g);
}

static void
dump(struct run *r, bool styles)
{
	struct grid *g = grid_new(r->v->w, r->v->h);
	struct text out = { 0 };

	view_draw(r->v, g);
	if (styles)
		grid_dump_styles(g, r->v->theme, &out);
	else
		grid_dump(g, r->v->ascii, &out);
	fprintf(r->dump, "%s[cursor %d,%d]\n", text_str(&out), g->cx, g->cy);
	grid_free(g);
	text_free(&out);
}

static void
expect(struct run *r, const char *what, bool there)
{
	struct text out = { 0 };

	screen(r, &out);
	if ((strstr(text_str(&out), what) != NULL) != there) {
		fprintf(r->dump, "line %u: %s: %s\n%s", r->line, there ? "not on the screen" :
			"on the screen", what, text_str(&out));
		r->failed = true;
	}
	text_free(&out);
}

static void
apply(struct run *r, unsigned effect)
{
	if (effect & EFFECT_QUIT)
		r->over = true;
	if (effect & EFFECT_TRAIN)
		fprintf(r->dump, "[train]\n%s\n[end]\n", text_str(&r->v->out));
	if (effect & EFFECT_SEEK && r->feed && feed_seek(r->feed, r->v))
		feed_diagnose(r->feed, r->v, r->opt);
	if (effect & EFFECT_NOTE && r->feed) {
		feed_note(r->feed, r->v->now, text_str(&r->v->out));
		feed_diagnose(r->feed, r->v, r->opt);
	}
	const char *phrase, *reason;
	const struct plan *given = effect & EFFECT_APPLY ? plans_given(r->v, &phrase, &reason) : NULL;
	if (given) {
		fprintf(r->dump, "[apply]\n%s\n%s\n[end]\n", phrase, reason);
		progress_begin(r->v, given);
	}
	if (effect & (EFFECT_COPY | EFFECT_PRINT))
		fprintf(r->dump, "[%s]\n%s\n[end]\n", effect & EFFECT_COPY ? "copy" : "print",
			text_str(&r->v->out));
}

static bool
keys(struct run *r, char *names)
{
	for (char *p = strtok(names, " "); p; p = strtok(NULL, " ")) {
		uint32_t k = key_from_name(p, strlen(p));
		if (k == K_NONE)
			return false;
		apply(r, view_key(r->v, k));
	}
	return true;
}

static void
type(struct run *r, const char *s)
{
	size_t n = strlen(s);

	for (size_t i = 0; i < n;) {
		uint32_t cp;
		size_t len = text_utf8(s + i, n - i, &cp);
		if (!len)
			break;
		apply(r, view_key(r->v, cp));
		i += len;
	}
}

static void
tick(struct view *v, int64_t usec)
{
	v->now += usec;
	view_time_passed(v, v->mono + usec);
}

/* "STAGE STATE TEXT" as act would say it, or "end N". */
static bool
said(struct run *r, char *line)
{
	struct act_progress p = { .end = -1 };
	char what[200];

	if (sscanf(line, "end %d", &p.end) != 1) {
		p.stage = strtok(line, " ");
		p.state = strtok(NULL, " ");
		p.text = strtok(NULL, "");
		if (!p.text)
			return false;
	}
	if (progress_said(r->v, &p, what, sizeof what))
		fprintf(r->dump, "[note]\n%s\n[end]\n", what);
	return true;
}

static bool
step(struct run *r, char *line)
{
	int w, h, b, x, y;
	char *arg = line + strcspn(line, " ");

	if (*arg)
		*arg++ = '\0';
	if (!line[0] || line[0] == '#')
		return true;
	if (strcmp(line, "key") == 0)
		return keys(r, arg);
	if (strcmp(line, "type") == 0)
		type(r, arg);
	else if (strcmp(line, "size") == 0 && sscanf(arg, "%dx%d", &w, &h) == 2)
		view_resize(r->v, w, h);
	else if (strcmp(line, "dump") == 0)
		dump(r, false);
	else if (strcmp(line, "styles") == 0)
		dump(r, true);
	else if (strcmp(line, "plain") == 0) {
		struct text out = { 0 };
		view_plain(r->v, &out);
		fputs(text_str(&out), r->dump);
		text_free(&out);
	} else if (strcmp(line, "tick") == 0)
		tick(r->v, strtoll(arg, NULL, 10) * USEC);
	else if (strcmp(line, "paste") == 0)
		apply(r, view_key(r->v, K_PASTE));
	else if (strcmp(line, "said") == 0)
		return said(r, arg);
	else if (strcmp(line, "lost") == 0)
		progress_lost(r->v);
	else if (strcmp(line, "live") == 0)
		r->v->live = true;
	else if (strcmp(line, "mouse") == 0 && sscanf(arg, "%d %d %d", &x, &y, &b) == 3)
		apply(r, view_mouse(r->v, x, y, b, false));
	else if (strcmp(line, "expect") == 0)
		expect(r, arg, true);
	else if (strcmp(line, "refuse") == 0)
		expect(r, arg, false);
	else
		return false;
	return true;
}

int
script_run(struct view *v, struct feed *feed, const struct diagnose_options *opt, FILE *script,
	FILE *out)
{
	struct run r = { .v = v, .feed = feed, .opt = opt, .dump = out };
	char line[1024];

	while (!r.over && fgets(line, sizeof line, script)) {
		r.line++;
		line[strcspn(line, "\n")] = '\0';
		if (!step(&r, line)) {
			fprintf(stderr, "unbogus: script line %u cannot be read\n", r.line);
			return 64;
		}
	}
	return r.failed;
}

int
console_script(const struct console_options *o, int w, int h, FILE *script, FILE *out)
{
	struct view v;
	struct feed feed;

	view_init(&v, w, h);
	v.causes = o->causes;
	feed_init(&feed, o->zone.len ? &o->zone : NULL, o->n_streams, !o->replay,
		o->record_fd);
	feed.keep = true;
	feed_read_all(&feed, o);
	v.feed = o->feed;
	v.diagnose = o->diagnose;
	v.readonly = o->readonly;
	v.config_zone = o->config_zone;
	v.utc = o->utc;
	v.theme = o->colour == CHOICE_NO ? THEME_MONO : o->theme;
	v.ascii = o->ascii == CHOICE_YES;
	v.now = o->at != TIME_UNSET ? o->at : feed_latest(&feed);
	feed_diagnose(&feed, &v, &o->diagnose);
	int status = script_run(&v, &feed, &o->diagnose, script, out);
	view_done(&v);
	feed_done(&feed);
	return status;
}
