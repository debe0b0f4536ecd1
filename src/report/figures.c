#include "report/figures.h"

static void
signatures(struct figures *f, const struct diagnosis *d, int64_t now)
{
	for (size_t i = 0; d->chain && i < d->chain->sigs.n; i++) {
		const struct sig_check *s = &d->chain->sigs.v[i];
		if (!s->server || s->server->at.role != ROLE_CHILD)
			continue;
		if (f->rrsig_left == TIME_UNSET || s->expiration - now < f->rrsig_left) {
			f->rrsig_left = s->expiration - now;
			f->rrsig_tag = s->sig.tag;
			f->rrsig_type = s->covered;
		}
	}
}

static void
keys(struct figures *f, const struct diagnosis *d, int64_t now)
{
	for (size_t i = 0; d->inventory && i < d->inventory->n; i++) {
		const struct key_row *k = &d->inventory->rows[i];
		if (!k->signs_data && !k->signs_dnskey)
			continue;
		if (k->ends == TIME_UNSET || k->ends == TIME_NEVER)
			continue;
		if (!f->key || k->ends - now < f->key_left) {
			f->key_left = k->ends - now;
			f->key = k;
		}
	}
}

void
figures_of(struct figures *f, const struct diagnosis *d)
{
	int64_t now = d->now / USEC;
	const struct cut_state *child = snapshot_child(d->snapshot);

	*f = (struct figures){ .rrsig_left = TIME_UNSET, .key_left = TIME_NEVER, .age = TIME_UNSET,
		.bogus = d->bogus, .secure = d->secure, .unknown = d->unknown,
		.vantages = d->bogus + d->secure + d->insecure + d->unknown };
	signatures(f, d, now);
	keys(f, d, now);
	for (size_t i = 0; i < d->n_serials; i++)
		f->serial_lag += d->serials[i].known && d->serials[i].lag < 0;
	for (size_t i = 0; child && i < child->n; i++) {
		int64_t heard = child->servers[i].last_heard;
		if (heard != TIME_UNSET && (f->age == TIME_UNSET || now - heard / USEC < f->age))
			f->age = now - heard / USEC;
	}
}
