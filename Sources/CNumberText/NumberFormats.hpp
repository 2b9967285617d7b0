#ifndef NABLA_NUMBERFORMATS_HPP
#define NABLA_NUMBERFORMATS_HPP

/* What is known of the two types of numbers before any number is seen: tables. */

#include <array>
#include <cstdint>
#include <cstring>
#include <dragonbox-1.1.3/dragonbox/dragonbox.h>

namespace nabla {

namespace dragonbox = jkj::dragonbox;
using Word = unsigned __int128;

inline constexpr uint64_t powers_of_ten[] = {
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
    100000000000000000ull,
};

/* The place of a byte that is 0, for every kind of processor. */
inline constexpr uint8_t no_place = 0x90;

/* The layout of the two types, and how many digits their numbers have. */
template <class Float> struct Format;

template <> struct Format<float> {
    using Bits = uint32_t;
    /* Holds a fraction of one, times 2^fraction_bits. */
    using Fraction = uint64_t;
    /* One bit is left for what passes one. */
    static constexpr int fraction_bits = 63;
    static constexpr int significand_bits = 23;
    static constexpr int bias = 150;
    /* The largest biased exponent of numbers that are not left to Dragonbox. */
    static constexpr int most_exponent = 254;
    /* How many digits are found at least and, once there are zeros at their end, at most. */
    static constexpr int least_digits = 7;
    static constexpr int most_digits = 9;
    /* Where the point of the least number stands, and that of the largest. */
    static constexpr int least_point = -44;
    static constexpr int most_point = 39;
    /* How many words of eight digits follow the first digit. */
    static constexpr int words = 1;
    /* Where a vector of digits has the first one: after the others. */
    static constexpr int first_place = 8;
    /* Up to where a number's point may stand for its text to have no more than sixteen bytes. */
    static constexpr int most_short_point = 13;
};

template <> struct Format<double> {
    using Bits = uint64_t;
    using Fraction = Word;
    static constexpr int fraction_bits = 128;
    static constexpr int significand_bits = 52;
    static constexpr int bias = 1075;
    /* There is no power of ten for one more. */
    static constexpr int most_exponent = 2045;
    static constexpr int least_digits = 16;
    static constexpr int most_digits = 17;
    static constexpr int least_point = -323;
    static constexpr int most_point = 309;
    static constexpr int words = 2;
    /* There is no room for it. */
    static constexpr int first_place = no_place;
    static constexpr int most_short_point = least_point - 1;
};

/* What the numbers of one exponent have in common. */
template <class Float> struct Scale {
    /* 2^q / 10^(k + 1), rounded up. */
    typename Format<Float>::Fraction ulp = 0;
    /* k, which is where the point stands, less how many digits are found. */
    int64_t point = 0;
};

template <class Float> constexpr auto make_scales() {
    using Format = Format<Float>;
    // Numbers beyond the largest exponent have a row too, though it is of no use to them.
    std::array<Scale<Float>, (sizeof(Float) == 8 ? 2048 : 256)> scales{};
    // Zero is 0.0 * 10^1.
    scales[0].point = 1 - Format::least_digits;
    for (int biased = 1; biased <= Format::most_exponent; ++biased) {
        const int q = biased - Format::bias;
        const int k = dragonbox::detail::log::floor_log10_pow2(q);
        // 10^-(k + 1) is `digits` * 2^(e - 127), rounded up.
        const auto power = dragonbox::policy::cache::full.get_cache<dragonbox::ieee754_binary64>(-k - 1);
        const Word digits = static_cast<Word>(power.high()) << 64 | power.low();
        const int e = dragonbox::detail::log::floor_log2_pow10(-k - 1);
        const int cut = 127 - Format::fraction_bits - q - e;
        const Word ulp = cut == 0 ? digits : ((digits - 1) >> cut) + 1;
        scales[static_cast<size_t>(biased)] = {static_cast<typename Format::Fraction>(ulp), k};
    }
    return scales;
}

template <class Float> inline constexpr auto scales = make_scales<Float>();

} // namespace nabla

#endif
