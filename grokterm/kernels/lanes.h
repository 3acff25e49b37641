/* Vectors of floats as wide as the processor's, and the operations that the kernels are written in.
 *
 * A product and a sum are one rounding where `fma_of` says so and two elsewhere (compile with -ffp-contract=off). Sums
 * of many numbers run over 16 lanes whatever the width, and then over those 8 apart, 4, 2 and 1 (`sum_of_16`). So
 * AVX-512, AVX2 and NEON give the same bits; plain C has no fma and gives others. Where one of x and y is NaN,
 * `larger(x, y)` is y.
 */
#ifndef LANES_H
#define LANES_H
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if defined(PORTABLE)
#include "lanes_portable.h"
#elif defined(__AVX512F__)
#include "lanes_avx512.h"
#elif defined(__AVX2__) && defined(__FMA__)
#include "lanes_avx2.h"
#elif defined(__ARM_NEON) && defined(__aarch64__)
#include "lanes_neon.h"
#else
#define PORTABLE
#include "lanes_portable.h"
#endif

enum { PARTS = 16 / WIDTH };

#ifdef MASKS
/* A window of WIDTH cuts a mask from these: of the first lanes, and of all but one. */
static const int32_t FIRST[2 * WIDTH] = {[0 ... WIDTH - 1] = -1};
static const int32_t BUT[3 * WIDTH] = {[0 ... WIDTH - 1] = -1, [WIDTH + 1 ... 3 * WIDTH - 1] = -1};

static inline which first_lanes(int n) { return mask_at(FIRST + WIDTH - (n < 0 ? 0 : n > WIDTH ? WIDTH : n)); }
static inline which all_but(int lane) { return mask_at(BUT + (lane < 0 || lane >= WIDTH ? 2 * WIDTH : WIDTH - lane)); }

/* The first n numbers from `at`, 0 beyond them; what is not asked for is not touched. */
static inline lanes load_first(const float *at, int n) {
    if (n >= WIDTH) return load(at);
    float some[WIDTH] = {0};
    for (int i = 0; i < n; i++) some[i] = at[i];
    return load(some);
}

static inline void store_first(float *at, lanes x, int n) {
    if (n >= WIDTH) {
        store(at, x);
        return;
    }
    float some[WIDTH];
    store(some, x);
    for (int i = 0; i < n; i++) at[i] = some[i];
}
#endif

static inline lanes none(void) { return all(0); }

static inline void add_to(float *sum, lanes x) { store(sum, add(load(sum), x)); }

static inline void add_product_to(float *sum, lanes x, lanes y) { store(sum, fma_of(x, y, load(sum))); }
#endif
