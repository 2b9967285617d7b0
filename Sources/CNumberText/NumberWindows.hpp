// Compiled for AVX-512 alone: see Targets.hpp.

/* Reading numbers by windows.
 *
 * Of sixty-four bytes of text a comparison gives a bit each. Where the numbers begin and end in them, where their points
 * are and whether they are well spelt is found by shifts and sums of these bits, for all numbers at once and without a
 * branch; then their digits are brought to where they belong, and joined and converted side by side. Numbers with an
 * exponent, and whatever is wrong, end a window before them and are read the other way. */

namespace nabla {
namespace NABLA_TARGET {
namespace {

/* The bytes from the lowest to the one that the lowest bit stands for, or all; and those below it, or all. */
NABLA_INLINE uint64_t up_to_lowest(uint64_t bits) { return bits ^ (bits - 1); }
NABLA_INLINE uint64_t below_lowest(uint64_t bits) { return (bits & (0 - bits)) - 1; }
/* How many bytes there are up to the highest one that a bit stands for. */
NABLA_INLINE size_t up_to_highest(uint64_t bits) { return 64 - static_cast<size_t>(_lzcnt_u64(bits)); }

/* Sixty-four bytes of text, from where a number may begin, and a bit for each byte of the kind that a name says. */
struct Window {
    const uint8_t *at;
    /* Each byte less '0'. */
    __m512i digits;
    /* The bytes after numbers, as far as all of them are plain. */
    uint64_t ends;
    /* Where their digits begin, and where their points are, or their ends where there is none. */
    uint64_t firsts;
    uint64_t points;
    /* The first digits of those that are negative. */
    uint64_t negatives;
    /* Whether the last of them ends an array. */
    bool is_closed;
    size_t count;
    /* How many bytes they and what ends them take. */
    size_t length;

    /* Finds at most `most` numbers, which is not 0. */
    NABLA_INLINE Window(const uint8_t *at, const uint8_t *end, size_t most) : at(at) {
        __m512i bytes;
        if (__builtin_expect(end - at >= 64, 1)) {
            bytes = _mm512_loadu_si512(at);
        } else {
            bytes = _mm512_maskz_loadu_epi8((uint64_t{1} << (end - at)) - 1, at);
        }
        const auto are = [bytes](char byte) __attribute__((always_inline)) {
            return _cvtmask64_u64(_mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8(byte)));
        };
        digits = _mm512_sub_epi8(bytes, _mm512_set1_epi8('0'));
        const uint64_t digit = _cvtmask64_u64(_mm512_cmplt_epu8_mask(digits, _mm512_set1_epi8(10)));
        const uint64_t zero = are('0');
        const uint64_t point = are('.');
        const uint64_t space = are(' ') | are('\n');
        const uint64_t close = are(']');
        const uint64_t end_marks = (are(',') | close) & up_to_lowest(close);

        // After an end, past spaces and a sign, digits begin: a sum carries a bit to where a run of spaces ends.
        const uint64_t starts = end_marks << 1 | 1;
        const uint64_t past = space + (starts & space);
        const uint64_t signs_or_digits = (starts | past) & ~space;
        const uint64_t signs = signs_or_digits & are('-');
        firsts = signs_or_digits + signs;

        const uint64_t is_other = ~(digit | point | end_marks | signs | (space & ~past));
        const uint64_t has_no_digit = (firsts | point << 1) & ~digit;
        const uint64_t has_none_before = point & ~(digit << 1);
        const uint64_t is_after_zero = (firsts & zero) << 1 & digit;
        ends = end_marks & below_lowest(is_other | has_no_digit | has_none_before | is_after_zero);
        count = static_cast<size_t>(_mm_popcnt_u64(ends));
        // Mostly all are plain: then the next window need not wait for anything but the ends.
        length = up_to_highest(end_marks);
        if (__builtin_expect(ends != end_marks || count > most, 0)) {
            if (count > most) {
                ends &= up_to_lowest(_pdep_u64(uint64_t{1} << (most - 1), ends));
                count = most;
            }
            length = up_to_highest(ends);
            // Lest it be reckoned in both cases.
            asm("" : "+r"(length));
        }
        const uint64_t all = _bzhi_u64(~uint64_t{0}, static_cast<uint32_t>(length));
        firsts &= all;
        negatives = signs << 1 & all;
        is_closed = (close & ends) != 0;
        // A sum carries each point to the end of its number.
        const uint64_t pointed = ((all & ~ends) + (point & all)) & ends;
        points = (point & all) | (ends & ~pointed);
        // A number with two points stands there.
        if (__builtin_expect(static_cast<size_t>(_mm_popcnt_u64(points)) != count, 0)) count = 0;
    }
};

/* A byte each for sixty-four. */
template <class Value> constexpr std::array<uint8_t, 64> bytes_of(Value value) {
    std::array<uint8_t, 64> bytes{};
    for (size_t index = 0; index < bytes.size(); ++index) bytes[index] = static_cast<uint8_t>(value(index));
    return bytes;
}
alignas(64) constexpr auto ascending = bytes_of([](size_t index) { return index; });
alignas(64) constexpr auto columns = bytes_of([](size_t index) { return index % 16; });
alignas(64) constexpr auto evens = bytes_of([](size_t index) { return index / 16 * 2; });

/* The digits of a window's numbers. */
class WindowDigits {
  public:
    /* A byte for each number: how many digits are after its point. */
    __m512i places;
    /* Whether each has at most sixteen digits. */
    bool is_short;

