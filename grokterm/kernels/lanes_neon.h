/* Lanes in NEON, of 64-bit ARM. */
#include <arm_neon.h>
enum { WIDTH = 4 };
typedef float32x4_t lanes;
typedef uint32x4_t which;

static inline lanes load(const float *at) { return vld1q_f32(at); }
static inline void store(float *at, lanes x) { vst1q_f32(at, x); }
static inline lanes all(float x) { return vdupq_n_f32(x); }
static inline lanes add(lanes x, lanes y) { return vaddq_f32(x, y); }
static inline lanes minus(lanes x, lanes y) { return vsubq_f32(x, y); }
static inline lanes times(lanes x, lanes y) { return vmulq_f32(x, y); }
static inline lanes divide(lanes x, lanes y) { return vdivq_f32(x, y); }
static inline lanes fma_of(lanes x, lanes y, lanes z) { return vfmaq_f32(z, x, y); }
static inline which above(lanes x, lanes y) { return vcgtq_f32(x, y); }
static inline lanes choose(which in, lanes x, lanes y) { return vbslq_f32(in, x, y); }
static inline lanes larger(lanes x, lanes y) { return choose(above(x, y), x, y); } /* y where one is NaN, as on x86 */
static inline lanes nearest(lanes x) { return vrndnq_f32(x); }
static inline lanes scale_by_2(lanes x, lanes n) {
    int32x4_t bits = vshlq_n_s32(vaddq_s32(vcvtq_s32_f32(n), vdupq_n_s32(127)), 23);
    return vmulq_f32(x, vreinterpretq_f32_s32(bits));
}
static inline lanes only(which in, lanes x) { return vreinterpretq_f32_u32(vandq_u32(in, vreinterpretq_u32_f32(x))); }
static inline which mask_at(const int32_t *bits) { return vld1q_u32((const uint32_t *)bits); }
#define MASKS
static inline float sum_of_16(const lanes *x) {
    lanes four = add(add(x[0], x[2]), add(x[1], x[3]));
    float32x2_t two = vadd_f32(vget_low_f32(four), vget_high_f32(four));
    return vget_lane_f32(two, 0) + vget_lane_f32(two, 1);
}
static inline float largest_of_16(const lanes *x) {
    return vmaxvq_f32(larger(larger(x[0], x[2]), larger(x[1], x[3])));
}

static inline void transpose(lanes *x) {
    float32x4_t low = vtrn1q_f32(x[0], x[1]), high = vtrn2q_f32(x[0], x[1]);
    float32x4_t low2 = vtrn1q_f32(x[2], x[3]), high2 = vtrn2q_f32(x[2], x[3]);
    x[0] = vcombine_f32(vget_low_f32(low), vget_low_f32(low2));
    x[1] = vcombine_f32(vget_low_f32(high), vget_low_f32(high2));
    x[2] = vcombine_f32(vget_high_f32(low), vget_high_f32(low2));
    x[3] = vcombine_f32(vget_high_f32(high), vget_high_f32(high2));
}
