/*
 * keyfile: BIND key files (K<zone>+AAA+TTTTT.key, .private, .state) as facts. Of a .private file
 * only the format, the algorithm, the timing lines and whether the key is in an HSM are kept; the
 * rest is passed over unread and the buffer it went through is cleansed.
 *
 * Roles are not decided here: the file's name does not tell, and the comment may be wrong.
 */
#ifndef KEYS_KEYFILE_H
#define KEYS_KEYFILE_H

#include "model/observation.h"

/* Parses "Kexample.org.+008+25548" with or without a suffix; *SUFFIX (may be NULL) is set to ".key",
 * ".private", ".state" or "". */
bool keyfile_parse_name(const char *file, struct name *owner, uint8_t *alg, uint16_t *tag,
	const char **suffix);

/*
 * Fills F, strings from A, for the pair whose .key (or, where that is missing, .private) is FILE in
 * the folder DIR. Never fails: what cannot be read or parsed is said in F's states and problem.
 */
void keyfile_read(struct arena *a, const char *dir, const char *file, struct fact_keyfile *f);

/* The .key file at PATH alone; as above. */
void keyfile_read_public(struct arena *a, const char *path, struct fact_keyfile *f);

/* Parses the text of a .key file (N octets) into F: for keyfile_read() and the fuzzer. */
void keyfile_parse_key(struct arena *a, const char *text, size_t n, struct fact_keyfile *f);

/* Takes the octets of a .private file piece by piece; zero-initialise, feed, then end. */
struct private_reader {
	char key[24], value[40];
	size_t key_len, value_len;
	enum { PRIV_KEY, PRIV_VALUE, PRIV_SKIP } state;
	bool wanted;
	struct fact_keyfile *f;
	struct arena *a;
	int64_t time[KT_COUNT];
};
void private_begin(struct private_reader *r, struct arena *a, struct fact_keyfile *f);
void private_feed(struct private_reader *r, const char *p, size_t n);
void private_end(struct private_reader *r);

#endif
