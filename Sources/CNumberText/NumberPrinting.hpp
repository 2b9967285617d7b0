// Compiled once for each target: see Targets.hpp.

#include "ShortestDigits.hpp"

namespace nabla {
namespace NABLA_TARGET {
namespace {

/* The bytes that `places` names, 0 where it names none. */
NABLA_INLINE Bytes shuffled(Bytes bytes, Bytes places) {
#if NABLA_TARGET_IS_AVX2
    const auto found = _mm_shuffle_epi8(reinterpret_cast<__m128i>(bytes), reinterpret_cast<__m128i>(places));
    return reinterpret_cast<Bytes>(found);
#elif defined(__aarch64__)
    return vqtbl1q_u8(bytes, places);
#else
    uint8_t given[no_place % 32 + 1] = {};
    memcpy(given, &bytes, sizeof bytes);
    for (int index = 0; index < 16; ++index) bytes[index] = given[places[index] % 32];
    return bytes;
#endif
}

NABLA_INLINE void put(uint8_t *out, Bytes bytes) { memcpy(out, &bytes, sizeof bytes); }

/* The digits of a number after its first, the next one in the first byte. */
NABLA_INLINE Bytes others(const Decimals<float> &decimals, int index) {
    return reinterpret_cast<Bytes>(Words{decimals.others[0][index], 0});
}
NABLA_INLINE Bytes others(const Decimals<double> &decimals, int index) {
    return reinterpret_cast<Bytes>(Words{decimals.others[0][index], decimals.others[1][index]});
}

/* How many bytes there are up to the last one that is not zero.
 *
 * Zeros are counted from below because older processors do so many times faster than from above. */
NABLA_INLINE int significant(uint64_t digits) {
    // A digit has no highest bit, so that the one that is set here, lest none be, does not count.
    const int zeros = __builtin_ctzll(__builtin_bswap64(digits) | uint64_t{1} << 63) / 8;
    return __builtin_unpredictable(digits == 0) ? 0 : 8 - zeros;
}
NABLA_INLINE int significant(const Decimals<float> &decimals, int index) {
    return significant(decimals.others[0][index]);
}
NABLA_INLINE int significant(const Decimals<double> &decimals, int index) {
    const int first = significant(decimals.others[0][index]);
    const int second = significant(decimals.others[1][index]);
    return __builtin_unpredictable(second == 0) ? first : 8 + second;
}

/* Writes `"NaN"`, `"Infinity"` or `"-Infinity"` and a comma. */
template <class Float> [[gnu::noinline]] uint8_t *put_not_finite(uint8_t *out, Float number) {
    const char *const text = number != number ? "\"NaN\"," : number < 0 ? "\"-Infinity\"," : "\"Infinity\",";
    const size_t length = strlen(text);
    memcpy(out, text, length);
    return out + length;
}

/* Writes a number and a comma. */
template <class Float>
NABLA_INLINE uint8_t *put_number(uint8_t *out, Float number, const Decimals<Float> &decimals, int index) {
    const int64_t point = decimals.point[index];
    if (__builtin_expect(point == Decimals<Float>::not_finite, 0)) return put_not_finite(out, number);
    const Layout<Float> &at = layout<Float>(point, std::signbit(number));
    const Bytes digits = others(decimals, index);
    put(out, shuffled(digits, at.places[0]) + at.text[0]);
    if (at.is_long) put(out + 16, shuffled(digits, at.places[1]) + at.text[1]);
    out[at.first] = static_cast<uint8_t>('0' + decimals.first[index]);
    out += at.length[significant(decimals, index)];
    const Tail &tail = tails<Float>[static_cast<size_t>(point - Format<Float>::least_point)];
    memcpy(out, tail.text, sizeof tail.text);
    return out + tail.length;
}

/* Where among nested arrays the next number stands. */
class Place {
  public:
    NABLA_INLINE explicit Place(nabla_nesting nesting) : depth(nesting.depth) {
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
    NABLA_INLINE uint8_t *begin(uint8_t *out) const { return put_brackets(out, '[', begun); }

    /* How many numbers there are up to the end of the innermost array. */
    NABLA_INLINE size_t row() const { return left[0]; }

    /* Passes over some of these, each of which has been written with a comma; where they were all, the ends of arrays
     * take the last comma's place, and the beginnings of as many others follow a comma. */
    NABLA_INLINE uint8_t *pass(size_t count, uint8_t *out) {
        begun = 0;
        left[0] -= depth == 0 ? 0 : count;
        if (left[0] != 0) return out;
        do {
            left[begun] = lengths[begun];
            ++begun;
        } while (begun < depth && --left[begun] == 0);
        out = put_brackets(out - 1, ']', begun);
        *out = ',';
        return put_brackets(out + 1, '[', begun);
    }

    /* How many bytes the last `pass` has written that only a further number needs. */
    NABLA_INLINE size_t excess() const { return 1 + begun; }

  private:
    /* From the innermost array to the outermost: how many values each holds, and how many of them are left; how many
     * arrays begin before the next number. */
    size_t lengths[NABLA_MOST_NESTING];
    size_t left[NABLA_MOST_NESTING] = {SIZE_MAX};
    size_t depth;
    size_t begun = 0;

    NABLA_INLINE static uint8_t *put_brackets(uint8_t *out, uint8_t bracket, size_t count) {
        memset(out, bracket, NABLA_MOST_NESTING);
        return out + count;
    }
};

/* Some numbers, those that are not zero side by side: of zeros, which are many where a unit did not fire and in most
 * Jacobians, the digits need not be found. */
template <class Float> class Block {
  public:
    static constexpr int capacity = Decimals<Float>::capacity;

    NABLA_INLINE Block() {
        decimals.first[zero] = 0;
        for (auto &word : decimals.others) word[zero] = 0;
        decimals.point[zero] = 1;
    }

    /* Finds the digits of at most `capacity` numbers. */
    NABLA_INLINE void find(const Float *values, int count) {
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
    NABLA_INLINE bool is_zeros() const { return is_plain; }

    /* Writes one of the numbers and a comma. */
    NABLA_INLINE uint8_t *put(uint8_t *out, Float number, int index) const {
        return put_number(out, number, decimals, slots[index]);
    }

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

template <class Float>
NABLA_INLINE size_t put_numbers(const Float *values, size_t count, nabla_nesting nesting, uint8_t *out) {
    if (count == 0) return 0;
    Place place(nesting);
    Block<Float> block;
    uint8_t *at = place.begin(out);
    while (count > 0) {
        const size_t length = count < Block<Float>::capacity ? count : Block<Float>::capacity;
        block.find(values, static_cast<int>(length));
        for (size_t index = 0; index < length;) {
            const size_t run = place.row() < length - index ? place.row() : length - index;
            if (block.is_zeros()) {
                memcpy(at, zeros.data(), 4 * run);
                at += 4 * run;
            } else {
                for (size_t number = index; number < index + run; ++number) {
                    at = block.put(at, values[number], static_cast<int>(number));
                }
            }
            index += run;
            at = place.pass(run, at);
        }
        values += length;
        count -= length;
    }
    return static_cast<size_t>(at - out) - place.excess();
}

} // namespace

size_t print(const double *values, size_t count, nabla_nesting nesting, uint8_t *out) {
    return put_numbers(values, count, nesting, out);
}

size_t print(const float *values, size_t count, nabla_nesting nesting, uint8_t *out) {
    return put_numbers(values, count, nesting, out);
}

} // namespace NABLA_TARGET
} // namespace nabla
