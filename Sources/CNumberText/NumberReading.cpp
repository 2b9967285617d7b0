#include "CNumberText.h"

#include <cmath>
#include <cstring>
#include <fast_float/fast_float.h>

namespace {

bool is_digit(uint8_t byte) { return static_cast<uint8_t>(byte - '0') < 10; }

bool is_space(uint8_t byte) { return byte == ' ' || byte == '\n' || byte == '\r' || byte == '\t'; }

const uint8_t *past_space(const uint8_t *at, const uint8_t *end) {
    while (at != end && is_space(*at)) ++at;
    return at;
}

/* After `"," "["` where a number follows them, else null. */
const uint8_t *next_row(const uint8_t *at, const uint8_t *end) {
    at = past_space(at, end);
    if (at == end || *at != ',') return nullptr;
    at = past_space(at + 1, end);
    if (at == end || *at != '[') return nullptr;
    at = past_space(at + 1, end);
    return at != end && (is_digit(*at) || *at == '-') ? at : nullptr;
}

/* Sixteen bytes side by side, in a vector register, which every processor of 64 bits has, and parts of as many. */
using Bytes __attribute__((vector_size(16))) = uint8_t;
using Pairs __attribute__((vector_size(16))) = uint16_t;
using Fours __attribute__((vector_size(16))) = uint32_t;
using Eights __attribute__((vector_size(16))) = uint64_t;
/* A bit for each byte. */
using Flags __attribute__((ext_vector_type(16))) = bool;

/* Each byte less '0': the values of digits, and more than 9 where there is none. */
inline Bytes digits_at(const uint8_t *at) {
    Bytes bytes;
    memcpy(&bytes, at, sizeof bytes);
    return bytes - '0';
}

/* How many of sixteen bytes are digits, up to the first that is none. */
inline int digit_count(Bytes digits) {
    const auto others = __builtin_convertvector(digits > 9, Flags);
    uint16_t bits;
    memcpy(&bits, &others, sizeof bits);
    return __builtin_ctz(bits | 1u << 16);
}

/* The number whose last digits, at most sixteen, stand before `end`; sixteen bytes before it can be read. */
inline uint64_t number_before(const uint8_t *end, int count) {
    static constexpr uint8_t masks[32] = {
        0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,
        0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
    };
    Bytes mask;
    memcpy(&mask, masks + count, sizeof mask);
    const auto digits = reinterpret_cast<Pairs>(digits_at(end - 16) & mask);
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    const auto pairs = reinterpret_cast<Fours>((digits & 0xFF) * 10 + (digits >> 8));
    const auto fours = reinterpret_cast<Eights>((pairs & 0xFFFF) * 100 + (pairs >> 16));
    const Eights eights = (fours & 0xFFFFFFFF) * 10000 + (fours >> 32);
#else
    const auto pairs = reinterpret_cast<Fours>((digits >> 8) * 10 + (digits & 0xFF));
    const auto fours = reinterpret_cast<Eights>((pairs >> 16) * 100 + (pairs & 0xFFFF));
    const Eights eights = (fours >> 32) * 10000 + (fours & 0xFFFFFFFF);
#endif
    return eights[0] * 100000000 + eights[1];
}

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

/* Decimal digits as they are met: their number, and their value modulo 2^64. */
struct Digits {
    uint64_t value = 0;
    const uint8_t *at;
    const uint8_t *end;

    Digits(const uint8_t *first, const uint8_t *last) : at(first), end(last) {}

    /* Takes digits one by one, as suits the few before a point. */
    [[gnu::always_inline]] void take_few() {
        while (at != end && is_digit(*at)) value = value * 10 + (*at++ - '0');
    }

    /* Takes digits, sixteen at first, as suits the many after a point; sixteen bytes before them can be read if
     * `is_inside`. How many of sixteen and of eight bytes are digits is counted, not branched on, since it differs from
     * number to number. */
    [[gnu::always_inline]] void take_many(bool is_inside) {
        if (is_inside && end - at >= 16) {
            const int count = digit_count(digits_at(at));
            at += count;
            value = value * powers_of_ten[count] + number_before(at, count);
            if (count < 16) return;
        }
        take_eights();
    }

