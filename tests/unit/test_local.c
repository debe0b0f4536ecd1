/* Parsers of observe local: key files, the message decoder, the signer's log, svn's XML. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "keys/keyfile.h"
#include "observe/signerlog.h"
#include "observe/source.h"

static const char key_text[] =
	"; This is a zone-signing key, keyid 62159, for example.org.\n"
	"; Created: 20130415001200 (Mon Apr 15 00:12:00 2013)\n"
	"; Inactive: 20130514001200 (Tue May 14 00:12:00 2013)\n"
	"example.org. IN DNSKEY 256 3 13 mTsmAzRyStyHD6VhNThrNADbQguz0qS6SRhZcEdMUl0r/dRUz70bH99z TMmVXHeYXNeBj+PTl+4I/4wQ29McRA==\n";

static const char private_text[] =
	"Private-key-format: v1.3\nAlgorithm: 13 (ECDSAP256SHA256)\n"
	"PrivateKey: c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2U=\n"
	"Created: 20130415001200\nInactive: 20130514001200\n";

static const struct message_table *
table(struct arena *a)
{
	const char *share = getenv("UBG_SHARE");
	struct err e = { 0 };
	char said[900];

	const struct message_table *t = messages_load(a, arena_printf(a, "%s/messages/messages.tsv",
		share ? share : "share"), &e);
	if (!t)
		fail_msg("%s", err_str(&e, said, sizeof said));
	return t;
}

static const char *
decided(const struct message_table *t, struct arena *a, const char *text)
{
	struct fact_signer f = { 0 };
	struct name zone;

	name_from_text(&zone, "example.org", NULL);
	signerlog_parse(a, text, strlen(text), t, &zone, &f);
	return f.message_id ? f.message_id : "none";
}

static void
messages_are_decoded(void **state)
{
	static const struct { const char *line, *id; } cases[] = {
		{ "dnssec-signzone: fatal: cannot find SOA RRSIGs", "Z1" },
		{ "SOA is not signed (keys offline or inactive?)", "Z2" },
		{ "dnssec-signzone: fatal: No non-KSK DNSKEY found; supply a ZSK or use '-z'.", "Z3" },
		{ "DNSKEY is not signed (keys offline or inactive?)", "K1" },
		{ "No self-signed KSK DNSKEY found", "K2" },
		{ "fatal: No signing keys specified or found.", "K3" },
		{ "warning: dns_dnssec_findmatchingkeys: error reading key file Kx.+013+1.private: permission "
		  "denied", "K8p" },
		{ "keymgr: key x/13/1 (ZSK) offline in policy p, cannot start rollover", "N4" },
		{ "no valid signature found (DS)", "N8" }, { "no valid signature found", "N9" },
		{ "zone file x read with 3 errors", "S1" }, { "all is well", NULL } };
	struct arena *a = arena_new();
	const struct message_table *t = table(a);

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const struct message *m = message_decode(t, cases[i].line);
		if (!cases[i].id)
			assert_null(m);
		else if (!m)
			fail_msg("nothing decodes: %s", cases[i].line);
		else
			assert_string_equal(m->id, cases[i].id);
	}
	arena_free(a);
}

static void
the_cause_is_decisive(void **state)
{
	struct arena *a = arena_new();
	const struct message_table *t = table(a);
	char many[2000] = "error reading key file K.private: permission denied\n";

	(void)state;
	assert_string_equal(decided(t, a, "SOA is not signed (keys offline or inactive?)\n"
		"Zone verification failed (failure)\nexit status 1"), "Z2");
	assert_string_equal(decided(t, a, "error reading key file K.private: permission denied\n"
		"fatal: No non-KSK DNSKEY found; supply a ZSK\n"), "K8p");
	assert_string_equal(decided(t, a, "SOA is not signed (keys offline or inactive?)\n"
		"Zone fully signed:\n"), "none");
	assert_string_equal(decided(t, a, ""), "none");
	for (int i = 0; i < 30; i++)
		memcpy(many + strlen(many), "SOA is not signed (keys\n", 25);
	memcpy(many + strlen(many), "SOA is not signed (keys offline or inactive?)\n", 47);
	assert_string_equal(decided(t, a, many), "Z2"); /* the older run does not speak for this one */
	arena_free(a);
}

