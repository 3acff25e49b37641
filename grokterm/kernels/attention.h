/* What "=" gathers from a, b and itself, a pair at a time: scores and values are those of 2p + 1 tokens.
 *
 * x = Σ_j w_j v_j head by head, with w = softmax of the scores of the three tokens j.
 */

static inline void tokens_of(const step *s, int pair, int *token) {
    token[0] = s->a[pair], token[1] = (int)s->p + s->b[pair], token[2] = 2 * (int)s->p;
}

/* The pattern of one pair: softmax over its three tokens, a lane a head. */
static inline void pattern_of(const float *scores, int heads, const int *token, float *pattern) {
    for (int h = 0; h < heads; h += WIDTH) {
        lanes score[3], top, total = none();
        for (int j = 0; j < 3; j++) score[j] = load(scores + (size_t)token[j] * LANES + h);
        top = larger(larger(score[0], score[1]), score[2]);
        for (int j = 0; j < 3; j++) {
            score[j] = exponential(minus(score[j], top));
            total = add(total, score[j]);
        }
        for (int j = 0; j < 3; j++) store(pattern + j * LANES + h, divide(score[j], total));
    }
}

/* x of the pairs from `at`: exact in r->mixed, and as both factors of a product. */
static void mix(const step *s, const weights *v, workspace *r, int at, int rows) {
    const int k = s->k, size = k / s->heads, back = wants_gradients(s);
    for (int i = 0; i < filled(rows); i++) {
        float *mixed = r->mixed + (size_t)i * k, *pattern = r->pattern + (size_t)i * 3 * LANES;
        int token[3];
        tokens_of(s, at + (i < rows ? i : 0), token);
        pattern_of(v->scores, s->heads, token, pattern);
        for (int head = 0; head < s->heads; head++) {
            lanes weight[3];
            for (int j = 0; j < 3; j++) weight[j] = all(pattern[j * LANES + head]);
            for (int e = head * size; e < (head + 1) * size; e += WIDTH) {
                lanes x = times(weight[0], load(s->values + (size_t)token[0] * k + e));
                for (int j = 1; j < 3; j++) x = fma_of(weight[j], load(s->values + (size_t)token[j] * k + e), x);
                store(mixed + e, x);
            }
        }
        if (i % 2) for (int j = 0; j < k; j += WIDTH) {
            lanes one = load(mixed - k + j), two = load(mixed + j);
            as_factors(r->x, back ? r->x_second : NULL, i - 1, j, k, one, two);
        }
    }
}

/* By the score s_j of one pair the gradient is w_j (g·v_j - g·x). Summed over the pairs that took token j, the first
 * term is v_j·Σ w_j g, and Σ w_j g is the gradient by v_j: so only the second, `taken`, is summed a pair at a time. */
static void back_to_values(const step *s, workspace *r, int at, int rows) {
    const int k = s->k, size = k / s->heads;
    for (int i = 0; i < rows; i++) {
        const float *g = r->d_x + (size_t)i * k, *mixed = r->mixed + (size_t)i * k;
        const float *pattern = r->pattern + (size_t)i * 3 * LANES;
        float common[LANES] = {0};
        int token[3];
        tokens_of(s, at + i, token);
        for (int head = 0; head < s->heads; head++) {
            lanes dot[PARTS], weight[3];
            for (int q = 0; q < PARTS; q++) dot[q] = none();
            for (int j = 0; j < 3; j++) weight[j] = all(pattern[j * LANES + head]);
            for (int e = head * size; e < (head + 1) * size; e += 16) for (int q = 0; q < PARTS; q++) {
                const int c = e + q * WIDTH;
                lanes d = load(g + c);
                dot[q] = fma_of(d, load(mixed + c), dot[q]);
                for (int j = 0; j < 3; j++) add_product_to(r->d_values + (size_t)token[j] * k + c, weight[j], d);
            }
            common[head] = sum_of_16(dot);
        }
        for (int j = 0; j < 3; j++) for (int h = 0; h < s->heads; h += WIDTH)
            add_product_to(r->taken + (size_t)token[j] * LANES + h, load(pattern + j * LANES + h), load(common + h));
    }
}

/* The gradients by values and scores out of the sums of all members; the member's part of them. */
static void add_up_tokens(member me, const step *s, const workspace *r) {
    const int k = s->k, heads = s->heads, size = k / heads;
    const float share = s->share;
    range part = part_of(2 * s->p + 1, me);
    for (int token = part.first; token < part.last; token++) for (int head = 0; head < heads; head++) {
        lanes dot[PARTS];
        float taken = 0;
        for (int q = 0; q < PARTS; q++) dot[q] = none();
        for (int t = 0; t < s->threads; t++) taken += r[t].taken[(size_t)token * LANES + head];
        for (int e = head * size; e < (head + 1) * size; e += 16) for (int q = 0; q < PARTS; q++) {
            const size_t here = (size_t)token * k + e + q * WIDTH;
            lanes d = load(r[0].d_values + here);
            for (int t = 1; t < s->threads; t++) d = add(d, load(r[t].d_values + here));
            dot[q] = fma_of(d, load(s->values + here), dot[q]);
            store(s->d_values + here, times(d, all(share)));
        }
        s->d_scores[(size_t)token * heads + head] = (sum_of_16(dot) - taken) * share;
    }
}
