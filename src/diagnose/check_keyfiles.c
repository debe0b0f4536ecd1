/*
 * check_keyfiles: the key files by themselves: name against record, dates against each other, and
 * what an automatic signer's state file believes against what the world has.
 */
#include <string.h>

#include "base/text.h"
#include "diagnose/checks.h"

static struct finding
about(struct work *w, const char *id, enum severity severity, const struct key_row *r)
{
	struct finding f = finding_of(id, severity);

	f.keytag = r->tag;
	f.alg = r->alg;
	f.subject = text_clean_dup(w->a, r->file->u.keyfile.path);
	return f;
}

static void
name_against_record(struct work *w, const struct key_row *r)
{
	const struct fact_keyfile *k = &r->file->u.keyfile;

	if (!k->rdata || (k->name_tag == r->tag && k->name_alg == r->alg))
		return;
	struct finding f = about(w, "key-filename-tag-mismatch", SEV_WARNING, r);
	f.text = say(w, "the file is named for key %u of algorithm %u, the record in it is key %u of %u%s",
		k->name_tag, k->name_alg, r->tag, r->alg,
		r->flags & DNSKEY_REVOKE ? " (it was revoked: the flag changes the tag)" : "");
	finding_prove(&f, ev_keyfile(w, r->file, k->rdata_line, say(w, "the record's tag is %u", r->tag)));
	finding_add(w, f);
}

/* Dates in the order in which a key lives; each pair must not be turned round. */
static void
dates(struct work *w, const struct key_row *r)
{
	static const enum keytime order[] = { KT_PUBLISH, KT_ACTIVATE, KT_INACTIVE, KT_DELETE };
	const struct fact_keyfile *k = &r->file->u.keyfile;

	for (size_t i = 0; i < 4; i++)
		for (size_t j = i + 1; j < 4; j++) {
			int64_t a = k->time[order[i]], b = k->time[order[j]];
			if (a == TIME_UNSET || b == TIME_UNSET || b >= a)
				continue;
			struct finding f = about(w, "key-timing-inconsistent", SEV_HIGH, r);
			f.text = say(w, "key %u: %s (%s) lies before %s (%s)", r->tag, keytime_name(order[j]),
				when(w, b), keytime_name(order[i]), when(w, a));
			finding_prove(&f, ev_keyfile(w, r->file, k->time_line[order[j]], f.text));
			finding_add(w, f);
			return;
		}
}

/* The word after "NAME:" in a state file's summary. */
static bool
state_is(const char *state, const char *name, const char *word)
{
	const char *at = strstr(state, name);

	if (!at)
		return false;
	at += strlen(name);
	at += strspn(at, ": ");
	return strncmp(at, word, strlen(word)) == 0;
}

static bool
ds_names(const struct work *w, const struct key_row *r)
{
	for (size_t i = 0; w->link && i < w->link->n_ds; i++)
		if (w->link->ds[i].ds.tag == r->tag && w->link->ds[i].ds.alg == r->alg)
			return true;
	return false;
}

static void
state_against_world(struct work *w, const struct key_row *r)
{
	const char *s = r->file->u.keyfile.state;
	bool ds = ds_names(w, r), known = w->link && w->link->ds_known;
	const char *what = NULL;

	if (!s)
		return;
	if (r->servers && state_is(s, "DNSKEYState", "omnipresent") && !r->served)
		what = "says that all caches have the key; no server gives it";
	else if (r->servers && state_is(s, "DNSKEYState", "hidden") && r->served)
		what = "says that the key is hidden; servers give it";
	else if (known && state_is(s, "DSState", "omnipresent") && !ds)
		what = "says that all caches have its DS; the parent has none";
	else if (known && state_is(s, "DSState", "hidden") && ds)
		what = "says that its DS is hidden; the parent publishes it";
	if (!what)
		return;
	struct finding f = about(w, "key-state-mismatch", SEV_HIGH, r);
	f.text = say(w, "the state file of key %u %s", r->tag, what);
	finding_prove(&f, ev_keyfile(w, r->file, 0, say(w, "state: %s", text_clean_dup(w->a, s))));
	finding_add(w, f);
}

/* The signer's own words about a token, or about its journal. */
static void
signer_words(struct work *w)
{
	static const struct {
		const char *class, *id, *text;
	} words[] = {
		{ "H", "hsm-unavailable", "the signer cannot reach the token that holds its keys" },
		{ "J", "inline-journal-out-of-sync", "raw and signed zone of the inline signer no longer follow each other" },
		{ "X", "xfr-refused", "a transfer of the zone is refused" },
	};
	const struct fact_signer *s = w->s->signer ? &w->s->signer->u.signer : NULL;

	for (size_t i = 0; s && s->message_class && i < sizeof words / sizeof *words; i++) {
		if (strcmp(words[i].class, s->message_class) != 0)
			continue;
		struct finding f = finding_of(words[i].id, SEV_HIGH);
		f.subject = text_clean_dup(w->a, s->path);
		f.text = words[i].text;
		finding_prove(&f, ev_signer(w, say(w, "the signer says: %s",
			text_clean_dup(w->a, s->message_line ? s->message_line : s->message_id))));
		finding_add(w, f);
	}
}

/* Signatures that begin in the future, and this host's clock is known to be off. */
static void
clock_of_signer(struct work *w)
{
	const struct fact_clock *c = w->s->clock ? &w->s->clock->u.clock : NULL;
	const struct finding *early = finding_find(w, "rrsig-not-yet-valid");

	if (!early || !c || clock_is_right(w))
		return;
	struct finding f = finding_of("signer-clock-wrong", SEV_CRITICAL);
	f.text = c->synchronised ? say(w, "signatures begin in the future, and this host's clock is %s off",
		span(w, (c->offset_us < 0 ? -c->offset_us : c->offset_us) / USEC))
		: "signatures begin in the future, and this host's clock follows no time source";
	finding_prove(&f, ev_clock(w, c->synchronised ? "offset to its time source" : "not synchronised"));
	finding_add(w, f);
}

void
check_keyfiles(struct work *w)
{
	for (size_t i = 0; i < w->d->inventory->n; i++) {
		const struct key_row *r = &w->d->inventory->rows[i];
		if (!r->file)
			continue;
		name_against_record(w, r);
		dates(w, r);
		state_against_world(w, r);
	}
	signer_words(w);
	clock_of_signer(w);
}
