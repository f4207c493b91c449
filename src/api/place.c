/* place.c - where on earth an address is, by a file that the operator supplies. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "api/place.h"

#include <maxminddb.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "api/app.h"
#include "base/str.h"

enum { NAME_MAX_BYTES = 128 };

/* `lock` guards the rest; a look-up holds it for a few microseconds. */
struct places {
	pthread_rwlock_t lock;
	bool             is_open;
	MMDB_s           file;
};

struct places *
places_new(void)
{
	struct places *p = calloc(1, sizeof(*p));

	if (p && pthread_rwlock_init(&p->lock, NULL) != 0) {
		free(p);
		return NULL;
	}
	return p;
}

struct places *
places_free(struct places *p)
{
	if (!p)
		return NULL;
	if (p->is_open)
		MMDB_close(&p->file);
	pthread_rwlock_destroy(&p->lock);
	free(p);
	return NULL;
}

static void
replace(struct places *p, const MMDB_s *fresh)
{
	MMDB_s old;
	bool was_open;

	pthread_rwlock_wrlock(&p->lock);
	old = p->file;
	was_open = p->is_open;
	p->is_open = fresh != NULL;
	if (fresh)
		p->file = *fresh;
	pthread_rwlock_unlock(&p->lock);
	if (was_open)
		MMDB_close(&old);
}

enum status
places_open(struct task *t, struct places *p, const char *file)
{
	MMDB_s fresh;
	int error;

	if (file[0] == '\0') {
		replace(p, NULL);
		return OK;
	}
	error = MMDB_open(file, MMDB_MODE_MMAP, &fresh);
	if (error != MMDB_SUCCESS)
		return fail(t, E_BAD_REQUEST_BODY, "geoip-file: %s: %s", file, MMDB_strerror(error));
	replace(p, &fresh);
	return OK;
}

/* ---- looking up ---- */

/* Whatever the file says, only well-formed text of a bounded length leaves it. */
static struct str
text_at(struct arena *a, MMDB_entry_s *entry, const char *const *path)
{
	MMDB_entry_data_s data;
	struct str text;

	if (MMDB_aget_value(entry, &data, path) != MMDB_SUCCESS || !data.has_data || data.type != MMDB_DATA_TYPE_UTF8_STRING)
		return S("");
	text = (struct str){ data.utf8_string, data.data_size };
	if (text.n == 0 || text.n > NAME_MAX_BYTES || !str_is_text(text))
		return S("");
	return arena_dup(a, text);
}

#define TEXT_AT(a, entry, ...) text_at((a), (entry), (const char *const[]){ __VA_ARGS__, NULL })

static struct place
read_place(struct arena *a, MMDB_entry_s *entry)
{
	return (struct place){
		.city = TEXT_AT(a, entry, "city", "names", "en"),
		.region = TEXT_AT(a, entry, "subdivisions", "0", "names", "en"),
		.region_code = TEXT_AT(a, entry, "subdivisions", "0", "iso_code"),
		.country = TEXT_AT(a, entry, "country", "names", "en"),
		.country_code = TEXT_AT(a, entry, "country", "iso_code"),
	};
}

static bool
to_sockaddr(const struct net_addr *addr, struct sockaddr_storage *ret)
{
	struct sockaddr_in6 *six = (struct sockaddr_in6 *)ret;
	struct sockaddr_in *four = (struct sockaddr_in *)ret;

	memset(ret, 0, sizeof(*ret));
	ret->ss_family = addr->family;
	if (addr->family == AF_INET)
		memcpy(&four->sin_addr, addr->bytes, 4);
	else if (addr->family == AF_INET6)
		memcpy(&six->sin6_addr, addr->bytes, 16);
	return addr->family == AF_INET || addr->family == AF_INET6;
}

struct place
place_find(struct places *p, struct arena *a, const struct net_addr *addr)
{
	struct place place = { S(""), S(""), S(""), S(""), S("") };
	struct sockaddr_storage sa;
	MMDB_lookup_result_s found;
	int error = MMDB_SUCCESS;

	if (!p || !to_sockaddr(addr, &sa))
		return place;
	pthread_rwlock_rdlock(&p->lock);
	if (p->is_open) {
		found = MMDB_lookup_sockaddr(&p->file, (const struct sockaddr *)&sa, &error);
		if (error == MMDB_SUCCESS && found.found_entry)
			place = read_place(a, &found.entry);
	}
	pthread_rwlock_unlock(&p->lock);
	return place;
}
