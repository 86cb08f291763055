/* SPDX-License-Identifier: MIT */
/* piece_list - they are read from the store, and passed on as they are. */
#include "coordinator/core/ask/piece_list.h"

#include <stdlib.h>

#include "coordinator/core/ask/answer.h"
#include "coordinator/core/ask/reads.h"
#include "coordinator/core/model/open_request.h"
#include "coordinator/core/model/state.h"
#include "libcommon/mem.h"

#define PIECES_MAX 64 /* of an answer */
#define PIECES_BYTES_MAX (1u << 20)

void piece_list_take(struct coord *c, struct open_request *request,
                     const struct op *op)
{
    uint32_t elem = op->u.pieces.elem == 0 ? 1 : op->u.pieces.elem;

    reads_add(
        c, request,
        (struct query){ .type = QUERY_PIECES,
                        .id = { op->u.pieces.job },
                        .first = elem,
                        .last = elem,
                        .attempt = { op->u.pieces.epoch, op->u.pieces.attempt },
                        .stream = op->u.pieces.stream,
                        .offset = op->u.pieces.offset,
                        .max = PIECES_MAX,
                        .max_bytes = PIECES_BYTES_MAX });
}

void piece_list_answer(struct coord *c, struct open_request *request,
                       struct records *r)
{
    struct op op = { .type = OP_PIECES_REPLY,
                     .u.pieces_reply.req = request->req };
    struct piece *list;
    size_t n = 0;

    if (r->n == 0) {
        answer_refuse(c, request, ERR_ABSENT, 0, "no such job");
        return;
    }
    list = xcalloc(r->n, sizeof *list);
    for (size_t i = 0; i < r->n; i++)
        if (r->at[i].type == RECORD_PIECE)
            list[n++] = (struct piece){
                .stream = r->at[i].u.piece.stream,
                .offset = r->at[i].u.piece.offset,
                .len = r->at[i].u.piece.len,
                .packing = r->at[i].u.piece.packing,
                .bytes = blob_view(r->at[i].u.piece.bytes),
            };
    op.u.pieces_reply.pieces = (struct pieces){ list, n };
    answer(c, request, &op);
    free(list);
}
