#include "CNumberText.h"

#include <cstring>

namespace {

/* Bytes side by side, in as many vector registers as they take. */
using Bytes __attribute__((vector_size(64))) = uint8_t;

size_t sum(const Bytes &bytes) {
    size_t sum = 0;
    for (size_t lane = 0; lane < sizeof bytes; ++lane) sum += bytes[lane];
    return sum;
}

} // namespace

nabla_marks nabla_count_marks(const uint8_t *text, size_t length) {
    nabla_marks marks = {0, 0};
    while (length >= sizeof(Bytes)) {
        // As many turns as a byte can count.
        const size_t turns = length / sizeof(Bytes) < 255 ? length / sizeof(Bytes) : 255;
        Bytes commas{};
        Bytes braces{};
        for (size_t turn = 0; turn < turns; ++turn, text += sizeof(Bytes)) {
            Bytes bytes;
            memcpy(&bytes, text, sizeof bytes);
            // What compares equal has all bits set, as -1 has.
            commas -= reinterpret_cast<Bytes>(bytes == ',');
            braces -= reinterpret_cast<Bytes>(bytes == '{');
        }
        marks.commas += sum(commas);
        marks.braces += sum(braces);
        length -= turns * sizeof(Bytes);
    }
    for (; length > 0; --length, ++text) {
        marks.commas += *text == ',';
        marks.braces += *text == '{';
    }
    return marks;
}

size_t nabla_find_special(const uint8_t *text, size_t length, size_t position) {
    for (; length - position >= sizeof(Bytes); position += sizeof(Bytes)) {
        Bytes bytes;
        memcpy(&bytes, text + position, sizeof bytes);
        const auto found = (bytes == '"') | (bytes == '\\') | (bytes < 0x20) | (bytes >= 0x80);
        uint64_t words[sizeof found / 8];
        memcpy(words, &found, sizeof found);
        uint64_t any = 0;
        for (const uint64_t word : words) any |= word;
        if (any != 0) break;
    }
    for (; position < length; ++position) {
        const uint8_t byte = text[position];
        if (byte == '"' || byte == '\\' || byte < 0x20 || byte >= 0x80) break;
    }
    return position;
}

size_t nabla_find_quote(const uint8_t *text, size_t length, size_t position) {
    if (position >= length) return length;
    const void *const quote = memchr(text + position, '"', length - position);
    return quote == nullptr ? length : static_cast<size_t>(static_cast<const uint8_t *>(quote) - text);
}
