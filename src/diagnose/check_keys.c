/*
 * check_keys: the key files of this host: which keys sign by their timing fields, which of them
 * can be used, and how they compare with what is served.
 */
#include <string.h>

#include "base/text.h"
#include "diagnose/checks.h"

static const struct fact_keyfile *
file_of(const struct key_row *r)
{
	return r->file ? &r->file->u.keyfile : NULL;
}

static bool
is_private(const struct key_row *r, const char *state)
{
	const struct fact_keyfile *f = file_of(r);

	return f && f->private_state && strcmp(f->private_state, state) == 0;
}

/* Does this key's file make it one that signs now, as far as we can tell? */
static bool
usable(const struct key_row *r)
{
	return r->timing == KEY_ACTIVE && !is_private(r, "missing") && !is_private(r, "malformed");
}

static bool
sep(const struct key_row *r)
{
	return r->flags & DNSKEY_SEP;
}

static const char *
role_word(const struct key_row *r)
{
	return r->role == KEYROLE_UNKNOWN ? (sep(r) ? "KSK" : "ZSK") : key_role_name(r->role);
}

static unsigned
prove_time(struct work *w, const struct key_row *r, enum keytime k)
{
	const struct fact_keyfile *f = file_of(r);
	char t[40];

	return ev_keyfile(w, r->file, f->time_line[k], say(w, "%s %u: %s: %s (%s)", role_word(r), r->tag,
		keytime_name(k), clock_dnssec(t, sizeof t, f->time[k]), when(w, f->time[k])));
}

/* ---- signing stopped ---- */

/* Does the signer itself say so? Its Z-class messages prove that the KSK side is fine. */
static bool
signer_says(struct work *w, const char *class, struct finding *f)
{
	const struct fact_signer *s = w->s->signer ? &w->s->signer->u.signer : NULL;

	if (!s || !s->message_class || strcmp(s->message_class, class) != 0)
		return false;
	finding_prove(f, ev_signer(w, say(w, "the signer says: %s%s", text_clean_dup(w->a,
		s->message_line ? s->message_line : s->message_id ? s->message_id : ""),
		s->has_exit && s->exit_status ? say(w, " (exit %d)", s->exit_status) : "")));
	return true;
}

static bool
csk_in_use(const struct work *w)
{
	for (size_t i = 0; i < w->d->inventory->n; i++) {
		const struct key_row *r = &w->d->inventory->rows[i];
		if (r->role == KEYROLE_CSK && (usable(r) || !r->file))
			return true;
	}
	return false;
}

/* The key of that role that stopped last; NULL when another one signs on, or none stopped. */
static const struct key_row *
stopped_key(const struct work *w, bool want_sep)
{
	const struct key_row *last = NULL;

	for (size_t i = 0; i < w->d->inventory->n; i++) {
		const struct key_row *r = &w->d->inventory->rows[i];
		if (sep(r) != want_sep)
			continue;
		if (usable(r) || (!r->file && r->served))
			return NULL; /* signs, or is kept by a signer elsewhere */
		if (!r->file || (r->timing != KEY_INACTIVE && r->timing != KEY_REMOVED))
			continue;
		if (!last || r->ends > last->ends)
			last = r;
	}
	return last;
}

static int64_t
stopped_since(const struct key_row *r, enum keytime *field)
{
	const struct fact_keyfile *f = file_of(r);
	int64_t inactive = f->time[KT_INACTIVE], delete = f->time[KT_DELETE];

	*field = inactive == TIME_UNSET || (delete != TIME_UNSET && delete < inactive) ? KT_DELETE
										      : KT_INACTIVE;
	return f->time[*field];
}

static void
signing_stopped(struct work *w, bool want_sep)
{
	const struct key_row *r = stopped_key(w, want_sep);
	enum keytime field;

	if (!r || (!want_sep && csk_in_use(w)))
		return;
	struct finding f = finding_of(want_sep ? "ksk-inactive-signing-stopped"
					       : "zsk-expired-signing-stopped", SEV_HIGH);
	f.since = stopped_since(r, &field);
	f.keytag = r->tag;
	f.alg = r->alg;
	f.subject = text_clean_dup(w->a, file_of(r)->path);
	f.text = say(w, "%s %u stopped signing %s ago (%s passed)%s", want_sep ? "KSK" : "ZSK", r->tag,
		span(w, w->now - f.since), keytime_name(field),
		r->served ? "; still published" : "");
	finding_prove(&f, prove_time(w, r, field));
	signer_says(w, want_sep ? "K" : "Z", &f);
	finding_add(w, f);
}

