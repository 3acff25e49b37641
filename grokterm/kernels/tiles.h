/* Matrix products in the tile registers of AMX: bfloat16 in, sums in float32.
 *
 * The second factor [k, n] stands in tiles of 32 rows by 16 columns, its rows in pairs, as the registers want them.
 * The tile of a matrix as second factor, turned as 16 by 16 words, is the tile of its transpose as first factor, and
 * the other way round.
 */
#include "layout.h"

typedef uint16_t factor; /* a bfloat16 */

/* Where 16 columns from j of the rows i and i + 1 begin in a second factor with k rows. */
static inline size_t in_second(int i, int j, int k) {
    return (size_t)(j / SIDE * (k / DEPTH) + i / DEPTH) * TILE + i % DEPTH / 2 * 2 * SIDE;
}

static void configure_tiles(void) {
    struct { uint8_t palette, start, none[14]; uint16_t bytes[16]; uint8_t rows[16]; } tiles = {.palette = 1};
    for (int i = 0; i < 8; i++) tiles.bytes[i] = 64, tiles.rows[i] = SIDE;
    _tile_loadconfig(&tiles);
}

static void release_tiles(void) { _tile_release(); }

/* c [m, n] (+)= a [m, k] times b [k, n]; m and n are multiples of 16, k of 32. */
static void multiply(const factor *a, const factor *b, sums c, int m, int n, int k, int add) {
    const size_t panel = (size_t)k * SIDE, row = c.row * 4;
    for (int j = 0; j < n / SIDE; j += 2) for (int i = 0; i < m / SIDE; i += 2) {
        const int two_i = i + 1 < m / SIDE, two_j = j + 1 < n / SIDE;
        float *c00 = c.at + i * c.down + j * c.right, *c01 = c00 + c.right, *c10 = c00 + c.down, *c11 = c01 + c.down;
        const factor *a0 = a + i * panel, *a1 = a0 + panel, *b0 = b + j * panel, *b1 = b0 + panel;
        if (add) {
            _tile_loadd(0, c00, row);
            if (two_j) _tile_loadd(1, c01, row);
            if (two_i) _tile_loadd(2, c10, row);
            if (two_i && two_j) _tile_loadd(3, c11, row);
        } else { _tile_zero(0); _tile_zero(1); _tile_zero(2); _tile_zero(3); }
        if (two_i && two_j) for (size_t q = 0; q < panel; q += TILE) {
            _tile_loadd(4, a0 + q, 64); _tile_loadd(6, b0 + q, 64); _tile_dpbf16ps(0, 4, 6);
            _tile_loadd(7, b1 + q, 64); _tile_dpbf16ps(1, 4, 7);
            _tile_loadd(5, a1 + q, 64); _tile_dpbf16ps(2, 5, 6); _tile_dpbf16ps(3, 5, 7);
        } else for (size_t q = 0; q < panel; q += TILE) {
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

/* Two rows of 16 floats in bfloat16: each at its place in a first factor, side by side in pairs in a second. */
static inline void put(__m512 one, __m512 two, factor *first, factor *second) {
    __m256i a = (__m256i)_mm512_cvtneps_pbh(one), b = (__m256i)_mm512_cvtneps_pbh(two);
    if (first) {
        _mm256_storeu_si256((__m256i *)first, a);
        _mm256_storeu_si256((__m256i *)(first + DEPTH), b);
    }
    if (second) {
        __m512i high = _mm512_slli_epi32(_mm512_cvtepu16_epi32(b), 16);
        _mm512_storeu_si512(second, _mm512_or_si512(_mm512_cvtepu16_epi32(a), high));
    }
}

/* Which of 16 numbers are not 0. */
static inline __mmask16 not_0(const factor *x) {
    return _mm256_cmpneq_epi16_mask(_mm256_loadu_si256((const __m256i *)x), _mm256_setzero_si256());
}

/* Tiles of a second factor as those of its transpose as a first factor, or the other way round. */
static void to_first(const factor *from, factor *to, size_t halves) {
    for (size_t at = 0; at < halves; at += TILE) {
        __m512i x[16];
        for (int i = 0; i < 16; i++) x[i] = _mm512_loadu_si512(from + at + i * DEPTH);
        turn_words(x);
        for (int i = 0; i < 16; i++) _mm512_storeu_si512(to + at + i * DEPTH, x[i]);
    }
}

static void to_second(const factor *from, factor *to, size_t halves) { to_first(from, to, halves); }
