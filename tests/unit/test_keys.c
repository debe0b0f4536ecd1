/* privfile, keywrite: private keys that BIND made and that BIND understands; timing edits. */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/file.h"
#include "keys/keyfile.h"
#include "keys/keywrite.h"
#include "keys/privfile.h"

static char dir[] = "/tmp/unbogus-keys-XXXXXX";
static struct name zone;

static int
setup(void **state)
{
	(void)state;
	name_from_text(&zone, "example.org.", NULL);
	return mkdtemp(dir) ? 0 : -1;
}

static int
teardown(void **state)
{
	char path[600];
	DIR *d = opendir(dir);

	(void)state;
	for (struct dirent *x; d && (x = readdir(d));) {
		snprintf(path, sizeof path, "%s/%s", dir, x->d_name);
		unlink(path);
	}
	if (d)
		closedir(d);
	return rmdir(dir);
}

static struct keywrite_new
fresh(uint8_t alg, uint16_t flags)
{
	struct keywrite_new w = { .dir = dir, .zone = &zone, .alg = alg, .bits = 1024, .flags = flags };

	for (int i = 0; i < KT_COUNT; i++)
		w.time[i] = TIME_UNSET;
	w.time[KT_CREATED] = w.time[KT_PUBLISH] = w.time[KT_ACTIVATE] = 1368000000;
	w.time[KT_INACTIVE] = 1369000000;
	return w;
}

static char *
slurp(const char *base, const char *suffix, size_t *n)
{
	char path[400];

	snprintf(path, sizeof path, "%s/%s%s", dir, base, suffix);
	char *s = file_read(path, 65536, n, NULL);
	assert_non_null(s);
	return s;
}

static void
pairs_are_written_and_read_back(void **state)
{
	static const uint8_t algs[] = { 8, 10, 13, 14, 15, 16 };

	(void)state;
	for (size_t i = 0; i < sizeof algs; i++) {
		struct keywrite_new w = fresh(algs[i], i & 1 ? 257 : 256);
		char base[400], path[900];
		struct err e = { 0 };
		struct stat st;
		struct name owner;
		struct privkey *k = keywrite_generate(&w, base, sizeof base, &e);
		assert_non_null(k);
		struct privkey *back = privfile_read(dir, base, NULL, &owner, NULL, &e);
		assert_non_null(back);
		assert_int_equal(back->tag, k->tag);
		assert_int_equal(back->flags, w.flags);
		assert_true(name_equal(&owner, &zone));
		assert_int_equal(back->dnskey_len, k->dnskey_len);
		assert_memory_equal(back->dnskey, k->dnskey, k->dnskey_len);
		snprintf(path, sizeof path, "%s/%s.private", dir, base);
		assert_int_equal(stat(path, &st), 0);
		assert_int_equal(st.st_mode & 07777, 0600);
		/* The observer's reader sees the same pair and no fault in it. */
		struct arena *a = arena_new();
		struct fact_keyfile f = { 0 };
		for (int t = 0; t < KT_COUNT; t++)
			f.time[t] = TIME_UNSET;
		snprintf(path, sizeof path, "%s.key", base);
		keyfile_read(a, dir, path, &f);
		assert_null(f.problem);
		assert_string_equal(f.private_state, "present");
		assert_int_equal(f.time[KT_INACTIVE], 1369000000);
		arena_free(a);
		/* A second pair of that name is refused. */
		assert_false(keywrite_pair(&w, k, path, sizeof path, &e));
		assert_int_equal(e.code, ERR_CHANGED);
		privkey_free(k);
		privkey_free(back);
	}
}

static void
rules_of_private_files(void **state)
{
	struct keywrite_new w = fresh(13, 256);
	struct err e = { 0 };
	char base[400], other[400], path[900], to[900];

	(void)state;
	struct privkey *a = keywrite_generate(&w, base, sizeof base, &e);
	struct privkey *b = keywrite_generate(&w, other, sizeof other, &e);
	snprintf(path, sizeof path, "%s/%s.private", dir, base);
	chmod(path, 0640);
	assert_null(privfile_read(dir, base, NULL, NULL, NULL, &e));
	assert_int_equal(e.code, ERR_PERMISSION);
	const struct privfile_opts group = { .group_may_read = true };
	struct privkey *k = privfile_read(dir, base, &group, NULL, NULL, &e);
	assert_non_null(k);
	privkey_free(k);
	chmod(path, 0604);
	assert_null(privfile_read(dir, base, &group, NULL, NULL, &e));
	assert_int_equal(e.code, ERR_PERMISSION);
	chmod(path, 0600);
	/* The private half of another key. */
	size_t n;
	char *s = slurp(other, ".private", &n);
	assert_true(file_replace(path, s, n, 0600, &e));
	assert_null(privfile_read(dir, base, NULL, NULL, NULL, &e));
	assert_int_equal(e.code, ERR_PARSE);
	assert_string_equal(e.rule, "key pair");
	/* Nothing of the secret is in the error. */
	char said[1200];
	const char *secret = strstr(s, "PrivateKey: ") + 12;
	char part[13] = { 0 };
	memcpy(part, secret, 12);
	assert_null(strstr(err_str(&e, said, sizeof said), part));
	free(s);
	/* A link. */
	unlink(path);
	snprintf(to, sizeof to, "%s/%s.private", dir, other);
	assert_int_equal(symlink(to, path), 0);
	assert_null(privfile_read(dir, base, NULL, NULL, NULL, &e));
	assert_int_equal(e.code, ERR_PERMISSION);
	unlink(path);
	assert_null(privfile_read(dir, base, NULL, NULL, NULL, &e));
	assert_int_equal(e.code, ERR_NOT_FOUND);
	privkey_free(a);
	privkey_free(b);
}

