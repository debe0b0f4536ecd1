/* ask: the question on a terminal. */
#include "ui/cli/ask.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/text.h"

/* ---- the plan ---- */

static void
show_lines(const char *what, const struct diff_line *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		printf("%s %s%s%s %s\n", v[i].sign, what, *what ? " " : "", v[i].object, v[i].text);
}

static void
show_diff(const struct plan_diff *d)
{
	show_lines("", d->timing.v, d->timing.n);
	show_lines("", d->dnskey.v, d->dnskey.n);
	show_lines("", d->ds.v, d->ds.n);
	show_lines("", d->records.v, d->records.n);
	if (d->serial_new >= 0)
		printf("~ SOA serial %lld -> %lld\n", (long long)d->serial_old, (long long)d->serial_new);
	for (size_t i = 0; i < d->commands.n; i++)
		printf("$ %s\n", d->commands.v[i]);
}

static void
show_prediction(const struct plan_prediction *p)
{
	char until[40];

	printf("\n%-44s %-9s %-9s %s\n", "CACHE CLASS", "NOW", "AFTER", "UNTIL");
	for (size_t i = 0; i < p->classes.n; i++) {
		const struct plan_class *c = &p->classes.v[i];
		printf("%-44s %-9s %-9s %s\n", c->name, c->now, c->after, c->until == TIME_UNSET ? "-"
			: c->until == TIME_NEVER ? "never" : clock_rfc3339_s(until, sizeof until, c->until));
	}
	printf("%s\n", p->verdict);
}

void
ask_show(const struct plan *p)
{
	char hash[PLAN_HASH];

	plan_hash(p, hash);
	printf("%s   %s\nplan sha256 %.12s\n\n", p->zone, p->title, hash);
	show_diff(&p->diff);
	show_prediction(&p->prediction);
	for (size_t i = 0; i < p->guards.n; i++)
		if (p->guards.v[i].verdict != GUARD_PASS)
			printf("%s %s: %s\n", guard_verdict_name(p->guards.v[i].verdict), p->guards.v[i].id,
				p->guards.v[i].reason);
	for (size_t i = 0; i < p->steps.n; i++)
		if (*p->steps.v[i].undo)
			printf("Undo: %s\n", p->steps.v[i].undo);
}

/* ---- the question ---- */

static bool
ask_begin(struct termios *before)
{
	struct termios t;

	if (tcgetattr(STDIN_FILENO, before) != 0)
		return false;
	t = *before;
	t.c_lflag &= (tcflag_t)~(ICANON | ECHO | ISIG);
	t.c_iflag &= (tcflag_t)~(IXON);
	t.c_cc[VMIN] = 1;
	t.c_cc[VTIME] = 0;
	return tcsetattr(STDIN_FILENO, TCSAFLUSH, &t) == 0; /* flushes what was typed ahead */
}

/* An escape sequence that has begun, and whether text is being pasted. */
struct input {
	char escape[8];
	size_t n;
	bool pasting;
};

/* Escape sequences are dropped whole; those of bracketed paste (xterm) bound what is not typed. */
static bool
in_escape(struct input *in, struct consent *c, char ch)
{
	if (!in->n && ch != 0x1b)
		return false;
	if (in->n < sizeof in->escape - 1)
		in->escape[in->n++] = ch;
	if (in->n >= 2 && in->escape[1] != '[') {
		in->n = 0;
		return true;
	}
	if (in->n > 2 && ch >= 0x40 && ch <= 0x7e) {
		in->escape[in->n] = '\0';
		if (strcmp(in->escape, "\x1b[200~") == 0) {
			in->pasting = true;
			consent_paste(c);
		} else if (strcmp(in->escape, "\x1b[201~") == 0)
			in->pasting = false;
		in->n = 0;
	}
	return true;
}

static void
draw(const struct consent *c)
{
	int wait = consent_wait(c, clock_monotonic_usec());

	printf("\r\x1b[K");
	if (c->note && *c->note)
		printf("(%s) ", c->note);
	if (wait > 2)
		printf("[%d s] ", wait);
	printf("%s> %s", c->in_reason ? "reason (goes to the journal) " : "", c->in_reason ? c->reason : c->typed);
	fflush(stdout);
}

/* One octet typed. Enter in an empty phrase cancels. */
static void
typed(struct consent *c, unsigned char ch)
{
	int64_t now = clock_monotonic_usec();

	if (ch == 3 || ch == 4 || ((ch == '\r' || ch == '\n') && !c->typed[0] && !consent_wait(c, now)))
		c->end = CONSENT_CANCELLED;
	else if (ch == '\r' || ch == '\n')
		consent_key(c, 13, now);
	else if (ch != 27)
		consent_key(c, ch, now);
}

static enum ask
read_keys(struct consent *c)
{
	struct pollfd p = { .fd = STDIN_FILENO, .events = POLLIN };
	struct input in = { .n = 0 };
	char ch;

	while (c->end == CONSENT_OPEN) {
		draw(c);
		int ready = poll(&p, 1, 500);
		if (ready < 0 && errno != EINTR)
			return ASK_LOST;
		if (ready <= 0)
			continue;
		ssize_t got = read(STDIN_FILENO, &ch, 1);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return ASK_LOST;
		if (!in_escape(&in, c, ch) && !in.pasting)
			typed(c, (unsigned char)ch);
	}
	return c->end == CONSENT_GIVEN ? ASK_GIVEN : ASK_CANCELLED;
}

enum ask
ask_phrase(const struct plan *p, char *phrase, char *reason)
{
	struct termios before;
	struct consent c;

	consent_open(&c, p, true, clock_monotonic_usec());
	snprintf(c.reason, sizeof c.reason, "%s", reason);
	if (c.long_form)
		printf("\nThis plan does more harm than waiting. To apply it anyway type exactly\n");
	else
		printf("\nType this to apply (an empty line cancels):\n");
	printf("   %s\n", c.phrase);
	if (!ask_begin(&before))
		return ASK_LOST;
	fputs("\x1b[?2004h", stdout); /* bracketed paste on */
	enum ask how = read_keys(&c);
	printf("\x1b[?2004l\n");
	fflush(stdout);
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
	snprintf(phrase, CONSENT_MAX, "%s", c.typed);
	snprintf(reason, CONSENT_MAX, "%s", c.reason);
	return how;
}
