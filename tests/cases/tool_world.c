/*
 * tool_world CASE: prints the stream of a small, really signed world with one thing broken: three
 * servers, two parent servers, key files, vantages. Keys are made afresh, so that no finding can
 * depend on a tag. Without CASE: the list of cases with the cause that each must give.
 */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "model/stream.h"
#include "zone/rrset.h"

#define SERVERS 3
#define NOW INT64_C(1768478400) /* 2026-01-15T12:00:00Z */
#define HOUR 3600
#define DAY 86400

struct plan {
	uint32_t serial[SERVERS];
	struct privkey *keys[SERVERS][5]; /* DNSKEY set, ends with NULL */
	struct privkey *signer;		  /* of the data */
	struct privkey *key_signer;	  /* of the DNSKEY set; NULL: nobody */
	int64_t inception, expiration;
	int64_t expiration_of[SERVERS]; /* 0: as above */
	bool unsigned_zone, soa_unsigned, spoilt, silent[SERVERS], lame[SERVERS], tcp_fails;
	bool malformed[SERVERS], no_sigs[SERVERS], ds_expired;
	int rcode[SERVERS];
	struct privkey *signer_of[SERVERS]; /* NULL: as above */
	struct privkey *ds[2][3]; /* per parent server */
	bool ds_spoilt[3];
};

struct world {
	struct arena *a;
	struct name zone, org;
	struct privkey *ksk, *zsk, *ksk2, *zsk2, *odd;
	struct plan p;
	int64_t t; /* usec */
};

static struct obs *
fact(struct world *w, enum fact f)
{
	return obs_new(f, w->t, "net", &w->zone);
}

static void
emit(struct obs *o)
{
	struct text line = { 0 };

	stream_write(&line, o);
	fwrite(line.s, 1, line.len, stdout);
	text_free(&line);
	obs_unref(o);
}

static struct rr
rr_of(struct arena *a, const char *text, enum rr_section section)
{
	struct rr rr = { 0 };
	struct err e = { 0 };
	char line[1200];

	if (!rr_from_text(a, text, 3600, &rr, &e)) {
		fprintf(stderr, "%s: %s\n", text, err_str(&e, line, sizeof line));
		return rr;
	}
	rr.section = section;
	return rr;
}

static struct rr
key_rr(struct world *w, const struct privkey *k)
{
	return (struct rr){ .owner = w->zone, .type = T_DNSKEY, .class = 1, .ttl = 3600,
		.rdata = k->dnskey, .rdlen = k->dnskey_len };
}

/* Appends the N records at SET, and the RRSIG by K. */
static void
put(struct world *w, struct arena *a, struct rr_list *out, const struct rr *set, size_t n,
	struct privkey *k, int64_t inception, int64_t expiration)
{
	const struct rr *ptr[8];
	struct err e = { 0 };
	uint16_t len;

	for (size_t i = 0; i < n; i++) {
		ptr[i] = &set[i];
		arena_push(a, out, set[i]);
	}
	if (!k)
		return;
	const struct name *signer = set[0].type == T_DS ? &w->org : &w->zone;
	uint8_t *sig = rrset_sign(a, k, signer, ptr, n, inception, expiration, &len, &e);
	struct rr rr = set[0];
	if (sig && w->p.spoilt && set[0].type != T_DNSKEY && set[0].type != T_DS)
		sig[len - 5] ^= 1;
	rr.type = T_RRSIG;
	rr.rdata = sig;
	rr.rdlen = sig ? len : 0;
	arena_push(a, out, rr);
}

static struct endpoint
endpoint_of(struct world *w, struct arena *a, int i, bool parent)
{
	return (struct endpoint){ .ns = arena_printf(a, parent ? "p%d.org." : "ns%d.example.org.", i + 1),
		.address = arena_printf(a, parent ? "192.0.2.%d" : "198.51.100.%d", i + 1), .port = 53,
		.role = parent ? ROLE_PARENT : ROLE_CHILD, .cut = parent ? w->org : w->zone };
}

static struct obs *
answer(struct world *w, int i, bool parent, enum probe p, uint16_t qtype)
{
	struct obs *o = fact(w, FACT_ANSWER);
	struct fact_answer *f = &o->u.answer;

	f->probe = p;
	f->at = endpoint_of(w, o->arena, i, parent);
	f->qname = w->zone;
	f->qtype = qtype;
	f->aa = parent || !w->p.lame[i];
	f->edns = true;
	f->do_bit = parent || !w->p.no_sigs[i];
	f->rcode = parent ? 0 : w->p.rcode[i];
	f->size = 500;
	f->rtt_us = 900;
	return o;
}

