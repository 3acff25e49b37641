/* Softmax and cross-entropy of one row, in float32. */
#include <immintrin.h>
#include <math.h>

static inline void add_to(float *sum, __m512 x) { _mm512_storeu_ps(sum, _mm512_add_ps(_mm512_loadu_ps(sum), x)); }

/* e^x for x <= 0, to float rounding (Cephes' polynomial). */
static inline __m512 exponential(__m512 x) {
    x = _mm512_max_ps(x, _mm512_set1_ps(-87.0f));
    __m512 n = _mm512_roundscale_ps(_mm512_mul_ps(x, _mm512_set1_ps(1.44269504f)), 0);
    __m512 r = _mm512_fnmadd_ps(n, _mm512_set1_ps(0.693359375f), x);
    r = _mm512_fnmadd_ps(n, _mm512_set1_ps(-2.12194440e-4f), r);
    __m512 y = _mm512_set1_ps(1.9875691500e-4f);
    y = _mm512_fmadd_ps(y, r, _mm512_set1_ps(1.3981999507e-3f));
    y = _mm512_fmadd_ps(y, r, _mm512_set1_ps(8.3334519073e-3f));
    y = _mm512_fmadd_ps(y, r, _mm512_set1_ps(4.1665795894e-2f));
    y = _mm512_fmadd_ps(y, r, _mm512_set1_ps(1.6666665459e-1f));
    y = _mm512_fmadd_ps(y, r, _mm512_set1_ps(5.0000001201e-1f));
    y = _mm512_add_ps(_mm512_fmadd_ps(y, _mm512_mul_ps(r, r), r), _mm512_set1_ps(1.0f));
    return _mm512_scalef_ps(y, n);
}

/* softmax - one-hot of one row of logits, in place; its loss, and whether `label` is the class of the largest.
 * That of the label is minus the sum of the others: its softmax less 1 is lost to rounding (see lab/losses.py). */
static float error_of(float *l, const float *bias, int p, int label, int *right) {
    const __m512 lowest = _mm512_set1_ps(-INFINITY);
    __m512 top = lowest, total = _mm512_setzero_ps();
    for (int j = 0; j < p; j += 16) {
        __mmask16 in = inside(j, p);
        __m512 x = _mm512_mask_add_ps(lowest, in, _mm512_loadu_ps(l + j), _mm512_maskz_loadu_ps(in, bias + j));
        top = _mm512_max_ps(top, x);
        _mm512_storeu_ps(l + j, x);
    }
    float highest = _mm512_reduce_max_ps(top), wanted = l[label] - highest;
    int first = -1;
    for (int j = 0; j < p; j += 16) {
        __m512 x = _mm512_sub_ps(_mm512_loadu_ps(l + j), _mm512_set1_ps(highest));
        __mmask16 largest = _mm512_cmpeq_ps_mask(x, _mm512_setzero_ps());
        if (first < 0 && largest) first = j + __builtin_ctz(largest);
        __mmask16 of_label = label >= j && label - j < 16 ? 1 << (label - j) : 0;
        __m512 e = _mm512_maskz_mov_ps(inside(j, p) & ~of_label, exponential(x));
        total = _mm512_add_ps(total, e);
        _mm512_storeu_ps(l + j, e);
    }
    float others = _mm512_reduce_add_ps(total), sum = others + expf(wanted);
    for (int j = 0; j < p; j += 16)
        _mm512_storeu_ps(l + j, _mm512_mul_ps(_mm512_loadu_ps(l + j), _mm512_set1_ps(1 / sum)));
    l[label] = -others / sum;
    *right += first == label;
    return wanted == 0 ? log1pf(others) : logf(sum) - wanted;
}
