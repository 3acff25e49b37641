/* Matrix products in the tile registers of AMX: bfloat16 in, sums in float32.
 *
 * A first factor [m, k] stands in tiles of 16 rows by 32 columns; those that follow one another along k lie side by
 * side. A second factor [k, n] stands in tiles of 32 rows by 16 columns, its rows in pairs, as the registers want
 * them. The tile of a matrix as second factor, turned as 16 by 16 words, is the tile of its transpose as first factor,
 * and the other way round. Every tile is in one piece, so that none shares its places in the cache with the next.
 */
#include <math.h>
#include "exponential.h"
#include "layout.h"

typedef uint16_t factor; /* a bfloat16 */

enum { ROWS = 128, FILL = DEPTH, TILE = SIDE * DEPTH, SUMS = SIDE * SIDE };
enum { ONE_FORM = 0, BY_TERMS = 0, LAST_APART = 0 }; /* as in vectors.h, as ROWS and FILL are */

/* Where 16 columns from j of row i begin in a first factor with k columns. */
static inline size_t in_first(unsigned i, unsigned j, unsigned k) {
    return (size_t)(i / SIDE * (k / DEPTH) + j / DEPTH) * TILE + i % SIDE * DEPTH + j % DEPTH;
}

/* Where 16 columns from j of the rows i and i + 1 begin in a second factor with k rows. */
static inline size_t in_second(unsigned i, unsigned j, unsigned k) {
    return (size_t)(j / SIDE * (k / DEPTH) + i / DEPTH) * TILE + i % DEPTH / 2 * 2 * SIDE;
}

/* Numbers of a factor. */
static inline size_t room_of(size_t rows, size_t columns) { return rows * columns; }

static inline sums in_tiles(float *at, int columns) { return (sums){at, SIDE, (size_t)columns / SIDE * SUMS, SUMS}; }

static void configure_tiles(void) {
    /* Static, since _tile_loadconfig tells the compiler of its first words only, and the others would not be stored. */
    static const struct { uint8_t palette, start, none[14]; uint16_t bytes[16]; uint8_t rows[16]; } tiles = {
        .palette = 1,
        .bytes = {64, 64, 64, 64, 64, 64, 64, 64},
        .rows = {SIDE, SIDE, SIDE, SIDE, SIDE, SIDE, SIDE, SIDE},
    };
    _tile_loadconfig(&tiles);
}

static void release_tiles(void) { _tile_release(); }

/* c [m, n] (+)= a [m, k] times b [k, n], all of them filled up, of the first `down` rows and the first `over` of what it
 * sums over, which are filled up, too. */
static void multiply(const factor *a, const factor *b, sums c, int m, int n, int k, int down, int over, int add) {
    const size_t panel = (size_t)up_to(k, DEPTH) * SIDE, deep = (size_t)up_to(over, DEPTH) * SIDE, row = c.row * 4;
    const int below = up_to(down, SIDE) / SIDE, right = up_to(n, SIDE) / SIDE;
    for (int j = 0; j < right; j += 2) for (int i = 0; i < below; i += 2) {
        const int two_i = i + 1 < below, two_j = j + 1 < right;
        float *c00 = c.at + i * c.down + j * c.right, *c01 = c00 + c.right, *c10 = c00 + c.down, *c11 = c01 + c.down;
        const factor *a0 = a + i * panel, *a1 = a0 + panel, *b0 = b + j * panel, *b1 = b0 + panel;
        if (add) {
            _tile_loadd(0, c00, row);
            if (two_j) _tile_loadd(1, c01, row);
            if (two_i) _tile_loadd(2, c10, row);
            if (two_i && two_j) _tile_loadd(3, c11, row);
        } else { _tile_zero(0); _tile_zero(1); _tile_zero(2); _tile_zero(3); }
        if (two_i && two_j) for (size_t q = 0; q < deep; q += TILE) {
            _tile_loadd(4, a0 + q, 64); _tile_loadd(6, b0 + q, 64); _tile_dpbf16ps(0, 4, 6);
            _tile_loadd(7, b1 + q, 64); _tile_dpbf16ps(1, 4, 7);
            _tile_loadd(5, a1 + q, 64); _tile_dpbf16ps(2, 5, 6); _tile_dpbf16ps(3, 5, 7);
        } else for (size_t q = 0; q < deep; q += TILE) {
            _tile_loadd(4, a0 + q, 64); _tile_loadd(6, b0 + q, 64); _tile_dpbf16ps(0, 4, 6);
            if (two_j) { _tile_loadd(7, b1 + q, 64); _tile_dpbf16ps(1, 4, 7); }
            if (two_i) { _tile_loadd(5, a1 + q, 64); _tile_dpbf16ps(2, 5, 6); }
        }
        _tile_stored(0, c00, row);
        if (two_j) _tile_stored(1, c01, row);
        if (two_i) _tile_stored(2, c10, row);
        if (two_i && two_j) _tile_stored(3, c11, row);
    }
}

