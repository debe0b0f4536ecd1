/*
 * tool_screen: draws the console from a diagnosis that is written down here, so that the screens
 * are tested without the engine: tool_screen SCENE WxH [mono] [ascii] < script.
 * Scenes: blocked (the signer lost its ZSK), swapped (a ZSK swapped without pre-publishing),
 * fine, big (26 servers, 12 keys), empty, hostile (escape sequences in every foreign field).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ui/tui/script.h"

#define T_BLOCKED INT64_C(1368661471) /* 2013-05-15T23:44:31Z */
#define T_SWAPPED INT64_C(1368666312) /* 2013-05-16T01:05:12Z */

struct scene {
	struct arena *a;
	struct diagnosis *d;
	struct snapshot *s;
	struct name zone;
	int64_t now; /* seconds */
	const char *evil; /* appended to every foreign text */
};

/* Puts VALUE after the N items of ARRAY. */
#define PUT(scene, array, n, value)                                                            \
	do {                                                                                   \
		void *grown = arena_alloc((scene)->a, ((n) + 1) * sizeof *(array));            \
		if (n)                                                                         \
			memcpy(grown, (array), (n) * sizeof *(array));                         \
		(array) = grown;                                                               \
		(array)[(n)++] = (value);                                                      \
	} while (0)

static const char *
foreign(struct scene *c, const char *s)
{
	return c->evil ? arena_printf(c->a, "%s%s", s, c->evil) : s;
}

static void
add_key(struct scene *c, struct key_row k, const char *comment, int64_t inactive)
{
	struct inventory *inv = (struct inventory *)c->d->inventory;
	struct obs *o = obs_new(FACT_KEYFILE, c->now * USEC, "local", &c->zone);
	struct fact_keyfile *f = &o->u.keyfile;
	char zone[NAME_MAX_TEXT];

	name_to_text(zone, &c->zone);
	f->path = arena_printf(o->arena, "/etc/dnssec/K%s+%03u+%05u.key%s", zone, k.alg, k.tag,
		c->evil ? c->evil : "");
	f->comment = foreign(c, comment);
	for (int i = 0; i < KT_COUNT; i++)
		f->time[i] = TIME_UNSET;
	f->time[KT_CREATED] = f->time[KT_PUBLISH] = f->time[KT_ACTIVATE] = 1334016000;
	f->time[KT_INACTIVE] = inactive;
	f->private_state = "present";
	f->private_owner = "root:bind";
	f->private_mode = 0600;
	arena_on_free(c->a, (void (*)(void *))obs_unref, o);
	k.file = o;
	k.ends = inactive == TIME_UNSET ? TIME_NEVER : inactive;
	k.by_flags = k.by_use = k.by_comment = k.role;
	k.by_ds = k.ds == DS_MATCH ? k.role : KEYROLE_UNKNOWN;
	if (k.left_zone == 0)
		k.left_zone = k.cached_until = TIME_UNSET;
	PUT(c, inv->rows, inv->n, k);
	inv->have_keydir = true;
}

static void
add_evidence(struct scene *c, const char *kind, const char *who, const char *text, const char *dig)
{
	struct evidence e = { .id = arena_printf(c->a, "E%zu", c->d->n_evidence + 1), .kind = kind,
		.who = foreign(c, who), .text = foreign(c, text), .reproduce = dig,
		.t = (c->now - 3) * USEC };

	PUT(c, c->d->evidence, c->d->n_evidence, e);
}

static void
add_serial(struct scene *c, const char *stage, const char *where, uint32_t serial, int lag, bool brk)
{
	struct serial_row r = { .stage = stage, .where = foreign(c, where), .known = serial != 0,
		.serial = serial, .seen = (c->now - (serial ? 4 : 31)) * USEC, .lag = lag,
		.sig_expires = brk || lag || serial == 0 ? c->now + 28 * 86400 : TIME_UNSET,
		.first_break = brk, .silent = serial == 0 };

	PUT(c, c->d->serials, c->d->n_serials, r);
}

