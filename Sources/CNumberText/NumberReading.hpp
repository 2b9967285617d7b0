// Compiled once for each target: see Targets.hpp.

#include "NumberSpelling.hpp"
#include "NumberWalk.hpp"
#if NABLA_TARGET_IS_AVX2
#include "NumbersAhead.hpp"
#elif NABLA_TARGET_IS_AVX512
#include "WideRounding.hpp"
#include "NumberWindows.hpp"
#endif

namespace nabla {
namespace NABLA_TARGET {
namespace {

/* Reads numbers as `Float`. */
template <class Float>
NABLA_INLINE nabla_run read_numbers(const uint8_t *text, size_t length, size_t position, Float *out, nabla_room room) {
    auto take = [out](size_t index, const Spelling &number) __attribute__((always_inline)) {
        out[index] = value<Float>(number);
        return !std::isinf(out[index]) || (sizeof(Float) < 8 && !std::isinf(value<double>(number)));
    };
#if NABLA_TARGET_IS_AVX2
    bool is_ahead = true;
    auto run_ahead = [out, &is_ahead](Walk &walk) __attribute__((always_inline)) {
        if (!is_ahead || walk.at == walk.end || is_space(*walk.at)) return false;
        const bool is_ended = read_ahead(walk, out, is_ahead);
        if (!is_ended) walk.pass_space();
        return is_ended;
    };
#elif NABLA_TARGET_IS_AVX512
    auto run_ahead = [out](Walk &walk) __attribute__((always_inline)) {
        if (walk.at == walk.end || is_space(*walk.at)) return false;
        const bool is_ended = read_windows(walk, out);
        if (!is_ended) walk.pass_space();
        return is_ended;
    };
#else
    auto run_ahead = [](Walk &) { return false; };
#endif
    return Walk(text, length, position, room).run(take, run_ahead);
}

} // namespace

nabla_run read(const uint8_t *text, size_t length, size_t position, double *out, nabla_room room) {
    return read_numbers(text, length, position, out, room);
}

nabla_run read(const uint8_t *text, size_t length, size_t position, float *out, nabla_room room) {
    return read_numbers(text, length, position, out, room);
}

} // namespace NABLA_TARGET
} // namespace nabla
