/* What a training step does once a pair, for one hidden layer of rectified units, in one pass over the pairs.
 *
 * A block of pairs stays in the cache from its rows to its gradients. Matrix products take bfloat16 and sum in
 * float32, in the tile registers of AMX; all else is float32. Every thread has its own pairs and its own sums,
 * added at the end in order, so the same number of threads gives the same bits.
 */
#include <immintrin.h>
#include <math.h>
#include <omp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

typedef uint16_t half; /* a bfloat16 */

enum { ROWS = 128, ASK_FOR_FEATURE = 0x1023, TILE_DATA = 18 };

/* Rows of a matrix that is the second factor of a product stand in pairs, [k / 2, n, 2], as the tiles want them. */

typedef struct {
    int64_t n, p, width, k;               /* pairs, classes, hidden units, features of x */
    const int32_t *a, *b, *labels;        /* [n] each */
    const float *of_a, *of_b;             /* [p, width] each: hidden = of_a[a] + of_b[b] */
    const float *x, *w_in, *b_in, *w_direct; /* or, where of_a is null: hidden = x w_in + b_in, logits += x w_direct */
    const float *w_out, *b_out;           /* [width, p] and [p] */
    float *d_of_a, *d_of_b;               /* gradients of the summed cross-entropy, as the above; */
    float *d_x, *d_w_in, *d_b_in, *d_w_direct; /* none is taken where d_w_out is null */
    float *d_w_out, *d_b_out;
    double loss;                          /* summed cross-entropy in nats */
    int64_t right;                        /* pairs whose class has the largest logit */
} step;

typedef struct { /* one thread's block of pairs, and its sums */
    half *h, *h_paired, *g, *g_turned, *x, *x_paired, *x_turned, *z;
    float *logits, *hidden;
    float *d_w_out, *d_b_out, *d_of_a, *d_of_b, *d_w_in, *d_b_in, *d_w_direct;
    double loss;
    int64_t right;
} room;

typedef struct { half *w_out, *w_out_turned, *w_in, *w_in_turned, *w_direct, *w_direct_turned; } weights;

static int up_to(int n, int m) { return (n + m - 1) / m * m; }

static half rounded(float x) {
    uint32_t bits;
    memcpy(&bits, &x, 4);
    return (half)((bits + 0x7fff + ((bits >> 16) & 1)) >> 16);
}

/* Whether the kernel lets this process use the tiles. */
int may_use_tiles(void) { return syscall(SYS_arch_prctl, ASK_FOR_FEATURE, TILE_DATA) == 0; }

static void configure_tiles(void) {
    struct { uint8_t palette, start, none[14]; uint16_t bytes[16]; uint8_t rows[16]; } tiles = {.palette = 1};
    for (int i = 0; i < 8; i++) tiles.bytes[i] = 64, tiles.rows[i] = 16;
    _tile_loadconfig(&tiles);
}

