/* What the heads of each token add to hidden units and logits, so that x is never made pair by pair.
 *
 * With the weights w of attention (attention.h) and the values v_h of head h, x w_in = Σ_j Σ_h w_jh t_jh, where the
 * term t_jh = v_h[j] w_in[h] is the same for every pair that has token j: 3 · heads products a unit in place of k. The
 * same goes for x w_direct. Terms stand in panels of columns, first those of w_in, then those of w_direct:
 * [panels, 2p + 1, heads, PANEL].
 */

enum { COUNT = PANEL / WIDTH };

static size_t term_at(const step *s, int panel, int token) {
    return ((size_t)panel * (2 * s->p + 1) + token) * s->heads * PANEL;
}

/* to_i[c] = Σ_q x_i[q step] row_q[c], or these added to it, for 16 columns c and 4 rows i. */
INLINE void
combine(const float *const *x, size_t step, const float *rows, size_t apart, int count, float *const *to, int more) {
    lanes sum[4][PARTS];
    for (int i = 0; i < 4; i++) for (int q = 0; q < PARTS; q++) sum[i][q] = more ? load(to[i] + q * WIDTH) : none();
    for (int n = 0; n < count; n++, rows += apart) {
        lanes row[PARTS];
        for (int q = 0; q < PARTS; q++) row[q] = load(rows + q * WIDTH);
        for (int i = 0; i < 4; i++) {
            const lanes one = all(x[i][n * step]);
            for (int q = 0; q < PARTS; q++) sum[i][q] = fma_of(one, row[q], sum[i][q]);
        }
    }
    for (int i = 0; i < 4; i++) for (int q = 0; q < PARTS; q++) store(to[i] + q * WIDTH, sum[i][q]);
}

/* The columns of w_in or w_direct that a panel has. */
static matrix columns_of_panel(const step *s, int panel) {
    const int j = panel * PANEL, w = s->width, direct = j >= w, first = direct ? j - w : j;
    const int columns = (direct ? (int)s->p : w) - first;
    return (matrix){(direct ? s->w_direct : s->w_in) + first, s->k, columns < PANEL ? columns : PANEL, s->stride};
}

/* The rows [heads, size, PANEL] of a panel as [heads, PANEL, size]. */
static void turn_heads(const float *rows, float *to, int size, int heads) {
    for (int h = 0; h < heads; h++, rows += size * PANEL, to += size * PANEL)
        for (int e = 0; e < size; e += WIDTH) for (int c = 0; c < PANEL; c += WIDTH) {
            lanes x[WIDTH];
            for (int i = 0; i < WIDTH; i++) x[i] = load(rows + (e + i) * PANEL + c);
            transpose(x);
            for (int i = 0; i < WIDTH; i++) store(to + (c + i) * size + e, x[i]);
        }
}

/* The terms; the member's panels of them. */
static void make_terms(member me, const step *s, const weights *v) {
    const int k = s->k, heads = s->heads, size = k / heads, tokens = 2 * s->p + 1;
    for (range part = part_of(panels_of_terms(s), me); part.first < part.last; part.first++) {
        const matrix from = columns_of_panel(s, part.first);
        float *rows = v->rows + (size_t)part.first * k * PANEL;
        for (int e = 0; e < k; e++) for (int c = 0; c < PANEL; c += WIDTH)
            store(rows + e * PANEL + c, columns_of(from, e, c));
        if (wants_gradients(s)) turn_heads(rows, v->columns + (size_t)part.first * k * PANEL, size, heads);
        for (int token = 0; token < tokens; token += 4) for (int h = 0; h < heads; h++)
            for (int c = 0; c < PANEL; c += SIDE) {
                const float *x[4];
                float *to[4];
                for (int i = 0; i < 4; i++) {
                    const int one = token + i < tokens ? token + i : tokens - 1;
                    x[i] = s->values + (size_t)one * k + h * size;
                    to[i] = v->terms + term_at(s, part.first, one) + h * PANEL + c;
                }
                combine(x, 1, rows + (size_t)h * size * PANEL + c, PANEL, size, to, 0);
            }
    }
}

