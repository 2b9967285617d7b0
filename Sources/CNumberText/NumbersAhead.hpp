// Compiled for AVX2 alone: see Targets.hpp.

/* Reading numbers side by side.
 *
 * Where one number ends is known once it has been read, so that each waits for the one before it. Here the ends of many
 * are found first, by looking for commas, sixty-four bytes at a time; then numbers are put, joined and converted in
 * turns of their own, without a branch. What is not a plain number, or not quite certain, is read the other way. */

namespace nabla {
namespace NABLA_TARGET {
namespace {

/* Thirty-two bytes in a vector register. */
using Long __attribute__((vector_size(32))) = uint8_t;

NABLA_INLINE Long long_at(const uint8_t *at) {
    Long bytes;
    memcpy(&bytes, at, sizeof bytes);
    return bytes;
}

/* A bit for each byte of what a comparison finds. */
template <class Found> NABLA_INLINE uint32_t bits(Found found) {
    return static_cast<uint32_t>(_mm256_movemask_epi8(reinterpret_cast<__m256i>(found)));
}

/* All bits set in the last bytes, as many as are said, at most 32. */
NABLA_INLINE Long last_bytes(size_t count) {
    static constexpr auto bytes = [] {
        std::array<uint8_t, 64> bytes{};
        for (size_t index = 32; index < bytes.size(); ++index) bytes[index] = 0xFF;
        return bytes;
    }();
    return long_at(bytes.data() + count);
}

/* How many bytes are looked through at once, at first and at most: multiples of 64. */
constexpr size_t least_chunk = 128;
constexpr size_t most_chunk = 1024;

/* Where values end in some bytes, by a comma or a `]`: how far from the first byte. */
struct Ends {
    /* More than there are bytes, because some are put without looking whether there are as many. */
    uint16_t places[most_chunk + 8];
    size_t count;

    NABLA_INLINE void find(const uint8_t *at, size_t length) {
        count = 0;
        for (size_t block = 0; block < length; block += 64) {
            const Long first = long_at(at + block);
            const Long second = long_at(at + block + 32);
            const uint64_t upper = bits((second == ',') | (second == ']'));
            uint64_t found = upper << 32 | bits((first == ',') | (first == ']'));
            uint16_t *put = places + count;
            count += static_cast<size_t>(__builtin_popcountll(found));
            do {
                for (int turn = 0; turn < 8; ++turn) {
                    // What is put after the last one is not looked at.
                    *put++ = static_cast<uint16_t>(block + _tzcnt_u64(found));
                    found &= found - 1;
                }
            } while (found != 0);
        }
    }
};

/* The bytes before the end of a number that are looked at. */
constexpr ptrdiff_t most_bytes_before = 33;

/* What the length of a number without its sign, and where its point stands, say of it. */
struct alignas(32) Shape {
    /* What the digits make as a number must be at least. Where the shape is not that of a number there are no digits,
     * so that it is too much. */
    uint64_t least = 1;
    /* What that number is to be divided by. */
    double divisor = 1;
    /* How many digits there are, how many after the point, and how many that no point is after. */
    uint8_t digits = 0;
    uint8_t places = 0;
    uint8_t last = 0;
};

/* By length and point, which is the length where there is none. */
constexpr auto shapes = [] {
    std::array<std::array<Shape, 32>, 32> shapes;
    for (size_t length = 1; length < 32; ++length) {
        for (size_t point = 1; point <= length; ++point) {
            const bool has_point = point != length;
            const size_t digits = length - has_point;
            const size_t places = digits - point;
            // A digit after the point at least, and few enough for what divides to be exact.
            if ((has_point && places == 0) || places > 22) continue;
            // int = zero / ( digit1-9 *DIGIT ), as far as 64 bits can tell.
            if (point > 1 && digits > 18) continue;
            const uint64_t least = point == 1 ? 0 : powers_of_ten[digits - 1];
            shapes[length][point] = {
                least,
                exact_powers[places],
                static_cast<uint8_t>(digits),
                static_cast<uint8_t>(places),
                static_cast<uint8_t>(has_point ? places : digits),
            };
        }
    }
    return shapes;
}();

/* Some numbers, side by side. */
struct Group {
    static constexpr size_t capacity = 64;
    size_t count = 0;
    const uint8_t *firsts[capacity];
    const uint8_t *ends[capacity];
    const Shape *shapes_of[capacity];
    /* 0 unless it was seen that this is no plain number. */
    alignas(32) uint32_t oddities[capacity];
    bool negative[capacity];
    /* Their digits as a number. */
    alignas(32) uint64_t mantissas[capacity];
    /* A bit for each one that is to be read the other way. */
    uint64_t others = 0;