/* c [m, n] (+)= a [m, k] times b [k / 2, n, 2]; m and n are multiples of 16, k of 32. */
static void multiply(const half *a, int lda, const half *b, int ldb, float *c, int ldc, int m, int n, int k, int add) {
    for (int j = 0; j < n; j += 32) for (int i = 0; i < m; i += 32) {
        int two_i = i + 16 < m, two_j = j + 16 < n;
        float *c00 = c + (size_t)i * ldc + j, *c10 = c00 + (size_t)16 * ldc;
        if (add) {
            _tile_loadd(0, c00, ldc * 4);
            if (two_j) _tile_loadd(1, c00 + 16, ldc * 4);
            if (two_i) _tile_loadd(2, c10, ldc * 4);
            if (two_i && two_j) _tile_loadd(3, c10 + 16, ldc * 4);
        } else { _tile_zero(0); _tile_zero(1); _tile_zero(2); _tile_zero(3); }
        const half *pa = a + (size_t)i * lda, *pb = b + (size_t)j * 2;
        if (two_i && two_j) for (int q = 0; q < k; q += 32) {
            _tile_loadd(4, pa + q, lda * 2); _tile_loadd(6, pb + (size_t)(q / 2) * ldb * 2, ldb * 4);
            _tile_dpbf16ps(0, 4, 6);
            _tile_loadd(7, pb + (size_t)(q / 2) * ldb * 2 + 32, ldb * 4);
            _tile_dpbf16ps(1, 4, 7);
            _tile_loadd(5, pa + (size_t)16 * lda + q, lda * 2);
            _tile_dpbf16ps(2, 5, 6); _tile_dpbf16ps(3, 5, 7);
        } else for (int q = 0; q < k; q += 32) {
            _tile_loadd(4, pa + q, lda * 2); _tile_loadd(6, pb + (size_t)(q / 2) * ldb * 2, ldb * 4);
            _tile_dpbf16ps(0, 4, 6);
            if (two_j) { _tile_loadd(7, pb + (size_t)(q / 2) * ldb * 2 + 32, ldb * 4); _tile_dpbf16ps(1, 4, 7); }
            if (two_i) { _tile_loadd(5, pa + (size_t)16 * lda + q, lda * 2); _tile_dpbf16ps(2, 5, 6); }
        }
        _tile_stored(0, c00, ldc * 4);
        if (two_j) _tile_stored(1, c00 + 16, ldc * 4);
        if (two_i) _tile_stored(2, c10, ldc * 4);
        if (two_i && two_j) _tile_stored(3, c10 + 16, ldc * 4);
    }
}

/* w [rows, columns], or its transpose, in bfloat16 with its rows in pairs, filled up with zeros; called by all. */
static void pair_up(const float *w, int rows, int columns, int turned, half *out, int rows_up, int columns_up) {
    #pragma omp for schedule(static)
    for (int i = 0; i < rows_up / 2; i++)
        for (int j = 0; j < columns_up; j++)
            for (int s = 0; s < 2; s++) {
                int row = turned ? j : 2 * i + s, column = turned ? 2 * i + s : j;
                float value = row < rows && column < columns ? w[(size_t)row * columns + column] : 0;
                out[((size_t)i * columns_up + j) * 2 + s] = rounded(value);
            }
}

/* Two rows of 16 floats in bfloat16: apart, and side by side in pairs. */
static inline void put(__m512 first, __m512 second, half *row_1, half *row_2, half *paired) {
    __m256i one = (__m256i)_mm512_cvtneps_pbh(first), two = (__m256i)_mm512_cvtneps_pbh(second);
    if (row_1) _mm256_storeu_si256((__m256i *)row_1, one);
    if (row_2) _mm256_storeu_si256((__m256i *)row_2, two);
    __m512i high = _mm512_slli_epi32(_mm512_cvtepu16_epi32(two), 16);
    _mm512_storeu_si512(paired, _mm512_or_si512(_mm512_cvtepu16_epi32(one), high));
}

static void turn(const half *x, int rows, int columns, int stride, half *out) {
    for (int j = 0; j < columns; j++)
        for (int i = 0; i < rows; i++) out[(size_t)j * rows + i] = x[(size_t)i * stride + j];
}

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

static inline __mmask16 inside(int j, int p) { return j + 16 <= p ? 0xffff : (__mmask16)((1u << (p - j)) - 1); }

/* softmax - one-hot of one row of logits, in place; its loss, and whether `label` is the class of the largest. */
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
        __m512 e = _mm512_maskz_mov_ps(inside(j, p), exponential(x));
        total = _mm512_add_ps(total, e);
        _mm512_storeu_ps(l + j, e);
    }
    float sum = _mm512_reduce_add_ps(total);
    for (int j = 0; j < p; j += 16)
        _mm512_storeu_ps(l + j, _mm512_mul_ps(_mm512_loadu_ps(l + j), _mm512_set1_ps(1 / sum)));
    l[label] -= 1;
    *right += first == label;
    return logf(sum) - wanted;
}