    NABLA_INLINE explicit WindowDigits(const Window &window) : digits(window.digits) {
        const auto offsets = [](uint64_t bits) __attribute__((always_inline)) {
            return _mm512_maskz_compress_epi8(_cvtu64_mask64(bits), loaded(ascending.data()));
        };
        ends = offsets(window.ends);
        const __m512i points = offsets(window.points);
        const __m512i one = _mm512_set1_epi8(1);
        const __m512i after = _mm512_sub_epi8(ends, points);
        places = _mm512_subs_epu8(after, one);
        counts = _mm512_add_epi8(_mm512_sub_epi8(points, offsets(window.firsts)), places);
        has_point = _mm512_test_epi8_mask(after, after);
        is_short = _cvtmask64_u64(_mm512_cmpgt_epu8_mask(counts, _mm512_set1_epi8(16))) == 0;
    }

    /* What sixteen digits of each of eight numbers make, without as many of the last as are said. */
    NABLA_INLINE __m512i sixteen(size_t first, int skipped) const {
        const auto all = [](int byte) { return _mm512_set1_epi8(static_cast<char>(byte)); };
        // Where the first of the sixteen bytes would be without a point, how many of them are before the point and how
        // many before the first digit.
        const __m512i from = _mm512_sub_epi8(ends, all(16 + skipped));
        const __m512i moved = _mm512_maskz_subs_epu8(has_point, all(16 + skipped), places);
        const __m512i empty = _mm512_subs_epu8(all(16 + skipped), counts);
        // Lane after lane the numbers 0, 2, 4 and 6, and the others.
        const __m512i even = _mm512_add_epi8(loaded(evens.data()), all(static_cast<int>(first)));
        const __m512i odd = _mm512_add_epi8(even, all(1));
        const auto fours_of = [&](__m512i number) __attribute__((always_inline)) {
            const __m512i column = loaded(columns.data());
            const __m512i place = _mm512_add_epi8(_mm512_permutexvar_epi8(number, from), column);
            const __mmask64 is_moved = _mm512_cmplt_epu8_mask(column, _mm512_permutexvar_epi8(number, moved));
            const __mmask64 is_digit = _mm512_cmpge_epu8_mask(column, _mm512_permutexvar_epi8(number, empty));
            const __m512i source = _mm512_mask_sub_epi8(place, is_moved, place, all(1));
            const __m512i ones = _mm512_maskz_permutexvar_epi8(is_digit, source, digits);
            const __m512i pairs = _mm512_maddubs_epi16(ones, _mm512_set1_epi16(0x010A));
            return _mm512_madd_epi16(pairs, _mm512_set1_epi32(0x00010064));
        };
        const __m512i fours = _mm512_packus_epi32(fours_of(even), fours_of(odd));
        const __m512i eights = _mm512_madd_epi16(fours, _mm512_set1_epi32(0x00012710));
        const __m512i upper = _mm512_mul_epu32(eights, _mm512_set1_epi64(100000000));
        return _mm512_add_epi64(upper, _mm512_srli_epi64(eights, 32));
    }

