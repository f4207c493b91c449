/* pool_test.c - that work runs once and in order, and that every bound refuses. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "net/pool.h"
#include "test/unit.h"

/* A piece of work that waits for its gate, then writes down when it ran. */
struct step {
	struct work work;
	sem_t *gate;
	int order;
	void *worker;
	struct pool *again; /* submit itself there once more */
	bool refused;
};

static atomic_int clock_of_steps;
static sem_t started;

static void
run_step(struct work *w, void *worker)
{
	struct step *s = (struct step *)w;

	sem_post(&started);
	if (s->gate != NULL)
		sem_wait(s->gate);
	s->order = atomic_fetch_add(&clock_of_steps, 1);
	s->worker = worker;
	if (s->again != NULL)
		s->refused = !pool_submit(s->again, w);
}

static void
step_init(struct step *s, uint64_t source, sem_t *gate)
{
	*s = (struct step){ .work = { .run = run_step, .source = source }, .gate = gate, .order = -1 };
}

static int
set_up(void **state)
{
	(void)state;
	atomic_store(&clock_of_steps, 0);
	return sem_init(&started, 0, 0);
}

static void
test_runs_in_order_and_ends_only_when_done(void **state)
{
	static struct step steps[1000];
	struct pool *p =
	    pool_new(&(struct pool_config){ .name = "order", .n_threads = 1, .queue_max = 1000 });

	(void)state;
	assert_non_null(p);
	for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
		step_init(&steps[i], i, NULL);
		assert_true(pool_submit(p, &steps[i].work));
	}
	assert_null(pool_free(p));
	for (size_t i = 0; i < ARRAY_LEN(steps); i++)
		assert_int_equal(steps[i].order, (int)i);
}

static void
test_full_queue_refuses(void **state)
{
	struct pool *p = pool_new(&(struct pool_config){ .name = "full", .n_threads = 1, .queue_max = 2 });
	struct pool_stats stats;
	struct step steps[4];
	sem_t gate;

	(void)state;
	assert_non_null(p);
	sem_init(&gate, 0, 0);
	for (size_t i = 0; i < 4; i++)
		step_init(&steps[i], 0, i == 0 ? &gate : NULL);
	/* The one that runs does not wait any more, so it takes no place. */
	assert_true(pool_submit(p, &steps[0].work));
	sem_wait(&started);
	assert_true(pool_submit(p, &steps[1].work));
	assert_true(pool_submit(p, &steps[2].work));
	assert_false(pool_submit(p, &steps[3].work));
	pool_stats(p, &stats);
	assert_int_equal(stats.refused, 1);
	assert_int_equal(stats.waiting, 2);
	assert_int_equal(stats.waiting_max, 2);
	assert_int_equal(stats.running, 1);
	assert_int_equal(stats.done, 0);
	sem_post(&gate);
	pool_free(p);
	assert_int_equal(steps[2].order, 2);
	assert_int_equal(steps[3].order, -1);
	sem_destroy(&gate);
}

/* One address that floods takes its share and leaves the rest of the queue to the others. */
static void
test_a_source_has_its_share(void **state)
{
	struct pool *p = pool_new(
	    &(struct pool_config){ .name = "share", .n_threads = 1, .queue_max = 100, .share_max = 2 });
	struct step held, mine[3], others[8];
	size_t taken = 0;
	sem_t gate;

	(void)state;
	assert_non_null(p);
	sem_init(&gate, 0, 0);
	step_init(&held, 7, &gate);
	assert_true(pool_submit(p, &held.work));
	sem_wait(&started);
	for (size_t i = 0; i < 3; i++) {
		step_init(&mine[i], 7, NULL);
		assert_int_equal(pool_submit(p, &mine[i].work), i < 2);
	}
	/* Buckets are salted: of eight others hardly any falls into the flooder's. */
	for (size_t i = 0; i < 8; i++) {
		step_init(&others[i], 1000 + i, NULL);
		taken += pool_submit(p, &others[i].work);
	}
	assert_true(taken >= 6);
	sem_post(&gate);
	pool_free(p);
	sem_destroy(&gate);
}

static void
test_work_given_back_returns_its_share(void **state)
{
	struct pool *p =
	    pool_new(&(struct pool_config){ .name = "back", .n_threads = 1, .queue_max = 1, .share_max = 1 });
	struct step s;

	(void)state;
	assert_non_null(p);
	for (int i = 0; i < 100; i++) {
		step_init(&s, 5, NULL);
		assert_true(pool_submit(p, &s.work));
		sem_wait(&started);
		/* It has left the queue; whether it has run to its end shows in done. */
		for (struct pool_stats st = { 0 }; st.done != (uint64_t)i + 1;)
			pool_stats(p, &st);
	}
	pool_free(p);
}

