/*
 * recorder: the face that record is (ui/super.h): it reads the streams of the observers, writes
 * the history of each zone (observe/histdb), and gives everybody who attaches to the zone's socket
 * the picture so far and then the stream.
 *
 * What goes over a socket (record.sock in the zone's state folder, mode 0600): to the attached,
 * the stream of unbogus-stream(5): a hello by "record", the facts history and version, the newest
 * line of each kind (model/backlog), a tick by "record", which ends the picture, then every new
 * line. Back come lines "probe [VANTAGE]", which go to the observers. Who reads too slowly is cut
 * off.
 *
 * Life cycle: fill in a struct recorder_job, recorder_open() in the face and before it confines
 * itself, recorder_run(), recorder_close().
 */
#ifndef UI_CLI_RECORDER_H
#define UI_CLI_RECORDER_H

#include "base/state.h"
#include "model/name.h"
#include "observe/histdb.h"
#include "ui/super.h"

#define RECORD_SOCKET "record.sock"
#define RECORD_LOCK "record.lock"

struct recorder_zone {
	struct name name;
	struct state_place place;
	bool write; /* false: another record has the folder; its history is only read */
};

struct recorder_job {
	const struct recorder_zone *zones;
	size_t n_zones;
	const struct super_face *face;
	/* Index of the one zone that each of the face's streams is about, -1: of all. */
	const int *stream_zone;
	struct histdb_bounds bounds;
	int own_in, own_out; /* of who started us: the first zone's stream, and its lines; -1: none */
};

struct recorder;
/* Takes the locks, opens the databases and sockets. NULL with E; ERR_CHANGED: another record runs. */
struct recorder *recorder_open(const struct recorder_job *job, struct err *e);
/* SANDBOX is for hello. Returns an exit code: 0 after SIGTERM or SIGINT, and when the one that we
 * were started for has gone; 1 when the observers' supervisor has. */
int recorder_run(struct recorder *r, const char *sandbox);
void recorder_close(struct recorder *r);

#endif
