/* SPDX-License-Identifier: MIT */
/* op_sample - operations with all fields filled, for tests. Made by walking the
 * layouts, so that no field is forgotten.
 */
#ifndef OP_SAMPLE_H
#define OP_SAMPLE_H

#include <stdlib.h>
#include <string.h>

#include "libcommon/check.h"
#include "libcommon/mem.h"
#include "libcommon/rng.h"
#include "proto/bounds.h"
#include "proto/layout.h"

enum sample_size {
    SAMPLE_ZERO,   /* all fields zero or empty */
    SAMPLE_RANDOM, /* no field zero or empty; sizes and numbers of any width */
    SAMPLE_MOST,   /* numbers, names and texts at their limits, short lists */
};

struct sampler {
    struct rng rng;
    enum sample_size size;
    struct {
        void *room;
        size_t len;
    } memory[4096]; /* of views and lists */
    size_t n_memory;
};

static inline void sampler_init(struct sampler *s, uint64_t seed,
                                enum sample_size size)
{
    *s = (struct sampler){ .size = size };
    rng_init(&s->rng, seed);
}

/* Overwrite and free all samples. */
static inline void sampler_fini(struct sampler *s)
{
    for (size_t i = 0; i < s->n_memory; i++) {
        memset(s->memory[i].room, 0xa5, s->memory[i].len);
        free(s->memory[i].room);
    }
    s->n_memory = 0;
}

static inline void *sample_room(struct sampler *s, size_t n, size_t size)
{
    void *room = xcalloc(n, size);

    ASSERT(s->n_memory < ARRAY_LEN(s->memory));
    s->memory[s->n_memory].room = room;
    s->memory[s->n_memory++].len = n * size;
    return room;
}

/* 1 .. max; each length in bits is as likely. */
static inline uint64_t sample_number(struct sampler *s, uint64_t max)
{
    uint64_t n = rng_next(&s->rng) >> rng_below(&s->rng, 64);

    if (s->size == SAMPLE_MOST)
        return max;
    return n == 0 || n > max ? 1 + rng_below(&s->rng, 9) : n;
}

static inline struct view sample_str(struct sampler *s, size_t max, bool nul)
{
    size_t len =
        s->size == SAMPLE_MOST ? max : 1 + (size_t)rng_below(&s->rng, 40);
    uint8_t *bytes = sample_room(s, len, 1);

    rng_fill(&s->rng, bytes, len);
    for (size_t i = 0; i < len && !nul; i++)
        bytes[i] |= (uint8_t)(bytes[i] == 0);
    return view_of(bytes, len);
}

static inline void sample_plain(struct sampler *s, enum field_type type,
                                void *to)
{
    switch (type) {
    case FIELD_u8:
        *(uint8_t *)to = (uint8_t)sample_number(s, UINT8_MAX);
        break;
    case FIELD_u32:
        *(uint32_t *)to = (uint32_t)sample_number(s, UINT32_MAX);
        break;
    case FIELD_u64:
        *(uint64_t *)to = sample_number(s, UINT64_MAX);
        break;
    case FIELD_i64:
        *(int64_t *)to = (int64_t)sample_number(s, INT64_MAX);
        if (rng_below(&s->rng, 2) == 0)
            *(int64_t *)to = -*(int64_t *)to - 1;
        break;
    case FIELD_flag:
        *(bool *)to = true;
        break;
    case FIELD_name:
        *(struct view *)to = sample_str(s, NAME_LEN_MAX, false);
        break;
    case FIELD_text:
        *(struct view *)to = sample_str(s, TEXT_LEN_MAX, true);
        break;
    case FIELD_bytes:
        *(struct view *)to = sample_str(s, 70000, true);
        break;
    case FIELD_boot:
    case FIELD_key:
        rng_fill(&s->rng, to, BIN16_LEN);
        break;
    default:
        UNREACHABLE("field types of one value");
    }
}

static inline void sample_fields(struct sampler *s, const struct layout *layout,
                                 void *to);

static inline struct any_list sample_list(struct sampler *s,
                                          const struct layout *record)
{
    size_t n = s->size == SAMPLE_MOST ? 20 : 1 + (size_t)rng_below(&s->rng, 3);
    size_t size = record != NULL ? record->size : sizeof(struct view);
    char *room = sample_room(s, n, size);

    for (size_t i = 0; i < n; i++) {
        if (record != NULL)
            sample_fields(s, record, room + i * size);
        else
            sample_plain(s, FIELD_name, room + i * size);
    }
    return (struct any_list){ room, n };
}

static inline void sample_fields(struct sampler *s, const struct layout *layout,
                                 void *to)
{
    for (uint32_t i = 0; i < layout->n_fields; i++) {
        const struct field *f = &layout->fields[i];
        const struct field_rule *rule = &field_rules[f->type];
        void *at = (char *)to + f->offset;

        switch (rule->kind) {
        case FIELD_IS_PLAIN:
            sample_plain(s, f->type, at);
            break;
        case FIELD_IS_NAMES:
            field_set_list(at, sample_list(s, NULL));
            break;
        case FIELD_IS_RECORD:
            sample_fields(s, rule->record(), at);
            break;
        case FIELD_IS_RECORDS:
            field_set_list(at, sample_list(s, rule->record()));
            break;
        }
    }
}

/* An operation of this type; lives as long as the sampler. */
static inline struct op sample_op(struct sampler *s, enum op_type type)
{
    struct op op = { .type = type };

    if (s->size != SAMPLE_ZERO)
        sample_fields(s, layout_of_op(type), &op.u);
    return op;
}

static const enum op_type all_ops[] = {
#define SAMPLE_TYPE(NAME, ...) OP_##NAME,
    OP_LIST(SAMPLE_TYPE)
#undef SAMPLE_TYPE
};

#endif