/* Nobody of a role signs yet, but somebody will. */
static void
activate_in_future(struct work *w)
{
	for (size_t i = 0; i < w->d->inventory->n; i++) {
		const struct key_row *r = &w->d->inventory->rows[i];
		bool other = false;
		if (!r->file || (r->timing != KEY_FUTURE && r->timing != KEY_PUBLISHED))
			continue;
		for (size_t k = 0; k < w->d->inventory->n; k++) {
			const struct key_row *o = &w->d->inventory->rows[k];
			other |= o != r && sep(o) == sep(r) && (usable(o) || (!o->file && o->served) ||
				o->timing == KEY_INACTIVE || o->timing == KEY_REMOVED);
		}
		int64_t at = file_of(r)->time[KT_ACTIVATE];
		if (other || at == TIME_UNSET || csk_in_use(w))
			continue;
		struct finding f = finding_of("key-activate-in-future", SEV_HIGH);
		f.keytag = r->tag;
		f.alg = r->alg;
		f.until = at;
		f.text = say(w, "%s %u is the only one of its role and does not sign before %s (Activate)",
			role_word(r), r->tag, when(w, at));
		finding_prove(&f, prove_time(w, r, KT_ACTIVATE));
		signer_says(w, sep(r) ? "K" : "Z", &f);
		finding_add(w, f);
	}
}

static bool
has_successor(const struct work *w, const struct key_row *r)
{
	for (size_t i = 0; i < w->d->inventory->n; i++) {
		const struct key_row *o = &w->d->inventory->rows[i];
		const struct fact_keyfile *f = file_of(o);
		if (o == r || sep(o) != sep(r) || o->alg != r->alg || !f || is_private(o, "missing"))
			continue;
		int64_t act = f->time[KT_ACTIVATE];
		bool begins = act != TIME_UNSET && act <= r->ends;
		if (begins && (o->ends == TIME_NEVER || o->ends == TIME_UNSET || o->ends > r->ends))
			return true;
	}
	return false;
}

static void
expiring_soon(struct work *w)
{
	for (size_t i = 0; i < w->d->inventory->n; i++) {
		const struct key_row *r = &w->d->inventory->rows[i];
		if (!r->file || r->timing != KEY_ACTIVE || r->ends == TIME_UNSET || r->ends == TIME_NEVER ||
			r->ends - w->now > w->opt.key_end_warn || has_successor(w, r))
			continue;
		enum keytime field;
		struct finding f = finding_of("key-expiring-soon",
			r->ends - w->now <= w->opt.key_end_crit ? SEV_CRITICAL : SEV_WARNING);
		f.keytag = r->tag;
		f.alg = r->alg;
		f.until = stopped_since(r, &field);
		f.text = say(w, "%s %u stops signing in %s (%s) and has no successor", role_word(r), r->tag,
			span(w, r->ends - w->now), when(w, r->ends));
		finding_prove(&f, prove_time(w, r, field));
		finding_add(w, f);
	}
}

/* ---- private parts ---- */

/* A line of the signer's log about this key's file. */
static bool
log_denies(struct work *w, const struct key_row *r, struct finding *f)
{
	const struct fact_signer *s = w->s->signer ? &w->s->signer->u.signer : NULL;
	const char *tag = say(w, "+%05u", r->tag);

	for (size_t i = 0; s && i < s->lines.n; i++) {
		const char *line = s->lines.v[i].text;
		if (!strstr(line, tag) || !(strstr(line, "permission denied") || strstr(line, "Permission denied")))
			continue;
		finding_prove(f, ev_signer(w, say(w, "the signer says: %s", text_clean_dup(w->a, line))));
		return true;
	}
	return false;
}

/* Another key of this zone whose private file belongs to somebody else, with a closed mode here. */
static bool
odd_owner(const struct work *w, const struct key_row *r, const struct fact_keyfile **other)
{
	const struct fact_keyfile *f = file_of(r);
	unsigned same = 0, differ = 0;

	for (size_t i = 0; i < w->d->inventory->n; i++) {
		const struct fact_keyfile *o = file_of(&w->d->inventory->rows[i]);
		if (!o || o == f || !is_private(&w->d->inventory->rows[i], "present"))
			continue;
		if (o->private_uid == f->private_uid)
			same++;
		else {
			differ++;
			*other = o;
		}
	}
	return differ > same && !(f->private_mode & 077);
}

static void
private_unreadable(struct work *w, const struct key_row *r)
{
	const struct fact_keyfile *f = file_of(r), *other = NULL;
	struct finding x = finding_of("key-private-unreadable", SEV_HIGH);
	bool closed = f->private_mode && !(f->private_mode & 0444);

	bool log = log_denies(w, r, &x);
	bool odd = !log && !closed && is_private(r, "present") && odd_owner(w, r, &other);
	if (!log && !closed && !odd)
		return;
	x.keytag = r->tag;
	x.alg = r->alg;
	x.subject = text_clean_dup(w->a, f->private_path ? f->private_path : f->path);
	if (odd) {
		x.severity = SEV_WARNING;
		x.text = say(w, "the private file of %s %u belongs to %s, the others to %s: a signer that runs "
			"as their owner cannot read it", role_word(r), r->tag,
			text_clean_dup(w->a, f->private_owner ? f->private_owner : "?"),
			text_clean_dup(w->a, other->private_owner ? other->private_owner : "?"));
	} else
		x.text = say(w, "the signer cannot read the private file of %s %u (mode %04o, %s)",
			role_word(r), r->tag, f->private_mode & 07777,
			text_clean_dup(w->a, f->private_owner ? f->private_owner : "owner unknown"));
	finding_prove(&x, ev_keyfile(w, r->file, 0, say(w, "mode %04o owner %s", f->private_mode & 07777,
		text_clean_dup(w->a, f->private_owner ? f->private_owner : "?"))));
	finding_add(w, x);
}

