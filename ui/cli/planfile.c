#include "ui/cli/planfile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"

const struct plan *
planfile_read(struct arena *a, const char *verb, const char *path)
{
	const struct plan *p = NULL;
	struct err e = { 0 };
	char line[1200];
	size_t n;
	char *text = strcmp(path, "-") == 0 ? file_read_fd(STDIN_FILENO, "standard input", PLAN_MAX, &n, &e)
					    : file_read(path, PLAN_MAX, &n, &e);

	if (text)
		p = plan_from_json(a, text, n, &e);
	free(text);
	if (!p)
		fprintf(stderr, "unbogus %s: %s\n", verb, err_str(&e, line, sizeof line));
	return p;
}

bool
planfile_is(const char *path)
{
	char head[200] = "";
	FILE *f = fopen(path, "re");

	if (!f)
		return false;
	size_t n = fread(head, 1, sizeof head - 1, f);
	fclose(f);
	head[n] = '\0';
	return head[strspn(head, " \t\r\n")] == '{' && strstr(head, "unbogus.plan/");
}

static const char *
when(char *buf, size_t size, int64_t t)
{
	return t == TIME_UNSET ? "-" : t == TIME_NEVER ? "never" : clock_rfc3339_s(buf, size, t);
}

void
planfile_print_head(const struct plan *p)
{
	char hash[PLAN_HASH], t[40];

	plan_hash(p, hash);
	printf("Plan: %s, for %s, made at %s.\n", p->title, p->zone, when(t, sizeof t, p->made));
	printf("Hash: %s.\n", hash);
	if (p->stage.number) {
		printf("Stage %d of %d: %s.\n", p->stage.number, p->stage.of, p->stage.name);
		for (size_t i = 0; i < p->stage.entry.n; i++)
			printf("  Condition: %s: %s (%s).\n", p->stage.entry.v[i].text,
				p->stage.entry.v[i].observed ? "observed" : "NOT observed",
				p->stage.entry.v[i].evidence);
		if (*p->stage.next)
			printf("  Next stage: %s, not before %s.\n", p->stage.next, when(t, sizeof t, p->stage.next_at));
	}
}

void
planfile_print_steps(const struct plan *p)
{
	for (size_t i = 0; i < p->steps.n; i++) {
		const struct plan_step *s = &p->steps.v[i];
		printf("Step %d: %s.\n", s->n, s->text);
		for (size_t k = 0; k < s->commands.n; k++)
			printf("    %s\n", s->commands.v[k]);
		for (size_t k = 0; k < s->ds.n; k++)
			printf("    DS %s\n", s->ds.v[k]);
	}
}

static void
print_lines(const struct diff_line *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		printf("%s %s  %s\n", v[i].sign, v[i].object, v[i].text);
}

void
planfile_print_diff(const struct plan *p)
{
	const struct plan_diff *d = &p->diff;

	print_lines(d->timing.v, d->timing.n);
	print_lines(d->dnskey.v, d->dnskey.n);
	print_lines(d->ds.v, d->ds.n);
	print_lines(d->records.v, d->records.n);
	if (d->rrsig_kept >= 0)
		printf("~ RRSIG  %lld kept, %lld made, %lld removed\n", (long long)d->rrsig_kept,
			(long long)d->rrsig_renewed, (long long)d->rrsig_removed);
	for (size_t i = 0; i < d->commands.n; i++)
		printf("$ %s\n", d->commands.v[i]);
	if (p->dnskey_size >= 0)
		printf("DNSKEY answer: %lld octets (limit %lld).\n", (long long)p->dnskey_size,
			(long long)p->dnskey_limit);
}

void
planfile_print_prediction(const struct plan *p)
{
	const struct plan_prediction *d = &p->prediction;
	char t[40], u[40];

	printf("%-44s %-9s %-9s %s\n", "CACHE CLASS", "NOW", "AFTER", "UNTIL");
	for (size_t i = 0; i < d->classes.n; i++) {
		const struct plan_class *c = &d->classes.v[i];
		printf("%-44s %-9s %-9s %s%s%s\n", c->name, c->now, c->after, when(t, sizeof t, c->until),
			c->forwarder ? "  only behind another cache" : "", c->inferred ? "  inferred" : "");
		if (*c->reason)
			printf("    %s\n", c->reason);
		if (c->heals_unbound != TIME_UNSET)
			printf("    heals by: unbound %s, bind %s\n", when(t, sizeof t, c->heals_unbound),
				when(u, sizeof u, c->heals_bind));
	}
	for (size_t i = 0; i < d->vantages.n; i++)
		printf("Vantage %s: %s now, %s after.\n", d->vantages.v[i].name, d->vantages.v[i].now,
			d->vantages.v[i].after);
	printf("Verdict: %s\n", d->verdict);
	if (p->safe_at == TIME_NEVER)
		printf("Safe: never in one step: it must be split.\n");
	else
		printf("Safe from: %s.\n", when(t, sizeof t, p->safe_at));
	if (d->proven_from != TIME_UNSET && d->proven_from > p->made)
		printf("Cannot prove before %s: an unknown earlier version may be cached.\n",
			when(t, sizeof t, d->proven_from));
}

void
planfile_print_guards(const struct plan *p)
{
	char t[40];

	for (size_t i = 0; i < p->guards.n; i++) {
		const struct plan_guard *g = &p->guards.v[i];
		if (!*g->reason)
			continue;
		printf("Guard %s: %s: %s.", g->id, guard_verdict_name(g->verdict), g->reason);
		if (g->allows_at != TIME_UNSET)
			printf(" Allows: %s.", g->allows_at == TIME_NEVER ? "not in this way" : when(t, sizeof t,
				g->allows_at));
		printf("\n");
	}
	printf("To apply it type: %s%s\n", p->phrase.text, p->phrase.long_form ? "   (and a reason)" : "");
}
