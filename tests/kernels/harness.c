/* A step of the kernels against the same sums in double, in plain loops: for each case its name, the largest relative
 * error of the loss and of the norm of a gradient, and a digest of all bits that the kernels gave. */
#include "pairs.c"
#include <stdio.h>

enum { MOST_P = 97, MOST_WIDTH = 128, MOST_K = 96, MOST_HEADS = 4, MOST_N = 204, TOKENS = 2 * MOST_P + 1 };
enum { OF_A, OF_B, SCORES, VALUES, W_IN, B_IN, W_DIRECT, W_OUT, B_OUT, NAMES };

static float given[NAMES][TOKENS * MOST_WIDTH], got[NAMES][TOKENS * MOST_WIDTH];
static double right[NAMES][TOKENS * MOST_WIDTH];
static int32_t a[MOST_N], b[MOST_N], labels[MOST_N];
static uint64_t state;

static double drawn(void) { /* from -1 to 1 */
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (double)(state >> 40) / (1 << 23) - 1;
}

static double squared(double x) { return x * x; }

static double unit(int activation, double z, double *slope) {
    const double share = erfc(-z / sqrt(2)) / 2, density = exp(-z * z / 2) / sqrt(2 * M_PI);
    if (activation == RELU) return *slope = z > 0, z > 0 ? z : 0;
    if (activation == QUADRATIC) return *slope = 2 * z, z * z;
    return *slope = share + z * density, z * share;
}

/* Adds the gradients of pair i and gives its loss. */
static double plain_pair(const step *s, int i) {
    const int p = s->p, w = s->width, k = s->k, size = k ? k / (int)s->heads : 0, token[] = {a[i], p + b[i], 2 * p};
    static double x[MOST_K], d_x[MOST_K], h[MOST_WIDTH], slope[MOST_WIDTH], g[MOST_P], pattern[MOST_HEADS][3];
    double top = -INFINITY, total = 0;
    for (int head = 0; head < s->heads && k; head++) {
        double sum = 0;
        for (int j = 0; j < 3; j++) sum += exp((double)given[SCORES][token[j] * s->heads + head]);
        for (int j = 0; j < 3; j++) pattern[head][j] = exp((double)given[SCORES][token[j] * s->heads + head]) / sum;
    }
    for (int e = 0; e < k; e++) {
        x[e] = d_x[e] = 0;
        for (int j = 0; j < 3; j++) x[e] += pattern[e / size][j] * given[VALUES][token[j] * k + e];
    }
    for (int u = 0; u < w; u++) {
        double z = k ? given[B_IN][u] : (double)given[OF_A][a[i] * w + u] + given[OF_B][b[i] * w + u];
        for (int e = 0; e < k; e++) z += x[e] * given[W_IN][e * w + u];
        h[u] = unit(s->activation, z, &slope[u]);
    }
    for (int c = 0; c < p; c++) {
        g[c] = given[B_OUT][c];
        for (int u = 0; u < w; u++) g[c] += h[u] * given[W_OUT][u * p + c];
        for (int e = 0; e < k; e++) g[c] += x[e] * given[W_DIRECT][e * w + c];
        if (g[c] > top) top = g[c];
    }
    for (int c = 0; c < p; c++) total += s->loss_function ? squared(g[c] - (c == labels[i])) : exp(g[c] - top);
    const double loss = s->loss_function ? total / p : log(total) - (g[labels[i]] - top);
    for (int c = 0; c < p; c++) {
        const double wrong = s->loss_function ? 2 * g[c] / p : exp(g[c] - top) / total;
        g[c] = (wrong - (c == labels[i]) * (s->loss_function ? 2.0 / p : 1)) * s->share;
        right[B_OUT][c] += g[c];
        for (int u = 0; u < w; u++) right[W_OUT][u * p + c] += h[u] * g[c];
        for (int e = 0; e < k; e++) right[W_DIRECT][e * w + c] += x[e] * g[c], d_x[e] += given[W_DIRECT][e * w + c] * g[c];
    }
    for (int u = 0; u < w; u++) {
        double d = 0;
        for (int c = 0; c < p; c++) d += given[W_OUT][u * p + c] * g[c];
        d *= slope[u];
        if (!k) right[OF_A][a[i] * w + u] += d, right[OF_B][b[i] * w + u] += d;
        else right[B_IN][u] += d;
        for (int e = 0; e < k; e++) right[W_IN][e * w + u] += x[e] * d, d_x[e] += given[W_IN][e * w + u] * d;
    }
    for (int e = 0; e < k; e++) for (int j = 0; j < 3; j++) {
        const double weight = pattern[e / size][j], value = given[VALUES][token[j] * k + e];
        right[VALUES][token[j] * k + e] += weight * d_x[e];
        right[SCORES][token[j] * s->heads + e / size] += weight * d_x[e] * (value - x[e]);
    }
    return loss;
}

