/* signers: the table, and what the adapters share. */
#include "change/signers/signers.h"

#include <string.h>

const struct signer *const signers[] = { &signer_builtin, &signer_bind_signzone, &signer_command,
	&signer_manual, NULL };

const struct signer *
signer_find(const char *name)
{
	for (size_t i = 0; signers[i]; i++)
		if (strcmp(signers[i]->name, name) == 0)
			return signers[i];
	return NULL;
}

const char *
signer_folder(struct arena *a, const struct state_place *state, const char *run)
{
	return arena_printf(a, "%s/run-%s", state->zone, run);
}

void
signer_zone_text(const struct zone *z, struct text *out)
{
	for (size_t i = 0; i < z->n_nodes; i++)
		znode_text(out, z, &z->nodes[i]);
}

static bool
is_dnssec(uint16_t type)
{
	return type == T_RRSIG || type == T_NSEC || type == T_NSEC3 || type == T_NSEC3PARAM ||
		type == T_DNSKEY || type == T_CDS || type == T_CDNSKEY;
}

/* SOA RDATA with another serial: it stands 20 octets before the end (RFC 1035 3.3.13). */
static bool
add_soa(struct zone_builder *b, const struct znode *n, const struct zrr *rr, uint32_t serial,
	struct err *e)
{
	uint8_t rdata[600];

	if (rr->rdlen < 22 || rr->rdlen > sizeof rdata)
		return err_set(e, ERR_PARSE, "SOA", "RFC 1035 3.3.13", "", "too short");
	memcpy(rdata, rr->rdata, rr->rdlen);
	uint8_t *p = rdata + rr->rdlen - 20;
	p[0] = (uint8_t)(serial >> 24);
	p[1] = (uint8_t)(serial >> 16);
	p[2] = (uint8_t)(serial >> 8);
	p[3] = (uint8_t)serial;
	return zone_builder_add(b, n->name, n->name_len, T_SOA, rr->ttl, rdata, rr->rdlen, e);
}

static struct zone *
copy(const struct zone *in, uint32_t serial, bool all, struct err *e)
{
	struct zone_builder *b = zone_builder_new(&in->apex, 0);
	bool ok = b != NULL;

	for (size_t i = 0; ok && i < in->n_nodes; i++) {
		const struct znode *n = &in->nodes[i];
		if (n->flags & ZNODE_OUT)
			continue;
		for (size_t s = n->first_set; ok && s < n->first_set + n->nsets; s++)
			for (size_t k = in->sets[s].first; ok && k < in->sets[s].first + in->sets[s].n +
					(all ? in->sets[s].nsig : 0); k++) {
				struct zrr *rr = in->rrs[k];
				if (!all && is_dnssec(rr->type))
					continue;
				ok = rr->type == T_SOA ? add_soa(b, n, rr, serial, e) : zone_builder_ref(b, n, rr, e);
			}
	}
	if (ok)
		return zone_builder_finish(b, e);
	if (b)
		zone_builder_free(b);
	return NULL;
}

struct zone *
signer_unsigned(const struct zone *in, uint32_t serial, struct err *e)
{
	return copy(in, serial, false, e);
}

struct zone *
signer_with_serial(const struct zone *in, uint32_t serial, struct err *e)
{
	return copy(in, serial, true, e);
}

bool
signer_run(struct signing *s, const struct child_job *job, struct child_result *r, struct err *e)
{
	char how[100];

	if (!s->job->io.run(s->job->io.ctx, job, r, e))
		return false;
	for (int i = 0; i < 2; i++) {
		const char *text = i ? r->out : r->err;
		if (text && *text && s->said.len < 4000) {
			char clean[2000];
			text_clean(clean, sizeof clean, text);
			text_add(&s->said, "%s%.1900s", s->said.len ? " | " : "", clean);
		}
	}
	if (r->status == 0)
		return true;
	err_set(e, r->timed_out ? ERR_TIMEOUT : ERR_IO, job->argv[0], "signer", "exit status 0", "%s: %.200s",
		child_result_str(r, how, sizeof how), text_str(&s->said));
	return false;
}

const char *const *
signer_words(struct arena *a, const struct config_signer *c, const char *input, const char *output)
{
	const char **argv = arena_new_array(a, const char *, c->command_count + 1);

	for (unsigned i = 0; i < c->command_count; i++) {
		const char *w = c->command[i];
		argv[i] = strcmp(w, "{input}") == 0 ? input : strcmp(w, "{output}") == 0 ? output : w;
	}
	return argv;
}