static void
emit_data(struct world *w, int i, enum probe p, uint16_t qtype, const char *text, bool unsigned_set)
{
	struct obs *o = answer(w, i, false, p, qtype);
	enum rr_section section = p == PROBE_NODATA ? SECTION_AUTHORITY : SECTION_ANSWER;
	struct rr rr = rr_of(o->arena, text, section);
	bool none = unsigned_set || w->p.unsigned_zone || w->p.no_sigs[i];

	if (p == PROBE_POSITIVE || p == PROBE_NODATA)
		o->u.answer.qname = p == PROBE_POSITIVE ? rr.owner : w->zone;
	put(w, o->arena, &o->u.answer.rrs, &rr, 1, none ? NULL
		: w->p.signer_of[i] ? w->p.signer_of[i] : w->p.signer, w->p.inception,
		w->p.expiration_of[i] ? w->p.expiration_of[i] : w->p.expiration);
	emit(o);
}

static void
emit_keys(struct world *w, int i)
{
	struct obs *o = answer(w, i, false, PROBE_DNSKEY, T_DNSKEY);
	struct rr set[5];
	size_t n = 0;

	while (w->p.keys[i][n]) {
		set[n] = key_rr(w, w->p.keys[i][n]);
		n++;
	}
	if (n)
		put(w, o->arena, &o->u.answer.rrs, set, n, w->p.no_sigs[i] ? NULL : w->p.key_signer, NOW - DAY,
			NOW + 20 * DAY);
	emit(o);
}

static void
emit_server(struct world *w, int i)
{
	struct obs *o = fact(w, FACT_SERVER);
	char soa[200];

	o->u.server.at = endpoint_of(w, o->arena, i, false);
	o->u.server.source = "referral";
	emit(o);
	if (w->p.silent[i]) {
		for (enum probe p = PROBE_SOA; p <= PROBE_DNSKEY; p++) {
			o = fact(w, FACT_NO_ANSWER);
			o->u.no_answer = (struct fact_no_answer){ .probe = p, .qname = w->zone, .qtype = T_SOA,
				.at = endpoint_of(w, o->arena, i, false), .why = "timeout", .attempts = 3,
				.waited_us = 1200000, .final = true };
			emit(o);
		}
		return;
	}
	if (w->p.malformed[i]) {
		o = fact(w, FACT_NO_ANSWER);
		o->u.no_answer = (struct fact_no_answer){ .probe = PROBE_CDS, .qname = w->zone, .qtype = T_CDS,
			.at = endpoint_of(w, o->arena, i, false), .why = "malformed", .detail = "a name runs past the end",
			.attempts = 2, .waited_us = 1200, .final = true };
		emit(o);
	}
	if (w->p.rcode[i]) {
		o = answer(w, i, false, PROBE_SOA, T_SOA);
		o->u.answer.aa = false;
		emit(o);
		return;
	}
	snprintf(soa, sizeof soa, "example.org. 3600 IN SOA ns1.example.org. h.example.org. %u 3600 600 "
		"1209600 300", w->p.serial[i]);
	emit_data(w, i, PROBE_SOA, T_SOA, soa, w->p.soa_unsigned);
	emit_data(w, i, PROBE_NS, T_NS, "example.org. 3600 IN NS ns1.example.org.", false);
	emit_keys(w, i);
	emit_data(w, i, PROBE_POSITIVE, T_A, "www.example.org. 3600 IN A 192.0.2.80", false);
	emit_data(w, i, PROBE_NODATA, T_SRV, soa, w->p.soa_unsigned);
	if (w->p.tcp_fails && i == 1) {
		o = fact(w, FACT_NO_ANSWER);
		o->u.no_answer = (struct fact_no_answer){ .probe = PROBE_CDS, .qname = w->zone, .qtype = T_CDS,
			.at = endpoint_of(w, o->arena, i, false), .why = "tcp-timeout", .tcp = true,
			.attempts = 2, .waited_us = 1200000, .final = true };
		emit(o);
	}
}

static struct rr
ds_rr(struct world *w, struct arena *a, const struct privkey *k, bool spoilt)
{
	uint8_t *d = arena_alloc(a, 68);

	d[0] = (uint8_t)(k->tag >> 8);
	d[1] = (uint8_t)k->tag;
	d[2] = k->alg;
	d[3] = 2;
	size_t n = ds_digest(&w->zone, k->dnskey, k->dnskey_len, 2, d + 4);
	d[4] ^= spoilt;
	return (struct rr){ .owner = w->zone, .type = T_DS, .class = 1, .ttl = 86400, .rdata = d,
		.rdlen = (uint16_t)(4 + n) };
}

static void
emit_parent(struct world *w, int i)
{
	struct obs *o = fact(w, FACT_SERVER);

	o->u.server.at = endpoint_of(w, o->arena, i, true);
	o->u.server.source = "referral";
	emit(o);
	o = answer(w, i, true, PROBE_DS, T_DS);
	struct rr set[3];
	size_t n = 0;
	for (; n < 3 && w->p.ds[i][n]; n++)
		set[n] = ds_rr(w, o->arena, w->p.ds[i][n], w->p.ds_spoilt[n]);
	if (n)
		put(w, o->arena, &o->u.answer.rrs, set, n, w->odd, NOW - DAY,
			w->p.ds_expired ? NOW - HOUR : NOW + 10 * DAY);
	emit(o);
}

