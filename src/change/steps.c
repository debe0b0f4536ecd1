/* steps: what is done for a change, in order, each with what must be true before and what must be
 * seen after it. */
#include "change/making.h"

#include <string.h>

#include "zone/crypto.h"

#define VALIDITY (30 * INT64_C(86400))
#define MONTH (31 * INT64_C(86400))
#define LEAST_EXTENSION (28 * INT64_C(86400))
#define OBSERVE_TIMEOUT 300

static struct plan_step
step_of(struct making *m, enum step_kind kind, const char *text)
{
	(void)m;
	return (struct plan_step){ .kind = kind, .text = text, .precondition = "", .expect = "",
		.undo = "", .file = "", .input = "", .output = "", .signer = "", .denial = "", .tag = -1,
		.serial = -1, .validity = -1, .until = TIME_UNSET, .value = "", .timeout = -1 };
}

static void
add(struct making *m, struct plan_step s)
{
	s.n = (int)m->p->steps.n + 1;
	arena_push(m->a, &m->p->steps, s);
}

static void
add_argv(struct making *m, struct texts *out, const char **argv, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		arena_push(m->a, out, text_clean_dup(m->a, argv[i]));
}

/* ---- dates of key files ---- */

static void
move(struct plan_timing *out, size_t *n, size_t max, enum keytime field, int64_t old_time, int64_t t)
{
	if (old_time != t && *n < max)
		out[(*n)++] = (struct plan_timing){ field, old_time, t };
}

/* The same day of later months, until it is far enough away. */
static int64_t
extended(const struct making *m, int64_t old_time)
{
	int64_t t = old_time == TIME_UNSET ? m->now : old_time;

	if (m->w->until != TIME_UNSET)
		return m->w->until;
	while (t < m->now + LEAST_EXTENSION)
		t += MONTH;
	return t;
}

size_t
timing_moves(const struct making *m, const struct key_row *r, struct plan_timing *out, size_t max)
{
	struct future_key k = { r->rdata, r->rdlen };
	const int64_t *t = r->file->u.keyfile.time;
	bool publish = future_keys_have(after_keys(m), k);
	bool sign = future_keys_have(after_key_signers(m), k) || future_keys_have(after_data_signers(m), k);
	bool target = m->o->tag >= 0 && r->tag == m->o->tag;
	size_t n = 0;

	if (!publish) {
		if (r->timing == KEY_FUTURE || r->timing == KEY_REMOVED)
			return 0;
		if (!r->served && r->left_zone == TIME_UNSET) { /* made, and never published: stays dark */
			move(out, &n, max, KT_PUBLISH, t[KT_PUBLISH], TIME_UNSET);
			move(out, &n, max, KT_ACTIVATE, t[KT_ACTIVATE], TIME_UNSET);
			return n;
		}
		if (t[KT_INACTIVE] == TIME_UNSET || t[KT_INACTIVE] > m->now)
			move(out, &n, max, KT_INACTIVE, t[KT_INACTIVE], m->now);
		move(out, &n, max, KT_DELETE, t[KT_DELETE], m->now);
		return n;
	}
	if (t[KT_PUBLISH] == TIME_UNSET || t[KT_PUBLISH] > m->now)
		move(out, &n, max, KT_PUBLISH, t[KT_PUBLISH], m->now);
	if (sign && (t[KT_ACTIVATE] == TIME_UNSET || t[KT_ACTIVATE] > m->now))
		move(out, &n, max, KT_ACTIVATE, t[KT_ACTIVATE], m->now);
	if (sign && t[KT_INACTIVE] != TIME_UNSET && (t[KT_INACTIVE] <= m->now || target))
		move(out, &n, max, KT_INACTIVE, t[KT_INACTIVE], extended(m, t[KT_INACTIVE]));
	if (!sign && r->timing == KEY_ACTIVE)
		move(out, &n, max, KT_INACTIVE, t[KT_INACTIVE], m->now);
	if (t[KT_DELETE] != TIME_UNSET && (t[KT_DELETE] <= m->now || (sign && target)))
		move(out, &n, max, KT_DELETE, t[KT_DELETE], TIME_UNSET);
	return n;
}

