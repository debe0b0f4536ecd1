/* judging: the configuration's part in a diagnosis. */
#include "ui/cli/judging.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/share.h"
#include "ui/cli/configured.h"

#define ANCHORS_MAX (1u << 20)

static bool
read_anchors(struct arena *a, const char *path, struct diagnose_options *out, struct err *e)
{
	struct {
		struct rr *v;
		size_t n, cap;
	} list = { 0 };
	size_t len;
	char *s = file_read(path, ANCHORS_MAX, &len, e), *save = NULL;

	for (char *line = s ? strtok_r(s, "\n", &save) : NULL; line; line = strtok_r(NULL, "\n", &save)) {
		struct rr rr;
		line += strspn(line, " \t\r");
		if (*line == ';' || *line == '#' || !*line)
			continue;
		if (!rr_from_text(a, line, 0, &rr, e)) {
			free(s);
			return false;
		}
		arena_push(a, &list, rr);
	}
	free(s);
	if (s && list.n == 0)
		return err_set(e, ERR_PARSE, path, "trust anchor", "a DS or DNSKEY record a line", "none");
	out->anchors = list.v;
	out->n_anchors = list.n;
	return s != NULL;
}

/* A warning and a critical bound; each in percent or as a span. */
static void
take_rrsig(const struct config_thresholds *t, struct diagnose_options *out)
{
	for (unsigned i = 0; i < t->rrsig_count && i < 2; i++) {
		const char *s = t->rrsig[i];
		unsigned *percent = i == 0 ? &out->rrsig_warn : &out->rrsig_crit;
		int64_t *span = i == 0 ? &out->rrsig_warn_s : &out->rrsig_crit_s;
		if (strchr(s, '%'))
			*percent = (unsigned)strtoul(s, NULL, 10);
		else
			*span = config_span(s, 0);
	}
}

static void
take_zone(struct arena *a, const struct config_zone *z, struct diagnose_options *out)
{
	const struct config_thresholds *t = z->thresholds;
	const char **own = arena_new_array(a, const char *, z->nameservers_count + 1);

	if (t && t->key_end_count > 0)
		out->key_end_warn = config_span(t->key_end[0], 0);
	if (t && t->key_end_count > 1)
		out->key_end_crit = config_span(t->key_end[1], 0);
	if (t)
		take_rrsig(t, out);
	out->propagation = config_span(z->margin, 0);
	out->own_serials = own;
	for (unsigned i = 0; i < z->nameservers_count; i++)
		if (z->nameservers[i].own_serials == CONFIG_YES && z->nameservers[i].address)
			own[out->n_own_serials++] = z->nameservers[i].address;
}

void
judging_zone(struct arena *a, const struct config *c, const struct name *zone,
	struct diagnose_options *out)
{
	char text[NAME_MAX_TEXT];
	const struct config_zone *z = config_zone_find(c, name_to_text(text, zone));

	if (z)
		take_zone(a, z, out);
}

bool
judging(struct arena *a, const char *config, const struct name *zone, const char *anchors, bool live,
	struct diagnose_options *out, struct err *e)
{
	char text[NAME_MAX_TEXT], built_in[4096];

	*out = (struct diagnose_options){ 0 };
	if (live || config) {
		const struct config *c = configured(a, config, e);
		const struct config_zone *z = c ? config_zone_find(c, name_to_text(text, zone)) : NULL;
		if (!c)
			return false;
		out->period = config_span(c->period, 0);
		anchors = anchors ? anchors : c->trust_anchor;
		if (!anchors && live)
			anchors = share_path(built_in, sizeof built_in, "root.key");
		if (z)
			take_zone(a, z, out);
	}
	return !anchors || read_anchors(a, anchors, out, e);
}
