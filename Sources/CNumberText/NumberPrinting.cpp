#include "CNumberText.h"
#include "NumberLayouts.hpp"
#include "PackedLayout.hpp"

#include <cmath>

// All that takes or gives vectors is inlined.
#pragma clang diagnostic ignored "-Wpsabi"

#define NABLA_TARGET every
#include "NumberPrinting.hpp"
#undef NABLA_TARGET

#if NABLA_HAS_AVX2
#define NABLA_TARGET avx2
#define NABLA_TARGET_IS_AVX2 1
NABLA_BEGIN_AVX2
#include "NumberPrinting.hpp"
NABLA_END_AVX2
#undef NABLA_TARGET
#undef NABLA_TARGET_IS_AVX2

#define NABLA_TARGET avx512
#define NABLA_TARGET_IS_AVX512 1
NABLA_BEGIN_AVX512
#include "NumberPrinting.hpp"
NABLA_END_AVX512
#endif

namespace {

template <class Float>
size_t print(
    [[maybe_unused]] nabla_target target, const Float *values, size_t count, nabla_nesting nesting, uint8_t *out
) {
#if NABLA_HAS_AVX2
    if (target == nabla_target_avx512) return nabla::avx512::print(values, count, nesting, out);
    if (target == nabla_target_avx2) return nabla::avx2::print(values, count, nesting, out);
#endif
    return nabla::every::print(values, count, nesting, out);
}

} // namespace

nabla_target nabla_best_target(void) { return nabla::best_target(); }

size_t nabla_print_float64s_by(
    nabla_target target, const double *values, size_t count, nabla_nesting nesting, uint8_t *out
) {
    return print(target, values, count, nesting, out);
}

size_t nabla_print_float32s_by(
    nabla_target target, const float *values, size_t count, nabla_nesting nesting, uint8_t *out
) {
    return print(target, values, count, nesting, out);
}

size_t nabla_print_float64s(const double *values, size_t count, nabla_nesting nesting, uint8_t *out) {
    return print(nabla::best_target(), values, count, nesting, out);
}

size_t nabla_print_float32s(const float *values, size_t count, nabla_nesting nesting, uint8_t *out) {
    return print(nabla::best_target(), values, count, nesting, out);
}
