#include "model/facts.h"

#include <string.h>

#define END { NULL, 0, 0, 0, NULL, NULL }
#define FIELD(s, m, json, kind, doc) { json, kind, offsetof(struct s, m), 0, NULL, doc }
#define FIELD_ENUM(s, m, json, list, doc) { json, F_ENUM, offsetof(struct s, m), 0, list, doc }
#define FIELD_HEX(s, m, len, json, doc) \
	{ json, F_HEX, offsetof(struct s, m), offsetof(struct s, len), NULL, doc }

static const char *const vantage_types[] = { "libunbound", "resolver", NULL };
static const char *const vq_list[] = { "soa", "positive", "nodata", "nxdomain", "dnskey", "ds",
	"known-good", "known-bogus", NULL };

static const struct field hello_fields[] = {
	FIELD(fact_hello, version, "version", F_U32, "version of the stream's format, now 1"),
	FIELD(fact_hello, program, "program", F_STR, "name and version of the producer"),
	FIELD(fact_hello, sandbox, "sandbox", F_STR, "what confines the producer, and what is missing"),
	FIELD(fact_hello, host, "host", F_STR, "host that the facts come from"),
	FIELD(fact_hello, clock_offset_us, "clock-offset-us", F_I64,
		"microseconds by which the producer's clock is ahead of the reader's; 0 where unknown"),
	FIELD(fact_hello, note, "note", F_STR, "what the producer cannot tell, for people"),
	END };

static const struct field tick_fields[] = { END };

static const struct field round_fields[] = {
	FIELD(fact_round, end, "end", F_BOOL, "false when the round begins, true when it is over"),
	FIELD(fact_round, number, "number", F_U32, "counts from 1 for each producer and WHAT"),
	FIELD(fact_round, what, "what", F_STR, "full, soa, dnskey, ds, vantages or local"),
	END };

static const struct field server_fields[] = {
	FIELD(fact_server, at, "at", F_ENDPOINT, "the address"),
	FIELD(fact_server, source, "source", F_STR, "hints, referral, glue, child or config"),
	END };

static const struct field answer_fields[] = {
	FIELD(fact_answer, at, "at", F_ENDPOINT, "who answered"),
	FIELD(fact_answer, qname, "qname", F_NAME, "name asked"),
	FIELD(fact_answer, qtype, "qtype", F_TYPE, "type asked"),
	FIELD(fact_answer, tcp, "tcp", F_BOOL, "the answer came over TCP"),
	FIELD(fact_answer, tcp_after_tc, "tcp-after-tc", F_BOOL, "after a truncated UDP answer"),
	FIELD(fact_answer, rcode, "rcode", F_INT, "RFC 1035 4.1.1 and RFC 6891, as a number"),
	FIELD(fact_answer, aa, "aa", F_BOOL, "authoritative answer"),
	FIELD(fact_answer, tc, "tc", F_BOOL, "truncated (and TCP gave nothing better)"),
	FIELD(fact_answer, ad, "ad", F_BOOL, "authentic data"),
	FIELD(fact_answer, ra, "ra", F_BOOL, "recursion available"),
	FIELD(fact_answer, edns, "edns", F_BOOL, "the answer carried an OPT record"),
	FIELD(fact_answer, do_bit, "do", F_BOOL, "with the DO bit"),
	FIELD(fact_answer, size, "size", F_U32, "octets of the message"),
	FIELD(fact_answer, rtt_us, "rtt-us", F_U32, "microseconds from question to answer"),
	FIELD(fact_answer, nsid, "nsid", F_BYTES_TEXT, "RFC 5001, foreign bytes"),
	FIELD(fact_answer, ede, "ede", F_EDES, "RFC 8914"),
	FIELD(fact_answer, rrs, "rrs", F_RRS, "records of all sections but OPT"),
	FIELD(fact_answer, mismatched, "mismatched", F_U32,
		"replies thrown away because they answered another question (possible spoofing)"),
	END };

