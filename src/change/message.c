/* message: texts to send to people: ISPs that should flush, the registrar. */
#include "change/making.h"

#include <string.h>

#include "base/text.h"

/* Key tags that some cache holds and the zone does not give any more. */
static const char *
old_tags(const struct making *m)
{
	const char *out = "";

	for (size_t i = 0; i < m->o->input->dnskey.n; i++) {
		const struct world_version *v = &m->o->input->dnskey.v[i];
		for (size_t k = 0; k < v->rrs.n; k++) {
			struct future_key key = { v->rrs.v[k].rdata, v->rrs.v[k].rdlen };
			const char *tag;
			if (v->rrs.v[k].type != T_DNSKEY || future_keys_have(&m->keys_now, key))
				continue;
			tag = mk(m, "%u", key_tag_of(key));
			if (!strstr(out, tag))
				out = mk(m, "%s%s%s", out, *out ? " " : "", tag);
		}
	}
	return out;
}

static const char *
ask_flush(struct making *m)
{
	struct text t = { 0 };
	const char *old = old_tags(m);
	int64_t until = m->o->wait_until;

	text_add(&t, "Subject: please flush %s from your resolvers\n\n", m->bare);
	text_add(&t, "The keys of %s were changed. Resolvers that hold the DNSKEY or DS set from before\n"
		"answer SERVFAIL for the zone until it leaves their caches.\n\n", m->bare);
	text_add(&t, "Zone: %s\n", m->bare);
	text_add(&t, "Keys now: %s\n", key_set_words(m, &m->keys_now));
	if (*old)
		text_add(&t, "Keys that a cache may still hold: %s\n", old);
	if (until != TIME_UNSET && until != TIME_NEVER)
		text_add(&t, "It ends by itself at %s\n", when_words(m, until));
	text_add(&t, "\nTo flush it:\n  Unbound            unbound-control flush_zone %s\n"
		"  BIND               rndc flushtree %s\n  PowerDNS Recursor  rec_control wipe-cache %s$\n"
		"  Knot Resolver      kresctl cache clear %s\n", m->bare, m->bare, m->bare, m->bare);
	text_add(&t, "\nIf you cannot flush, a negative trust anchor (RFC 7646) ends the failures too; please\n"
		"remove it after %s:\n  Unbound            unbound-control insecure_add %s\n"
		"  BIND               rndc nta -lifetime 1h %s\n  PowerDNS Recursor  rec_control add-nta %s\n",
		until != TIME_UNSET && until != TIME_NEVER ? when_words(m, until) : "one hour", m->bare, m->bare,
		m->bare);
	text_add(&t, "\nTo check: dig +cd %s DNSKEY shows what you hold; dig %s SOA must answer with AD.\n",
		m->bare, m->bare);
	const char *out = arena_strdup(m->a, text_str(&t));
	text_free(&t);
	return out;
}

static const char *
ask_registrar(struct making *m)
{
	struct text t = { 0 };
	const char *name = m->z && m->z->registrar && m->z->registrar->name ? m->z->registrar->name : NULL;

	text_add(&t, "Subject: DS records of %s\n\n", m->bare);
	if (name) {
		text_add(&t, "To: ");
		text_add_clean(&t, name);
		text_add(&t, "\n\n");
	}
	if (!m->o->set.ds_set.n)
		text_add(&t, "Please remove every DS record of %s.\n", m->bare);
	else
		text_add(&t, "Please let the DS set of %s be exactly this, adding before removing:\n", m->bare);
	for (size_t i = 0; i < m->o->set.ds_set.n; i++)
		text_add(&t, "  %s IN DS %s\n", m->zone, ds_text(m, &m->o->set.ds_set.v[i]));
	for (size_t i = 0; i < m->o->set.made.n; i++)
		text_add(&t, "  (the digest of a key that this plan makes is not known yet: read it after that step)\n");
	text_add(&t, "It is now:\n");
	for (size_t i = 0; i < m->ds_now.n; i++)
		text_add(&t, "  %s IN DS %s\n", m->zone, ds_text(m, &m->ds_now.v[i]));
	if (!m->ds_now.n)
		text_add(&t, "  none\n");
	const char *out = arena_strdup(m->a, text_str(&t));
	text_free(&t);
	return out;
}

const char *
make_message(struct making *m)
{
	if (strcmp(m->w->action->name, "ask-flush") == 0)
		return ask_flush(m);
	return m->o->set.ds ? ask_registrar(m) : "";
}
