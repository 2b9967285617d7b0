// Compiled once for each target: see Targets.hpp.

namespace nabla {
namespace NABLA_TARGET {
namespace {

/* After `"," "["` where a number follows them, else null. */
const uint8_t *next_row(const uint8_t *at, const uint8_t *end) {
    at = past_space(at, end);
    if (at == end || *at != ',') return nullptr;
    at = past_space(at + 1, end);
    if (at == end || *at != '[') return nullptr;
    at = past_space(at + 1, end);
    return at != end && (is_digit(*at) || *at == '-') ? at : nullptr;
}

/* Walks over `number *( "," number ) "]"`, white space between, and over further rows as far as there is room. */
struct Walk {
    const uint8_t *text;
    const uint8_t *end;
    const uint8_t *at;
    nabla_room room;
    size_t count = 0;
    size_t rows = 0;

    NABLA_INLINE Walk(const uint8_t *text, size_t length, size_t position, nabla_room room)
        : text(text), end(text + length), at(text + position), room(room) {}

    NABLA_INLINE nabla_run stopped(nabla_stop stop) const {
        return {count, rows, static_cast<size_t>(at - text), stop};
    }

    NABLA_INLINE void pass_space() {
        if (at != end && is_space(*at)) at = past_space(at, end);
    }

    /* A number has been read. */
    NABLA_INLINE void pass_number() {
        ++count;
        --room.rest;
    }

    /* After a `]`: passes to the next row's first number, if there is one and there is room for it. */
    NABLA_INLINE bool begin_row() {
        if (room.row == 0 || room.rest != 0 || count == room.capacity) return false;
        const uint8_t *const next = next_row(at, end);
        if (next == nullptr) return false;
        at = next;
        room.rest = room.row;
        ++rows;
        return true;
    }

    /* Hands each well-spelt number to `take`, which says whether to go on; `run_ahead` may first read some its own way,
     * and says whether it has met the end of the array. */
    template <class Take, class RunAhead> NABLA_INLINE nabla_run run(Take take, RunAhead run_ahead) {
        while (true) {
            if (run_ahead(*this)) return stopped(nabla_stop_closed);
            if (at == end || !(is_digit(*at) || *at == '-')) return stopped(nabla_stop_other);
            if (count == room.capacity || room.rest == 0) return stopped(nabla_stop_full);
            const Spelling number = spelling(text, at, end);
            if (!number.valid) {
                at = number.end;
                return stopped(nabla_stop_malformed);
            }
            if (!take(count, number)) return stopped(nabla_stop_overflow);
            pass_number();
            at = number.end;
            pass_space();
            if (at == end || (*at != ',' && *at != ']')) return stopped(nabla_stop_separator);
            if (*at++ == ']' && !begin_row()) return stopped(nabla_stop_closed);
            pass_space();
        }
    }
};

} // namespace
} // namespace NABLA_TARGET
} // namespace nabla