static void
a_shared_log_speaks_of_many_zones(void **state)
{
	static const struct { const char *log, *id; } cases[] = {
		{ "transfer of 'example.org/IN' from 192.0.2.1#53: failed while receiving responses: REFUSED\n", "X1" },
		{ "transfer of 'example.net/IN' from 192.0.2.1#53: failed while receiving responses: REFUSED\n", "none" },
		{ "zone Example.ORG/IN (signed): journal rollforward failed: journal out of sync\n", "J1" },
		{ "the zone is this: zone example.net/IN/inside: journal rollforward failed\n", "none" },
		{ "knotd[7]: info: [example.org.] refresh, server responded with error 'REFUSED'\n", "X1" },
		{ "knotd[7]: info: [sub.example.org.] refresh, server responded with error 'REFUSED'\n", "none" },
		{ "SOA is not signed (keys offline or inactive?)\nzone example.net/IN: Zone fully signed\n", "Z2" },
		{ "SOA is not signed (keys offline or inactive?)\nzone example.org/IN: Zone fully signed\n", "none" } };
	struct arena *a = arena_new();
	const struct message_table *t = table(a);

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		assert_string_equal(decided(t, a, cases[i].log), cases[i].id);
	arena_free(a);
}

static void
a_log_keeps_its_last_lines(void **state)
{
	struct arena *a = arena_new();
	struct fact_signer f = { 0 };
	char text[600] = "";

	(void)state;
	for (int i = 0; i < 100; i++)
		memcpy(text + strlen(text), i == 99 ? "rc=3\n" : "line\n", 6);
	signerlog_parse(a, text, strlen(text), NULL, &name_root, &f);
	assert_int_equal(f.lines.n, 40);
	assert_int_equal(f.lines.v[39].line, 100);
	assert_true(f.has_exit && f.exit_status == 3);
	arena_free(a);
}

static void
key_names_are_read_from_the_end(void **state)
{
	static const char *const bad[] = { "", "K", "Kx", "K+013+12345", "Kx.+13+12345.key",
		"Kx.+999+12345.key", "Kx.+013+99999.key", "Kx.+013+1234.key", "Kx.+013+12345.txt",
		"xx.+013+12345.key", "K..+013+12345.key" };
	struct name n, want;
	uint8_t alg;
	uint16_t tag;
	const char *suffix;

	(void)state;
	assert_true(keyfile_parse_name("Kexample.org.+013+00042.private", &n, &alg, &tag, &suffix));
	assert_int_equal(alg, 13);
	assert_int_equal(tag, 42);
	assert_string_equal(suffix, ".private");
	name_from_text(&want, "example.org", NULL);
	assert_true(name_equal(&n, &want));
	assert_true(keyfile_parse_name("Ka+b.org.+008+00001.key", &n, &alg, &tag, NULL));
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		if (keyfile_parse_name(bad[i], &n, &alg, &tag, NULL))
			fail_msg("taken for a key's name: %s", bad[i]);
}

static struct obs *
new_keyfile(void)
{
	struct name zone;

	name_from_text(&zone, "example.org", NULL);
	return obs_new(FACT_KEYFILE, 0, "local", &zone);
}

static void
a_key_file_tells_times_and_lines(void **state)
{
	struct obs *o = new_keyfile();
	struct fact_keyfile *f = &o->u.keyfile;

	(void)state;
	keyfile_parse_key(o->arena, key_text, sizeof key_text - 1, f);
	assert_null(f->problem);
	assert_int_equal(dnskey_tag(f->rdata, f->rdlen), 62159);
	assert_string_equal(f->comment_role, "zsk");
	assert_int_equal(f->time[KT_INACTIVE], 1368490320);
	assert_int_equal(f->time_line[KT_INACTIVE], 3);
	assert_int_equal(f->rdata_line, 4);
	assert_int_equal(f->ttl, 0); /* none is given: nothing was made up */
	assert_true(f->time[KT_DELETE] == TIME_UNSET);
	obs_unref(o);
}