static void
emit_round(struct world *w)
{
	for (int i = 0; i < 2; i++)
		emit_parent(w, i);
	for (int i = 0; i < SERVERS; i++)
		emit_server(w, i);
	struct obs *o = fact(w, FACT_ROUND);
	o->u.round.end = true;
	o->u.round.number = 1;
	o->u.round.what = "full";
	emit(o);
}

/* ---- the host ---- */

static struct fact_keyfile *
keyfile(struct world *w, struct privkey *k, struct obs **out)
{
	struct obs *o = *out = obs_new(FACT_KEYFILE, w->t, "local", &w->zone);
	struct fact_keyfile *f = &o->u.keyfile;

	for (int i = 0; i < KT_COUNT; i++)
		f->time[i] = TIME_UNSET;
	f->path = arena_printf(o->arena, "/etc/dnssec/Kexample.org.+%03u+%05u.key", k->alg, k->tag);
	f->private_path = arena_printf(o->arena, "/etc/dnssec/Kexample.org.+%03u+%05u.private", k->alg, k->tag);
	f->owner = w->zone;
	f->name_tag = k->tag;
	f->name_alg = k->alg;
	f->rdata = k->dnskey;
	f->rdlen = k->dnskey_len;
	f->rdata_line = 7;
	f->comment = k->flags & 1 ? "; This is a key-signing key" : "; This is a zone-signing key";
	f->comment_role = k->flags & 1 ? "ksk" : "zsk";
	f->private_state = "present";
	f->private_format = "v1.3";
	f->private_alg = k->alg;
	f->private_mode = 0600;
	f->private_owner = "bind:bind";
	f->time[KT_CREATED] = f->time[KT_PUBLISH] = f->time[KT_ACTIVATE] = NOW - 300 * DAY;
	f->time_line[KT_INACTIVE] = 5;
	f->mtime = NOW - 300 * DAY;
	return f;
}

static void
plain_keyfile(struct world *w, struct privkey *k)
{
	struct obs *o;

	keyfile(w, k, &o);
	emit(o);
}

static void
emit_keydir(struct world *w)
{
	struct obs *o = obs_new(FACT_KEYDIR, w->t, "local", &w->zone);

	o->u.keydir = (struct fact_keydir){ .path = "/etc/dnssec", .readable = true, .files = 2 };
	emit(o);
}

static void
emit_source(struct world *w, uint32_t serial, int64_t date)
{
	struct obs *o = obs_new(FACT_SOURCE, w->t, "local", &w->zone);

	o->u.source = (struct fact_source){ .type = "svn", .path = "/srv/dns/example.org", .readable = true,
		.revision = "r7", .author = "jd", .date = date, .has_serial = true, .serial = serial };
	emit(o);
}

static void
emit_signer(struct world *w, const char *class, const char *line)
{
	struct obs *o = obs_new(FACT_SIGNER, w->t, "local", &w->zone);

	o->u.signer = (struct fact_signer){ .path = "/var/log/signer.log", .readable = true,
		.mtime = NOW - 600, .message_id = class, .message_class = class, .message_line = line,
		.has_exit = true, .exit_status = 1 };
	emit(o);
}

/* ---- vantages ---- */

static void
emit_vantage(struct world *w, const char *name, const char *kind)
{
	struct obs *o = fact(w, FACT_VANTAGE);

	o->u.vantage = (struct fact_vantage){ .name = name, .kind = kind, .counted = true,
		.type = strcmp(kind, "own") == 0 ? VANTAGE_LIBUNBOUND : VANTAGE_RESOLVER,
		.address = "203.0.113.9", .port = 53, .cache_since = TIME_UNSET };
	emit(o);
}

static void
emit_resolve(struct world *w, const char *name, enum vq q, bool cd, int rcode, bool ad,
	struct privkey *const *held, const struct rr *ds, uint32_t left)
{
	struct obs *o = fact(w, FACT_RESOLVE);
	struct fact_resolve *f = &o->u.resolve;

	*f = (struct fact_resolve){ .vantage = name, .question = q, .qname = w->zone, .cd = cd,
		.qtype = q == VQ_DNSKEY ? T_DNSKEY : q == VQ_DS ? T_DS : T_SOA, .rcode = rcode, .ad = ad };
	struct rr set[5];
	size_t n = 0;
	for (; held && held[n]; n++) {
		set[n] = key_rr(w, held[n]);
		set[n].ttl = left;
	}
	if (n)
		put(w, o->arena, &f->rrs, set, n, w->p.key_signer, NOW - DAY, NOW + 20 * DAY);
	if (ds)
		arena_push(o->arena, &f->rrs, *ds);
	emit(o);
}

