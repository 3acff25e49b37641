/* Lanes in vector extensions of GCC and clang, 16 bytes wide, for processors that have none of the others. */

enum { WIDTH = 4 };
typedef float lanes __attribute__((vector_size(16)));
typedef int32_t which __attribute__((vector_size(16)));

static inline lanes load(const float *at) { lanes x; memcpy(&x, at, sizeof x); return x; }
static inline void store(float *at, lanes x) { memcpy(at, &x, sizeof x); }
static inline lanes all(float x) { return (lanes){x, x, x, x}; }
static inline lanes add(lanes x, lanes y) { return x + y; }
static inline lanes minus(lanes x, lanes y) { return x - y; }
static inline lanes times(lanes x, lanes y) { return x * y; }
static inline lanes divide(lanes x, lanes y) { return x / y; }
static inline lanes fma_of(lanes x, lanes y, lanes z) { return x * y + z; }
static inline which above(lanes x, lanes y) { return x > y; }
static inline lanes only(which in, lanes x) { return (lanes)(in & (which)x); }
static inline lanes choose(which in, lanes x, lanes y) { return (lanes)((in & (which)x) | (~in & (which)y)); }
static inline lanes larger(lanes x, lanes y) { return choose(above(x, y), x, y); }
static inline lanes nearest(lanes x) { return x + 12582912.0f - 12582912.0f; } /* for |x| < 2^22 */
static inline lanes scale_by_2(lanes x, lanes n) {
    which bits = {(int32_t)n[0] + 127, (int32_t)n[1] + 127, (int32_t)n[2] + 127, (int32_t)n[3] + 127};
    return x * (lanes)(bits << 23);
}
static inline which mask_at(const int32_t *bits) { which in; memcpy(&in, bits, sizeof in); return in; }
#define MASKS
static inline float sum_of_16(const lanes *x) {
    lanes four = add(add(x[0], x[2]), add(x[1], x[3]));
    return (four[0] + four[2]) + (four[1] + four[3]);
}
static inline float largest_of_16(const lanes *x) {
    lanes four = larger(larger(x[0], x[2]), larger(x[1], x[3]));
    for (int i = 1; i < 4; i++) four[0] = four[i] > four[0] ? four[i] : four[0];
    return four[0];
}

static inline void transpose(lanes *x) {
    lanes y[4];
    for (int i = 0; i < 4; i++) y[i] = (lanes){x[0][i], x[1][i], x[2][i], x[3][i]};
    memcpy(x, y, sizeof y);
}