/* While the pool ends, work that is running may not bring more. */
static void
test_an_ending_pool_refuses(void **state)
{
	struct pool *p = pool_new(&(struct pool_config){ .name = "end", .n_threads = 1, .queue_max = 10 });
	struct step s;

	(void)state;
	assert_non_null(p);
	step_init(&s, 0, NULL);
	s.again = p;
	/* It submits itself for ever, until it is refused. */
	assert_true(pool_submit(p, &s.work));
	sem_wait(&started);
	pool_free(p);
	assert_true(s.refused);
}

static atomic_int entered, left;

static void *
enter_counted(void *arg)
{
	int n = atomic_fetch_add(&entered, 1);
	const int *fail_at = arg;

	return n == *fail_at ? NULL : &entered;
}

static void
leave_counted(void *worker)
{
	assert_ptr_equal(worker, &entered);
	atomic_fetch_add(&left, 1);
}

static void
test_each_thread_enters_and_leaves(void **state)
{
	int fail_at = -1;
	struct pool_config c = { .name = "enter",
		.n_threads = 3,
		.queue_max = 10,
		.enter = enter_counted,
		.leave = leave_counted,
		.arg = &fail_at };
	struct pool *p;
	struct step s;

	(void)state;
	atomic_store(&entered, 0);
	p = pool_new(&c);
	assert_non_null(p);
	assert_int_equal(atomic_load(&entered), 3);
	step_init(&s, 0, NULL);
	assert_true(pool_submit(p, &s.work));
	pool_free(p);
	assert_ptr_equal(s.worker, &entered);
	assert_int_equal(atomic_load(&left), 3);

	/* One that cannot enter: no pool, and those that could have left again. */
	atomic_store(&entered, 0);
	atomic_store(&left, 0);
	fail_at = 1;
	assert_null(pool_new(&c));
	assert_int_equal(atomic_load(&left), 2);
}

static void
run_priority(struct work *w, void *worker)
{
	(void)worker;
	((struct step *)w)->order = getpriority(PRIO_PROCESS, 0);
}

static void
test_nice_threads_leave_the_others_alone(void **state)
{
	struct pool *p =
	    pool_new(&(struct pool_config){ .name = "nice", .n_threads = 1, .queue_max = 1, .nice = 5 });
	int before = getpriority(PRIO_PROCESS, 0);
	struct step s;

	(void)state;
	assert_non_null(p);
	step_init(&s, 0, NULL);
	s.work.run = run_priority;
	assert_true(pool_submit(p, &s.work));
	pool_free(p);
	assert_int_equal(s.order, before + 5 > 19 ? 19 : before + 5);
	assert_int_equal(getpriority(PRIO_PROCESS, 0), before);
}

struct crowd {
	struct pool *pool;
	struct step steps[500];
	size_t taken;
};

static void *
crowd_submit(void *arg)
{
	struct crowd *c = arg;

	for (size_t i = 0; i < ARRAY_LEN(c->steps); i++) {
		step_init(&c->steps[i], i, NULL);
		c->taken += pool_submit(c->pool, &c->steps[i].work);
	}
	return NULL;
}

/* Many submit at once (the thread sanitizer watches): what was taken is run, exactly once. */
static void
test_many_submitters(void **state)
{
	static struct crowd crowds[4];
	pthread_t threads[4];
	struct pool *p = pool_new(
	    &(struct pool_config){ .name = "many", .n_threads = 3, .queue_max = 64, .share_max = 4 });
	size_t taken = 0;

	(void)state;
	assert_non_null(p);
	for (size_t i = 0; i < 4; i++) {
		crowds[i] = (struct crowd){ .pool = p };
		assert_int_equal(pthread_create(&threads[i], NULL, crowd_submit, &crowds[i]), 0);
	}
	for (size_t i = 0; i < 4; i++) {
		pthread_join(threads[i], NULL);
		taken += crowds[i].taken;
	}
	pool_free(p);
	assert_int_equal(atomic_load(&clock_of_steps), (int)taken);
}

static void
test_free_of_nothing(void **state)
{
	(void)state;
	assert_null(pool_free(NULL));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_runs_in_order_and_ends_only_when_done, set_up),
		cmocka_unit_test_setup(test_full_queue_refuses, set_up),
		cmocka_unit_test_setup(test_a_source_has_its_share, set_up),
		cmocka_unit_test_setup(test_work_given_back_returns_its_share, set_up),
		cmocka_unit_test_setup(test_an_ending_pool_refuses, set_up),
		cmocka_unit_test_setup(test_each_thread_enters_and_leaves, set_up),
		cmocka_unit_test_setup(test_nice_threads_leave_the_others_alone, set_up),
		cmocka_unit_test_setup(test_many_submitters, set_up),
		cmocka_unit_test_setup(test_free_of_nothing, set_up),
	};

	return cmocka_run_group_tests_name("pool", tests, NULL, NULL);
}
