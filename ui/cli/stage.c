#include "ui/cli/stage.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/file.h"
#include "lab/emit.h"
#include "lab/emit_parts.h"

#define ROUND_SECONDS 10 /* of virtual time between full looks, at least */
#define STEPS_A_SECOND 4 /* of true time, when virtual time runs faster than that */

struct stage {
	struct world *w;
	struct coach *coach; /* NULL: none */
	const struct stage_options *o;
	int64_t now, next_round; /* usec, virtual */
	unsigned speed;
	bool paused, first, gone, quit;
	size_t told;	/* entries of the play that were emitted */
	unsigned event; /* of the scenario, without a play */
	struct text out, in;
	char said[700]; /* what the coach's last fact said */
};

static void
flush(struct stage *s)
{
	if (s->out.len &&
		!file_write_all(STDOUT_FILENO, s->out.s, s->out.len, "standard output", NULL))
		s->gone = true; /* a reader that is gone is no error of ours */
	text_reset(&s->out);
}

static void
tell_coach(struct stage *s)
{
	const struct coach *c = s->coach;
	struct score sc;

	if (!c)
		return;
	coach_score(c, &sc);
	struct obs *o = lab_fact(s->w, FACT_COACH, s->now);
	o->u.coach = (struct fact_coach){ .scenario = arena_strdup(o->arena, s->w->s->name),
		.mode = coach_mode_name(c->mode), .text = arena_strdup(o->arena, c->text), .level = c->level,
		.hidden = c->hidden, .paused = s->paused, .over = c->over, .speed = s->speed,
		.score = sc.total, .hints = sc.hints, .wrong = sc.wrong_actions + sc.wrong_guesses,
		.broken = (uint32_t)(c->p->broken + 0.5),
		.broken_minutes = (uint32_t)(c->p->broken_minutes + 0.5) };
	lab_tell(&s->out, o);
}

/* Messages that came since the last time. */
static void
tell_messages(struct stage *s)
{
	if (s->coach) {
		for (; s->told < s->coach->p->entries.n; s->told++) {
			const struct play_entry *e = &s->coach->p->entries.v[s->told];
			if (e->kind == ENTRY_EVENT || e->kind == ENTRY_SAY)
				lab_emit_message(s->w, e->t, e->who, e->text, &s->out);
		}
		return;
	}
	for (; s->event < s->w->s->events_count && s->w->s->events[s->event].t <= s->now; s->event++) {
		const struct sc_event *e = &s->w->s->events[s->event];
		lab_emit_message(s->w, e->t, e->who, e->text, &s->out);
	}
}

static bool
look_round(struct stage *s)
{
	struct err e = { 0 };
	char line[1200];

	if (!world_files(s->w, s->now, &e)) {
		fprintf(stderr, "unbogus lab: %s\n", err_str(&e, line, sizeof line));
		return false;
	}
	lab_emit(s->w, s->now, s->first, &s->out);
	s->first = false;
	int64_t gap = s->speed > ROUND_SECONDS ? s->speed : ROUND_SECONDS;
	s->next_round = s->now + gap * USEC;
	return true;
}

static int64_t
next_event(const struct stage *s)
{
	if (s->coach)
		return play_next(s->coach->p);
	return s->event < s->w->s->events_count ? s->w->s->events[s->event].t : TIME_NEVER;
}

/* Virtual time goes on to T, with a full look where something happened on the way. */
static bool
advance(struct stage *s, int64_t t)
{
	while (s->now < t && !s->gone) {
		int64_t event = next_event(s), to = t;
		bool look = false;
		if (event > s->now && event < to) {
			to = event + 1; /* a version is there after its moment */
			look = true;
		}
		if (s->coach)
			play_advance(s->coach->p, to);
		s->now = to;
		tell_messages(s);
		if ((look || s->now >= s->next_round) && !look_round(s))
			return false;
		if (!look)
			lab_emit_tick(s->w, s->now, &s->out);
		flush(s);
	}
	return true;
}

static void
write_results(struct stage *s)
{
	struct text text = { 0 };
	struct score sc;

	if (!s->coach || !s->o->score)
		return;
	coach_score(s->coach, &sc);
	json_t *j = score_json(&sc, s->coach->p, "trainee", s->coach->refs);
	char *dump = j ? json_dumps(j, JSON_INDENT(2) | JSON_PRESERVE_ORDER) : NULL;
	if (dump)
		file_replace(s->o->score, dump, strlen(dump), 0644, NULL);
	free(dump);
	json_decref(j);
	coach_debrief(s->coach, false, &text);
	file_replace(s->o->debrief, text_str(&text), text.len, 0644, NULL);
	text_free(&text);
}

/* ---- lines ---- */

static bool
with_coach(struct stage *s, const char *line)
{
	struct err e = { 0 };
	char why[1200];
	size_t steps = s->coach->p->steps.n;

	if (!coach_line(s->coach, line, &e))
		s->coach->text = arena_printf(s->coach->p->a, "%s", err_str(&e, why, sizeof why));
	bool changed = s->coach->p->steps.n != steps || strcmp(line, "back") == 0;
	s->told = s->told > s->coach->p->entries.n ? 0 : s->told;
	if (s->coach->p->now > s->now)
		s->now = s->coach->p->now; /* a replayed step took time */
	else if (s->coach->p->now < s->now) {
		s->now = s->coach->p->now; /* branched back */
		s->next_round = s->now;
	}
	if (changed && !advance(s, s->now + USEC))
		return false;
	if (changed && !look_round(s))
		return false;
	tell_messages(s);
	tell_coach(s);
	write_results(s);
	return true;
}

