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
    int64_t m, k, n, x_stride, x_transposed, w_stride, w_transposed, threads;
    const float *x, *w;
    float *out;
} product;

/* What the members of a product share: it, and its factors filled up. */
typedef struct { const product *f; factor *first, *second; int m, k, n; } whole;

/* x as a first factor with k columns, tile by tile; the member's part of it. */
static void pack_first(member me, matrix x, int transposed, factor *out, int m, int k) {
    const int deep = k / DEPTH;
    for (range part = part_of(m / SIDE * deep, me); part.first < part.last; part.first++) {
        const int i = part.first / deep * SIDE, j = part.first % deep * DEPTH;
        factor *to = out + in_first(i, j, k), tile[TILE];
        if (transposed) {
            for (int r = 0; r < DEPTH; r += 2)
                as_second(tile, r, 0, DEPTH, columns_of(x, j + r, i), columns_of(x, j + r + 1, i));
            turn_tile(tile, to);
        } else for (int r = 0; r < SIDE; r += 2) for (int c = 0; c < DEPTH; c += SIDE)
            as_first(to, r, c, DEPTH, columns_of(x, i + r, j + c), columns_of(x, i + r + 1, j + c));
    }
}

static void begin(void *given, member me) {
    const whole *all_of = given;
    const product *f = all_of->f;
    const matrix x = {f->x, f->x_transposed ? f->k : f->m, f->x_transposed ? f->m : f->k, f->x_stride};
    const matrix w = {f->w, f->w_transposed ? f->n : f->k, f->w_transposed ? f->k : f->n, f->w_stride};
    pack_first(me, x, f->x_transposed, all_of->first, all_of->m, all_of->k);
    if (f->w_transposed) pack_transposed(me, w, all_of->second, all_of->k, all_of->n);
    else pack(me, w, all_of->second, all_of->k, all_of->n);
}

/* The member's blocks of 32 by 32 of the product. */
static void go_through(void *given, member me) {
    const whole *all_of = given;
    const product *f = all_of->f;
    const int m = all_of->m, k = all_of->k, n = all_of->n, down = up_to(m, 2 * SIDE) / (2 * SIDE);
    configure_tiles();
    for (range part = part_of(down * (up_to(n, 2 * SIDE) / (2 * SIDE)), me); part.first < part.last; part.first++) {
        const int i = part.first % down * 2 * SIDE, j = part.first / down * 2 * SIDE;
        const int rows = i + 2 * SIDE < m ? 2 * SIDE : m - i, columns = j + 2 * SIDE < n ? 2 * SIDE : n - j;
        float block[4 * SUMS];
        const factor *first = all_of->first + in_first(i, 0, k), *second = all_of->second + in_second(0, j, k);
        multiply(first, second, in_rows(block, columns), rows, columns, k, 0);
        for (int r = 0; r < rows && i + r < f->m; r++) for (int c = 0; c < columns; c += SIDE)
            store_first(f->out + (i + r) * f->n + j + c, load(block + r * columns + c), f->n - j - c);
    }
    release_tiles();
}

/* Writes out; 0, or 1 where memory is lacking. */
int take_product(const product *f) {
    whole given = {.f = f, .m = up_to(f->m, SIDE), .k = up_to(f->k, DEPTH), .n = up_to(f->n, SIDE)};
    void *memory = NULL;
    if (posix_memalign(&memory, 64, ((size_t)given.m + given.n) * given.k * sizeof(factor))) return 1;
    given.first = memory, given.second = given.first + (size_t)given.m * given.k;
    share_out((work *[]){begin, go_through}, 2, &given, f->threads);
    free(memory);
    return 0;
}
