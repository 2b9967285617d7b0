#include "CNumberText.h"
#include "ShortestDigits.hpp"

#include <cmath>

namespace nabla {
namespace {

/* Where the parts of a number's text stand, which depends on nothing but where its point does. */
struct Layout {
    /* What the text begins with, as far as nothing else is put over it. */
    uint64_t head = 0;
    /* What follows the digits. */
    uint64_t tail = 0;
    uint8_t tail_length = 0;
    /* Where the first digit stands; the others follow it. */
    uint8_t first = 0;
    /* Where the point stands, where the digits after it begin, and how many of those that follow the first one come
     * before it. */
    uint8_t point = 1;
    uint8_t fraction = 2;
    uint8_t skipped = 0;
    /* Whether the point is not among the digits, so that this table is of no use. */
    bool is_other = false;
    /* The length without the tail, for each number of significant digits. */
    uint8_t length[18] = {};
};

/* The layout of 0.d1d2d3... * 10^point. */
constexpr Layout layout(int point, int most_digits) {
    Layout at;
    // The length that goes with no digits, and the least.
    int beyond = 1;
    int least = 1;
    if (point > 16 || point < -3) {
        // d.ddde-x
        const int exponent = point - 1;
        const int magnitude = exponent < 0 ? -exponent : exponent;
        auto add = [&at](int byte) { at.tail |= static_cast<uint64_t>(byte) << (8 * at.tail_length++); };
        add('e');
        if (exponent < 0) add('-');
        if (magnitude >= 100) add('0' + magnitude / 100);
        if (magnitude >= 10) add('0' + magnitude / 10 % 10);
        add('0' + magnitude % 10);
    } else if (point <= 0) {
        // 0.000ddd, as many zeros as -point says.
        at.head = 0x303030303030'2E30;
        at.first = static_cast<uint8_t>(2 - point);
        at.fraction = static_cast<uint8_t>(3 - point);
        beyond = at.first;
    } else {
        // ddd.ddd
        at.point = static_cast<uint8_t>(point);
        at.fraction = static_cast<uint8_t>(point + 1);
        at.skipped = static_cast<uint8_t>(point - 1);
        at.is_other = point >= most_digits;
        least = point + 2;
    }
    for (int digits = 1; digits <= most_digits; ++digits) {
        const int length = digits == 1 && at.tail_length > 0 ? 1 : digits + beyond;
        at.length[digits] = static_cast<uint8_t>(length < least ? least : length);
    }
    return at;
}

template <class Float> constexpr auto make_layouts() {
    using Format = Format<Float>;
    std::array<Layout, Decimals<Float>::not_finite - Format::least_point + 1> layouts;
    for (int point = Format::least_point; point <= Format::most_point; ++point) {
        layouts[static_cast<size_t>(point - Format::least_point)] = layout(point, Format::most_digits);
    }
    layouts.back().is_other = true;
    return layouts;
}

template <class Float> constexpr auto layouts = make_layouts<Float>();

/* Writes the bytes of a word, the lowest first. */
inline void put(uint8_t *out, uint64_t bytes) {
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    bytes = __builtin_bswap64(bytes);
#endif
    memcpy(out, &bytes, sizeof bytes);
}

inline void put(uint8_t *out, Word bytes) {
    put(out, static_cast<uint64_t>(bytes));
    put(out + 8, static_cast<uint64_t>(bytes >> 64));
}

/* The digits of a number after its first. */
inline uint64_t others(const Decimals<float> &decimals, int index) { return decimals.others[0][index]; }
inline Word others(const Decimals<double> &decimals, int index) {
    return static_cast<Word>(decimals.others[1][index]) << 64 | decimals.others[0][index];
}

/* How many bytes there are up to the last one that is not zero.
 *
 * Zeros are counted from below because older processors do so many times faster than from above. */
inline int significant(uint64_t digits) {
    // A digit has no highest bit, so that the one that is set here, lest none be, does not count.
    const int zeros = __builtin_ctzll(__builtin_bswap64(digits) | uint64_t{1} << 63) / 8;
    return __builtin_unpredictable(digits == 0) ? 0 : 8 - zeros;
}
inline int significant(Word digits) {
    const auto upper = static_cast<uint64_t>(digits >> 64);
    const int first = significant(static_cast<uint64_t>(digits));
    return __builtin_unpredictable(upper == 0) ? first : 8 + significant(upper);
}

/* `"NaN"`, `"Infinity"` or `"-Infinity"`. */
template <class Float> inline uint8_t *put_not_finite(uint8_t *out, Float number) {
    const char *const text = number != number ? "\"NaN\"" : number < 0 ? "\"-Infinity\"" : "\"Infinity\"";
    const size_t length = strlen(text);
    memcpy(out, text, length);
    return out + length;
}

template <class Float>
inline uint8_t *put_number(uint8_t *out, Float number, const Decimals<Float> &decimals, int index) {
    const int64_t point = decimals.point[index];
    const Layout &at = layouts<Float>[static_cast<size_t>(point - Format<Float>::least_point)];
    if (__builtin_expect(point == Decimals<Float>::not_finite, 0)) return put_not_finite(out, number);
    *out = '-';
    out += std::signbit(number);
    const auto digits = others(decimals, index);
    const auto text = digits + static_cast<decltype(digits)>(-1) / 0xFF * '0';
    const auto first = static_cast<uint8_t>('0' + decimals.first[index]);
    if (__builtin_expect(at.is_other, 0)) {
        // ddd000.0
        memset(out, '0', 16);
        out[0] = first;
        put(out + 1, text);
        memcpy(out + point, ".0", 2);
        return out + point + 2;
    }
    put(out, at.head);
    out[at.first] = first;
    put(out + at.first + 1, text);
    put(out + at.fraction, text >> (8 * at.skipped));
    out[at.point] = '.';
    out += at.length[1 + significant(digits)];
    put(out, at.tail);
    return out + at.tail_length;
}

/* Where among nested arrays the next number stands. */
class Place {
  public:
    explicit Place(nabla_nesting nesting) : depth(nesting.depth) {
        bool is_first = true;
        for (size_t level = 0; level < depth; ++level) {
            lengths[level] = nesting.lengths[depth - 1 - level];
            const size_t before = nesting.place % lengths[level];
            nesting.place /= lengths[level];
            left[level] = lengths[level] - before;
            is_first &= before == 0;
            begun += is_first;
        }
    }

