/* The step of pairs.c with its products in float32. */
#define IN_FLOAT32
#include "pairs.c"
