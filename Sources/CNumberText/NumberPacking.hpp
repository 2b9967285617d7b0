// Compiled for AVX-512 alone: see Targets.hpp.

/* Printing float32 by leaving bytes out: of thirty-two bytes that any number may need (see PackedLayout.hpp) its text is
 * those that a mask names, and of two numbers at once all others are squeezed out by one instruction. So zeros are as
 * other numbers are, and where a row ends is no place to stop. */

namespace nabla {
namespace NABLA_TARGET {
namespace {

NABLA_INLINE __m512i loaded(const void *at) { return _mm512_load_si512(at); }

/* Some numbers, side by side. */
class Packed {
  public:
    static constexpr int capacity = 64;

    /* Float64 have no form here. */
    NABLA_INLINE bool find(const double *, int) { return false; }

    /* Finds the digits of at most `capacity` numbers; false if one of them has no form here. */
    NABLA_INLINE bool find(const float *values, int count) {
        // Where a unit did not fire there is nothing to be found: the others are brought together, if that spares a turn.
        uint64_t is_other = 0;
        alignas(64) float others[capacity + 16];
        int found = 0;
        for (int index = 0; index < count; index += 16) {
            const __m512i bits = numbers(values, count, index);
            const __mmask16 is_not_zero = _mm512_test_epi32_mask(bits, bits);
            is_other |= uint64_t{is_not_zero} << index;
            _mm512_storeu_si512(others + found, _mm512_maskz_compress_epi32(is_not_zero, bits));
            found += static_cast<int>(_mm_popcnt_u32(is_not_zero));
        }
        if (found + 16 > count) return find_all(values, count);
        if (!find_all(others, found)) return false;
        spread(is_other, found, count);
        return true;
    }

    /* Writes some of the numbers, each with a comma or, where a bit of `ends` is set, with what parts two rows. */
    NABLA_INLINE uint8_t *put(uint8_t *out, int from, int to, uint64_t ends) {
        using namespace packing;
        const uint64_t shown = ~uint64_t{0} >> (64 - to) & ~uint64_t{0} << from;
        const __m512i row_bytes = _mm512_set1_epi32(static_cast<int>(bit(row_end) | bit(row_begin)));
        for (int index = from & -16; index < to; index += 16) {
            const auto is_end = static_cast<__mmask16>(ends >> index);
            const auto is_shown = static_cast<__mmask16>(shown >> index);
            const __m512i own = loaded(bytes + index);
            const __m512i all = _mm512_mask_or_epi32(own, is_end, own, row_bytes);
            _mm512_store_si512(put_bytes + index, _mm512_maskz_mov_epi32(is_shown, all));
        }
        const __m512i constants = _mm512_set_epi64(
            rest_of_odd, rest_of_even, rest_of_odd, rest_of_even, rest_of_odd, rest_of_even, rest_of_odd, rest_of_even
        );
        for (int eight = from & -8; eight < to; eight += 8) {
            const __m512i first = _mm512_or_si512(loaded(digits + eight), _mm512_set1_epi8('0'));
            const __m512i second = _mm512_or_si512(loaded(rest + eight), constants);
            for (int pair = 0; pair < 4; ++pair) {
                const __m512i text = _mm512_permutex2var_epi8(first, loaded(tables.places[pair]), second);
                uint64_t mask;
                memcpy(&mask, put_bytes + eight + 2 * pair, sizeof mask);
                _mm512_storeu_si512(out, _mm512_maskz_compress_epi8(_cvtu64_mask64(mask), text));
                out += _mm_popcnt_u64(mask);
            }
        }
        return out;
    }

  private:
    /* The digits after the first, what else the text is made of, and the bytes of it that are left. More of them may be
     * looked at than are used. */
    alignas(64) uint64_t digits[capacity + 8];
    alignas(64) uint64_t rest[capacity + 8];
    alignas(64) uint32_t bytes[capacity + 16];
    /* The bytes that are written now. */
    alignas(64) uint32_t put_bytes[capacity];
    /* The least biased exponent there is near the largest, and how many are near it. */
    uint32_t least_biased;
    static constexpr uint32_t near = 16;

    /* The bits of some numbers without their signs, and zeros behind the last. */
    NABLA_INLINE static __m512i numbers(const float *values, int count, int index) {
        const int rest = count - index;
        const auto is_there = static_cast<__mmask16>(rest >= 16 ? 0xFFFF : (1u << rest) - 1);
        return _mm512_maskz_loadu_epi32(is_there, values + index);
    }
    NABLA_INLINE static __m512i magnitudes(const float *values, int count, int index) {
        return _mm512_and_si512(numbers(values, count, index), _mm512_set1_epi32(0x7FFFFFFF));
    }

