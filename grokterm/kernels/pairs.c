/* What a training step does once a pair, for one hidden layer, in one pass over the pairs.
 *
 * logits = f(z) w_out + b_out with z = of_a[a] + of_b[b]; or, with x from attention (attention.h),
 * logits = f(x w_in + b_in) w_out + x w_direct + b_out, in float32 as a rule without making x (terms.h). A block of pairs
 * stays in the cache from its rows to its gradients. Matrix products take float32, or bfloat16 with IN_BFLOAT16, and sum
 * in float32; all else is float32. Every member has its own pairs and its own sums, added at the end in order, so the same
 * number of members gives the same bits, whatever the number of threads.
 */
#include <stdlib.h>

#ifdef IN_BFLOAT16
#include "tiles.h"
#else
#include "vectors.h"
#define take_step take_step_in_float32
#define take_steps take_steps_in_float32
#endif
#include "team.h"
#include "pack.h"
#include "step.h"
#include "losses.h"
#include "hidden.h"
#include "last_class.h"
#include "attention.h"
#include "terms.h"
#include "term_sums.h"
#include "totals.h"

/* Logits, loss and gradients of the pairs from `at`. */
INLINE void block_of(const step *s, const weights *v, workspace *r, int activation, int at, int rows) {
    const int w = s->width, k = s->k, p = s->p, p_up = up_to(p, DEPTH), inputs = inputs_of(s);
    const sums logits = in_rows(r->logits, up_to(p, SIDE));
    if (inputs == FROM_SUMS) hidden_of_sums(s, r, activation, at, rows);
    else if (inputs == FROM_TERMS) {
        find_patterns(s, v, r, at, rows);
        hidden_of_terms(s, v, r, activation, at, rows);
        logits_of_terms(s, v, r, at, rows);
    } else {
        mix(s, v, r, at, rows);
        hidden_of_mix(s, v, r, activation, rows);
    }
    const int apart = has_last(s);
    multiply(r->h, v->w_out, logits, ROWS, p - apart, w, filled(rows), w, inputs == FROM_TERMS);
    if (apart) last_logits(s, v, r, rows, inputs == FROM_TERMS);
    if (inputs == FROM_MIX) multiply(r->x, v->w_direct, logits, ROWS, p, k, filled(rows), k, 1);
    if (s->logits) {
        answers(s, r, at, rows);
        return;
    }
    errors(s, r, at, rows);
    if (!wants_gradients(s)) return;
    turn_to_first(r->g_second, r->g_transposed, ROWS, p);
    if (inputs == FROM_MIX) turn_to_first(r->x_second, r->x_transposed, ROWS, k);
    if (inputs == FROM_TERMS) find_runs(s, r, at, rows);
    multiply(r->g_transposed, r->h_second, in_tiles(r->d_w_out, w), p, w, ROWS, p, filled(rows), 1);
    for (int j = 0; j < w; j += PANEL) {
        const factor *columns = v->w_out_transposed + in_second(0, j, p_up);
        multiply(r->g, columns, in_rows(r->panel, PANEL), ROWS, PANEL, p, filled(rows), p, 0);
        if (inputs == FROM_SUMS) back_to_sums(s, r, activation, at, rows, j);
        else if (inputs == FROM_TERMS) back_to_hidden_terms(s, v, r, activation, at, rows, j);
        else back_to_weights(s, r, activation, rows, j);
    }
    if (inputs == FROM_TERMS) {
        back_to_logit_terms(s, v, r, at, rows);
        take_common(s, r, at, rows);
    } else if (inputs == FROM_MIX) {
        back_to_mix(s, v, r, rows);
        back_to_values(s, r, at, rows);
    }
}

static void block(const step *s, const weights *v, workspace *r, int at, int rows) {
    switch (s->activation) {
        case RELU: block_of(s, v, r, RELU, at, rows); break;
        case QUADRATIC: block_of(s, v, r, QUADRATIC, at, rows); break;
        default: block_of(s, v, r, GELU, at, rows);
    }
}

