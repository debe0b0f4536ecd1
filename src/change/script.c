/* script: a plan as a commented shell script for people who run it themselves. */
#include <string.h>

#include "change/make.h"

static void
comment(struct text *out, const char *before, const char *s)
{
	if (!*s)
		return;
	text_add(out, "# %s", before);
	for (; *s; s++)
		text_add(out, *s == '\n' ? "\n#   " : "%c", *s);
	text_add(out, "\n");
}

static void
date_option(struct text *out, const struct plan_timing *t)
{
	static const char *const option[KT_COUNT] = { [KT_PUBLISH] = "-P", [KT_ACTIVATE] = "-A",
		[KT_REVOKE] = "-R", [KT_INACTIVE] = "-I", [KT_DELETE] = "-D",
		[KT_SYNC_PUBLISH] = "-P sync", [KT_SYNC_DELETE] = "-D sync" };
	char stamp[40];

	if (option[t->field])
		text_add(out, " %s %s", option[t->field], t->new_time == TIME_UNSET ? "none"
			: clock_dnssec(stamp, sizeof stamp, t->new_time));
}

/* The folder of the key files as a word of a shell, whatever its name is. */
static void
key_folder(struct text *out, const struct plan_step *s)
{
	const char *file = s->keys.n ? s->keys.v[0].file : "", *slash = strrchr(file, '/');
	struct text folder = { 0 };

	if (!slash)
		text_add(&folder, ".");
	else /* of "/K..." it is the root */
		text_add_n(&folder, file, slash == file ? 1 : (size_t)(slash - file));
	text_add_shell(out, text_str(&folder));
	text_free(&folder);
}

static void
sign_line(struct text *out, const struct plan *p, const struct plan_step *s)
{
	if (strcmp(s->signer, "command") == 0) {
		for (size_t i = 0; i < s->argv.n; i++) {
			text_add(out, i ? " " : "");
			text_add_shell(out, s->argv.v[i]);
		}
		text_add(out, "\n");
		return;
	}
	if (strcmp(s->denial, "none") == 0) {
		text_add(out, "cp ");
		text_add_shell(out, s->input);
		text_add(out, " ");
		text_add_shell(out, s->output);
		text_add(out, "    # with serial %lld in its SOA\n", (long long)s->serial);
		return;
	}
	text_add(out, "# the SOA of the input must have serial %lld; never use -P (it skips the check)\n"
		"dnssec-signzone -S -K ", (long long)s->serial);
	key_folder(out, s);
	text_add(out, " -N keep -o ");
	text_add_shell(out, p->zone);
	text_add(out, " -f ");
	text_add_shell(out, s->output);
	text_add(out, " ");
	text_add_shell(out, s->input);
	text_add(out, "\nunbogus verify ");
	text_add_shell(out, s->output);
	text_add(out, "\n");
}

static void
command(struct text *out, const struct texts *argv)
{
	for (size_t i = 0; i < argv->n; i++) {
		text_add(out, i ? " " : "");
		text_add_shell(out, argv->v[i]);
	}
	if (argv->n)
		text_add(out, "\n");
}

static void
ask_person(struct text *out, const char *what)
{
	text_add(out, "printf 'Done when: %%s. Seen? [Enter to go on, ^C to stop] ' ");
	text_add_shell(out, what);
	text_add(out, "; read -r answer\n");
}

static void
step_lines(struct text *out, const struct plan *p, const struct plan_step *s)
{
	switch (s->kind) {
	case STEP_EDIT_TIMING:
		text_add(out, "dnssec-settime");
		for (size_t i = 0; i < s->timing.n; i++)
			date_option(out, &s->timing.v[i]);
		text_add(out, " ");
		text_add_shell(out, s->file);
		text_add(out, "\n");
		break;
	case STEP_GENERATE_KEY:
		text_add(out, "dnssec-keygen -K ");
		text_add_shell(out, *s->file ? s->file : ".");
		text_add(out, " -a %d", s->alg);
		if (s->bits)
			text_add(out, " -b %d", s->bits);
		text_add(out, "%s ", s->flags & 1 ? " -f KSK" : "");
		text_add_shell(out, p->zone);
		text_add(out, "\n");
		break;
	case STEP_SIGN: sign_line(out, p, s); break;
	case STEP_REPLACE_ZONE:
		text_add(out, "mv ");
		text_add_shell(out, s->input);
		text_add(out, " ");
		text_add_shell(out, s->file);
		text_add(out, "\n");
		break;
	case STEP_RELOAD:
		command(out, &s->argv);
		for (size_t i = 0; i < s->commands.n; i++)
			text_add(out, "%s\n", s->commands.v[i]);
		break;
	case STEP_MANUAL:
		for (size_t i = 0; i < s->commands.n; i++)
			text_add(out, "%s\n", s->commands.v[i]);
		break;
	case STEP_REGISTRAR:
		for (size_t i = 0; i < s->ds.n; i++)
			text_add(out, "#   %s IN DS %s\n", p->zone, s->ds.v[i]);
		if (!s->ds.n)
			text_add(out, "#   no DS\n");
		command(out, &s->argv);
		ask_person(out, s->expect);
		break;
	case STEP_WAIT:
	case STEP_OBSERVE: ask_person(out, s->expect); break;
	case STEP_KIND_COUNT: break;
	}
}

void
plan_script(struct text *out, const struct plan *p)
{
	char t[40], hash[PLAN_HASH];

	plan_hash(p, hash);
	text_add(out, "#!/bin/sh\n# %s, for %s, planned at %s\n# plan sha256 %s\n", p->title, p->zone,
		clock_rfc3339_s(t, sizeof t, p->made), hash);
	comment(out, "prediction: ", p->prediction.verdict);
	for (size_t i = 0; i < p->guards.n; i++)
		if (*p->guards.v[i].reason)
			text_add(out, "# guard %s (%s): %s\n", p->guards.v[i].id,
				guard_verdict_name(p->guards.v[i].verdict), p->guards.v[i].reason);
	text_add(out, "# The script does not check that the world is still the planned one; apply does.\n"
		"set -eu\n");
	if (plan_verdict(p) != GUARD_PASS)
		text_add(out, "echo 'guards do not pass this plan: read the comments, then take this line out' >&2; exit 4\n");
	for (size_t i = 0; i < p->steps.n; i++) {
		const struct plan_step *s = &p->steps.v[i];
		text_add(out, "\n# step %d: %s\n", s->n, s->text);
		comment(out, "before: ", s->precondition);
		comment(out, "undo: ", s->undo);
		step_lines(out, p, s);
	}
	if (*p->message) {
		text_add(out, "\n");
		comment(out, "text to send:\n", p->message);
	}
}