static void
add_vantage(struct scene *c, const char *name, const char *kind, const char *address,
	enum vstate st, const char *cells, const char *note)
{
	struct fact_vantage *f = arena_new_one(c->a, struct fact_vantage);
	struct vantage_state *vs = arena_new_one(c->a, struct vantage_state);
	struct vantage_row r = { .v = vs, .state = st, .tested = true, .validates = true,
		.counted = !note, .note = note, .ede = st == V_BOGUS ? 9 : -1,
		.ttl_left = st == V_BOGUS ? 1320 : TIME_UNSET, .clears = TIME_UNSET,
		.heard = (c->now - (st == V_UNKNOWN ? 47 : 4)) * USEC };
	char copy[64];

	*f = (struct fact_vantage){ .name = foreign(c, name), .kind = kind, .address = address,
		.type = address ? VANTAGE_RESOLVER : VANTAGE_LIBUNBOUND, .counted = !note,
		.cache_kept = strstr(name, "aged") != NULL };
	vs->v = f;
	snprintf(copy, sizeof copy, "%s", cells);
	char *p = strtok(copy, " ");
	for (int i = 0; i < 4 && p; i++, p = strtok(NULL, " "))
		r.cell[i] = arena_strdup(c->a, p);
	PUT(c, c->d->vantages, c->d->n_vantages, r);
	if (!note) {
		c->d->secure += st == V_SECURE;
		c->d->bogus += st == V_BOGUS;
		c->d->unknown += st == V_UNKNOWN;
	}
}

static void
add_event(struct scene *c, int64_t t, enum event_kind kind, const char *who, const char *text, int sev)
{
	struct event e = { .t = t * USEC, .kind = kind, .who = who, .text = foreign(c, text),
		.severity = sev };

	PUT(c, c->s->events.v, c->s->events.n, e);
}

/* A DNSKEY RDATA is not needed for the screens: only tags are shown. */
static void
add_chain(struct scene *c, const uint16_t *ds, size_t n_ds, const uint16_t *data, size_t n_data)
{
	struct chain *ch = arena_new_one(c->a, struct chain);
	struct name above;

	ch->n = 3;
	ch->links = arena_new_array(c->a, struct chain_link, 3);
	ch->state = LINK_SECURE;
	ch->wholly_known = true;
	ch->links[2].zone = c->zone;
	name_parent(&c->zone, &above);
	ch->links[1].zone = above;
	ch->links[0].zone = name_root;
	ch->links[0].anchored = true;
	for (int i = 0; i < 3; i++) {
		struct chain_link *l = &ch->links[i];
		l->state = LINK_SECURE;
		l->reason = "";
		l->n_dnskey_signers = i == 2 ? n_ds : 1;
		l->dnskey_signers = i == 2 ? (uint16_t *)ds : arena_memdup(c->a,
			&(uint16_t){ i ? 21366 : 19036 }, sizeof(uint16_t));
		l->ds_expiration = c->now + 20 * 86400;
		l->ds_signer_tag = i == 2 ? 42353 : 20580;
		l->dnskey_ttl = 3600;
		l->dnskey_expiration = l->data_expiration = c->now + 28 * 86400;
	}
	struct chain_link *z = &ch->links[2];
	z->data_signers = (uint16_t *)data;
	z->n_data_signers = n_data;
	for (size_t i = 0; i < n_ds + 1; i++) {
		struct ds_link d = { .ds = { .tag = i < n_ds ? ds[i] : 21366, .alg = 8, .digest_type = 2 },
			.hex = "93FC38E70C2A5B1F50B4DE1A8E3F00112233445566778899AABBCCDDB1F50B4D",
			.parents = 6, .of = 6, .key_served = true, .digest_ok = true, .key_signs = true,
			.supported = true, .key_flags = 257 };
		struct chain_link *l = i < n_ds ? z : &ch->links[1];
		PUT(c, l->ds, l->n_ds, d);
	}
	struct rr k = { .type = T_DNSKEY, .rdlen = 8, .rdata = (const uint8_t *)"\1\1\3\10abcd" };
	arena_push(c->a, &z->dnskey, k);
	c->d->chain = ch;
}

