/* What a step is given and gives back, and the memory that it works in. */
#include <stdint.h>
#include <string.h>

enum { PANEL = 32, LANES = 16 };
/* Columns of the hidden layer that are worked on at a time; heads at most. */

enum { RELU, QUADRATIC, GELU }; /* max(z, 0), z², and z Φ(z) with the normal distribution's Φ */

enum { CROSS_ENTROPY, SQUARED_ERROR }; /* in nats, and the mean over classes against the one-hot answer */

typedef struct {
    int64_t n, p, width, k, heads;         /* pairs, classes, hidden units, features, heads */
    int64_t stride;                        /* from row to row of w_in, w_direct and their gradients */
    int64_t threads;
    int64_t activation;                    /* RELU, QUADRATIC or GELU */
    int64_t loss_function;                 /* CROSS_ENTROPY or SQUARED_ERROR */
    double share;                          /* what each pair's loss counts in the gradients */
    const int32_t *a, *b, *labels;         /* [n] each */
    const float *of_a, *of_b;              /* [p, width] each: hidden = of_a[a] + of_b[b] */
    const float *scores, *values;          /* or, where of_a is null: x = attention's mix of values [2p + 1, k], */
    const float *w_in, *b_in, *w_direct;   /* by scores [2p + 1, heads]; hidden = x w_in + b_in, logits += x w_direct */
    const float *w_out, *b_out;            /* [width, p] and [p] */
    float *d_of_a, *d_of_b;                /* gradients, as the above; */
    float *d_scores, *d_values;            /* none is taken where d_w_out is null */
    float *d_w_in, *d_b_in, *d_w_direct;
    float *d_w_out, *d_b_out;
    float *logits;                         /* [n, p]; where not null, they alone are made, and labels not read */
    double loss;                           /* summed over the pairs */
    int64_t right;                         /* pairs whose class has the largest logit */
} step;

/* The rows of a block whose pairs have a token as a, b or "=" (place 0, 1 or 2). */
typedef struct { int token, place, count; uint8_t *rows; } run;

typedef struct { /* one member's block of pairs, and its sums */
    factor *h, *h_second, *g, *g_second, *g_transposed, *x, *x_second, *x_transposed;
    factor *z;                             /* gradients by the hidden layer, once its units are no longer needed */
    float *logits, *panel, *slope, *mixed, *pattern, *d_x;
    run *runs;                             /* with terms: `run_count` runs, their rows, and which is that of a token; */
    uint8_t *rows, *run_of;                /* d · x_h, [ROWS, heads, LANES]; and the sums of gradients by terms */
    float *common, *d_terms;
    int run_count;
    float *d_w_out, *d_b_out, *d_of_a, *d_of_b, *d_w_in, *d_b_in, *d_w_direct, *d_values, *taken;
    char *sums, *end;                      /* what begins at 0: g and the gradients */
    double loss;
    int64_t right;
} workspace;

/* Weights as second factors, and their transposes; scores filled up to LANES heads; a column of w_out (last_class.h). */
typedef struct {
    factor *w_out, *w_out_transposed, *w_in, *w_in_transposed, *w_direct, *w_direct_transposed;
    float *scores, *last;
    float *terms, *rows, *columns;         /* and the panels of w_in and w_direct that these are made of (terms.h) */
} weights;

#ifndef MOST_TERMS
#define MOST_TERMS (1 << 24) /* floats: 64 MB, and as many for the sums of each member */
#endif

/* Panels of the terms (terms.h). */
static int panels_of_terms(const step *s) { return s->width / PANEL + up_to(s->p, PANEL) / PANEL; }

/* How many floats the terms are. */
static size_t count_terms(const step *s) { return (size_t)panels_of_terms(s) * (2 * s->p + 1) * s->heads * PANEL; }

enum { FROM_SUMS, FROM_TERMS, FROM_MIX }; /* what hidden units are made of: of_a + of_b, terms, or x */

static int inputs_of(const step *s) {
    return s->of_a ? FROM_SUMS : BY_TERMS && count_terms(s) <= MOST_TERMS ? FROM_TERMS : FROM_MIX;
}

/* Whether the last class is taken by itself (last_class.h). */
static int has_last(const step *s) { return LAST_APART && s->p % SIDE == 1 && s->p > 1; }

/* The rows of a block of so many pairs that are gone through. */
static int filled(int rows) { return up_to(rows, FILL); }

static int wants_gradients(const step *s) { return s->d_w_out != NULL; }

