/* Lanes in AVX-512. */
#include "lanes_x86.h"

enum { WIDTH = 16 };
typedef __m512 lanes;
typedef __mmask16 which; /* of the lanes */

static inline lanes load(const float *at) { return _mm512_loadu_ps(at); }
static inline void store(float *at, lanes x) { _mm512_storeu_ps(at, x); }
static inline lanes all(float x) { return _mm512_set1_ps(x); }
static inline lanes add(lanes x, lanes y) { return _mm512_add_ps(x, y); }
static inline lanes minus(lanes x, lanes y) { return _mm512_sub_ps(x, y); }
static inline lanes times(lanes x, lanes y) { return _mm512_mul_ps(x, y); }
static inline lanes divide(lanes x, lanes y) { return _mm512_div_ps(x, y); }
static inline lanes fma_of(lanes x, lanes y, lanes z) { return _mm512_fmadd_ps(x, y, z); }
static inline lanes larger(lanes x, lanes y) { return _mm512_max_ps(x, y); }
static inline lanes nearest(lanes x) { return _mm512_roundscale_ps(x, 0); }
static inline lanes scale_by_2(lanes x, lanes n) { return _mm512_scalef_ps(x, n); }
static inline which first_lanes(int n) { return n >= 16 ? 0xffff : n > 0 ? (which)((1u << n) - 1) : 0; }
static inline which all_but(int lane) { return lane < 0 || lane > 15 ? 0xffff : (which)~(1u << lane); }
static inline which above(lanes x, lanes y) { return _mm512_cmp_ps_mask(x, y, _CMP_GT_OQ); }
static inline lanes only(which in, lanes x) { return _mm512_maskz_mov_ps(in, x); }
static inline lanes choose(which in, lanes x, lanes y) { return _mm512_mask_mov_ps(y, in, x); }
static inline lanes load_first(const float *at, int n) { return _mm512_maskz_loadu_ps(first_lanes(n), at); }
static inline void store_first(float *at, lanes x, int n) { _mm512_mask_storeu_ps(at, first_lanes(n), x); }

static inline __m256 upper(lanes x) { return _mm256_castpd_ps(_mm512_extractf64x4_pd(_mm512_castps_pd(x), 1)); }
static inline float sum_of_16(const lanes *x) { return sum_of_8(_mm256_add_ps(_mm512_castps512_ps256(*x), upper(*x))); }
static inline float largest_of_16(const lanes *x) { return largest_of_8(_mm256_max_ps(_mm512_castps512_ps256(*x), upper(*x))); }

/* The transpose of 16 by 16 words. */
static inline void turn_words(__m512i *x) {
    __m512i y[16];
    for (int i = 0; i < 16; i += 2) {
        y[i] = _mm512_unpacklo_epi32(x[i], x[i + 1]);
        y[i + 1] = _mm512_unpackhi_epi32(x[i], x[i + 1]);
    }
    for (int i = 0; i < 16; i += 4) for (int j = 0; j < 2; j++) {
        x[i + 2 * j] = _mm512_unpacklo_epi64(y[i + j], y[i + j + 2]);
        x[i + 2 * j + 1] = _mm512_unpackhi_epi64(y[i + j], y[i + j + 2]);
    }
    for (int j = 0; j < 4; j++) for (int i = 0; i < 16; i += 8) {
        y[i + j] = _mm512_shuffle_i32x4(x[i + j], x[i + j + 4], 0x88);
        y[i + j + 4] = _mm512_shuffle_i32x4(x[i + j], x[i + j + 4], 0xdd);
    }
    for (int j = 0; j < 8; j++) {
        x[j] = _mm512_shuffle_i32x4(y[j], y[j + 8], 0x88);
        x[j + 8] = _mm512_shuffle_i32x4(y[j], y[j + 8], 0xdd);
    }
}

static inline void transpose(lanes *x) {
    __m512i words[16];
    for (int i = 0; i < 16; i++) words[i] = _mm512_castps_si512(x[i]);
    turn_words(words);
    for (int i = 0; i < 16; i++) x[i] = _mm512_castsi512_ps(words[i]);
}
