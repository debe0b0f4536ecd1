/* unbogus chain ZONE: the chain of trust, from the root to the zone. */
#include <stdio.h>

#include "report/json.h"
#include "ui/cli/command.h"
#include "ui/cli/load.h"
#include "ui/cli/options.h"

extern const struct command cmd_chain;

static void
print_tags(const char *label, const uint16_t *v, size_t n)
{
	printf("  %s", label);
	for (size_t i = 0; i < n; i++)
		printf(" %u", v[i]);
	printf("%s\n", n ? "" : " nobody");
}

static void
print(const struct diagnosis *d)
{
	for (size_t i = 0; i < d->chain->n; i++) {
		const struct chain_link *l = &d->chain->links[i];
		char name[NAME_MAX_TEXT];
		printf("%s %s%s%s\n", name_to_text(name, &l->zone), link_state_name(l->state),
			*l->reason ? ": " : "", l->reason);
		for (size_t k = 0; k < l->n_ds; k++) {
			const struct ds_link *s = &l->ds[k];
			printf("  DS %u %s %s %.16s... %s\n", s->ds.tag, algorithm_name(s->ds.alg),
				digest_name(s->ds.digest_type), s->hex ? s->hex : "",
				!s->key_served ? "no such DNSKEY" : !s->digest_ok ? "wrong digest"
				: s->key_signs				 ? "leads to the key, which signs"
									 : "leads to a key that does not sign");
		}
		print_tags("DNSKEY set signed by", l->dnskey_signers, l->n_dnskey_signers);
		print_tags("data signed by", l->data_signers, l->n_data_signers);
	}
}

static int
run(int argc, char **argv)
{
	return load_run(argc, argv, &cmd_chain, "chain", print);
}

const struct command cmd_chain = {
	.name = "chain",
	.args = "ZONE [--replay FILE|-] [--record FILE] [--at TIME] [--json] [--anchors FILE]",
	.summary = "the chain of trust, from the root to the zone",
	.run = run,
	.options = options_of_face,
	.operands = "ZONE",
};
