#include "ui/tui/rawtext.h"

#include <stdio.h>
#include <string.h>

#include "model/stream.h"

static void
put_rrs(const struct rr_list *l, bool sections, struct text *out)
{
	static const char *const names[] = { "ANSWER", "AUTHORITY", "ADDITIONAL" };
	struct arena *a = arena_new();
	int last = -1;

	for (size_t i = 0; i < l->n; i++) {
		if (sections && (int)l->v[i].section != last) {
			last = (int)l->v[i].section;
			text_add(out, ";; %s\n", names[last]);
		}
		text_add_clean(out, rr_to_text(a, &l->v[i]));
		text_add(out, "\n");
	}
	arena_free(a);
}

static void
put_edes(const struct ede_list *l, struct text *out)
{
	for (size_t i = 0; i < l->n; i++) {
		text_add(out, ";; EDE %u ", l->v[i].code);
		if (l->v[i].text)
			text_add_clean(out, l->v[i].text);
		text_add(out, "\n");
	}
}

static void
put_answer(const struct fact_answer *f, struct text *out)
{
	char name[NAME_MAX_TEXT];

	text_add(out, ";; status %s%s%s%s%s, %s, %u octets, %u.%u ms\n", rcode_name(f->rcode),
		f->aa ? " aa" : "", f->tc ? " tc" : "", f->ra ? " ra" : "", f->ad ? " ad" : "",
		f->tcp ? f->tcp_after_tc ? "TCP after truncated UDP" : "TCP" : "UDP", f->size,
		f->rtt_us / 1000, f->rtt_us / 100 % 10);
	text_add(out, ";; %s %s port %u", f->at.ns ? f->at.ns : "", f->at.address, f->at.port);
	if (f->nsid) {
		text_add(out, ", NSID ");
		text_add_clean(out, f->nsid);
	}
	text_add(out, "\n");
	put_edes(&f->ede, out);
	text_add(out, ";; question %s %s\n", name_to_text(name, &f->qname), rrtype_name(f->qtype));
	put_rrs(&f->rrs, true, out);
	if (f->mismatched)
		text_add(out, ";; %u replies to other questions were dropped\n", f->mismatched);
}

static void
put_resolve(const struct fact_resolve *f, struct text *out)
{
	char name[NAME_MAX_TEXT];

	text_add(out, ";; %s: ", f->vantage);
	if (f->pending)
		text_add(out, "asked, no answer yet\n");
	else
		text_add(out, "status %s%s%s%s, %u.%u ms\n", rcode_name(f->rcode), f->ad ? " ad" : "",
			f->status ? " " : "", f->status ? f->status : "", f->rtt_us / 1000,
			f->rtt_us / 100 % 10);
	text_add(out, ";; question %s %s%s\n", name_to_text(name, &f->qname), rrtype_name(f->qtype),
		f->cd ? " with checking disabled (CD=1)" : "");
	if (f->why) {
		text_add(out, ";; ");
		text_add_clean(out, f->why);
		text_add(out, "\n");
	}
	put_edes(&f->ede, out);
	put_rrs(&f->rrs, false, out);
}

/* The observation's line of the stream, broken at its top-level members. */
static void
put_fields(const struct obs *o, struct text *out)
{
	struct text line = { 0 };
	int deep = 0;
	bool quoted = false;

	stream_write(&line, o);
	for (const char *s = text_str(&line); *s && *s != '\n'; s++) {
		if (*s == '\\' && quoted && s[1]) {
			text_add_n(out, s++, 2);
			continue;
		}
		if (*s == '"')
			quoted = !quoted;
		else if (!quoted)
			deep += *s == '{' || *s == '[' ? 1 : *s == '}' || *s == ']' ? -1 : 0;
		if (!quoted && deep == 1 && *s == ',')
			text_add(out, "\n");
		else if (!(deep == 1 && *s == '{') && !(deep == 0 && *s == '}'))
			text_add_n(out, s, 1);
	}
	text_add(out, "\n");
	text_free(&line);
}

void
rawtext(const struct obs *o, struct text *out)
{
	char when[40];

	text_add(out, ";; seen %s by ", clock_rfc3339(when, sizeof when, o->t));
	text_add_clean(out, o->by ? o->by : "?");
	if (o->host) {
		text_add(out, " on ");
		text_add_clean(out, o->host);
	}
	text_add(out, "\n");
	switch (o->fact) {
	case FACT_ANSWER:
		put_answer(&o->u.answer, out);
		break;
	case FACT_RESOLVE:
		put_resolve(&o->u.resolve, out);
		break;
	default:
		put_fields(o, out);
	}
}

/* A name as one word of a shell command: a hostile one must stay a word when it is pasted. */
static void
put_word(const struct name *n, struct text *out)
{
	char name[NAME_MAX_TEXT];
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";

	name_to_text(name, n);
	if (name[0] != '-' && name[strspn(name, plain)] == '\0') {
		text_add(out, "%s", name);
		return;
	}
	text_add(out, "'");
	for (const char *s = name; *s; s++)
		if (*s == '\'')
			text_add(out, "\\039");
		else
			text_add_n(out, s, 1);
	text_add(out, "'");
}

void
rawtext_dig(const struct obs *o, struct text *out)
{
	const struct fact_answer *f = &o->u.answer;
	const struct fact_no_answer *g = &o->u.no_answer;

	if (o->fact == FACT_ANSWER) {
		text_add(out, "dig +norec +dnssec +nsid%s -p %u @%s ", f->tcp ? " +tcp" : "",
			f->at.port ? f->at.port : 53, f->at.address);
		put_word(&f->qname, out);
		text_add(out, " %s", rrtype_name(f->qtype));
	} else if (o->fact == FACT_NO_ANSWER) {
		text_add(out, "dig +norec +dnssec +tries=1%s -p %u @%s ", g->tcp ? " +tcp" : "",
			g->at.port ? g->at.port : 53, g->at.address);
		put_word(&g->qname, out);
		text_add(out, " %s", rrtype_name(g->qtype));
	}
}
