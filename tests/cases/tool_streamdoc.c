/* Prints unbogus-stream(5) from the table that reads and writes the stream. */
#include <stdio.h>
#include <string.h>

#include "model/facts.h"
#include "tests/cases/mdoc.h"

static const char *const kinds[] = {
	[F_STR] = "string", [F_BYTES_TEXT] = "string", [F_BOOL] = "boolean", [F_U8] = "number",
	[F_U16] = "number", [F_U32] = "number", [F_U64] = "number", [F_INT] = "number",
	[F_I64] = "number", [F_SECONDS] = "time", [F_NAME] = "name", [F_TYPE] = "type",
	[F_ENUM] = "word", [F_HEX] = "hex", [F_ENDPOINT] = "endpoint", [F_RRS] = "records",
	[F_EDES] = "errors", [F_LINES] = "lines", [F_SIGNERS] = "signers", [F_TIMES] = "times",
	[F_TIME_LINES] = "object",
};

static const char head[] =
	".Dd November 24, 2026\n.Dt UNBOGUS-STREAM 5\n.Os\n.Sh NAME\n.Nm unbogus-stream\n"
	".Nd the observations that unbogus works from, as lines of JSON\n.Sh DESCRIPTION\n"
	"Everything that\n.Xr unbogus 1\nknows arrives as observations: small typed facts, one JSON object "
	"(RFC 8259) a line.\nThe same lines are what\n.Cm observe\nand\n.Cm lab\nprint, what\n"
	".Fl -record\nwrites, and what\n.Fl -replay\nreads; any command that prints them may be a producer.\n"
	".Pp\nA line that is not understood is reported with its number and skipped;\n"
	"facts of newer versions are kept and counted.\n"
	"Absent and not asked differ: what was asked between the two ends of a\n.Cm round\n"
	"and is not answered has a\n.Cm no-answer .\n"
	".Ss Every line\n.Bl -tag -width clock-offset-us\n"
	".It Cm v\nversion of the format, 1\n"
	".It Cm t\nwhen it was seen by the producer's clock: RFC 3339 in UTC with microseconds\n"
	".It Cm by\nwho says it: net, local, lab, or the name of a configured producer\n"
	".It Cm host\nthe producer's host, where it is not this one\n"
	".It Cm zone\nthe zone that is watched, with the final dot\n"
	".It Cm fact\nits kind, one of those below\n.El\n"
	".Ss Kinds of values\n"
	"A\n.Em string\nmay hold foreign bytes as they came and must be cleaned before it is shown.\n"
	"A\n.Em time\nis RFC 3339 in UTC, null where it is not known or not set, \"never\" where there is no end.\n"
	"A\n.Em name\nis a domain name with the final dot, escapes as in RFC 1035.\n"
	"A\n.Em type\nis a record type as \"DNSKEY\" or \"TYPE65280\".\n"
	"An\n.Em endpoint\nis an object of\n.Cm ns , address , port , role\n"
	"(root, parent, child or primary) and\n.Cm cut ,\nthe zone that the server is asked for.\n"
	"Of\n.Em records ,\neach is an object of\n.Cm owner , type , ttl\n(seconds, as received),\n"
	".Cm section\n(answer where it is left out),\n.Cm rdata\n(hexadecimal, names uncompressed) and\n.Cm text\n"
	"(the same in presentation form, for people: it is not read back).\n"
	"Of\n.Em errors ,\neach has\n.Cm code\nand\n.Cm text ;\nof\n.Em lines ,\neach has\n.Cm line\nand\n.Cm text ;\nof\n"
	".Em signers ,\neach has\n.Cm tag , alg ,\nhow many\n.Cm rrsets\nand\n.Cm dnskey\n"
	"RRsets it signed, and the first and last expiration and inception.\n"
	".Sh FACTS\n";

int
main(void)
{
	put(head);
	for (int f = 0; f < FACT_COUNT; f++) {
		const struct fact_desc *d = fact_desc((enum fact)f);
		if (!d)
			continue;
		printf(".Ss %s\n", d->name);
		put(d->doc);
		printf("Said by %s.\n", d->by);
		if (!d->fields->name)
			continue;
		printf(".Bl -tag -width clock-offset-us\n");
		for (const struct field *x = d->fields; x->name; x++) {
			printf(".It Cm %s Pq %s\n", x->name, kinds[x->kind]);
			put(x->doc);
		}
		printf(".El\n");
	}
	fputs(".Sh SEE ALSO\n.Xr unbogus 1\n", stdout);
	return 0;
}