    /* Writes the beginnings of the arrays whose first number is the next. */
    uint8_t *begin(uint8_t *out) const { return put_brackets(out, '[', begun); }

    /* How many numbers there are up to the end of the innermost array. */
    size_t row() const { return depth == 0 ? SIZE_MAX : left[0]; }

    /* Passes over some of them, not all. */
    void pass(size_t count) {
        left[0] -= depth == 0 ? 0 : count;
        begun = 0;
    }

    /* Writes what stands after a number: the ends of arrays, a comma, and the beginnings of as many arrays. */
    uint8_t *next(uint8_t *out) {
        begun = 0;
        if (depth == 0 || --left[0] != 0) {
            *out = ',';
            return out + 1;
        }
        do {
            left[begun] = lengths[begun];
            ++begun;
        } while (begun < depth && --left[begun] == 0);
        out = put_brackets(out, ']', begun);
        *out = ',';
        return put_brackets(out + 1, '[', begun);
    }

    /* How many bytes the last `next` has written that only a further number needs. */
    size_t excess() const { return 1 + begun; }

  private:
    /* From the innermost array to the outermost: how many values each holds, and how many of them are left; how many
     * arrays begin before the next number. */
    size_t lengths[NABLA_MOST_NESTING];
    size_t left[NABLA_MOST_NESTING] = {};
    size_t depth;
    size_t begun = 0;

    static uint8_t *put_brackets(uint8_t *out, uint8_t bracket, size_t count) {
        memset(out, bracket, NABLA_MOST_NESTING);
        return out + count;
    }
};

/* Some numbers, those that are not zero side by side: of zeros, which are many where a unit did not fire and in most
 * Jacobians, the digits need not be found. */
template <class Float> class Block {
  public:
    static constexpr int capacity = Decimals<Float>::capacity;

    Block() {
        decimals.first[zero] = 0;
        for (auto &word : decimals.others) word[zero] = 0;
        decimals.point[zero] = 1;
    }

    /* Finds the digits of at most `capacity` numbers. */
    void find(const Float *values, int count) {
        int zeros = 0;
        int signs = 0;
        for (int index = 0; index < count; ++index) {
            zeros += values[index] == 0;
            signs += std::signbit(values[index]);
        }
        is_plain = zeros == count && signs == 0;
        if (zeros == 0 && count == capacity) {
            slots = in_order.data();
            find_digits(values, capacity, decimals);
            return;
        }
        int found = 0;
        for (int index = 0; index < count; ++index) {
            const Float number = values[index];
            others[found] = number;
            others_slots[index] = static_cast<uint16_t>(number == 0 ? zero : found);
            found += number != 0;
        }
        slots = others_slots;
        find_digits(others, (found + lanes - 1) / lanes * lanes, decimals);
    }

    /* Whether all numbers are zero and none of them is minus zero. */
    bool is_zeros() const { return is_plain; }

    uint8_t *put(uint8_t *out, Float number, int index) const { return put_number(out, number, decimals, slots[index]); }

  private:
    static constexpr int zero = capacity;
    Decimals<Float> decimals;
    Float others[capacity + 1] = {};
    uint16_t others_slots[capacity];
    /* Where the digits of each number are. */
    const uint16_t *slots = nullptr;
    bool is_plain = false;

    static constexpr auto in_order = [] {
        std::array<uint16_t, capacity> slots{};
        for (size_t index = 0; index < slots.size(); ++index) slots[index] = static_cast<uint16_t>(index);
        return slots;
    }();
};

template <class Float> inline size_t put_numbers(const Float *values, size_t count, nabla_nesting nesting, uint8_t *out) {
    static constexpr auto zeros = [] {
        std::array<char, 4 * Block<Float>::capacity> text{};
        for (size_t index = 0; index < text.size(); ++index) text[index] = "0.0,"[index % 4];
        return text;
    }();
    if (count == 0) return 0;
    Place place(nesting);
    Block<Float> block;
    uint8_t *at = place.begin(out);
    while (count > 0) {
        const size_t length = count < Block<Float>::capacity ? count : Block<Float>::capacity;
        block.find(values, static_cast<int>(length));
        if (block.is_zeros() && place.row() > length) {
            memcpy(at, zeros.data(), 4 * length);
            at += 4 * length;
            place.pass(length);
        } else {
            for (size_t index = 0; index < length; ++index) {
                at = place.next(block.put(at, values[index], static_cast<int>(index)));
            }
        }
        values += length;
        count -= length;
    }
    return static_cast<size_t>(at - out) - place.excess();
}

} // namespace
} // namespace nabla

size_t nabla_print_float64s(const double *values, size_t count, nabla_nesting nesting, uint8_t *out) {
    return nabla::put_numbers(values, count, nesting, out);
}

size_t nabla_print_float32s(const float *values, size_t count, nabla_nesting nesting, uint8_t *out) {
    return nabla::put_numbers(values, count, nesting, out);
}
