#ifndef NABLA_NUMBERLAYOUTS_HPP
#define NABLA_NUMBERLAYOUTS_HPP

/* How the text of a number is laid out, which depends on nothing but its sign and where its point stands: tables. */

#include "NumberFormats.hpp"
#include "Targets.hpp"

namespace nabla {

/* The text of numbers without what follows the last digit. */
template <class Float> struct Layout {
    /* For each byte, which of the digits is added to it, as `gathered` numbers them: sixteen bytes, and sixteen more. */
    Bytes places[2] = {};
    /* What each byte is without them. */
    Bytes text[2] = {};
    /* Where the first digit stands. */
    uint8_t first = 0;
    /* The length, for each number of zeros that the digits after the first end in. */
    uint8_t length[Format<Float>::most_digits] = {};
};

/* Numbers from 10^-4 up to 10^16, 0.d1d2d3... * 10^point, are written without an exponent. */
inline constexpr int least_plain_point = -3;
inline constexpr int most_plain_point = 16;
inline constexpr int plain_points = most_plain_point - least_plain_point + 1;

/* The layout for a point, or for numbers with an exponent, d.ddd, where it is not plain. */
template <class Float> constexpr Layout<Float> make_layout(int point, bool is_negative) {
    constexpr int most_digits = Format<Float>::most_digits;
    uint8_t text[32] = {};
    uint8_t places[32] = {};
    int count = 0;
    auto add = [&](int byte, int place = no_place) {
        places[count] = static_cast<uint8_t>(place);
        text[count++] = static_cast<uint8_t>(byte);
    };
    Layout<Float> layout;
    const bool is_plain = point >= least_plain_point && point <= most_plain_point;
    const int before = is_plain ? point : 1;
    if (is_negative) add('-');
    if (before <= 0) {
        add('0');
        add('.');
        for (int zero = before; zero < 0; ++zero) add('0');
    }
    const int first = count;
    for (int digit = 0; digit < most_digits || digit <= before; ++digit) {
        if (before > 0 && digit == before) add('.');
        add('0', digit == 0 ? Format<Float>::first_place : digit < most_digits ? digit - 1 : no_place);
    }
    layout.first = static_cast<uint8_t>(first);
    for (int index = 0; index < 32; ++index) {
        layout.text[index / 16][index % 16] = text[index];
        layout.places[index / 16][index % 16] = index < count ? places[index] : no_place;
    }
    for (int others = 0; others < most_digits; ++others) {
        // With a digit after the point at least, but before an exponent.
        const int digits = 1 + others > before ? 1 + others : before + 1;
        const int point_length = before > 0 ? 1 : 0;
        const bool is_lone = !is_plain && others == 0;
        layout.length[most_digits - 1 - others] = static_cast<uint8_t>(is_lone ? first + 1 : first + digits + point_length);
    }
    return layout;
}

template <class Float> constexpr auto make_layouts() {
    std::array<Layout<Float>, 2 * (plain_points + 1)> layouts{};
    for (size_t index = 0; index < layouts.size(); ++index) {
        layouts[index] = make_layout<Float>(least_plain_point + static_cast<int>(index / 2), index % 2 != 0);
    }
    return layouts;
}

/* For each plain point from the least, and for all others, positive numbers and negative ones. */
template <class Float> inline constexpr auto layouts = make_layouts<Float>();

/* What follows the last digit, the exponent if there is one and a comma, the lowest byte first; its length is the highest
 * byte. */
constexpr uint64_t make_tail(int point) {
    uint64_t text = 0;
    uint64_t length = 0;
    auto add = [&](int byte) { text |= static_cast<uint64_t>(byte) << (8 * length++); };
    if (point < least_plain_point || point > most_plain_point) {
        const int exponent = point - 1;
        const int magnitude = exponent < 0 ? -exponent : exponent;
        add('e');
        if (exponent < 0) add('-');
        if (magnitude >= 100) add('0' + magnitude / 100);
        if (magnitude >= 10) add('0' + magnitude / 10 % 10);
        add('0' + magnitude % 10);
    }
    add(',');
    return text | length << 56;
}

template <class Float> constexpr auto make_tails() {
    using Format = Format<Float>;
    std::array<uint64_t, Format::most_point - Format::least_point + 1> tails{};
    for (int point = Format::least_point; point <= Format::most_point; ++point) {
        tails[static_cast<size_t>(point - Format::least_point)] = make_tail(point);
    }
    return tails;
}

/* For each point, from the least. */
template <class Float> inline constexpr auto tails = make_tails<Float>();

/* As many zeros as are printed at once. */
inline constexpr int most_zeros = 64;
inline constexpr auto zeros = [] {
    std::array<char, 4 * most_zeros> text{};
    for (size_t index = 0; index < text.size(); ++index) text[index] = "0.0,"[index % 4];
    return text;
}();

} // namespace nabla

#endif