static const struct field no_answer_fields[] = {
	{ "probe", F_ENUM, offsetof(struct fact_no_answer, probe), 0, (const char *const[]){
		"referral", "ds", "soa", "ns", "dnskey", "cds", "cdnskey", "nsec3param", "positive",
		"nodata", "nxdomain", "address", NULL }, "what was asked" },
	FIELD(fact_no_answer, at, "at", F_ENDPOINT, "who was asked"),
	FIELD(fact_no_answer, qname, "qname", F_NAME, "name asked"),
	FIELD(fact_no_answer, qtype, "qtype", F_TYPE, "type asked"),
	FIELD(fact_no_answer, why, "why", F_STR,
		"timeout, refused (by the host), unreachable, malformed, tcp-timeout, tcp-refused"),
	FIELD(fact_no_answer, detail, "detail", F_STR, "which rule a malformed reply broke"),
	FIELD(fact_no_answer, tcp, "tcp", F_BOOL, "asked over TCP"),
	FIELD(fact_no_answer, waited_us, "waited-us", F_U32, "microseconds waited"),
	FIELD(fact_no_answer, attempts, "attempts", F_U32, "datagrams or connections tried"),
	FIELD(fact_no_answer, mismatched, "mismatched", F_U32, "as for an answer"),
	FIELD(fact_no_answer, final, "final", F_BOOL, "false: one more try is still running"),
	END };

static const struct field vantage_fields[] = {
	FIELD(fact_vantage, name, "name", F_STR, "its name in the configuration"),
	FIELD_ENUM(fact_vantage, type, "type", vantage_types, "libunbound or resolver"),
	FIELD(fact_vantage, kind, "kind", F_STR, "own, internal, isp or public"),
	FIELD(fact_vantage, address, "address", F_STR, "of a resolver"),
	FIELD(fact_vantage, port, "port", F_U16, "of a resolver"),
	FIELD(fact_vantage, cache_kept, "cache-kept", F_BOOL, "its cache is kept on purpose"),
	FIELD(fact_vantage, counted, "counted", F_BOOL, "it counts in the verdict"),
	FIELD(fact_vantage, cache_since, "cache-since", F_SECONDS, "when its cache was begun"),
	END };

static const struct field resolve_fields[] = {
	FIELD(fact_resolve, vantage, "vantage", F_STR, "which vantage"),
	FIELD_ENUM(fact_resolve, question, "question", vq_list,
		"why it was asked; known-good and known-bogus test the vantage itself"),
	FIELD(fact_resolve, qname, "qname", F_NAME, "name asked"),
	FIELD(fact_resolve, qtype, "qtype", F_TYPE, "type asked"),
	FIELD(fact_resolve, cd, "cd", F_BOOL, "asked with checking disabled"),
	FIELD(fact_resolve, rcode, "rcode", F_INT, "-1: no answer"),
	FIELD(fact_resolve, ad, "ad", F_BOOL, "authentic data"),
	FIELD(fact_resolve, status, "status", F_STR, "libunbound: secure, insecure or bogus"),
	FIELD(fact_resolve, why, "why", F_STR, "libunbound's reason, or why there is no answer"),
	FIELD(fact_resolve, ede, "ede", F_EDES, "RFC 8914"),
	FIELD(fact_resolve, rrs, "rrs", F_RRS, "records with their remaining TTLs"),
	FIELD(fact_resolve, rtt_us, "rtt-us", F_U32, "microseconds from question to answer"),
	FIELD(fact_resolve, pending, "pending", F_BOOL, "asked and still waiting"),
	END };

static const struct field keydir_fields[] = {
	FIELD(fact_keydir, path, "path", F_STR, "the folder"),
	FIELD(fact_keydir, readable, "readable", F_BOOL, "it could be listed"),
	FIELD(fact_keydir, files, "files", F_U32, "K*.key files of this zone"),
	FIELD(fact_keydir, why, "why", F_STR, "why it could not be read"),
	END };

