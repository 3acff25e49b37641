/* Losses and their gradients by the logits, a row at a time, in float32. */

/* softmax - one-hot of one row of logits, in place, filled up with 0; its loss, and whether `label` is the class of the
 * largest. That of the label is minus the sum of the others: its softmax less 1 is lost to rounding (lab/losses.py). */
static float cross_entropy_of(float *l, const float *bias, int p, int label, int *right) {
    const lanes lowest = all(-INFINITY);
    lanes top[PARTS], total[PARTS];
    for (int q = 0; q < PARTS; q++) top[q] = lowest, total[q] = none();
    for (int j = 0; j < p; j += 16) for (int q = 0; q < PARTS && j + q * WIDTH < p; q++) {
        const int at = j + q * WIDTH;
        lanes x = choose(first_lanes(p - at), add(load(l + at), load_first(bias + at, p - at)), lowest);
        top[q] = larger(top[q], x);
        store(l + at, x);
    }
    const float highest = largest_of_16(top), wanted = l[label] - highest;
    int before = 0; /* whether a class before the label has as large a logit */
    if (wanted == 0) for (int j = 0; j < label; j++) before |= l[j] - highest == 0;
    for (int j = 0; j < p; j += 16) for (int q = 0; q < PARTS && j + q * WIDTH < p; q++) {
        const int at = j + q * WIDTH;
        lanes e = only(all_but(label - at), exponential(minus(load(l + at), all(highest))));
        e = only(first_lanes(p - at), e);
        total[q] = add(total[q], e);
        store(l + at, e);
    }
    const float others = sum_of_16(total), sum = others + exponential_of(wanted);
    for (int j = 0; j < p; j += WIDTH) store(l + j, times(load(l + j), all(1 / sum)));
    l[label] = -others / sum;
    *right += wanted == 0 && !before;
    return wanted == 0 ? logarithm_of_1_and(others) : logarithm_of(sum) - wanted;
}

/* The same of the mean over classes of (logit - one-hot)²: the gradient, in place, is 2 (logit - one-hot) / p. */
static float squared_error_of(float *l, const float *bias, int p, int label, int *right) {
    lanes top[PARTS], total[PARTS];
    for (int q = 0; q < PARTS; q++) top[q] = all(-INFINITY), total[q] = none();
    for (int j = 0; j < p; j += 16) for (int q = 0; q < PARTS && j + q * WIDTH < p; q++) {
        const int at = j + q * WIDTH;
        lanes x = only(first_lanes(p - at), add(load(l + at), load_first(bias + at, p - at)));
        top[q] = larger(top[q], choose(first_lanes(p - at), x, all(-INFINITY)));
        store(l + at, x);
    }
    const float highest = largest_of_16(top), wanted = l[label];
    int before = 0;
    if (wanted == highest) for (int j = 0; j < label; j++) before |= l[j] == highest;
    l[label] = wanted - 1;
    for (int j = 0; j < p; j += 16) for (int q = 0; q < PARTS && j + q * WIDTH < p; q++) {
        const int at = j + q * WIDTH;
        lanes x = load(l + at);
        total[q] = fma_of(x, x, total[q]);
        store(l + at, times(x, all(2.0f / p)));
    }
    *right += wanted == highest && !before;
    return sum_of_16(total) / p;
}

/* Loss, right answers and the gradients by the logits of the pairs from `at`; these are in r->logits without bias. */
static void errors(const step *s, workspace *r, int at, int rows) {
    const int classes = up_to(s->p, SIDE), p_up = up_to(s->p, DEPTH);
    int right = 0;
    for (int i = 0; i < filled(rows); i++) {
        float *l = r->logits + (size_t)i * classes;
        const int label = i < rows ? s->labels[at + i] : 0;
        if (i < rows) r->loss += s->loss_function == SQUARED_ERROR
            ? squared_error_of(l, s->b_out, s->p, label, &right) : cross_entropy_of(l, s->b_out, s->p, label, &right);
        else memset(l, 0, classes * 4);
        if (i % 2 && wants_gradients(s)) for (int j = 0; j < s->p; j += WIDTH) {
            lanes one = load(l - classes + j), two = load(l + j);
            add_to(r->d_b_out + j, add(one, two));
            as_factors(r->g, r->g_second, i - 1, j, p_up, one, two);
        }
    }
    r->right += right;
}

/* The logits of the pairs from `at` with their bias, as they are asked for. */
static void answers(const step *s, const workspace *r, int at, int rows) {
    const int p = s->p, classes = up_to(p, SIDE);
    for (int i = 0; i < rows; i++) for (int j = 0; j < p; j += WIDTH) {
        lanes x = add(load(r->logits + (size_t)i * classes + j), load_first(s->b_out + j, p - j));
        store_first(s->logits + (size_t)(at + i) * p + j, x, p - j);
    }
}
