#include <string.h>

#include "base/text.h"
#include "diagnose/checks.h"

struct finding
finding_of(const char *id, enum severity severity)
{
	return (struct finding){ .id = id, .severity = severity, .keytag = -1, .since = TIME_UNSET,
		.until = TIME_UNSET, .explained_by = -1 };
}

void
finding_add(struct work *w, struct finding f)
{
	arena_push(w->a, &w->findings, f);
}

const struct finding *
finding_find(const struct work *w, const char *id)
{
	for (size_t i = 0; i < w->findings.n; i++)
		if (strcmp(w->findings.v[i].id, id) == 0)
			return &w->findings.v[i];
	return NULL;
}

void
finding_prove(struct finding *f, unsigned evidence)
{
	for (unsigned i = 0; i < f->evidence.n; i++)
		if (f->evidence.v[i] == evidence)
			return;
	if (f->evidence.n < sizeof f->evidence.v / sizeof *f->evidence.v)
		f->evidence.v[f->evidence.n++] = evidence;
}

/* ---- evidence ---- */

static unsigned
ev_add(struct work *w, struct evidence e)
{
	for (size_t i = 0; i < w->evidence.n; i++)
		if (w->evidence.v[i].obs == e.obs && strcmp(w->evidence.v[i].text, e.text) == 0 &&
			strcmp(w->evidence.v[i].kind, e.kind) == 0)
			return (unsigned)i;
	e.id = say(w, "E%zu", w->evidence.n + 1);
	e.t = e.obs ? e.obs->t : w->s->now;
	arena_push(w->a, &w->evidence, e);
	return (unsigned)w->evidence.n - 1;
}

/* S as one word of a shell's command line. */
static const char *
shell_word(struct work *w, const char *s)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				    "._-/:+=,@%";
	size_t n = strlen(s), o = 0;

	if (n && strspn(s, plain) == n)
		return s;
	char *out = arena_alloc(w->a, 4 * n + 3);
	out[o++] = '\'';
	for (size_t i = 0; i < n; i++) {
		if (s[i] == '\'') {
			memcpy(out + o, "'\\''", 4);
			o += 4;
		} else
			out[o++] = s[i];
	}
	out[o++] = '\'';
	return out;
}

static const char *
dig_line(struct work *w, const char *flags, const char *address, uint16_t port,
	const struct name *qname, uint16_t qtype)
{
	char name[NAME_MAX_TEXT];

	if (!address || !*address)
		return NULL;
	return say(w, "dig +dnssec %s @%s -p %u %s %s", flags,
		shell_word(w, text_clean_dup(w->a, address)), port ? port : 53,
		shell_word(w, name_to_text(name, qname)), rrtype_name(qtype));
}

static const char *
cut_who(struct work *w, const struct server_state *s)
{
	const char *ns = s->at.ns && *s->at.ns ? text_clean_dup(w->a, s->at.ns) : "";
	const char *address = text_clean_dup(w->a, s->at.address ? s->at.address : "");

	if (s->at.port && s->at.port != 53)
		return say(w, "%s%s%s port %u", ns, *ns ? " " : "", address, s->at.port);
	return say(w, "%s%s%s", ns, *ns ? " " : "", address);
}

unsigned
ev_answer(struct work *w, const struct server_state *s, enum probe p, const char *text)
{
	const struct obs *o = s->answer[p];

	return ev_add(w, (struct evidence){ .kind = "answer", .who = cut_who(w, s), .text = text,
		.obs = o, .reproduce = o ? dig_line(w, "+norec", s->at.address, s->at.port,
			&o->u.answer.qname, o->u.answer.qtype) : NULL });
}

unsigned
ev_silence(struct work *w, const struct server_state *s, enum probe p, const char *text)
{
	const struct obs *o = s->silence[p];

	return ev_add(w, (struct evidence){ .kind = "answer", .who = cut_who(w, s), .text = text,
		.obs = o, .reproduce = o ? dig_line(w, o->u.no_answer.tcp ? "+norec +tcp" : "+norec",
			s->at.address, s->at.port, &o->u.no_answer.qname, o->u.no_answer.qtype) : NULL });
}

