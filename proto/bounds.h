/* SPDX-License-Identifier: MIT */
/* bounds - the limits of the wire. PROTOCOL.md repeats them, and a test
 * compares. Pure. */
#ifndef BOUNDS_H
#define BOUNDS_H

#define PROTO_VERSION 1     /* newest that this build speaks */
#define PROTO_VERSION_MIN 1 /* oldest that this build speaks */

#define FRAME_HEAD_LEN 20
#define FRAME_LEN_MAX (32u << 20) /* bytes of one frame, head included */
/* No operation begins beyond this: a frame is worked off in one go, while the
 * other peers wait. */
#define FRAME_LEN_GOOD (128u << 10)

/* A peer without a session that hears nothing for so many milliseconds makes a
 * new connection. */
#define SILENCE_MAX_MS 15000

#define OP_DEPTH_MAX 6             /* nesting of msgpack in an operation */
#define OP_VALUES_MAX (1u << 21)   /* msgpack values in an operation */
#define NAME_LEN_MAX 255           /* names of peers, jobs, functions, labels */
#define TEXT_LEN_MAX 4096          /* messages and reasons for people */
#define SPEC_LEN_MAX (1u << 20)    /* arguments of a call, argv of a command */
#define ITEMS_LEN_MAX (24u << 20)  /* items of one array, packed */
#define POLICY_LEN_MAX (8u << 10)  /* of a submit, encoded */
#define RESULT_LEN_MAX (1u << 20)  /* result value of a call */
#define OUTPUT_LEN_MAX (1u << 20)  /* kept of stdout, and of stderr */
#define BODY_LEN_MAX (3u << 20)    /* what an outcome carries, encoded */
#define PIECE_LEN_MAX (256u << 10) /* of an output, in one piece ... */
/* ... and as it is packed: what cannot be compressed becomes a little longer */
#define PIECE_PACKED_MAX (PIECE_LEN_MAX + 4096u)
#define PIECES_AHEAD 4     /* of a worker's session, without an answer */
#define FUNCTIONS_MAX 4096 /* offered by one worker ... */
/* ... with so many bytes of names in all: HELD begins behind OFFER in one
 * frame.
 */
#define FUNCTIONS_LEN_MAX (80u << 10)
#define LABELS_MAX 64
#define MODULES_MAX 64          /* told by one worker ... */
#define MODULE_NAME_LEN_MAX 64  /* ... with names cut to so many bytes */
#define LIST_LEN_MAX (1u << 16) /* entries of any other list */

#endif
