/* SPDX-License-Identifier: MIT */
/* Coroutines that wait while they handle exceptions: each sees its own. */
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <stdexcept>
#include <string>

#include <yon/job.h>

namespace
{

#define CHECK(condition)                                                 \
    do {                                                                 \
        if (!(condition)) {                                              \
            std::fprintf(stderr, "line %d: %s\n", __LINE__, #condition); \
            std::exit(1);                                                \
        }                                                                \
    } while (0)

/* What is being handled here; "": nothing. */
std::string handled()
{
    if (!std::current_exception())
        return "";
    try {
        throw;
    } catch (const std::exception &e) {
        return e.what();
    }
}

/* Throw, wait in the handler, and see whether it is still ours. */
int handle_and_wait(void *arg)
{
    const std::string name = static_cast<const char *>(arg);

    for (int i = 0; i < 20; i++) {
        CHECK(handled() == "");
        try {
            throw std::runtime_error(name);
        } catch (const std::exception &e) {
            CHECK(yon_pause() == 0);
            CHECK(name == e.what());
            CHECK(handled() == name);
            try {
                throw std::logic_error(name + " inside");
            } catch (const std::exception &) {
                yon_sleep(i % 3);
                CHECK(handled() == name + " inside");
            }
            CHECK(yon_pause() == 0);
            CHECK(handled() == name);
        }
    }
    return 0;
}

/* Waits while an exception is in flight. */
struct waits {
    ~waits()
    {
        CHECK(std::uncaught_exception());
        yon_sleep(2);
        CHECK(std::uncaught_exception());
    }
};

int unwind_and_wait(void *)
{
    for (int i = 0; i < 5; i++) {
        try {
            waits w;
            throw std::runtime_error("in flight");
        } catch (const std::exception &e) {
            CHECK(std::string("in flight") == e.what());
        }
        CHECK(!std::uncaught_exception());
    }
    return 0;
}

int nothing_in_flight(void *)
{
    for (int i = 0; i < 20; i++) {
        CHECK(!std::uncaught_exception());
        CHECK(handled() == "");
        yon_sleep(1);
    }
    return 0;
}

/* ---- generators ---- */

int give(yon_gen *g, void *)
{
    static int values[3];

    for (int i = 0; i < 3; i++) {
        try {
            throw std::runtime_error("body");
        } catch (const std::exception &) {
            values[i] = i;
            CHECK(yon_yield(g, &values[i], nullptr) == 0);
            CHECK(handled() == "body");
        }
    }
    return 0;
}

int take(void *)
{
    yon_gen *g = yon_gen_new(give, nullptr);
    void *value;

    try {
        throw std::runtime_error("caller");
    } catch (const std::exception &) {
        while (yon_next(g, &value) == 0)
            CHECK(handled() == "caller");
        CHECK(yon_gen_close(g) == 0);
        CHECK(handled() == "caller");
    }
    return 0;
}

/* ---- deferred clean-up ---- */

bool is_cleaned;

void clean_up(void *)
{
    CHECK(handled() == "");
    try {
        throw std::runtime_error("clean-up");
    } catch (const std::exception &) {
        yon_sleep(3);
        CHECK(handled() == "clean-up");
    }
    is_cleaned = true;
}

int defer(void *)
{
    yon_defer(clean_up, nullptr);
    return 0;
}

/* ---- jobs ---- */

int job(yon_job *j)
{
    char name[] = "job";

    handle_and_wait(name);
    return yon_return(j, "i", 7);
}

const yon_function functions[] = { { "job", job, 0 }, { nullptr, nullptr, 0 } };
const yon_module module = { YON_MODULE_ABI, 0, functions };

int call_jobs(void *)
{
    yon_client *c;
    yon_future *f;
    int value = 0;

    CHECK(yon_connect("local:", &c) == 0);
    CHECK(yon_offer(c, &module) == 0);
    f = yon_call(c, "job", "");
    try {
        throw std::runtime_error("who awaits");
    } catch (const std::exception &) {
        CHECK(yon_await(f) == 0);
        CHECK(handled() == "who awaits");
    }
    CHECK(yon_result(f, "i", &value) == 0 && value == 7);
    yon_free(f);
    yon_close(c);
    return 0;
}

int all(void *)
{
    char a[] = "a", b[] = "b", c[] = "c";
    yon_future *fs[] = {
        yon_spawn(handle_and_wait, a),
        yon_spawn(handle_and_wait, b),
        yon_spawn(unwind_and_wait, nullptr),
        yon_spawn(nothing_in_flight, nullptr),
        yon_spawn(take, nullptr),
        yon_spawn(defer, nullptr),
        yon_spawn(call_jobs, nullptr),
        yon_spawn(handle_and_wait, c),
    };
    size_t n = sizeof fs / sizeof fs[0];

    CHECK(handled() == "");
    CHECK(yon_all(fs, n) == 0);
    for (size_t i = 0; i < n; i++)
        yon_free(fs[i]);
    return 0;
}

int leave(void *)
{
    throw std::runtime_error("it leaves");
}

} // namespace

int main(int argc, char **)
{
    if (argc > 1)
        return yon_run(leave, nullptr);
    try {
        throw std::runtime_error("main");
    } catch (const std::exception &) {
        CHECK(yon_run(all, nullptr) == 0);
        CHECK(handled() == "main");
    }
    CHECK(is_cleaned);
    return 0;
}
