#include "CNumberText.h"
#include "NumberFormats.hpp"
#include "Targets.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <fast_float/fast_float.h>

// All that takes or gives vectors is inlined.
#pragma clang diagnostic ignored "-Wpsabi"

#define NABLA_TARGET every
#include "NumberReading.hpp"
#undef NABLA_TARGET

#if NABLA_HAS_AVX2
#define NABLA_TARGET avx2
#define NABLA_TARGET_IS_AVX2 1
NABLA_BEGIN_AVX2
#include "NumberReading.hpp"
NABLA_END_AVX2
#undef NABLA_TARGET
#undef NABLA_TARGET_IS_AVX2

#define NABLA_TARGET avx512
#define NABLA_TARGET_IS_AVX512 1
NABLA_BEGIN_AVX512
#include "NumberReading.hpp"
NABLA_END_AVX512
#endif

namespace {

template <class Float>
nabla_run read(
    [[maybe_unused]] nabla_target target, const uint8_t *text, size_t length, size_t position, Float *out, nabla_room room
) {
#if NABLA_HAS_AVX2
    if (target == nabla_target_avx512) return nabla::avx512::read(text, length, position, out, room);
    if (target == nabla_target_avx2) return nabla::avx2::read(text, length, position, out, room);
#endif
    return nabla::every::read(text, length, position, out, room);
}

} // namespace

nabla_run nabla_read_float64s_by(
    nabla_target target, const uint8_t *text, size_t length, size_t position, double *out, nabla_room room
) {
    return read(target, text, length, position, out, room);
}

nabla_run nabla_read_float32s_by(
    nabla_target target, const uint8_t *text, size_t length, size_t position, float *out, nabla_room room
) {
    return read(target, text, length, position, out, room);
}

nabla_run nabla_read_float64s(const uint8_t *text, size_t length, size_t position, double *out, nabla_room room) {
    return read(nabla::best_target(), text, length, position, out, room);
}

nabla_run nabla_read_float32s(const uint8_t *text, size_t length, size_t position, float *out, nabla_room room) {
    return read(nabla::best_target(), text, length, position, out, room);
}

nabla_run nabla_skip_numbers(const uint8_t *text, size_t length, size_t position) {
    using namespace nabla::every;
    const nabla_room endless = {SIZE_MAX, SIZE_MAX, 0};
    auto take = [](size_t, const Spelling &) { return true; };
    return Walk(text, length, position, endless).run(take, [](Walk &) { return false; });
}

nabla_number nabla_read_number(const uint8_t *text, size_t length, size_t position) {
    using namespace nabla::every;
    const Spelling number = spelling(text, text + position, text + length);
    const double read = number.valid ? value<double>(number) : 0;
    return {read, static_cast<size_t>(number.end - text), number.valid, number.integral};
}

nabla_gap nabla_find_gap(const uint8_t *text, size_t length, size_t position, int has_rows) {
    using namespace nabla::every;
    const nabla_gap none = {length, length};
    if (position >= length) return none;
    const uint8_t *const end = text + length;
    const void *const mark = memchr(text + position, has_rows ? ']' : ',', length - position);
    if (mark == nullptr) return none;
    const uint8_t *const after = static_cast<const uint8_t *>(mark) + 1;
    const uint8_t *next = has_rows ? next_row(after, end) : past_space(after, end);
    if (next == nullptr || next == end || !(is_digit(*next) || *next == '-')) return none;
    return {static_cast<size_t>(after - text), static_cast<size_t>(next - text)};
}
