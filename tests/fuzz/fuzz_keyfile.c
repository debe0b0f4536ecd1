/* Any octets as a .key file, a .private file, a signer's log and svn's XML. */
#include <stddef.h>
#include <stdint.h>

#include "keys/keyfile.h"
#include "observe/signerlog.h"
#include "observe/source.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct obs *o = obs_new(FACT_KEYFILE, 0, "local", &name_root);
	const char *text = (const char *)data;
	struct fact_signer log = { 0 };
	struct private_reader r;

	keyfile_parse_key(o->arena, text, n, &o->u.keyfile);
	private_begin(&r, o->arena, &o->u.keyfile);
	private_feed(&r, text, n / 2);
	private_feed(&r, text + n / 2, n - n / 2);
	private_end(&r);
	signerlog_parse(o->arena, text, n, NULL, &name_root, &log);
	char *xml = arena_strndup(o->arena, text, n);
	source_xml(o->arena, xml, "commit", "revision");
	source_xml(o->arena, xml, "msg", NULL);
	obs_unref(o);
	return 0;
}