static void
steps_timing(struct making *m)
{
	struct plan_timing moves[KT_COUNT];

	for (size_t i = 0; i < m->d->inventory->n; i++) {
		const struct key_row *r = &m->d->inventory->rows[i];
		size_t n = r->file && r->rdata ? timing_moves(m, r, moves, KT_COUNT) : 0;
		if (!n)
			continue;
		struct plan_step s = step_of(m, STEP_EDIT_TIMING, mk(m, "change dates of %s %u in its key file",
			key_role_name(r->role), r->tag));
		s.file = text_clean_dup(m->a, r->file->u.keyfile.path);
		s.tag = r->tag;
		s.alg = r->alg;
		s.precondition = "the file is the one that was hashed";
		s.expect = "the file's dates read back as wanted, its key unchanged";
		s.undo = "the old dates are put back";
		for (size_t k = 0; k < n; k++)
			arena_push(m->a, &s.timing, moves[k]);
		add(m, s);
	}
}

/* ---- new keys ---- */

static int
bits_like(const struct making *m, int alg, bool ksk)
{
	if (alg != 5 && alg != 7 && alg != 8 && alg != 10)
		return 0;
	for (size_t i = 0; i < m->d->inventory->n; i++) {
		const struct key_row *r = &m->d->inventory->rows[i];
		if (r->alg == alg && r->bits >= 2048 && (r->role == KEYROLE_KSK) == ksk)
			return (int)r->bits;
	}
	return 2048;
}

static void
steps_generate(struct making *m)
{
	const struct future_keys *made = &m->o->set.made;

	for (size_t i = 0; i < made->n; i++) {
		struct dnskey k;
		if (!dnskey_parse(made->v[i].rdata, made->v[i].len, &k))
			continue;
		struct plan_step s = step_of(m, STEP_GENERATE_KEY, mk(m, "make a new %s of algorithm %u",
			k.flags & DNSKEY_SEP ? "KSK" : "ZSK", k.alg));
		s.file = m->keys;
		s.alg = k.alg;
		s.flags = k.flags;
		s.bits = bits_like(m, k.alg, k.flags & DNSKEY_SEP);
		s.precondition = "the folder may be written by its owner only";
		s.expect = "two files, the private one of mode 0600; neither its tag nor its tag once revoked "
			"is that of another key";
		s.undo = "the files are set aside";
		add(m, s);
	}
}

/* ---- signing ---- */

static int
made_by(const struct making *m, struct future_key k)
{
	int n = 0;

	for (size_t i = 0; i < m->o->set.made.n; i++) {
		if (m->o->set.made.v[i].len != k.len ||
				memcmp(m->o->set.made.v[i].rdata, k.rdata, k.len) != 0)
			continue;
		for (size_t s = 0; s < m->p->steps.n; s++)
			if (m->p->steps.v[s].kind == STEP_GENERATE_KEY && n++ == (int)i)
				return m->p->steps.v[s].n;
	}
	return 0;
}

static void
add_key(struct making *m, struct plan_step *s, struct future_key k)
{
	struct plan_key out = { .tag = -1, .file = "", .rdata_sha256 = "" };
	char hash[PLAN_HASH];
	struct dnskey key;

	if (!dnskey_parse(k.rdata, k.len, &key))
		return;
	out.alg = key.alg;
	out.flags = key.flags;
	out.publish = future_keys_have(after_keys(m), k);
	out.sign_keys = future_keys_have(after_key_signers(m), k);
	out.sign_data = future_keys_have(after_data_signers(m), k);
	if (making_is_new(m, k))
		out.made_by = made_by(m, k);
	else {
		const struct key_row *r = making_row(m, k);
		plan_sha256(hash, k.rdata, k.len);
		out.tag = key.tag;
		out.rdata_sha256 = arena_strdup(m->a, hash);
		out.file = r && r->file ? text_clean_dup(m->a, r->file->u.keyfile.path) : "";
	}
	arena_push(m->a, &s->keys, out);
}