static void
hostile_private_text(void **state)
{
	static const struct { const char *text; enum err_code code; } cases[] = {
		{ "", ERR_PARSE },
		{ "Algorithm: 13\n", ERR_PARSE },
		{ "Private-key-format: v2.0\n", ERR_UNSUPPORTED },
		{ "Private-key-format: v1.3\nAlgorithm: 13\nEngine: cGtjczEx\nLabel: eA==\n", ERR_UNSUPPORTED },
		{ "Private-key-format: v1.3\nAlgorithm: 13\nPrivateKey: ****\n", ERR_PARSE },
		{ "Private-key-format: v1.3\nAlgorithm: 13\nPrivateKey: AAA\n", ERR_PARSE },
		{ "Private-key-format: v1.3\nAlgorithm: 13\nPrivateKey: AAAA\nPrivateKey: AAAA\n", ERR_PARSE },
		{ "Private-key-format: v1.3\nno colon here\n", ERR_PARSE },
	};
	struct privnums *nums = malloc(sizeof *nums);
	uint8_t alg;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct err e = { 0 };
		assert_false(privfile_parse(cases[i].text, strlen(cases[i].text), &alg, nums, &e));
		assert_int_equal(e.code, cases[i].code);
	}
	/* Numbers that are no key: zero, the curve's order and above, RSA with a wrong prime. */
	memset(nums, 0, sizeof *nums);
	nums->v[PRIV_SECRET].len = 32;
	assert_null(privkey_from_nums(13, 256, nums, NULL));
	memset(nums->v[PRIV_SECRET].b, 0xff, 32);
	assert_null(privkey_from_nums(13, 256, nums, NULL));
	nums->v[PRIV_SECRET].len = 31;
	assert_null(privkey_from_nums(15, 256, nums, NULL));
	assert_null(privkey_from_nums(8, 256, nums, NULL));
	assert_null(privkey_from_nums(200, 256, nums, NULL));
	free(nums);
}

static void
a_damaged_rsa_key_signs_nothing(void **state)
{
	struct keywrite_new w = fresh(8, 256);
	struct err e = { 0 };
	char base[400], path[900];
	size_t n;

	(void)state;
	struct privkey *k = keywrite_generate(&w, base, sizeof base, &e);
	char *s = slurp(base, ".private", &n), *at = strstr(s, "Exponent1: ");
	assert_non_null(at);
	at[20] = at[20] == 'A' ? 'B' : 'A';
	snprintf(path, sizeof path, "%s/%s.private", dir, base);
	assert_true(file_replace(path, s, n, 0600, &e));
	struct privkey *back = privfile_read(dir, base, NULL, NULL, NULL, &e);
	/* Either refused, or the library mends it with its public exponent; never a wrong signature. */
	if (back)
		assert_true(privkey_matches(back, k->dnskey, k->dnskey_len));
	privkey_free(back);
	privkey_free(k);
	free(s);
}

static void
same(const char *in, bool private, const struct keytime_edit *ed, size_t n, const char *want)
{
	struct text out = { 0 };

	keywrite_edit(&out, in, strlen(in), private, ed, n);
	assert_string_equal(text_str(&out), want);
	text_free(&out);
}

static void
timing_edits_touch_nothing_else(void **state)
{
	const struct keytime_edit later = { KT_INACTIVE, 1400000000 }, none = { KT_INACTIVE, TIME_UNSET },
		del = { KT_DELETE, 1400000000 }, pub = { KT_PUBLISH, 1400000000 }, ds = { KT_DS_PUBLISH, 1400000000 };

	(void)state;
	same("; odd  comment\n; Inactive: 20130514001200 (x)\r\n;; Publish: 2\nx. IN DNSKEY 1 ; Inactive: 7\n\n# z",
		false, &later, 1,
		"; odd  comment\n; Inactive: 20140513165320 (Tue May 13 16:53:20 2014)\n;; Publish: 2\n"
		"x. IN DNSKEY 1 ; Inactive: 7\n\n# z");
	same("; c\n; Created: 1\n; Inactive: 2\n; Delete: 3\nx\n", false, &none, 1,
		"; c\n; Created: 1\n; Delete: 3\nx\n");
	same("; c\n; Created: 1\n; Activate: 2\nx\n", false, &del, 1,
		"; c\n; Created: 1\n; Activate: 2\n; Delete: 20140513165320 (Tue May 13 16:53:20 2014)\nx\n");
	same("; c\nx\n", false, &del, 1, "; c\n; Delete: 20140513165320 (Tue May 13 16:53:20 2014)\nx\n");
	same("; c\n; Created: 1\n; Activate: 2\nx\n", false, &pub, 1,
		"; c\n; Created: 1\n; Publish: 20140513165320 (Tue May 13 16:53:20 2014)\n; Activate: 2\nx\n");
	same("; c\nx\n", false, &ds, 1, "; c\nx\n");
	same("Private-key-format: v1.3\nPrivateKey: zz", true, &del, 1,
		"Private-key-format: v1.3\nPrivateKey: zz\nDelete: 20140513165320\n");
	same("F: 1\nPublish: 1\nDelete: 2\nSyncPublish: 3\n", true, &ds, 1,
		"F: 1\nPublish: 1\nDelete: 2\nDSPublish: 20140513165320\nSyncPublish: 3\n");
	same("", true, &none, 1, "");
	same("F: 1\nActivate: 2\n", true, &pub, 1, "F: 1\nPublish: 20140513165320\nActivate: 2\n");
}

