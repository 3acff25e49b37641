/* Matrix products in float32, in the vector registers of the processor.
 *
 * c[i, j] = Σ_q a[i, q] b[q, j], added one q after another, so that no size of registers changes its bits. A factor
 * [m, n], the first or the second, stands in panels of 16 columns, [n / 16, m + 1, 16]: what is one is the other, too.
 * The row that none of them needs keeps panels from beginning at the same places of the nearest cache.
 */
#include <math.h>
#include "exponential.h"
#include "layout.h"

typedef float factor;

enum { ONE_FORM = 1, BY_TERMS = 1, LAST_APART = 1, FILL = 2 };
/* Whether both factors lie alike; whether pairs add terms (terms.h); whether the last of 16 n + 1 classes is taken by
 * itself; and what the rows of a block that has fewer are filled up to multiples of. */

/* Lanes and rows of the sums that stay in registers, and rows where the lanes are 3. Measured where the processor is
 * named, and chosen by the number of registers elsewhere. */
#if defined(PORTABLE)
enum { WIDE = 2, TALL = 4, TALL_OF_3 = 4 };
#elif defined(__AVX512F__)
enum { WIDE = 2, TALL = 14, TALL_OF_3 = 8 }; /* Xeon with AVX-512; TALL_OF_3 by registers */
#elif defined(__AVX2__)
enum { WIDE = 2, TALL = 6, TALL_OF_3 = 4 }; /* the same, held to AVX2; EPYC without AVX-512 */
#elif defined(__ARM_NEON)
enum { WIDE = 4, TALL = 6, TALL_OF_3 = 6 };
#else
enum { WIDE = 2, TALL = 4, TALL_OF_3 = 4 };
#endif
enum { ROWS = 96, STRETCH = 128, WIDEST = WIDE < 3 ? 3 : WIDE };
/* ROWS: pairs of a block, a multiple of 6, so that few sums are left over. STRETCH of q: as much of a panel stays in the
 * nearest cache. WIDEST: lanes at most. A last one by itself goes with the two before it: so few sums would wait for one
 * another. */

/* Where WIDTH columns from j of row i begin in a factor with k rows. */
static inline size_t in_second(unsigned i, unsigned j, unsigned k) {
    return ((size_t)(j / SIDE) * (k + 1) + i) * SIDE + j % SIDE;
}

/* Floats of a factor. */
static inline size_t room_of(size_t rows, size_t columns) { return (rows + 1) * columns; }

static sums in_tiles(float *at, int columns) { return in_rows(at, columns); }

static void configure_tiles(void) {}
static void release_tiles(void) {}

/* `tall` rows by `wide` lanes of sums over `deep` q; panels of a lie `panel` apart, rows of c `row_c`. */
static inline __attribute__((always_inline)) void
multiply_some(const float *a, size_t panel, const float *const *b, float *c, size_t row_c, int deep, int more, const int tall, const int wide) {
    lanes sum[TALL][WIDEST];
    for (int i = 0; i < tall; i++) for (int j = 0; j < wide; j++) sum[i][j] = more ? load(c + i * row_c + j * WIDTH) : none();
    for (int q = 0; q < deep; a += panel) for (const int end = q + SIDE < deep ? q + SIDE : deep; q < end; q++) {
        lanes w[WIDEST];
        for (int j = 0; j < wide; j++) w[j] = load(b[j] + (size_t)q * SIDE);
        for (int i = 0; i < tall; i++) {
            lanes x = all(a[i * SIDE + q % SIDE]);
            for (int j = 0; j < wide; j++) sum[i][j] = fma_of(x, w[j], sum[i][j]);
        }
    }
    for (int i = 0; i < tall; i++) for (int j = 0; j < wide; j++) store(c + i * row_c + j * WIDTH, sum[i][j]);
}

/* The same down m rows, an even number, at most `most` at a time; what is left for two sums, but not for two whole ones,
 * is halved. */
static inline __attribute__((always_inline)) void
multiply_down(const float *a, size_t panel, const float *const *b, float *c, size_t row_c, int m, int deep, int more, const int most, const int wide) {
    for (int tall; m > 0; m -= tall, a += tall * SIDE, c += tall * row_c) {
        tall = m <= most ? m : m < 2 * most ? up_to(m / 2, 2) : most;
        switch (tall) {
            #define DOWN(rows) case rows: multiply_some(a, panel, b, c, row_c, deep, more, rows < most ? rows : most, wide); break;
            DOWN(2) DOWN(4) DOWN(6) DOWN(8) DOWN(10) DOWN(12) DOWN(14)
            #undef DOWN
        }
    }
}

/* c [m, n] (+)= a [m, k] times b [k, n], of the first `down` rows and the first `over` of what it sums over; factors lie
 * as those of k filled up, and hold rows and columns to fill up m and n. */
static void multiply(const factor *a, const factor *b, sums c, int m, int n, int k, int down, int over, int add) {
    const int row = up_to(k, DEPTH), columns = up_to(n, WIDTH) / WIDTH, even = up_to(down, 2);
    const size_t panel = in_second(0, SIDE, up_to(m, SIDE));
    for (int q = 0; q < over; q += STRETCH) {
        const int deep = over - q < STRETCH ? over - q : STRETCH, more = add || q;
        const float *first = a + q / SIDE * panel;
        for (int j = 0, wide; j < columns; j += wide) {
            const int left = columns - j;
            wide = left == WIDE + 1 ? 3 : left < WIDE ? left : WIDE;
            const float *panels[WIDEST];
            for (int y = 0; y < wide; y++) panels[y] = b + in_second(q, (j + y) * WIDTH, row);
            float *to = c.at + (size_t)j * WIDTH;
            if (wide == WIDE) multiply_down(first, panel, panels, to, c.row, even, deep, more, TALL, WIDE);
            else if (wide == 3) multiply_down(first, panel, panels, to, c.row, even, deep, more, TALL_OF_3, 3);
            else if (wide == 2) multiply_down(first, panel, panels, to, c.row, even, deep, more, TALL, 2);
            else multiply_down(first, panel, panels, to, c.row, even, deep, more, TALL, 1);
        }
    }
}

/* Two rows of WIDTH floats at i and j of a factor with k rows. */
static inline void as_second(factor *to, int i, int j, int k, lanes one, lanes two) {
    store(to + in_second(i, j, k), one);
    store(to + in_second(i + 1, j, k), two);
}

/* The same of a block of pairs. */
static inline void as_factors(factor *first, factor *second, int i, int j, int k, lanes one, lanes two) {
    as_second(first, i, j, ROWS, one, two);
}

/* x where the number at i and j of a block of pairs is above 0, and 0 elsewhere. */
static inline lanes where_above_0(const factor *from, int i, int j, int k, lanes x) {
    return only(above(load(from + in_second(i, j, ROWS)), none()), x);
}

/* A second factor [k, n], its columns filled up, as the first factor that is its transpose. */
static void turn_to_first(const factor *from, factor *to, int k, int n) {
    const int rows = up_to(n, SIDE);
    for (int j = 0; j < up_to(n, WIDTH); j += WIDTH) for (int i = 0; i < k; i += WIDTH) {
        lanes x[WIDTH];
        for (int r = 0; r < WIDTH; r++) x[r] = load(from + in_second(i + r, j, k));
        transpose(x);
        for (int r = 0; r < WIDTH; r++) store(to + in_second(j + r, i, rows), x[r]);
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