static const struct field keyfile_fields[] = {
	FIELD(fact_keyfile, path, "path", F_STR, "the .key file"),
	FIELD(fact_keyfile, owner, "owner", F_NAME, "owner of the DNSKEY in it"),
	FIELD(fact_keyfile, name_tag, "name-tag", F_U16, "key tag in the file's name"),
	FIELD(fact_keyfile, name_alg, "name-alg", F_U8, "algorithm in the file's name"),
	FIELD_HEX(fact_keyfile, rdata, rdlen, "rdata", "DNSKEY RDATA (RFC 4034 2.1)"),
	FIELD(fact_keyfile, ttl, "ttl", F_U32, "TTL in the file, 0 where none is given"),
	FIELD(fact_keyfile, rdata_line, "rdata-line", F_U32, "line of the DNSKEY"),
	FIELD(fact_keyfile, comment, "comment", F_STR, "first comment line"),
	FIELD(fact_keyfile, comment_role, "comment-role", F_STR, "ksk or zsk as the comment says"),
	FIELD(fact_keyfile, time, "times", F_TIMES, "timing fields that are set"),
	FIELD(fact_keyfile, time_line, "time-lines", F_TIME_LINES, "their lines in the .key file"),
	FIELD(fact_keyfile, private_path, "private-path", F_STR, "the .private file"),
	FIELD(fact_keyfile, private_state, "private-state", F_STR,
		"present, missing, unreadable or malformed"),
	FIELD(fact_keyfile, private_format, "private-format", F_STR, "v1.2 or v1.3"),
	FIELD(fact_keyfile, private_alg, "private-alg", F_U8, "Algorithm: of the .private file"),
	FIELD(fact_keyfile, private_hsm, "private-hsm", F_BOOL, "the key is in an HSM (Label:)"),
	FIELD(fact_keyfile, private_mode, "private-mode", F_U32, "permission bits"),
	FIELD(fact_keyfile, private_uid, "private-uid", F_U32, "owner"),
	FIELD(fact_keyfile, private_gid, "private-gid", F_U32, "group"),
	FIELD(fact_keyfile, private_owner, "private-owner", F_STR, "owner and group by name"),
	FIELD(fact_keyfile, mtime, "mtime", F_SECONDS, "last change of the .key file"),
	FIELD(fact_keyfile, state, "state", F_STR, "fields of K*.state, where there is one"),
	FIELD(fact_keyfile, problem, "problem", F_STR, "what does not parse"),
	FIELD(fact_keyfile, sha256, "sha256", F_STR, "SHA-256 of the .key file's octets"),
	END };

static const struct field zonefile_fields[] = {
	FIELD(fact_zonefile, which, "which", F_STR, "source (unsigned) or signed"),
	FIELD(fact_zonefile, path, "path", F_STR, "the file"),
	FIELD(fact_zonefile, readable, "readable", F_BOOL, "it could be read"),
	FIELD(fact_zonefile, why, "why", F_STR, "why not"),
	FIELD(fact_zonefile, mtime, "mtime", F_SECONDS, "last change"),
	FIELD(fact_zonefile, size, "size", F_U64, "octets"),
	FIELD(fact_zonefile, has_soa, "has-soa", F_BOOL, "an SOA record was found"),
	FIELD(fact_zonefile, serial, "serial", F_U32, "of the SOA"),
	FIELD(fact_zonefile, soa_ttl, "soa-ttl", F_U32, "seconds"),
	FIELD(fact_zonefile, refresh, "refresh", F_U32, "seconds"),
	FIELD(fact_zonefile, retry, "retry", F_U32, "seconds"),
	FIELD(fact_zonefile, expire, "expire", F_U32, "seconds"),
	FIELD(fact_zonefile, minimum, "minimum", F_U32, "seconds"),
	FIELD(fact_zonefile, records, "records", F_U64, "records read"),
	FIELD(fact_zonefile, rrsets, "rrsets", F_U64, "authoritative RRsets, RRSIG not counted"),
	FIELD(fact_zonefile, unsigned_rrsets, "unsigned-rrsets", F_U64, "of them without RRSIG"),
	FIELD(fact_zonefile, max_ttl, "max-ttl", F_U32, "largest TTL, seconds"),
	FIELD(fact_zonefile, dnskeys, "dnskeys", F_RRS, "DNSKEY records at the apex"),
	FIELD(fact_zonefile, signers, "signers", F_SIGNERS, "which keys made the RRSIGs"),
	FIELD(fact_zonefile, errors, "errors", F_LINES, "the first 20 parse errors"),
	FIELD(fact_zonefile, error_count, "error-count", F_U32, "all parse errors"),
	FIELD(fact_zonefile, sha256, "sha256", F_STR, "SHA-256 of the file's octets"),
	END };

static const struct field source_fields[] = {
	FIELD(fact_source, type, "type", F_STR, "svn, git or file"),
	FIELD(fact_source, path, "path", F_STR, "working copy or URL, and the file in it"),
	FIELD(fact_source, readable, "readable", F_BOOL, "it could be read"),
	FIELD(fact_source, why, "why", F_STR, "why not"),
	FIELD(fact_source, revision, "revision", F_STR, "r61234, or a commit"),
	FIELD(fact_source, author, "author", F_STR, "of that revision"),
	FIELD(fact_source, message, "message", F_STR, "its first line"),
	FIELD(fact_source, date, "date", F_SECONDS, "of that revision"),
	FIELD(fact_source, has_serial, "has-serial", F_BOOL, "an SOA was found in the file"),
	FIELD(fact_source, serial, "serial", F_U32, "of the file in that revision"),
	FIELD(fact_source, modified, "modified", F_BOOL, "the working copy has uncommitted changes"),
	END };

