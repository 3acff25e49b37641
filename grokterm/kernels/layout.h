/* Matrices of floats as they lie, and where the sums of a product go. */
#include "lanes.h"

enum { SIDE = 16, DEPTH = 32 };
/* Factors of a product are filled up with 0 to multiples of these: SIDE along the rows and columns of the product,
 * DEPTH along what it sums over. */

static int up_to(int n, int m) { return (n + m - 1) / m * m; }

/* Where the sums of a product go: floats, the rows of 16 by 16 of them `row` apart, these `down` and `right` apart. */
typedef struct { float *at; size_t row, down, right; } sums;

static sums in_rows(float *at, int columns) { return (sums){at, columns, (size_t)SIDE * columns, SIDE}; }

/* Where row i, column j of the sums is, j being a multiple of WIDTH. */
static inline float *sum_at(sums c, int i, int j) {
    return c.at + i / SIDE * c.down + i % SIDE * c.row + j / SIDE * c.right + j % SIDE;
}

/* A matrix of floats, its rows `stride` apart. */
typedef struct { const float *at; int rows, columns; size_t stride; } matrix;

/* The columns from j of row i, 0 where there are none. */
static inline lanes columns_of(matrix w, int i, int j) {
    return i < w.rows ? load_first(w.at + i * w.stride + j, w.columns - j) : none();
}