    /* Puts the number from `first` to `end`, as if it were a plain one: with neither an exponent nor white space. */
    NABLA_INLINE void put(size_t index, const uint8_t *first, const uint8_t *end) {
        const bool is_negative = *first == '-';
        const auto size = static_cast<uint32_t>(end - first) - is_negative;
        const uint32_t length = size % 32;
        const Long bytes = long_at(end - 32);
        // The first byte after the sign is bit 0.
        const uint32_t marks = bits(bytes - '0' > 9) >> (-size % 32);
        const uint32_t points = bits(bytes == '.') >> (-size % 32);
        const auto point = static_cast<size_t>(__builtin_ctz(marks | uint32_t{1} << length));
        firsts[index] = first;
        ends[index] = end;
        shapes_of[index] = &shapes[length][point];
        negative[index] = is_negative;
        oddities[index] = (marks ^ points) | (marks & (marks - 1)) | size / 32;
    }

    /* Makes each number's digits one number, or what is more than they can make where that has more than 64 bits. */
    NABLA_INLINE void join() {
        for (size_t index = 0; index < count; ++index) {
            const uint8_t *const end = ends[index];
            const Shape &shape = *shapes_of[index];
            // What stands before the point is moved to where the point is.
            const auto moved = reinterpret_cast<__m256i>(long_at(end - 33) - '0');
            const auto kept = reinterpret_cast<__m256i>(long_at(end - 32) - '0');
            const auto is_kept = reinterpret_cast<__m256i>(last_bytes(shape.last));
            const auto is_digit = reinterpret_cast<__m256i>(last_bytes(shape.digits));
            const __m256i ones = _mm256_and_si256(_mm256_blendv_epi8(moved, kept, is_kept), is_digit);
            const __m256i pairs = _mm256_maddubs_epi16(ones, _mm256_set1_epi16(0x010A));
            const __m256i fours = _mm256_madd_epi16(pairs, _mm256_set1_epi32(0x00010064));
            const __m256i eights = _mm256_madd_epi16(_mm256_packus_epi32(fours, fours), _mm256_set1_epi32(0x00012710));
            const __m256i upper_eights = _mm256_mul_epu32(eights, _mm256_set1_epi64x(100000000));
            const __m256i halves = _mm256_add_epi64(upper_eights, _mm256_srli_epi64(eights, 32));
            const auto lower = static_cast<uint64_t>(_mm256_extract_epi64(halves, 2));
            const auto upper = static_cast<uint64_t>(_mm256_extract_epi64(halves, 0));
            mantissas[index] = (upper * powers_of_ten[16] + lower) | (uint64_t{0} - (upper > 999));
        }
    }

    /* The numbers' values; those that may be wrong become the others. */
    template <class Float> NABLA_INLINE void convert(Float *out) {
        // Up to a multiple of four.
        for (size_t index = count; index % 4 != 0; ++index) {
            shapes_of[index] = &shapes[0][0];
            mantissas[index] = 0;
            oddities[index] = 0;
            negative[index] = false;
        }
        alignas(32) Float values[capacity];
        for (size_t index = 0; index < count; index += 4) convert_four(values + index, index);
        memcpy(out, values, count * sizeof *values);
        others &= ~uint64_t{0} >> (64 - count);
    }

