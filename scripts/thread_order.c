// Tells Thread Sanitizer of the order that Swift's libraries make between threads; sanitize.sh preloads it.
//
// The toolchain's libswiftSynchronization.so and libswiftCore.so are not built for the sanitizer, so it does not see what
// these two do, and reports what they keep apart:
//
// - A Mutex that somebody waits for. One that nobody waits for is locked and unlocked by an atomic operation within the
//   code under test; otherwise `_lockSlow` and `_unlockSlow` have the kernel hand it over (FUTEX_LOCK_PI, FUTEX_UNLOCK_PI).
// - Reference counts. Who finds an array's storage to be referred to once writes in place, and whose reference is the
//   last one destroys the object: after all that others did with it before they let go of theirs.
//
// Here the calls are made as they were, with a note to the sanitizer of each. Nothing is suppressed: what neither a lock
// nor a reference keeps apart is reported as before.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Programs without the sanitizer or without Swift, which the tests start too, have none of these.
extern void __tsan_acquire(void *) __attribute__((weak));
extern void __tsan_release(void *) __attribute__((weak));
extern size_t swift_retainCount(void *) __attribute__((weak));

#define NEXT(type, name) ((type *)dlsym(RTLD_NEXT, name))

// MARK: - Mutex

#define LOCK "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF"
#define UNLOCK "$s15Synchronization12_MutexHandleV11_unlockSlowyyF"
#define SWIFT __attribute__((swiftcall))
#define SELF __attribute__((swift_context)) void *

typedef SWIFT void Lock(uint32_t thread, SELF mutex);
typedef SWIFT void Unlock(SELF mutex);

SWIFT void lock_slow(uint32_t thread, SELF mutex) __asm__(LOCK);
SWIFT void unlock_slow(SELF mutex) __asm__(UNLOCK);

SWIFT void lock_slow(uint32_t thread, SELF mutex) {
    NEXT(Lock, LOCK)(thread, mutex);
    if (__tsan_acquire) __tsan_acquire(mutex);
}

SWIFT void unlock_slow(SELF mutex) {
    if (__tsan_release) __tsan_release(mutex);
    NEXT(Unlock, UNLOCK)(mutex);
}

// MARK: - References

typedef bool IsUnique(const void *object);
typedef void Release(void *);
typedef void ReleaseMany(void *, uint32_t);

static bool acquired(bool isUnique, const void *object) {
    if (isUnique && object && __tsan_acquire) __tsan_acquire((void *)object);
    return isUnique;
}

bool swift_isUniquelyReferenced_native(const void *object) {
    static IsUnique *next;
    if (!next) next = NEXT(IsUnique, "swift_isUniquelyReferenced_native");
    return acquired(next(object), object);
}

bool swift_isUniquelyReferenced_nonNull_native(const void *object) {
    static IsUnique *next;
    if (!next) next = NEXT(IsUnique, "swift_isUniquelyReferenced_nonNull_native");
    return acquired(next(object), object);
}

/// Notes that `count` references to an object are let go of.
static void releasing(void *object, uint32_t count) {
    // What is not positive refers to nothing that is counted, such as a string's bytes in the reference's own place.
    if ((intptr_t)object <= 0 || !__tsan_release) return;
    __tsan_release(object);
    // The last one, or the last but one, which may turn out to be the last meanwhile.
    if (swift_retainCount(object) <= count + 1) __tsan_acquire(object);
}

/// A reference without its tags.
static void *untagged(void *reference) { return (void *)((uintptr_t)reference & 0x80FFFFFFFFFFFFF9); }

void swift_release(void *object) {
    static Release *next;
    if (!next) next = NEXT(Release, "swift_release");
    releasing(object, 1);
    next(object);
}

void swift_release_n(void *object, uint32_t count) {
    static ReleaseMany *next;
    if (!next) next = NEXT(ReleaseMany, "swift_release_n");
    releasing(object, count);
    next(object, count);
}

void swift_bridgeObjectRelease(void *reference) {
    static Release *next;
    if (!next) next = NEXT(Release, "swift_bridgeObjectRelease");
    releasing(untagged(reference), 1);
    next(reference);
}

void swift_bridgeObjectRelease_n(void *reference, uint32_t count) {
    static ReleaseMany *next;
    if (!next) next = NEXT(ReleaseMany, "swift_bridgeObjectRelease_n");
    releasing(untagged(reference), count);
    next(reference, count);
}
