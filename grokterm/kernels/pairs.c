/* What a training step does once a pair, for one hidden layer of units that rectify or square, in one pass over the pairs.
 *
 * A block of pairs stays in the cache from its rows to its gradients. Matrix products take bfloat16, or
 * float32 with IN_FLOAT32, and sum in float32; all else is float32. Every thread has its own pairs and its own sums, added at the end in order, so the
 * same number of threads gives the same bits.
 */
#include <omp.h>
#include <stdlib.h>

#ifdef IN_FLOAT32
#include "vectors.h"
#define take_step take_step_in_float32
#else
#include "tiles.h"
#endif
#include "pack.h"
#include "softmax.h"
#include "step.h"
#include "attention.h"

/* 16 units of a row: max(z, 0), or z². */
static inline __m512 active(const step *s, __m512 z) {
    return s->squared ? _mm512_mul_ps(z, z) : _mm512_max_ps(z, _mm512_setzero_ps());
}

/* The hidden rows of the pairs from `at`. */
static void hidden_of_sums(const step *s, room *r, int at, int rows) {
    const int w = s->width, back = goes_back(s);
    for (int j = 0; j < w; j += PANEL) for (int i = 0; i < ROWS; i += 2) {
        int one = at + (i < rows ? i : 0), two = at + (i + 1 < rows ? i + 1 : 0);
        const float *a1 = s->of_a + (size_t)s->a[one] * w, *b1 = s->of_b + (size_t)s->b[one] * w;
        const float *a2 = s->of_a + (size_t)s->a[two] * w, *b2 = s->of_b + (size_t)s->b[two] * w;
        for (int c = j; c < j + PANEL; c += 16) {
            __m512 z1 = _mm512_add_ps(_mm512_loadu_ps(a1 + c), _mm512_loadu_ps(b1 + c));
            __m512 z2 = _mm512_add_ps(_mm512_loadu_ps(a2 + c), _mm512_loadu_ps(b2 + c));
            put(active(s, z1), active(s, z2),
                r->h + in_first(i, c, w), back ? r->h_second + in_second(i, c, ROWS) : NULL);
        }
    }
}

static void hidden_of_mix(const step *s, const weights *v, room *r) {
    const int w = s->width, k = s->k, back = goes_back(s);
    const __m512 zero = _mm512_setzero_ps();
    for (int j = 0; j < w; j += PANEL) {
        multiply(r->x, v->w_in + (size_t)j * k, in_rows(r->panel, PANEL), ROWS, PANEL, k, 0);
        for (int i = 0; i < ROWS; i += 2) for (int c = 0; c < PANEL; c += 16) {
            const float *z = r->panel + i * PANEL + c;
            __m512 bias = _mm512_loadu_ps(s->b_in + j + c);
            __m512 z1 = _mm512_max_ps(_mm512_add_ps(_mm512_loadu_ps(z), bias), zero);
            __m512 z2 = _mm512_max_ps(_mm512_add_ps(_mm512_loadu_ps(z + PANEL), bias), zero);
            put(z1, z2, r->h + in_first(i, j + c, w), back ? r->h_second + in_second(i, j + c, ROWS) : NULL);
        }
    }
}

/* The gradients by 16 hidden units from j + c of row i, where these are above 0. */
static inline __m512 passed(const room *r, int i, int j, int c, int w) {
    return _mm512_maskz_loadu_ps(not_0(r->h + in_first(i, j + c, w)), r->panel + i * PANEL + c);
}

/* Their gradients by the sum of rows: where a unit rectifies as far as it is above 0, and 2z times where it squares. */
static inline __m512 passed_by_sums(const step *s, const room *r, int at, int i, int j, int c) {
    if (!s->squared) return passed(r, i, j, c, s->width);
    const float *a = s->of_a + (size_t)s->a[at + i] * s->width + j + c, *b = s->of_b + (size_t)s->b[at + i] * s->width + j + c;
    __m512 z = _mm512_add_ps(_mm512_loadu_ps(a), _mm512_loadu_ps(b));
    return _mm512_mul_ps(_mm512_loadu_ps(r->panel + i * PANEL + c), _mm512_add_ps(z, z));
}

