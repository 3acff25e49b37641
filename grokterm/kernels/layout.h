/* Where the numbers of a matrix stand as a factor of a product, and where the sums of one go.
 *
 * A first factor [m, k] stands in tiles of 16 rows by 32 columns; those that follow one another along k lie side by
 * side. Every tile is in one piece, so that none shares its places in the cache with the next.
 */
#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>

enum { SIDE = 16, DEPTH = 32, TILE = SIDE * DEPTH, SUMS = SIDE * SIDE };

static int up_to(int n, int m) { return (n + m - 1) / m * m; }

/* Where 16 columns from j of row i begin in a first factor with k columns. */
static inline size_t in_first(int i, int j, int k) {
    return (size_t)(i / SIDE * (k / DEPTH) + j / DEPTH) * TILE + i % SIDE * DEPTH + j % DEPTH;
}

/* Where the sums of a product go: floats, the rows of a tile `row` apart, tiles `down` and `right` apart. */
typedef struct { float *at; size_t row, down, right; } sums;

static sums in_rows(float *at, int columns) { return (sums){at, columns, (size_t)SIDE * columns, SIDE}; }

static sums in_tiles(float *at, int columns) { return (sums){at, SIDE, (size_t)columns / SIDE * SUMS, SUMS}; }

static inline __mmask16 inside(int j, int end) {
    return j + 16 <= end ? 0xffff : j < end ? (__mmask16)((1u << (end - j)) - 1) : 0;
}

/* A matrix of floats, its rows `stride` apart. */
typedef struct { const float *at; int rows, columns; size_t stride; } matrix;

/* 16 columns from j of row i, 0 where there are none. */
static inline __m512 columns_of(matrix w, int i, int j) {
    return _mm512_maskz_loadu_ps(i < w.rows ? inside(j, w.columns) : 0, w.at + i * w.stride + j);
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