static void
secure_vantage(struct world *w, const char *name, const char *kind)
{
	emit_vantage(w, name, kind);
	emit_resolve(w, name, VQ_GOOD, false, 0, true, NULL, NULL, 0);
	emit_resolve(w, name, VQ_SOA, false, 0, true, NULL, NULL, 0);
	emit_resolve(w, name, VQ_DNSKEY, true, 0, false, w->p.keys[0], NULL, 1800);
}

static void
bogus_vantage(struct world *w, const char *name, struct privkey *const *held, uint32_t left)
{
	emit_vantage(w, name, "isp");
	emit_resolve(w, name, VQ_GOOD, false, 0, true, NULL, NULL, 0);
	emit_resolve(w, name, VQ_SOA, false, 2, false, NULL, NULL, 0);
	emit_resolve(w, name, VQ_SOA, true, 0, false, NULL, NULL, 0);
	emit_resolve(w, name, VQ_DNSKEY, true, 0, false, held, NULL, left);
}

/* ---- cases: change the plan, then say what else is seen ---- */

static void
keys_of_all(struct world *w, struct privkey *a, struct privkey *b, struct privkey *c)
{
	for (int i = 0; i < SERVERS; i++) {
		w->p.keys[i][0] = a;
		w->p.keys[i][1] = b;
		w->p.keys[i][2] = c;
	}
}

static void
ds_of_all(struct world *w, struct privkey *a, struct privkey *b)
{
	for (int i = 0; i < 2; i++) {
		w->p.ds[i][0] = a;
		w->p.ds[i][1] = b;
	}
}

static void c_none(struct world *w) { (void)w; }
static void c_expired(struct world *w) { w->p.expiration = NOW - HOUR; w->p.inception = NOW - 30 * DAY; }
static void c_ds_absent_key(struct world *w) { ds_of_all(w, w->ksk2, NULL); }
static void c_ds_digest(struct world *w) { w->p.ds_spoilt[0] = true; }
static void c_serial(struct world *w) { w->p.serial[1]--; }
static void c_one_expired(struct world *w) { w->p.serial[1]--; w->p.expiration_of[1] = NOW - HOUR; }
static void c_two_ksk(struct world *w) { keys_of_all(w, w->ksk, w->ksk2, w->zsk); }
static void c_extra_ds(struct world *w) { ds_of_all(w, w->ksk, w->ksk2); }
static void c_extra_wrong(struct world *w) { c_two_ksk(w); c_extra_ds(w); w->p.ds_spoilt[1] = true; }
static void c_dead(struct world *w) { w->p.silent[2] = true; }
static void c_no_sig(struct world *w) { w->p.soa_unsigned = true; }
static void c_unknown(struct world *w) { w->p.signer = w->zsk2; }
static void c_no_ds(struct world *w) { ds_of_all(w, NULL, NULL); }
static void c_unsigned(struct world *w) { w->p.unsigned_zone = true; keys_of_all(w, NULL, NULL, NULL); }
static void c_key_unsigned(struct world *w) { w->p.key_signer = NULL; }
static void c_not_sep(struct world *w) { w->p.key_signer = w->zsk; }
static void c_future(struct world *w) { w->p.inception = NOW + HOUR; }
static void c_spoilt(struct world *w) { w->p.spoilt = true; }
static void c_soon(struct world *w) { w->p.inception = NOW - 28 * DAY; w->p.expiration = NOW + 5 * DAY; }
static void c_parents(struct world *w) { w->p.ds[1][1] = w->ksk2; }
static void c_key_sets(struct world *w) { w->p.keys[2][2] = w->zsk2; }
static void c_algorithm(struct world *w) { keys_of_all(w, w->ksk, w->zsk, w->odd); }
static void c_algorithm_ds(struct world *w) { c_algorithm(w); ds_of_all(w, w->ksk, w->odd); }
static void c_lame(struct world *w) { w->p.lame[1] = true; }
static void c_tcp(struct world *w) { w->p.tcp_fails = true; }
static void c_ds_sig(struct world *w) { w->p.ds_expired = true; }
static void c_refused(struct world *w) { w->p.rcode[1] = 5; }
static void c_no_copy(struct world *w) { w->p.rcode[1] = 2; }
static void c_malformed(struct world *w) { w->p.malformed[1] = true; }
static void c_no_do(struct world *w) { w->p.no_sigs[1] = true; }

/* Two providers, each with its own ZSK; EXCHANGED as RFC 8901 wants it. */
static void
providers(struct world *w, bool exchanged)
{
	keys_of_all(w, w->ksk, w->zsk, exchanged ? w->zsk2 : NULL);
	w->p.keys[2][1] = exchanged ? w->zsk : w->zsk2;
	w->p.signer_of[2] = w->zsk2;
}

