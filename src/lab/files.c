/* The files of the host that the zone's keys live on, written as they are at one moment. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/file.h"
#include "keys/privfile.h"
#include "lab/world.h"

const char *
world_path(const struct world *w, struct arena *a, const char *rest)
{
	return arena_printf(a, "%s/%s", w->dir, rest);
}

const char *
world_key_path(const struct world *w, struct arena *a, unsigned key, const char *ending)
{
	const struct privkey *k = w->keys[key].priv;

	return arena_printf(a, "%s/dnssec/K%s.+%03u+%05u.%s", w->dir, w->s->zone, k->alg, k->tag, ending);
}

/* With the time that it would have in the scenario: set through a descriptor, because a confined
 * process may not do so by name. */
static bool
write_file(const char *path, const struct text *t, mode_t mode, int64_t usec, struct err *e)
{
	const struct timespec when[2] = { { usec / USEC, 0 }, { usec / USEC, 0 } };

	if (!file_replace(path, text_str(t), t->len, mode, e))
		return false;
	int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
	bool ok = fd >= 0 && futimens(fd, when) == 0;
	if (!ok)
		err_errno(e, path, fd < 0 ? "open" : "futimens", errno);
	if (fd >= 0)
		close(fd);
	return ok;
}

static void
key_times(struct text *t, const struct sc_key *k, const char *mark, bool words)
{
	const struct {
		const char *name;
		int64_t t;
	} v[] = { { "Created", k->t_created }, { "Publish", k->t_publish }, { "Activate", k->t_activate },
		{ "Inactive", k->t_inactive }, { "Delete", k->t_delete } };
	char digits[40], text[64];

	for (size_t i = 0; i < sizeof v / sizeof *v; i++) {
		if (v[i].t == TIME_UNSET || v[i].t == TIME_NEVER)
			continue;
		text_add(t, "%s%s: %s", mark, v[i].name, clock_dnssec(digits, sizeof digits, v[i].t));
		if (words)
			text_add(t, " (%s)", clock_utc(text, sizeof text, v[i].t, "%a %b %e %T %Y"));
		text_add(t, "\n");
	}
}

static bool
write_key(const struct world *w, struct arena *a, unsigned i, struct err *e)
{
	const struct sc_key *k = &w->keys[i].sc;
	const struct privkey *p = w->keys[i].priv;
	int64_t when = w->keys[i].touched;
	struct text pub = { 0 }, priv = { 0 };
	bool ok;

	text_add(&pub, "; This is a %s-signing key, keyid %u, for %s.\n", k->role == SC_KSK ? "key" : "zone",
		p->tag, w->s->zone);
	key_times(&pub, k, "; ", true);
	text_add(&pub, "%s. IN DNSKEY %s\n", w->s->zone,
		rdata_to_text(a, T_DNSKEY, p->dnskey, p->dnskey_len));
	ok = privfile_text(&priv, p);
	key_times(&priv, k, "", false);
	ok = ok && write_file(world_key_path(w, a, i, "key"), &pub, 0644, when, e);
	if (ok && strcmp(w->keys[i].where, "here") == 0)
		ok = write_file(world_key_path(w, a, i, "private"), &priv, 0600, when, e);
	else
		unlink(world_key_path(w, a, i, "private"));
	text_free(&pub);
	text_wipe(&priv);
	return ok;
}

static bool
write_signed(const struct world *w, struct arena *a, int64_t t, struct err *e)
{
	const struct lab_zone *z = world_zone(w, t);
	const struct lab_set *soa = lab_find(z, &z->apex, T_SOA);
	struct rr_list all = { 0 };
	struct text text = { 0 };

	lab_put(a, &all, soa, SECTION_ANSWER);
	for (size_t i = 0; i < z->n; i++)
		if (&z->v[i] != soa)
			lab_put(a, &all, &z->v[i], SECTION_ANSWER);
	for (size_t i = 0; i < all.n; i++)
		text_add(&text, "%s\n", rr_to_text(a, &all.v[i]));
	bool ok = write_file(world_path(w, a, arena_printf(a, "%s.signed", w->s->zone)), &text, 0644, z->on, e);
	text_free(&text);
	return ok;
}