/* The hidden rows of the pairs from `at`: rectified, in bfloat16, and in pairs. */
static void hidden_of_sums(const step *s, room *r, int at, int rows) {
    const int w = s->width;
    const __m512 zero = _mm512_setzero_ps();
    for (int i = 0; i < ROWS; i += 2) {
        int one = at + (i < rows ? i : 0), two = at + (i + 1 < rows ? i + 1 : 0);
        const float *a1 = s->of_a + (size_t)s->a[one] * w, *b1 = s->of_b + (size_t)s->b[one] * w;
        const float *a2 = s->of_a + (size_t)s->a[two] * w, *b2 = s->of_b + (size_t)s->b[two] * w;
        half *h = r->h + (size_t)i * w, *paired = r->h_paired + (size_t)i * w;
        for (int j = 0; j < w; j += 16) {
            __m512 z1 = _mm512_add_ps(_mm512_loadu_ps(a1 + j), _mm512_loadu_ps(b1 + j));
            __m512 z2 = _mm512_add_ps(_mm512_loadu_ps(a2 + j), _mm512_loadu_ps(b2 + j));
            put(_mm512_max_ps(z1, zero), _mm512_max_ps(z2, zero), h + j, h + w + j, paired + 2 * j);
        }
    }
}

static void hidden_of_product(const step *s, const weights *v, room *r, int at, int rows) {
    const int w = s->width, k = s->k;
    const __m512 zero = _mm512_setzero_ps();
    for (int i = 0; i < ROWS; i += 2) {
        const float *x = s->x + (size_t)(at + i) * k;
        for (int j = 0; j < k; j += 16) {
            __m512 one = i < rows ? _mm512_loadu_ps(x + j) : zero, two = i + 1 < rows ? _mm512_loadu_ps(x + k + j) : zero;
            half *row = r->x + (size_t)i * k + j;
            put(one, two, row, row + k, r->x_paired + (size_t)i * k + 2 * j);
        }
    }
    multiply(r->x, k, v->w_in, w, r->hidden, w, ROWS, w, k, 0);
    for (int i = 0; i < ROWS; i += 2) {
        const float *z = r->hidden + (size_t)i * w;
        half *h = r->h + (size_t)i * w, *paired = r->h_paired + (size_t)i * w;
        for (int j = 0; j < w; j += 16) {
            __m512 bias = _mm512_loadu_ps(s->b_in + j);
            __m512 z1 = _mm512_max_ps(_mm512_add_ps(_mm512_loadu_ps(z + j), bias), zero);
            __m512 z2 = _mm512_max_ps(_mm512_add_ps(_mm512_loadu_ps(z + w + j), bias), zero);
            put(z1, z2, h + j, h + w + j, paired + 2 * j);
        }
    }
}

/* The gradients by the hidden rows, where these are above 0. */
static inline __m512 passed(const room *r, size_t at) {
    __m256i h = _mm256_loadu_si256((const __m256i *)(r->h + at));
    return _mm512_maskz_loadu_ps(_mm256_cmpneq_epi16_mask(h, _mm256_setzero_si256()), r->hidden + at);
}

static inline void add_to(float *sum, __m512 x) { _mm512_storeu_ps(sum, _mm512_add_ps(_mm512_loadu_ps(sum), x)); }

static void back_to_sums(const step *s, room *r, int at, int rows) {
    const int w = s->width;
    for (int i = 0; i < rows; i++) {
        float *of_a = r->d_of_a + (size_t)s->a[at + i] * w, *of_b = r->d_of_b + (size_t)s->b[at + i] * w;
        for (int j = 0; j < w; j += 16) {
            __m512 d = passed(r, (size_t)i * w + j);
            add_to(of_a + j, d);
            add_to(of_b + j, d);
        }
    }
}

