/* The last of 16 n + 1 classes, such as 97 and 113: a vector of its own would be empty but for it.
 *
 * Its logit is a dot of hidden units and a column of w_out, which `weights.last` holds.
 */

/* The column; the member's part of it. */
static void take_last_column(member me, const step *s, const weights *v) {
    for (range part = part_of(has_last(s) ? s->width : 0, me); part.first < part.last; part.first++)
        v->last[part.first] = s->w_out[(size_t)part.first * s->p + s->p - 1];
}

/* Logits [rows] of that class, or what is added to them; 4 rows share a load of the column. */
static void last_logits(const step *s, const weights *v, const workspace *r, int rows, int add_to_them) {
    const int classes = up_to(s->p, SIDE);
    for (int i = 0; i < rows; i += 4) {
        lanes dot[4][PARTS];
        for (int x = 0; x < 4; x++) for (int q = 0; q < PARTS; q++) dot[x][q] = none();
        for (int j = 0; j < s->width; j += SIDE) for (int q = 0; q < PARTS; q++) {
            const float *unit = (const float *)(r->h + in_second(i, j + q * WIDTH, ROWS)); /* bfloat16 has none apart */
            const lanes column = load(v->last + j + q * WIDTH);
            for (int x = 0; x < 4; x++) dot[x][q] = fma_of(load(unit + x * SIDE), column, dot[x][q]);
        }
        for (int x = 0; x < 4; x++) {
            float *logit = r->logits + (size_t)(i + x) * classes + s->p - 1;
            *logit = (add_to_them ? *logit : 0) + sum_of_16(dot[x]);
        }
    }
}