  private:
    __m512i digits;
    __m512i ends;
    __m512i counts;
    __mmask64 has_point;
};

NABLA_INLINE void put(float *out, __mmask8 are_there, __m256 values) { _mm256_mask_storeu_ps(out, are_there, values); }
NABLA_INLINE void put(double *out, __mmask8 are_there, __m512d values) { _mm512_mask_storeu_pd(out, are_there, values); }

/* Where a window's numbers begin: a copy, so that the window itself need not be in memory. */
struct WindowFirsts {
    const uint8_t *at;
    uint64_t digits;
    uint64_t negatives;
};

/* Reads a window's numbers that are not certain the other way. */
template <class Float>
[[gnu::noinline]] void
read_doubtful(uint64_t in_doubt, WindowFirsts firsts, const uint8_t *text, const uint8_t *end, Float *out) {
    for (; in_doubt != 0; in_doubt &= in_doubt - 1) {
        const auto index = static_cast<size_t>(__builtin_ctzll(in_doubt));
        const uint64_t first = _pdep_u64(uint64_t{1} << index, firsts.digits);
        const uint8_t *const number = firsts.at + _tzcnt_u64(first) - ((firsts.negatives & first) != 0);
        out[index] = value<Float>(spelling(text, number, end));
    }
}

/* Puts a window's numbers; a bit for each that is not certain. */
template <class Float> NABLA_INLINE uint64_t convert(const Window &window, Float *out) {
    const WindowDigits digits(window);
    const uint64_t negatives = _pext_u64(window.negatives, window.firsts);
    uint64_t in_doubt = 0;
    for (size_t first = 0; first < window.count; first += 8) {
        const size_t rest = window.count - first;
        const auto are_there = static_cast<__mmask8>(rest >= 8 ? 0xFF : (1u << rest) - 1);
        const auto are_negative = static_cast<__mmask8>(negatives >> first);
        const __m512i index = _mm512_set_epi64(7, 6, 5, 4, 3, 2, 1, 0);
        const __m512i number = _mm512_add_epi64(index, _mm512_set1_epi64(static_cast<int64_t>(first)));
        __m512i places = _mm512_maskz_permutexvar_epi8(0x0101010101010101, number, digits.places);
        __m512i mantissas = digits.sixteen(first, 0);
        __mmask8 has_too_many = 0;
        if (__builtin_expect(!digits.is_short, 0)) {
            const __m512i upper = digits.sixteen(first, 16);
            const __m512i myriads = _mm512_set1_epi64(static_cast<int64_t>(powers_of_ten[16]));
            mantissas = _mm512_add_epi64(mantissas, _mm512_mullo_epi64(upper, myriads));
            // More may not be held by 64 bits, or divided by a power that is exact.
            has_too_many = _mm512_cmpgt_epu64_mask(upper, _mm512_set1_epi64(999))
                           | _mm512_cmpgt_epu64_mask(places, _mm512_set1_epi64(22));
            places = _mm512_min_epu64(places, _mm512_set1_epi64(31));
        }
        const __m512d values = quotients(Float{}, mantissas, places, digits.is_short, are_negative);
        uint32_t doubts;
        if constexpr (sizeof(Float) == 4) {
            const auto found = rounded(values);
            put(out + first, are_there, found.values);
            doubts = found.in_doubt;
        } else {
            const __mmask8 are_large = _mm512_cmpgt_epu64_mask(mantissas, _mm512_set1_epi64((int64_t{1} << 53) - 1));
            const auto large = rounded_large(mantissas, places, are_negative);
            put(out + first, are_there, _mm512_mask_mov_pd(values, are_large, large.values));
            doubts = large.in_doubt & are_large;
        }
        in_doubt |= uint64_t{(doubts | has_too_many) & are_there} << first;
    }
    return in_doubt;
}

/* Reads numbers as long as windows begin with plain ones; whether the array ended. */
template <class Float> NABLA_INLINE bool read_windows(Walk &outer, Float *out) {
    Walk walk = outer;
    bool is_ended = false;
    while (!is_ended) {
        const size_t room = std::min(walk.room.capacity - walk.count, walk.room.rest);
        if (room == 0 || walk.at == walk.end) break;
        const Window window(walk.at, walk.end, room);
        if (window.count == 0) break;
        const uint64_t in_doubt = convert(window, out + walk.count);
        if (__builtin_expect(in_doubt != 0, 0)) {
            const WindowFirsts firsts = {window.at, window.firsts, window.negatives};
            read_doubtful(in_doubt, firsts, walk.text, walk.end, out + walk.count);
        }
        walk.at += window.length;
        walk.count += window.count;
        walk.room.rest -= window.count;
        is_ended = window.is_closed && !walk.begin_row();
    }
    outer = walk;
    return is_ended;
}

} // namespace
} // namespace NABLA_TARGET
} // namespace nabla
