/* Matrices of floats as second factors; loops that threads share. */

/* w as a second factor with k rows and n columns, filled up with 0; a loop that threads share. */
static void pack(matrix w, factor *out, int k, int n) {
    #pragma omp for schedule(static) nowait
    for (int j = 0; j < n; j += SIDE)
        for (int i = 0; i < k; i += 2) put(columns_of(w, i, j), columns_of(w, i + 1, j), NULL, out + in_second(i, j, k));
}

/* The transpose of w as a second factor with k rows and n columns; a loop that threads share. */
static void pack_turned(matrix w, factor *out, int k, int n) {
    #pragma omp for schedule(static) nowait
    for (int i = 0; i < n; i += SIDE)
        for (int j = 0; j < k; j += DEPTH) {
            factor tile[TILE];
            for (int r = 0; r < SIDE; r += 2) for (int c = 0; c < DEPTH; c += SIDE)
                put(columns_of(w, i + r, j + c), columns_of(w, i + r + 1, j + c), tile + r * DEPTH + c, NULL);
            to_second(tile, out + in_second(j, i, k), TILE);
        }
}
