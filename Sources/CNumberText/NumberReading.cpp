#include "CNumberText.h"

#include <cmath>
#include <fast_float/fast_float.h>

namespace {

bool is_digit(uint8_t byte) { return static_cast<uint8_t>(byte - '0') < 10; }

bool is_space(uint8_t byte) { return byte == ' ' || byte == '\n' || byte == '\r' || byte == '\t'; }

const uint8_t *past_digits(const uint8_t *at, const uint8_t *end) {
    while (at != end && is_digit(*at)) ++at;
    return at;
}

const uint8_t *past_space(const uint8_t *at, const uint8_t *end) {
    while (at != end && is_space(*at)) ++at;
    return at;
}

/* The spelling of a number by RFC 8259, section 6. */
struct Spelling {
    /* After the number, or at the first wrong byte. */
    const uint8_t *end;
    bool valid;
    bool integral;
};

/* number = [ "-" ] int [ frac ] [ exp ]; `at` stands at a "-" or a digit. */
inline Spelling spelling(const uint8_t *at, const uint8_t *end) {
    if (*at == '-') ++at;
    if (at == end || !is_digit(*at)) return {at, false, false};
    // int = zero / ( digit1-9 *DIGIT ): nothing may follow a leading zero.
    if (*at == '0') {
        ++at;
        if (at != end && is_digit(*at)) return {at, false, false};
    } else {
        at = past_digits(at + 1, end);
    }
    bool integral = true;
    if (at != end && *at == '.') {
        integral = false;
        const uint8_t *fraction = at + 1;
        at = past_digits(fraction, end);
        if (at == fraction) return {at, false, false};
    }
    if (at != end && (*at == 'e' || *at == 'E')) {
        integral = false;
        ++at;
        if (at != end && (*at == '+' || *at == '-')) ++at;
        const uint8_t *exponent = at;
        at = past_digits(exponent, end);
        if (at == exponent) return {at, false, false};
    }
    return {at, true, integral};
}

/* The value of a well-spelt number; infinite where it passes the largest value of the type. */
template <class Float> inline Float value(const uint8_t *first, const uint8_t *last) {
    Float result = 0;
    fast_float::from_chars(reinterpret_cast<const char *>(first), reinterpret_cast<const char *>(last), result);
    return result;
}

/* Walks over `number *( "," number ) "]"`, white space between, and hands each well-spelt number to `take`, which
 * says whether to go on and otherwise why not. */
template <class Take>
inline nabla_run walk(const uint8_t *text, size_t length, size_t position, size_t capacity, Take take) {
    const uint8_t *at = text + position;
    const uint8_t *const end = text + length;
    size_t count = 0;
    auto stopped = [&](nabla_stop stop) { return nabla_run{count, static_cast<size_t>(at - text), stop}; };
    while (true) {
        if (at == end || !(is_digit(*at) || *at == '-')) return stopped(nabla_stop_other);
        if (count == capacity) return stopped(nabla_stop_full);
        const Spelling number = spelling(at, end);
        if (!number.valid) {
            at = number.end;
            return stopped(nabla_stop_malformed);
        }
        if (!take(count, at, number.end)) return stopped(nabla_stop_overflow);
        ++count;
        at = number.end;
        if (at != end && is_space(*at)) at = past_space(at, end);
        if (at == end) return stopped(nabla_stop_separator);
        if (*at == ']') {
            ++at;
            return stopped(nabla_stop_closed);
        }
        if (*at != ',') return stopped(nabla_stop_separator);
        ++at;
        if (at != end && is_space(*at)) at = past_space(at, end);
    }
}

} // namespace

nabla_run nabla_read_float64s(const uint8_t *text, size_t length, size_t position, double *out, size_t capacity) {
    return walk(text, length, position, capacity, [out](size_t index, const uint8_t *first, const uint8_t *last) {
        out[index] = value<double>(first, last);
        return !std::isinf(out[index]);
    });
}

nabla_run nabla_read_float32s(const uint8_t *text, size_t length, size_t position, float *out, size_t capacity) {
    return walk(text, length, position, capacity, [out](size_t index, const uint8_t *first, const uint8_t *last) {
        out[index] = value<float>(first, last);
        return !std::isinf(out[index]) || !std::isinf(value<double>(first, last));
    });
}

nabla_run nabla_skip_numbers(const uint8_t *text, size_t length, size_t position) {
    return walk(text, length, position, SIZE_MAX, [](size_t, const uint8_t *, const uint8_t *) { return true; });
}

nabla_number nabla_read_number(const uint8_t *text, size_t length, size_t position) {
    const uint8_t *const first = text + position;
    const Spelling number = spelling(first, text + length);
    const double read = number.valid ? value<double>(first, number.end) : 0;
    return {read, static_cast<size_t>(number.end - text), number.valid, number.integral};
}