static void c_providers(struct world *w) { providers(w, true); }
static void c_no_exchange(struct world *w) { providers(w, false); }

/* One signer that went from one ZSK to the other at once; a server has not followed. */
static void
c_swap_behind(struct world *w)
{
	keys_of_all(w, w->ksk, w->zsk2, NULL);
	w->p.signer = w->zsk2;
	w->p.keys[1][1] = w->p.signer_of[1] = w->zsk;
	w->p.serial[1]--;
}

static void c_swap(struct world *w) { keys_of_all(w, w->ksk, w->zsk2, NULL); w->p.signer = w->zsk2; }

static void
two_files(struct world *w)
{
	emit_keydir(w);
	plain_keyfile(w, w->ksk);
	plain_keyfile(w, w->zsk);
}

static void
stopped(struct world *w, struct privkey *k)
{
	struct obs *o;

	keyfile(w, k, &o)->time[KT_INACTIVE] = NOW - 2 * DAY;
	emit(o);
}

static void
s_zsk(struct world *w)
{
	emit_keydir(w);
	plain_keyfile(w, w->ksk);
	stopped(w, w->zsk);
	emit_source(w, w->p.serial[0] + 1, NOW - 2 * HOUR);
	emit_signer(w, "Z", "SOA is not signed (keys offline or inactive?)");
	secure_vantage(w, "fresh", "own");
	secure_vantage(w, "isp1", "isp");
}

static void
s_misread(struct world *w)
{
	struct obs *o;

	s_zsk(w);
	keyfile(w, w->ksk2, &o)->time[KT_CREATED] = NOW - HOUR;
	emit(o);
}

/* The ZSK stopped two days ago; an hour ago somebody had a DS for another key published. */
static void
s_misread_ds(struct world *w)
{
	s_zsk(w);
	w->t += 600 * USEC;
	ds_of_all(w, w->ksk, w->ksk2);
	emit_round(w);
}

static void
s_ksk(struct world *w)
{
	emit_keydir(w);
	plain_keyfile(w, w->zsk);
	stopped(w, w->ksk);
	emit_signer(w, "K", "No self-signed KSK DNSKEY found");
}

static void
s_private(struct world *w, const char *state, uint32_t mode)
{
	struct obs *o;
	struct fact_keyfile *f;

	emit_keydir(w);
	plain_keyfile(w, w->ksk);
	f = keyfile(w, w->zsk, &o);
	f->private_state = state;
	f->private_mode = mode;
	emit(o);
}
static void s_missing(struct world *w) { s_private(w, "missing", 0); }
static void s_closed(struct world *w) { s_private(w, "present", 0200); }
static void s_open(struct world *w) { s_private(w, "present", 0644); }

static void
s_future(struct world *w)
{
	struct obs *o;
	struct fact_keyfile *f;

	emit_keydir(w);
	plain_keyfile(w, w->ksk);
	f = keyfile(w, w->zsk, &o);
	f->time[KT_ACTIVATE] = NOW + 5 * DAY;
	emit(o);
}

static void
s_ends(struct world *w)
{
	struct obs *o;

	emit_keydir(w);
	plain_keyfile(w, w->ksk);
	keyfile(w, w->zsk, &o)->time[KT_INACTIVE] = NOW + 5 * DAY;
	emit(o);
}

static void
s_renamed(struct world *w)
{
	struct obs *o;

	emit_keydir(w);
	plain_keyfile(w, w->ksk);
	keyfile(w, w->zsk, &o)->name_tag ^= 1;
	emit(o);
}

static void
s_comment(struct world *w)
{
	struct obs *o;

	emit_keydir(w);
	plain_keyfile(w, w->ksk);
	keyfile(w, w->zsk, &o)->comment_role = "ksk";
	o->u.keyfile.comment = "; This is a key-signing key";
	emit(o);
}

static void
s_dates(struct world *w)
{
	struct obs *o;

	emit_keydir(w);
	plain_keyfile(w, w->ksk);
	struct fact_keyfile *f = keyfile(w, w->zsk, &o);
	f->time[KT_INACTIVE] = NOW + 90 * DAY;
	f->time[KT_DELETE] = NOW + 60 * DAY;
	emit(o);
}

static void
s_state(struct world *w)
{
	struct obs *o;

	emit_keydir(w);
	plain_keyfile(w, w->zsk);
	keyfile(w, w->ksk, &o)->state = "DNSKEYState: omnipresent; DSState: hidden";
	emit(o);
}

static void
s_state_right(struct world *w)
{
	struct obs *o;

	emit_keydir(w);
	plain_keyfile(w, w->zsk);
	keyfile(w, w->ksk, &o)->state = "DNSKEYState: omnipresent; DSState: omnipresent";
	emit(o);
}