static void back_to_product(const step *s, const weights *v, room *r, int at, int rows, int p_up) {
    const int w = s->width, k = s->k;
    half *paired = r->h_paired; /* no longer needed for the hidden rows */
    for (int i = 0; i < ROWS; i += 2)
        for (int j = 0; j < w; j += 16) {
            size_t here = (size_t)i * w + j;
            __m512 one = passed(r, here), two = passed(r, here + w);
            put(one, two, r->z + here, r->z + here + w, paired + (size_t)i * w + 2 * j);
            add_to(r->d_b_in + j, _mm512_add_ps(one, two));
        }
    turn(r->x, ROWS, k, k, r->x_turned);
    multiply(r->x_turned, ROWS, paired, w, r->d_w_in, w, k, w, ROWS, 1);
    multiply(r->g_turned, ROWS, r->x_paired, k, r->d_w_direct, k, up_to(s->p, 16), k, ROWS, 1);
    multiply(r->z, w, v->w_in_turned, k, r->hidden, k, ROWS, k, w, 0);
    multiply(r->g, p_up, v->w_direct_turned, k, r->hidden, k, ROWS, k, p_up, 1);
    memcpy(s->d_x + (size_t)at * k, r->hidden, (size_t)rows * k * 4);
}

static void block(const step *s, const weights *v, room *r, int at, int rows, int p_up) {
    const int w = s->width, p = s->p, k = s->k, classes = up_to(p, 16);
    if (s->of_a) hidden_of_sums(s, r, at, rows);
    else hidden_of_product(s, v, r, at, rows);
    multiply(r->h, w, v->w_out, classes, r->logits, p_up, ROWS, classes, w, 0);
    if (!s->of_a) multiply(r->x, k, v->w_direct, classes, r->logits, p_up, ROWS, classes, k, 1);
    int right = 0;
    for (int i = 0; i < ROWS; i++) {
        float *l = r->logits + (size_t)i * p_up;
        if (i < rows) r->loss += error_of(l, s->b_out, p, s->labels[at + i], &right);
        else memset(l, 0, classes * 4);
        for (int j = 0; j < classes; j += 16) {
            __m512 error = _mm512_loadu_ps(l + j);
            add_to(r->d_b_out + j, error);
            _mm256_storeu_si256((__m256i *)(r->g + (size_t)i * p_up + j), (__m256i)_mm512_cvtneps_pbh(error));
        }
    }
    r->right += right;
    if (!s->d_w_out) return;
    turn(r->g, ROWS, classes, p_up, r->g_turned);
    multiply(r->g_turned, ROWS, r->h_paired, w, r->d_w_out, w, classes, w, ROWS, 1);
    multiply(r->g, p_up, v->w_out_turned, w, r->hidden, w, ROWS, w, p_up, 0);
    if (s->of_a) back_to_sums(s, r, at, rows);
    else back_to_product(s, v, r, at, rows, p_up);
}

/* `count` elements of `size` bytes, all 0, from a stretch of memory; only counted where that is null. */
static void *take(char **from, size_t count, size_t size) {
    char *taken = *from;
    *from += (count * size + 63) / 64 * 64;
    return taken;
}

static size_t lay_out(const step *s, int p_up, weights *v, room *rooms, int threads, char *base) {
    char *at = base;
    size_t w = s->width, k = s->of_a ? 0 : s->k, p = s->of_a ? s->p : 0, classes = up_to(s->p, 16);
    half **packed[] = {&v->w_out, &v->w_out_turned, &v->w_in, &v->w_in_turned, &v->w_direct, &v->w_direct_turned};
    size_t sizes[] = {w * classes, p_up * w, k * w, w * k, k * classes, p_up * k};
    for (int i = 0; i < 6; i++) *packed[i] = take(&at, sizes[i], 2);
    for (int t = 0; t < threads; t++) {
        room *r = rooms + t;
        half **halves[] = {&r->h, &r->h_paired, &r->g, &r->g_turned, &r->x, &r->x_paired, &r->x_turned, &r->z};
        size_t columns[] = {w, w, p_up, p_up, k, k, k, k ? w : 0};
        for (int i = 0; i < 8; i++) *halves[i] = take(&at, ROWS * columns[i], 2);
        r->logits = take(&at, (size_t)ROWS * p_up, 4);
        r->hidden = take(&at, ROWS * (w > k ? w : k), 4);
        float **sums[] = {&r->d_w_out, &r->d_b_out, &r->d_of_a, &r->d_of_b, &r->d_w_in, &r->d_b_in, &r->d_w_direct};
        size_t counts[] = {classes * w, classes, p * w, p * w, k * w, k ? w : 0, classes * k};
        for (int i = 0; i < 7; i++) *sums[i] = take(&at, counts[i], 4);
    }
    return at - base;
}