static bool
write_source(const struct world *w, struct arena *a, int64_t t, struct err *e)
{
	const struct sc_revision *r = world_revision(w, t);
	const char *records = scenario_text(w->s, a, w->s->records);
	struct text text = { 0 };

	if (strncmp(records, "$TTL", 4) == 0)
		records = strchr(records, '\n') ? strchr(records, '\n') + 1 : "";
	text_add(&text, "$ORIGIN %s.\n$TTL %u\n@ SOA ns1 sysadmins %u 3600 600 1209600 300\n%s",
		w->s->zone, w->s->data_ttl, r->serial, records);
	for (const struct sc_revision *p = w->s->revisions; p <= r; p++)
		if (p->add)
			text_add(&text, "%s\n", scenario_text(w->s, a, p->add));
	if (world_source_broken(w, t))
		text_add(&text, "oops AA 192.0.2.1\n");
	bool ok = write_file(world_path(w, a, arena_printf(a, "zones/%s", w->s->zone)), &text, 0644, r->t, e);
	text_free(&text);
	return ok;
}

static bool
write_log(const struct world *w, struct arena *a, int64_t t, struct err *e)
{
	const struct sc_run *last = world_run(w, t);
	struct text text = { 0 };

	if (!last)
		return true;
	for (unsigned i = 0; i < last->lines_count; i++)
		text_add(&text, "%s\n", scenario_text(w->s, a, last->lines[i]));
	text_add(&text, "exit status %d\n", last->exit);
	bool ok = write_file(world_path(w, a, "signer.log"), &text, 0644, last->t, e);
	text_free(&text);
	return ok;
}

/* The root's key as a trust anchor, for validators that are pointed at this world. */
static bool
write_anchor(const struct world *w, struct arena *a, struct err *e)
{
	struct text text = { 0 };

	text_add(&text, ". 86400 IN DNSKEY %s\n",
		rdata_to_text(a, T_DNSKEY, w->root[0]->dnskey, w->root[0]->dnskey_len));
	bool ok = write_file(world_path(w, a, "root.key"), &text, 0644, w->s->t_start, e);
	text_free(&text);
	return ok;
}

static uint64_t
blend(uint64_t h, uint64_t v)
{
	return (h ^ v) * UINT64_C(1099511628211);
}

/* Another key has this one's file name already: it lies elsewhere, in an HSM of its own. */
static bool
name_taken(const struct world *w, unsigned key)
{
	for (unsigned i = 0; i < key; i++)
		if (w->keys[i].priv->tag == w->keys[key].priv->tag &&
			w->keys[i].priv->alg == w->keys[key].priv->alg)
			return true;
	return false;
}

/* A number that changes when any file would. */
static uint64_t
fingerprint(const struct world *w, int64_t t)
{
	const struct lab_zone *z = world_zone(w, t);
	const struct sc_run *run = world_run(w, t);
	uint64_t h = blend(blend(UINT64_C(14695981039346656037), (uint64_t)z->on), z->serial);

	h = blend(blend(h, (uint64_t)world_revision(w, t)->t), run ? (uint64_t)run->t : 1);
	h = blend(h, world_source_broken(w, t));
	for (unsigned i = 0; i < w->n_keys; i++) {
		const struct sc_key *k = &w->keys[i].sc;
		h = blend(h, world_key_made(w, i, t));
		h = blend(blend(h, (uint64_t)k->t_inactive), (uint64_t)k->t_activate);
		h = blend(h, w->keys[i].where[0] == 'h');
	}
	return h | 1;
}

bool
world_files(struct world *w, int64_t t, struct err *e)
{
	uint64_t now = fingerprint(w, t);

	if (now == w->written)
		return true;
	struct arena *a = arena_new();
	bool ok = file_mkdir_p(world_path(w, a, "dnssec"), e) && file_mkdir_p(world_path(w, a, "zones"), e);
	for (unsigned i = 0; ok && i < w->n_keys; i++)
		if (name_taken(w, i))
			continue;
		else if (world_key_made(w, i, t))
			ok = write_key(w, a, i, e);
		else { /* of an earlier use of the folder, at a later moment */
			unlink(world_key_path(w, a, i, "key"));
			unlink(world_key_path(w, a, i, "private"));
		}
	ok = ok && write_signed(w, a, t, e) && write_source(w, a, t, e) && write_log(w, a, t, e) &&
		write_anchor(w, a, e);
	w->written = ok ? now : 0;
	arena_free(a);
	return ok;
}