static void
sign_keys(struct making *m, struct plan_step *s)
{
	struct future_keys all = { 0 };
	const struct future_keys *lists[] = { after_keys(m), after_key_signers(m), after_data_signers(m) };

	for (size_t l = 0; l < 3; l++)
		for (size_t i = 0; i < lists[l]->n; i++)
			future_keys_add(m->a, &all, lists[l]->v[i]);
	for (size_t i = 0; i < all.n; i++)
		add_key(m, s, all.v[i]);
	for (size_t i = 0; i < m->keys_now.n; i++)
		if (!future_keys_have(after_keys(m), m->keys_now.v[i]))
			arena_push(m->a, &s->without, (int)key_tag_of(m->keys_now.v[i]));
}

static void
step_sign(struct making *m)
{
	bool unsign = m->o->set.keys && !m->o->set.publish.n && !m->o->set.sign_data.n;
	struct plan_step s = step_of(m, STEP_SIGN, unsign ? "make the zone without signatures"
		: mk(m, "sign the zone: DNSKEY set %s, DNSKEY signed by %s, data signed by %s, serial %u",
			key_set_words(m, after_keys(m)), key_set_words(m, after_key_signers(m)),
			key_set_words(m, after_data_signers(m)), m->serial_new));

	s.signer = signer_kind_name(m->signer);
	s.input = text_clean_dup(m->a, m->source_path);
	s.output = *m->signed_path ? mk(m, "%s.unbogus-new", text_clean_dup(m->a, m->signed_path)) : "";
	s.denial = unsign ? "none" : "keep";
	s.serial = m->serial_new;
	s.validity = unsign ? -1 : VALIDITY;
	s.precondition = "every input is what was hashed";
	s.expect = "our own verify accepts the result with the parent's DS, now and one TTL from now";
	s.undo = "the result is thrown away; the deployed file is untouched";
	sign_keys(m, &s);
	if (m->z && m->z->signer) {
		add_argv(m, &s.argv, m->z->signer->command, m->z->signer->command_count);
		s.timeout = config_span(m->z->signer->timeout, -1);
	}
	add(m, s);
}

static void
steps_deploy(struct making *m)
{
	if (m->signs) {
		struct plan_step s = step_of(m, STEP_REPLACE_ZONE, "put the result in the place of the signed file");
		s.input = *m->signed_path ? mk(m, "%s.unbogus-new", text_clean_dup(m->a, m->signed_path)) : "";
		s.file = text_clean_dup(m->a, m->signed_path);
		s.precondition = "every input is hashed once more";
		s.expect = "the file reads back with the hash of the result";
		s.undo = "the backup is put back, while no server has served the new zone";
		if (*s.file)
			add(m, s);
	}
	struct plan_step r = step_of(m, STEP_RELOAD, "tell the server to load the zone");
	if (m->z && m->z->signer)
		add_argv(m, &r.argv, m->z->signer->reload, m->z->signer->reload_count);
	if (!r.argv.n) {
		arena_push(m->a, &r.commands, mk(m, "rndc reload %s", m->bare));
		r.text = "tell the server to load the zone (no reload command is configured)";
	}
	r.expect = mk(m, "every server gives serial %u", m->serial_new);
	r.undo = "the backup is loaded";
	add(m, r);
}

/* ---- observing ---- */

static void
observe(struct making *m, enum observe_what what, const char *text, const char *value)
{
	struct plan_step s = step_of(m, STEP_OBSERVE, text);

	s.what = what;
	s.value = value;
	s.timeout = OBSERVE_TIMEOUT;
	s.expect = text;
	if (what == OBSERVE_SERIAL)
		s.serial = m->serial_new;
	add(m, s);
}

static void
steps_observe(struct making *m)
{
	if (m->signs || m->o->set.deploy) {
		if (!making_manual(m))
			observe(m, OBSERVE_SERIAL, mk(m, "every server gives serial %u", m->serial_new),
				mk(m, "%u", m->serial_new));
		observe(m, OBSERVE_DNSKEY, mk(m, "every server gives DNSKEY %s",
			key_set_words(m, after_keys(m))), key_set_words(m, after_keys(m)));
	}
	if (after_keys(m)->n && after_ds(m)->n)
		observe(m, OBSERVE_SECURE, "a fresh validator says secure", "secure");
}

