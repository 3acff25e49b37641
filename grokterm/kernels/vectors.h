/* Matrix products in float32, in the vector registers of the processor.
 *
 * c[i, j] = Σ_q a[i, q] b[q, j], added one q after another, so that no size of registers changes its bits. A first
 * factor [m, k] stands in rows; a second factor [k, n] in panels of 16 columns.
 */
#include <math.h>
#include "exponential.h"
#include "layout.h"

typedef float factor;

/* Rows and lanes of the sums that stay in registers; measured where the processor is named, chosen by the number of
 * registers elsewhere. */
#if defined(PORTABLE)
enum { TALL = 4, WIDE = 2 };
#elif defined(__AVX512F__)
enum { TALL = 14, WIDE = 2 }; /* Xeon with AVX-512 */
#elif defined(__AVX2__)
enum { TALL = 6, WIDE = 2 }; /* the same, held to AVX2 */
#elif defined(__ARM_NEON)
enum { TALL = 6, WIDE = 4 };
#else
enum { TALL = 4, WIDE = 2 };
#endif
enum { STRETCH = 128 }; /* of q: as much of a panel stays in the nearest cache */

static inline size_t in_first(unsigned i, unsigned j, unsigned k) { return (size_t)i * k + j; }

static inline size_t in_second(unsigned i, unsigned j, unsigned k) { return ((size_t)(j / SIDE) * k + i) * SIDE + j % SIDE; }

static sums in_tiles(float *at, int columns) { return in_rows(at, columns); }

static void configure_tiles(void) {}
static void release_tiles(void) {}

/* `tall` rows by `wide` lanes of sums over `deep` q; rows of a are `row_a` apart, those of c `row_c`. */
static inline __attribute__((always_inline)) void
multiply_some(const float *a, size_t row_a, const float *const *b, float *c, size_t row_c, int deep, int more, const int tall, const int wide) {
    lanes sum[TALL][WIDE];
    for (int i = 0; i < tall; i++) for (int j = 0; j < wide; j++) sum[i][j] = more ? load(c + i * row_c + j * WIDTH) : none();
    for (int q = 0; q < deep; q++) {
        lanes w[WIDE];
        for (int j = 0; j < wide; j++) w[j] = load(b[j] + (size_t)q * SIDE);
        for (int i = 0; i < tall; i++) {
            lanes x = all(a[i * row_a + q]);
            for (int j = 0; j < wide; j++) sum[i][j] = fma_of(x, w[j], sum[i][j]);
        }
    }
    for (int i = 0; i < tall; i++) for (int j = 0; j < wide; j++) store(c + i * row_c + j * WIDTH, sum[i][j]);
}

/* The same down m rows, an even number; what is left for two sums, but not for two whole ones, is halved. */
static inline __attribute__((always_inline)) void
multiply_down(const float *a, size_t row_a, const float *const *b, float *c, size_t row_c, int m, int deep, int more, const int wide) {
    for (int tall; m > 0; m -= tall, a += tall * row_a, c += tall * row_c) {
        tall = m <= TALL ? m : m < TALL + 6 ? up_to(m / 2, 2) : TALL;
        switch (tall) {
            #define DOWN(rows) case rows: multiply_some(a, row_a, b, c, row_c, deep, more, rows < TALL ? rows : TALL, wide); break;
            DOWN(2) DOWN(4) DOWN(6) DOWN(8) DOWN(10) DOWN(12) DOWN(14)
            #undef DOWN
        }
    }
}

/* c [m, n] (+)= a [m, k] times b [k, n]; factors lie as those of k filled up, and hold rows and columns to fill up m
 * and n. */
static void multiply(const factor *a, const factor *b, sums c, int m, int n, int k, int add) {
    const int row = up_to(k, DEPTH), columns = up_to(n, WIDTH) / WIDTH;
    for (int q = 0; q < k; q += STRETCH) {
        const int deep = k - q < STRETCH ? k - q : STRETCH, more = add || q;
        for (int j = 0, wide; j < columns; j += wide) {
            const int left = columns - j;
            wide = left == WIDE + 1 && WIDE > 2 ? WIDE - 1 : left < WIDE ? left : WIDE;
            const float *panels[WIDE];
            for (int y = 0; y < wide; y++) panels[y] = b + in_second(q, (j + y) * WIDTH, row);
            float *to = c.at + (size_t)j * WIDTH;
            const int even = up_to(m, 2);
            if (wide == WIDE) multiply_down(a + q, row, panels, to, c.row, even, deep, more, WIDE);
            else if (wide == 3) multiply_down(a + q, row, panels, to, c.row, even, deep, more, WIDE < 3 ? WIDE : 3);
            else if (wide == 2) multiply_down(a + q, row, panels, to, c.row, even, deep, more, 2);
            else multiply_down(a + q, row, panels, to, c.row, even, deep, more, 1);
        }
    }
}

/* Two rows of WIDTH floats at i and j of a first factor with k columns. */
static inline void as_first(factor *to, int i, int j, int k, lanes one, lanes two) {
    store(to + in_first(i, j, k), one);
    store(to + in_first(i + 1, j, k), two);
}

/* The same at i and j of a second factor with k rows. */
static inline void as_second(factor *to, int i, int j, int k, lanes one, lanes two) {
    store(to + in_second(i, j, k), one);
    store(to + in_second(i + 1, j, k), two);
}

/* x where the factor is above 0, and 0 elsewhere. */
static inline lanes where_above_0(const factor *at, lanes x) { return only(above(load(at), none()), x); }

/* A second factor [k, n], its columns filled up, as the first factor that is its transpose. */
static void turn_to_first(const factor *from, factor *to, int k, int n) {
    for (int j = 0; j < up_to(n, WIDTH); j += WIDTH) for (int i = 0; i < k; i += WIDTH) {
        lanes x[WIDTH];
        for (int r = 0; r < WIDTH; r++) x[r] = load(from + in_second(i + r, j, k));
        transpose(x);
        for (int r = 0; r < WIDTH; r++) store(to + in_first(j + r, i, k), x[r]);
    }
}

/* SIDE rows from i of w, transposed: all k rows of the second factor, as far as w has columns. */
static void turn_to_second(matrix w, int i, factor *out, int k) {
    for (int j = 0; j < k; j += WIDTH) for (int c = 0; c < SIDE; c += WIDTH) {
        lanes x[WIDTH];
        for (int r = 0; r < WIDTH; r++) x[r] = columns_of(w, i + c + r, j);
        transpose(x);
        for (int r = 0; r < WIDTH; r++) store(out + in_second(j + r, i + c, k), x[r]);
    }
}

/* Functions of one number, in the operations of the vectors alone: the same bits on every system. */

static inline float exponential_of(float x) {
    float e[WIDTH];
    store(e, exponential(all(x)));
    return e[0];
}

/* ln x = 2 artanh s for x = (1 + s) / (1 - s), less powers of 2; |s| <= .172 leaves an error below 1e-14. */
static double artanh_twice(double s) {
    const double z = s * s;
    double sum = 1.0 / 15;
    for (int n = 13; n > 0; n -= 2) sum = sum * z + 1.0 / n;
    return 2 * s * sum;
}

static double logarithm_of(double x) {
    int power;
    double m = frexp(x, &power);
    if (m < 0.70710678118654752) m *= 2, power--;
    return power * 0.69314718055994531 + artanh_twice((m - 1) / (m + 1));
}

static inline float logarithm_of_1_and(float x) { return x < 0.4f ? artanh_twice(x / (2.0 + x)) : logarithm_of(1.0 + x); }