static void s_hsm(struct world *w) { two_files(w); emit_signer(w, "H", "PKCS#11 initialization failed"); }
static void s_journal(struct world *w) { two_files(w); emit_signer(w, "J", "journal rollforward failed: journal out of sync with zone"); }
static void s_xfr(struct world *w) { two_files(w); emit_signer(w, "X", "failed while receiving responses: REFUSED"); }

static void
s_host_clock(struct world *w)
{
	struct obs *o = obs_new(FACT_CLOCK, w->t, "local", &w->zone);

	o->u.clock = (struct fact_clock){ .synchronised = true, .offset_us = 2 * HOUR * USEC, .source = "adjtimex" };
	emit(o);
}

static void
coded_vantage(struct world *w, const char *name, uint16_t code)
{
	struct obs *o = fact(w, FACT_RESOLVE);

	secure_vantage(w, "fresh", "own");
	emit_vantage(w, name, "isp");
	emit_resolve(w, name, VQ_GOOD, false, 0, true, NULL, NULL, 0);
	o->u.resolve = (struct fact_resolve){ .vantage = name, .question = VQ_SOA, .qname = w->zone,
		.qtype = T_SOA };
	arena_push(o->arena, &o->u.resolve.ede, ((struct ede){ .code = code, .text = "" }));
	emit(o);
}

static void s_ede1(struct world *w) { coded_vantage(w, "isp1", 1); }
static void s_ede3(struct world *w) { coded_vantage(w, "isp1", 3); }
static void s_ede5(struct world *w) { coded_vantage(w, "isp1", 5); }
static void s_ede14(struct world *w) { coded_vantage(w, "isp1", 14); }
static void s_ede17(struct world *w) { coded_vantage(w, "isp1", 17); }
static void s_ede29(struct world *w) { coded_vantage(w, "isp1", 29); }

static void
s_negative(struct world *w)
{
	secure_vantage(w, "fresh", "own");
	secure_vantage(w, "isp1", "isp");
	emit_resolve(w, "isp1", VQ_DS, true, 0, false, NULL, NULL, 0);
}

/* Fails, and what it holds is what is served: it remembers. */
static void
s_remembers(struct world *w)
{
	secure_vantage(w, "fresh", "own");
	bogus_vantage(w, "isp1", w->p.keys[0], 1200);
}

static void s_extra_file(struct world *w) { two_files(w); plain_keyfile(w, w->zsk2); }
static void s_one_file(struct world *w) { emit_keydir(w); plain_keyfile(w, w->ksk); }
static void s_ksk_file(struct world *w) { two_files(w); plain_keyfile(w, w->ksk2); }
static void s_ahead(struct world *w) { two_files(w); emit_source(w, w->p.serial[0] + 1, NOW - 2 * HOUR); }
static void s_healthy(struct world *w)
{
	two_files(w);
	emit_source(w, w->p.serial[0], NOW - DAY);
	secure_vantage(w, "fresh", "own");
	secure_vantage(w, "isp1", "isp");
}

static void
s_signed_file(struct world *w)
{
	struct obs *o = obs_new(FACT_ZONEFILE, w->t, "local", &w->zone);

	o->u.zonefile = (struct fact_zonefile){ .which = "signed", .path = "/srv/example.org.signed",
		.readable = true, .mtime = NOW - 2 * HOUR, .has_soa = true, .serial = w->p.serial[0] + 1 };
	emit(o);
}

static void
s_cache(struct world *w)
{
	struct privkey *old[] = { w->ksk, w->zsk, NULL };

	secure_vantage(w, "fresh", "own");
	bogus_vantage(w, "isp1", old, 1320);
	secure_vantage(w, "isp2", "isp");
}

static void
s_cache_ds(struct world *w)
{
	struct rr ds = ds_rr(w, w->a, w->ksk2, false);

	ds.ttl = 4000;
	secure_vantage(w, "fresh", "own");
	bogus_vantage(w, "isp1", w->p.keys[0], 1000);
	emit_resolve(w, "isp1", VQ_DS, true, 0, false, NULL, &ds, 0);
}

static void
s_view(struct world *w)
{
	struct rr ds = ds_rr(w, w->a, w->ksk2, true);

	secure_vantage(w, "fresh", "own");
	secure_vantage(w, "inside", "internal");
	emit_resolve(w, "inside", VQ_DS, true, 0, false, NULL, &ds, 0);
}

static void
s_clock(struct world *w)
{
	secure_vantage(w, "fresh", "own");
	emit_vantage(w, "isp1", "isp");
	struct obs *o = fact(w, FACT_RESOLVE);
	o->u.resolve = (struct fact_resolve){ .vantage = "isp1", .question = VQ_SOA, .qname = w->zone,
		.qtype = T_SOA, .rcode = 2 };
	arena_push(o->arena, &o->u.resolve.ede, ((struct ede){ .code = 7, .text = "" }));
	emit(o);
	emit_resolve(w, "isp1", VQ_DNSKEY, true, 0, false, w->p.keys[0], NULL, 1000);
}