static struct scene
scene_new(const char *zone, int64_t now)
{
	struct scene c = { .a = arena_new(), .now = now };

	c.d = arena_new_one(c.a, struct diagnosis);
	c.s = arena_new_one(c.a, struct snapshot);
	name_from_text(&c.zone, zone, NULL);
	c.d->arena = c.a;
	c.d->snapshot = NULL;
	c.d->zone = c.zone;
	c.d->now = now * USEC;
	c.d->inventory = arena_new_one(c.a, struct inventory);
	c.s->zone = c.zone;
	c.s->now = now * USEC;
	c.s->refs = 1000; /* lives in the scene's arena */
	c.s->history.since = now - 72 * 60;
	c.d->snapshot = c.s;
	return c;
}

static void
five_servers(struct scene *c, uint32_t serial, int lag, bool silent_one)
{
	static const char *const at[] = { "ns1.example.org 63.245.215.5", "ns2.example.com 63.245.223.5",
		"ns3.example.org 2620:101:8008::5", "ns4.example.org 192.0.2.14",
		"ns5.example.org 192.0.2.15" };

	add_serial(c, "hidden primary", "ns-master 10.8.75.2", serial, lag, false);
	for (int i = 0; i < 5; i++)
		add_serial(c, arena_printf(c->a, "ns%d", i + 1), at[i],
			silent_one && i == 3 ? 0 : serial, lag, false);
}

static struct scene
blocked(const char *evil)
{
	static const uint16_t ds[] = { 42731 }, zsk[] = { 25548 };
	struct scene c = scene_new("example.org.", T_BLOCKED);
	struct diagnosis *d = c.d;

	c.evil = evil;
	d->state = STATE_WARNING;
	d->security = LINK_SECURE;
	d->confidence = "high";
	d->headline = foreign(&c, "PUBLISH BLOCKED, NOT AN OUTAGE: signer has no active ZSK");
	d->cause_text = foreign(&c, "ZSK 25548 stopped signing 1d23h ago (Inactive passed). "
		"KSK 42731 and its DS are fine.");
	d->time_text = "nobody fails before 2013-06-12 16:21 PDT (28d): first RRSIG end";
	PUT(&c, d->safe, d->n_safe, ((struct step){ "extend-zsk", 25548,
		"extend ZSK 25548 and re-sign 2013051500", "no cache at risk" }));
	PUT(&c, d->wrong, d->n_wrong, ((struct step){ "new-ksk", -1,
		"add a new KSK or DS", "does not fix it; the KSK is fine; the registrar then locks 24h" }));
	PUT(&c, d->ruled_out, d->n_ruled_out, ((struct ruled_out){ .id = "ksk",
		.why = "KSK 42731 is active, served by 5 of 5 and signs the DNSKEY set (E2)." }));
	PUT(&c, d->ruled_out, d->n_ruled_out, ((struct ruled_out){ .id = "ds",
		.why = "DS 42731 matches that key at 6 of 6 parent servers (E3)." }));
	add_key(&c, (struct key_row){ .tag = 42731, .alg = 8, .bits = 2048, .flags = 257,
		.role = KEYROLE_KSK, .timing = KEY_ACTIVE, .served = 5, .servers = 5, .ds = DS_MATCH,
		.ds_parents = 6, .parents = 6, .signs = "DNSKEY", .state = "active", .rrsigs = 1,
		.first_expiration = T_BLOCKED + 27 * 86400, .state_text = "KSK 42731 is active" },
		"This is a key-signing key, keyid 42731", TIME_UNSET);
	add_key(&c, (struct key_row){ .tag = 25548, .alg = 8, .bits = 1024, .flags = 256,
		.role = KEYROLE_ZSK, .timing = KEY_INACTIVE, .served = 5, .servers = 5, .ds = DS_NONE,
		.signs = "all others", .state = "INACTIVE", .severity = 1, .rrsigs = 41,
		.rrsigs_from_file = true, .first_expiration = T_BLOCKED + 28 * 86400,
		.state_text = "ZSK 25548 stopped signing 1d23h ago (Inactive passed)" },
		"This is a zone-signing key, keyid 25548", 1368490320);
	add_chain(&c, ds, 1, zsk, 1);
	add_serial(&c, "source (svn)", "r61234 zones/example.org", 2013051500, 0, false);
	add_serial(&c, "signed file", "example.org.signed", 2013051402, -1, true);
	five_servers(&c, 2013051402, -1, false);
	add_vantage(&c, "own-fresh", "own", NULL, V_SECURE, "AD AD AD AD", NULL);
	add_vantage(&c, "own-aged", "own", NULL, V_SECURE, "AD AD AD AD", NULL);
	add_vantage(&c, "internal", "internal", "10.22.75.40", V_SECURE, "AD AD AD AD",
		"split horizon: its DS of org. differs from the Internet's");
	add_vantage(&c, "isp", "isp", "75.75.75.75", V_SECURE, "AD AD AD AD", NULL);
	add_vantage(&c, "public", "public", "8.8.8.8", V_SECURE, "AD AD AD AD", NULL);
	add_vantage(&c, "public2", "public", "149.20.64.20", V_SECURE, "AD AD AD AD", NULL);
	add_evidence(&c, "keyfile", "/etc/dnssec/Kexample.org.+008+25548.key:4",
		"Inactive: 20130514001200", "sed -n 4p /etc/dnssec/Kexample.org.+008+25548.key");
	add_evidence(&c, "answer", "ns1.example.org. 63.245.215.5",
		"DNSKEY 42731 and 25548; RRSIG(DNSKEY) by 42731 good to 06-11",
		"dig +norec +dnssec @63.245.215.5 example.org. DNSKEY");
	add_evidence(&c, "answer", "a0.org. 199.19.56.1", "DS 42731 8 2 93FC38E7...: matches",
		"dig +norec +dnssec @199.19.56.1 example.org. DS");
	add_evidence(&c, "signer", "/var/log/signer.log", "fatal: cannot find SOA RRSIGs", NULL);
	add_event(&c, T_BLOCKED - 4311, EVENT_SERIAL, "probe",
		"serial mismatch: svn 2013051500, ns1..ns5 2013051402", 1);
	add_event(&c, T_BLOCKED - 2480, EVENT_SIGNER, "signer",
		"exit 1: 'fatal: cannot find SOA RRSIGs' (known message)", 1);
	return c;
}

