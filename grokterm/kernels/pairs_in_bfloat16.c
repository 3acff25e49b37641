/* The step of pairs.c with its products in bfloat16. */
#define IN_BFLOAT16
#include "pairs.c"