/* `count` elements of `size` bytes from a stretch of memory; only counted where that is null. */
static void *take(char **from, size_t count, size_t size) {
    char *taken = *from;
    *from += (count * size + 63) / 64 * 64;
    return taken;
}

static char *lay_out_weights(const step *s, weights *v, char *at) {
    const size_t w = s->width, k = inputs_of(s) == FROM_MIX ? s->k : 0, tokens = s->of_a ? 0 : 2 * s->p + 1;
    const size_t p_up = up_to(s->p, DEPTH), classes = up_to(s->p, SIDE), back = wants_gradients(s);
    factor **packed[] = {&v->w_out, &v->w_out_transposed, &v->w_in,
                         &v->w_in_transposed, &v->w_direct, &v->w_direct_transposed};
    size_t sizes[] = {room_of(w, classes), back * room_of(p_up, w), room_of(k, w),
                      back * room_of(w, k), room_of(k, classes), back * room_of(p_up, k)};
    for (int i = 0; i < 6; i++) *packed[i] = take(&at, sizes[i], sizeof(factor));
    v->scores = take(&at, tokens * LANES, 4), v->last = take(&at, has_last(s) ? w : 0, 4);
    if (inputs_of(s) != FROM_TERMS) return at;
    const size_t rows = (size_t)panels_of_terms(s) * PANEL * s->k;
    v->terms = take(&at, count_terms(s), 4);
    v->rows = take(&at, rows, 4), v->columns = take(&at, back * rows, 4);
    return at;
}

static char *lay_out_workspace(const step *s, workspace *r, char *at) {
    const size_t w = s->width, k = inputs_of(s) == FROM_MIX ? s->k : 0, terms = inputs_of(s) == FROM_TERMS;
    const size_t p = s->of_a ? s->p : 0, tokens = s->of_a ? 0 : 2 * s->p + 1;
    const size_t p_up = up_to(s->p, DEPTH), classes = up_to(s->p, SIDE), back = wants_gradients(s);
    factor **factors[] = {&r->h, &r->h_second, &r->g_second, &r->g_transposed,
                          &r->x, &r->x_second, &r->x_transposed, &r->z};
    const size_t two = ONE_FORM ? 0 : back; /* whether there are second factors beside the first */
    size_t sizes[] = {room_of(ROWS, w), two * room_of(ROWS, w), two * room_of(ROWS, classes),
                      back * room_of(classes, ROWS), room_of(ROWS, k), two * room_of(ROWS, k),
                      back * room_of(k, ROWS), k ? two * room_of(ROWS, w) : 0};
    for (int i = 0; i < 8; i++) *factors[i] = take(&at, sizes[i], sizeof(factor));
    float **floats[] = {&r->logits, &r->panel, &r->slope, &r->mixed, &r->d_x, &r->pattern, &r->common};
    size_t widths[] = {classes, PANEL, s->activation == RELU ? 0 : back * w, k, back * k, tokens ? 3 * LANES : 0,
                       terms ? back * s->heads * LANES : 0};
    for (int i = 0; i < 7; i++) *floats[i] = take(&at, ROWS * widths[i], 4);
    r->runs = take(&at, terms ? 2 * ROWS + 1 : 0, sizeof(run)), r->rows = take(&at, terms ? 3 * ROWS : 0, 1);
    r->run_of = take(&at, terms ? tokens : 0, 1);
    r->sums = at;
    r->g = take(&at, back * room_of(ROWS, p_up), sizeof(factor));
    if (ONE_FORM) r->h_second = r->z = r->h, r->g_second = r->g, r->x_second = r->x;
    float **sums[] = {&r->d_w_out, &r->d_b_out, &r->d_of_a, &r->d_of_b, &r->d_w_in,
                      &r->d_b_in, &r->d_w_direct, &r->d_values, &r->taken, &r->d_terms};
    size_t counts[] = {classes * w, classes, p * w, p * w, k * w, tokens ? w : 0, classes * k, tokens * k,
                       tokens * LANES, terms ? count_terms(s) : 0};
    for (int i = 0; i < 10; i++) *sums[i] = take(&at, back * counts[i], 4);
    r->end = at;
    return at;
}

/* The bytes that a step works in, laid out from `base`. */
static size_t lay_out(const step *s, weights *v, workspace *r, char *base) {
    char *at = lay_out_weights(s, v, base);
    for (int t = 0; t < s->threads; t++) at = lay_out_workspace(s, r + t, at);
    return at - base;
}
