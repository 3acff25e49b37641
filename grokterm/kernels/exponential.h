/* e^x and what units are made of it, in float32. */
#include "lanes.h"

/* e^x for x <= 0, to float rounding (Cephes' polynomial). */
static inline lanes exponential(lanes x) {
    static const float terms[] = {1.3981999507e-3f, 8.3334519073e-3f, 4.1665795894e-2f, 1.6666665459e-1f, 5.0000001201e-1f};
    x = larger(x, all(-87.0f));
    lanes n = nearest(times(x, all(1.44269504f)));
    lanes r = fma_of(n, all(-0.693359375f), x);
    r = fma_of(n, all(2.12194440e-4f), r);
    lanes y = all(1.9875691500e-4f);
    for (int i = 0; i < 5; i++) y = fma_of(y, r, all(terms[i]));
    y = add(fma_of(y, times(r, r), r), all(1.0f));
    return scale_by_2(y, n);
}

/* The share of a standard normal variable below z, and its density there.
 * erfc t = u e^(-t² + P(u)), u = 1 / (1 + t / 2) for t >= 0: a Chebyshev fit, to 1.2e-7 of itself (Numerical Recipes). */
static inline lanes normal_share(lanes z, lanes *density) {
    static const float terms[] = {-0.82215223f, 1.48851587f, -1.13520398f, 0.27886807f, -0.18628806f,
                                  0.09678418f, 0.37409196f, 1.00002368f, -1.26551223f};
    lanes t = times(larger(z, minus(none(), z)), all(0.707106781f)), square = times(t, t);
    lanes u = divide(all(1.0f), fma_of(t, all(0.5f), all(1.0f))), exponent = all(0.17087277f);
    for (int i = 0; i < 9; i++) exponent = fma_of(exponent, u, all(terms[i]));
    lanes beyond = times(times(u, all(0.5f)), exponential(minus(exponent, square)));
    *density = times(all(0.398942280f), exponential(minus(none(), square)));
    return choose(above(z, none()), minus(all(1.0f), beyond), beyond);
}
