/* SPDX-License-Identifier: MIT */
/* output - what stdout looks like: the kinds of -o, each a row of one table.
 *
 * A command says once, in a view, how its things look for people, for programs
 * and as ids; the kind of output that was asked for chooses among them. Nothing
 * else asks which kind it is.
 *
 * To add a kind: 1. its id below; 2. its row in output.c, which says what of a
 * view it shows; 3. its name among the choices of -o in commands.c.
 */
#ifndef OUTPUT_H
#define OUTPUT_H

#include <jansson.h>
#include <stdbool.h>

#include "libcommon/buf.h"

enum output_id {
    OUTPUT_TABLE,
    OUTPUT_JSON,
    OUTPUT_JSONL,
    OUTPUT_ID,
    OUTPUT_COUNT
};

/* How the things of a command look. What is NULL shows nothing. */
struct output_view {
    /* For people: add it to *out, or keep it for `end`, which is called once
     * after the last. */
    void (*text)(void *arg, const void *thing, struct buf *out);
    void (*end)(void *arg, struct buf *out);
    /* For programs: a new document. */
    json_t *(*doc)(void *arg, const void *thing);
    /* The same on a line of its own, where that differs. */
    json_t *(*line)(void *arg, const void *thing);
    /* What a document of a list has behind the things: a new object. */
    json_t *(*foot)(void *arg);
    /* For scripts: what names it. NULL: its text. */
    void (*id)(void *arg, const void *thing, struct buf *out);
    /* The document of a list: {schema, [cursor: null,] key: [...]}. NULL: each
     * thing is a document of its own. */
    const char *schema, *key;
    bool has_cursor;
    bool is_streamed; /* written as it comes, for lists of any length */
};

/* The things that a command is showing. */
struct output {
    const struct output_kind *kind;
    const struct output_view *view;
    void *arg; /* of the view's functions */
    json_t *list;
    size_t n;
};

struct output_kind {
    enum output_id id;
    const char *name;
    bool is_json; /* for programs: faults are JSON as well, nothing is told */
    bool is_document; /* all that a command shows is one document */
    void (*add)(struct output *o, const void *thing);
    void (*end)(struct output *o);
};

const struct output_kind *output_kind(enum output_id id);
/* NULL: there is none of that name. */
const struct output_kind *output_kind_find(const char *name);

/* Freed by output_fini. */
void output_init(struct output *o, const struct output_kind *kind,
                 const struct output_view *view, void *arg);
void output_add(struct output *o, const void *thing);
/* The last was added. Without it a list that is not streamed is not shown. */
void output_end(struct output *o);
void output_fini(struct output *o);
/* All of that for the only thing that there is. */
void output_one(const struct output_kind *kind, const struct output_view *view,
                void *arg, const void *thing);

/* Write to stdout; output_flush tells of errors. */
void output_put(struct view bytes);
/* With a newline; drops the reference. */
void output_put_json(json_t *value);
/* Whether all that was put is written; else *error, which may be 0, is its
 * errno. A fault is reported once. */
bool output_flush(int *error);

#endif
