/*
 * A configured command signs: its words are the operator's, "{input}" and "{output}" stand for the
 * unsigned zone and for a file that it shall write. Without "{output}" it writes the deployed file
 * itself, and what it says about that is not believed: the file is read.
 */
#include <string.h>

#include "base/file.h"
#include "change/replace.h"
#include "change/signers/signers.h"

static const char *const *
words(struct arena *a, const struct config_zone *zone, const struct plan_step *step, const char *folder)
{
	return signer_words(a, zone->signer, *step->input ? step->input : zone->zone_file,
		arena_printf(a, "%s/zone.signed", folder));
}

static size_t
commands(struct arena *a, const struct config_zone *zone, const struct state_place *state,
	const struct plan_step *step, const char *run, struct child_job *jobs, size_t n, size_t max)
{
	if (n < max && zone->signer && zone->signer->command_count)
		jobs[n++] = (struct child_job){ .argv = words(a, zone, step, signer_folder(a, state, run)),
			.timeout_ms = config_span(zone->signer->timeout, 120) * 1000 };
	return n;
}

static bool
precheck(struct signing *s, struct err *e)
{
	const struct config_signer *c = s->job->zone->signer;

	return (c && c->command_count) || err_set(e, ERR_ARG, s->job->zone->name, "config: signer: command",
		"the words of the signing command", "none");
}

static bool
in_place(const struct config_zone *zone)
{
	const struct config_signer *c = zone->signer;

	for (unsigned i = 0; c && i < c->command_count; i++)
		if (strcmp(c->command[i], "{output}") == 0)
			return false;
	return true;
}

static bool
sign(struct signing *s, struct text *out, struct err *e)
{
	const struct child_job job = { .argv = words(s->a, s->job->zone, s->step, s->folder) };
	struct child_result r = { 0 };
	size_t len;
	bool ok = signer_run(s, &job, &r, e);

	child_result_free(&r);
	if (!ok)
		return false;
	char *text = file_read(in_place(s->job->zone) ? s->signed_path
		: arena_printf(s->a, "%s/zone.signed", s->folder), TARGET_MAX, &len, e);
	if (text)
		*out = (struct text){ .s = text, .len = len, .cap = len + 1 };
	return text != NULL;
}

const struct signer signer_command = { .name = "command", .reads_keys = true, .precheck = precheck,
	.sign = sign, .in_place = in_place, .commands = commands };
