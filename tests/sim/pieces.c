/* SPDX-License-Identifier: MIT */
/* pieces - large outputs are made up: a piece is a token of its place. */
#include "tests/sim/pieces.h"

#include <string.h>

#include "libcommon/check.h"
#include "libcommon/rng.h"
#include "proto/body.h"
#include "proto/frame.h"
#include "tests/sim/world.h"

#define PIECES_MAX 7 /* of an attempt: more than may be under way */

static uint64_t number_of(struct attempt_key id)
{
    return hash_mix(hash_mix(id.job << 24 | id.elem) ^
                    hash_mix(id.epoch << 40 | id.attempt));
}

uint64_t pieces_spooled(struct attempt_key id)
{
    uint64_t n = number_of(id);

    return n % 3 == 0 ? n / 3 % ((uint64_t)PIECES_MAX * PIECE_LEN_MAX) : 0;
}

void pieces_token(struct attempt_key id, uint8_t stream, uint64_t offset,
                  uint8_t out[PIECES_TOKEN_LEN])
{
    uint64_t words[] = { number_of(id) ^ stream, offset };

    memcpy(out, words, sizeof words);
}

static void check(struct world *w, struct attempt_key id, uint8_t stream,
                  uint64_t offset, struct view bytes)
{
    uint8_t right[PIECES_TOKEN_LEN];

    pieces_token(id, stream, offset, right);
    if (!view_equal(bytes, view_of(right, sizeof right)))
        broken(w, OUTPUT_WHOLE, "%llu.%u: the piece at %llu is another",
               (unsigned long long)id.job, id.elem, (unsigned long long)offset);
}

/* Where the pieces that follow each other end. */
static uint64_t end_of(struct world *w, struct attempt_key id,
                       const struct records *r, uint64_t from)
{
    for (size_t i = 0; i < r->n; i++) {
        const struct record *rec = &r->at[i];

        if (rec->type != RECORD_PIECE)
            continue;
        if (rec->u.piece.offset != from)
            break;
        check(w, id, rec->u.piece.stream, from, blob_view(rec->u.piece.bytes));
        from += rec->u.piece.len;
    }
    return from;
}

void pieces_check_outcome(struct world *w, const struct record *rec)
{
    struct query q = { .type = QUERY_PIECES,
                       .id = rec->u.outcome.task.job,
                       .first = rec->u.outcome.task.elem,
                       .last = rec->u.outcome.task.elem,
                       .stream = STREAM_OUT,
                       .max = UINT32_MAX };
    struct records found = { 0 };
    struct outcome o;
    struct body body;
    enum err err =
        outcome_decode(w->bodies, blob_view(rec->u.outcome.body), &o);

    ASSERT(err == ERR_NONE);
    if (body_decode(o.body, &body, NULL) != ERR_NONE || body.out_stored == 0)
        return;
    q.attempt = attempt_key_attempt(o.id);
    q.offset = body.out_head;
    err = store_read(w->disk.store, &q, &found, NULL);
    ASSERT(err == ERR_NONE);
    if (end_of(w, o.id, &found, body.out_head) <
        body.out_head + body.out_stored)
        broken(w, OUTPUT_WHOLE, "%llu.%u has not %llu bytes",
               (unsigned long long)o.job, o.elem,
               (unsigned long long)body.out_stored);
    if (body.out_len > body.out.len + body.out_stored + o.dropped)
        broken(w, OUTPUT_WHOLE, "%llu.%u: %llu bytes were dropped",
               (unsigned long long)o.job, o.elem,
               (unsigned long long)o.dropped);
    records_fini(&found);
}

void pieces_check_told(struct world *w, struct attempt_key id,
                       const struct pieces *told, uint64_t offset)
{
    for (size_t i = 0; i < told->n; i++) {
        const struct piece *p = &told->at[i];

        if (p->offset + p->len <= offset)
            broken(w, ANSWER_TRUE, "a piece of %llu.%u at %llu",
                   (unsigned long long)id.job, id.elem,
                   (unsigned long long)p->offset);
        check(w, id, p->stream, p->offset, p->bytes);
        offset = p->offset + p->len;
    }
}