static inline __m256i narrow(lanes x) { return (__m256i)_mm512_cvtneps_pbh(x); }

/* Two rows of 16 floats at i and j of a first factor with k columns. */
static inline void as_first(factor *to, int i, int j, int k, lanes one, lanes two) {
    factor *at = to + in_first(i, j, k);
    _mm256_storeu_si256((__m256i *)at, narrow(one));
    _mm256_storeu_si256((__m256i *)(at + DEPTH), narrow(two));
}

/* The same, side by side in pairs, at i and j of a second factor with k rows. */
static inline void as_second(factor *to, int i, int j, int k, lanes one, lanes two) {
    __m512i high = _mm512_slli_epi32(_mm512_cvtepu16_epi32(narrow(two)), 16);
    _mm512_storeu_si512(to + in_second(i, j, k), _mm512_or_si512(_mm512_cvtepu16_epi32(narrow(one)), high));
}

/* Both, of a block of pairs; `second` may be null. */
static inline void as_factors(factor *first, factor *second, int i, int j, int k, lanes one, lanes two) {
    as_first(first, i, j, k, one, two);
    if (second) as_second(second, i, j, ROWS, one, two);
}

/* x where the number at i and j of a block of pairs, a first factor with k columns, is not 0, as a rectified one is
 * where it is above, and 0 elsewhere. */
static inline lanes where_above_0(const factor *first, int i, int j, int k, lanes x) {
    const __m256i *at = (const __m256i *)(first + in_first(i, j, k));
    return only(_mm256_cmpneq_epi16_mask(_mm256_loadu_si256(at), _mm256_setzero_si256()), x);
}

static inline void turn_tile(const factor *from, factor *to) {
    __m512i x[16];
    for (int i = 0; i < 16; i++) x[i] = _mm512_loadu_si512(from + i * DEPTH);
    turn_words(x);
    for (int i = 0; i < 16; i++) _mm512_storeu_si512(to + i * DEPTH, x[i]);
}

/* A second factor [k, n] as the first factor that is its transpose. */
static inline void turn_to_first(const factor *from, factor *to, int k, int n) {
    for (size_t at = 0; at < (size_t)k * up_to(n, SIDE); at += TILE) turn_tile(from + at, to + at);
}

/* SIDE rows from i of w, transposed: all k rows of the second factor, as far as w has columns. */
static void turn_to_second(matrix w, int i, factor *out, int k) {
    for (int j = 0; j < k; j += DEPTH) {
        factor tile[TILE];
        for (int r = 0; r < SIDE; r += 2) for (int c = 0; c < DEPTH; c += SIDE)
            as_first(tile, r, c, DEPTH, columns_of(w, i + r, j + c), columns_of(w, i + r + 1, j + c));
        turn_tile(tile, out + in_second(j, i, k));
    }
}

/* Functions of one number, of the C library: recorded runs have its bits. */

static inline float exponential_of(float x) { return expf(x); }

static inline float logarithm_of(float x) { return logf(x); }

static inline float logarithm_of_1_and(float x) { return log1pf(x); }
