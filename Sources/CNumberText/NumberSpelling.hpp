// Compiled once for each target: see Targets.hpp.

namespace nabla {
namespace NABLA_TARGET {
namespace {

bool is_digit(uint8_t byte) { return static_cast<uint8_t>(byte - '0') < 10; }

bool is_space(uint8_t byte) { return byte == ' ' || byte == '\n' || byte == '\r' || byte == '\t'; }

const uint8_t *past_space(const uint8_t *at, const uint8_t *end) {
    while (at != end && is_space(*at)) ++at;
    return at;
}

/* The parts of sixteen bytes. */
using Pairs __attribute__((vector_size(16))) = uint16_t;
using Fours __attribute__((vector_size(16))) = uint32_t;
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
    const auto pairs = reinterpret_cast<Fours>((digits & 0xFF) * 10 + (digits >> 8));
    const auto fours = reinterpret_cast<Words>((pairs & 0xFFFF) * 100 + (pairs >> 16));
    const Words eights = (fours & 0xFFFFFFFF) * 10000 + (fours >> 32);
    return eights[0] * 100000000 + eights[1];
}

/* Decimal digits as they are met: their number, and their value modulo 2^64. */
struct Digits {
    uint64_t value = 0;
    const uint8_t *at;
    const uint8_t *end;

    Digits(const uint8_t *first, const uint8_t *last) : at(first), end(last) {}

    /* Takes digits one by one, as suits the few before a point. */
    NABLA_INLINE void take_few() {
        while (at != end && is_digit(*at)) value = value * 10 + (*at++ - '0');
    }

    /* Takes digits, sixteen at first, as suits the many after a point; sixteen bytes before them can be read if
     * `is_inside`. How many of sixteen and of eight bytes are digits is counted, not branched on, since it differs from
     * number to number. */
    NABLA_INLINE void take_many(bool is_inside) {
        if (is_inside && end - at >= 16) {
            const int count = digit_count(digits_at(at));
            at += count;
            value = value * powers_of_ten[count] + number_before(at, count);
            if (count < 16) return;
        }
        take_eights();
    }

    /* Takes digits eight at a time. */
    NABLA_INLINE void take_eights() {
        while (end - at >= 8) {
            uint64_t word;
            memcpy(&word, at, 8);
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
NABLA_INLINE Spelling spelling(const uint8_t *text, const uint8_t *first, const uint8_t *end) {
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

/* The powers of ten that a float64 can hold, and zeros up to the places that are looked at. */
constexpr double exact_powers[32] = {
    1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
    1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
};

/* Whether a number lies half-way between two float32, from where alone rounding it once more may go wrong. */
NABLA_INLINE bool is_between_floats(double number) {
    uint64_t bits;
    memcpy(&bits, &number, sizeof bits);
    return (bits & 0x1FFFFFFF) == 0x10000000;
}

/* The value of a well-spelt number; infinite where it passes the largest value of the type. */
template <class Float> NABLA_INLINE Float value(const Spelling &number) {
    Float result = 0;
    // Both operands are exact, and the division or multiplication rounds once (Clinger, 1990). Of what is printed with 17
    // digits, so few have a mantissa below 2^53 that it is better not to look.
    constexpr int exact_bits = sizeof(Float) == 8 ? 30 : 53;
    if (number.exact && number.mantissa >> exact_bits == 0 && number.exponent >= -22 && number.exponent <= 22) {
        const auto mantissa = static_cast<double>(static_cast<int64_t>(number.mantissa));
        const double rounded = number.exponent < 0 ? mantissa / exact_powers[-number.exponent]
                                                   : mantissa * exact_powers[number.exponent];
        if (sizeof(Float) == 8 || !is_between_floats(rounded)) {
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

} // namespace
} // namespace NABLA_TARGET
} // namespace nabla
