/* SPDX-License-Identifier: MIT */
/* item_values - items of an array that come into the arguments of a call as
 * values: KEY:={}. Pure. */
#ifndef ITEM_VALUES_H
#define ITEM_VALUES_H

#include "client/cli/items.h"

/* Add JSON in which {} and {#}, outside of strings, have become what
 * json_to_msgpack takes for the item and the number: {"$item": "{}"}. Other
 * empty objects have a blank: { }. ERR_FORMAT: another placeholder stands
 * there; errmsg says what to do. */
enum err item_values_mark(struct buf *out, struct view json, char *errmsg);

/* Whether each item can be a value in the arguments `args`, a msgpack value; so
 * it is when these want none. ERR_FORMAT, ERR_RANGE: errmsg says which is not,
 * and why. */
enum err item_values_check(const struct items *items, struct view args,
                           char *errmsg);

#endif
