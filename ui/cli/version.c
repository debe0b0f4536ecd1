/* unbogus --version: the program, the libraries it runs with, and what confines it here. */
#include <cyaml/cyaml.h>
#include <jansson.h>
#include <ldns/ldns.h>
#include <microhttpd.h>
#include <openssl/crypto.h>
#include <seccomp.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <unbound.h>
#include <utf8proc.h>
#include <uv.h>
#include <yaml.h>

#include "base/confine.h"
#include "base/version.h"
#include "model/stream.h"
#include "ui/cli/command.h"
#include "ui/cli/options.h"

extern const struct command cmd_version;

static int
run(int argc, char **argv)
{
	const struct scmp_version *sc = seccomp_version();
	char seccomp[32], buf[128];

	(void)argv;
	if (argc > 1) {
		fprintf(stderr, "usage: unbogus version\n");
		return EXIT_USAGE;
	}
	if (sc)
		snprintf(seccomp, sizeof seccomp, "%u.%u.%u", sc->major, sc->minor, sc->micro);
	/* the libraries as they are loaded, not as they were compiled against */
	const struct {
		const char *name, *version;
	} libs[] = { { "ldns", ldns_version() }, { "OpenSSL", OpenSSL_version(OPENSSL_VERSION) },
		{ "libunbound", ub_version() }, { "libuv", uv_version_string() },
		{ "jansson", jansson_version_str() }, { "libyaml", yaml_get_version_string() },
		{ "libcyaml", cyaml_version_str }, { "SQLite", sqlite3_libversion() },
		{ "utf8proc", utf8proc_version() }, { "libseccomp", sc ? seccomp : "unknown" },
		{ "libmicrohttpd", MHD_get_version() } };
	printf("unbogus " UBG_VERSION "\nstream format %d\nsandbox: %s\n", STREAM_VERSION,
		confine_support(buf, sizeof buf));
	for (size_t i = 0; i < sizeof libs / sizeof *libs; i++)
		printf("%-14s %s\n", libs[i].name, libs[i].version);
	return 0;
}

static const struct opt *const tables[] = { NULL };

const struct command cmd_version = {
	.name = "version",
	.args = "",
	.summary = "the version, its libraries and what confines it on this kernel",
	.run = run,
	.options = tables,
};
