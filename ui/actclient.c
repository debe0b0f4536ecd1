/* The asking side of act: start it, ask it, understand it. */
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/child.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/state.h"
#include "base/text.h"
#include "ui/act.h"

#define BECOME_MAX 12

pid_t
act_start(const char *const *become, size_t n_become, int *fd, struct err *e)
{
	const char *argv[BECOME_MAX + 3];
	char self[4096];
	size_t n = 0;
	int pair[2];

	ssize_t len = readlink("/proc/self/exe", self, sizeof self - 1);
	if (len <= 0 || n_become > BECOME_MAX) {
		err_set(e, ERR_IO, "act", "start", "this program's path", "%s", len <= 0 ? strerror(errno) : "too many words");
		return -1;
	}
	self[len] = '\0';
	for (size_t i = 0; i < n_become; i++)
		argv[n++] = become[i];
	argv[n++] = self;
	argv[n++] = "act";
	argv[n] = NULL;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) {
		err_errno(e, "act", "socketpair", errno);
		return -1;
	}
	pid_t pid = child_spawn(&(struct child_spec){ .argv = argv, .cwd = ".",
		.fds = { pair[1], -1, STDERR_FILENO } }, e);
	close(pair[1]);
	if (pid < 0)
		close(pair[0]);
	else
		*fd = pair[0];
	return pid;
}

static void
set(json_t *o, const char *name, const char *value)
{
	if (value)
		json_object_set_new(o, name, json_string(value));
}

bool
act_ask(int fd, const struct act_request *r, struct err *e)
{
	json_t *o = json_object();

	set(o, "plan-text", r->plan_text);
	set(o, "zone", r->zone);
	set(o, "config", r->config);
	set(o, "state", r->state);
	set(o, "phrase", r->phrase);
	set(o, "reason", r->reason);
	set(o, "who", r->who);
	set(o, "terminal", r->terminal);
	char *line = json_dumps(o, JSON_COMPACT);
	json_decref(o);
	if (!line)
		return err_set(e, ERR_PARSE, "request", "UTF-8", "", "text that is not");
	bool ok = strlen(line) < ACT_REQUEST_MAX - 1 ||
		err_set(e, ERR_LIMIT, "request", "length", "", "too long");
	ok = ok && file_write_all(fd, line, strlen(line), "act", e) && file_write_all(fd, "\n", 1, "act", e);
	free(line);
	return ok;
}

static bool
parse(const char *line, char *buf, size_t size, struct act_progress *p)
{
	json_t *o = json_loads(line, 0, NULL);
	const char **const to[] = { &p->stage, &p->state, &p->text };
	static const char *const names[] = { "stage", "state", "text" };

	*p = (struct act_progress){ .end = -1 };
	for (int i = 0; o && i < 3; i++) {
		const char *s = json_string_value(json_object_get(o, names[i]));
		size_t n = text_clean(buf, size, s ? s : "") + 1;
		*to[i] = buf;
		n = n < size ? n : size - 1;
		buf += n;
		size -= n;
	}
	if (o && json_is_integer(json_object_get(o, "end")))
		p->end = (int)json_integer_value(json_object_get(o, "end"));
	json_decref(o);
	return o != NULL;
}

bool
act_lines_take(struct act_lines *l, char c, struct act_progress *p)
{
	if (c != '\n') {
		l->too_long |= l->n == sizeof l->line - 1;
		if (!l->too_long)
			l->line[l->n++] = c;
		return false;
	}
	l->line[l->n] = '\0';
	bool said = !l->too_long && parse(l->line, l->buf, sizeof l->buf, p);
	l->n = 0;
	l->too_long = false;
	return said;
}

/* Reads on at the end of the file, until the last line or until nothing was said for SECONDS. */
static int
follow_file(int fd, int seconds)
{
	struct act_progress p = { .end = -1 };
	struct act_lines lines = { .n = 0 };
	int idle = 0;
	char c;

	while (p.end < 0 && idle < 5 * seconds) {
		if (read(fd, &c, 1) <= 0) {
			idle++;
			usleep(200 * 1000);
			continue;
		}
		idle = 0;
		if (act_lines_take(&lines, c, &p))
			act_print(&p);
	}
	return p.end;
}

int
act_follow(const char *state, const struct name *zone)
{
	char text[NAME_MAX_TEXT], path[PATH_MAX];
	struct state_place s;
	struct stat st;

	if (!state_find(&s, state, name_to_text(text, zone), NULL))
		return -1;
	int fd = open(state_path(&s, ACT_PROGRESS, path), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return -1;
	if (fstat(fd, &st) != 0 || st.st_mtime < clock_seconds() - 3600) {
		close(fd);
		return -1;
	}
	int end = follow_file(fd, 150);
	close(fd);
	if (end < 0)
		fprintf(stderr, "unbogus: no more is said and there is no outcome: unbogus apply --recover %s\n", text);
	return end < 0 ? 3 : end;
}

void
act_print(const struct act_progress *p)
{
	if (!*p->text && p->end < 0)
		return;
	if (p->end < 0)
		printf("%-9s %-6s %s\n", p->stage, p->state, p->text);
	fflush(stdout);
}