static float sum_of(const room *rooms, int threads, size_t sums, size_t i) {
    float sum = 0;
    for (int t = 0; t < threads; t++) sum += (*(float *const *)((const char *)(rooms + t) + sums))[i];
    return sum;
}

#define ADD_UP(to, sums, count) \
    _Pragma("omp for schedule(static) nowait") \
    for (long i = 0; i < (long)(count); i++) s->to[i] = sum_of(rooms, threads, offsetof(room, sums), i);
#define ADD_UP_TURNED(to, sums, rows, columns) \
    _Pragma("omp for schedule(static) nowait") \
    for (long j = 0; j < (long)(columns); j++) \
        for (long i = 0; i < (long)(rows); i++) \
            s->to[j * (rows) + i] = sum_of(rooms, threads, offsetof(room, sums), i * (columns) + j);

/* Loss, right answers and, unless d_w_out is null, gradients of all pairs; 0, or 1 where memory is lacking. */
int take_step(step *s) {
    const int threads = omp_get_max_threads(), w = s->width, p = s->p, k = s->k, n = s->n;
    const int p_up = up_to(p, 32), classes = up_to(p, 16);
    weights v;
    room *rooms = calloc(threads, sizeof *rooms);
    size_t size = lay_out(s, p_up, &v, rooms, threads, NULL);
    char *memory = aligned_alloc(64, size);
    if (!rooms || !memory) return free(rooms), free(memory), 1;
    lay_out(s, p_up, &v, rooms, threads, memory);
    #pragma omp parallel num_threads(threads)
    {
        const int t = omp_get_thread_num();
        room *r = rooms + t;
        char *end = t + 1 < threads ? (char *)rooms[t + 1].h : memory + size;
        memset(r->h, 0, end - (char *)r->h);
        configure_tiles();
        pair_up(s->w_out, w, p, 0, v.w_out, w, classes);
        if (s->d_w_out) pair_up(s->w_out, w, p, 1, v.w_out_turned, p_up, w);
        if (!s->of_a) {
            pair_up(s->w_in, k, w, 0, v.w_in, k, w);
            pair_up(s->w_direct, k, p, 0, v.w_direct, k, classes);
            if (s->d_w_out) {
                pair_up(s->w_in, k, w, 1, v.w_in_turned, w, k);
                pair_up(s->w_direct, k, p, 1, v.w_direct_turned, p_up, k);
            }
        }
        const int first = (int64_t)n * t / threads, last = (int64_t)n * (t + 1) / threads;
        for (int at = first; at < last; at += ROWS)
            block(s, &v, r, at, last - at < ROWS ? last - at : ROWS, p_up);
        _tile_release();
        #pragma omp barrier
        if (s->d_w_out) {
            ADD_UP_TURNED(d_w_out, d_w_out, p, w)
            ADD_UP(d_b_out, d_b_out, p)
            if (s->of_a) {
                ADD_UP(d_of_a, d_of_a, (size_t)p * w)
                ADD_UP(d_of_b, d_of_b, (size_t)p * w)
            } else {
                ADD_UP(d_w_in, d_w_in, (size_t)k * w)
                ADD_UP(d_b_in, d_b_in, w)
                ADD_UP_TURNED(d_w_direct, d_w_direct, p, k)
            }
        }
    }
    s->loss = 0, s->right = 0;
    for (int t = 0; t < threads; t++) s->loss += rooms[t].loss, s->right += rooms[t].right;
    free(memory);
    free(rooms);
    return 0;
}
