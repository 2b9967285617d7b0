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

/* How many decimal digits a number has that is neither zero nor has more than 17. */
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

/* Writes the digits of a number of `count` digits from the left, and zeros up to the seventeenth. */
inline void put_digits(uint8_t *out, uint64_t number, int count) {
    const uint64_t scaled = number * powers_of_ten[17 - count];
    const uint64_t first = scaled / powers_of_ten[16];
    const uint64_t rest = scaled - first * powers_of_ten[16];
    const uint32_t high = static_cast<uint32_t>(rest / powers_of_ten[8]);
    out[0] = static_cast<uint8_t>('0' + first);
    put_eight_digits(out + 1, high);
    put_eight_digits(out + 9, static_cast<uint32_t>(rest - high * powers_of_ten[8]));
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
inline uint8_t *put_decimal(uint8_t *out, uint64_t significand, int exponent) {
    const int count = digit_count(significand);
    // Where the point stands, counted from before the first digit.
    const int point = count + exponent;
    if (point > 16 || point < -3) {
        // d.ddde±x: the first digit is moved before the point.
        put_digits(out + 1, significand, count);
        out[0] = out[1];
        out[1] = '.';
        return put_exponent(count == 1 ? out + 1 : out + 1 + count, point - 1);
    }
    if (point <= 0) {
        // 0.000ddd, as many zeros as -point says.
        memcpy(out, "0.000", 5);
        put_digits(out + 2 - point, significand, count);
        return out + 2 - point + count;
    }
    put_digits(out, significand, count);
    if (count <= point) {
        // ddd000.0: put_digits has written the zeros.
        memcpy(out + point, ".0", 2);
        return out + point + 2;
    }
    // ddd.ddd: what stands after the point is moved to make room for it.
    memmove(out + point + 1, out + point, 17);
    out[point] = '.';
    return out + count + 1;
}

template <class Float> inline uint8_t *put_number(uint8_t *out, Float number) {
    const auto bits = dragonbox::float_bits<Float>(number);
    if (!bits.is_finite()) {
        const char *const text = number != number ? "\"NaN\"" : number > 0 ? "\"Infinity\"" : "\"-Infinity\"";
        const size_t length = strlen(text);
        memcpy(out, text, length);
        return out + length;
    }
    if (bits.is_negative()) *out++ = '-';
    if (!bits.is_nonzero()) {
        memcpy(out, "0.0", 3);
        return out + 3;
    }
    const auto decimal = dragonbox::to_decimal(
        number, dragonbox::policy::sign::ignore, dragonbox::policy::trailing_zero::remove
    );
    return put_decimal(out, decimal.significand, decimal.exponent);
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
