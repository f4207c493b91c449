/* metrics.c - what an operator watches, in Prometheus' text form. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/admin.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "notify/sender.h"
#include "session/cache.h"
#include "version.gen.h"

enum metric_kind { COUNTER, GAUGE };

static void
put_head(struct buf *out, const char *name, enum metric_kind kind, const char *help)
{
	buf_printf(out, "# HELP sessiond_%s %s\n# TYPE sessiond_%s %s\n", name, help, name,
	    kind == COUNTER ? "counter" : "gauge");
}

static void
put(struct buf *out, const char *name, enum metric_kind kind, const char *help, uint64_t v)
{
	put_head(out, name, kind, help);
	buf_printf(out, "sessiond_%s %" PRIu64 "\n", name, v);
}

/*
 * Core dumps and debuggers are off, so the process tells about itself. 0: /proc
 * does not say.
 */
static uint64_t
resident_bytes(void)
{
	FILE *f = fopen("/proc/self/statm", "re");
	char line[128] = "";
	char *second;

	if (!f)
		return 0;
	/* proc(5): total size, then what is resident, in pages. */
	second = fgets(line, sizeof(line), f) ? strchr(line, ' ') : NULL;
	fclose(f);
	return second ? strtoull(second, NULL, 10) * (uint64_t)sysconf(_SC_PAGESIZE) : 0;
}

static uint64_t
open_descriptors(void)
{
	DIR *dir = opendir("/proc/self/fd");
	uint64_t n = 0;

	if (!dir)
		return 0;
	while (readdir(dir))
		n++;
	closedir(dir);
	/* ".", "..", and the one that reads. */
	return n > 3 ? n - 3 : 0;
}

static void
write_process(const struct admin_config *c, struct buf *out)
{
	struct background_stats b;

	put(out, "resident_bytes", GAUGE, "Memory in use.", resident_bytes());
	put(out, "open_descriptors", GAUGE, "Open files and sockets.", open_descriptors());
	put(out, "uptime_seconds", GAUGE, "Since the start.", (uint64_t)((clock_mono() - c->began_mono) / SECOND_US));
	put(out, "log_bytes_total", COUNTER, "Bytes written to the log.", log_bytes_written());
	put(out, "store_up", GAUGE, "1 while the database answers.", background_store_is_up(c->background));
	background_stats(c->background, &b);
	put(out, "swept_rows_total", COUNTER, "Expired rows deleted.", b.swept);
	put(out, "audit_chained_total", COUNTER, "Audit events given their place in the chain.", b.chained);
	put(out, "signing_keys_moved_total", COUNTER, "Signing keys that began to sign, were made by schedule, or are gone.", b.keys_moved);
	put(out, "background_failures_total", COUNTER, "Rounds of background work that failed.", b.failures);
}

static void
write_server(const struct server *s, struct buf *out)
{
	struct server_stats st;

	server_stats(s, &st);
	put(out, "connections_open", GAUGE, "Client connections.", st.open);
	put(out, "connections_accepted_total", COUNTER, "Client connections accepted.", st.accepted);
	put(out, "connections_closed_total", COUNTER, "Client connections closed.", st.closed);
	put(out, "http_requests_total", COUNTER, "Requests read.", st.requests);
	put(out, "http_refused_total", COUNTER, "Messages refused before they became a request.", st.refused);
	put(out, "accept_pauses_total", COUNTER, "Times accepting waited for a descriptor.", st.accept_pauses);
	put(out, "bytes_read_total", COUNTER, "Bytes from clients.", st.bytes_in);
	put(out, "bytes_written_total", COUNTER, "Bytes to clients.", st.bytes_out);
}

enum { POOLS = 3 };
static const char *const pool_names[POOLS] = { "workers", "hash", "backend" };

/* One metric of all pools: its lines must stand together. */
static void
write_pool_metric(struct buf *out, const char *name, enum metric_kind kind, const char *help, const uint64_t values[POOLS])
{
	put_head(out, name, kind, help);
	for (size_t i = 0; i < POOLS; i++)
		buf_printf(out, "sessiond_%s{pool=\"%s\"} %" PRIu64 "\n", name, pool_names[i], values[i]);
}

static void
write_pools(const struct admin_config *c, struct buf *out)
{
	uint64_t done[POOLS], refused[POOLS], waiting[POOLS], waiting_max[POOLS], running[POOLS];
	struct pool *const pools[POOLS] = { c->app->workers, c->app->hash_lane, c->backend };
	struct pool_stats s;

	for (size_t i = 0; i < POOLS; i++) {
		pool_stats(pools[i], &s);
		done[i] = s.done;
		refused[i] = s.refused;
		waiting[i] = s.waiting;
		waiting_max[i] = s.waiting_max;
		running[i] = s.running;
	}
	write_pool_metric(out, "pool_done_total", COUNTER, "Requests worked on.", done);
	write_pool_metric(out, "pool_refused_total", COUNTER, "Requests the full queue did not take.", refused);
	write_pool_metric(out, "pool_waiting", GAUGE, "Requests in the queue.", waiting);
	write_pool_metric(out, "pool_waiting_max", GAUGE, "The most there ever were.", waiting_max);
	write_pool_metric(out, "pool_running", GAUGE, "Threads at work.", running);
}