    /* Reads the others; false if one is not a number that ends where it should, or is too large. */
    template <class Float> [[gnu::noinline]] bool read_others(const uint8_t *text, Float *out) const {
        for (uint64_t left = others; left != 0; left &= left - 1) {
            const auto index = static_cast<size_t>(__builtin_ctzll(left));
            const uint8_t *const first = past_space(firsts[index], ends[index]);
            const Spelling number = spelling(text, first, ends[index]);
            if (!number.valid || past_space(number.end, ends[index]) != ends[index]) return false;
            out[index] = value<Float>(number);
            if (std::isinf(out[index])) return false;
        }
        return true;
    }

  private:
    /* What the digits of four numbers make, divided by powers of ten. */
    struct Quotients {
        __m256d values;
        /* A bit for each number whose digits make 2^53 or more, so that it was rounded before it was divided, for each
         * whose digits 64 bits can't hold, and for each that is another number or none. */
        uint32_t large;
        uint32_t endless;
        uint32_t others;
    };

    NABLA_INLINE Quotients quotients(size_t index) const {
        const auto whole = [](const auto *at) { return reinterpret_cast<const __m256i *>(at); };
        const auto half = [](const auto *at) { return reinterpret_cast<const __m128i *>(at); };
        // The least value and the divisor, of two numbers each.
        const __m256i even = _mm256_loadu2_m128i(half(shapes_of[index + 2]), half(shapes_of[index]));
        const __m256i odd = _mm256_loadu2_m128i(half(shapes_of[index + 3]), half(shapes_of[index + 1]));
        const __m256i least = _mm256_unpacklo_epi64(even, odd);
        const __m256d divisors = _mm256_castsi256_pd(_mm256_unpackhi_epi64(even, odd));
        const __m256i mantissa = _mm256_load_si256(whole(mantissas + index));
        const __m256i oddity = _mm256_cvtepu32_epi64(_mm_load_si128(half(oddities + index)));
        int negatives;
        memcpy(&negatives, negative + index, sizeof negatives);
        const __m256i sign = _mm256_slli_epi64(_mm256_cvtepu8_epi64(_mm_cvtsi32_si128(negatives)), 63);

        // Each half of a mantissa is put into a float64 as its lowest bits; their sum is exact.
        const __m256i upper = _mm256_or_si256(_mm256_srli_epi64(mantissa, 32), _mm256_set1_epi64x(0x4530000000000000));
        const __m256i lower = _mm256_blend_epi32(mantissa, _mm256_set1_epi64x(0x4330000000000000), 0xAA);
        const __m256d upper_value = _mm256_sub_pd(_mm256_castsi256_pd(upper), _mm256_set1_pd(0x1p84 + 0x1p52));
        const __m256d value = _mm256_add_pd(upper_value, _mm256_castsi256_pd(lower));
        // As in `value`.
        const __m256d quotient = _mm256_or_pd(_mm256_div_pd(value, divisors), _mm256_castsi256_pd(sign));

        // Compared as signed numbers, of which those beyond 2^63 are negative and have the highest bit themselves.
        const __m256i is_large = _mm256_cmpgt_epi64(mantissa, _mm256_set1_epi64x((int64_t{1} << 53) - 1));
        const __m256i is_too_small = _mm256_cmpgt_epi64(least, mantissa);
        const __m256i is_odd = _mm256_cmpgt_epi64(oddity, _mm256_setzero_si256());
        const auto bits = [](__m256i found) __attribute__((always_inline)) {
            return static_cast<uint32_t>(_mm256_movemask_pd(_mm256_castsi256_pd(found)));
        };
        const __m256i is_endless = _mm256_cmpeq_epi64(mantissa, _mm256_set1_epi64x(-1));
        return {
            quotient,
            bits(_mm256_or_si256(is_large, mantissa)),
            bits(is_endless),
            bits(_mm256_or_si256(is_too_small, is_odd)),
        };
    }

