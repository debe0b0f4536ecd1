/*
 * tool_pty: runs a program on a terminal of its own and measures what it sends:
 * tool_pty WxH IDLE_SECONDS MONKEY_SECONDS COMMAND... Prints "first N move N idle N exit N restored yes|no".
 * With MONKEY_SECONDS > 0 random keys and sizes follow before it is asked to leave.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>
#include <utmp.h>

#include "base/clock.h"

/* Octets read until nothing came for QUIET ms, or for MOST ms at all. */
static long
drain(int fd, int quiet, int most)
{
	char buf[65536];
	long sum = 0;
	int64_t end = clock_monotonic_usec() + most * INT64_C(1000);

	for (;;) {
		int left = (int)((end - clock_monotonic_usec()) / 1000);
		struct pollfd p = { .fd = fd, .events = POLLIN };
		if (left <= 0 || poll(&p, 1, left < quiet ? left : quiet) <= 0)
			return sum;
		ssize_t n = read(fd, buf, sizeof buf);
		if (n <= 0)
			return sum;
		sum += n;
	}
}

static void
send_keys(int fd, const char *s)
{
	ssize_t n = write(fd, s, strlen(s));
	(void)n;
}

/* Keys and sizes at random; the seed is fixed so that a failure can be repeated. */
static void
monkey(int fd, int seconds)
{
	static const char *const odd[] = { "\033[A", "\033[B", "\033OP", "\033[15~", "\033", "\t",
		"\r", "\033[Z", "\014", "\xc3\xa9", "\xff", "\033[200~x", "\004", "\025" };
	int64_t end = clock_monotonic_usec() + seconds * USEC;
	unsigned x = 20130515;

	while (clock_monotonic_usec() < end) {
		char key[2] = { 0 };
		x = x * 1103515245u + 12345u;
		unsigned r = x >> 16;
		if (r % 11 == 0) {
			struct winsize ws = { .ws_col = (unsigned short)(1 + r % 300),
				.ws_row = (unsigned short)(1 + (r >> 3) % 100) };
			ioctl(fd, TIOCSWINSZ, &ws);
		} else if (r % 5 == 0)
			send_keys(fd, odd[r % (sizeof odd / sizeof odd[0])]);
		else {
			key[0] = (char)(' ' + r % 95);
			if (key[0] != 'q' && key[0] != 'Q')
				send_keys(fd, key);
		}
		drain(fd, 4, 12);
	}
}

int
main(int argc, char **argv)
{
	struct winsize ws = { 0 };
	struct termios before, after;
	int master, slave, w, h, status = -1;

	if (argc < 5 || sscanf(argv[1], "%dx%d", &w, &h) != 2)
		return 64;
	ws.ws_col = (unsigned short)w;
	ws.ws_row = (unsigned short)h;
	if (openpty(&master, &slave, NULL, NULL, &ws) != 0)
		return 3;
	tcgetattr(slave, &before);
	pid_t pid = fork();
	if (pid == 0) {
		close(master);
		login_tty(slave);
		execv(argv[4], argv + 4);
		_exit(127);
	}
	long first = drain(master, 700, 15000);
	send_keys(master, "k");
	long move = drain(master, 300, 3000);
	long idle = atoi(argv[2]) ? drain(master, atoi(argv[2]) * 1000, atoi(argv[2]) * 1000) : 0;
	monkey(master, atoi(argv[3]));
	for (int i = 0; i < 40; i++) { /* out of any prompt or dialog, then leave */
		send_keys(master, i % 4 == 3 ? "\003\003" : "\033");
		drain(master, 120, 150);
		if (i % 4 == 0)
			send_keys(master, "q");
		drain(master, 120, 150);
		if (waitpid(pid, &status, WNOHANG) == pid)
			break;
		if (i == 39)
			kill(pid, SIGKILL);
	}
	tcgetattr(slave, &after);
	bool same = before.c_lflag == after.c_lflag && before.c_iflag == after.c_iflag &&
		before.c_oflag == after.c_oflag;
	printf("first %ld move %ld idle %ld exit %d restored %s\n", first, move, idle,
		WIFEXITED(status) ? WEXITSTATUS(status) : -1, same ? "yes" : "no");
	return 0;
}