static void
times_of_a_pair(void **state)
{
	struct keywrite_new w = fresh(15, 256);
	struct err e = { 0 };
	char base[400], path[900];
	size_t n1, n2, n3;

	(void)state;
	privkey_free(keywrite_generate(&w, base, sizeof base, &e));
	char *before = slurp(base, ".private", &n1), *key_before = slurp(base, ".key", &n3);
	const struct keytime_edit later = { KT_INACTIVE, 1400000000 }, back = { KT_INACTIVE, 1369000000 };
	assert_true(keywrite_times(dir, base, &later, 1, &e));
	char *mid = slurp(base, ".private", &n2);
	assert_non_null(strstr(mid, "Inactive: 20140513165320\n"));
	assert_true(keywrite_times(dir, base, &back, 1, &e));
	char *after = slurp(base, ".private", &n2), *key_after = slurp(base, ".key", &n2);
	assert_string_equal(before, after);
	assert_string_equal(key_before, key_after);
	snprintf(path, sizeof path, "%s/%s.state", dir, base);
	assert_true(file_replace(path, "x\n", 2, 0644, &e));
	assert_false(keywrite_times(dir, base, &later, 1, &e));
	assert_int_equal(e.code, ERR_UNSUPPORTED);
	unlink(path); /* else the next test's dnssec-keygen reads it */
	free(before), free(mid), free(after), free(key_before), free(key_after);
}

static void
colliding_tags_are_refused(void **state)
{
	struct keywrite_new w = fresh(15, 256);
	struct err e = { 0 };
	char base[400];

	(void)state;
	struct privkey *k = privkey_generate(15, 0, 256, NULL);
	uint16_t taken = k->tag;
	w.taken = &taken;
	w.n_taken = 1;
	assert_false(keywrite_pair(&w, k, base, sizeof base, &e));
	assert_int_equal(e.code, ERR_CHANGED);
	taken = (uint16_t)(k->tag + 128); /* the same key, revoked (RFC 5011) */
	if (k->tag < 65000)
		assert_false(keywrite_pair(&w, k, base, sizeof base, &e));
	taken = (uint16_t)(k->tag + 1);
	assert_true(keywrite_pair(&w, k, base, sizeof base, &e));
	privkey_free(k);
}

/* The edge of two programs: BIND's own key files, where dnssec-keygen is installed. */
static void
keys_of_bind(void **state)
{
	(void)state;
	for (int alg = 8; alg <= 16; alg++) {
		if (alg == 9 || alg == 11 || alg == 12)
			continue;
		int fd[2];
		assert_int_equal(pipe(fd), 0);
		pid_t pid = fork();
		if (pid == 0) {
			char num[8];
			snprintf(num, sizeof num, "%d", alg);
			dup2(fd[1], 1);
			close(fd[0]);
			execlp("dnssec-keygen", "dnssec-keygen", "-q", "-K", dir, "-a", num, "-b",
				alg < 13 ? "1024" : "256", "-f", "KSK", "example.org", (char *)NULL);
			_exit(127);
		}
		close(fd[1]);
		char base[200] = "";
		ssize_t n = read(fd[0], base, sizeof base - 1);
		close(fd[0]);
		if (n <= 0) {
			print_message("no dnssec-keygen\n");
			break;
		}
		base[strcspn(base, "\n")] = '\0';
		struct err e = { 0 };
		char said[1200];
		struct privkey *k = privfile_read(dir, base, NULL, NULL, NULL, &e);
		if (!k)
			fail_msg("algorithm %d: %s", alg, err_str(&e, said, sizeof said));
		assert_int_equal(k->flags, 257);
		assert_int_equal(k->alg, alg);
		privkey_free(k);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pairs_are_written_and_read_back),
		cmocka_unit_test(rules_of_private_files),
		cmocka_unit_test(hostile_private_text),
		cmocka_unit_test(a_damaged_rsa_key_signs_nothing),
		cmocka_unit_test(timing_edits_touch_nothing_else),
		cmocka_unit_test(times_of_a_pair),
		cmocka_unit_test(colliding_tags_are_refused),
		cmocka_unit_test(keys_of_bind),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
