#include "lab/hands.h"

#include <stdio.h>
#include <string.h>

#include "base/arena.h"

#define DAY 86400
#define VALIDITY (30 * DAY)	/* of new signatures, seconds */
#define BACKUP (20 * 60 * USEC) /* to get a key out of the backup */
#define EXTENSION (30 * DAY)

struct doing {
	struct world *w;
	int64_t t;
	const char *arg; /* "" none */
	int key;	 /* -1 none */
	struct hands_result *r;
	struct err *e;
};

static bool
refuse(struct doing *d, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* The world stays as it is; R says why. */
static bool
refuse(struct doing *d, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	d->r->text = arena_vprintf(d->w->a, fmt, ap);
	va_end(ap);
	d->r->done = false;
	return true;
}

static bool
done(struct doing *d, int64_t effective, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

static bool
done(struct doing *d, int64_t effective, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	d->r->text = arena_vprintf(d->w->a, fmt, ap);
	va_end(ap);
	d->r->done = true;
	d->r->effective = effective;
	return true;
}

/* ---- the signer ---- */

static bool
active(const struct lab_key *k, int64_t t)
{
	int64_t s = t / USEC;

	return (k->sc.t_activate == TIME_UNSET || k->sc.t_activate <= s) &&
		(k->sc.t_inactive == TIME_UNSET || s < k->sc.t_inactive) && strcmp(k->where, "here") == 0;
}

static keyset
of_role(const struct world *w, keyset from, enum sc_role role)
{
	keyset out = 0;

	for (unsigned i = 0; i < w->n_keys; i++)
		if (from >> i & 1 && w->keys[i].sc.role == role)
			out |= 1u << i;
	return out;
}

static keyset
active_of(const struct world *w, keyset from, int64_t t)
{
	keyset out = 0;

	for (unsigned i = 0; i < w->n_keys; i++)
		if (from >> i & 1 && active(&w->keys[i], t))
			out |= 1u << i;
	return out;
}

/* "{42731 25548}" */
static const char *
tags(const struct world *w, keyset keys)
{
	char out[LAB_KEYS_MAX * 6 + 4] = "{";
	size_t n = 1;

	for (unsigned i = 0; i < w->n_keys; i++)
		if (keys >> i & 1)
			n += (size_t)snprintf(out + n, sizeof out - n, "%s%u", n > 1 ? " " : "",
				w->keys[i].priv->tag);
	snprintf(out + n, sizeof out - n, "}");
	return arena_strdup(w->a, out);
}

static bool
signer_fails(struct doing *d, const char *line, const char *more)
{
	const char *lines[] = { arena_printf(d->w->a, "signing zone {zone} serial %u",
		world_revision(d->w, d->t)->serial), line, more };

	world_run_signer(d->w, d->t, 1, lines, more ? 3 : 2);
	return refuse(d, "the signer refuses: %s%s%s", line, more ? "; " : "", more ? more : "");
}

/* Serials of every server, of the primary and of the source: the result is above the newest that
 * the primary had, and where ABOVE_ALL above everybody's. */
static uint32_t
next_serial(const struct world *w, int64_t t, bool above_all)
{
	uint32_t serial = world_revision(w, t)->serial, last = world_zone(w, t)->serial;

	for (unsigned i = 0; above_all && i < w->s->servers_count; i++) {
		bool strips;
		const struct lab_zone *z = world_served(w, i, t, &strips, NULL);
		if (z && w->s->servers[i].cut >= SC_CHILD && serial_cmp(last, z->serial, NULL) < 0)
			last = z->serial;
	}
	return serial_cmp(serial, last, NULL) > 0 ? serial : last + 1;
}

/* A run of the signer over the keys that are wanted, loaded by the servers at ON. */
static bool
sign(struct doing *d, int64_t on, bool above_all)
{
	struct world *w = d->w;
	bool old = !w->s->signer || strcmp(w->s->signer, "old") == 0;
	int64_t now = d->t / USEC + (d->t < w->clocks_mended ? w->s->t_signer_clock : 0);
	struct lab_signing g = { .t = on, .publish = w->want, .inception = now - 3600,
		.expiration = now + VALIDITY, .serial = next_serial(w, d->t, above_all) };

	if (world_source_broken(w, d->t))
		return signer_fails(d, "dns_master_load: zones/{zone}:14: unknown RR type 'AA'",
			"fatal: failed loading zone from 'zones/{zone}': unknown class/type");
	g.sign_keys = of_role(w, active_of(w, w->want, on), SC_KSK);
	g.sign_data = of_role(w, active_of(w, w->want, on), SC_ZSK);
	if (w->want && !g.sign_data)
		return old ? signer_fails(d, "fatal: cannot find SOA RRSIGs", NULL)
			: signer_fails(d, "SOA is not signed (keys offline or inactive?)",
				"Zone verification failed");
	if (w->want && !g.sign_keys)
		return signer_fails(d, "fatal: No signing keys specified or found.", NULL);
	if (!world_sign(w, &g, d->e))
		return false;
	const char *lines[] = { arena_printf(w->a, "signing zone {zone} serial %u", g.serial),
		"{zone}.signed" };
	world_run_signer(w, d->t, 0, lines, 2);
	return done(d, on, "serial %u: DNSKEY %s signed by %s, data signed by %s", g.serial,
		tags(w, g.publish), tags(w, g.sign_keys), tags(w, g.sign_data));
}

static void
touch(struct doing *d, int key)
{
	d->w->keys[key].touched = d->t;
}

static bool
act_extend(struct doing *d)
{
	struct lab_key *k = &d->w->keys[d->key];

	if (k->sc.role == SC_KSK)
		return refuse(d, "key %u is a KSK: its dates do not stop the signing of data", k->priv->tag);
	k->sc.t_inactive = d->t / USEC + EXTENSION;
	touch(d, d->key);
	d->w->want |= 1u << d->key;
	return sign(d, d->t, false);
}

static bool
act_resign(struct doing *d)
{
	struct world *w = d->w;
	keyset all = 0;

	for (unsigned i = 0; i < w->n_keys; i++)
		if (world_key_made(w, i, d->t) && active(&w->keys[i], d->t))
			all |= 1u << i;
	w->want = w->want ? w->want : all; /* it was unsigned: every key there is */
	return sign(d, d->t, false);
}

static bool
act_repair_serial(struct doing *d)
{
	return sign(d, d->t, true);
}

static bool
act_without(struct doing *d)
{
	if (!(d->w->want >> d->key & 1))
		return refuse(d, "key %u is not in the zone", d->w->keys[d->key].priv->tag);
	d->w->want &= ~(1u << d->key);
	return sign(d, d->t, false);
}

static bool
act_restore(struct doing *d)
{
	struct lab_key *k = &d->w->keys[d->key];
	int64_t on = d->t;

	if (strcmp(k->where, "lost") == 0)
		return refuse(d, "the private key of %u is lost", k->priv->tag);
	if (strcmp(k->where, "backup") == 0)
		on += BACKUP;
	k->where = "here";
	if (k->sc.t_inactive != TIME_UNSET && k->sc.t_inactive <= on / USEC)
		k->sc.t_inactive = on / USEC + EXTENSION;
	if (k->sc.t_activate != TIME_UNSET && k->sc.t_activate > on / USEC)
		k->sc.t_activate = on / USEC;
	k->touched = on;
	d->w->want |= 1u << d->key;
	return sign(d, on, false);
}

static bool
act_double(struct doing *d)
{
	struct world *w = d->w;
	unsigned n = 0;

	for (unsigned i = 0; i < w->n_keys; i++) {
		struct lab_key *k = &w->keys[i];
		if (k->sc.role != SC_ZSK || !world_key_made(w, i, d->t) || strcmp(k->where, "here") != 0)
			continue;
		if (!active(k, d->t)) {
			k->sc.t_inactive = d->t / USEC + EXTENSION;
			k->sc.t_activate = d->t / USEC;
			touch(d, (int)i);
		}
		w->want |= 1u << i;
		n++;
	}
	return n < 2 ? refuse(d, "there is only one key that can sign data") : sign(d, d->t, false);
}

static int
new_key(struct doing *d, enum sc_role role)
{
	return world_new_key(d->w, role, d->arg[0] ? d->arg : NULL, d->t, d->e);
}

static bool
act_new_ksk(struct doing *d)
{
	int k = new_key(d, SC_KSK);

	if (k < 0)
		return false;
	d->w->want |= 1u << k;
	return sign(d, d->t, false);
}

static bool
act_swap(struct doing *d)
{
	int k = new_key(d, SC_ZSK);

	if (k < 0)
		return false;
	d->w->want = of_role(d->w, d->w->want, SC_KSK) | 1u << k;
	return sign(d, d->t, false);
}

static bool
act_prepublish(struct doing *d)
{
	int k = new_key(d, SC_ZSK);

	if (k < 0)
		return false;
	d->w->keys[k].sc.t_activate = TIME_NEVER;
	d->w->want |= 1u << k;
	return sign(d, d->t, false);
}

/* Each call takes the next stage: publish the new one, sign with it, remove the old one. */
static bool
act_roll(struct doing *d)
{
	struct world *w = d->w;
	keyset zsks = of_role(w, w->want, SC_ZSK), waiting = 0, over = 0;

	for (unsigned i = 0; i < w->n_keys; i++) {
		const struct sc_key *k = &w->keys[i].sc;
		if (!(zsks >> i & 1))
			continue;
		waiting |= k->t_activate == TIME_NEVER ? 1u << i : 0;
		over |= k->t_inactive != TIME_UNSET && k->t_inactive <= d->t / USEC ? 1u << i : 0;
	}
	for (unsigned i = 0; waiting && i < w->n_keys; i++)
		if (zsks >> i & 1) {
			if (waiting >> i & 1)
				w->keys[i].sc.t_activate = d->t / USEC;
			else
				w->keys[i].sc.t_inactive = d->t / USEC;
			touch(d, (int)i);
		}
	if (!waiting && !over)
		return act_prepublish(d);
	if (!waiting)
		w->want &= ~over;
	return sign(d, d->t, false);
}

static bool
act_unsign(struct doing *d)
{
	d->w->want = 0;
	return sign(d, d->t, false);
}

/* ---- the registrar ---- */

int
hands_registrar_left(const struct world *w, int64_t t)
{
	unsigned used = 0;

	for (size_t i = 0; i < w->edits.n; i++)
		used += w->edits.v[i] > t - DAY * USEC;
	return w->s->registrar.per_day ? (int)w->s->registrar.per_day - (int)used : -1;
}

/* The DS set that was handed in last, published or not. */
static keyset
handed_in(const struct world *w)
{
	return w->parents.v[w->parents.n - 1].ds;
}

static bool
registrar(struct doing *d, keyset ds)
{
	struct world *w = d->w;
	char when[40];

	if (w->s->registrar.locked)
		return refuse(d, "the registrar: this domain is locked, write to support");
	if (hands_registrar_left(w, d->t) == 0)
		return refuse(d, "the registrar: no more than %u DS changes in 24 hours; next one at %s",
			w->s->registrar.per_day, clock_rfc3339_s(when, sizeof when,
				w->edits.v[w->edits.n - w->s->registrar.per_day] / USEC + DAY));
	arena_push(w->a, &w->edits, d->t);
	int64_t on = d->t + w->s->registrar.t_latency * USEC;
	if (!world_delegate(w, on, ds, d->e))
		return false;
	return done(d, on, "the registrar takes DS %s; the parent has it at %s", tags(w, ds),
		clock_rfc3339_s(when, sizeof when, on / USEC));
}

static bool
act_add_ds(struct doing *d)
{
	if (d->key < 0 && (d->key = new_key(d, SC_KSK)) < 0)
		return false;
	keyset one = 1u << d->key;
	return registrar(d, d->w->s->registrar.replace_all ? one : handed_in(d->w) | one);
}

static bool
act_remove_ds(struct doing *d)
{
	if (d->key < 0 && d->arg[0])
		return refuse(d, "no key %s is known", d->arg);
	return registrar(d, d->key < 0 ? 0 : handed_in(d->w) & ~(1u << d->key));
}

static bool
act_go_insecure(struct doing *d)
{
	return handed_in(d->w) ? registrar(d, 0) : act_unsign(d);
}

/* ---- what is not DNSSEC ---- */

static bool
act_fix_source(struct doing *d)
{
	if (!world_source_broken(d->w, d->t))
		return refuse(d, "the zone file loads");
	d->w->source_mended = d->t;
	return done(d, d->t, "the line of the zone file that did not load is mended");
}

static bool
act_fix_clock(struct doing *d)
{
	d->w->clocks_mended = d->t;
	return done(d, d->t, "the clock is set, and kept by NTP");
}

/* Ends faults of the server named, or of all. */
static bool
act_repair_transfer(struct doing *d)
{
	unsigned n = 0;

	for (size_t i = 0; i < d->w->faults.n; i++) {
		struct lab_fault *f = &d->w->faults.v[i];
		const char *name = d->w->s->servers[f->server].name;
		if (f->until > d->t && f->from <= d->t &&
			(!d->arg[0] || strncmp(name, d->arg, strlen(d->arg)) == 0) &&
			(!f->sc->mended_by || strcmp(f->sc->mended_by, "repair-transfer") == 0)) {
			f->until = d->t + 1;
			n++;
		}
	}
	return n ? done(d, d->t, "%u server%s transferred the zone anew", n, n == 1 ? "" : "s")
		 : refuse(d, "the transfer is refused by nobody: it is not that");
}

static bool
act_ask_flush(struct doing *d)
{
	arena_push(d->w->a, &d->w->flushes, d->t + 1800 * USEC);
	return done(d, d->t, "operators of resolvers were asked to flush the zone; some will");
}

/* What an apply or a signer by hand left in the folder. */
static bool
act_publish(struct doing *d)
{
	struct err e = { 0 };
	const char *said;
	char line[1200];

	return world_take_files(d->w, d->t, &said, &e) ? done(d, d->t, "%s", said)
		: refuse(d, "nothing was loaded: %s", err_str(&e, line, sizeof line));
}

static bool
act_nothing(struct doing *d)
{
	return done(d, TIME_UNSET, "%s", d->arg);
}

/* ---- the table ---- */

struct row {
	const char *name;
	bool (*act)(struct doing *d);
	bool key_optional; /* an argument that is no key is no error */
};

const struct hand hands[] = {
	{ "extend-zsk", HAND_ACT, true, "Extend the ZSK, re-sign", false },
	{ "resign", HAND_ACT, false, "Re-sign with the same keys", false },
	{ "resign-rrset", HAND_ACT, false, "Re-sign the RRsets that fail", false },
	{ "repair-serial", HAND_ACT, false, "Re-sign under a serial above every server's", false },
	{ "publish", HAND_ACT, false, "Publish the signed file that is ready", false },
	{ "resign-without", HAND_ACT, true, "Re-sign without a key", false },
	{ "restore-key", HAND_ACT, true, "Put a key back and sign with it", false },
	{ "double-sign", HAND_ACT, false, "Sign with the old and the new ZSK", false },
	{ "prepublish-zsk", HAND_ACT, false, "Publish a new ZSK, go on signing with the old", false },
	{ "roll-zsk", HAND_ACT, false, "Roll the ZSK: the next stage", false },
	{ "swap-zsk", HAND_ACT, false, "Swap the ZSK for a new one now", false },
	{ "new-ksk", HAND_ACT, false, "Add a new KSK", false },
	{ "add-ds", HAND_ACT, false, "Add a DS at the parent", true },
	{ "remove-ds", HAND_ACT, false, "Remove DS at the parent", true },
	{ "go-insecure", HAND_ACT, false, "Go insecure: the next stage", true },
	{ "unsign", HAND_ACT, false, "Publish the zone unsigned", false },
	{ "ask-flush", HAND_ACT, false, "Ask ISPs to flush", false },
	{ "fix-source", HAND_ACT, false, "Mend the zone file", false },
	{ "fix-clock", HAND_ACT, false, "Set the clock that is wrong", false },
	{ "repair-transfer", HAND_ACT, false, "Mend a server's zone transfer", false },
	{ "wait", HAND_WAIT, false, "Wait and watch", false },
	{ "flush-own", HAND_LOOK, false, "Flush your own resolvers", false },
	{ "look", HAND_LOOK, false, "Open evidence", false },
	{ "predict", HAND_LOOK, false, "Read the prediction of a plan", false },
	{ "cause", HAND_COMMIT, false, "Name the cause", false },
	{ "note", HAND_SAY, false, "Write a note", false },
	{ "tell", HAND_SAY, false, "Tell users or other operators", false },
	{ "until", HAND_SAY, false, "Say when it will be over", false },
	{ .name = NULL },
};

static const struct row rows[] = {
	{ "extend-zsk", act_extend, false }, { "resign", act_resign, true },
	{ "resign-rrset", act_resign, true }, { "repair-serial", act_repair_serial, true },
	{ "publish", act_publish, true }, { "resign-without", act_without, false },
	{ "restore-key", act_restore, false }, { "double-sign", act_double, true },
	{ "prepublish-zsk", act_prepublish, true }, { "roll-zsk", act_roll, true },
	{ "swap-zsk", act_swap, true }, { "new-ksk", act_new_ksk, true },
	{ "add-ds", act_add_ds, true }, { "remove-ds", act_remove_ds, true },
	{ "go-insecure", act_go_insecure, true }, { "unsign", act_unsign, true },
	{ "ask-flush", act_ask_flush, true }, { "fix-source", act_fix_source, true },
	{ "fix-clock", act_fix_clock, true }, { "repair-transfer", act_repair_transfer, true },
	{ .name = NULL },
};

const struct hand *
hands_find(const char *name)
{
	for (const struct hand *h = hands; h->name; h++)
		if (strcmp(h->name, name) == 0)
			return h;
	return NULL;
}

const struct hand *
hands_verb(const char *step)
{
	char word[40];

	snprintf(word, sizeof word, "%.*s", (int)strcspn(step, " "), step);
	return hands_find(word);
}

/* Faults that this action ends. */
static void
mend(struct world *w, const char *action, int64_t t)
{
	for (size_t i = 0; i < w->faults.n; i++) {
		struct lab_fault *f = &w->faults.v[i];
		if (f->from <= t && t < f->until && f->sc->mended_by && strcmp(f->sc->mended_by, action) == 0)
			f->until = t + 1;
	}
}

bool
hands_do(struct world *w, int64_t t, const char *step, struct hands_result *r, struct err *e)
{
	const struct hand *h = hands_verb(step);
	const char *arg = step + strcspn(step, " ");
	struct doing d = { w, t, arg + strspn(arg, " "), -1, r, e };
	const struct row *row = rows;

	*r = (struct hands_result){ .effective = TIME_UNSET, .text = "" };
	if (!h)
		return err_set(e, ERR_ARG, step, "lab", "an action", "no such action");
	if (h->kind != HAND_ACT)
		return act_nothing(&d);
	while (row->name && strcmp(row->name, h->name) != 0)
		row++;
	if (!row->name)
		return act_nothing(&d);
	if (d.arg[0])
		d.key = world_key(w, d.arg);
	if (d.key >= 0 && !world_key_made(w, (unsigned)d.key, t) && (h->needs_key || h->parent))
		d.key = -1;
	if (h->needs_key && d.key < 0)
		return err_set(e, ERR_ARG, h->name, "lab", "a key that exists", "'%s'", d.arg);
	if (!row->act(&d))
		return false;
	if (r->done)
		mend(w, h->name, t);
	return true;
}