/* d_of_a and d_of_b of one panel, [p, PANEL] each. Pairs come sorted by a, so a's row is kept while it is the same. */
static void back_to_sums(const step *s, room *r, int at, int rows, int j) {
    float *of_a = r->d_of_a + (size_t)j * s->p, *of_b = r->d_of_b + (size_t)j * s->p;
    __m512 left = _mm512_setzero_ps(), right = left;
    for (int i = 0; i < rows; i++) {
        const int a = s->a[at + i], b = s->b[at + i];
        __m512 one = passed_by_sums(s, r, at, i, j, 0), two = passed_by_sums(s, r, at, i, j, 16);
        add_to(of_b + b * PANEL, one);
        add_to(of_b + b * PANEL + 16, two);
        left = _mm512_add_ps(left, one), right = _mm512_add_ps(right, two);
        if (i + 1 < rows && s->a[at + i + 1] == a) continue;
        add_to(of_a + a * PANEL, left);
        add_to(of_a + a * PANEL + 16, right);
        left = right = _mm512_setzero_ps();
    }
}

/* The gradients by w_in and b_in of one panel, and those by the hidden units for `back_to_mix`. */
static void back_to_weights(const step *s, room *r, int j) {
    const int w = s->width, k = s->k;
    factor *second = r->h_second; /* of this panel, no longer needed for the hidden rows */
    for (int c = 0; c < PANEL; c += 16) {
        __m512 bias = _mm512_setzero_ps();
        for (int i = 0; i < ROWS; i += 2) {
            __m512 one = passed(r, i, j, c, w), two = passed(r, i + 1, j, c, w);
            put(one, two, r->z + in_first(i, j + c, w), second + in_second(i, j + c, ROWS));
            bias = _mm512_add_ps(bias, _mm512_add_ps(one, two));
        }
        add_to(r->d_b_in + j + c, bias);
    }
    sums into = in_tiles(r->d_w_in, w);
    into.at += (size_t)j / SIDE * SUMS;
    multiply(r->x_turned, second + in_second(0, j, ROWS), into, k, PANEL, ROWS, 1);
}

static void back_to_mix(const step *s, const weights *v, room *r) {
    const int w = s->width, k = s->k;
    multiply(r->g_turned, r->x_second, in_tiles(r->d_w_direct, k), up_to(s->p, SIDE), k, ROWS, 1);
    multiply(r->z, v->w_in_turned, in_rows(r->d_x, k), ROWS, k, w, 0);
    multiply(r->g, v->w_direct_turned, in_rows(r->d_x, k), ROWS, k, up_to(s->p, DEPTH), 1);
}

/* Loss, right answers and the gradients by the logits, which are in r->logits without their bias. */
static void errors(const step *s, room *r, int at, int rows) {
    const int classes = up_to(s->p, SIDE), p_up = up_to(s->p, DEPTH);
    int right = 0;
    for (int i = 0; i < ROWS; i++) {
        float *l = r->logits + (size_t)i * classes;
        if (i < rows) r->loss += error_of(l, s->b_out, s->p, s->labels[at + i], &right);
        else memset(l, 0, classes * 4);
        if (i % 2 && goes_back(s)) for (int j = 0; j < classes; j += 16) {
            __m512 one = _mm512_loadu_ps(l - classes + j), two = _mm512_loadu_ps(l + j);
            add_to(r->d_b_out + j, _mm512_add_ps(one, two));
            put(one, two, r->g + in_first(i - 1, j, p_up), r->g_second + in_second(i - 1, j, ROWS));
        }
    }
    r->right += right;
}