/* A secret must not stay in the reader or the fact, whatever the pieces it comes in. */
static void
private_parts_are_passed_over(void **state)
{
	(void)state;
	for (size_t piece = 1; piece < sizeof private_text; piece++) {
		struct obs *o = new_keyfile();
		struct private_reader r;
		private_begin(&r, o->arena, &o->u.keyfile);
		for (size_t i = 0; i < sizeof private_text - 1; i += piece) {
			size_t left = sizeof private_text - 1 - i;
			private_feed(&r, private_text + i, left < piece ? left : piece);
			assert_null(memmem(&r, sizeof r, "c2VjcmV0", 8));
		}
		private_end(&r);
		assert_string_equal(o->u.keyfile.private_format, "v1.3");
		assert_int_equal(o->u.keyfile.private_alg, 13);
		assert_int_equal(o->u.keyfile.time[KT_INACTIVE], 1368490320);
		obs_unref(o);
	}
}

/* Cut anywhere, or one octet changed anywhere: said in the fact, never a crash. */
static void
malformed_key_files_are_survived(void **state)
{
	char text[sizeof key_text];

	(void)state;
	for (size_t i = 0; i < sizeof key_text; i++)
		for (int how = 0; how < 4; how++) {
			static const char with[] = { 0, '(', '\n', (char)0xff };
			struct obs *o = new_keyfile();
			memcpy(text, key_text, sizeof text);
			text[i] = with[how];
			keyfile_parse_key(o->arena, text, i + (how ? sizeof key_text - 1 - i : 0),
				&o->u.keyfile);
			struct private_reader r;
			private_begin(&r, o->arena, &o->u.keyfile);
			private_feed(&r, text, i);
			private_end(&r);
			obs_unref(o);
		}
}

static void
sources_are_named(void **state)
{
	static const struct { const char *text, *path, *file; } cases[] = {
		{ "svn:/co/dns:zones/x", "/co/dns", "zones/x" }, { "file:/a/b:c", "/a/b:c", NULL },
		{ "svn:svn://h/r", "svn://h/r", NULL }, { "svn:https://h:8443/r", "https://h:8443/r", NULL },
		{ "svn:file:///srv/r:zones/x", "file:///srv/r", "zones/x" } };
	struct arena *a = arena_new();
	struct source_spec s;
	struct err e = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		assert_true(source_parse(a, cases[i].text, &s, &e));
		assert_string_equal(s.path, cases[i].path);
		if (cases[i].file)
			assert_string_equal(s.file, cases[i].file);
		else
			assert_null(s.file);
	}
	assert_false(source_parse(a, "cvs:/x", &s, &e));
	assert_false(source_parse(a, "svn", &s, &e));
	arena_free(a);
}

static void
xml_of_svn_is_read(void **state)
{
	static const char xml[] = "<?xml version=\"1.0\"?>\n<info>\n<entry\n   kind=\"file\"\n   revision=\"7\">\n"
		"<commit\n   revision=\"61234\">\n<author>a&amp;b&lt;</author>\n<empty/></commit>";
	struct arena *a = arena_new();

	(void)state;
	assert_string_equal(source_xml(a, xml, "commit", "revision"), "61234");
	assert_string_equal(source_xml(a, xml, "author", NULL), "a&b<");
	assert_null(source_xml(a, xml, "empty", NULL));
	assert_null(source_xml(a, xml, "comm", NULL));
	for (size_t i = 0; i < sizeof xml; i++) {
		char *cut = arena_strndup(a, xml, i);
		source_xml(a, cut, "commit", "revision");
		source_xml(a, cut, "author", NULL);
	}
	arena_free(a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(messages_are_decoded),
		cmocka_unit_test(the_cause_is_decisive),
		cmocka_unit_test(a_shared_log_speaks_of_many_zones),
		cmocka_unit_test(a_log_keeps_its_last_lines),
		cmocka_unit_test(key_names_are_read_from_the_end),
		cmocka_unit_test(a_key_file_tells_times_and_lines),
		cmocka_unit_test(private_parts_are_passed_over),
		cmocka_unit_test(malformed_key_files_are_survived),
		cmocka_unit_test(sources_are_named),
		cmocka_unit_test(xml_of_svn_is_read),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