static struct scene
swapped(void)
{
	static const uint16_t ds[] = { 42731, 52801 }, zsk[] = { 40183 };
	struct scene c = scene_new("example.org.", T_SWAPPED);
	struct diagnosis *d = c.d;
	int64_t swap = T_SWAPPED - 2288;

	d->state = STATE_CRITICAL;
	d->security = LINK_SECURE;
	d->headline = "PARTIAL OUTAGE: 2 of 5 vantages BOGUS; caches hold the DNSKEY set of before 17:27";
	d->cause_text = "ZSK was swapped 25548 -> 40183 at 17:27 without pre-publishing 40183. Caches that "
		"fetched DNSKEY before 17:27 hold {42731 25548} and cannot check RRSIGs by 40183. It is not "
		"a DS or KSK fault.";
	d->time_text = "validators fail now; the last stale cache clears by 18:27 PDT (22m)";
	PUT(&c, d->safe, d->n_safe, ((struct step){ "wait", -1,
		"change no key; the last stale cache expires 18:27", "heals by itself in 22m" }));
	PUT(&c, d->safe, d->n_safe, ((struct step){ "restore-zsk", 25548,
		"publish ZSK 25548 again and sign with both", "no cache at risk" }));
	PUT(&c, d->wrong, d->n_wrong, ((struct step){ "resign-without", 42731,
		"re-sign without KSK 42731",
		"validators with DS {42731} cached go BOGUS until 05-16 16:52" }));
	PUT(&c, d->ruled_out, d->n_ruled_out, ((struct ruled_out){ .id = "ds",
		.why = "DS 42731 and 52801 match served keys (E2)." }));
	PUT(&c, d->ruled_out, d->n_ruled_out, ((struct ruled_out){ .id = "servers",
		.why = "4 of 5 name servers give the same signed zone (E3)." }));
	struct key_row ksk = { .tag = 42731, .alg = 8, .bits = 2048, .flags = 257, .role = KEYROLE_KSK,
		.timing = KEY_ACTIVE, .served = 4, .servers = 4, .ds = DS_MATCH, .ds_parents = 6,
		.parents = 6, .signs = "DNSKEY", .state = "active", .first_expiration = TIME_UNSET };
	add_key(&c, ksk, "This is a key-signing key, keyid 42731", TIME_UNSET);
	ksk.tag = 52801;
	add_key(&c, ksk, "This is a key-signing key, keyid 52801", TIME_UNSET);
	add_key(&c, (struct key_row){ .tag = 25548, .alg = 8, .bits = 1024, .flags = 256,
		.role = KEYROLE_ZSK, .timing = KEY_INACTIVE, .servers = 4, .ds = DS_NONE, .signs = "-",
		.state = "inactive", .severity = 1, .left_zone = swap, .cached_until = swap + 3600,
		.first_expiration = TIME_UNSET,
		.state_text = "ZSK 25548 was withdrawn while caches still needed it (RFC 6781 4.1.1)" },
		"This is a zone-signing key, keyid 25548", 1368490320);
	add_key(&c, (struct key_row){ .tag = 40183, .alg = 8, .bits = 1024, .flags = 256,
		.role = KEYROLE_ZSK, .timing = KEY_ACTIVE, .served = 4, .servers = 4, .ds = DS_NONE,
		.signs = "all", .state = "active", .rrsigs = 42, .first_expiration = T_SWAPPED + 30 * 86400 },
		"This is a zone-signing key, keyid 40183", T_SWAPPED + 89 * 86400);
	add_chain(&c, ds, 2, zsk, 1);
	struct version old = { .value = "0100030861626364", .on = swap - 86400 * 30, .off = swap,
		.ttl = 3600 };
	arena_push(c.a, &c.s->history.dnskey, old);
	add_serial(&c, "source (svn)", "r61234 zones/example.org", 2013051500, 0, false);
	add_serial(&c, "signed file", "example.org.signed", 2013051500, 0, false);
	five_servers(&c, 2013051500, 0, true);
	add_vantage(&c, "own-fresh", "own", NULL, V_SECURE, "AD AD AD AD", NULL);
	add_vantage(&c, "own-aged", "own", NULL, V_BOGUS, "SF SF AD SF", NULL);
	add_vantage(&c, "internal", "internal", "10.22.75.40", V_SECURE, "AD AD AD AD",
		"split horizon: its DS of org. differs from the Internet's");
	add_vantage(&c, "isp", "isp", "75.75.75.75", V_BOGUS, "SF ok SF SF", NULL);
	add_vantage(&c, "public", "public", "8.8.8.8", V_SECURE, "AD AD AD AD", NULL);
	add_vantage(&c, "public2", "public", "149.20.64.20", V_UNKNOWN, "TMO TMO TMO TMO", NULL);
	add_evidence(&c, "resolve", "isp 75.75.75.75", "SOA SERVFAIL; CD=1 NOERROR, RRSIG by 40183",
		"dig +dnssec @75.75.75.75 example.org. SOA");
	add_event(&c, swap, EVENT_KEYS, "probe", "DNSKEY set {42731 25548} -> {42731 52801 40183}", 1);
	add_event(&c, T_SWAPPED - 391, EVENT_VANTAGE, "probe", "isp SOA SERVFAIL (first)", 2);
	return c;
}