static const struct field signer_fields[] = {
	FIELD(fact_signer, path, "path", F_STR, "the signer's log"),
	FIELD(fact_signer, readable, "readable", F_BOOL, "it could be read"),
	FIELD(fact_signer, why, "why", F_STR, "why not"),
	FIELD(fact_signer, mtime, "mtime", F_SECONDS, "last change"),
	FIELD(fact_signer, lines, "lines", F_LINES, "its last lines"),
	FIELD(fact_signer, message_id, "message-id", F_STR, "the decisive message, unbogus-messages(7)"),
	FIELD(fact_signer, message_class, "message-class", F_STR, "Z, K, N, U ..."),
	FIELD(fact_signer, message_line, "message-line", F_STR, "the line that matched"),
	FIELD(fact_signer, has_exit, "has-exit", F_BOOL, "an exit status is known"),
	FIELD(fact_signer, exit_status, "exit-status", F_INT, "of the signer's last run"),
	END };

static const struct field clock_fields[] = {
	FIELD(fact_clock, synchronised, "synchronised", F_BOOL, "the kernel calls its clock so"),
	FIELD(fact_clock, max_error_us, "max-error-us", F_I64, "kernel's bound, microseconds"),
	FIELD(fact_clock, offset_us, "offset-us", F_I64, "kernel's offset, microseconds"),
	FIELD(fact_clock, source, "source", F_STR, "adjtimex"),
	END };

static const struct field process_fields[] = {
	FIELD(fact_process, name, "name", F_STR, "net, local, or a producer's name"),
	FIELD(fact_process, state, "state", F_STR,
		"started, ended, crashed (it will be started again) or failed"),
	FIELD(fact_process, why, "why", F_STR, "exit status or signal, and its last words"),
	FIELD(fact_process, pid, "pid", F_U32, "process id"),
	END };

static const struct field message_fields[] = {
	FIELD(fact_message, who, "who", F_STR, "who said it: nagios, support, a name"),
	FIELD(fact_message, text, "text", F_STR, "what was said"),
	END };

static const struct field coach_fields[] = {
	FIELD(fact_coach, scenario, "scenario", F_STR, "name of the scenario"),
	FIELD(fact_coach, mode, "mode", F_STR, "guided, coach, exam or replay"),
	FIELD(fact_coach, text, "text", F_STR, "what the coach says; empty: nothing"),
	FIELD(fact_coach, level, "level", F_U32, "0 praise or news, 1 attention to 4 answer"),
	FIELD(fact_coach, hidden, "hidden", F_BOOL, "cause and safe steps are not to be shown yet"),
	FIELD(fact_coach, paused, "paused", F_BOOL, "virtual time stands"),
	FIELD(fact_coach, over, "over", F_BOOL, "the training has ended"),
	FIELD(fact_coach, speed, "speed", F_U32, "virtual seconds a second"),
	FIELD(fact_coach, score, "score", F_U32, "points so far, of 100"),
	FIELD(fact_coach, hints, "hints", F_U32, "hints taken"),
	FIELD(fact_coach, wrong, "wrong", F_U32, "wrong actions taken"),
	FIELD(fact_coach, broken, "broken", F_U32, "simulated validators that fail now"),
	FIELD(fact_coach, broken_minutes, "broken-minutes", F_U32,
		"simulated validators times minutes for which they failed so far"),
	END };

static const struct field unknown_fields[] = {
	FIELD(fact_unknown, what, "what", F_STR, "what could not be read"),
	FIELD(fact_unknown, object, "object", F_STR, "its path or address"),
	FIELD(fact_unknown, why, "why", F_STR, "permission, not configured, not installed, timeout"),
	FIELD(fact_unknown, lost, "lost", F_STR, "what it would have told"),
	END };

static const char *const version_lists[] = { "ds", "dnskey", "signers", "serial", NULL };

static const struct field history_fields[] = {
	FIELD(fact_history, store, "store", F_STR, "the file that it is kept in, or memory"),
	FIELD(fact_history, note, "note", F_STR, "why nothing is kept, or what the file lost"),
	FIELD(fact_history, since, "since", F_SECONDS, "watched without a gap since then"),
	FIELD(fact_history, looked, "looked", F_SECONDS, "last complete look at every server"),
	FIELD(fact_history, rows, "rows", F_U64, "rows in the file"),
	FIELD(fact_history, pid, "pid", F_U32, "of the record that keeps it, 0: read from the file"),
	END };