/* The gradients by the terms of one panel, of all members: the first one's become the sum. */
static void add_up_terms(const step *s, const workspace *r, int panel) {
    for (size_t at = term_at(s, panel, 0); at < term_at(s, panel + 1, 0); at += WIDTH) {
        lanes sum = load(r[0].d_terms + at);
        for (int t = 1; t < s->threads; t++) sum = add(sum, load(r[t].d_terms + at));
        store(r[0].d_terms + at, sum);
    }
}

/* d_w_in and d_w_direct; the member's panels of them. */
static void back_to_panels(member me, const step *s, const workspace *r) {
    const int k = s->k, heads = s->heads, size = k / heads, tokens = 2 * s->p + 1;
    for (range part = part_of(panels_of_terms(s), me); part.first < part.last; part.first++) {
        const matrix from = columns_of_panel(s, part.first);
        float *to = part.first * PANEL < s->width ? s->d_w_in + (from.at - s->w_in)
                                                  : s->d_w_direct + (from.at - s->w_direct);
        add_up_terms(s, r, part.first);
        for (int e = 0; e < k; e += 4) for (int c = 0; c < PANEL; c += SIDE) {
            const float *x[4], *d = r[0].d_terms + term_at(s, part.first, 0) + e / size * PANEL + c;
            float sum[4][SIDE], *into[4];
            for (int i = 0; i < 4; i++) x[i] = s->values + e + i, into[i] = sum[i];
            combine(x, k, d, heads * PANEL, tokens, into, 0);
            for (int i = 0; i < 4; i++) for (int q = c; q < c + SIDE; q += WIDTH)
                store_first(to + (e + i) * s->stride + q, times(load(sum[i] + q - c), all(s->share)), from.columns - q);
        }
    }
}

/* The gradient by the score of head h of a token. */
static float by_score(const step *s, const weights *v, const workspace *r, int token, int h) {
    lanes dot[PARTS];
    float taken = 0;
    for (int q = 0; q < PARTS; q++) dot[q] = none();
    for (int panel = 0; panel < panels_of_terms(s); panel++) for (int c = 0; c < COUNT; c++) {
        const size_t here = term_at(s, panel, token) + h * PANEL + c * WIDTH;
        dot[c % PARTS] = fma_of(load(r[0].d_terms + here), load(v->terms + here), dot[c % PARTS]);
    }
    for (int t = 0; t < s->threads; t++) taken += r[t].taken[(size_t)token * LANES + h];
    return (sum_of_16(dot) - taken) * s->share;
}

/* d_values of head h of 4 tokens. */
static void back_to_values_of(const step *s, const weights *v, const workspace *r, const int *token, int h) {
    const int k = s->k, size = k / s->heads, panels = panels_of_terms(s);
    for (int e = 0; e < size; e += SIDE) {
        float sum[4][SIDE], *to[4];
        for (int panel = 0; panel < panels; panel++) {
            const float *x[4], *columns = v->columns + ((size_t)panel * k + h * size) * PANEL + e;
            for (int i = 0; i < 4; i++)
                x[i] = r[0].d_terms + term_at(s, panel, token[i]) + h * PANEL, to[i] = sum[i];
            combine(x, 1, columns, size, PANEL, to, panel);
        }
        for (int i = 0; i < 4; i++) for (int c = 0; c < SIDE; c += WIDTH)
            store(s->d_values + (size_t)token[i] * k + h * size + e + c, times(load(sum[i] + c), all(s->share)));
    }
}

/* d_values and d_scores; the member's tokens of them. */
static void back_to_tokens(member me, const step *s, const weights *v, const workspace *r) {
    for (range part = part_of(2 * s->p + 1, me); part.first < part.last; part.first += 4)
        for (int h = 0; h < s->heads; h++) {
            int token[4];
            for (int i = 0; i < 4; i++) token[i] = part.first + i < part.last ? part.first + i : part.last - 1;
            for (int i = 0; i < 4; i++) s->d_scores[token[i] * s->heads + h] = by_score(s, v, r, token[i], h);
            back_to_values_of(s, v, r, token, h);
        }
}
