/* backend.h - the Backend API: what a product's own servers do to its deployment. For src/admin/backend only. */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <jansson.h>

#include "admin/deed/deed.h"
#include "api/app.h"
#include "api/fields.h"
#include "base/json.h"
#include "store/db.h"

struct call;

/* The transaction that .run works in; as in api.h. */
enum call_tx {
	CALL_READ,
	CALL_WRITE,	/* one outcome: the answer goes out after the commit; .run may run twice */
	CALL_STEPS,	/* .run makes short ones of its own: doing it twice must be the same as once */
};

/* What a member of the body, or a parameter of the query, may be. What is not declared is refused (TEN-05). */
enum value_kind {
	VALUE_END = 0,
	VALUE_TEXT,
	VALUE_BOOL,
	VALUE_INT,
	VALUE_WORD,	/* one of .words */
	VALUE_OBJECT,	/* a JSON object, kept as it is */
	VALUE_LIST,	/* of texts */
};
struct value {
	const char        *name;
	enum value_kind    kind;
	bool               required;
	bool               nullable;	/* null says: none any more. Elsewhere null is refused. */
	int64_t            min, max;	/* texts: code points; numbers: bounds; objects: bytes of JSON; lists: entries */
	const char *const *words;	/* NULL-terminated */
	const char        *help;	/* one phrase */
};

/* What an answer holds: exactly these members, in this order. The documents and a test go by it. */
enum member_kind {
	MEMBER_END = 0,
	MEMBER_TEXT,
	MEMBER_ID,	/* text too */
	MEMBER_INT,
	MEMBER_BOOL,
	MEMBER_TIME,	/* "2026-01-31T12:00:00Z" */
	MEMBER_OBJECT,	/* any JSON object */
	MEMBER_SHAPE,	/* .of */
	MEMBER_LIST,	/* of .of, or of texts when that is NULL */
};
struct member {
	const char         *name;
	enum member_kind    kind;
	bool                nullable;
	const struct shape *of;
	const char         *help;
};
enum { SHAPE_MEMBERS_MAX = 24 };
struct shape {
	const char   *name;	/* in the documents */
	struct member members[SHAPE_MEMBERS_MAX];
};

enum { CALL_IDS_MAX = 3, CALL_VALUES_MAX = 16, CALL_FAILS_MAX = 12, CALL_PAGE_MAX = 100, CALL_PAGE_DEFAULT = 20 };

/* One endpoint. Its row sits under its handler; routes.c lists the rows. */
struct backend_route {
	enum http_method    method;
	const char         *path;	/* "/v1/users/{id}": {…} is one segment, a wire id */
	const char         *name;	/* "user_update" */
	const char         *summary;	/* one sentence */
	enum call_tx        tx;
	bool                pages;	/* takes limit and after; answers {"data": […], "next": …} of .answers */
	struct value        query[4];
	struct value        body[CALL_VALUES_MAX];
	bool                takes_picture;	/* the body is one, of at most PICTURE_IN_MAX bytes, and no JSON */
	const struct shape *answers;	/* NULL: nothing, 204 */
	int                 http;	/* 0: 200, or 204 without .answers */
	enum status         fails[CALL_FAILS_MAX];	/* beyond what follows from the row */
	/* Before the transaction: what may take long, such as a password's hash. */
	enum status       (*prove)(struct call *c);
	enum status       (*run)(struct call *c);
	/* After the commit, before the answer. */
	enum status       (*after)(struct call *c);
};

struct call {
	struct task                *t;
	struct app                 *app;
	struct db                  *db;
	struct exchange            *x;
	const struct backend_route *route;
	struct deed                 by;	/* by.d: the key's deployment */
	struct str                  ids[CALL_IDS_MAX];
	struct params               query;
	json_t                     *body;	/* an object, or NULL */
	int64_t                     after, most;	/* .pages: the id to begin after, and one more than are asked for */
	uint8_t                     secret_key_hash[32];	/* whose call it is, once admitted */
	struct str                  idempotency_key;	/* .p NULL: none */
	bool                        replayed;
	void                       *proof;	/* what .prove found, for .run */

