/* SPDX-License-Identifier: MIT */
/* key_list - the file authorized_keys: each key that may connect, its name and
 * its roles. Pure.
 *
 *     # comment
 *     farm   ykp1...  work
 *     alice  ykp1...  admin        expires=2027-03-01T00:00:00Z
 */
#ifndef KEY_LIST_H
#define KEY_LIST_H

#include "libcommon/buf.h"
#include "libcommon/key_text.h"

#define KEY_NAME_MAX 63
#define KEY_LIST_MAX 4096

/* What a key may be. A role is a bit. How to add one: here, and where
 * coordinator/core says what it may do. */
#define KEY_ROLE_LIST(X)                                                   \
    X(WORK, 1, "work")   /* a worker: it runs jobs, and reports on them */ \
    X(ADMIN, 2, "admin") /* a client: it submits, reads and cancels any job */

enum key_role {
#define KEY_ROLE_ENUM(NAME, bit, text) KEY_ROLE_##NAME = (bit),
    KEY_ROLE_LIST(KEY_ROLE_ENUM)
#undef KEY_ROLE_ENUM
};

struct key_entry {
    char name[KEY_NAME_MAX + 1];
    struct curve_key key; /* public */
    unsigned roles;
    int64_t expires_ms; /* wall clock; INT64_MAX: never */
};

struct key_list {
    struct key_entry *at; /* zeroed memory is an empty list */
    size_t n, cap;
};

void key_list_fini(struct key_list *list);

/* Read a whole file. `errmsg` names line and fault.
 * ERR_FORMAT  a line that is not understood: nobody is let in by half a file;
 * ERR_EXISTS  a name or key stands there twice;
 * ERR_LIMIT   more than KEY_LIST_MAX. */
enum err key_list_parse(struct view text, struct key_list *out, char *errmsg);
/* The line of an entry, with its newline. */
void key_entry_add(struct buf *out, const struct key_entry *e);
/* Copy the lines of a file that key_list_parse takes, comments too, but the
 * entry named `without` (NULL: none). The last one ends with a newline. */
void key_lines_copy(struct buf *out, struct view text, const char *without);

/* Letters, digits, '.', '-', '_', '@'; not empty, at most KEY_NAME_MAX. */
bool key_name_is_good(const char *name);
/* "work", "work,admin". ERR_FORMAT: `errmsg` lists the roles. */
enum err key_roles_parse(const char *text, unsigned *out, char *errmsg);
/* Adds "work,admin". */
void key_roles_add(struct buf *out, unsigned roles);

/* NULL: there is none. */
const struct key_entry *key_list_find(const struct key_list *list,
                                      const struct curve_key *key);
const struct key_entry *key_list_named(const struct key_list *list,
                                       const char *name);
/* Whether it may connect at this time. */
bool key_entry_is_valid(const struct key_entry *e, int64_t wall_ms);

#endif