unsigned
ev_resolve(struct work *w, const struct obs *o, const char *text)
{
	const struct fact_resolve *r = &o->u.resolve;
	const struct fact_vantage *v = NULL;

	for (size_t i = 0; i < w->s->n_vantages; i++)
		if (strcmp(w->s->vantages[i].v->name, r->vantage) == 0)
			v = w->s->vantages[i].v;
	return ev_add(w, (struct evidence){ .kind = "resolve", .text = text, .obs = o,
		.who = text_clean_dup(w->a, r->vantage),
		.reproduce = v ? dig_line(w, r->cd ? "+cd" : "", v->address, v->port, &r->qname, r->qtype)
			       : NULL });
}

unsigned
ev_keyfile(struct work *w, const struct obs *o, uint32_t line, const char *text)
{
	const char *path = text_clean_dup(w->a, o->u.keyfile.path);

	return ev_add(w, (struct evidence){ .kind = "keyfile", .text = text, .obs = o,
		.who = line ? say(w, "%s:%u", path, line) : path,
		.reproduce = line ? say(w, "sed -n %up %s", line, shell_word(w, path))
				  : say(w, "ls -l %s", shell_word(w, path)) });
}

unsigned
ev_zonefile(struct work *w, const struct obs *o, const char *text)
{
	const char *path = text_clean_dup(w->a, o->u.zonefile.path);

	return ev_add(w, (struct evidence){ .kind = "zonefile", .text = text, .obs = o, .who = path,
		.reproduce = say(w, "grep -n SOA %s", shell_word(w, path)) });
}

unsigned
ev_source(struct work *w, const char *text)
{
	const struct obs *o = w->s->source;

	return ev_add(w, (struct evidence){ .kind = "source", .text = text, .obs = o,
		.who = say(w, "%s %s", text_clean_dup(w->a, o->u.source.type),
			text_clean_dup(w->a, o->u.source.path)) });
}

unsigned
ev_signer(struct work *w, const char *text)
{
	const struct obs *o = w->s->signer;
	const char *path = text_clean_dup(w->a, o->u.signer.path);

	return ev_add(w, (struct evidence){ .kind = "signer", .text = text, .obs = o, .who = path,
		.reproduce = say(w, "tail -n 40 %s", shell_word(w, path)) });
}

unsigned
ev_clock(struct work *w, const char *text)
{
	return ev_add(w, (struct evidence){ .kind = "clock", .text = text, .obs = w->s->clock,
		.who = "this host's clock" });
}

/* ---- readers ---- */

const struct server_state *
child_server(const struct work *w, size_t i)
{
	const struct server_state *s = &w->child->servers[i];

	return s->at.role == ROLE_PRIMARY ? NULL : s;
}

size_t
child_count(const struct work *w)
{
	size_t n = 0;

	for (size_t i = 0; w->child && i < w->child->n; i++)
		n += child_server(w, i) != NULL;
	return n;
}

const char *
server_who(struct work *w, const struct cut_state *c, const struct server_state *s)
{
	const char *label = text_clean_dup(w->a, server_label(w->a, c, s));
	const char *address = text_clean_dup(w->a, s->at.address ? s->at.address : "");

	if (strcmp(label, address) == 0)
		label = "";
	if (s->at.port && s->at.port != 53)
		return say(w, "%s%s%s port %u", label, *label ? " " : "", address, s->at.port);
	return say(w, "%s%s%s", label, *label ? " " : "", address);
}

const struct obs *
key_answer_of(const struct server_state *s)
{
	const struct obs *o = s->answer[PROBE_DNSKEY];

	return o && o->u.answer.rcode == 0 && !o->u.answer.tc ? o : NULL;
}