    NABLA_INLINE bool find_all(const float *values, int count) {
        __m512i most = _mm512_setzero_si512();
        for (int index = 0; index < count; index += 16) most = _mm512_max_epu32(most, magnitudes(values, count, index));
        const uint32_t most_biased = _mm512_reduce_max_epu32(most) >> 23;
        least_biased = most_biased < near ? 0 : most_biased + 1 - near;
        const __m512i least = _mm512_set1_epi32(static_cast<int>(least_biased << 23));
        // Zero is near any.
        const __m512i one = _mm512_set1_epi32(1);
        __mmask16 is_far = 0;
        for (int index = 0; index < count; index += 16) {
            const __m512i magnitude = magnitudes(values, count, index);
            is_far |= _mm512_cmplt_epu32_mask(_mm512_sub_epi32(magnitude, one), _mm512_sub_epi32(least, one));
        }
        const bool are_near = least_biased == 0 || is_far == 0;
        return are_near ? find_sixteens<true>(values, count) : find_sixteens<false>(values, count);
    }

    /* Puts what was found of numbers to where those stand among zeros, from the last on, lest one be overwritten. */
    NABLA_INLINE void spread(uint64_t is_found, int found, int count) {
        using namespace packing;
        constexpr uint32_t of_zero = tables.class_bytes[1 - least_plain_point] | tables.digit_bytes[8];
        for (int index = (count - 1) & -16; index >= 0; index -= 16) {
            const auto are_found = static_cast<__mmask16>(is_found >> index);
            const auto are_above = static_cast<__mmask8>(are_found >> 8);
            const auto are_below = static_cast<__mmask8>(are_found);
            found -= static_cast<int>(_mm_popcnt_u32(are_found));
            const int above = found + static_cast<int>(_mm_popcnt_u32(are_below));
            const __m512i own = _mm512_loadu_si512(bytes + found);
            const __m512i zeros = _mm512_set1_epi32(static_cast<int>(of_zero));
            _mm512_store_si512(bytes + index, _mm512_mask_expand_epi32(zeros, are_found, own));
            for (uint64_t *const words : {digits, rest}) {
                const __m512i upper = _mm512_maskz_expand_epi64(are_above, _mm512_loadu_si512(words + above));
                const __m512i lower = _mm512_maskz_expand_epi64(are_below, _mm512_loadu_si512(words + found));
                _mm512_store_si512(words + index + 8, upper);
                _mm512_store_si512(words + index, lower);
            }
        }
    }

    template <bool is_near> NABLA_INLINE bool find_sixteens(const float *values, int count) {
        __mmask16 others = 0;
        for (int index = 0; index < count; index += 16) {
            others |= find_sixteen<is_near>(numbers(values, count, index), index);
        }
        return others == 0;
    }

    /* What is found of eight numbers. */
    struct Eight {
        __m512i first;
        /* A byte each. */
        __m512i others;
        __mmask8 has_eight;
        __mmask8 has_nine;
        /* A power of two that is no multiple of 10^(k + 1). */
        __mmask8 is_rare;
    };

