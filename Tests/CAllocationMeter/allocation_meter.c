// The allocator's entry points, defined once more in the test program, which then come before the C library's for all
// of its code, the Swift runtime's included; they count for each thread and leave the work to the C library.

#include "allocation_meter.h"

#include <errno.h>
#include <malloc.h>
#include <stddef.h>

void *__libc_malloc(size_t);
void *__libc_calloc(size_t, size_t);
void *__libc_realloc(void *, size_t);
void *__libc_memalign(size_t, size_t);
void __libc_free(void *);

static __thread long held;
static __thread long peak;
static __thread long count;

void allocation_meter_start(void) { held = peak = count = 0; }
long allocation_meter_peak(void) { return peak; }
long allocation_meter_held(void) { return held; }
long allocation_meter_count(void) { return count; }

// A sanitizer watches the heap by entry points of its own: with these before them it would see nothing.
#if !__has_feature(address_sanitizer) && !__has_feature(thread_sanitizer)

static void *taken(void *block) {
    ++count;
    if (block) {
        held += (long)malloc_usable_size(block);
        if (held > peak) peak = held;
    }
    return block;
}

void *malloc(size_t size) { return taken(__libc_malloc(size)); }

void *calloc(size_t count, size_t size) { return taken(__libc_calloc(count, size)); }

void free(void *block) {
    if (block) held -= (long)malloc_usable_size(block);
    __libc_free(block);
}

void *realloc(void *block, size_t size) {
    ++count;
    long before = block ? (long)malloc_usable_size(block) : 0;
    void *moved = __libc_realloc(block, size);
    if (!moved) {
        // A size of 0 frees the block.
        if (size == 0) held -= before;
        return NULL;
    }
    // While it is moved both are there.
    long after = (long)malloc_usable_size(moved);
    if (moved != block && held + after > peak) peak = held + after;
    held += after - before;
    if (held > peak) peak = held;
    return moved;
}

void *memalign(size_t alignment, size_t size) { return taken(__libc_memalign(alignment, size)); }

void *aligned_alloc(size_t alignment, size_t size) { return taken(__libc_memalign(alignment, size)); }

int posix_memalign(void **result, size_t alignment, size_t size) {
    if (alignment % sizeof(void *) != 0 || alignment == 0 || (alignment & (alignment - 1)) != 0) return EINVAL;
    void *block = taken(__libc_memalign(alignment, size));
    if (!block) return ENOMEM;
    *result = block;
    return 0;
}

#endif
