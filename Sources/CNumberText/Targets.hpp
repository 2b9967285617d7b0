#ifndef NABLA_TARGETS_HPP
#define NABLA_TARGETS_HPP

/* Code that is compiled more than once: for every processor, and for those with AVX2 and with AVX-512, where that gains
 * much.
 *
 * It stands in files without a guard, in the namespace NABLA_TARGET, and uses the compiler's vectors. Which of its forms
 * runs is decided where it is entered, each time: there is nothing that would have to be set up before. */

#include "CNumberText.h"

#include <cstdint>
#include <cstring>

#if defined(__x86_64__)
#include <immintrin.h>
#define NABLA_HAS_AVX2 1
/* The instructions that all processors with AVX2 have. */
#define NABLA_BEGIN_AVX2                                                                                               \
    _Pragma("clang attribute push(__attribute__((target(\"avx2,bmi,bmi2,lzcnt,popcnt\"))), apply_to = function)")
#define NABLA_END_AVX2 _Pragma("clang attribute pop")
/* Those of AVX-512 that Ice Lake and Zen 4 have, and what comes after them. */
#define NABLA_BEGIN_AVX512                                                                                             \
    _Pragma("clang attribute push(__attribute__((target(\"avx512f,avx512bw,avx512dq,avx512vl,avx512cd,avx512ifma,\
avx512vbmi,avx512vbmi2,avx2,bmi,bmi2,lzcnt,popcnt\"))), apply_to = function)")
#define NABLA_END_AVX512 _Pragma("clang attribute pop")
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

/* Vectors are passed in other ways where there is no AVX2, so no call is left over. */
#define NABLA_INLINE [[gnu::always_inline]] inline

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "digits are taken from and put into words lowest byte first");

namespace nabla {

/* Sixteen bytes in a vector register. */
using Bytes __attribute__((vector_size(16))) = uint8_t;
/* Two words. */
using Words __attribute__((vector_size(16))) = uint64_t;

#if defined(NABLA_HAS_AVX2)
/* Whether this processor has what NABLA_BEGIN_AVX2 names; a virtual one may lack some. */
inline bool has_avx2() {
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2")
           && __builtin_cpu_supports("lzcnt") && __builtin_cpu_supports("popcnt");
}

/* Whether it has what NABLA_BEGIN_AVX512 names. */
inline bool has_avx512() {
    return has_avx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw")
           && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl")
           && __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512vbmi")
           && __builtin_cpu_supports("avx512ifma") && __builtin_cpu_supports("avx512vbmi2");
}
#endif

/* The last form that this processor has. */
inline nabla_target best_target() {
#if defined(NABLA_HAS_AVX2)
    if (has_avx512()) return nabla_target_avx512;
    if (has_avx2()) return nabla_target_avx2;
#endif
    return nabla_target_every;
}

} // namespace nabla

#endif