static const struct field version_fields[] = {
	FIELD_ENUM(fact_version, of, "of", version_lists, "ds, dnskey, signers (of the data) or serial"),
	FIELD(fact_version, value, "value", F_STR,
		"the RDATA, sorted, in hexadecimal; algorithm/tag of each signer; the serial; empty: none"),
	FIELD(fact_version, on, "on", F_SECONDS, "first seen"),
	FIELD(fact_version, off, "off", F_SECONDS,
		"first complete look at every address without it; never while it is served"),
	FIELD(fact_version, on_before, "on-before", F_SECONDS,
		"last complete look without it, null when it was there from the beginning"),
	FIELD(fact_version, ttl, "ttl", F_U32, "largest TTL that it was served with, seconds"),
	FIELD(fact_version, held, "held", F_STR,
		"who was last seen serving it: address, port and time, with commas between"),
	FIELD(fact_version, at, "at", F_ENDPOINT, "who served the records"),
	FIELD(fact_version, seen, "seen", F_SECONDS, "when"),
	FIELD(fact_version, rrs, "rrs", F_RRS, "its records and their RRSIGs; none for a serial"),
	END };

static const struct fact_desc descs[] = {
	{ FACT_HELLO, "hello", "every producer, first", "A producer begins.", hello_fields },
	{ FACT_TICK, "tick", "every producer", "Nothing new, but time goes on.", tick_fields },
	{ FACT_ROUND, "round", "every producer",
		"A round of questions begins or ends: what was not seen in between was not asked.",
		round_fields },
	{ FACT_SERVER, "server", "net, lab", "An address that is asked.", server_fields },
	{ FACT_ANSWER, "answer", "net, lab",
		"An answer of an authoritative server. In the stream the fact's name is that of the "
		"probe: referral, ds, soa, ns, dnskey, cds, cdnskey, nsec3param, positive, nodata, "
		"nxdomain or address.", answer_fields },
	{ FACT_NO_ANSWER, "no-answer", "net, lab", "A question that was not answered.", no_answer_fields },
	{ FACT_VANTAGE, "vantage", "net, lab", "A validator or resolver that is asked.", vantage_fields },
	{ FACT_RESOLVE, "resolve", "net, lab", "What a vantage said.", resolve_fields },
	{ FACT_KEYDIR, "keydir", "local, lab", "The key directory.", keydir_fields },
	{ FACT_KEYFILE, "keyfile", "local, lab",
		"A key pair's files. Of a .private file only format, algorithm and times are read.",
		keyfile_fields },
	{ FACT_ZONEFILE, "zonefile", "local, lab", "A zone file on this host.", zonefile_fields },
	{ FACT_SOURCE, "source", "local, lab", "The source of truth.", source_fields },
	{ FACT_SIGNER, "signer", "local, lab", "The signer's last log.", signer_fields },
	{ FACT_CLOCK, "clock", "local, net, lab", "How good the host's clock is.", clock_fields },
	{ FACT_PROCESS, "process", "supervisor", "A process of this program began or ended.",
		process_fields },
	{ FACT_MESSAGE, "message", "lab", "What somebody said to the operator.", message_fields },
	{ FACT_COACH, "coach", "lab", "How a training stands.", coach_fields },
	{ FACT_UNKNOWN, "unknown", "every producer", "Something that could not be read.", unknown_fields },
	{ FACT_HISTORY, "history", "record", "How far back this zone is remembered; its versions follow.",
		history_fields },
	{ FACT_VERSION, "version", "record",
		"One value that was served, seen by somebody who watched then.", version_fields },
};

const struct fact_desc *
fact_desc(enum fact fact)
{
	for (size_t i = 0; i < sizeof descs / sizeof *descs; i++)
		if (descs[i].fact == fact)
			return &descs[i];
	return NULL;
}

const struct fact_desc *
fact_by_name(const char *name, enum probe *probe)
{
	if (probe_from_name(name, probe))
		return fact_desc(FACT_ANSWER);
	for (size_t i = 0; i < sizeof descs / sizeof *descs; i++)
		if (descs[i].fact != FACT_ANSWER && strcmp(descs[i].name, name) == 0)
			return &descs[i];
	return NULL;
}