    NABLA_INLINE void convert_four(float *out, size_t index) {
        const Quotients found = quotients(index);
        _mm_store_ps(out, _mm256_cvtpd_ps(found.values));
        // A quotient is off by two units at most; only half-way between two float32 may that many decide.
        constexpr int64_t slack = 4;
        const __m256i bits = _mm256_castpd_si256(found.values);
        const __m256i above = _mm256_sub_epi64(bits, _mm256_set1_epi64x(0x10000000 - slack));
        const __m256i tail = _mm256_and_si256(above, _mm256_set1_epi64x(0x1FFFFFFF));
        const __m256i is_between = _mm256_cmpgt_epi64(_mm256_set1_epi64x(2 * slack + 1), tail);
        const auto between = static_cast<uint32_t>(_mm256_movemask_pd(_mm256_castsi256_pd(is_between)));
        others |= uint64_t{found.others | found.endless | between} << index;
    }

    NABLA_INLINE void convert_four(double *out, size_t index) {
        using Format = fast_float::binary_format<double>;
        const Quotients found = quotients(index);
        _mm256_store_pd(out, found.values);
        others |= uint64_t{found.others} << index;
        if (found.large == 0) return;
        for (size_t number = 0; number < 4; ++number) {
            const uint64_t mantissa = mantissas[index + number];
            const auto rounded = fast_float::compute_float<Format>(-shapes_of[index + number]->places, mantissa);
            fast_float::to_float(negative[index + number], rounded, out[number]);
            // Negative where 64 bits of the mantissa's product do not decide how to round.
            const bool is_uncertain = (rounded.power2 < 0) | (mantissa == UINT64_MAX);
            others |= uint64_t{is_uncertain} << (index + number);
        }
    }
};

/* Adds numbers to a group until it is full, a chunk's ends are used up or there is no room; whether the array ended. */
NABLA_INLINE bool add_numbers(Group &group, Walk &walk, const uint8_t *chunk, const Ends &ends, size_t &next) {
    while (true) {
        const size_t room = std::min(walk.room.capacity - walk.count, walk.room.rest);
        const size_t most = std::min({room, Group::capacity - group.count, ends.count - next});
        const uint8_t *at = walk.at;
        bool is_row_ended = false;
        size_t count = 0;
        while (count < most && !is_row_ended) {
            const uint8_t *const end = chunk + ends.places[next + count];
            group.put(group.count + count, at, end);
            ++count;
            is_row_ended = *end == ']';
            at = end + 1 + (end[1] == ' ');
        }
        group.count += count;
        walk.at = is_row_ended ? chunk + ends.places[next + count - 1] + 1 : at;
        walk.count += count;
        walk.room.rest -= count;
        next += count;
        if (!is_row_ended) return false;
        if (!walk.begin_row()) return true;
        while (next < ends.count && chunk + ends.places[next] < walk.at) ++next;
    }
}

/* Reads numbers as long as there is text enough; whether the array ended. Where something else stands, the walk is left
 * at a number before it, and `goes_on` is made false. */
template <class Float> NABLA_INLINE bool read_ahead(Walk &walk, Float *out, bool &goes_on) {
    Ends ends;
    for (size_t length = least_chunk; walk.end - walk.at > static_cast<ptrdiff_t>(length); length = most_chunk) {
        if (walk.at - walk.text < most_bytes_before) return false;
        const uint8_t *const chunk = walk.at;
        ends.find(chunk, length);
        if (ends.count == 0) return false;
        for (size_t next = 0; next < ends.count;) {
            const Walk before = walk;
            Group group;
            const bool is_ended = add_numbers(group, walk, chunk, ends, next);
            if (group.count == 0) return false;
            group.join();
            group.convert(out + before.count);
            if (group.others != 0 && !group.read_others(walk.text, out + before.count)) {
                walk = before;
                goes_on = false;
                return false;
            }
            if (is_ended) return true;
        }
    }
    return false;
}

} // namespace
} // namespace NABLA_TARGET
} // namespace nabla