static void
s_backwards(struct world *w)
{
	w->t += 600 * USEC;
	for (int i = 0; i < SERVERS; i++)
		w->p.serial[i] -= 5;
	emit_round(w);
}

/* A starving resolver: fails with checking and without. It is no verdict. */
static void
s_silent_vantages(struct world *w)
{
	s_healthy(w);
	emit_vantage(w, "slow", "public");
	emit_resolve(w, "slow", VQ_SOA, false, -1, false, NULL, NULL, 0);
	emit_vantage(w, "starving", "isp");
	emit_resolve(w, "starving", VQ_GOOD, false, 0, true, NULL, NULL, 0);
	emit_resolve(w, "starving", VQ_SOA, false, 2, false, NULL, NULL, 0);
	emit_resolve(w, "starving", VQ_SOA, true, 2, false, NULL, NULL, 0);
}

static const struct {
	const char *name, *cause; /* "-": none */
	int status;
	void (*change)(struct world *w), (*see)(struct world *w);
} cases[] = {
	{ "healthy", "-", 0, c_none, s_healthy },
	{ "rrsig-expired", "rrsig-expired", 2, c_expired, c_none },
	{ "ds-no-matching-dnskey", "ds-no-matching-dnskey", 2, c_ds_absent_key, c_none },
	{ "ds-digest-mismatch", "ds-digest-mismatch", 2, c_ds_digest, c_none },
	{ "serial-mismatch", "serial-mismatch", 1, c_serial, c_none },
	{ "rrsig-expired-one-server", "rrsig-expired-one-server", 1, c_one_expired, c_none },
	{ "two-ksk", "-", 0, c_two_ksk, c_none },
	{ "note-ds-stale-extra", "-", 0, c_extra_ds, c_none },
	{ "note-ds-digest-mismatch", "-", 0, c_extra_wrong, c_none },
	{ "unreachable-udp", "unreachable-udp", 1, c_dead, c_none },
	{ "rrsig-missing", "rrsig-missing", 2, c_no_sig, c_none },
	{ "rrsig-unknown-key", "rrsig-unknown-key", 2, c_unknown, c_none },
	{ "ds-missing", "ds-missing", 1, c_no_ds, c_none },
	{ "ds-on-unsigned-zone", "ds-on-unsigned-zone", 2, c_unsigned, c_none },
	{ "dnskey-unsigned", "dnskey-unsigned", 2, c_key_unsigned, c_none },
	{ "dnskey-not-signed-by-sep", "dnskey-not-signed-by-sep", 2, c_not_sep, c_none },
	{ "rrsig-not-yet-valid", "rrsig-not-yet-valid", 2, c_future, c_none },
	{ "rrsig-invalid", "rrsig-invalid", 2, c_spoilt, c_none },
	{ "rrsig-expiring-soon", "rrsig-expiring-soon", 1, c_soon, c_none },
	{ "ds-inconsistent-parents", "ds-inconsistent-parents", 1, c_parents, c_none },
	{ "dnskey-inconsistent-servers", "dnskey-inconsistent-servers", 1, c_key_sets, c_none },
	{ "algorithm-incomplete", "algorithm-incomplete", 1, c_algorithm, c_none },
	{ "lame", "lame", 1, c_lame, c_none },
	{ "tcp-broken", "tcp-broken", 1, c_tcp, c_none },
	{ "zsk-expired-signing-stopped", "zsk-expired-signing-stopped", 1, c_none, s_zsk },
	{ "key-role-misread", "zsk-expired-signing-stopped", 1, c_none, s_misread },
	{ "note-key-role-misread", "zsk-expired-signing-stopped", 1, c_none, s_misread_ds },
	{ "hardened-algorithm", "algorithm-incomplete", 1, c_algorithm_ds, c_none },
	{ "ksk-inactive-signing-stopped", "ksk-inactive-signing-stopped", 1, c_none, s_ksk },
	{ "key-private-missing", "key-private-missing", 1, c_none, s_missing },
	{ "key-private-unreadable", "key-private-unreadable", 1, c_none, s_closed },
	{ "key-private-permissive", "key-private-permissive", 1, c_none, s_open },
	{ "key-activate-in-future", "key-activate-in-future", 1, c_none, s_future },
	{ "key-expiring-soon", "key-expiring-soon", 1, c_none, s_ends },
	{ "key-file-not-in-zone", "key-file-not-in-zone", 1, c_none, s_extra_file },
	{ "key-in-zone-without-file", "key-in-zone-without-file", 1, c_none, s_one_file },
	{ "dnskey-ksk-missing", "dnskey-ksk-missing", 2, c_ds_absent_key, s_ksk_file },
	{ "dnskey-zsk-missing", "dnskey-zsk-missing", 2, c_unknown, s_extra_file },
	{ "source-ahead-of-served", "source-ahead-of-served", 1, c_none, s_ahead },
	{ "signer-output-not-deployed", "signer-output-not-deployed", 1, c_none, s_signed_file },
	{ "cache-holds-old-dnskey", "cache-holds-old-dnskey", 2, c_swap, s_cache },
	{ "cache-holds-old-ds", "cache-holds-old-ds", 2, c_none, s_cache_ds },
	{ "note-ds-view-differs", "-", 0, c_none, s_view },
	{ "resolver-clock-wrong", "resolver-clock-wrong", 2, c_none, s_clock },
	{ "serial-went-backwards", "serial-went-backwards", 1, c_none, s_backwards },
	{ "ds-rrsig-missing-or-bad", "ds-rrsig-missing-or-bad", 2, c_ds_sig, c_none },
	{ "lame-refused", "lame-refused", 1, c_refused, c_none },
	{ "secondary-zone-expired", "secondary-zone-expired", 1, c_no_copy, c_none },
	{ "malformed-response", "malformed-response", 1, c_malformed, c_none },
	{ "do-ignored", "do-ignored", 2, c_no_do, c_none },
	{ "multi-signer-missing-keys", "multi-signer-missing-keys", 2, c_no_exchange, c_none },
	{ "multi-signer", "-", 0, c_providers, c_none },
	{ "note-dnskey-inconsistent-servers", "serial-mismatch", 2, c_swap_behind, c_none },
	{ "key-filename-tag-mismatch", "key-filename-tag-mismatch", 1, c_none, s_renamed },
	{ "key-comment-flags-mismatch", "key-comment-flags-mismatch", 1, c_none, s_comment },
	{ "key-timing-inconsistent", "key-timing-inconsistent", 1, c_none, s_dates },
	{ "key-state-mismatch", "key-state-mismatch", 1, c_none, s_state },
	{ "key-state", "-", 0, c_none, s_state_right },
	{ "hsm-unavailable", "hsm-unavailable", 1, c_none, s_hsm },
	{ "inline-journal-out-of-sync", "inline-journal-out-of-sync", 1, c_none, s_journal },
	{ "xfr-refused", "xfr-refused", 1, c_none, s_xfr },
	{ "signer-clock-wrong", "signer-clock-wrong", 2, c_future, s_host_clock },
	{ "resolver-policy-insecure", "resolver-policy-insecure", 1, c_none, s_ede1 },
	{ "answer-stale", "answer-stale", 1, c_none, s_ede3 },
	{ "note-dnssec-indeterminate", "-", 0, c_none, s_ede5 },
	{ "note-resolver-not-ready-or-policy", "-", 0, c_none, s_ede14 },
	{ "note-answer-filtered", "-", 0, c_none, s_ede17 },
	{ "note-answer-synthesized", "-", 0, c_none, s_ede29 },
	{ "note-negative-cache-ds", "-", 0, c_none, s_negative },
	{ "cached-servfail", "cached-servfail", 2, c_none, s_remembers },
	{ "silent-vantages", "-", 0, c_none, s_silent_vantages },
};