static bool
jump(struct stage *s)
{
	int64_t t = next_event(s);

	return advance(s, t == TIME_NEVER ? s->now + 600 * USEC : t + USEC);
}

static bool
command(struct stage *s, char *line)
{
	int64_t t;

	if (strncmp(line, "train ", 6) == 0)
		line += 6;
	if (strncmp(line, "probe", 5) == 0)
		return look_round(s);
	if (strcmp(line, "quit") == 0)
		s->quit = true;
	else if (strcmp(line, "pause") == 0 || strcmp(line, "resume") == 0)
		s->paused = line[0] == 'p' ? !s->paused : false;
	else if (strncmp(line, "speed ", 6) == 0) {
		long n = strtol(line + 6, NULL, 10);
		s->speed = n < 1 ? 1 : n > STAGE_SPEED_MAX ? STAGE_SPEED_MAX : (unsigned)n;
	} else if (strcmp(line, "jump") == 0) {
		if (!jump(s))
			return false;
	} else if (strncmp(line, "step", 4) == 0 && (line[4] == ' ' || !line[4])) {
		if (!line[4] || !clock_parse_span(line + 5, &t))
			t = 60;
		if (!advance(s, s->now + t * USEC))
			return false;
	} else if (strncmp(line, "to ", 3) == 0) {
		if (clock_parse(line + 3, &t) && t < s->now + 400 * 86400 * USEC && !advance(s, t))
			return false;
	} else if (s->coach)
		return with_coach(s, line);
	tell_coach(s);
	return true;
}

/* Lines that are there; false when the world cannot go on. */
static bool
read_lines(struct stage *s)
{
	char buf[4096];
	ssize_t n = read(s->o->commands, buf, sizeof buf);

	if (n == 0 || (n < 0 && errno != EINTR && errno != EAGAIN)) {
		s->quit = true;
		return true;
	}
	if (n > 0)
		text_add_n(&s->in, buf, (size_t)n);
	for (char *end; s->in.len && (end = memchr(s->in.s, '\n', s->in.len));) {
		char line[500];
		size_t len = (size_t)(end - s->in.s);
		snprintf(line, sizeof line, "%.*s", (int)(len < sizeof line ? len : sizeof line - 1), s->in.s);
		memmove(s->in.s, end + 1, s->in.len - len - 1);
		s->in.len -= len + 1;
		if (line[0] && !command(s, line))
			return false;
		flush(s);
	}
	if (s->in.len > sizeof buf)
		text_reset(&s->in); /* no line is so long */
	return true;
}

/* Waits until DUE (monotonic usec) or a line. */
static bool
wait_until(struct stage *s, int64_t due)
{
	for (;;) {
		int64_t left = due - clock_monotonic_usec();
		struct pollfd fd = { .fd = s->o->commands, .events = POLLIN };
		if (s->quit || s->gone)
			return true;
		if (left <= 0 && (s->o->commands < 0 || !s->o->fast))
			return true;
		int n = poll(&fd, s->o->commands >= 0, left > 0 ? (int)(left / 1000 + 1) : 0);
		if (n > 0 && fd.revents & (POLLIN | POLLHUP)) {
			if (!read_lines(s))
				return false;
		} else if (left <= 0)
			return true;
	}
}

static bool
loop(struct stage *s)
{
	int64_t begin = clock_monotonic_usec(), due = begin, idle = begin;

	while (!s->quit && !s->gone && s->now < s->o->until) {
		int64_t step = s->speed > STEPS_A_SECOND ? s->speed * USEC / STEPS_A_SECOND : USEC;
		int64_t each = s->speed > STEPS_A_SECOND ? USEC / STEPS_A_SECOND : USEC / s->speed;
		due += s->o->fast && !s->paused ? 0 : each;
		if (!wait_until(s, due))
			return false;
		int64_t true_now = clock_monotonic_usec();
		if (due < true_now - 5 * USEC)
			due = true_now; /* the machine slept: do not run after it */
		if (s->coach && !s->o->fast && true_now - idle >= USEC) {
			if (coach_idle(s->coach, (true_now - idle) / USEC))
				tell_coach(s);
			idle = true_now;
		}
		if (!s->paused && !s->quit && !(s->coach && s->coach->over)) {
			int64_t t = s->now + step;
			if (!advance(s, t < s->o->until ? t : s->o->until))
				return false;
			tell_coach(s);
		}
		flush(s);
	}
	return true;
}

int
stage_run(struct world *w, struct coach *coach, const struct stage_options *o)
{
	struct stage s = { .w = w, .coach = coach, .o = o, .speed = o->speed ? o->speed : 1,
		.paused = o->paused, .first = true, .now = coach ? coach->p->now : o->at };
	bool ok;

	tell_messages(&s);
	ok = look_round(&s);
	tell_coach(&s);
	flush(&s);
	write_results(&s);
	ok = ok && loop(&s);
	write_results(&s);
	flush(&s);
	text_free(&s.out);
	text_free(&s.in);
	return ok ? 0 : 3;
}
