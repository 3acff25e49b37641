/* The gradients out of the sums of all members, added in the order of these, times what a pair counts. */

/* The sums of all members, at one place in each of their workspaces. */
typedef struct { const workspace *of; int members; float share; size_t at; } totals;

/* The sums of member t. */
static inline float *sums_of(totals x, int t) { return *(float *const *)((const char *)(x.of + t) + x.at); }

/* WIDTH totals, `i` floats from the first. */
static inline lanes total_of(totals x, size_t i) {
    lanes sum = none();
    for (int t = 0; t < x.members; t++) sum = add(sum, load(sums_of(x, t) + i));
    return times(sum, all(x.share));
}

/* Totals of [rows, columns], which lie as `where` says, as rows of `to`, `stride` apart, or as its columns; columns are
 * a multiple of 16. */
static void add_up_matrix(
    member me, totals x, sums where, int rows, int columns, int transposed, float *to, size_t stride
) {
    for (range part = part_of(up_to(rows, WIDTH) / WIDTH, me); part.first < part.last; part.first++)
        for (int i = part.first * WIDTH, j = 0; j < columns; j += WIDTH) {
            lanes block[WIDTH];
            for (int r = 0; r < WIDTH; r++) block[r] = total_of(x, sum_at(where, i + r, j) - where.at);
            if (transposed) transpose(block);
            for (int r = 0; r < WIDTH; r++)
                if (transposed) store_first(to + (j + r) * stride + i, block[r], rows - i);
                else if (i + r < rows) store(to + (i + r) * stride + j, block[r]);
        }
}

/* Totals in panels, [width / PANEL, p, PANEL], as rows of `to` [p, width]. */
static void add_up_panels(member me, totals x, const step *s, float *to) {
    for (range part = part_of(s->width / PANEL, me); part.first < part.last; part.first++)
        for (int j = part.first * PANEL, i = 0; i < s->p; i++) for (int c = 0; c < PANEL; c += WIDTH)
            store(to + (size_t)i * s->width + j + c, total_of(x, (size_t)j * s->p + i * PANEL + c));
}

/* Totals of one row. */
static void add_up_row(member me, totals x, int columns, float *to) {
    for (range part = part_of(up_to(columns, WIDTH) / WIDTH, me); part.first < part.last; part.first++)
        store_first(to + part.first * WIDTH, total_of(x, part.first * WIDTH), columns - part.first * WIDTH);
}

static void add_up(member me, const step *s, const workspace *r) {
    const int w = s->width, p = s->p, k = s->k;
    #define ALL(sums) (totals){r, s->threads, s->share, offsetof(workspace, sums)}
    add_up_matrix(me, ALL(d_w_out), in_tiles(r->d_w_out, w), p, w, 1, s->d_w_out, p);
    add_up_row(me, ALL(d_b_out), p, s->d_b_out);
    if (s->of_a) {
        add_up_panels(me, ALL(d_of_a), s, s->d_of_a);
        add_up_panels(me, ALL(d_of_b), s, s->d_of_b);
    } else if (inputs_of(s) == FROM_TERMS) {
        back_to_panels(me, s, r);
        add_up_row(me, ALL(d_b_in), w, s->d_b_in);
    } else {
        add_up_matrix(me, ALL(d_w_in), in_tiles(r->d_w_in, w), k, w, 0, s->d_w_in, s->stride);
        add_up_row(me, ALL(d_b_in), w, s->d_b_in);
        add_up_matrix(me, ALL(d_w_direct), in_tiles(r->d_w_direct, k), p, k, 1, s->d_w_direct, s->stride);
        add_up_tokens(me, s, r);
    }
    #undef ALL
}