    /* As `find_digits`, of which this is a twin with one bit more of the fraction, and multiplications of 52 bits.
     *
     * The numbers are given by their rows in `scales` from the least one, with the fraction behind, shifted by one. */
    template <bool is_near> NABLA_INLINE Eight find_eight(__m256i shifted, __mmask8 is_odd, __mmask8 is_not_zero) const {
        const auto all = [](uint64_t word) { return _mm512_set1_epi64(static_cast<int64_t>(word)); };
        const __m512i bits = _mm512_cvtepu32_epi64(shifted);
        const __m512i row = _mm512_srli_epi64(bits, 24);
        __m512i half;
        if (is_near) {
            const uint64_t *const rows = packing::halves.data() + least_biased;
            half = _mm512_permutex2var_epi64(_mm512_loadu_si512(rows), row, _mm512_loadu_si512(rows + 8));
        } else {
            half = _mm512_i64gather_epi64(row, packing::halves.data(), 8);
        }
        // 2 c: the fraction, and the hidden bit.
        const __m512i twice =
            _mm512_maskz_ternarylogic_epi64(is_not_zero, bits, all(0xFFFFFF), all(0x1000000), 0xEA);

        // The number in units of 10^(k + 1).
        const __m512i lower = _mm512_mul_epu32(twice, half);
        const __m512i upper = _mm512_mul_epu32(twice, _mm512_srli_epi64(half, 32));
        const __m512i fraction = _mm512_add_epi64(_mm512_slli_epi64(upper, 32), lower);
        const __m512i whole = _mm512_srli_epi64(_mm512_add_epi64(upper, _mm512_srli_epi64(lower, 32)), 32);

        // Whether the multiple below it or the one above it is close enough.
        const __m512i slack = all(2 * tolerance);
        const __m512i from_below = _mm512_mask_add_epi64(half, static_cast<__mmask8>(~is_odd), half, slack);
        const __m512i to_above = _mm512_sub_epi64(_mm512_maskz_mov_epi64(is_odd, slack), half);
        const __mmask8 is_below = _mm512_cmplt_epu64_mask(fraction, from_below);
        const __mmask8 is_above = _mm512_cmpge_epu64_mask(fraction, to_above);
        const auto is_between = static_cast<__mmask8>(~(is_below | is_above));
        // Else the digit that is closest, times 2^44. Two are as close only to 1/4, where it is 2, and 3/4, where it is 8:
        // what is added to the factor brings the one over the edge and not the other.
        const __m512i tenths = _mm512_madd52hi_epu64(
            all((uint64_t{1} << 43) - 1), _mm512_srli_epi64(fraction, 12), all((uint64_t{10} << 44) + 2)
        );
        const __m512i digit = _mm512_maskz_srli_epi64(is_between, tenths, 44);
        const __m512i tens = _mm512_mask_add_epi64(whole, is_above, whole, all(1));
        const __m512i number = _mm512_madd52lo_epu64(digit, tens, all(10));

        // With nine digits, times 2^22.
        const __mmask8 has_eight = _mm512_cmpgt_epu64_mask(number, all(9999999));
        const __mmask8 has_nine = _mm512_cmpgt_epu64_mask(number, all(99999999));
        const __m512i of_eight = _mm512_mask_mov_epi64(all(100 << 22), has_eight, all(10 << 22));
        const __m512i factor = _mm512_mask_mov_epi64(of_eight, has_nine, all(1 << 22));
        const __m512i scaled = _mm512_mul_epu32(number, factor);
        // Divided by 10^8, times 2^48, and by less than 2 more.
        const __m512i quotient = _mm512_madd52hi_epu64(all(1), scaled, all(3022314549036573));
        const __m512i first = _mm512_srli_epi64(quotient, 48);
        const __m512i others = _mm512_slli_epi64(quotient, 4);
        // Below a power of two numbers are twice as dense; where it is a multiple itself, that does not matter.
        const __mmask8 is_power = _mm512_testn_epi64_mask(bits, all(0xFFFFFF));
        const __mmask8 is_rare = _mm512_mask_cmpge_epu64_mask(is_power, fraction, slack);
        return {first, split(others), has_eight, has_nine, is_rare};
    }

    /* The eight digits of fractions of 2^52, a byte each, as `eight_digits` gives them. */
    NABLA_INLINE static __m512i split(__m512i fraction) {
        const __m512i zero = _mm512_setzero_si512();
        const __m512i myriad = _mm512_set1_epi64(10000);
        const __m512i upper = _mm512_madd52hi_epu64(zero, fraction, myriad);
        const __m512i lower = _mm512_madd52hi_epu64(zero, _mm512_madd52lo_epu64(zero, fraction, myriad), myriad);
        const __m512i halves = _mm512_or_si512(upper, _mm512_slli_epi64(lower, 32));
        const __m512i hundreds = _mm512_srli_epi16(_mm512_mulhi_epu16(halves, _mm512_set1_epi16(5243)), 3);
        const __m512i rest = _mm512_sub_epi16(halves, _mm512_mullo_epi16(hundreds, _mm512_set1_epi16(100)));
        const __m512i quarters = _mm512_or_si512(hundreds, _mm512_slli_epi64(rest, 16));
        const __m512i tens = _mm512_mulhi_epu16(quarters, _mm512_set1_epi16(6554));
        // tens | (quarters - 10 tens) << 8
        const __m512i less = _mm512_mullo_epi16(tens, _mm512_set1_epi16(10 * 256 - 1));
        return _mm512_sub_epi16(_mm512_slli_epi16(quarters, 8), less);
    }

