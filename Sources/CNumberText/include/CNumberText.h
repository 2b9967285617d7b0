#ifndef NABLA_CNUMBERTEXT_H
#define NABLA_CNUMBERTEXT_H

/* Numbers as JSON text (RFC 8259, section 6) and as base64, both ways: fast_float and Dragonbox behind a C header.
 *
 * Whole runs are read and printed in one call, so that no call is paid for each number. Nothing here allocates, keeps
 * state or reads outside the bytes that it was given. */

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Why a run of numbers ended, and so what stands at its position. */
typedef enum __attribute__((enum_extensibility(closed))) : uint8_t {
    /* After the `]` that closed the array. */
    nabla_stop_closed,
    /* At a further number, for which there was no room. */
    nabla_stop_full,
    /* At a byte that begins no number, where a value should stand (possibly the end of the text). */
    nabla_stop_other,
    /* At a number whose magnitude passes the largest float64. */
    nabla_stop_overflow,
    /* At the first byte at which the number's spelling is wrong: a digit should stand there, or must not. */
    nabla_stop_malformed,
    /* At a byte that is neither `,` nor `]`, after a number. */
    nabla_stop_separator,
} nabla_stop;

/* Where numbers are to be put, and how many of them. */
typedef struct {
    /* How many there is room for. */
    size_t capacity;
    /* How many the array may have from here on; more of them are left standing. */
    size_t rest;
    /* Where the array is one of several rows: how many each has. After a row of that many its `]`, the comma and the
     * next row's `[` are passed over as long as a number and room for it follow. 0 where there are no rows. */
    size_t row;
} nabla_room;

/* How far a run of numbers was read. */
typedef struct {
    /* How many numbers were read. */
    size_t count;
    /* How many times a row was ended and the next one begun. */
    size_t rows;
    /* The offset in the text at which reading stopped. */
    size_t position;
    nabla_stop stop;
} nabla_run;

/* One number, wherever it stands. */
typedef struct {
    double value;
    /* The offset after the number, or, if it is malformed, of the first wrong byte. */
    size_t end;
    /* 1 where the spelling is that of a number. */
    uint8_t valid;
    /* 1 where the spelling has neither a fraction nor an exponent. */
    uint8_t integral;
} nabla_number;

/* Reads the numbers of an array from `position`, at which a value stands, each rounded to the nearest, ties to even.
 * A float32 that overflows is infinite unless it passes the largest float64 too. */
nabla_run nabla_read_float64s(const uint8_t *text, size_t length, size_t position, double *out, nabla_room room);
nabla_run nabla_read_float32s(const uint8_t *text, size_t length, size_t position, float *out, nabla_room room);

/* Passes over the numbers of an array from `position` as the readers do, but converts none and refuses none. */
nabla_run nabla_skip_numbers(const uint8_t *text, size_t length, size_t position);

/* Reads the number at `position`; its value is infinite where it passes the largest float64. */
nabla_number nabla_read_number(const uint8_t *text, size_t length, size_t position);

/* Where from `position` on the first quote stands; `length` if there is none. */
size_t nabla_find_quote(const uint8_t *text, size_t length, size_t position);

/* Where in a text two numbers, or two rows of numbers, part. */
typedef struct {
    /* After the first number's comma, or the first row's `]`. */
    size_t end;
    /* Where the next number stands, of the next row; the length of the text if none does. */
    size_t next;
} nabla_gap;

/* Finds the first such place from `position` on: the first comma, or `]` if there are rows. */
nabla_gap nabla_find_gap(const uint8_t *text, size_t length, size_t position, int has_rows);

/* How many of some marks there are in a text. */
typedef struct {
    size_t commas;
    /* Those that open. */
    size_t braces;
} nabla_marks;

/* Counts marks, in strings too, some ten times as fast as the text could be read. */
nabla_marks nabla_count_marks(const uint8_t *text, size_t length);

/* Where from `position` on the first byte of a text stands that is a quote, a backslash, a control character or none of
 * ASCII; `length` if there is none. */
size_t nabla_find_special(const uint8_t *text, size_t length, size_t position);

/* How deep printed numbers may be nested. */
#define NABLA_MOST_NESTING 8

/* The room that one number needs, what is before and after it and the printers' slack included. */
#define NABLA_PRINTED_NUMBER_SIZE 64

/* The arrays in which printed numbers stand. */
typedef struct {
    /* How many values the arrays of each level hold, the outermost first; none of them 0. */
    const size_t *lengths;
    /* How many levels there are, at most NABLA_MOST_NESTING. */
    size_t depth;
    /* The place of the first number that is printed, among all that the outermost array holds. */
    size_t place;
} nabla_nesting;

/* Prints numbers with commas between them, and with the brackets of those arrays that begin at one of them or end after
 * one, `count` times NABLA_PRINTED_NUMBER_SIZE bytes being free at `out`; returns how many bytes were used.
 *
 * Each number is the shortest decimal that reads back to the same bits, the closest to the exact value among those. From
 * 1e-4 up to, not including, 1e16 it is written in full, always with a fraction (`0.0001`, `452.0`), else with an exponent
 * that has neither a plus nor leading zeros (`1e-7`, `1.5e16`). Zero keeps its sign. What is not finite is one of the
 * strings "NaN", "Infinity" and "-Infinity", in quotes. */
size_t nabla_print_float64s(const double *values, size_t count, nabla_nesting nesting, uint8_t *out);
size_t nabla_print_float32s(const float *values, size_t count, nabla_nesting nesting, uint8_t *out);

/* The forms of this code, for more and more able processors. All that is above runs in the last one that the processor has;
 * tests hold them to each other. */
typedef enum __attribute__((enum_extensibility(closed))) : uint8_t {
    nabla_target_every,
    nabla_target_avx2,
    nabla_target_avx512,
} nabla_target;

/* The last form that this processor has. */
nabla_target nabla_best_target(void);

/* As the functions without a target, in a form that the processor has. */
nabla_run nabla_read_float64s_by(
    nabla_target target, const uint8_t *text, size_t length, size_t position, double *out, nabla_room room
);
nabla_run nabla_read_float32s_by(
    nabla_target target, const uint8_t *text, size_t length, size_t position, float *out, nabla_room room
);
size_t nabla_print_float64s_by(
    nabla_target target, const double *values, size_t count, nabla_nesting nesting, uint8_t *out
);
size_t nabla_print_float32s_by(
    nabla_target target, const float *values, size_t count, nabla_nesting nesting, uint8_t *out
);

/* Base64 (RFC 4648, section 4) of as many bytes from the first on as go quickly, a multiple of 24; returns how many these
 * are. There is room for the text of them all. */
size_t nabla_encode_base64(const uint8_t *bytes, size_t count, uint8_t *text);

/* The bytes of as many letters from the first on as go quickly, a multiple of 32; returns how many these are, or SIZE_MAX
 * where one of them is no letter. There is room for three quarters of `length`. */
size_t nabla_decode_base64(const uint8_t *text, size_t length, uint8_t *bytes);

#ifdef __cplusplus
}
#endif

#endif
