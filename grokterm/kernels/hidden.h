/* The hidden layer of a block of pairs, forward and back, 32 columns at a time.
 *
 * Functions are inlined where the activation is known, so that no loop asks for it.
 */
#define INLINE static inline __attribute__((always_inline))

/* Units of their sums z, at i and j of a block of rows; keeps what their gradients need. */
INLINE void as_units(const step *s, workspace *r, int activation, int i, int j, lanes one, lanes two) {
    const int w = s->width, back = wants_gradients(s);
    if (activation == RELU) one = larger(one, none()), two = larger(two, none());
    else {
        float *slope = r->slope + (size_t)i * w + j;
        lanes z[] = {one, two}, unit[2], steep[2];
        for (int x = 0; x < 2; x++)
            if (activation == QUADRATIC) unit[x] = times(z[x], z[x]), steep[x] = add(z[x], z[x]);
            else {
                lanes density, share = normal_share(z[x], &density);
                unit[x] = times(z[x], share), steep[x] = fma_of(z[x], density, share);
            }
        if (back) store(slope, steep[0]), store(slope + w, steep[1]);
        one = unit[0], two = unit[1];
    }
    as_factors(r->h, back ? r->h_second : NULL, i, j, w, one, two);
}

/* h = f(of_a[a] + of_b[b]) of the pairs from `at`. */
INLINE void hidden_of_sums(const step *s, workspace *r, int activation, int at, int rows) {
    const int w = s->width;
    for (int j = 0; j < w; j += PANEL) for (int i = 0; i < filled(rows); i += 2) {
        int one = at + (i < rows ? i : 0), two = at + (i + 1 < rows ? i + 1 : 0);
        const float *a1 = s->of_a + (size_t)s->a[one] * w, *b1 = s->of_b + (size_t)s->b[one] * w;
        const float *a2 = s->of_a + (size_t)s->a[two] * w, *b2 = s->of_b + (size_t)s->b[two] * w;
        for (int c = j; c < j + PANEL; c += WIDTH)
            as_units(s, r, activation, i, c, add(load(a1 + c), load(b1 + c)), add(load(a2 + c), load(b2 + c)));
    }
}

/* h = f(x w_in + b_in). */
INLINE void hidden_of_mix(const step *s, const weights *v, workspace *r, int activation, int rows) {
    const int w = s->width, k = s->k;
    for (int j = 0; j < w; j += PANEL) {
        multiply(r->x, v->w_in + in_second(0, j, k), in_rows(r->panel, PANEL), ROWS, PANEL, k, filled(rows), k, 0);
        for (int i = 0; i < filled(rows); i += 2) for (int c = 0; c < PANEL; c += WIDTH) {
            const float *z = r->panel + i * PANEL + c;
            lanes bias = load(s->b_in + j + c);
            as_units(s, r, activation, i, j + c, add(load(z), bias), add(load(z + PANEL), bias));
        }
    }
}

/* The gradient by the sum z of the unit at j + c of row i; r->panel holds those by the units from j. */
INLINE lanes by_sum(const step *s, const workspace *r, int activation, int i, int j, int c) {
    const lanes by_unit = load(r->panel + i * PANEL + c);
    if (activation == RELU) return where_above_0(r->h, i, j + c, s->width, by_unit);
    return times(by_unit, load(r->slope + (size_t)i * s->width + j + c));
}

/* d_of_a and d_of_b of one panel, [p, PANEL] each. Pairs come sorted by a, so a's row is kept while it is the same. */
INLINE void back_to_sums(const step *s, workspace *r, int activation, int at, int rows, int j) {
    enum { COUNT = PANEL / WIDTH };
    float *of_a = r->d_of_a + (size_t)j * s->p, *of_b = r->d_of_b + (size_t)j * s->p;
    lanes kept[COUNT];
    for (int c = 0; c < COUNT; c++) kept[c] = none();
    for (int i = 0; i < rows; i++) {
        const int a = s->a[at + i], b = s->b[at + i], last = i + 1 == rows || s->a[at + i + 1] != a;
        for (int c = 0; c < COUNT; c++) {
            float *to = of_b + b * PANEL + c * WIDTH;
            lanes x = by_sum(s, r, activation, i, j, c * WIDTH);
            add_to(to, x);
            kept[c] = add(kept[c], x);
        }
        if (last) for (int c = 0; c < COUNT; c++) {
            add_to(of_a + a * PANEL + c * WIDTH, kept[c]);
            kept[c] = none();
        }
    }
}

/* d_w_in = x^T z' and d_b_in of one panel, where z' are the gradients by z; keeps these for `back_to_mix`. */
INLINE void back_to_weights(const step *s, workspace *r, int activation, int rows, int j) {
    const int w = s->width, k = s->k;
    factor *second = r->h_second; /* of this panel, no longer needed for the units */
    for (int c = 0; c < PANEL; c += WIDTH) {
        lanes bias = none();
        for (int i = 0; i < filled(rows); i += 2) {
            lanes one = by_sum(s, r, activation, i, j, c), two = by_sum(s, r, activation, i + 1, j, c);
            as_factors(r->z, second, i, j + c, w, one, two);
            bias = add(bias, add(one, two));
        }
        add_to(r->d_b_in + j + c, bias);
    }
    sums into = in_tiles(r->d_w_in, w);
    into.at = sum_at(into, 0, j);
    multiply(r->x_transposed, second + in_second(0, j, ROWS), into, k, PANEL, ROWS, k, filled(rows), 1);
}

/* The gradients by x, z' w_in^T + g w_direct^T, and d_w_direct = g^T x. */
static void back_to_mix(const step *s, const weights *v, workspace *r, int rows) {
    const int w = s->width, k = s->k;
    multiply(r->g_transposed, r->x_second, in_tiles(r->d_w_direct, k), s->p, k, ROWS, s->p, filled(rows), 1);
    multiply(r->z, v->w_in_transposed, in_rows(r->d_x, k), ROWS, k, w, filled(rows), w, 0);
    multiply(r->g, v->w_direct_transposed, in_rows(r->d_x, k), ROWS, k, s->p, filled(rows), s->p, 1);
}
