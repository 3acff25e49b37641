/* Matrices of floats as second factors, filled up with 0. */

/* w as a second factor with k rows and n columns; the member's part of it. */
static void pack(member me, matrix w, factor *out, int k, int n) {
    for (range part = part_of(n / SIDE, me); part.first < part.last; part.first++)
        for (int i = 0; i < k; i += 2) for (int c = 0; c < SIDE; c += WIDTH) {
            const int j = part.first * SIDE + c;
            as_second(out, i, j, k, columns_of(w, i, j), columns_of(w, i + 1, j));
        }
}

/* The transpose of w as a second factor with k rows and n columns; the member's part of it. */
static void pack_transposed(member me, matrix w, factor *out, int k, int n) {
    for (range part = part_of(n / SIDE, me); part.first < part.last; part.first++)
        turn_to_second(w, part.first * SIDE, out, k);
}