/* The logits with their bias, as they are asked for. */
static void answers(const step *s, const room *r, int at, int rows) {
    const int p = s->p, classes = up_to(p, SIDE);
    for (int i = 0; i < rows; i++) for (int j = 0; j < p; j += 16) {
        __m512 bias = _mm512_maskz_loadu_ps(inside(j, p), s->b_out + j);
        __m512 x = _mm512_add_ps(_mm512_loadu_ps(r->logits + (size_t)i * classes + j), bias);
        _mm512_mask_storeu_ps(s->logits + (size_t)(at + i) * p + j, inside(j, p), x);
    }
}

static void block(const step *s, const weights *v, room *r, int at, int rows) {
    const int w = s->width, k = s->k, classes = up_to(s->p, SIDE), p_up = up_to(s->p, DEPTH);
    if (s->of_a) hidden_of_sums(s, r, at, rows);
    else {
        mix(s, v, r, at, rows);
        hidden_of_mix(s, v, r);
    }
    multiply(r->h, v->w_out, in_rows(r->logits, classes), ROWS, classes, w, 0);
    if (!s->of_a) multiply(r->x, v->w_direct, in_rows(r->logits, classes), ROWS, classes, k, 1);
    if (s->logits) {
        answers(s, r, at, rows);
        return;
    }
    errors(s, r, at, rows);
    if (!goes_back(s)) return;
    to_first(r->g_second, r->g_turned, (size_t)ROWS * classes);
    if (!s->of_a) to_first(r->x_second, r->x_turned, (size_t)ROWS * k);
    multiply(r->g_turned, r->h_second, in_tiles(r->d_w_out, w), classes, w, ROWS, 1);
    for (int j = 0; j < w; j += PANEL) {
        multiply(r->g, v->w_out_turned + (size_t)j * p_up, in_rows(r->panel, PANEL), ROWS, PANEL, p_up, 0);
        if (s->of_a) back_to_sums(s, r, at, rows, j);
        else back_to_weights(s, r, j);
    }
    if (s->of_a) return;
    back_to_mix(s, v, r);
    back_to_values(s, r, at, rows);
}

/* The sums of all threads, 16 of them. */
typedef struct { const room *rooms; int threads; float share; } all;

static inline __m512 sum_of(all of, size_t sums, size_t i) {
    __m512 sum = _mm512_setzero_ps();
    for (int t = 0; t < of.threads; t++)
        sum = _mm512_add_ps(sum, _mm512_loadu_ps(*(float *const *)((const char *)(of.rooms + t) + sums) + i));
    return _mm512_mul_ps(sum, _mm512_set1_ps(of.share));
}

/* Sums in tiles of [rows, columns] as rows of `to`, `stride` apart, or as its columns; columns are a multiple of 16. */
static void add_up_tiles(all of, size_t sums, int rows, int columns, int turned, float *to, size_t stride) {
    #pragma omp for schedule(static) nowait
    for (int tile = 0; tile < up_to(rows, SIDE) / SIDE * (columns / SIDE); tile++) {
        const int i = tile / (columns / SIDE) * SIDE, j = tile % (columns / SIDE) * SIDE;
        __m512i x[SIDE];
        for (int r = 0; r < SIDE; r++) x[r] = _mm512_castps_si512(sum_of(of, sums, (size_t)tile * SUMS + r * SIDE));
        if (turned) turn_words(x);
        for (int r = 0; r < SIDE; r++)
            if (turned) _mm512_mask_storeu_epi32(to + (j + r) * stride + i, inside(i, rows), x[r]);
            else if (i + r < rows) _mm512_storeu_si512(to + (i + r) * stride + j, x[r]);
    }
}

/* Sums in panels, [width / PANEL, p, PANEL], as rows of `to` [p, width]. */
static void add_up_panels(all of, size_t sums, const step *s, float *to) {
    #pragma omp for schedule(static) nowait
    for (int j = 0; j < s->width; j += PANEL)
        for (int i = 0; i < s->p; i++) for (int c = 0; c < PANEL; c += 16)
            _mm512_storeu_ps(to + (size_t)i * s->width + j + c, sum_of(of, sums, (size_t)j * s->p + i * PANEL + c));
}

