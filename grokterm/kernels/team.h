/* Threads that share the work of a step, and sleep between steps. */
#ifndef TEAM_H
#define TEAM_H

/* One of the members that a piece of work is split among; which thread does its part does not matter. */
typedef struct { int at, of; } member;

/* What one member does. */
typedef void work(void *given, member me);

/* Have each of `count` members do its part of each of `works`, one work after the other, on at most `threads` threads;
 * returns when all have. Fewer threads do more parts each: the results are those of `count` members. */
void share_out(work *const *works, int number, void *given, int count, int threads);

/* The numbers below `count` that are the member's, in one stretch. */
typedef struct { int first, last; } range;

static inline range part_of(int count, member me) {
    return (range){(long long)count * me.at / me.of, (long long)count * (me.at + 1) / me.of};
}
#endif