bool
list_has_key(const struct rr_list *rrs, const struct name *zone, uint16_t tag, uint8_t alg)
{
	for (size_t i = 0; i < rrs->n; i++) {
		struct dnskey k;
		if (rrs->v[i].type == T_DNSKEY && name_equal(&rrs->v[i].owner, zone) &&
			dnskey_parse(rrs->v[i].rdata, rrs->v[i].rdlen, &k) && k.tag == tag &&
			(!alg || k.alg == alg))
			return true;
	}
	return false;
}

bool
served_key(const struct work *w, uint16_t tag, uint8_t alg)
{
	return w->link && list_has_key(&w->link->dnskey, &w->s->zone, tag, alg);
}

bool
own_serials(const struct work *w, const struct server_state *s)
{
	struct name a, b;

	for (size_t i = 0; i < w->opt.n_own_serials; i++) {
		const char *who = w->opt.own_serials[i];
		if (strcmp(who, s->at.address) == 0 || (s->at.ns && name_from_text(&a, who, NULL) &&
				name_from_text(&b, s->at.ns, NULL) && name_equal(&a, &b)))
			return true;
	}
	return false;
}

bool
clock_is_right(const struct work *w)
{
	const struct fact_clock *c = w->s->clock ? &w->s->clock->u.clock : NULL;

	return c && c->synchronised && c->offset_us < 60 * USEC && c->offset_us > -60 * USEC;
}

bool
newest_served(const struct work *w, uint32_t *serial)
{
	bool any = false;

	for (size_t i = 0; w->child && i < w->child->n; i++) {
		const struct server_state *s = child_server(w, i);
		uint32_t v;
		if (!s || own_serials(w, s) || !server_serial(s, &w->s->zone, &v))
			continue;
		if (!any || serial_cmp(v, *serial, NULL) > 0)
			*serial = v;
		any = true;
	}
	return any;
}

const char *
no_zone(const struct work *w)
{
	for (size_t i = 0; i < w->s->unknowns.n; i++) {
		const struct fact_unknown *u = &w->s->unknowns.v[i]->u.unknown;
		if (u->what && strcmp(u->what, "delegation") == 0 && !w->child)
			return text_clean_dup(w->a, u->why);
	}
	return NULL;
}

const char *
when(struct work *w, int64_t t)
{
	char day[40], today[40], out[60];

	if (t == TIME_UNSET)
		return "unknown";
	if (t == TIME_NEVER)
		return "never";
	clock_local(day, sizeof day, t, "%Y-%m-%d");
	clock_local(today, sizeof today, w->now, "%Y-%m-%d");
	if (strcmp(day, today) == 0)
		clock_local(out, sizeof out, t, "%H:%M");
	else if (strncmp(day, today, 5) == 0)
		clock_local(out, sizeof out, t, "%m-%d %H:%M");
	else
		clock_local(out, sizeof out, t, "%Y-%m-%d %H:%M");
	return arena_strdup(w->a, out);
}

const char *
span(struct work *w, int64_t seconds)
{
	char out[40];

	return arena_strdup(w->a, clock_span(out, sizeof out, seconds));
}

const char *
tag_set(struct work *w, const struct rr_list *rrs)
{
	struct text t = { 0 };

	text_add(&t, "{");
	for (size_t i = 0; i < rrs->n; i++) {
		struct dnskey k;
		if (rrs->v[i].type == T_DNSKEY && dnskey_parse(rrs->v[i].rdata, rrs->v[i].rdlen, &k))
			text_add(&t, "%s%u", t.len > 1 ? " " : "", k.tag);
	}
	text_add(&t, "}");
	const char *out = arena_strdup(w->a, text_str(&t));
	text_free(&t);
	return out;
}

const struct key_row *
secure_ksk(const struct work *w)
{
	for (size_t i = 0; w->link && i < w->link->n_ds; i++) {
		const struct ds_link *d = &w->link->ds[i];
		if (d->digest_ok && d->key_signs && d->supported)
			return inventory_by_tag(w->d->inventory, d->ds.tag, d->ds.alg);
	}
	return NULL;
}

bool
zone_is_signed(const struct work *w)
{
	return w->link && w->link->dnskey.n > 0;
}
