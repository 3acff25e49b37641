/* Lanes in AVX2 with FMA. */
#include "lanes_x86.h"

enum { WIDTH = 8 };
typedef __m256 lanes;
typedef __m256 which;

static inline lanes load(const float *at) { return _mm256_loadu_ps(at); }
static inline void store(float *at, lanes x) { _mm256_storeu_ps(at, x); }
static inline lanes all(float x) { return _mm256_set1_ps(x); }
static inline lanes add(lanes x, lanes y) { return _mm256_add_ps(x, y); }
static inline lanes minus(lanes x, lanes y) { return _mm256_sub_ps(x, y); }
static inline lanes times(lanes x, lanes y) { return _mm256_mul_ps(x, y); }
static inline lanes divide(lanes x, lanes y) { return _mm256_div_ps(x, y); }
static inline lanes fma_of(lanes x, lanes y, lanes z) { return _mm256_fmadd_ps(x, y, z); }
static inline lanes larger(lanes x, lanes y) { return _mm256_max_ps(x, y); }
static inline lanes nearest(lanes x) { return _mm256_round_ps(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC); }
static inline lanes scale_by_2(lanes x, lanes n) {
    __m256i bits = _mm256_slli_epi32(_mm256_add_epi32(_mm256_cvtps_epi32(n), _mm256_set1_epi32(127)), 23);
    return _mm256_mul_ps(x, _mm256_castsi256_ps(bits));
}
static inline which above(lanes x, lanes y) { return _mm256_cmp_ps(x, y, _CMP_GT_OQ); }
static inline lanes only(which in, lanes x) { return _mm256_and_ps(in, x); }
static inline lanes choose(which in, lanes x, lanes y) { return _mm256_blendv_ps(y, x, in); }
static inline which mask_at(const int32_t *bits) { return _mm256_loadu_ps((const float *)bits); }
#define MASKS
static inline float sum_of_16(const lanes *x) { return sum_of_8(add(x[0], x[1])); }
static inline float largest_of_16(const lanes *x) { return largest_of_8(larger(x[0], x[1])); }

static inline void transpose(lanes *x) {
    __m256 y[8];
    for (int i = 0; i < 8; i += 2) {
        y[i] = _mm256_unpacklo_ps(x[i], x[i + 1]);
        y[i + 1] = _mm256_unpackhi_ps(x[i], x[i + 1]);
    }
    for (int i = 0; i < 8; i += 4) for (int j = 0; j < 2; j++) {
        x[i + 2 * j] = _mm256_shuffle_ps(y[i + j], y[i + j + 2], 0x44);
        x[i + 2 * j + 1] = _mm256_shuffle_ps(y[i + j], y[i + j + 2], 0xee);
    }
    for (int j = 0; j < 4; j++) {
        y[j] = _mm256_permute2f128_ps(x[j], x[j + 4], 0x20);
        y[j + 4] = _mm256_permute2f128_ps(x[j], x[j + 4], 0x31);
    }
    for (int i = 0; i < 8; i++) x[i] = y[i];
}
