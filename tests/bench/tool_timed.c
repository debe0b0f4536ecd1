/*
 * timed: runs a program (output to /dev/null, errors too) and prints its CPU seconds (user and system),
 * wall seconds, peak kilobytes and exit status: what a measurement needs of a peer.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"

int
main(int argc, char **argv)
{
	struct rusage u;
	int status;

	if (argc < 2)
		return 64;
	int64_t t = clock_monotonic_usec();
	pid_t pid = fork();
	if (pid == 0) {
		int null = open("/dev/null", O_RDWR);
		dup2(null, 0);
		dup2(null, 1);
		if (!getenv("TIMED_STDERR"))
			dup2(null, 2);
		execvp(argv[1], argv + 1);
		_exit(127);
	}
	if (pid < 0 || wait4(pid, &status, 0, &u) != pid)
		return 1;
	t = clock_monotonic_usec() - t;
	printf("%.3f %.3f %ld %d\n", (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
		(double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6, (double)t / 1e6, u.ru_maxrss,
		WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
	return 0;
}
