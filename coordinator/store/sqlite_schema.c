/* SPDX-License-Identifier: MIT */
/* sqlite_schema - the tables of the store.
 *
 * Rows are inserted and never rewritten, except in meta and worker: one row of
 * job for a submit, one of outcome for the end of a ref, one of attempt for
 * each start that did not settle its ref, one of piece for each part of a large
 * output, which a later start of its ref may replace. ref is task_pack(): in
 * the order of job and element. A single job has ended when the outcome of its
 * element 1 is there, an array when it has a row in job_end.
 *
 * A new version appends to `migration` and changes no entry: the number of
 * entries that a database has seen is its user_version. How to add a column:
 * sqlite_row.h.
 */
#include "coordinator/store/sqlite_schema.h"

#include <stdlib.h>

#include "coordinator/store/sqlite_stmt.h"
#include "libcommon/check.h"
#include "proto/former.h"

#define APPLICATION "2037345892" /* "yond" */

static const char *const migration[] = {
    /* 1 */
    "create table meta(name text primary key, value int not null)"
    " without rowid;"
    "insert into meta values('epoch', 0), ('ids', 1), ('low_water', 1),"
    " ('jobs', 0), ('sweep', 0);"
    "create table job(id integer primary key, at int, key blob, hash int,"
    " kind int, array int, n int, first int, step int,"
    " name blob, fn blob, spec blob, items blob, policy blob);"
    "create unique index job_key on job(key);"
    "create table outcome(ref integer primary key, state int, at int,"
    " body blob);"
    "create table attempt(ref int, tries int, blame int, at int, again int,"
    " epoch int, attempt int, body blob, primary key(ref, tries)) without "
    "rowid;"
    "create table cancel(job int, seq int, first int, last int, state int,"
    " at int, reason blob, primary key(job, seq)) without rowid;"
    "create table job_end(id integer primary key, at int, n int, done int,"
    " failed int, cancelled int, expired int, lost int);"
    "create table worker(boot blob primary key, at int, name blob)"
    " without rowid;"
    "pragma application_id = " APPLICATION ";"
    "pragma user_version = 1",
    /* 2: the short columns of an outcome stand before its long body */
    "create table ended(ref integer primary key, state int, at int,"
    " started int, body blob);"
    "insert into ended select ref, state, at, 0, body from outcome;"
    "drop table outcome;"
    "alter table ended rename to outcome;"
    "pragma user_version = 2",
    /* 3: what an attempt has produced is a body in its outcome, by itself */
    "update outcome set body = former_outcome(body);"
    "update attempt set body = former_outcome(body) where body is not null;"
    "pragma user_version = 3",
    /* 4: whose output has gaps. 0 and 1 take no room in a row, and so are read
     * without the body in front of them */
    "alter table outcome add column gap int default 0;"
    "alter table job_end add column gaps int default 0;"
    "pragma user_version = 4",
    /* 5: ages by the time lived. What was there before begins to age now. Short
     * columns stand before long ones: a look at many rows reads no others. */
    "create table ended(ref integer primary key, state int, at int,"
    " started int, gap int, lived int, body blob);"
    "insert into ended select ref, state, at, started, gap, 0, body"
    " from outcome;"
    "drop table outcome;"
    "alter table ended rename to outcome;"
    "create table submit(id integer primary key, at int, lived int, key blob,"
    " hash int, kind int, array int, n int, first int, step int, name blob,"
    " fn blob, spec blob, items blob, policy blob);"
    "insert into submit select id, at, 0, key, hash, kind, array, n, first,"
    " step, name, fn, spec, items, policy from job;"
    "drop table job;"
    "alter table submit rename to job;"
    "create unique index job_key on job(key);"
    "alter table job_end add column lived int default 0;"
    "insert into meta values('lived', 0), ('lived_machine', 0),"
    " ('lived_boot', 0), ('lived_wall', 0);"
    "pragma user_version = 5",
    /* 6: large outputs, in pieces. They stand in a table with rowids: its keys
     * are few, and its bytes long. */
    "create table piece(ref int, stream int, at int, epoch int, attempt int,"
    " len int, packing int, bytes blob);"
    "create unique index piece_at on piece(ref, stream, at);"
    "pragma user_version = 6",
};
#define SCHEMA_VERSION ((int64_t)ARRAY_LEN(migration))

/* Check that the file is ours, and not too new. */
static enum err schema_check(sqlite3 *db, int64_t version, char *errmsg)
{
    const char *name = sqlite3_db_filename(db, "main");
    int64_t application = 0, tables = 0;
    enum err err;

    err = sqlite_query_int(db, "pragma application_id", &application, errmsg);
    if (err != ERR_NONE)
        return err;
    err = sqlite_query_int(db, "select count(*) from sqlite_schema", &tables,
                           errmsg);
    if (err != ERR_NONE)
        return err;
    if (version == 0 && application == 0 && tables == 0)
        return ERR_NONE; /* new */
    if (application != strtoll(APPLICATION, NULL, 10) || version < 1)
        return err_set(errmsg, ERR_REFUSED, "%s is no database of yond", name);
    if (version > SCHEMA_VERSION)
        return err_set(errmsg, ERR_VERSION,
                       "%s was written by a newer yon (its schema is version "
                       "%lld, this yond knows %lld): use that one",
                       name, (long long)version, (long long)SCHEMA_VERSION);
    return ERR_NONE;
}

/* For migrations: an outcome as it is written today. One that is damaged stays
 * as it is, and is told so when it is read. */
static void former_outcome_fn(sqlite3_context *context, int n,
                              sqlite3_value **values)
{
    struct buf today = { 0 };
    struct view former = view_of(sqlite3_value_blob(values[0]),
                                 (size_t)sqlite3_value_bytes(values[0]));

    ASSERT(n == 1);
    if (former_outcome(&today, former) == ERR_NONE)
        sqlite3_result_blob64(context, today.data, today.len, SQLITE_TRANSIENT);
    else
        sqlite3_result_value(context, values[0]);
    buf_fini(&today);
}

static enum err add_functions(sqlite3 *db, char *errmsg)
{
    int rc = sqlite3_create_function(db, "former_outcome", 1,
                                     SQLITE_UTF8 | SQLITE_DIRECTONLY, NULL,
                                     former_outcome_fn, NULL, NULL);

    return rc == SQLITE_OK ? ERR_NONE : sqlite_error(db, rc, errmsg);
}

enum err sqlite_migrate(sqlite3 *db, char *errmsg)
{
    int64_t version = 0;
    enum err err;

    err = sqlite_query_int(db, "pragma user_version", &version, errmsg);
    if (err != ERR_NONE)
        return err;
    err = schema_check(db, version, errmsg);
    if (err != ERR_NONE || version == SCHEMA_VERSION)
        return err;
    err = add_functions(db, errmsg);
    if (err == ERR_NONE)
        err = sqlite_run(db, "begin immediate", errmsg);
    for (; err == ERR_NONE && version < SCHEMA_VERSION; version++)
        err = sqlite_run(db, migration[version], errmsg);
    if (err == ERR_NONE)
        err = sqlite_run(db, "commit", errmsg);
    return err; /* the caller closes: that rolls back */
}
