/* A matrix product like those of a step, for matrices of a few hundred rows: out = x w, in bfloat16, summed in float32. */
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tiles.h"
#include "team.h"
#include "pack.h"

enum { ASK_FOR_FEATURE = 0x1023, TILE_DATA = 18 };

/* Whether the kernel lets this process use the tiles. */
int may_use_tiles(void) { return syscall(SYS_arch_prctl, ASK_FOR_FEATURE, TILE_DATA) == 0; }

/* The matrices as they lie: x is [m, k], or [k, m] where it is transposed; w is [k, n], or [n, k]; out is [m, n]. */
typedef struct {
    int64_t m, k, n, x_stride, x_transposed, w_stride, w_transposed;
    const float *x, *w;
    float *out;
} product;

/* x as a first factor with k columns, tile by tile. */
static void pack_first(matrix x, int transposed, factor *out, int m, int k) {
    for (int i = 0; i < m; i += SIDE) for (int j = 0; j < k; j += DEPTH) {
        factor *to = out + in_first(i, j, k), tile[TILE];
        if (transposed) {
            for (int r = 0; r < DEPTH; r += 2)
                as_second(tile, r, 0, DEPTH, columns_of(x, j + r, i), columns_of(x, j + r + 1, i));
            turn_tile(tile, to);
        } else for (int r = 0; r < SIDE; r += 2) for (int c = 0; c < DEPTH; c += SIDE)
            as_first(to, r, c, DEPTH, columns_of(x, i + r, j + c), columns_of(x, i + r + 1, j + c));
    }
}

/* Writes out; 0, or 1 where memory is lacking. One thread does it: another would take longer to wake. */
int take_product(const product *f) {
    const member only = {0, 1};
    const int m = up_to(f->m, SIDE), k = up_to(f->k, DEPTH), n = up_to(f->n, SIDE);
    const matrix x = {f->x, f->x_transposed ? f->k : f->m, f->x_transposed ? f->m : f->k, f->x_stride};
    const matrix w = {f->w, f->w_transposed ? f->n : f->k, f->w_transposed ? f->k : f->n, f->w_stride};
    void *memory = NULL;
    if (posix_memalign(&memory, 64, ((size_t)m + n) * k * sizeof(factor))) return 1;
    factor *first = memory, *second = first + (size_t)m * k;
    configure_tiles();
    pack_first(x, f->x_transposed, first, m, k);
    if (f->w_transposed) pack_transposed(only, w, second, k, n);
    else pack(only, w, second, k, n);
    for (int j = 0; j < n; j += 2 * SIDE) for (int i = 0; i < m; i += 2 * SIDE) {
        float block[4 * SUMS];
        const int rows = i + 2 * SIDE < m ? 2 * SIDE : m - i, columns = j + 2 * SIDE < n ? 2 * SIDE : n - j;
        const factor *left = first + in_first(i, 0, k), *right = second + in_second(0, j, k);
        multiply(left, right, in_rows(block, columns), rows, columns, k, rows, k, 0);
        for (int r = 0; r < rows && i + r < f->m; r++) for (int c = 0; c < columns; c += SIDE)
            store_first(f->out + (i + r) * f->n + j + c, load(block + r * columns + c), f->n - j - c);
    }
    release_tiles();
    free(memory);
    return 0;
}
