#include "base/pages.h"

#include <string.h>
#include <sys/mman.h>

static size_t
whole(size_t size)
{
	return (size + 4095) & ~(size_t)4095;
}

void *
pages_new(size_t size)
{
	void *p = mmap(NULL, whole(size + !size), PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

void *
pages_grow(void *p, size_t old, size_t size)
{
	size_t have = whole(old + !old), want = whole(size + !size);

	if (!p)
		return pages_new(size);
	if (want <= have)
		return p;
#ifdef __SANITIZE_THREAD__ /* which does not see that addresses move */
	void *q = pages_new(want);
	if (q) {
		memcpy(q, p, have);
		munmap(p, have);
	}
	return q;
#endif
	p = mremap(p, have, want, MREMAP_MAYMOVE);
	if (p == MAP_FAILED)
		return NULL;
	madvise((char *)p + have, want - have, MADV_POPULATE_WRITE); /* a help; older kernels fault */
	return p;
}

void
pages_free(void *p, size_t size)
{
	if (p)
		munmap(p, whole(size + !size));
}
