// Compiled once for each target: see Targets.hpp.

#include "ShortestDigits.hpp"
#if NABLA_TARGET_IS_AVX512
#include "NumberPacking.hpp"
#endif

namespace nabla {
namespace NABLA_TARGET {
namespace {

/* The bytes that `places` names, 0 where it names none. */
NABLA_INLINE Bytes shuffled(Bytes bytes, Bytes places) {
#if NABLA_TARGET_IS_AVX2 || NABLA_TARGET_IS_AVX512
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

/* The digits of a number after its first, the next one in the first byte, and that one, if there is room. */
NABLA_INLINE Bytes gathered(const Decimals<float> &decimals, int index) {
    return reinterpret_cast<Bytes>(Words{decimals.others[0][index], decimals.first[index]});
}
NABLA_INLINE Bytes gathered(const Decimals<double> &decimals, int index) {
    return reinterpret_cast<Bytes>(Words{decimals.others[0][index], decimals.others[1][index]});
}

/* How many zeros eight digits end in. */
NABLA_INLINE uint64_t zeros_at_end(uint64_t digits) {
#if NABLA_TARGET_IS_AVX2 || NABLA_TARGET_IS_AVX512
    return _lzcnt_u64(digits) / 8;
#else
    // Counted from below, because older processors do so many times faster than from above. A digit has no highest bit,
    // so that the one that is set here, lest none be, does not count.
    const auto zeros = static_cast<uint64_t>(__builtin_ctzll(__builtin_bswap64(digits) | uint64_t{1} << 63)) / 8;
    return __builtin_unpredictable(digits == 0) ? 8 : zeros;
#endif
}
NABLA_INLINE uint64_t zeros_at_end(const Decimals<float> &decimals, int index) {
    return zeros_at_end(decimals.others[0][index]);
}
NABLA_INLINE uint64_t zeros_at_end(const Decimals<double> &decimals, int index) {
    const uint64_t first = zeros_at_end(decimals.others[0][index]);
    const uint64_t second = zeros_at_end(decimals.others[1][index]);
    return __builtin_unpredictable(second == 8) ? 8 + first : second;
}

/* Writes `"NaN"`, `"Infinity"` or `"-Infinity"` and a comma. */
template <class Float> [[gnu::noinline]] uint8_t *put_not_finite(uint8_t *out, Float number) {
    const char *const text = number != number ? "\"NaN\"," : number < 0 ? "\"-Infinity\"," : "\"Infinity\",";
    const size_t length = strlen(text);
    memcpy(out, text, length);
    return out + length;
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

    /* Passes over at most as many numbers up to the end of several arrays at once, and sets a bit of `ends` for each at
     * which one ends. Such an end of several is left to `pass`. */
    NABLA_INLINE size_t pass_rows(size_t most, uint64_t &ends) {
        ends = 0;
        begun = 0;
        size_t passed = 0;
        while (left[0] <= most - passed) {
            passed += left[0];
            left[0] = 0;
            if (depth < 2 || left[1] == 1) return passed;
            --left[1];
            left[0] = lengths[0];
            ends |= uint64_t{1} << (passed - 1);
            if (passed == most) {
                begun = 1;
                return passed;
            }
        }
        left[0] -= depth == 0 ? 0 : most - passed;
        return most;
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
        for (int sign = 0; sign < 2; ++sign) {
            decimals.first[zero + sign] = 0;
            for (auto &word : decimals.others) word[zero + sign] = 0;
            decimals.point[zero + sign] = 1;
            forms[zero + sign] = static_cast<uint64_t>(2 * (1 - least_plain_point) + sign);
        }
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
        is_dense = zeros == 0 && count == capacity;
        if (is_dense) {
            find_text(values, capacity);
            return;
        }
        int found = 0;
        for (int index = 0; index < count; ++index) {
            const Float number = values[index];
            others[found] = number;
            slots[index] = static_cast<uint8_t>(number == 0 ? zero + std::signbit(number) : found);
            found += number != 0;
        }
        find_text(others, (found + lanes - 1) / lanes * lanes);
    }

    /* Whether all numbers are zero and none of them is minus zero. */
    NABLA_INLINE bool is_zeros() const { return is_plain; }

    /* Writes some of the numbers, each with a comma. */
    NABLA_INLINE uint8_t *put(uint8_t *out, const Float *values, int from, int to) const {
        if (is_dense && is_short) {
            for (int index = from; index < to; ++index) out = put_number<false>(out, values[index], index);
        } else if (is_short) {
            for (int index = from; index < to; ++index) out = put_number<false>(out, values[index], slots[index]);
        } else {
            for (int index = from; index < to; ++index) {
                out = put_number<true>(out, values[index], is_dense ? index : slots[index]);
            }
        }
        return out;
    }

  private:
    /* The slots of zero and minus zero. */
    static constexpr int zero = capacity;

    Decimals<Float> decimals;
    /* Which layout each number has. */
    uint64_t forms[capacity + 2];
    /* Whether no number's text is longer than sixteen bytes but for its tail, or, of float64, each is finite. */
    bool is_short = false;
    bool is_plain = false;
    bool is_dense = false;
    Float others[capacity + 1] = {};
    /* Where the digits of each number are. */
    uint8_t slots[capacity];

    NABLA_INLINE void find_text(const Float *numbers, int count) {
        using Bits = typename Format<Float>::Bits;
        using Parts __attribute__((vector_size(lanes * sizeof(Bits)))) = Bits;
        find_digits(numbers, count, decimals);
        Lanes unusual = {};
        for (int index = 0; index < count; index += lanes) {
            Parts bits;
            Lanes point;
            memcpy(&bits, numbers + index, sizeof bits);
            memcpy(&point, decimals.point + index, sizeof point);
            const Lanes sign = __builtin_convertvector(bits >> (8 * sizeof(Bits) - 1), Lanes);
            const Lanes plain = point - static_cast<uint64_t>(least_plain_point);
            const Lanes is_plain = ((plain | (plain_points - 1 - plain)) >> 63) - 1;
            const Lanes form = ((plain & is_plain) | (plain_points & ~is_plain)) * 2 + sign;
            memcpy(forms + index, &form, sizeof form);
            unusual |= most_usual_point - point;
        }
        uint64_t any_unusual = 0;
        for (int lane = 0; lane < lanes; ++lane) any_unusual |= unusual[lane];
        is_short = any_unusual >> 63 == 0;
    }

    static constexpr bool is_wide = Format<Float>::words > 1;
    static constexpr uint64_t most_usual_point = is_wide ? Format<Float>::most_point : Format<Float>::most_short_point;

    /* Writes a number, which may be unusual, and a comma. */
    template <bool is_any> NABLA_INLINE uint8_t *put_number(uint8_t *out, Float number, int index) const {
        const int64_t point = decimals.point[index];
        if (is_any && point == Decimals<Float>::not_finite) return put_not_finite(out, number);
        const Layout<Float> &at = layouts<Float>[forms[index]];
        const Bytes digits = gathered(decimals, index);
        NABLA_TARGET::put(out, shuffled(digits, at.places[0]) + at.text[0]);
        if (is_any || is_wide) NABLA_TARGET::put(out + 16, shuffled(digits, at.places[1]) + at.text[1]);
        if (is_wide) out[at.first] = static_cast<uint8_t>('0' + decimals.first[index]);
        out += at.length[zeros_at_end(decimals, index)];
        const uint64_t tail = tails<Float>[static_cast<size_t>(point - Format<Float>::least_point)];
        memcpy(out, &tail, sizeof tail);
        return out + (tail >> 56);
    }
};

/* Writes some numbers whose digits have been found, each with a comma or the brackets behind it. */
template <class Float>
NABLA_INLINE uint8_t *put_block(const Block<Float> &block, const Float *values, size_t count, Place &place, uint8_t *at) {
    for (size_t index = 0; index < count;) {
        const size_t run = place.row() < count - index ? place.row() : count - index;
        if (block.is_zeros()) {
            memcpy(at, zeros.data(), 4 * run);
            at += 4 * run;
        } else {
            at = block.put(at, values, static_cast<int>(index), static_cast<int>(index + run));
        }
        index += run;
        at = place.pass(run, at);
    }
    return at;
}

#if NABLA_TARGET_IS_AVX512
/* The same of numbers that are packed. */
NABLA_INLINE uint8_t *put_packed(Packed &packed, size_t count, Place &place, uint8_t *at) {
    for (size_t index = 0; index < count;) {
        uint64_t ends;
        const size_t run = place.pass_rows(count - index, ends);
        at = packed.put(at, static_cast<int>(index), static_cast<int>(index + run), ends << index);
        index += run;
        if (place.row() == 0) at = place.pass(0, at);
    }
    return at;
}
#endif

template <class Float>
NABLA_INLINE size_t put_numbers(const Float *values, size_t count, nabla_nesting nesting, uint8_t *out) {
    if (count == 0) return 0;
    Place place(nesting);
    Block<Float> block;
#if NABLA_TARGET_IS_AVX512
    Packed packed;
    // One number alone has not the room.
    const bool packs = sizeof(Float) == 4 && count > 1;
#endif
    uint8_t *at = place.begin(out);
    for (size_t done = 0; done < count;) {
        const Float *const next = values + done;
        const size_t length = count - done < Block<Float>::capacity ? count - done : Block<Float>::capacity;
        done += length;
#if NABLA_TARGET_IS_AVX512
        if (packs && packed.find(next, static_cast<int>(length))) {
            at = put_packed(packed, length, place, at);
            continue;
        }
#endif
        block.find(next, static_cast<int>(length));
        at = put_block(block, next, length, place, at);
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
