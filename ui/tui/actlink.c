#include "ui/tui/actlink.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

struct actlink {
	uv_loop_t *loop;
	struct actlink_calls calls;
	int starter;
	struct line { /* to one act; lives until libuv has let go of it */
		uv_poll_t poll;
		struct actlink *l; /* NULL: nobody listens any more */
		struct act_lines said;
		int fd;
	} *line;
};

struct actlink *
actlink_new(uv_loop_t *loop, int starter, const struct actlink_calls *calls)
{
	struct actlink *l = calloc(1, sizeof *l);

	if (!l)
		abort();
	*l = (struct actlink){ .loop = loop, .calls = *calls, .starter = starter };
	return l;
}

static void
on_closed(uv_handle_t *h)
{
	free(h->data);
}

/* act reads the end of its requests and leaves; one in the middle of a plan goes on. */
static void
drop(struct actlink *l)
{
	struct line *line = l->line;

	if (!line)
		return;
	l->line = NULL;
	line->l = NULL;
	uv_poll_stop(&line->poll);
	uv_close((uv_handle_t *)&line->poll, on_closed);
	close(line->fd);
}

static void
on_readable(uv_poll_t *poll, int status, int events)
{
	struct line *line = poll->data;
	struct act_progress p;
	char buf[16384];
	ssize_t n = status < 0 ? 0 : read(line->fd, buf, sizeof buf);

	(void)events;
	if (!line->l || (n < 0 && (errno == EAGAIN || errno == EINTR)))
		return;
	struct actlink *l = line->l;
	if (n <= 0) {
		drop(l);
		l->calls.gone(l->calls.ctx);
		return;
	}
	for (ssize_t i = 0; i < n; i++)
		if (act_lines_take(&line->said, buf[i], &p))
			l->calls.said(l->calls.ctx, &p);
}

static bool
begin(struct actlink *l, struct err *e)
{
	struct line *line = calloc(1, sizeof *line);

	if (!line)
		return err_set(e, ERR_MEMORY, "act", "begin", "", "no memory");
	line->fd = act_begin(l->starter, e);
	if (line->fd < 0) {
		free(line);
		return false;
	}
	int rc = uv_poll_init(l->loop, &line->poll, line->fd);
	if (rc != 0) {
		close(line->fd);
		free(line);
		return err_set(e, ERR_IO, "act", "begin", "", "%s", uv_strerror(rc));
	}
	/* libuv made it non-blocking: a request is written whole, or waited for */
	int flags = fcntl(line->fd, F_GETFL);
	if (flags >= 0)
		fcntl(line->fd, F_SETFL, flags & ~O_NONBLOCK);
	line->l = l;
	line->poll.data = line;
	l->line = line;
	uv_poll_start(&line->poll, UV_READABLE | UV_DISCONNECT, on_readable);
	return true;
}

bool
actlink_arm(struct actlink *l, bool armed, bool busy, struct err *e)
{
	if (armed && !l->line && l->starter >= 0)
		return begin(l, e);
	if (!armed && !busy)
		drop(l);
	return true;
}

bool
actlink_ask(struct actlink *l, const struct act_request *q, struct err *e)
{
	return l->line ? act_ask(l->line->fd, q, e)
		: err_set(e, ERR_UNSUPPORTED, "console", "act", "", "this console has nobody who may");
}

void
actlink_close(struct actlink *l)
{
	drop(l);
	if (l->starter >= 0)
		close(l->starter);
	free(l);
}
