/*
 * pages: large zeroed memory whose pages the kernel makes ready in one go. On virtual machines a page
 * fault can cost as much as parsing fifty records; an array of millions takes thousands of them.
 */
#ifndef BASE_PAGES_H
#define BASE_PAGES_H

#include <stddef.h>

/* SIZE octets (rounded up to pages), or NULL. */
void *pages_new(size_t size);
/* As realloc(): what is new is zeroed; on failure P stays. P NULL: pages_new(). */
void *pages_grow(void *p, size_t old, size_t size);
void pages_free(void *p, size_t size); /* NULL is allowed */

#endif
