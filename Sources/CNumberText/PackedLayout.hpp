#ifndef NABLA_PACKEDLAYOUT_HPP
#define NABLA_PACKEDLAYOUT_HPP

/* The thirty-two bytes that any float32 may need, in the one order that fits all: a sign, a zero, a point, more zeros, nine
 * digits with a point after each, an exponent, a comma and the brackets between two rows. Which of them a number is made
 * of depends on its sign, on where its point stands and on how many digits it has: tables. */

#include "NumberFormats.hpp"
#include "NumberLayouts.hpp"

namespace nabla {
namespace packing {

/* The order of the bytes; after each digit stands a point. */
enum : unsigned { sign, zero, zero_point, more_zeros, digits = 6, last_zero = 24, exponent, exponent_sign, tens, ones };
enum : unsigned { row_end = 29, comma, row_begin, size };

/* Numbers from this point on, up to `most_plain_point`, have zeros between their digits and the point: no room. */
constexpr int least_long_point = 10;

/* The classes of numbers: one for each plain point from the least, and by their exponent the others. */
constexpr int class_count = 16;
enum : uint8_t { two_digits_below = 13, one_digit_below, two_digits_above, is_long = 0x80 };

constexpr uint8_t class_of(int point) {
    if (point >= least_plain_point && point < least_long_point) return static_cast<uint8_t>(point - least_plain_point);
    if (point >= least_long_point && point <= most_plain_point) return is_long;
    return point > 0 ? two_digits_above : point - 1 <= -10 ? two_digits_below : one_digit_below;
}

constexpr uint32_t bit(unsigned byte) { return uint32_t{1} << byte; }

/* What all numbers of a class have, whatever their digits and their sign. */
constexpr uint32_t bytes_of_class(int number) {
    if (number >= two_digits_below) {
        return bit(exponent) | bit(ones) | bit(comma) | (number == one_digit_below ? 0 : bit(tens))
               | (number == two_digits_above ? 0 : bit(exponent_sign));
    }
    const int point = number + least_plain_point;
    uint32_t bytes = bit(comma);
    if (point <= 0) {
        bytes |= bit(zero) | bit(zero_point);
        for (int more = 0; more < -point; ++more) bytes |= bit(more_zeros + static_cast<unsigned>(more));
        return bytes;
    }
    // Those before the point and one after it, whatever they are.
    for (int digit = 0; digit <= point; ++digit) bytes |= bit(digits + 2 * static_cast<unsigned>(digit));
    return bytes | bit(digits + 2 * static_cast<unsigned>(point) - 1);
}

/* For each number of zeros that the digits end in, plain numbers first and then those with an exponent. */
constexpr uint32_t bytes_of_digits(size_t index) {
    const size_t zeros = index % 16;
    if (zeros > 8) return 0;
    const auto count = static_cast<unsigned>(9 - zeros);
    uint32_t bytes = 0;
    for (unsigned digit = 0; digit < count; ++digit) bytes |= bit(digits + 2 * digit);
    return index >= 16 && count > 1 ? bytes | bit(digits + 1) : bytes;
}

/* The digits of an exponent in the two bytes of a word. */
constexpr uint16_t exponent_digits(size_t exponent) {
    return static_cast<uint16_t>(('0' + exponent / 10) | ('0' + exponent % 10) << 8);
}

/* What makes a point a place in a table. */
constexpr int point_bias = -Format<float>::least_point;

struct Tables {
    /* The class of each point from the least. */
    alignas(64) uint8_t classes[128] = {};
    alignas(64) uint32_t class_bytes[class_count] = {};
    alignas(64) uint32_t digit_bytes[32] = {};
    alignas(64) uint16_t exponents[64] = {};
    /* For each pair of eight numbers, which byte of the digits after the first (0 to 63) or of the rest (64 to 127). */
    alignas(64) uint8_t places[4][64] = {};
};

inline constexpr Tables tables = [] {
    Tables tables;
    for (int point = Format<float>::least_point; point <= Format<float>::most_point; ++point) {
        tables.classes[point + point_bias] = class_of(point);
    }
    for (int number = 0; number < class_count; ++number) tables.class_bytes[number] = bytes_of_class(number);
    for (size_t index = 0; index < 32; ++index) tables.digit_bytes[index] = bytes_of_digits(index);
    for (size_t index = 0; index < 64; ++index) tables.exponents[index] = exponent_digits(index);
    for (int index = 0; index < 8; ++index) {
        uint8_t *const places = tables.places[index / 2] + index % 2 * size;
        // The bytes of the rest; what only one number of a pair has, both take from it.
        const int own = 64 + 8 * index;
        const int even = 64 + 16 * (index / 2);
        auto set = [places](unsigned byte, int place) { places[byte] = static_cast<uint8_t>(place); };
        set(sign, own + 6);
        set(zero, own + 4);
        set(zero_point, own + 3);
        for (unsigned more = 0; more < 3; ++more) set(more_zeros + more, own + 4);
        set(digits, own);
        for (int digit = 1; digit < 9; ++digit) set(digits + 2 * static_cast<unsigned>(digit), 8 * index + digit - 1);
        for (unsigned digit = 0; digit < 9; ++digit) set(digits + 2 * digit + 1, own + 3);
        set(last_zero, own + 4);
        set(exponent_sign, own + 6);
        set(tens, own + 1);
        set(ones, own + 2);
        set(comma, even + 7);
        set(row_end, even + 8 + 5);
        set(row_begin, even + 8 + 7);
        set(exponent, even + 5);
    }
    return tables;
}();

/* What a number's rest has above its first digit and its exponent's: of an even number, and of an odd one. */
constexpr uint64_t make_rest(uint64_t last, uint64_t fifth) {
    const uint64_t common = uint64_t{'-'} << 48 | uint64_t{'0'} << 32 | uint64_t{'.'} << 24 | '0';
    return last << 56 | fifth << 40 | common;
}
inline constexpr uint64_t rest_of_even = make_rest(',', 'e');
inline constexpr uint64_t rest_of_odd = make_rest('[', ']');

/* Where the point of a number with this exponent stands, less how many digits are found: q * log10(2). */
constexpr int32_t log10_factor = 1233;
constexpr int32_t log10_bits = 12;
static_assert([] {
    for (int biased = 1; biased <= Format<float>::most_exponent; ++biased) {
        const int32_t q = biased - Format<float>::bias;
        if (q * log10_factor >> log10_bits != scales<float>[static_cast<size_t>(biased)].point) return false;
    }
    return true;
}());

/* The ulps of `scales` as halves of those times 2^64, a row for each biased exponent; that of zero does for any. */
inline constexpr auto halves = [] {
    std::array<uint64_t, 256> halves{};
    for (size_t biased = 0; biased < halves.size(); ++biased) halves[biased] = scales<float>[biased].ulp;
    halves[0] = halves[1];
    return halves;
}();
} // namespace packing

} // namespace nabla

#endif