static void
world_make(struct world *w)
{
	struct err e = { 0 };

	w->a = arena_new();
	w->t = NOW * USEC;
	name_from_text(&w->zone, "example.org.", &e);
	name_from_text(&w->org, "org.", &e);
	w->ksk = privkey_generate(13, 0, 257, &e);
	w->zsk = privkey_generate(13, 0, 256, &e);
	w->ksk2 = privkey_generate(13, 0, 257, &e);
	w->zsk2 = privkey_generate(13, 0, 256, &e);
	w->odd = privkey_generate(15, 0, 256, &e);
	w->p = (struct plan){ .signer = w->zsk, .key_signer = w->ksk, .inception = NOW - DAY,
		.expiration = NOW + 28 * DAY };
	for (int i = 0; i < SERVERS; i++)
		w->p.serial[i] = 2026011502;
	keys_of_all(w, w->ksk, w->zsk, NULL);
	ds_of_all(w, w->ksk, NULL);
}

int
main(int argc, char **argv)
{
	struct world w = { 0 };

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		if (argc < 2) {
			printf("%s %s %d\n", cases[i].name, cases[i].cause, cases[i].status);
			continue;
		}
		if (strcmp(argv[1], cases[i].name) != 0)
			continue;
		world_make(&w);
		cases[i].change(&w);
		emit_round(&w);
		cases[i].see(&w);
		struct privkey *all[] = { w.ksk, w.zsk, w.ksk2, w.zsk2, w.odd };
		for (size_t k = 0; k < sizeof all / sizeof *all; k++)
			privkey_free(all[k]);
		arena_free(w.a);
		return 0;
	}
	return argc < 2 ? 0 : 3;
}
