#include "CNumberText.h"

#include <cstring>
#include <dragonbox-1.1.3/dragonbox/dragonbox.h>

namespace {

namespace dragonbox = jkj::dragonbox;

constexpr uint64_t powers_of_ten[] = {
    1ull,
    10ull,
    100ull,
    1000ull,
    10000ull,
    100000ull,
    1000000ull,
    10000000ull,
    100000000ull,
    1000000000ull,
    10000000000ull,
    100000000000ull,
    1000000000000ull,
    10000000000000ull,
    100000000000000ull,
    1000000000000000ull,
    10000000000000000ull,
};

/* How many decimal digits a number has that is not zero and has at most 17. */
inline int digit_count(uint64_t number) {
    const int bits = 64 - __builtin_clzll(number);
    // 1233/4096 is a little more than log10(2): the estimate is right or one too small.
    const int estimate = (bits * 1233) >> 12;
    return estimate + (estimate < 17 && number >= powers_of_ten[estimate]);
}

/* Writes the eight decimal digits of a number below 10^8, leading zeros included.
 *
 * The number is split in halves, quarters and eighths that stay side by side in one word: one multiplication divides
 * all of them. */
inline void put_eight_digits(uint8_t *out, uint32_t number) {
    const uint64_t halves = (number / 10000) | (static_cast<uint64_t>(number % 10000) << 32);
    // 10486 / 2^20 is 1/100 to within what numbers below 10^4 need.
    const uint64_t hundreds = ((halves * 10486) >> 20) & 0x0000007F0000007F;
    const uint64_t quarters = hundreds | ((halves - hundreds * 100) << 16);
    // 103 / 2^10 is 1/10 to within what numbers below 100 need.
    const uint64_t tens = ((quarters * 103) >> 10) & 0x000F000F000F000F;
    uint64_t digits = (tens | ((quarters - tens * 10) << 8)) + 0x3030303030303030;
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    digits = __builtin_bswap64(digits);
#endif
    memcpy(out, &digits, 8);
}

/* How many digits the shortest form of a type's numbers has at most. */
template <class Float> constexpr int most_digits = sizeof(Float) == 8 ? 17 : 9;

/* Writes the digits of a number of `count` digits from the left, and zeros up to the most there can be. */
template <class Float> inline void put_digits(uint8_t *out, uint64_t number, int count) {
    uint64_t scaled = number * powers_of_ten[most_digits<Float> - count];
    if constexpr (most_digits<Float> == 17) {
        // The last eight are split off first.
        const uint64_t first = scaled / powers_of_ten[8];
        put_eight_digits(out + 9, static_cast<uint32_t>(scaled - first * powers_of_ten[8]));
        scaled = first;
    }
    const uint32_t first = static_cast<uint32_t>(scaled) / 100000000;
    out[0] = static_cast<uint8_t>('0' + first);
    put_eight_digits(out + 1, static_cast<uint32_t>(scaled) - first * 100000000);
}

/* Writes `e` and an exponent of at most three digits. */
inline uint8_t *put_exponent(uint8_t *out, int exponent) {
    *out++ = 'e';
    if (exponent < 0) {
        *out++ = '-';
        exponent = -exponent;
    }
    if (exponent >= 100) *out++ = static_cast<uint8_t>('0' + exponent / 100);
    if (exponent >= 10) *out++ = static_cast<uint8_t>('0' + exponent / 10 % 10);
    *out++ = static_cast<uint8_t>('0' + exponent % 10);
    return out;
}

/* Writes significand * 10^exponent, the significand having no trailing zero. */
template <class Float> inline uint8_t *put_decimal(uint8_t *out, uint64_t significand, int exponent) {
    const int count = digit_count(significand);
    // Where the point stands, counted from before the first digit.
    const int point = count + exponent;
    if (point > 16 || point < -3) {
        // d.ddde±x: the first digit is moved before the point.
        put_digits<Float>(out + 1, significand, count);
        out[0] = out[1];
        out[1] = '.';
        return put_exponent(count == 1 ? out + 1 : out + 1 + count, point - 1);
    }
    if (point <= 0) {
        // 0.000ddd, as many zeros as -point says.
        memcpy(out, "0.000", 5);
        put_digits<Float>(out + 2 - point, significand, count);
        return out + 2 - point + count;
    }
    if (count <= point) {
        // ddd000.0
        memset(out, '0', 16);
        put_digits<Float>(out, significand, count);
        memcpy(out + point, ".0", 2);
        return out + point + 2;
    }
    // ddd.ddd: what stands after the point is moved to make room for it.
    put_digits<Float>(out, significand, count);
    memmove(out + point + 1, out + point, most_digits<Float>);
    out[point] = '.';
    return out + count + 1;
}

/* Writes `"NaN"`, `"Infinity"` or `"-Infinity"`. */
inline uint8_t *put_non_finite(uint8_t *out, bool is_nan, bool is_negative) {
    const char *const text = is_nan ? "\"NaN\"" : is_negative ? "\"-Infinity\"" : "\"Infinity\"";
    const size_t length = strlen(text);
    memcpy(out, text, length);
    return out + length;
}

template <class Float> inline uint8_t *put_number(uint8_t *out, Float number) {
    const auto bits = dragonbox::float_bits<Float>(number);
    const auto exponent = bits.extract_exponent_bits();
    const auto significand = bits.remove_exponent_bits(exponent);
    if (!bits.is_finite(exponent)) {
        return put_non_finite(out, !significand.has_all_zero_significand_bits(), significand.is_negative());
    }
    // Signs come in no order that could be foreseen, so there is no branch on them.
    *out = '-';
    out += significand.is_negative();
    // Zero has a branch of its own because it is told sooner than other whole numbers: where zeros are mixed with
    // fractions, as after a ReLU, the wrong guesses are half as dear.
    if (!bits.is_nonzero()) {
        memcpy(out, "0.0", 3);
        return out + 3;
    }
    // Whole numbers are what indices, masks and the Jacobians of simple layers consist of; below 2^24 they are their
    // own shortest digits in both types.
    const Float magnitude = significand.is_negative() ? -number : number;
    const uint32_t whole = magnitude < 16777216 ? static_cast<uint32_t>(magnitude) : 0;
    if (whole != 0 && static_cast<Float>(whole) == magnitude) {
        const int count = digit_count(whole);
        put_digits<float>(out, whole, count);
        memcpy(out + count, ".0", 2);
        return out + count + 2;
    }
    const auto decimal = dragonbox::to_decimal<Float>(
        significand, exponent, dragonbox::policy::sign::ignore, dragonbox::policy::trailing_zero::remove
    );
    return put_decimal<Float>(out, decimal.significand, decimal.exponent);
}

template <class Float> inline size_t put_numbers(const Float *values, size_t count, uint8_t *out) {
    uint8_t *at = out;
    for (size_t index = 0; index < count; ++index) {
        if (index > 0) *at++ = ',';
        at = put_number(at, values[index]);
    }
    return static_cast<size_t>(at - out);
}

} // namespace

size_t nabla_print_float64s(const double *values, size_t count, uint8_t *out) {
    return put_numbers(values, count, out);
}

size_t nabla_print_float32s(const float *values, size_t count, uint8_t *out) {
    return put_numbers(values, count, out);
}
