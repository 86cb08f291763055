/* SPDX-License-Identifier: MIT */
/* yon doctor: what is wrong here, and what helps. */
#include "client/cli/cmd.h"
#include "client/cli/doctor.h"
#include "client/cli/json.h"
#include "client/cli/text.h"

static json_t *finding_doc(void *arg, const void *thing)
{
    const struct diagnosis *f = thing;

    (void)arg;
    return json_pack("{s:s, s:s, s:o, s:o}", "check", f->check, "state",
                     health_name(f->health), "message",
                     json_text(buf_view(&f->what)), "hint",
                     json_text_or_null(buf_view(&f->mend)));
}

static void add_state(const struct cli *c, enum health health, struct buf *out)
{
    static const int colors[] = {
        [HEALTH_OK] = 32, [HEALTH_WARN] = 33, [HEALTH_FAIL] = 31
    };

    if (c->color_out)
        buf_addf(out, "\033[%dm%-4s\033[0m", colors[health],
                 health_name(health));
    else
        buf_addf(out, "%-4s", health_name(health));
}

static void finding_text(void *arg, const void *thing, struct buf *out)
{
    const struct diagnosis *f = thing;
    const struct cli *c = arg;

    if (c->quiet && f->health == HEALTH_OK)
        return;
    add_state(c, f->health, out);
    buf_addf(out, "  %-11s  ", f->check);
    buf_add_view(out, buf_view(&f->what));
    buf_addf(out, "\n");
    if (f->mend.len == 0)
        return;
    buf_addf(out, "%-19s", "");
    buf_add_view(out, buf_view(&f->mend));
    buf_addf(out, "\n");
}

static void finding_id(void *arg, const void *thing, struct buf *out)
{
    const struct diagnosis *f = thing;

    (void)arg;
    buf_addf(out, "%s", f->check);
}

static const struct output_view view = {
    .doc = finding_doc,
    .text = finding_text,
    .id = finding_id,
    .schema = "yon.doctor/1",
    .key = "checks",
};

static void on_finding(void *arg, const struct diagnosis *f)
{
    output_add(arg, f);
}

int cmd_doctor(struct cli *c)
{
    struct output out;
    enum health worst;
    int code = cli_no_args(c);

    if (code == EXITS_DONE)
        code = cli_find_server(c);
    if (code != EXITS_DONE)
        return code;
    output_init(&out, c->output, &view, c);
    worst = doctor_await(c, on_finding, &out);
    output_end(&out);
    output_fini(&out);
    return worst == HEALTH_FAIL ? EXITS_FAILED : EXITS_DONE;
}
