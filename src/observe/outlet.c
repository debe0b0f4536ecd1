/* outlet: lines to a reader that may be slow. */
#include "observe/outlet.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"

struct outlet {
	uv_poll_t poll;
	int fd, flags;	/* flags: as they were; -1: it is written with blocking */
	bool watching, is_gone;
	struct text queue;
	size_t done;	/* octets of the queue that were written */
	uint64_t dropped;
	void (*gone)(void *ctx);
	char *(*lost)(void *ctx, uint64_t lines);
	void *ctx;
};

static void
leave(struct outlet *o)
{
	if (!o->is_gone && o->gone)
		o->gone(o->ctx);
	o->is_gone = true;
	o->done = 0;
	text_reset(&o->queue);
}

/* Writes what can be written now. */
static void
push(struct outlet *o)
{
	while (o->done < o->queue.len) {
		ssize_t n = write(o->fd, o->queue.s + o->done, o->queue.len - o->done);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return;
		if (n < 0) {
			leave(o);
			return;
		}
		o->done += (size_t)n;
	}
	o->done = 0;
	text_reset(&o->queue);
}

static void on_writable(uv_poll_t *p, int status, int events);

static void
watch(struct outlet *o)
{
	bool want = o->queue.len > 0;

	if (want == o->watching)
		return;
	o->watching = want;
	if (want)
		uv_poll_start(&o->poll, UV_WRITABLE, on_writable);
	else
		uv_poll_stop(&o->poll);
}

static void
on_writable(uv_poll_t *p, int status, int events)
{
	struct outlet *o = p->data;

	(void)events;
	if (status < 0)
		leave(o);
	else
		push(o);
	if (o->queue.len == 0 && o->dropped && !o->is_gone) {
		char *line = o->lost ? o->lost(o->ctx, o->dropped) : NULL;
		o->dropped = 0;
		if (line)
			text_add_n(&o->queue, line, strlen(line));
		free(line);
		push(o);
	}
	watch(o);
}

struct outlet *
outlet_new(uv_loop_t *loop, int fd, void (*gone)(void *ctx),
	char *(*lost)(void *ctx, uint64_t lines), void *ctx)
{
	struct outlet *o = calloc(1, sizeof *o);
	struct stat st;

	if (!o)
		abort();
	*o = (struct outlet){ .fd = fd, .flags = -1, .gone = gone, .lost = lost, .ctx = ctx };
	if (fstat(fd, &st) == 0 && (S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode))) {
		int flags = fcntl(fd, F_GETFL);
		if (flags >= 0 && uv_poll_init(loop, &o->poll, fd) == 0)
			o->flags = flags;
	}
	o->poll.data = o;
	return o;
}

static uint64_t
count_lines(const char *s, size_t len)
{
	uint64_t n = 0;

	for (size_t i = 0; i < len; i++)
		n += s[i] == '\n';
	return n;
}

void
outlet_add(struct outlet *o, const char *lines, size_t len)
{
	if (o->is_gone)
		return;
	if (o->flags < 0) {
		if (!file_write_all(o->fd, lines, len, "stream", NULL))
			leave(o);
		return;
	}
	if (o->dropped || o->queue.len - o->done + len > OUTLET_MAX) {
		o->dropped += count_lines(lines, len); /* in order: none passes one that was dropped */
		return;
	}
	if (o->done > OUTLET_MAX / 4) {
		memmove(o->queue.s, o->queue.s + o->done, o->queue.len - o->done + 1);
		o->queue.len -= o->done;
		o->done = 0;
	}
	bool idle = o->queue.len == 0;
	text_add_n(&o->queue, lines, len);
	if (idle)
		push(o);
	watch(o);
}

size_t
outlet_waiting(const struct outlet *o)
{
	return o->queue.len - o->done;
}

static void
on_closed(uv_handle_t *h)
{
	struct outlet *o = h->data;

	text_free(&o->queue);
	free(o);
}

void
outlet_close(struct outlet *o, int drain_ms)
{
	int64_t end = clock_monotonic_usec() + drain_ms * INT64_C(1000), left;
	struct pollfd p = { .fd = o->fd, .events = POLLOUT };

	while (o->queue.len > 0 && (left = end - clock_monotonic_usec()) > 0)
		if (poll(&p, 1, (int)(left / 1000) + 1) > 0)
			push(o);
	if (o->flags < 0) {
		on_closed((uv_handle_t *)&o->poll);
		return;
	}
	uv_close((uv_handle_t *)&o->poll, on_closed);
	fcntl(o->fd, F_SETFL, o->flags);
}
