/* How fast this processor multiplies at best: the numbers never leave the registers.
 *
 * x_i <- x_i * a + b in float32 for CHAINS independent vectors x_i, so that no product waits for the one before it; and
 * C_ij <- C_ij + A_i B_j with tiles of bfloat16 in the registers of AMX, C [16, 16], A [16, 32], B [32, 16]. Each
 * function gives the number of floating-point operations that it has done, a product and its sum counted as two.
 */
#include "lanes.h"

enum { CHAINS = 12 };

/* `iterations` times a product and a sum in every lane of every chain. */
double measure_peak(int64_t iterations) {
    volatile float nearly_1 = 0.9999f, little = 1e-4f; /* read once, so that the compiler knows neither */
    const lanes a = all(nearly_1), b = all(little);
    lanes x[CHAINS], sum = none();
    for (int i = 0; i < CHAINS; i++) x[i] = all(little * i);
    for (int64_t n = 0; n < iterations; n++)
        for (int i = 0; i < CHAINS; i++) x[i] = fma_of(x[i], a, b);
    for (int i = 0; i < CHAINS; i++) sum = add(sum, x[i]);
    float end[WIDTH];
    store(end, sum);
    return end[0] == end[0] ? 2.0 * CHAINS * WIDTH * iterations : 0;
}

#if defined(__AMX_BF16__) && defined(__linux__)
#include <sys/syscall.h>
#include <unistd.h>

enum { ARCH_REQ_XCOMP_PERM = 0x1023, XFEATURE_XTILEDATA = 18 };

/* `iterations` times four products of tiles; 0 where the system does not lend this process the tile registers. */
double measure_tile_peak(int64_t iterations) {
    /* Static, since _tile_loadconfig tells the compiler of its first words only, and the others would not be stored. */
    static const struct { uint8_t palette, start, none[14]; uint16_t bytes[16]; uint8_t rows[16]; } tiles = {
        .palette = 1,
        .bytes = {64, 64, 64, 64, 64, 64, 64, 64},
        .rows = {16, 16, 16, 16, 16, 16, 16, 16},
    };
    if (syscall(SYS_arch_prctl, ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA)) return 0;
    _tile_loadconfig(&tiles);
    _tile_zero(0); _tile_zero(1); _tile_zero(2); _tile_zero(3);
    _tile_zero(4); _tile_zero(5); _tile_zero(6); _tile_zero(7);
    for (int64_t n = 0; n < iterations; n++) {
        _tile_dpbf16ps(0, 4, 6); _tile_dpbf16ps(1, 4, 7);
        _tile_dpbf16ps(2, 5, 6); _tile_dpbf16ps(3, 5, 7);
    }
    _tile_release();
    return 2.0 * 4 * 16 * 16 * 32 * iterations;
}
#endif
