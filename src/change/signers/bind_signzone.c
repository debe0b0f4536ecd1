/*
 * BIND's key files and dnssec-signzone -S: it signs by the dates in the files, which are edited
 * before it runs. It never gets -P (it would leave out its own check), its dsset file is thrown
 * away (it lists keys that are gone), and libfaketime is not for it (all measured).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "change/replace.h"
#include "change/signers/signers.h"

static const char *
in_file(struct arena *a, const char *folder)
{
	return arena_printf(a, "%s/zone.in", folder);
}

static const char *
out_file(struct arena *a, const char *folder)
{
	return arena_printf(a, "%s/zone.signed", folder);
}

/* "-3 SALT -H N [-A]" as the deployed zone has it, or as the plan wants it. */
static size_t
denial_words(struct arena *a, const struct plan_step *step, const char *deployed, const char **w)
{
	struct zone *z = NULL;
	const struct zset *set = NULL;
	size_t n = 0;
	char salt[513] = "-";
	unsigned iterations = 0;
	bool optout = strcmp(step->denial, "nsec3-opt-out") == 0;

	if (strcmp(step->denial, "keep") == 0 && deployed)
		z = zone_load(deployed, NULL, NULL, NULL);
	set = z ? zone_apex_set(z, T_NSEC3PARAM) : NULL;
	if (set) {
		const struct zrr *rr = z->rrs[set->first];
		iterations = rr->rdlen >= 5 ? (unsigned)(rr->rdata[2] << 8 | rr->rdata[3]) : 0;
		if (rr->rdlen > 5 && rr->rdata[4])
			text_hex(salt, sizeof salt, rr->rdata + 5, rr->rdata[4]);
		for (size_t i = 0; i < z->n_rrs; i++)
			optout |= z->rrs[i]->type == T_NSEC3 && z->rrs[i]->rdlen > 1 && (z->rrs[i]->rdata[1] & 1);
	}
	if (set || strncmp(step->denial, "nsec3", 5) == 0) {
		w[n++] = "-3";
		w[n++] = arena_strdup(a, salt);
		w[n++] = "-H";
		w[n++] = arena_printf(a, "%u", iterations);
		if (optout)
			w[n++] = "-A";
	}
	zone_free(z);
	return n;
}

static const char *const *
words(struct arena *a, const struct config_zone *zone, const struct plan_step *step, const char *folder)
{
	const char **w = arena_new_array(a, const char *, 32);
	size_t n = 0;

	w[n++] = "dnssec-signzone";
	w[n++] = "-S";
	w[n++] = "-K";
	w[n++] = zone->keys;
	w[n++] = "-d";
	w[n++] = folder;
	w[n++] = "-o";
	w[n++] = zone->name;
	w[n++] = "-N";
	w[n++] = "keep"; /* the input has the plan's serial already */
	if (step->validity > 0) {
		w[n++] = "-e";
		w[n++] = arena_printf(a, "now+%lld", (long long)step->validity);
	}
	n += denial_words(a, step, zone->signed_file, w + n);
	w[n++] = "-f";
	w[n++] = out_file(a, folder);
	w[n++] = in_file(a, folder);
	return w;
}

static size_t
commands(struct arena *a, const struct config_zone *zone, const struct state_place *state,
	const struct plan_step *step, const char *run, struct child_job *jobs, size_t n, size_t max)
{
	int64_t timeout = config_span(zone->signer ? zone->signer->timeout : NULL, 120);

	if (n < max && zone->keys)
		jobs[n++] = (struct child_job){ .argv = words(a, zone, step, signer_folder(a, state, run)),
			.timeout_ms = timeout * 1000 };
	return n;
}

static bool
precheck(struct signing *s, struct err *e)
{
	return s->job->zone->keys || err_set(e, ERR_ARG, s->job->zone->name, "config: keys",
		"the folder of the key files", "none");
}

static bool
sign(struct signing *s, struct text *out, struct err *e)
{
	struct text in = { 0 };
	struct child_result r = { 0 };
	size_t len;
	struct zone *z = signer_unsigned(s->input, (uint32_t)s->step->serial, e);

	if (!z)
		return false;
	signer_zone_text(z, &in);
	zone_free(z);
	bool ok = file_replace(in_file(s->a, s->folder), text_str(&in), in.len, 0600, e);
	text_free(&in);
	const struct child_job job = { .argv = words(s->a, s->job->zone, s->step, s->folder) };
	ok = ok && signer_run(s, &job, &r, e);
	child_result_free(&r);
	char *text = ok ? file_read(out_file(s->a, s->folder), TARGET_MAX, &len, e) : NULL;
	if (text)
		*out = (struct text){ .s = text, .len = len, .cap = len + 1 };
	return text != NULL;
}

const struct signer signer_bind_signzone = { .name = "bind-signzone", .reads_keys = true,
	.precheck = precheck, .sign = sign, .commands = commands };
