/* Matrix products in the tile registers of AMX: bfloat16 in, sums in float32.
 *
 * The first factor [m, k] stands in tiles of 16 rows by 32 columns; the second [k, n] in tiles of 32 rows by 16
 * columns, its rows in pairs, as the registers want them. Tiles that follow one another along k lie side by side:
 * every tile is 1 KiB in one piece, and none shares its places in the cache with the next. The tile of a matrix as
 * second factor, turned as 16 by 16 words, is the tile of its transpose as first factor, and the other way round.
 */
#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>

typedef uint16_t half; /* a bfloat16 */

enum { SIDE = 16, DEPTH = 32, TILE = SIDE * DEPTH, SUMS = SIDE * SIDE };

static int up_to(int n, int m) { return (n + m - 1) / m * m; }

/* Where 16 columns from j of row i begin in a first factor with k columns. */
static inline size_t in_first(int i, int j, int k) {
    return (size_t)(i / SIDE * (k / DEPTH) + j / DEPTH) * TILE + i % SIDE * DEPTH + j % DEPTH;
}

/* Where 16 columns from j of the rows i and i + 1 begin in a second factor with k rows. */
static inline size_t in_second(int i, int j, int k) {
    return (size_t)(j / SIDE * (k / DEPTH) + i / DEPTH) * TILE + i % DEPTH / 2 * 2 * SIDE;
}

static void configure_tiles(void) {
    struct { uint8_t palette, start, none[14]; uint16_t bytes[16]; uint8_t rows[16]; } tiles = {.palette = 1};
    for (int i = 0; i < 8; i++) tiles.bytes[i] = 64, tiles.rows[i] = SIDE;
    _tile_loadconfig(&tiles);
}

/* Where the sums of a product go: floats, the rows of a tile `row` apart, tiles `down` and `right` apart. */
typedef struct { float *at; size_t row, down, right; } sums;

static sums in_rows(float *at, int columns) { return (sums){at, columns, (size_t)SIDE * columns, SIDE}; }

static sums in_tiles(float *at, int columns) { return (sums){at, SIDE, (size_t)columns / SIDE * SUMS, SUMS}; }

/* c [m, n] (+)= a [m, k] times b [k, n]; m and n are multiples of 16, k of 32. */
static void multiply(const half *a, const half *b, sums c, int m, int n, int k, int add) {
    const size_t panel = (size_t)k * SIDE, row = c.row * 4;
    for (int j = 0; j < n / SIDE; j += 2) for (int i = 0; i < m / SIDE; i += 2) {
        const int two_i = i + 1 < m / SIDE, two_j = j + 1 < n / SIDE;
        float *c00 = c.at + i * c.down + j * c.right, *c01 = c00 + c.right, *c10 = c00 + c.down, *c11 = c01 + c.down;
        const half *a0 = a + i * panel, *a1 = a0 + panel, *b0 = b + j * panel, *b1 = b0 + panel;
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
static inline void put(__m512 one, __m512 two, half *first, half *second) {
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

/* The transpose of 16 by 16 words. */
static inline void turn_words(__m512i *x) {
    __m512i y[16];
    for (int i = 0; i < 16; i += 2) {
        y[i] = _mm512_unpacklo_epi32(x[i], x[i + 1]);
        y[i + 1] = _mm512_unpackhi_epi32(x[i], x[i + 1]);
    }
    for (int i = 0; i < 16; i += 4) for (int j = 0; j < 2; j++) {
        x[i + 2 * j] = _mm512_unpacklo_epi64(y[i + j], y[i + j + 2]);
        x[i + 2 * j + 1] = _mm512_unpackhi_epi64(y[i + j], y[i + j + 2]);
    }
    for (int j = 0; j < 4; j++) for (int i = 0; i < 16; i += 8) {
        y[i + j] = _mm512_shuffle_i32x4(x[i + j], x[i + j + 4], 0x88);
        y[i + j + 4] = _mm512_shuffle_i32x4(x[i + j], x[i + j + 4], 0xdd);
    }
    for (int j = 0; j < 8; j++) {
        x[j] = _mm512_shuffle_i32x4(y[j], y[j + 8], 0x88);
        x[j + 8] = _mm512_shuffle_i32x4(y[j], y[j + 8], 0xdd);
    }
}

/* Tiles of a second factor as those of its transpose as a first factor, or the other way round. */
static void turn_tiles(const half *from, half *to, size_t halves) {
    for (size_t at = 0; at < halves; at += TILE) {
        __m512i x[16];
        for (int i = 0; i < 16; i++) x[i] = _mm512_loadu_si512(from + at + i * DEPTH);
        turn_words(x);
        for (int i = 0; i < 16; i++) _mm512_storeu_si512(to + at + i * DEPTH, x[i]);
    }
}

static inline __mmask16 inside(int j, int end) {
    return j + 16 <= end ? 0xffff : j < end ? (__mmask16)((1u << (end - j)) - 1) : 0;
}

/* A matrix of floats, its rows `stride` apart. */
typedef struct { const float *at; int rows, columns; size_t stride; } matrix;

/* 16 columns from j of row i, 0 where there are none. */
static inline __m512 columns_of(matrix w, int i, int j) {
    return _mm512_maskz_loadu_ps(i < w.rows ? inside(j, w.columns) : 0, w.at + i * w.stride + j);
}

/* w as a second factor with k rows and n columns, filled up with 0; a loop that threads share. */
static void pack(matrix w, half *out, int k, int n) {
    #pragma omp for schedule(static) nowait
    for (int j = 0; j < n; j += SIDE)
        for (int i = 0; i < k; i += 2) put(columns_of(w, i, j), columns_of(w, i + 1, j), NULL, out + in_second(i, j, k));
}

/* The transpose of w as a second factor with k rows and n columns; a loop that threads share. */
static void pack_turned(matrix w, half *out, int k, int n) {
    #pragma omp for schedule(static) nowait
    for (int i = 0; i < n; i += SIDE)
        for (int j = 0; j < k; j += DEPTH) {
            half tile[TILE];
            for (int r = 0; r < SIDE; r += 2) for (int c = 0; c < DEPTH; c += SIDE)
                put(columns_of(w, i + r, j + c), columns_of(w, i + r + 1, j + c), tile + r * DEPTH + c, NULL);
            turn_tiles(tile, out + in_second(j, i, k), TILE);
        }
}
