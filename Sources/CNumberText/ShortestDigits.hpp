// Compiled once for each target: see Targets.hpp.

/* The shortest decimal digits of many numbers at once.
 *
 * A number is c * 2^q, its significand c an integer. All numbers closer to it than half of 2^q read back as it, and so do
 * those as close as that if c is even. Of the multiples of 10^(k + 1), where 10^k <= 2^q < 10^(k + 1), at most one is
 * among these: it has the fewest digits. If none is, the multiple of 10^k closest to the number is the answer. (Raffaello
 * Giulietti, "The Schubfach way to render doubles", 2020, sections 8 and 9; the distances are taken from the fraction of
 * c * 2^q / 10^(k + 1).) What does not fit this form is left to the Dragonbox library, whose powers of ten these are.
 *
 * Gradients have no order that a processor could foresee: which of them have how many digits, which are zero. A wrong
 * guess costs as much as all the arithmetic of a number, so nothing branches but on what is rare. */

namespace nabla {
namespace NABLA_TARGET {
namespace {

/* Eight numbers side by side, in as many vector registers as they take: enough of them that one is worked on while the
 * processor waits for another. */
using Lanes __attribute__((vector_size(64))) = uint64_t;
using ShortLanes __attribute__((vector_size(64))) = uint16_t;
using LongLanes __attribute__((vector_size(128))) = uint32_t;
constexpr int lanes = 8;

/* The digits of a block of numbers: 0.d1d2d3... * 10^point, with zeros at their end up to the most there can be. */
template <class Float> struct Decimals {
    static constexpr int capacity = 64;
    /* The place of the point of what is not finite. */
    static constexpr int64_t not_finite = Format<Float>::most_point + 1;
    /* Two more numbers are the caller's. */
    uint64_t first[capacity + 2];
    /* The other digits, a byte each, the lowest byte of the first word before the others. */
    uint64_t others[Format<Float>::words][capacity + 2];
    int64_t point[capacity + 2];
};

/* The product of the lower halves. */
NABLA_INLINE Lanes product(Lanes a, Lanes b) { return (a & 0xFFFFFFFF) * (b & 0xFFFFFFFF); }
NABLA_INLINE Lanes product(Lanes a, uint32_t b) { return product(a, Lanes{} + b); }

/* The upper halves of the products. */
NABLA_INLINE ShortLanes high_product(ShortLanes a, uint16_t b) {
    return __builtin_convertvector((__builtin_convertvector(a, LongLanes) * uint32_t{b}) >> 16, ShortLanes);
}

/* The eight decimal digits of numbers below 10^8, a byte each, the lowest byte the first digit.
 *
 * A number is split in halves, quarters and eighths that stay side by side: one multiplication divides all of them. */
NABLA_INLINE Lanes eight_digits(Lanes number) {
    // 3518437209 / 2^45 is 1/10^4 to within what 32 bits need, 2622 / 2^16 is 1/25 to within what numbers below 2500 do,
    // and 6554 / 2^16 is 1/10 to within what those below 100 do. A shift behind the second product would make it one of
    // 32 bits.
    const Lanes upper = product(number, 3518437209) >> 45;
    const auto halves = reinterpret_cast<ShortLanes>(upper | (number - product(upper, 10000)) << 32);
    const ShortLanes hundreds = high_product(halves >> 2, 2622);
    const auto rest = reinterpret_cast<Lanes>(halves - hundreds * 100) << 16;
    const ShortLanes quarters = hundreds | reinterpret_cast<ShortLanes>(rest);
    const ShortLanes tens = high_product(quarters, 6554);
    return reinterpret_cast<Lanes>(tens | (quarters - tens * 10) << 8);
}

/* The digits of a number that the fast way has no place for, by Dragonbox; it may be subnormal or not finite. */
template <class Float> [[gnu::noinline]] void find_rare(Float number, Decimals<Float> &decimals, int index) {
    using Format = Format<Float>;
    const auto bits = dragonbox::float_bits<Float>(number);
    const auto exponent = bits.extract_exponent_bits();
    if (!bits.is_finite(exponent)) {
        decimals.point[index] = Decimals<Float>::not_finite;
        return;
    }
    const auto decimal = dragonbox::to_decimal<Float>(
        bits.remove_exponent_bits(exponent),
        exponent,
        dragonbox::policy::sign::ignore,
        dragonbox::policy::trailing_zero::ignore
    );
    int count = 1;
    while (decimal.significand >= powers_of_ten[count]) ++count;
    uint64_t digits = decimal.significand * powers_of_ten[Format::most_digits - count];
    for (int word = Format::words - 1; word >= 0; --word) {
        decimals.others[word][index] = eight_digits(Lanes{} + digits % powers_of_ten[8])[0];
        digits /= powers_of_ten[8];
    }
    decimals.first[index] = digits;
    decimals.point[index] = decimal.exponent + count;
}

/* Lets Dragonbox find the digits of numbers whose `rare` is not zero. */
template <class Float, class Rare>
[[gnu::noinline]] void find_rare(const Float *values, int count, const Rare *rare, Decimals<Float> &decimals) {
    for (int index = 0; index < count; ++index) {
        if (rare[index] != 0) find_rare(values[index], decimals, index);
    }
}

/* How far a fraction of a float32 may be off through the rounding of `ulp`; none is this close to a boundary and not on
 * it. */
constexpr uint64_t tolerance = uint64_t{1} << (Format<float>::significand_bits + 2);

/* Finds the digits of a multiple of `lanes` of numbers, at most `capacity`.
 *
 * A comparison is a subtraction here, whose highest bit says whether it passed below zero. */
NABLA_INLINE void find_digits(const float *values, int count, Decimals<float> &decimals) {
    alignas(64) uint64_t rare[Decimals<float>::capacity];
    uint64_t any_rare = 0;
    for (int index = 0; index < count; index += lanes) {
        Lanes magnitude, ulp, least_point;
        for (int lane = 0; lane < lanes; ++lane) {
            uint32_t bits;
            memcpy(&bits, values + index + lane, sizeof bits);
            const auto &scale = scales<float>[bits >> 23 & 0xFF];
            magnitude[lane] = bits & 0x7FFFFFFF;
            ulp[lane] = scale.ulp;
            least_point[lane] = static_cast<uint64_t>(scale.point);
        }
        const Lanes fraction_bits = magnitude & 0x7FFFFF;
        const Lanes significand = fraction_bits | (0 - magnitude) >> 63 << 23;

        // The number in units of 10^(k + 1).
        const Lanes lower = product(significand, ulp);
        const Lanes upper = product(significand, ulp >> 32);
        const Lanes whole = (upper + (lower >> 32)) >> 31;
        const Lanes fraction = ((upper << 32) + lower) & 0x7FFFFFFFFFFFFFFF;

        // Whether the multiple below it or the one above it is close enough.
        const Lanes half = ulp >> 1;
        const Lanes odd = significand & 1;
        const Lanes below = fraction - half - ((odd - 1) & tolerance);
        const Lanes above = fraction + half - ((0 - odd) & tolerance);
        const Lanes is_close = (below | above) >> 63;
        // Else the digit that is closest, of two as close the even one; without the lowest bits there is room for ten.
        const Lanes eighth = fraction >> 3;
        const Lanes tenths = (eighth << 3) + (eighth << 1);
        const Lanes digit = (tenths + 0x07FFFFFFFFFFFFFF + (tenths >> 60 & 1)) >> 60;
        const Lanes tens = whole + (above >> 63);
        const Lanes digits = (tens << 3) + (tens << 1) + (digit & (is_close - 1));

        // Shifts and sums, because a product whose factors may have 64 bits takes three instructions for products.
        const Lanes has_eight = (9999999 - digits) >> 63;
        const Lanes has_nine = (99999999 - digits) >> 63;
        const Lanes longer = digits + (((digits << 3) + digits) & (has_nine - 1));
        const Lanes scaled = longer + (((longer << 3) + longer) & (has_eight - 1));
        // 1441151881 / 2^57 is 1/10^8 to within what 32 bits need.
        const Lanes first = product(scaled, 1441151881) >> 57;
        const Lanes others = eight_digits(scaled + product(first, -100000000u));
        const Lanes point = least_point + 7 + has_eight + has_nine;
        memcpy(decimals.first + index, &first, sizeof first);
        memcpy(decimals.others[0] + index, &others, sizeof others);
        memcpy(decimals.point + index, &point, sizeof point);

        const Lanes is_subnormal = (magnitude - 0x800000) & (0 - magnitude);
        const Lanes is_not_finite = 0x7F7FFFFF - magnitude;
        // Below a power of two numbers are twice as dense; where it is a multiple itself, that does not matter.
        const Lanes is_power = (fraction_bits - 1) & (tolerance - 1 - fraction);
        const Lanes is_rare = (is_subnormal | is_not_finite | is_power) >> 63;
        memcpy(rare + index, &is_rare, sizeof is_rare);
        for (int lane = 0; lane < lanes; ++lane) any_rare |= is_rare[lane];
    }
    if (__builtin_expect(any_rare != 0, 0)) find_rare(values, count, rare, decimals);
}

/* Finds the digits of a multiple of `lanes` of numbers, at most `capacity`.
 *
 * Fractions are off by less than 2^-63, and what decides is left to Dragonbox where it is that close. */
NABLA_INLINE void find_digits(const double *values, int count, Decimals<double> &decimals) {
    constexpr uint64_t hidden = uint64_t{1} << 52;
    constexpr uint64_t middle = uint64_t{1} << 63;
    constexpr uint64_t slack = 32;
    uint64_t digits[Decimals<double>::capacity];
    uint8_t rare[Decimals<double>::capacity];
    uint8_t any_rare = 0;
    for (int index = 0; index < count; ++index) {
        uint64_t bits;
        memcpy(&bits, values + index, sizeof bits);
        const uint64_t magnitude = bits & (~uint64_t{0} >> 1);
        const uint64_t fraction_bits = magnitude & (hidden - 1);
        const uint64_t significand = fraction_bits | static_cast<uint64_t>(magnitude != 0) << 52;
        const auto &[ulp, least_point] = scales<double>[magnitude >> 52];

        // The number in units of 10^(k + 1).
        const Word lower = static_cast<Word>(static_cast<uint64_t>(ulp)) * significand;
        const Word number = static_cast<Word>(static_cast<uint64_t>(ulp >> 64)) * significand + (lower >> 64);
        const auto whole = static_cast<uint64_t>(number >> 64);
        const auto fraction = static_cast<uint64_t>(number);

        // Whether the multiple below it or the one above it is close enough.
        const auto half = static_cast<uint64_t>(ulp >> 65);
        const bool is_below = fraction < half;
        const bool is_above = fraction > ~half;
        // Else the digit that is closest.
        const Word tenths = static_cast<Word>(fraction) * 10;
        const auto rest = static_cast<uint64_t>(tenths);
        const uint64_t closest = static_cast<uint64_t>(tenths >> 64) + (rest > middle);
        const uint64_t tens = (whole + is_above) * 10;
        digits[index] = __builtin_unpredictable(is_below | is_above) ? tens : tens + closest;
        decimals.point[index] = least_point;

        const bool is_close = (fraction - half + slack < 2 * slack) | (fraction + half + slack < 2 * slack)
                              | (rest - middle + slack < 2 * slack);
        const bool is_subnormal = magnitude - 1 < hidden - 1;
        const bool is_beyond = magnitude >= (Format<double>::most_exponent + 1) * hidden;
        // Below a power of two numbers are twice as dense; where it is a multiple itself, that does not matter.
        const bool is_power = (fraction_bits == 0) & (fraction >= slack);
        rare[index] = (is_close & (magnitude != 0)) | is_subnormal | is_beyond | is_power;
        any_rare |= rare[index];
    }
    // In turns of their own, so that one number does not wait for another.
    for (int index = 0; index < count; ++index) {
        const bool is_long = digits[index] >= powers_of_ten[16];
        const uint64_t scaled = digits[index] * (10 - 9 * static_cast<uint64_t>(is_long));
        const uint64_t first = scaled / powers_of_ten[16];
        const uint64_t others = scaled - first * powers_of_ten[16];
        decimals.first[index] = first;
        decimals.others[0][index] = others / powers_of_ten[8];
        decimals.others[1][index] = others % powers_of_ten[8];
        decimals.point[index] += 16 + is_long;
    }
    for (auto &word : decimals.others) {
        for (int index = 0; index < count; index += lanes) {
            Lanes others;
            memcpy(&others, word + index, sizeof others);
            others = eight_digits(others);
            memcpy(word + index, &others, sizeof others);
        }
    }
    if (__builtin_expect(any_rare, 0)) find_rare(values, count, rare, decimals);
}

} // namespace
} // namespace NABLA_TARGET
} // namespace nabla
