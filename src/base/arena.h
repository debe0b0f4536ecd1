/*
 * arena: memory for one unit of work (an observation, a snapshot, a plan, a frame). Everything
 * that was allocated from it goes at once with arena_free(). Memory is zeroed. Private keys never
 * go into an arena.
 *
 * Life cycle: arena_new(), arena_alloc() and friends any number of times, arena_free().
 * Out of memory is reported by the arena's owner: allocation calls abort() only when the machine
 * has no memory at all, which Linux practically never reports; limits on foreign input are
 * checked before allocation.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stdarg.h>
#include <stddef.h>

struct arena;

struct arena *arena_new(void);
void arena_free(struct arena *a); /* NULL is allowed; runs the clean-ups, last added first */

void *arena_alloc(struct arena *a, size_t size); /* zeroed, aligned for any type */
void *arena_memdup(struct arena *a, const void *p, size_t size);
char *arena_strdup(struct arena *a, const char *s); /* NULL gives NULL */
char *arena_strndup(struct arena *a, const char *s, size_t n);
char *arena_printf(struct arena *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
char *arena_vprintf(struct arena *a, const char *fmt, va_list ap);

/* FN(PTR) is called by arena_free(): for library objects that live as long as the arena. */
void arena_on_free(struct arena *a, void (*fn)(void *), void *ptr);

/* Bytes taken from the system so far. */
size_t arena_size(const struct arena *a);

#define arena_new_array(a, type, n) ((type *)arena_alloc((a), sizeof(type) * (n)))
#define arena_new_one(a, type) ((type *)arena_alloc((a), sizeof(type)))

/*
 * A growing array of pointers or records in an arena: struct { T *v; size_t n, cap; }.
 * arena_push(a, &list, value) appends; the old storage stays in the arena until it is freed.
 */
#define arena_push(a, list, value)                                                             \
	do {                                                                                   \
		if ((list)->n == (list)->cap)                                                  \
			(list)->v = arena_grow((a), (list)->v, (list)->n, &(list)->cap,        \
				sizeof *(list)->v);                                            \
		(list)->v[(list)->n++] = (value);                                              \
	} while (0)
void *arena_grow(struct arena *a, void *old, size_t n, size_t *cap, size_t size);

#endif