/* What the members of a step share. */
typedef struct { const step *s; weights v; workspace *r; } whole;

static void begin(void *given, member me) {
    const whole *all_of = given;
    const step *s = all_of->s;
    const weights *v = &all_of->v;
    const int w = s->width, p = s->p, k = s->k, classes = up_to(p, SIDE);
    const int p_up = up_to(p, DEPTH), back = wants_gradients(s);
    const matrix w_out = {s->w_out, w, p, p}, scores = {s->scores, 2 * p + 1, s->heads, s->heads};
    const matrix w_in = {s->w_in, k, w, s->stride}, w_direct = {s->w_direct, k, p, s->stride};
    pack(me, w_out, v->w_out, w, classes);
    take_last_column(me, s, v);
    if (back) pack_transposed(me, w_out, v->w_out_transposed, p_up, w);
    if (s->of_a) return;
    for (range part = part_of(2 * p + 1, me); part.first < part.last; part.first++)
        for (int j = 0; j < LANES; j += WIDTH)
            store(v->scores + (size_t)part.first * LANES + j, columns_of(scores, part.first, j));
    if (inputs_of(s) == FROM_TERMS) {
        make_terms(me, s, v);
        return;
    }
    pack(me, w_in, v->w_in, k, w);
    pack(me, w_direct, v->w_direct, k, classes);
    if (!back) return;
    pack_transposed(me, w_in, v->w_in_transposed, w, k);
    pack_transposed(me, w_direct, v->w_direct_transposed, p_up, k);
}

static void go_through(void *given, member me) {
    const whole *all_of = given;
    const range pairs = part_of(all_of->s->n, me);
    workspace *r = all_of->r + me.at;
    memset(r->sums, 0, r->end - r->sums);
    configure_tiles();
    for (int at = pairs.first; at < pairs.last; at += ROWS)
        block(all_of->s, &all_of->v, r, at, pairs.last - at < ROWS ? pairs.last - at : ROWS);
    release_tiles();
}

static void end(void *given, member me) {
    const whole *all_of = given;
    add_up(me, all_of->s, all_of->r);
}

static void end_tokens(void *given, member me) {
    const whole *all_of = given;
    back_to_tokens(me, all_of->s, &all_of->v, all_of->r);
}

/* The parts of all members, on at most `threads` threads; 0, or 1 without memory. */
static int take_parts(step *s, int threads) {
    const int members = s->threads;
    whole given = {.s = s, .r = calloc(members, sizeof *given.r)};
    void *memory = NULL;
    if (!given.r || posix_memalign(&memory, 64, lay_out(s, &given.v, given.r, NULL))) return free(given.r), 1;
    lay_out(s, &given.v, given.r, memory);
    const int works = !wants_gradients(s) ? 2 : inputs_of(s) == FROM_TERMS ? 4 : 3;
    share_out((work *[]){begin, go_through, end, end_tokens}, works, &given, members, threads);
    s->loss = 0, s->right = 0;
    for (int t = 0; t < members; t++) s->loss += given.r[t].loss, s->right += given.r[t].right;
    free(memory);
    free(given.r);
    return 0;
}

/* Loss, right answers and, unless d_w_out is null, gradients of all pairs, or their logits; 0, or 1 without memory. */
int take_step(step *s) { return take_parts(s, s->threads); }

static void take_one(void *given, member me) {
    step *s = (step *)given + me.at;
    if (take_parts(s, 1)) s->right = -1;
}

/* Each of `count` steps, such as those of replicas, on a thread of its own, side by side on at most `threads` threads;
 * their members are as many as of a step alone, so that the bits are; 0, or 1 without memory. */
int take_steps(step *steps, int count, int threads) {
    share_out((work *[]){take_one}, 1, steps, count, threads);
    int failed = 0;
    for (int i = 0; i < count; i++) failed |= steps[i].right < 0;
    return failed;
}