static struct scene
fine(void)
{
	static const uint16_t ds[] = { 42731 }, zsk[] = { 40183 };
	struct scene c = scene_new("example.org.", T_BLOCKED);

	c.d->headline = "every server and validator agrees";
	c.d->time_text = "first deadline 06-11: RRSIG of SOA (27d); ZSK 40183 ends in 89d";
	add_key(&c, (struct key_row){ .tag = 40183, .alg = 13, .bits = 256, .flags = 256,
		.role = KEYROLE_ZSK, .timing = KEY_ACTIVE, .served = 5, .servers = 5, .signs = "all",
		.state = "active", .ds = DS_NONE, .first_expiration = TIME_UNSET }, "zone-signing",
		T_BLOCKED + 89 * 86400);
	add_chain(&c, ds, 1, zsk, 1);
	five_servers(&c, 2013051402, 0, false);
	add_vantage(&c, "own-fresh", "own", NULL, V_SECURE, "AD AD AD AD", NULL);
	return c;
}

static struct scene
big(void)
{
	static const uint16_t ds[] = { 1001, 1002, 1003 }, zsk[] = { 2001, 2002 };
	struct scene c = scene_new("8.b.d.0.1.0.0.2.a.a.a.a.b.b.b.b.c.c.c.c.d.d.d.d.e.e.e.e.ip6.arpa.",
		T_BLOCKED);

	c.d->state = STATE_CRITICAL;
	c.d->headline = "OUTAGE: 3 of 26 servers give signatures that have ended";
	c.d->cause_text = "RRSIG(SOA) by ZSK 2001 ended 2013-05-14 at 3 of 26 addresses; the others are fresh";
	c.d->time_text = "validators that ask these three fail now";
	PUT(&c, c.d->safe, c.d->n_safe, ((struct step){ "look", -1,
		"see why m1, m2 and m3 no longer transfer the zone", "changes nothing" }));
	for (int i = 0; i < 12; i++)
		add_key(&c, (struct key_row){ .tag = (uint16_t)(1000 + i), .alg = i & 1 ? 13 : 8,
			.bits = i & 1 ? 256 : 2048, .flags = i < 4 ? 257 : 256,
			.role = i < 4 ? KEYROLE_KSK : KEYROLE_ZSK, .timing = KEY_ACTIVE, .served = 26,
			.servers = 26, .ds = i < 3 ? DS_MATCH : DS_NONE, .ds_parents = 6, .parents = 6,
			.signs = i < 4 ? "DNSKEY" : "all others", .state = "active",
			.first_expiration = TIME_UNSET }, "key", T_BLOCKED + (i + 3) * 86400);
	for (int i = 12; i < 40; i++)
		add_key(&c, (struct key_row){ .tag = (uint16_t)(1000 + i), .alg = 13, .bits = 256,
			.flags = 256, .role = KEYROLE_ZSK, .timing = KEY_REMOVED, .servers = 26,
			.signs = "-", .state = "removed", .ds = DS_NONE, .first_expiration = TIME_UNSET },
			"key", T_BLOCKED - i * 86400);
	add_chain(&c, ds, 3, zsk, 2);
	for (int i = 0; i < 26; i++)
		add_serial(&c, arena_printf(c.a, "%c%d", 'a' + i / 2, i % 2 + 1),
			arena_printf(c.a, "%c.ip6-servers.arpa 2001:db8:%x::%x", 'a' + i / 2, i, i + 1),
			i >= 23 ? 2013051300 : 2013051402, i >= 23 ? -1 : 0, i == 23);
	for (int i = 0; i < 8; i++)
		add_vantage(&c, arena_printf(c.a, "resolver-with-a-long-name-%d", i), "isp", "192.0.2.1",
			i < 3 ? V_UNKNOWN : V_SECURE, i < 3 ? "TMO TMO TMO TMO" : "AD AD AD AD", NULL);
	return c;
}