static void add_up_row(all of, size_t sums, int columns, float *to) {
    #pragma omp for schedule(static) nowait
    for (int j = 0; j < columns; j += 16)
        _mm512_mask_storeu_ps(to + j, inside(j, columns), sum_of(of, sums, j));
}

static void add_up(const step *s, const room *rooms, int threads) {
    const int w = s->width, p = s->p, k = s->k;
    const all of = {rooms, threads, s->share};
    add_up_tiles(of, offsetof(room, d_w_out), p, w, 1, s->d_w_out, p);
    add_up_row(of, offsetof(room, d_b_out), p, s->d_b_out);
    if (s->of_a) {
        add_up_panels(of, offsetof(room, d_of_a), s, s->d_of_a);
        add_up_panels(of, offsetof(room, d_of_b), s, s->d_of_b);
    } else {
        add_up_tiles(of, offsetof(room, d_w_in), k, w, 0, s->d_w_in, s->stride);
        add_up_row(of, offsetof(room, d_b_in), w, s->d_b_in);
        add_up_tiles(of, offsetof(room, d_w_direct), p, k, 1, s->d_w_direct, s->stride);
        add_up_tokens(s, rooms, threads);
    }
}

static void pack_all(const step *s, const weights *v) {
    const int w = s->width, p = s->p, k = s->k, classes = up_to(p, SIDE), p_up = up_to(p, DEPTH);
    const matrix w_out = {s->w_out, w, p, p}, scores = {s->scores, 2 * p + 1, s->heads, s->heads};
    const matrix w_in = {s->w_in, k, w, s->stride}, w_direct = {s->w_direct, k, p, s->stride};
    pack(w_out, v->w_out, w, classes);
    if (goes_back(s)) pack_turned(w_out, v->w_out_turned, p_up, w);
    if (s->of_a) return;
    pack(w_in, v->w_in, k, w);
    pack(w_direct, v->w_direct, k, classes);
    #pragma omp for schedule(static) nowait
    for (int token = 0; token <= 2 * p; token++)
        _mm512_storeu_ps(v->scores + (size_t)token * LANES, columns_of(scores, token, 0));
    if (!goes_back(s)) return;
    pack_turned(w_in, v->w_in_turned, w, k);
    pack_turned(w_direct, v->w_direct_turned, p_up, k);
}

/* Loss, right answers and, unless d_w_out is null, gradients of all pairs, or their logits; 0, or 1 without memory. */
int take_step(step *s) {
    const int threads = s->threads, n = s->n;
    weights v;
    room *rooms = calloc(threads, sizeof *rooms);
    char *memory = rooms ? aligned_alloc(64, lay_out(s, &v, rooms, threads, NULL)) : NULL;
    if (!memory) return free(rooms), 1;
    lay_out(s, &v, rooms, threads, memory);
    int team = 1; /* fewer than asked for, if the system gives no more */
    #pragma omp parallel num_threads(threads)
    {
        const int t = omp_get_thread_num(), taking_part = omp_get_num_threads();
        room *r = rooms + t;
        memset(r->sums, 0, r->end - r->sums);
        configure_tiles();
        pack_all(s, &v);
        #pragma omp barrier
        const int first = (int64_t)n * t / taking_part, last = (int64_t)n * (t + 1) / taking_part;
        for (int at = first; at < last; at += ROWS) block(s, &v, r, at, last - at < ROWS ? last - at : ROWS);
        release_tiles();
        #pragma omp barrier
        if (goes_back(s)) add_up(s, rooms, taking_part);
        if (t == 0) team = taking_part;
    }
    s->loss = 0, s->right = 0;
    for (int t = 0; t < team; t++) s->loss += rooms[t].loss, s->right += rooms[t].right;
    free(memory);
    free(rooms);
    return 0;
}
