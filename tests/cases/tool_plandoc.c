/* Prints unbogus-plan(5) from the tables of actions, members, guards and WHAT words. */
#include <stdio.h>
#include <string.h>

#include "change/action.h"
#include "change/consent.h"
#include "change/guard.h"
#include "change/plan_fields.h"
#include "tests/cases/mdoc.h"

static const char *const kinds[] = { [PF_TEXT] = "string", [PF_BOOL] = "boolean", [PF_INT] = "number",
	[PF_NUMBER] = "number", [PF_TIME] = "time", [PF_ENUM] = "word", [PF_TEXTS] = "list of strings",
	[PF_TAGS] = "list of key tags", [PF_RECORD] = "object", [PF_LIST] = "list of objects" };

static const char head[] =
	".Dd November 24, 2026\n.Dt UNBOGUS-PLAN 5\n.Os\n.Sh NAME\n.Nm unbogus-plan\n"
	".Nd a guided action, made ready to be looked at and done\n.Sh DESCRIPTION\n"
	"A plan is a file of one JSON object (RFC 8259) that\n.Xr unbogus-plan 1\nwrites.\n"
	"It holds what it rests on, with hashes; the steps, the diff, what validators will see, the guards' "
	"verdicts, and the phrase that consents to it.\n"
	"Consent and journal are bound to the SHA-256 of its canonical form: members sorted, no blanks.\n"
	"No private key is in it.\n.Pp\n"
	"A reader is strict: a member that is missing, unknown or of another type, and one that stands "
	"there twice, make the file unusable.\n"
	"A\n.Em time\nis RFC 3339 in UTC with whole seconds, null where there is none, \"never\" where there "
	"is no end.\n";

/* A tag's text with a minus or a quote that mdoc would take for its own. */
static void
put_words(const char *const *names)
{
	printf("One of");
	for (; *names; names++)
		printf("\n.Cm %s%s", *names, names[1] ? " ," : " .");
	printf("\n");
}

static void
put_fields(const char *title, const struct plan_field *f)
{
	printf(".Ss %s\n.Bl -tag -width snapshot_time\n", title);
	for (const struct plan_field *x = f; x->name; x++) {
		printf(".It Cm %s Pq %s\n", x->name, kinds[x->kind]);
		put(x->doc);
		if (x->kind == PF_ENUM) {
			printf(".br\n");
			put_words(x->names);
		}
	}
	printf(".El\n");
	for (const struct plan_field *x = f; x->name; x++)
		if (x->fields) {
			char name[80];
			snprintf(name, sizeof name, "%s%s%s", f == plan_fields ? "" : title,
				f == plan_fields ? "" : ".", x->name);
			put_fields(name, x->fields);
		}
}

static void
put_actions(void)
{
	printf(".Ss Actions\nThe names are stable.\n.Bl -tag -width revert-insecure\n");
	for (const struct action *a = actions; a->name; a++) {
		if (!a->change)
			continue;
		printf(".It Cm %s%s\n", a->name, a->needs_tag ? " Ar TAG" : "");
		const char *at = strstr(a->title, "%d");
		printf("%.*s%s%s.\n", at ? (int)(at - a->title) : (int)strlen(a->title), a->title,
			at ? "TAG" : "", at ? at + 2 : "");
		if (a->staged)
			printf("In stages, each a plan of its own.\n");
		if (a->touches_parent)
			printf("Changes the DS set at the parent.\n");
	}
	printf(".El\n.Pp\nWrong steps that tempt are named by a diagnosis and planned by nobody:\n");
	for (const struct action *a = actions; a->name; a++)
		if (!a->change)
			printf(".Cm %s%s\n", a->name, a[1].name ? " ," : " .");
}

int
main(void)
{
	put(head);
	put_actions();
	printf(".Ss Guards\n");
	put("A guard that refuses refuses always. One that asks for the phrase lets a plan through to "
		"whoever types the long phrase and a reason. Each says why, and when it would allow.");
	printf(".Bl -tag -width registrar\n");
	for (const struct guard_doc *g = guard_docs; g->id; g++) {
		printf(".It Cm %s Pq %s\n", g->id, g->refuses ? "refuses" : "asks for the phrase");
		put(g->doc);
	}
	printf(".El\n.Ss Consent\n");
	put("Where no class of caches fails and no guard asks, the phrase is the zone's name without its "
		"dot. Else it is the long one:");
	printf(".Pp\n.D1 Ar ZONE TAG No breaks Ar WHAT\n.Pp\n");
	put("with the action's name in the place of the tag where it is about no key. WHAT is");
	printf(".Bl -bullet -compact\n");
	for (const char *const *w = consent_words; *w; w++)
		printf(".It\n%s\n", *w);
	printf(".El\n");
	put("For go-insecure, remove-ds and unsign ten seconds pass before it is looked at.");
	put_fields("Members", plan_fields);
	fputs(".Sh SEE ALSO\n.Xr unbogus-actions 1 ,\n.Xr unbogus-plan 1 ,\n.Xr unbogus-predict 1\n", stdout);
	return 0;
}