static struct diagnosis *
make(const char *scene)
{
	static const char evil[] = "\033]0;owned\a\033[2J\xe2\x80\xae" "desrever\xe2\x80\x8b\tX\x80\n";
	struct scene c;

	if (strcmp(scene, "blocked") == 0)
		c = blocked(NULL);
	else if (strcmp(scene, "hostile") == 0)
		c = blocked(evil);
	else if (strcmp(scene, "swapped") == 0)
		c = swapped();
	else if (strcmp(scene, "fine") == 0)
		c = fine();
	else if (strcmp(scene, "big") == 0)
		c = big();
	else
		return NULL;
	if (c.d->n_evidence || c.d->cause_text) {
		PUT(&c, c.d->findings, c.d->n_findings, ((struct finding){ .id = "the-finding",
			.severity = SEV_HIGH, .keytag = 25548, .text = c.d->cause_text, .explained_by = -1 }));
		PUT(&c, c.d->causes, c.d->n_causes, 0u);
	}
	return c.d;
}

int
main(int argc, char **argv)
{
	struct view v;
	int w = 80, h = 24;

	if (argc < 3 || sscanf(argv[2], "%dx%d", &w, &h) != 2)
		return 64;
	clock_zone("America/Los_Angeles");
	view_init(&v, w, h);
	for (int i = 3; i < argc; i++) {
		v.ascii |= strcmp(argv[i], "ascii") == 0;
		if (strcmp(argv[i], "mono") == 0)
			v.theme = THEME_MONO;
	}
	struct diagnosis *d = make(argv[1]);
	if (d)
		view_diagnosis(&v, d, d->now);
	int status = script_run(&v, NULL, NULL, stdin, stdout);
	view_done(&v);
	return status;
}
