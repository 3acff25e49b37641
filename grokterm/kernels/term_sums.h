/* The terms (terms.h) in the sums of a block of pairs, and back to them. */

enum { HEADS = COUNT < 4 ? 4 : 2 }; /* as many at once as leave their sums in registers */

/* The patterns of the pairs from `at`. */
static void find_patterns(const step *s, const weights *v, workspace *r, int at, int rows) {
    for (int i = 0; i < rows; i++) {
        int token[3];
        tokens_of(s, at + i, token);
        pattern_of(v->scores, s->heads, token, r->pattern + (size_t)i * 3 * LANES);
    }
}

/* Adds the terms of rows i and i + 1 to sums of one panel. */
INLINE void
add_terms(const step *s, const weights *v, const workspace *r, int panel, int at, int rows, int i, lanes (*sum)[COUNT]) {
    const float *pattern[2], *from[2][3];
    for (int x = 0; x < 2; x++) {
        const int row = i + x < rows ? i + x : 0;
        int token[3];
        tokens_of(s, at + row, token);
        pattern[x] = r->pattern + (size_t)row * 3 * LANES;
        for (int j = 0; j < 3; j++) from[x][j] = v->terms + term_at(s, panel, token[j]);
    }
    for (int j = 0; j < 3; j++) for (int h = 0; h < s->heads; h++) for (int x = 0; x < 2; x++) {
        const lanes weight = all(pattern[x][j * LANES + h]);
        for (int c = 0; c < COUNT; c++) sum[x][c] = fma_of(weight, load(from[x][j] + h * PANEL + c * WIDTH), sum[x][c]);
    }
}

/* h = f(x w_in + b_in). */
INLINE void hidden_of_terms(const step *s, const weights *v, workspace *r, int activation, int at, int rows) {
    for (int j = 0; j < s->width; j += PANEL) for (int i = 0; i < filled(rows); i += 2) {
        lanes z[2][COUNT];
        for (int c = 0; c < COUNT; c++) z[0][c] = z[1][c] = load(s->b_in + j + c * WIDTH);
        add_terms(s, v, r, j / PANEL, at, rows, i, z);
        for (int c = 0; c < COUNT; c++) as_units(s, r, activation, i, j + c * WIDTH, z[0][c], z[1][c]);
    }
}

/* x w_direct, the beginning of the logits. */
static void logits_of_terms(const step *s, const weights *v, workspace *r, int at, int rows) {
    const int classes = up_to(s->p, SIDE), last = up_to(s->p, WIDTH);
    for (int j = 0; j < s->p; j += PANEL) for (int i = 0; i < filled(rows); i += 2) {
        lanes sum[2][COUNT];
        for (int c = 0; c < COUNT; c++) sum[0][c] = sum[1][c] = none();
        add_terms(s, v, r, (s->width + j) / PANEL, at, rows, i, sum);
        for (int x = 0; x < 2; x++) for (int c = 0; c < COUNT && j + c * WIDTH < last; c++)
            store(r->logits + (size_t)(i + x) * classes + j + c * WIDTH, sum[x][c]);
    }
}

/* The rows of a block that have a token in one of the three places, for each token that is there; begins `common`. */
static void find_runs(const step *s, workspace *r, int at, int rows) {
    memset(r->common, 0, sizeof(float) * ROWS * s->heads * LANES);
    r->run_count = 0;
    for (int j = 0; j < 3; j++) {
        uint8_t *to = r->rows + j * ROWS;
        run *runs = r->runs + r->run_count;
        int token[ROWS][3], found = 0;
        for (int i = 0; i < rows; i++) tokens_of(s, at + i, token[i]), r->run_of[token[i][j]] = ROWS;
        for (int i = 0; i < rows; i++) {
            uint8_t *of = r->run_of + token[i][j];
            if (*of == ROWS) *of = found, runs[found++] = (run){token[i][j], j, 0, NULL};
            runs[*of].count++;
        }
        for (int n = 0; n < found; n++) runs[n].rows = to, to += runs[n].count, runs[n].count = 0;
        for (int i = 0; i < rows; i++) {
            run *of = runs + r->run_of[token[i][j]];
            of->rows[of->count++] = i;
        }
        r->run_count += found;
    }
}

/* Adds w_h d of the rows of a run to the gradients by its token's terms of `heads` heads from h. */
INLINE void back_to_some(const step *s, const workspace *r, const run *of, int panel, int h, const int heads) {
    const float *weights = r->pattern + of->place * LANES + h;
    float *to = r->d_terms + term_at(s, panel, of->token) + h * PANEL;
    lanes sum[HEADS][COUNT];
    for (int x = 0; x < heads; x++) for (int c = 0; c < COUNT; c++) sum[x][c] = load(to + x * PANEL + c * WIDTH);
    for (int n = 0; n < of->count; n++) {
        const int i = of->rows[n];
        lanes d[COUNT];
        for (int c = 0; c < COUNT; c++) d[c] = load(r->panel + i * PANEL + c * WIDTH);
        for (int x = 0; x < heads; x++) {
            const lanes weight = all(weights[i * 3 * LANES + x]);
            for (int c = 0; c < COUNT; c++) sum[x][c] = fma_of(weight, d[c], sum[x][c]);
        }
    }
    for (int x = 0; x < heads; x++) for (int c = 0; c < COUNT; c++) store(to + x * PANEL + c * WIDTH, sum[x][c]);
}

