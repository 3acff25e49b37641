/* What "=" gathers from a, b and itself, a pair at a time: scores and values are those of 2p + 1 tokens. */

static inline void tokens_of(const step *s, int pair, int *token) {
    token[0] = s->a[pair], token[1] = (int)s->p + s->b[pair], token[2] = 2 * (int)s->p;
}

/* The pattern of one pair: softmax over its three tokens, a lane a head. */
static inline void pattern_of(const float *scores, const int *token, float *pattern) {
    __m512 score[3], top, total = _mm512_setzero_ps();
    for (int j = 0; j < 3; j++) score[j] = _mm512_loadu_ps(scores + (size_t)token[j] * LANES);
    top = _mm512_max_ps(_mm512_max_ps(score[0], score[1]), score[2]);
    for (int j = 0; j < 3; j++) {
        score[j] = exponential(_mm512_sub_ps(score[j], top));
        total = _mm512_add_ps(total, score[j]);
    }
    for (int j = 0; j < 3; j++) _mm512_storeu_ps(pattern + j * LANES, _mm512_div_ps(score[j], total));
}

/* x of the pairs from `at`: exact in r->mixed, and rounded as both factors of a product. */
static void mix(const step *s, const weights *v, room *r, int at, int rows) {
    const int k = s->k, size = k / s->heads;
    for (int i = 0; i < ROWS; i++) {
        float *mixed = r->mixed + (size_t)i * k, *pattern = r->pattern + (size_t)i * 3 * LANES;
        int token[3];
        tokens_of(s, at + (i < rows ? i : 0), token);
        pattern_of(v->scores, token, pattern);
        for (int head = 0; head < s->heads; head++) {
            __m512 weight[3];
            for (int j = 0; j < 3; j++) weight[j] = _mm512_set1_ps(pattern[j * LANES + head]);
            for (int e = head * size; e < (head + 1) * size; e += 16) {
                __m512 x = _mm512_mul_ps(weight[0], _mm512_loadu_ps(s->values + (size_t)token[0] * k + e));
                for (int j = 1; j < 3; j++)
                    x = _mm512_fmadd_ps(weight[j], _mm512_loadu_ps(s->values + (size_t)token[j] * k + e), x);
                _mm512_storeu_ps(mixed + e, x);
            }
        }
        if (i % 2) for (int j = 0; j < k; j += 16)
            put(_mm512_loadu_ps(mixed - k + j), _mm512_loadu_ps(mixed + j),
                r->x + in_first(i - 1, j, k), goes_back(s) ? r->x_second + in_second(i - 1, j, ROWS) : NULL);
    }
}

/* By the score s_j of one pair the gradient is w_j (g·v_j - g·x). Summed over the pairs that took token j, the first
 * term is v_j·Σ w_j g, and Σ w_j g is the gradient by v_j: so only the second, `taken`, is summed a pair at a time. */
static void back_to_values(const step *s, room *r, int at, int rows) {
    const int k = s->k, size = k / s->heads;
    for (int i = 0; i < rows; i++) {
        const float *g = r->d_x + (size_t)i * k, *mixed = r->mixed + (size_t)i * k, *pattern = r->pattern + (size_t)i * 3 * LANES;
        float common[LANES] = {0};
        int token[3];
        tokens_of(s, at + i, token);
        for (int head = 0; head < s->heads; head++) {
            __m512 dot = _mm512_setzero_ps(), weight[3];
            for (int j = 0; j < 3; j++) weight[j] = _mm512_set1_ps(pattern[j * LANES + head]);
            for (int e = head * size; e < (head + 1) * size; e += 16) {
                __m512 d = _mm512_loadu_ps(g + e);
                dot = _mm512_fmadd_ps(d, _mm512_loadu_ps(mixed + e), dot);
                for (int j = 0; j < 3; j++) add_to(r->d_values + (size_t)token[j] * k + e, _mm512_mul_ps(weight[j], d));
            }
            common[head] = _mm512_reduce_add_ps(dot);
        }
        __m512 of_heads = _mm512_loadu_ps(common);
        for (int j = 0; j < 3; j++)
            add_to(r->taken + (size_t)token[j] * LANES, _mm512_mul_ps(_mm512_loadu_ps(pattern + j * LANES), of_heads));
    }
}

/* The gradients by values and scores out of the sums of all threads; a loop that threads share. */
static void add_up_tokens(const step *s, const room *rooms, int threads) {
    const int k = s->k, heads = s->heads, size = k / heads;
    const float share = s->share;
    #pragma omp for schedule(static) nowait
    for (int token = 0; token <= 2 * s->p; token++)
        for (int head = 0; head < heads; head++) {
            __m512 dot = _mm512_setzero_ps();
            float taken = 0;
            for (int t = 0; t < threads; t++) taken += rooms[t].taken[(size_t)token * LANES + head];
            for (int e = head * size; e < (head + 1) * size; e += 16) {
                const size_t here = (size_t)token * k + e;
                __m512 d = _mm512_loadu_ps(rooms[0].d_values + here);
                for (int t = 1; t < threads; t++) d = _mm512_add_ps(d, _mm512_loadu_ps(rooms[t].d_values + here));
                dot = _mm512_fmadd_ps(d, _mm512_loadu_ps(s->values + here), dot);
                _mm512_storeu_ps(s->d_values + here, _mm512_mul_ps(d, _mm512_set1_ps(share)));
            }
            s->d_scores[(size_t)token * heads + head] = (_mm512_reduce_add_ps(dot) - taken) * share;
        }
}