    /* Takes digits eight at a time. */
    [[gnu::always_inline]] void take_eights() {
        while (end - at >= 8) {
            uint64_t word;
            memcpy(&word, at, 8);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
            word = __builtin_bswap64(word);
#endif
            // A byte minus '0' is a digit's value, or has a bit above the lowest four, or is 10 to 15.
            const uint64_t values = word ^ 0x3030303030303030;
            const uint64_t others = (values | (values + 0x0606060606060606)) & 0xF0F0F0F0F0F0F0F0;
            if (others == 0) {
                value = value * 100000000 + joined(values);
                at += 8;
                continue;
            }
            // Bytes below the first that is no digit are right whatever carries it has caused above itself.
            const int count = __builtin_ctzll(others) / 8;
            // Shifted to the word's end, zeros before them; in two steps, because 64 at once is not defined.
            value = value * powers_of_ten[count] + joined(values << 8 << (56 - 8 * count));
            at += count;
            return;
        }
        take_few();
    }

    /* The number whose eight digits are the bytes of a word, the lowest byte the first digit. */
    static uint64_t joined(uint64_t digits) {
        digits = digits * 10 + (digits >> 8);
        const uint64_t pairs = digits & 0x000000FF000000FF;
        const uint64_t others = (digits >> 16) & 0x000000FF000000FF;
        return (pairs * (100 + (1000000ull << 32)) + others * (1 + (10000ull << 32))) >> 32;
    }
};

/* A number by RFC 8259, section 6, as it is written: mantissa * 10^exponent. */
struct Spelling {
    const uint8_t *first;
    /* After the number, or at the first wrong byte. */
    const uint8_t *end;
    uint64_t mantissa;
    int64_t exponent;
    bool negative;
    bool valid;
    bool integral;
    /* Whether the mantissa holds all digits. */
    bool exact;
};

/* Whether more than the 19 digits that 64 bits can hold are left once leading zeros are taken away. */
bool has_too_many_digits(const uint8_t *first, const uint8_t *end) {
    while (first != end && (*first == '0' || *first == '.')) ++first;
    int64_t count = 0;
    for (; first != end && count <= 19; ++first) count += *first != '.';
    return count > 19;
}

/* number = [ "-" ] int [ frac ] [ exp ]; `first` stands at a "-" or a digit of the text from `text` to `end`.
 *
 * Inlined, as `value` is, so that the spelling stays in registers: a tenth of the time. */
[[gnu::always_inline]] inline Spelling spelling(const uint8_t *text, const uint8_t *first, const uint8_t *end) {
    Spelling number{first, first, 0, 0, *first == '-', false, true, true};
    Digits digits(first + number.negative, end);
    auto malformed = [&] {
        number.end = digits.at;
        return number;
    };
    const uint8_t *const integer = digits.at;
    digits.take_few();
    // int = zero / ( digit1-9 *DIGIT )
    if (digits.at == integer) return malformed();
    if (*integer == '0' && digits.at > integer + 1) {
        digits.at = integer + 1;
        return malformed();
    }
    int64_t count = digits.at - integer;
    if (digits.at != end && *digits.at == '.') {
        number.integral = false;
        const uint8_t *const fraction = ++digits.at;
        digits.take_many(fraction - text >= 16);
        if (digits.at == fraction) return malformed();
        number.exponent = fraction - digits.at;
        count -= number.exponent;
    }
    number.mantissa = digits.value;
    if (count > 19) number.exact = !has_too_many_digits(integer, digits.at);
    if (digits.at != end && (*digits.at | 0x20) == 'e') {
        number.integral = false;
        ++digits.at;
        bool negative = false;
        if (digits.at != end && (*digits.at == '+' || *digits.at == '-')) negative = *digits.at++ == '-';
        const uint8_t *const exponent = digits.at;
        int64_t value = 0;
        while (digits.at != end && is_digit(*digits.at)) {
            // Far beyond every float, and the digits of no text can make up for it.
            if (value < int64_t(1) << 48) value = value * 10 + (*digits.at - '0');
            ++digits.at;
        }
        if (digits.at == exponent) return malformed();
        number.exponent += negative ? -value : value;
    }
    number.end = digits.at;
    number.valid = true;
    return number;
}

/* The value of a well-spelt number; infinite where it passes the largest value of the type. */
template <class Float> [[gnu::always_inline]] inline Float value(const Spelling &number) {
    Float result = 0;
    // Both operands are exact, and the division or multiplication rounds once (Clinger, 1990). Of what is printed with 17
    // digits, so few have a mantissa below 2^53 that it is better not to look.
    constexpr int exact_bits = sizeof(Float) == 8 ? 30 : 53;
    static constexpr double powers_of_ten[] = {
        1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
        1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
    };
    if (number.exact && number.mantissa >> exact_bits == 0 && number.exponent >= -22 && number.exponent <= 22) {
        const auto mantissa = static_cast<double>(static_cast<int64_t>(number.mantissa));
        const double rounded = number.exponent < 0 ? mantissa / powers_of_ten[-number.exponent]
                                                   : mantissa * powers_of_ten[number.exponent];
        uint64_t bits;
        memcpy(&bits, &rounded, sizeof bits);
        // Rounding once more may go wrong only from what lies half-way between two numbers.
        if (sizeof(Float) == 8 || (bits & 0x1FFFFFFF) != 0x10000000) {
            return static_cast<Float>(number.negative ? -rounded : rounded);
        }
    }
    if (number.exact) {
        using Format = fast_float::binary_format<Float>;
        const auto rounded = fast_float::compute_float<Format>(number.exponent, number.mantissa);
        // Negative where 64 bits of the mantissa's product do not decide how to round.
        if (rounded.power2 >= 0) {
            fast_float::to_float(number.negative, rounded, result);
            return result;
        }
    }
    fast_float::from_chars(
        reinterpret_cast<const char *>(number.first), reinterpret_cast<const char *>(number.end), result
    );
    return result;
}

/* Walks over `number *( "," number ) "]"`, white space between, and over further rows as far as `room` says, and hands
 * each well-spelt number to `take`, which says whether to go on. */
template <class Take>
inline nabla_run walk(const uint8_t *text, size_t length, size_t position, nabla_room room, Take take) {
    const uint8_t *at = text + position;
    const uint8_t *const end = text + length;
    size_t count = 0;
    size_t rows = 0;
    auto stopped = [&](nabla_stop stop) { return nabla_run{count, rows, static_cast<size_t>(at - text), stop}; };
    while (true) {
        if (at == end || !(is_digit(*at) || *at == '-')) return stopped(nabla_stop_other);
        if (count == room.capacity || room.rest == 0) return stopped(nabla_stop_full);
        const Spelling number = spelling(text, at, end);
        if (!number.valid) {
            at = number.end;
            return stopped(nabla_stop_malformed);
        }
        if (!take(count, number)) return stopped(nabla_stop_overflow);
        ++count;
        --room.rest;
        at = number.end;
        if (at != end && is_space(*at)) at = past_space(at, end);
        if (at == end) return stopped(nabla_stop_separator);
        if (*at == ',') {
            ++at;
        } else if (*at == ']') {
            ++at;
            if (room.row == 0 || room.rest != 0 || count == room.capacity) return stopped(nabla_stop_closed);
            const uint8_t *const next = next_row(at, end);
            if (next == nullptr) return stopped(nabla_stop_closed);
            at = next;
            room.rest = room.row;
            ++rows;
        } else {
            return stopped(nabla_stop_separator);
        }
        if (at != end && is_space(*at)) at = past_space(at, end);
    }
}

} // namespace

nabla_run nabla_read_float64s(const uint8_t *text, size_t length, size_t position, double *out, nabla_room room) {
    return walk(text, length, position, room, [out](size_t index, const Spelling &number) {
        out[index] = value<double>(number);
        return !std::isinf(out[index]);
    });
}

nabla_run nabla_read_float32s(const uint8_t *text, size_t length, size_t position, float *out, nabla_room room) {
    return walk(text, length, position, room, [out](size_t index, const Spelling &number) {
        out[index] = value<float>(number);
        return !std::isinf(out[index]) || !std::isinf(value<double>(number));
    });
}

nabla_run nabla_skip_numbers(const uint8_t *text, size_t length, size_t position) {
    const nabla_room endless = {SIZE_MAX, SIZE_MAX, 0};
    return walk(text, length, position, endless, [](size_t, const Spelling &) { return true; });
}

nabla_number nabla_read_number(const uint8_t *text, size_t length, size_t position) {
    const Spelling number = spelling(text, text + position, text + length);
    const double read = number.valid ? value<double>(number) : 0;
    return {read, static_cast<size_t>(number.end - text), number.valid, number.integral};
}