static int by_a(const void *one, const void *two) { return *(const int32_t *)one - *(const int32_t *)two; }

static uint64_t digest_of(uint64_t digest, const void *at, size_t bytes) {
    for (size_t i = 0; i < bytes; i += sizeof(uint64_t)) {
        uint64_t word;
        memcpy(&word, (const char *)at + i, sizeof word);
        digest = (digest ^ word ^ digest >> 32) * 1099511628211u;
    }
    return digest;
}

static void compare(int n, int p, int width, int k, int heads, int activation, int loss_function, int threads) {
    step s = {.n = n, .p = p, .width = width, .k = k, .heads = heads, .stride = width, .threads = threads,
              .activation = activation, .loss_function = loss_function, .share = 1.0 / n, .a = a, .b = b, .labels = labels,
              .w_out = given[W_OUT], .b_out = given[B_OUT], .d_w_out = got[W_OUT], .d_b_out = got[B_OUT]};
    if (k) {
        s.scores = given[SCORES], s.values = given[VALUES], s.w_in = given[W_IN], s.b_in = given[B_IN];
        s.w_direct = given[W_DIRECT], s.d_scores = got[SCORES], s.d_values = got[VALUES], s.d_w_in = got[W_IN];
        s.d_b_in = got[B_IN], s.d_w_direct = got[W_DIRECT];
    } else s.of_a = given[OF_A], s.of_b = given[OF_B], s.d_of_a = got[OF_A], s.d_of_b = got[OF_B];
    state = n * 1000 + p;
    for (int x = 0; x < NAMES; x++) for (int i = 0; i < TOKENS * MOST_WIDTH; i++)
        given[x][i] = (x == W_OUT || x == W_IN ? 0.3 : 1) * drawn(), got[x][i] = 0, right[x][i] = 0;
    for (int i = 0; i < n; i++) a[i] = (drawn() + 1) / 2 * p, b[i] = (drawn() + 1) / 2 * p, labels[i] = (drawn() + 1) / 2 * p;
    qsort(a, n, sizeof *a, by_a);
    double loss = 0, worst;
    for (int i = 0; i < n; i++) loss += plain_pair(&s, i);
    if (take_step(&s)) exit(1);
    worst = fabs(s.loss - loss) / loss;
    uint64_t digest = digest_of(14695981039346656037u, &s.loss, sizeof s.loss);
    for (int x = 0; x < NAMES; x++) {
        double apart = 0, norm = 0;
        for (int i = 0; i < TOKENS * MOST_WIDTH; i++) apart += squared(got[x][i] - right[x][i]), norm += squared(right[x][i]);
        if (norm > 0 && sqrt(apart / norm) > worst) worst = sqrt(apart / norm);
        if (norm == 0 && apart > 0) worst = INFINITY;
        digest = digest_of(digest, got[x], sizeof got[x]);
    }
    printf("n%d-p%d-width%d-k%d-heads%d-activation%d-loss%d-threads%d %.3g %016llx\n", n, p, width, k, heads, activation, loss_function, threads, worst, (unsigned long long)digest);
}

/* Pairs fill a part of a block, one or two whole ones and an odd few, for one thread or two. Either loss where units are
 * rectified: what comes after the logits does not ask which units there are. */
int main(void) {
    for (int activation = RELU; activation <= GELU; activation++) for (int k = 0; k <= 64; k += 64)
        for (int loss = CROSS_ENTROPY; loss <= (activation == RELU ? SQUARED_ERROR : CROSS_ENTROPY); loss++) {
            compare(1, 3, 32, k, k ? 1 : 0, activation, loss, 1);
            compare(127, 16, 64, k, k ? 2 : 0, activation, loss, 2);
            compare(204, 31, 96, k, k ? 4 : 0, activation, loss, 1);
            if (k) compare(200, 13, 32, 96, 3, activation, loss, 2);
            compare(198, 97, 128, k, k ? 4 : 0, activation, loss, 2);
        }
    return 0;
}
