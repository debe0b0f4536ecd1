/* observe_vantages: --vantage NAME=ADDRESS[:PORT],kind=isp and the two of our own. */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "ui/cli/observe_vantages.h"

static bool
one_of(const char *word, const char *const *words)
{
	for (size_t i = 0; words[i]; i++)
		if (strcmp(word, words[i]) == 0)
			return true;
	return false;
}

static bool
read_port(const char *s, uint16_t *port)
{
	uint64_t n;

	if (!text_number(s, 65535, &n) || n == 0)
		return false;
	*port = (uint16_t)n;
	return true;
}

/* ADDRESS, ADDRESS:PORT, V6 or [V6]:PORT; cut in place. */
static bool
read_address(char *s, struct net_vantage *v)
{
	union address a;
	char *colon = strchr(s, ':');

	if (*s == '[') {
		char *end = strchr(s, ']');
		if (!end || (end[1] && (end[1] != ':' || !read_port(end + 2, &v->port))))
			return false;
		*end = '\0';
		s++;
	} else if (colon && !strchr(colon + 1, ':')) {
		*colon = '\0';
		if (!read_port(colon + 1, &v->port))
			return false;
	}
	v->address = s;
	return address_parse(&a, s, 53);
}

/* To add a word: a line here and in VANTAGES_USAGE. */
static bool
read_word(const char *word, struct net_vantage *v)
{
	static const char *const kinds[] = { "own", "internal", "isp", "public", NULL };

	if (strncmp(word, "kind=", 5) == 0) {
		v->kind = word + 5;
		return one_of(v->kind, kinds);
	}
	if (strcmp(word, "counted=yes") == 0 || strcmp(word, "counted=no") == 0) {
		v->counted = word[8] == 'y';
		return true;
	}
	return false;
}

bool
vantage_args_add(struct vantage_args *x, char *arg)
{
	struct net_vantage v = { .type = VANTAGE_RESOLVER, .kind = "isp", .counted = true };
	char *eq = strchr(arg, '='), *word, *save = NULL;

	if (x->n == VANTAGES_MAX || !eq || eq == arg)
		return false;
	*eq = '\0';
	v.name = arg;
	for (size_t i = 0; i < x->n; i++)
		if (strcmp(x->v[i].name, v.name) == 0)
			return false;
	word = strtok_r(eq + 1, ",", &save);
	if (!word || !read_address(word, &v))
		return false;
	while ((word = strtok_r(NULL, ",", &save)))
		if (!read_word(word, &v))
			return false;
	x->v[x->n++] = v;
	return true;
}

void
vantage_args_give(struct vantage_args *x, struct net_options *o)
{
	static const struct net_vantage own[] = {
		{ .name = "own-fresh", .type = VANTAGE_LIBUNBOUND, .kind = "own", .counted = true },
		{ .name = "own-aged", .type = VANTAGE_LIBUNBOUND, .kind = "own", .cache_kept = true,
			.counted = true },
	};

	if (!x->no_own) {
		memmove(x->v + 2, x->v, x->n * sizeof x->v[0]);
		memcpy(x->v, own, sizeof own);
		x->n += 2;
		x->no_own = true; /* they are there now */
	}
	o->vantages = x->v;
	o->n_vantages = x->n;
}
