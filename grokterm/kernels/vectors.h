/* Matrix products in float32, in the vector registers of AVX-512: what tiles.h does, with nothing rounded.
 *
 * The second factor [k, n] stands in panels of 16 columns.
 */
#include "layout.h"

typedef float factor;

static inline size_t in_second(int i, int j, int k) { return ((size_t)(j / SIDE) * k + i) * SIDE; }

static void configure_tiles(void) {}
static void release_tiles(void) {}

/* 8 rows by `wide` panels of sums, which stay in registers. */
static inline __attribute__((always_inline)) void
multiply_some(const factor *a, const factor *b, float *c, size_t row, size_t right, int k, int add, const int wide) {
    __m512 sum[8][3];
    for (int i = 0; i < 8; i++) for (int j = 0; j < wide; j++)
        sum[i][j] = add ? _mm512_loadu_ps(c + i * row + j * right) : _mm512_setzero_ps();
    for (int q = 0; q < k; q += DEPTH, a += TILE)
        for (int r = 0; r < DEPTH; r++) {
            __m512 w[3];
            for (int j = 0; j < wide; j++) w[j] = _mm512_loadu_ps(b + ((size_t)j * k + q + r) * SIDE);
            for (int i = 0; i < 8; i++) {
                __m512 x = _mm512_set1_ps(a[i * DEPTH + r]);
                for (int j = 0; j < wide; j++) sum[i][j] = _mm512_fmadd_ps(x, w[j], sum[i][j]);
            }
        }
    for (int i = 0; i < 8; i++) for (int j = 0; j < wide; j++) _mm512_storeu_ps(c + i * row + j * right, sum[i][j]);
}

/* c [m, n] (+)= a [m, k] times b [k, n]; m and n are multiples of 16, k of 32. */
static void multiply(const factor *a, const factor *b, sums c, int m, int n, int k, int add) {
    for (int j = 0; j < n / SIDE;) {
        const int left = n / SIDE - j, wide = left >= 5 || left == 3 ? 3 : left == 1 ? 1 : 2;
        const factor *from = b + (size_t)j * k * SIDE;
        for (int i = 0; i < m; i += 8) {
            const factor *rows = a + (size_t)(i / SIDE) * k * SIDE + i % SIDE * DEPTH;
            float *to = c.at + i / SIDE * c.down + i % SIDE * c.row + j * c.right;
            if (wide == 3) multiply_some(rows, from, to, c.row, c.right, k, add, 3);
            else if (wide == 2) multiply_some(rows, from, to, c.row, c.right, k, add, 2);
            else multiply_some(rows, from, to, c.row, c.right, k, add, 1);
        }
        j += wide;
    }
}

static inline void put(__m512 one, __m512 two, factor *first, factor *second) {
    if (first) {
        _mm512_storeu_ps(first, one);
        _mm512_storeu_ps(first + DEPTH, two);
    }
    if (second) {
        _mm512_storeu_ps(second, one);
        _mm512_storeu_ps(second + SIDE, two);
    }
}

static inline __mmask16 not_0(const factor *x) {
    return _mm512_cmp_ps_mask(_mm512_loadu_ps(x), _mm512_setzero_ps(), _CMP_NEQ_UQ);
}

/* 32 rows of 16 as 16 rows of 32, in whole tiles, and back. */
static void to_first(const factor *from, factor *to, size_t halves) {
    for (size_t at = 0; at < halves; at += TILE) for (int i = 0; i < DEPTH; i += SIDE) {
        __m512i x[16];
        for (int r = 0; r < SIDE; r++) x[r] = _mm512_loadu_si512(from + at + (i + r) * SIDE);
        turn_words(x);
        for (int r = 0; r < SIDE; r++) _mm512_storeu_si512(to + at + r * DEPTH + i, x[r]);
    }
}

static void to_second(const factor *from, factor *to, size_t halves) {
    for (size_t at = 0; at < halves; at += TILE) for (int i = 0; i < DEPTH; i += SIDE) {
        __m512i x[16];
        for (int r = 0; r < SIDE; r++) x[r] = _mm512_loadu_si512(from + at + r * DEPTH + i);
        turn_words(x);
        for (int r = 0; r < SIDE; r++) _mm512_storeu_si512(to + at + (i + r) * SIDE, x[r]);
    }
}