static void
write_store(const struct app *app, struct buf *out)
{
	struct store_stats s;
	struct hasher_stats h;

	store_stats(app->store, &s);
	put(out, "store_commits_total", COUNTER, "Transactions committed.", s.commits);
	put(out, "store_writes_total", COUNTER, "Writes in those transactions.", s.members);
	put(out, "store_rollbacks_total", COUNTER, "Transactions rolled back.", s.rollbacks);
	put(out, "store_write_errors_total", COUNTER, "Writes that the database failed.", s.write_errors);
	put(out, "store_writes_waiting", GAUGE, "Writes in the queue.", s.waiting);
	put(out, "store_writes_waiting_max", GAUGE, "The most there ever were.", s.waiting_max);
	hasher_stats(app->hasher, &h);
	put(out, "hashes_total", COUNTER, "Password hashes computed.", h.hashes);
	put(out, "hashes_refused_total", COUNTER, "Password hashes the full queue did not take.", h.refused);
	put(out, "hashes_waiting", GAUGE, "Password hashes in the queue.", h.waiting);
}

static void
write_cache(const struct app *app, struct buf *out)
{
	struct cache_stats c;

	cache_stats(app->cache, &c);
	put(out, "cache_hits_total", COUNTER, "Answers of GET /session given from memory.", c.hits);
	put(out, "cache_misses_total", COUNTER, "Answers that were not in memory, or not good any more.", c.misses);
	put(out, "cache_stale_total", COUNTER, "Of those, the ones that something had changed.", c.stale);
	put(out, "cache_fills_total", COUNTER, "Answers put into memory.", c.fills);
	put(out, "cache_evictions_total", COUNTER, "Answers dropped to stay within cache-memory.", c.evictions);
	put(out, "cache_joined_total", COUNTER, "Requests that waited for another's reading of the same session.", c.joined);
	put(out, "cache_entries", GAUGE, "Answers in memory.", c.entries);
	put(out, "cache_bytes", GAUGE, "Their size.", c.bytes);
	put(out, "cache_ceiling_bytes", GAUGE, "The most that may be.", c.ceiling);
	put(out, "answer_bytes", GAUGE, "What long lists hold that are being answered; answer-memory is the most.", rope_pool_used(app->ropes));
	put_head(out, "revocation_lag_seconds", GAUGE, "Since other nodes' changes were last read; beyond 0.9 nothing is answered from memory.");
	buf_printf(out, "sessiond_revocation_lag_seconds %.3f\n", (double)coherence_lag_us() / (double)SECOND_US);
}

static void
write_messages(const struct app *app, struct buf *out)
{
	static const char *const results[MESSAGE_RESULT__COUNT] = { "sent", "kept", "failed", "given_up" };
	struct sender_stats s;

	sender_stats(app->sender, &s);
	put_head(out, "messages_total", COUNTER, "Deliveries of messages, by how they ended; kept: there is no transport, the outbox shows it.");
	for (int channel = 0; channel < CHANNEL__COUNT; channel++)
		for (int result = 0; result < MESSAGE_RESULT__COUNT; result++)
			buf_printf(out, "sessiond_messages_total{channel=\"%s\",result=\"%s\"} %" PRIu64 "\n",
			    message_channel_name((enum message_channel)channel), results[result], s.results[channel][result]);
	put(out, "messages_due", GAUGE, "Messages that wait to be delivered.", s.due);
	put(out, "messages_oldest_due_seconds", GAUGE, "Since the oldest of them was written.", (uint64_t)(s.oldest_us / SECOND_US));
	put(out, "webhooks_due", GAUGE, "Events that wait to be told to endpoints.", s.hooks_due);
	put(out, "webhooks_oldest_due_seconds", GAUGE, "Since the oldest of them was written.", (uint64_t)(s.hooks_oldest_us / SECOND_US));
	put(out, "webhooks_disabled_total", COUNTER, "Endpoints disabled because they failed for days, or said 410 Gone.", s.hooks_given_out);
	put(out, "message_rounds_failed_total", COUNTER, "Rounds of the sender that the database failed.", s.failures);
}

void
metrics_write(const struct admin_config *c, struct buf *out)
{
	put_head(out, "info", GAUGE, "1; what runs is in the labels.");
	buf_printf(out, "sessiond_info{version=\"%s\",engine=\"%s\"} 1\n", SESSIOND_VERSION, store_engine(c->app->store));
	write_process(c, out);
	write_server(c->server, out);
	write_pools(c, out);
	write_store(c->app, out);
	write_cache(c->app, out);
	write_messages(c->app, out);
	app_write_metrics(c->app, out);
}
