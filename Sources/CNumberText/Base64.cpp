#include "CNumberText.h"
#include "Targets.hpp"

#if NABLA_HAS_AVX2

// All that takes or gives vectors is inlined.
#pragma clang diagnostic ignored "-Wpsabi"

NABLA_BEGIN_AVX2
namespace nabla {
namespace {

/* Thirty-two letters, or what they stand for, in a vector register. */
using Letters __attribute__((vector_size(32))) = uint8_t;

NABLA_INLINE __m256i vector(Letters letters) { return reinterpret_cast<__m256i>(letters); }

/* What six bits look like in base64: A to Z, a to z, 0 to 9, + and /. */
NABLA_INLINE Letters letters(Letters values) {
    const auto beyond = [values](uint8_t last) { return reinterpret_cast<Letters>(values > last); };
    return values + 'A' + (beyond(25) & ('a' - 26 - 'A')) - (beyond(51) & ('a' - 26 - '0' + 52))
           - (beyond(61) & ('0' - 52 - '+' + 62)) + (beyond(62) & ('/' - 63 - '+' + 62));
}

size_t encode(const uint8_t *bytes, size_t count, uint8_t *text) {
    // For each three bytes b0 b1 b2 the words b1 b0 and b2 b1, the lower byte first.
    const __m256i places = _mm256_setr_epi8(
        1, 0, 2, 1, 4, 3, 5, 4, 7, 6, 8, 7, 10, 9, 11, 10, 1, 0, 2, 1, 4, 3, 5, 4, 7, 6, 8, 7, 10, 9, 11, 10
    );
    size_t done = 0;
    // Four bytes more than are used are loaded.
    for (; count - done >= 28; done += 24, text += 32) {
        const auto half = [&](size_t at) { return reinterpret_cast<const __m128i *>(bytes + done + at); };
        const __m256i words = _mm256_shuffle_epi8(_mm256_loadu2_m128i(half(12), half(0)), places);
        // Of each word six bits go to the lower byte, shifted by 10 or by 6, and six to the upper one, by 4 or by 8.
        const __m256i lower = _mm256_and_si256(words, _mm256_set1_epi32(0x0FC0FC00));
        const __m256i upper = _mm256_and_si256(words, _mm256_set1_epi32(0x003F03F0));
        const __m256i values = _mm256_or_si256(
            _mm256_mulhi_epu16(lower, _mm256_set1_epi32(0x04000040)),
            _mm256_mullo_epi16(upper, _mm256_set1_epi32(0x01000010))
        );
        const Letters found = letters(reinterpret_cast<Letters>(values));
        memcpy(text, &found, sizeof found);
    }
    return done;
}

/* What letters stand for; all bits set where one stands for nothing. */
NABLA_INLINE Letters values(Letters text) {
    const auto within = [text](uint8_t first, uint8_t last) {
        return reinterpret_cast<Letters>(text - first <= static_cast<uint8_t>(last - first));
    };
    const auto of = [text](Letters which, int first, int value) { return which & (text + uint8_t(value - first)); };
    const Letters upper = within('A', 'Z');
    const Letters lower = within('a', 'z');
    const Letters digit = within('0', '9');
    const Letters plus = within('+', '+');
    const Letters slash = within('/', '/');
    const Letters found = of(upper, 'A', 0) | of(lower, 'a', 26) | of(digit, '0', 52) | of(plus, '+', 62)
                          | of(slash, '/', 63);
    return found | ~(upper | lower | digit | plus | slash);
}

size_t decode(const uint8_t *text, size_t length, uint8_t *bytes) {
    // Of each four bytes three, the highest first; then the twelve of both halves together.
    const __m256i places = _mm256_setr_epi8(
        2, 1, 0, 6, 5, 4, 10, 9, 8, 14, 13, 12, -1, -1, -1, -1, 2, 1, 0, 6, 5, 4, 10, 9, 8, 14, 13, 12, -1, -1, -1, -1
    );
    const __m256i halves = _mm256_setr_epi32(0, 1, 2, 4, 5, 6, 3, 7);
    Letters seen{};
    size_t done = 0;
    // Eight bytes more than are used are stored, where the next ones will be.
    for (; length - done >= 64; done += 32, bytes += 24) {
        Letters block;
        memcpy(&block, text + done, sizeof block);
        const Letters found = values(block);
        seen |= found;
        const __m256i pairs = _mm256_maddubs_epi16(vector(found), _mm256_set1_epi16(0x0140));
        const __m256i groups = _mm256_madd_epi16(pairs, _mm256_set1_epi32(0x00011000));
        const __m256i packed = _mm256_permutevar8x32_epi32(_mm256_shuffle_epi8(groups, places), halves);
        memcpy(bytes, &packed, sizeof packed);
    }
    return _mm256_movemask_epi8(vector(seen)) == 0 ? done : SIZE_MAX;
}

} // namespace
} // namespace nabla
NABLA_END_AVX2

#endif

size_t nabla_encode_base64(const uint8_t *bytes, size_t count, uint8_t *text) {
#if NABLA_HAS_AVX2
    if (nabla::has_avx2()) return nabla::encode(bytes, count, text);
#endif
    return 0;
}

size_t nabla_decode_base64(const uint8_t *text, size_t length, uint8_t *bytes) {
#if NABLA_HAS_AVX2
    if (nabla::has_avx2()) return nabla::decode(text, length, bytes);
#endif
    return 0;
}