/* ---- the parent ---- */

static void
steps_parent(struct making *m)
{
	struct plan_step s = step_of(m, STEP_REGISTRAR, m->o->set.ds_set.n
		? mk(m, "ask the registrar for this DS set, additions before removals")
		: mk(m, "ask the registrar to remove every DS"));
	const struct config_registrar *r = m->z ? m->z->registrar : NULL;
	int64_t publication = r ? config_span(r->publication, 0) : 0;

	for (size_t i = 0; i < m->o->set.ds_set.n; i++)
		arena_push(m->a, &s.ds, ds_text(m, &m->o->set.ds_set.v[i]));
	if (r)
		add_argv(m, &s.argv, r->submit, r->submit_count);
	s.tag = m->w->tag;
	s.precondition = "every parent server gives the DS set that was seen";
	s.expect = "read back at the registrar, then seen at every parent server";
	s.undo = mk(m, "the set before: %s", m->p->parent_ds.n ? "as parent_ds says" : "none");
	add(m, s);
	struct plan_step o = step_of(m, STEP_OBSERVE, "every parent server gives this DS set");
	o.what = OBSERVE_DS;
	o.value = arena_strdup(m->a, "");
	for (size_t i = 0; i < m->o->set.ds_set.n; i++) {
		struct ds d;
		if (ds_parse(m->o->set.ds_set.v[i].rdata, m->o->set.ds_set.v[i].rdlen, &d))
			o.value = mk(m, "%s%s%u", o.value, *o.value ? " " : "", d.tag);
	}
	o.value = mk(m, "{%s}", o.value);
	o.expect = "all of them agree; what waits for it counts from the last";
	o.timeout = publication ? 2 * publication : -1;
	add(m, o);
}

/* ---- steps that change nothing ---- */

static void
step_manual(struct making *m, const char *text)
{
	struct plan_step s = step_of(m, STEP_MANUAL, text);

	s.signer = signer_kind_name(m->signer);
	s.precondition = "run by a person who may do it there";
	s.expect = "seen at the servers, not in the command's own words or status";
	manual_commands(m, &s.commands);
	if (s.commands.n)
		add(m, s);
}

static void
steps_wait(struct making *m)
{
	struct plan_step s = step_of(m, STEP_WAIT, "change nothing; look again");

	s.until = m->o->wait_until != TIME_UNSET ? m->o->wait_until : m->now;
	s.expect = "no cache class fails any more";
	if (m->o->wait_until == TIME_NEVER)
		s.text = "waiting heals nothing: what fails now fails until something is changed";
	add(m, s);
	observe(m, OBSERVE_SECURE, "a fresh validator says secure", "secure");
}

static bool
is(const struct making *m, const char *action)
{
	return strcmp(m->w->action->name, action) == 0;
}

static void
steps_quiet(struct making *m)
{
	struct plan_step s = step_of(m, STEP_MANUAL, "flush the zone in your own resolvers");

	if (is(m, "wait"))
		steps_wait(m);
	else if (is(m, "look") || is(m, "fix-server"))
		step_manual(m, "look, and change nothing");
	else if (is(m, "flush-own")) {
		flush_commands(m, &s.commands);
		s.signer = "manual";
		s.expect = "the next answer of each of them comes with AD";
		add(m, s);
		observe(m, OBSERVE_SECURE, "a fresh validator says secure", "secure");
	}
}

void
make_steps(struct making *m)
{
	const struct change_set *set = &m->o->set;

	if (!set->keys && !set->data && !set->ds && !set->deploy) {
		steps_quiet(m);
		return;
	}
	if (m->signs && making_manual(m))
		step_manual(m, mk(m, "%s: commands for %s", m->o->title, signer_kind_name(m->signer)));
	else {
		if (m->signs)
			steps_timing(m);
		steps_generate(m);
		if (m->signs)
			step_sign(m);
		if (m->signs || set->deploy)
			steps_deploy(m);
	}
	if (set->ds)
		steps_parent(m);
	steps_observe(m);
}