	/* the answer */
	struct buf                  out;
	struct json                 json;
	struct str                  problem;	/* the sentence; .p NULL: the status table's */
	const char                 *param;	/* what is wrong of what was sent; NULL: nothing by name */
	unsigned                    allow;	/* E_METHOD_NOT_ALLOWED: static bits */
	int64_t                     retry_after_s;
};

/* ---- reading: fields.c; the names must be declared in the row ---- */

bool       call_has(const struct call *c, const char *name);	/* sent, null included */
struct str call_text(const struct call *c, const char *name);	/* empty when absent or null */
bool       call_bool(const struct call *c, const char *name, bool dflt);
int64_t    call_int(const struct call *c, const char *name, int64_t dflt);
size_t     call_list(const struct call *c, const char *name, const struct str **ret_items);	/* task's arena */
struct str call_object(const struct call *c, const char *name);	/* compact JSON text, task's arena; empty when absent */
const json_t *call_value(const struct call *c, const char *name);	/* NULL when absent */
struct str call_query(const struct call *c, const char *name);	/* empty when absent */

/* A name of people, canonical: `was` when it is not sent, empty when null. E_BAD_REQUEST_BODY, refused. */
enum status call_name(struct call *c, const char *name, struct str was, struct str *ret_name) MUST_CHECK;
enum status call_username(struct call *c, const char *name, struct str *ret_name, struct str *ret_key) MUST_CHECK;
enum status call_email(struct call *c, const char *name, struct str *ret_email, struct str *ret_key) MUST_CHECK;
/* phone_number and country_code. */
enum status call_phone(struct call *c, struct str *ret_digits, struct str *ret_dial_code) MUST_CHECK;

/* The {…} of the path; what is no id of the kind is nowhere: E_NOT_FOUND. */
#define CALL_ID(kind, prefix) \
	static inline MUST_CHECK enum status \
	call_##kind##_id(const struct call *c, size_t i, struct kind##_id *ret_id) \
	{ \
		return kind##_id_parse(c->ids[i], ret_id) ? OK : E_NOT_FOUND; \
	}
ID_KINDS(CALL_ID)
#undef CALL_ID

/* ---- answering: answer.c ---- */

/* Say no. `param` names the member or parameter, static text or NULL; the sentence NULL: the table's. */
enum status call_refuse(struct call *c, enum status st, const char *param, const char *fmt, ...) PRINTF(4, 5) MUST_CHECK;
/* The object that is the answer; the caller begins and ends it with key NULL. */
struct json *call_answer(struct call *c);
/*
 * .pages: how many of n rows that were read (at most c->most) belong on this page; the id of the last of them goes to
 * call_list_end(), which tells from where to go on when there are more. In between the rows are written into call_list_begin()'s array.
 */
size_t       call_page(struct call *c, size_t n);
struct json *call_list_begin(struct call *c);
void         call_list_end(struct call *c, size_t n_read, struct str last_id);

/* ---- the steps of a call: what backend.c puts together ---- */

/* key.c: whose key is it? E_UNAUTHORIZED, E_RATE_LIMITED. */
enum status key_admit(struct call *c) MUST_CHECK;
/* routes.c: E_NOT_FOUND, E_METHOD_NOT_ALLOWED. */
enum status backend_route_find(struct call *c) MUST_CHECK;
/* fields.c: query and body as the row declares them. E_BAD_REQUEST_BODY, E_PAYLOAD_TOO_LARGE. */
enum status call_read_fields(struct call *c) MUST_CHECK;
/* idempotent.c: in the transaction, before the deed: has its twin been done? Then c has its answer, and is replayed. */
enum status idempotency_begin(struct call *c) MUST_CHECK;
/* After the deed, in the same transaction. */
enum status idempotency_keep(struct call *c) MUST_CHECK;
enum status idempotency_read_key(struct call *c) MUST_CHECK;

/* For CALL_STEPS. */
struct deed_desk call_desk(const struct call *c);

/* The tables. */
extern const struct backend_route *const backend_routes[];	/* NULL-terminated */
size_t values_count(const struct value *values, size_t cap);
size_t members_count(const struct shape *s);
#define CALL_N_QUERY(r) values_count((r)->query, ARRAY_LEN((r)->query))
#define CALL_N_BODY(r)  values_count((r)->body, ARRAY_LEN((r)->body))
int route_http(const struct backend_route *r);	/* of success */
