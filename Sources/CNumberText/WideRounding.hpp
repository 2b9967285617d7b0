// Compiled for AVX-512 alone: see Targets.hpp.

/* What the digits of eight numbers and where their points stand make: float64 or float32, correctly rounded but for what
 * is in doubt. */

namespace nabla {
namespace NABLA_TARGET {
namespace {

NABLA_INLINE __m512i loaded(const void *at) { return _mm512_load_si512(at); }

/* Eight numbers and a bit for each that is not certain. */
template <class Lanes> struct Rounded {
    Lanes values;
    __mmask8 in_doubt;
};

/* Powers of ten, or their reciprocals. */
template <class Float> struct Scaling {
    alignas(64) double factors[32] = {};
};
constexpr auto scaling_up = [] {
    Scaling<double> scaling;
    for (size_t places = 0; places < 23; ++places) scaling.factors[places] = exact_powers[places];
    return scaling;
}();
constexpr auto scaling_down = [] {
    Scaling<float> scaling;
    for (size_t places = 0; places < 23; ++places) scaling.factors[places] = 1 / exact_powers[places];
    return scaling;
}();

/* Those for some numbers of places, none of them above 15 if all are few, else above 31. */
template <class Float> NABLA_INLINE __m512d factors(const Scaling<Float> &scaling, __m512i places, bool are_few) {
    const double *const at = scaling.factors;
    const __m512d few = _mm512_permutex2var_pd(_mm512_load_pd(at), places, _mm512_load_pd(at + 8));
    if (__builtin_expect(are_few, 1)) return few;
    const __m512d many = _mm512_permutex2var_pd(_mm512_load_pd(at + 16), places, _mm512_load_pd(at + 24));
    return _mm512_mask_mov_pd(few, _mm512_test_epi64_mask(places, _mm512_set1_epi64(16)), many);
}

/* Mantissas divided by powers of ten, and signs: as in `value`. */
NABLA_INLINE __m512d quotients(double, __m512i mantissas, __m512i places, bool are_few, __mmask8 is_negative) {
    const __m512d values = _mm512_div_pd(_mm512_cvtepu64_pd(mantissas), factors(scaling_up, places, are_few));
    return _mm512_mask_xor_pd(values, is_negative, values, _mm512_set1_pd(-0.0));
}

/* The same, but for the last bits: rounded three times, a product is off by three units at most. */
NABLA_INLINE __m512d quotients(float, __m512i mantissas, __m512i places, bool are_few, __mmask8 is_negative) {
    const __m512d values = _mm512_mul_pd(_mm512_cvtepu64_pd(mantissas), factors(scaling_down, places, are_few));
    return _mm512_mask_xor_pd(values, is_negative, values, _mm512_set1_pd(-0.0));
}

/* They say how to round to a float32 but for where that many units decide: half-way between two. */
NABLA_INLINE Rounded<__m256> rounded(__m512d quotients) {
    constexpr int64_t slack = 8;
    const __m512i bits = _mm512_castpd_si512(quotients);
    const __m512i above = _mm512_sub_epi64(bits, _mm512_set1_epi64(0x10000000 - slack));
    const __m512i tail = _mm512_and_si512(above, _mm512_set1_epi64(0x1FFFFFFF));
    return {_mm512_cvtpd_ps(quotients), _mm512_cmple_epu64_mask(tail, _mm512_set1_epi64(2 * slack))};
}

/* The first 64 bits of 10^-places. */
alignas(64) constexpr auto reciprocals = [] {
    std::array<uint64_t, 32> reciprocals{};
    Word power = 1;
    for (size_t places = 0; places < 23; ++places) {
        Word dividend = Word{1} << 63;
        while (dividend / power < Word{1} << 63) dividend <<= 1;
        reciprocals[places] = static_cast<uint64_t>(dividend / power);
        power *= 5;
    }
    return reciprocals;
}();

/* Mantissas that float64 can't hold, divided by powers of ten and rounded: fast_float's `compute_float`, side by side
 * (Daniel Lemire, "Number parsing at a gigabyte per second", 2021). What the reciprocal's further bits would decide is in
 * doubt, and so is what lies half-way between two numbers. */
NABLA_INLINE Rounded<__m512d> rounded_large(__m512i mantissas, __m512i places, __mmask8 is_negative) {
    const auto all = [](int64_t word) { return _mm512_set1_epi64(word); };
    const uint64_t *const at = reciprocals.data();
    const __m512i few = _mm512_permutex2var_epi64(loaded(at), places, loaded(at + 8));
    const __m512i many = _mm512_permutex2var_epi64(loaded(at + 16), places, loaded(at + 24));
    const __m512i reciprocal = _mm512_mask_mov_epi64(few, _mm512_test_epi64_mask(places, all(16)), many);
    const __m512i shift = _mm512_lzcnt_epi64(mantissas);
    const __m512i factor = _mm512_sllv_epi64(mantissas, shift);

    // The product's upper 64 bits and its lower.
    const __m512i factor_above = _mm512_srli_epi64(factor, 32);
    const __m512i reciprocal_above = _mm512_srli_epi64(reciprocal, 32);
    const __m512i lowest = _mm512_mul_epu32(factor, reciprocal);
    const __m512i middle = _mm512_add_epi64(_mm512_mul_epu32(factor_above, reciprocal), _mm512_srli_epi64(lowest, 32));
    const __m512i other = _mm512_add_epi64(
        _mm512_mul_epu32(factor, reciprocal_above), _mm512_and_si512(middle, all(0xFFFFFFFF))
    );
    const __m512i upper = _mm512_add_epi64(
        _mm512_add_epi64(_mm512_mul_epu32(factor_above, reciprocal_above), _mm512_srli_epi64(middle, 32)),
        _mm512_srli_epi64(other, 32)
    );
    const __m512i lower = _mm512_or_si512(_mm512_slli_epi64(other, 32), _mm512_and_si512(lowest, all(0xFFFFFFFF)));
    const __mmask8 in_doubt = _mm512_cmpeq_epi64_mask(_mm512_and_si512(upper, all(0x1FF)), all(0x1FF))
                              | _mm512_cmple_epu64_mask(lower, all(1));

    // One bit more than the mantissa has, rounded up; what it may pass goes to the exponent.
    const __m512i highest = _mm512_srli_epi64(upper, 63);
    const __m512i cut = _mm512_srlv_epi64(upper, _mm512_add_epi64(highest, all(9)));
    const __m512i mantissa = _mm512_srli_epi64(_mm512_add_epi64(cut, all(1)), 1);
    // log2(10) * -places, in units of 2^-16.
    const __m512i power = _mm512_srai_epi64(_mm512_mul_epi32(places, all(-(152170 + 65536))), 16);
    // 63 and the bias, without the mantissa's own first bit.
    const __m512i exponent =
        _mm512_sub_epi64(_mm512_add_epi64(power, _mm512_add_epi64(highest, all(63 + 1023 - 1))), shift);
    const __m512i bits = _mm512_add_epi64(mantissa, _mm512_slli_epi64(exponent, 52));
    const __m512i sign = _mm512_maskz_mov_epi64(is_negative, all(INT64_MIN));
    return {_mm512_castsi512_pd(_mm512_or_si512(bits, sign)), in_doubt};
}

} // namespace
} // namespace NABLA_TARGET
} // namespace nabla
