/* Threads that share the work of a step, and sleep between steps. */
#include "team.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>

enum { LOOKS = 400 }; /* before sleep, some microseconds: as a rule the others end their parts sooner */

static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER; /* held while something is shared out */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* of all below */
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static atomic_int changes; /* works begun, which may be looked at without the lock */
static work *const *works;
static void *given;
static int current, number;     /* the work that is being done, and how many there are */
static int members, next, left; /* of the current work: all, the first not begun, and how many have not ended */
static int helpers;             /* threads beside the one that asks */

static void look_away(void) {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

/* Go on to work `at`; with the lock held. */
static void begin(int at) {
    current = at, next = 0, left = members;
    atomic_fetch_add(&changes, 1);
    pthread_cond_broadcast(&changed);
}

/* Return, with the lock held, when a work has begun since there were `seen` of them; called with the lock held. */
static void await(int seen) {
    pthread_mutex_unlock(&lock);
    for (int i = 0; i < LOOKS && atomic_load_explicit(&changes, memory_order_relaxed) == seen; i++) look_away();
    pthread_mutex_lock(&lock);
    while (atomic_load(&changes) == seen) pthread_cond_wait(&changed, &lock);
}

/* Do parts that nobody has begun until all works are done; with the lock held. */
static void take_part(void) {
    while (current < number)
        if (next < members) {
            const int at = current;
            const member me = {next++, members};
            pthread_mutex_unlock(&lock);
            works[at](given, me);
            pthread_mutex_lock(&lock);
            if (--left == 0) begin(at + 1);
        } else await(atomic_load(&changes));
}

static void *help(void *unused) {
    pthread_mutex_lock(&lock);
    for (;;) {
        take_part();
        pthread_cond_wait(&changed, &lock);
    }
    return unused;
}

/* A fork has none of the threads, and locks that nobody gives back. */
static void begin_anew(void) {
    pthread_mutex_init(&turn, NULL);
    pthread_mutex_init(&lock, NULL);
    pthread_cond_init(&changed, NULL);
    helpers = current = number = 0;
}

/* Have `wanted` helpers, if the system gives so many; signals are left to the other threads. */
static void grow(int wanted) {
    static int registered = 0;
    sigset_t every, before;
    pthread_attr_t detached;
    if (!registered) registered = pthread_atfork(NULL, NULL, begin_anew) == 0;
    sigfillset(&every);
    pthread_sigmask(SIG_SETMASK, &every, &before);
    pthread_attr_init(&detached);
    pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
    for (pthread_t thread; helpers < wanted; helpers++)
        if (pthread_create(&thread, &detached, help, NULL)) break;
    pthread_attr_destroy(&detached);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

void share_out(work *const *to_do, int how_many, void *with, int count, int threads) {
    if (count <= 1 || threads <= 1) {
        for (int i = 0; i < how_many; i++) for (int at = 0; at < count; at++) to_do[i](with, (member){at, count});
        return;
    }
    const int wanted = (threads < count ? threads : count) - 1;
    pthread_mutex_lock(&turn);
    if (helpers < wanted) grow(wanted);
    pthread_mutex_lock(&lock);
    works = to_do, given = with, members = count, number = how_many;
    begin(0);
    take_part();
    pthread_mutex_unlock(&lock);
    pthread_mutex_unlock(&turn);
}
