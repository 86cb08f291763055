/* SPDX-License-Identifier: MIT */
/* output - what stdout looks like: the kinds of -o, each a row of one table. */
#include "client/cli/output.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "client/cli/json.h"
#include "libcommon/check.h"

/* ---- stdout ---- */

void output_put(struct view bytes)
{
    if (bytes.len > 0)
        fwrite(bytes.data, 1, bytes.len, stdout);
}

static void put_and_fini(struct buf *text)
{
    output_put(buf_view(text));
    buf_fini(text);
}

void output_put_json(json_t *value)
{
    struct buf text = { 0 };

    json_add(&text, value);
    buf_add(&text, "\n", 1);
    put_and_fini(&text);
}

bool output_flush(int *error)
{
    *error = fflush(stdout) != 0 ? errno : 0;
    if (!ferror(stdout))
        return true;
    clearerr(stdout);
    return false;
}

/* ---- for people ---- */

static void text_add(struct output *o, const void *thing)
{
    struct buf out = { 0 };

    if (o->view->text != NULL)
        o->view->text(o->arg, thing, &out);
    put_and_fini(&out);
}

static void text_end(struct output *o)
{
    struct buf out = { 0 };

    if (o->view->end != NULL)
        o->view->end(o->arg, &out);
    put_and_fini(&out);
}

/* ---- for programs: one document ---- */

static void put_head(const struct output_view *v)
{
    struct buf head = { 0 };

    buf_addf(&head, "{\"schema\":\"%s\",%s\"%s\":[", v->schema,
             v->has_cursor ? "\"cursor\":null," : "", v->key);
    put_and_fini(&head);
}

static void stream_doc(const struct output *o, json_t *doc)
{
    struct buf text = { 0 };

    if (o->n == 0)
        put_head(o->view);
    buf_addf(&text, o->n > 0 ? ",\n " : "\n ");
    json_add(&text, doc);
    put_and_fini(&text);
}

static void document_add(struct output *o, const void *thing)
{
    json_t *doc = o->view->doc != NULL ? o->view->doc(o->arg, thing) : NULL;

    ASSERT_IF(o->view->key != NULL, doc != NULL);
    if (doc == NULL)
        return;
    if (o->view->key == NULL)
        output_put_json(doc);
    else if (o->view->is_streamed)
        stream_doc(o, doc);
    else
        json_array_append_new(o->list, doc);
}

static void put_list(const struct output *o)
{
    json_t *doc = json_pack("{s:s}", "schema", o->view->schema);

    if (o->view->has_cursor)
        json_object_set_new(doc, "cursor", json_null());
    json_object_set(doc, o->view->key, o->list);
    if (o->view->foot != NULL) {
        json_t *foot = o->view->foot(o->arg);

        json_object_update(doc, foot);
        json_decref(foot);
    }
    output_put_json(doc);
}

/* Behind a list that was written as it came. */
static void put_foot(const struct output *o)
{
    struct buf text = { 0 };
    json_t *foot, *value;
    const char *key;

    buf_addf(&text, "]");
    foot = o->view->foot != NULL ? o->view->foot(o->arg) : NULL;
    json_object_foreach(foot, key, value)
    {
        buf_addf(&text, ",\n\"%s\":", key);
        json_add(&text, json_incref(value));
    }
    buf_addf(&text, "}\n");
    json_decref(foot);
    put_and_fini(&text);
}

static void document_end(struct output *o)
{
    if (o->view->key == NULL)
        return;
    if (!o->view->is_streamed) {
        put_list(o);
        return;
    }
    if (o->n == 0)
        put_head(o->view);
    put_foot(o);
}

/* ---- for programs: a document a line ---- */

static void line_add(struct output *o, const void *thing)
{
    const struct output_view *v = o->view;
    json_t *(*doc)(void *, const void *) = v->line != NULL ? v->line : v->doc;

    if (doc != NULL)
        output_put_json(doc(o->arg, thing));
}

static void nothing_at_end(struct output *o)
{
    (void)o;
}

/* ---- for scripts ---- */

static void id_add(struct output *o, const void *thing)
{
    struct buf out = { 0 };

    if (o->view->id == NULL) {
        text_add(o, thing);
        return;
    }
    o->view->id(o->arg, thing, &out);
    buf_add(&out, "\n", 1);
    put_and_fini(&out);
}

/* ---- the kinds ---- */

static const struct output_kind kinds[] = {
    [OUTPUT_TABLE] = { .id = OUTPUT_TABLE,
                       .name = "table",
                       .add = text_add,
                       .end = text_end },
    [OUTPUT_JSON] = { .id = OUTPUT_JSON,
                      .name = "json",
                      .is_json = true,
                      .is_document = true,
                      .add = document_add,
                      .end = document_end },
    [OUTPUT_JSONL] = { .id = OUTPUT_JSONL,
                       .name = "jsonl",
                       .is_json = true,
                       .add = line_add,
                       .end = nothing_at_end },
    [OUTPUT_ID] = { .id = OUTPUT_ID,
                    .name = "id",
                    .add = id_add,
                    .end = nothing_at_end },
};
_Static_assert(ARRAY_LEN(kinds) == OUTPUT_COUNT, "one row per kind of output");

const struct output_kind *output_kind(enum output_id id)
{
    ASSERT(id < OUTPUT_COUNT);
    return &kinds[id];
}

const struct output_kind *output_kind_find(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        if (strcmp(kinds[i].name, name) == 0)
            return &kinds[i];
    return NULL;
}

/* ---- showing ---- */

void output_init(struct output *o, const struct output_kind *kind,
                 const struct output_view *view, void *arg)
{
    ASSERT((view->key == NULL) == (view->schema == NULL));
    ASSERT_IF(view->key != NULL, view->doc != NULL);
    *o = (struct output){ .kind = kind, .view = view, .arg = arg };
    if (view->key != NULL && !view->is_streamed)
        o->list = json_array();
}

void output_add(struct output *o, const void *thing)
{
    o->kind->add(o, thing);
    o->n++;
}

void output_end(struct output *o)
{
    o->kind->end(o);
}

void output_fini(struct output *o)
{
    json_decref(o->list);
    o->list = NULL;
}

void output_one(const struct output_kind *kind, const struct output_view *view,
                void *arg, const void *thing)
{
    struct output o;

    ASSERT(view->key == NULL);
    output_init(&o, kind, view, arg);
    output_add(&o, thing);
    output_end(&o);
    output_fini(&o);
}