    /* Finds what sixteen numbers are made of; a bit for each that has no form here. */
    template <bool is_near> NABLA_INLINE __mmask16 find_sixteen(__m512i bits, int index) {
        using namespace packing;
        const auto all = [](int word) { return _mm512_set1_epi32(word); };
        const auto joined = [](__mmask8 lower, __mmask8 upper) __attribute__((always_inline)) {
            return static_cast<__mmask16>(_mm512_kunpackb(upper, lower));
        };
        const __m512i magnitude = _mm512_and_si512(bits, all(0x7FFFFFFF));
        const __mmask16 is_zero = _mm512_testn_epi32_mask(magnitude, magnitude);
        const __mmask16 is_odd = _mm512_test_epi32_mask(magnitude, all(1));
        const uint32_t least_row = is_near ? least_biased : 0;
        const __m512i shifted =
            _mm512_sub_epi32(_mm512_add_epi32(bits, bits), all(static_cast<int>(least_row << 24)));
        const auto found = [&](__m256i shifted, int from) __attribute__((always_inline)) {
            const auto are_odd = static_cast<__mmask8>(is_odd >> from);
            return find_eight<is_near>(shifted, are_odd, static_cast<__mmask8>(~is_zero >> from));
        };
        const Eight lower = found(_mm512_castsi512_si256(shifted), 0);
        const Eight upper = found(_mm512_extracti64x4_epi64(shifted, 1), 8);

        // Where the point stands.
        const __m512i q = _mm512_sub_epi32(_mm512_srli_epi32(magnitude, 23), all(Format<float>::bias));
        const __m512i least = _mm512_srai_epi32(_mm512_madd_epi16(q, all(log10_factor)), log10_bits);
        const __m512i seven = _mm512_add_epi32(least, all(7));
        const __m512i eight =
            _mm512_mask_add_epi32(seven, joined(lower.has_eight, upper.has_eight), seven, all(1));
        const __m512i nine = _mm512_mask_add_epi32(eight, joined(lower.has_nine, upper.has_nine), eight, all(1));
        const __m512i point = _mm512_mask_mov_epi32(nine, is_zero, all(1));

        // Which bytes are left.
        const __m512i zeros = _mm512_permutex2var_epi32(
            _mm512_srli_epi64(_mm512_lzcnt_epi64(lower.others), 3),
            _mm512_set_epi32(30, 28, 26, 24, 22, 20, 18, 16, 14, 12, 10, 8, 6, 4, 2, 0),
            _mm512_srli_epi64(_mm512_lzcnt_epi64(upper.others), 3)
        );
        const __m512i kind = _mm512_maskz_permutex2var_epi8(
            0x1111111111111111,
            loaded(tables.classes),
            _mm512_add_epi32(point, all(point_bias)),
            loaded(tables.classes + 64)
        );
        const __mmask16 has_exponent = _mm512_cmpge_epi32_mask(kind, all(two_digits_below));
        const __m512i form = _mm512_mask_add_epi32(zeros, has_exponent, zeros, all(16));
        const __m512i of_digits =
            _mm512_permutex2var_epi32(loaded(tables.digit_bytes), form, loaded(tables.digit_bytes + 16));
        const __m512i of_class = _mm512_permutexvar_epi32(kind, loaded(tables.class_bytes));
        const __m512i is_negative = _mm512_srli_epi32(bits, 31);
        // The sign is the first byte.
        _mm512_store_si512(bytes + index, _mm512_ternarylogic_epi32(of_digits, of_class, is_negative, 0xFE));

        // What they are taken from.
        const __m512i exponent = _mm512_abs_epi32(_mm512_sub_epi32(point, all(1)));
        const __m512i exponents = _mm512_slli_epi32(
            _mm512_maskz_permutex2var_epi16(
                0x55555555, loaded(tables.exponents), exponent, loaded(tables.exponents + 32)
            ),
            8
        );
        const auto store = [&](const Eight &eight, __m256i exponents, int index) __attribute__((always_inline)) {
            _mm512_store_si512(digits + index, eight.others);
            _mm512_store_si512(rest + index, _mm512_or_si512(eight.first, _mm512_cvtepu32_epi64(exponents)));
        };
        store(lower, _mm512_castsi512_si256(exponents), index);
        store(upper, _mm512_extracti64x4_epi64(exponents, 1), index + 8);

        // Zero is none of those that are rare, though it is less than the least normal number.
        const __mmask16 is_subnormal = _mm512_cmplt_epu32_mask(magnitude, all(0x800000)) & ~is_zero;
        const __mmask16 is_not_finite = _mm512_cmpgt_epu32_mask(magnitude, all(0x7F7FFFFF));
        const __mmask16 is_long = _mm512_cmpge_epu32_mask(kind, all(packing::is_long));
        return static_cast<__mmask16>(
            joined(lower.is_rare, upper.is_rare) | is_subnormal | is_not_finite | is_long
        );
    }
};

} // namespace
} // namespace NABLA_TARGET
} // namespace nabla