static void
private_parts(struct work *w)
{
	for (size_t i = 0; i < w->d->inventory->n; i++) {
		const struct key_row *r = &w->d->inventory->rows[i];
		const struct fact_keyfile *f = file_of(r);
		if (!f)
			continue;
		if (is_private(r, "missing") && (r->timing == KEY_ACTIVE || r->served)) {
			struct finding x = finding_of("key-private-missing", SEV_HIGH);
			x.keytag = r->tag;
			x.alg = r->alg;
			x.subject = text_clean_dup(w->a, f->path);
			x.text = say(w, "%s %u has no private file here: nothing can be signed with it",
				role_word(r), r->tag);
			finding_prove(&x, ev_keyfile(w, r->file, 0, "the .private file is missing"));
			signer_says(w, sep(r) ? "K" : "Z", &x);
			finding_add(w, x);
		}
		private_unreadable(w, r);
		if (is_private(r, "present") && f->private_mode & 077) {
			bool world = f->private_mode & 07;
			struct finding x = finding_of("key-private-permissive", world ? SEV_WARNING : SEV_INFO);
			x.keytag = r->tag;
			x.alg = r->alg;
			x.subject = text_clean_dup(w->a, f->private_path ? f->private_path : f->path);
			x.text = say(w, "the private file of %s %u can be read by %s (mode %04o)", role_word(r),
				r->tag, world ? "everybody" : "its group", f->private_mode & 07777);
			finding_prove(&x, ev_keyfile(w, r->file, 0, say(w, "mode %04o", f->private_mode & 07777)));
			finding_add(w, x);
		}
	}
}

/* ---- files against what is served ---- */

static void
file_not_in_zone(struct work *w, const struct key_row *r)
{
	const struct server_state *s = NULL;

	if (r->timing != KEY_ACTIVE || r->served || !r->servers)
		return;
	struct finding f = finding_of("key-file-not-in-zone", SEV_WARNING);
	for (size_t i = 0; w->child && i < w->child->n && !s; i++)
		if (child_server(w, i) && key_answer_of(&w->child->servers[i]))
			s = &w->child->servers[i];
	f.keytag = r->tag;
	f.alg = r->alg;
	f.subject = text_clean_dup(w->a, file_of(r)->path);
	f.text = say(w, "%s %u is active by its file, but no server has it", role_word(r), r->tag);
	finding_prove(&f, ev_keyfile(w, r->file, file_of(r)->rdata_line, say(w, "DNSKEY %u", r->tag)));
	if (s)
		finding_prove(&f, ev_answer(w, s, PROBE_DNSKEY, say(w, "DNSKEY %s",
			tag_set(w, &s->answer[PROBE_DNSKEY]->u.answer.rrs))));
	finding_add(w, f);
}

static void
in_zone_without_file(struct work *w, const struct key_row *r)
{
	const struct fact_keydir *k = w->s->keydir ? &w->s->keydir->u.keydir : NULL;

	if (r->file || !r->served || !k || !k->readable)
		return;
	struct finding f = finding_of("key-in-zone-without-file", SEV_WARNING);
	f.keytag = r->tag;
	f.alg = r->alg;
	f.subject = text_clean_dup(w->a, k->path);
	f.text = say(w, "%s %u is served, but %s has no file of it: another signer, or a lost key",
		role_word(r), r->tag, f.subject);
	finding_add(w, f);
}

static void
comment_mismatch(struct work *w, const struct key_row *r)
{
	const struct fact_keyfile *k = file_of(r);

	if (r->by_comment == KEYROLE_UNKNOWN || (r->by_comment == KEYROLE_KSK) == sep(r))
		return;
	struct finding f = finding_of("key-comment-flags-mismatch", SEV_WARNING);
	f.keytag = r->tag;
	f.alg = r->alg;
	f.subject = text_clean_dup(w->a, k->path);
	f.text = say(w, "the comment in the file calls key %u a %s; its flags (%u) make it a %s", r->tag,
		key_role_name(r->by_comment), r->flags, sep(r) ? "KSK" : "ZSK");
	finding_prove(&f, ev_keyfile(w, r->file, 1, text_clean_dup(w->a, k->comment ? k->comment : "")));
	finding_add(w, f);
}

void
check_keys(struct work *w)
{
	const struct inventory *inv = w->d->inventory;

	if (inv->have_keydir || w->s->keyfiles.n) {
		signing_stopped(w, false);
		signing_stopped(w, true);
		activate_in_future(w);
		expiring_soon(w);
		private_parts(w);
	}
	for (size_t i = 0; i < inv->n; i++) {
		if (inv->rows[i].file) {
			file_not_in_zone(w, &inv->rows[i]);
			comment_mismatch(w, &inv->rows[i]);
		}
		in_zone_without_file(w, &inv->rows[i]);
	}
}