/* What one panel adds to d · x_h of row i, head by head, in 16 lanes. */
static void add_common(const step *s, const weights *v, const workspace *r, int panel, int at, int i) {
    const float *pattern = r->pattern + (size_t)i * 3 * LANES, *from[3];
    int token[3];
    lanes d[COUNT];
    tokens_of(s, at + i, token);
    for (int c = 0; c < COUNT; c++) d[c] = load(r->panel + i * PANEL + c * WIDTH);
    for (int j = 0; j < 3; j++) from[j] = v->terms + term_at(s, panel, token[j]);
    for (int h = 0; h < s->heads; h++) {
        float *common = r->common + ((size_t)i * s->heads + h) * LANES;
        lanes dot[PARTS], weight[3];
        for (int q = 0; q < PARTS; q++) dot[q] = load(common + q * WIDTH);
        for (int j = 0; j < 3; j++) weight[j] = all(pattern[j * LANES + h]);
        for (int c = 0; c < COUNT; c++) {
            const int here = h * PANEL + c * WIDTH;
            lanes x = times(weight[0], load(from[0] + here));
            for (int j = 1; j < 3; j++) x = fma_of(weight[j], load(from[j] + here), x);
            dot[c % PARTS] = fma_of(x, d[c], dot[c % PARTS]);
        }
        for (int q = 0; q < PARTS; q++) store(common + q * WIDTH, dot[q]);
    }
}

/* The gradients by the terms of one panel, Σ w_jh d; r->panel holds the gradients d by its columns. */
static void back_to_terms(const step *s, const weights *v, workspace *r, int panel, int at, int rows) {
    for (int n = 0; n < r->run_count; n++) {
        int h = 0;
        for (; h + HEADS <= s->heads; h += HEADS) back_to_some(s, r, r->runs + n, panel, h, HEADS);
        for (; h < s->heads; h++) back_to_some(s, r, r->runs + n, panel, h, 1);
    }
    for (int i = 0; i < rows; i++) add_common(s, v, r, panel, at, i);
}

/* The same by the hidden units from j, whose gradients r->panel holds; and d_b_in. */
INLINE void
back_to_hidden_terms(const step *s, const weights *v, workspace *r, int activation, int at, int rows, int j) {
    lanes bias[COUNT];
    for (int c = 0; c < COUNT; c++) bias[c] = none();
    for (int i = 0; i < rows; i++) for (int c = 0; c < COUNT; c++) {
        const lanes d = by_sum(s, r, activation, i, j, c * WIDTH);
        store(r->panel + i * PANEL + c * WIDTH, d);
        bias[c] = add(bias[c], d);
    }
    back_to_terms(s, v, r, j / PANEL, at, rows);
    for (int c = 0; c < COUNT; c++) add_to(r->d_b_in + j + c * WIDTH, bias[c]);
}

/* The same by the logits, whose gradients r->logits holds. */
static void back_to_logit_terms(const step *s, const weights *v, workspace *r, int at, int rows) {
    const int classes = up_to(s->p, SIDE), last = up_to(s->p, WIDTH);
    for (int j = 0; j < s->p; j += PANEL) {
        for (int i = 0; i < rows; i++) for (int c = j; c < j + PANEL; c += WIDTH)
            store(r->panel + i * PANEL + c - j, c < last ? load(r->logits + (size_t)i * classes + c) : none());
        back_to_terms(s, v, r, (s->width + j) / PANEL, at, rows);
    }
}

/* What the pairs of a block take from the scores' gradients (attention.h). */
static void take_common(const step *s, workspace *r, int at, int rows) {
    for (int i = 0; i < rows; i++) {
        float common[LANES] = {0};
        int token[3];
        tokens_of(s, at + i, token);
        for (int h = 0; h < s->heads; h++) {
            lanes sum[PARTS];
            for (int q = 0; q < PARTS; q++) sum[q] = load(r->common + ((size_t)i * s->heads + h) * LANES + q * WIDTH);
            common[h] = sum_of_16(sum);
        }
        for (int j = 0; j < 3; j++) for (int h = 0; h < s->heads; h += WIDTH) {
            const lanes weight = load(r->pattern + ((size_t)i * 3 + j) * LANES + h);
            add_product_to(r->taken + (size_t)token[j] * LANES + h, weight, load(common + h));
        }
    }
}
