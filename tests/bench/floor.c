/* SPDX-License-Identifier: MIT */
/* floor - what the parts of yon can do with nothing else around them.
 *
 *   floor DIR      (an empty folder on the disk to measure)
 *
 * client -> coordinator -> worker -> coordinator -> client over ZeroMQ, every
 * job packed and unpacked by msgpack-c, and two rows a job in SQLite: WAL,
 * synchronous=FULL, one transaction a wake-up. No scheduling, no checks, no
 * fences, no reconnects. Pipelined, and one job at a time; for commands
 * posix_spawn and waitpid.
 */
#include <errno.h>
#include <msgpack.h>
#include <signal.h>
#include <spawn.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zmq.h>

#include "tests/bench/measure.h"

enum {
    N_PIPELINED = 400000,
    WINDOW = 20000,
    BATCH = 500,
    N_TRIPS = 2000,
    N_COMMANDS = 4000,
    MESSAGES_PER_TURN = 64,
};

struct floor {
    char endpoint[256];
    char db_path[256];
};

static void die(const char *what, const char *why)
{
    fprintf(stderr, "floor: %s: %s\n", what, why);
    exit(1);
}

static void pack(msgpack_sbuffer *out, uint64_t id, const char *data,
                 size_t len)
{
    msgpack_packer pk;

    msgpack_packer_init(&pk, out, msgpack_sbuffer_write);
    msgpack_pack_array(&pk, 2);
    msgpack_pack_uint64(&pk, id);
    msgpack_pack_bin(&pk, len);
    msgpack_pack_bin_body(&pk, data, len);
}

/* Call for each job of a frame. */
static void
unpack(zmq_msg_t *body,
       void (*each)(void *arg, uint64_t id, msgpack_object_bin data), void *arg)
{
    msgpack_unpacked item;
    size_t at = 0, len = zmq_msg_size(body);

    msgpack_unpacked_init(&item);
    while (at < len && msgpack_unpack_next(&item, zmq_msg_data(body), len,
                                           &at) == MSGPACK_UNPACK_SUCCESS) {
        const msgpack_object *field = item.data.via.array.ptr;

        each(arg, field[0].via.u64, field[1].via.bin);
    }
    msgpack_unpacked_destroy(&item);
}

static void *socket_open(const struct floor *f, int type, const char *id)
{
    void *s = zmq_socket(zmq_ctx_new(), type);
    int unlimited = 0, yes = 1;

    zmq_setsockopt(s, ZMQ_SNDHWM, &unlimited, sizeof unlimited);
    zmq_setsockopt(s, ZMQ_RCVHWM, &unlimited, sizeof unlimited);
    if (id != NULL)
        zmq_setsockopt(s, ZMQ_ROUTING_ID, id, strlen(id));
    else
        zmq_setsockopt(s, ZMQ_ROUTER_MANDATORY, &yes, sizeof yes);
    if ((id == NULL ? zmq_bind(s, f->endpoint) : zmq_connect(s, f->endpoint)) !=
        0)
        die(f->endpoint, zmq_strerror(errno));
    return s;
}

/* ---- coordinator ---- */

struct coordinator {
    void *router;
    sqlite3 *db;
    sqlite3_stmt *submit, *outcome;
    msgpack_sbuffer to_worker, to_client;
    bool from_worker;
};

static void sql(sqlite3 *db, const char *text)
{
    if (sqlite3_exec(db, text, NULL, NULL, NULL) != SQLITE_OK)
        die(text, sqlite3_errmsg(db));
}

static void db_open(struct coordinator *c, const char *path)
{
    sqlite3_open(path, &c->db);
    sql(c->db,
        "pragma journal_mode=wal; pragma synchronous=full;"
        "pragma wal_autocheckpoint=4000; pragma cache_size=-65536;"
        "create table if not exists job(id integer primary key, name int,"
        " args blob, at int);"
        "create table if not exists outcome(id integer primary key,"
        " status int, result blob, at int);"
        "delete from job; delete from outcome");
    sqlite3_prepare_v2(c->db, "insert into job values(?1, 1, ?2, 0)", -1,
                       &c->submit, NULL);
    sqlite3_prepare_v2(c->db, "insert into outcome values(?1, 2, ?2, 0)", -1,
                       &c->outcome, NULL);
}

static void pass_on(void *arg, uint64_t id, msgpack_object_bin data)
{
    struct coordinator *c = arg;
    sqlite3_stmt *stmt = c->from_worker ? c->outcome : c->submit;

    sqlite3_bind_int64(stmt, 1, (sqlite3_int64)id);
    sqlite3_bind_blob(stmt, 2, data.ptr, (int)data.size, SQLITE_STATIC);
    if (sqlite3_step(stmt) != SQLITE_DONE)
        die("insert", sqlite3_errmsg(c->db));
    sqlite3_reset(stmt);
    pack(c->from_worker ? &c->to_client : &c->to_worker, id, data.ptr,
         data.size);
}

static bool take_message(struct coordinator *c)
{
    zmq_msg_t from, body;
    bool some;

    zmq_msg_init(&from);
    zmq_msg_init(&body);
    some = zmq_msg_recv(&from, c->router, ZMQ_DONTWAIT) >= 0;
    if (some) {
        zmq_msg_recv(&body, c->router, 0);
        c->from_worker = *(char *)zmq_msg_data(&from) == 'w';
        unpack(&body, pass_on, c);
    }
    zmq_msg_close(&from);
    zmq_msg_close(&body);
    return some;
}

/* For who is not there yet it is kept: his first word brings the next turn. */
static void flush(struct coordinator *c, const char *to, msgpack_sbuffer *out)
{
    if (out->size == 0 || zmq_send(c->router, to, 1, ZMQ_SNDMORE) < 0)
        return;
    zmq_send(c->router, out->data, out->size, 0);
    msgpack_sbuffer_clear(out);
}

static void coordinator(const struct floor *f)
{
    struct coordinator c = { .router = socket_open(f, ZMQ_ROUTER, NULL) };

    msgpack_sbuffer_init(&c.to_worker);
    msgpack_sbuffer_init(&c.to_client);
    db_open(&c, f->db_path);
    for (;;) {
        zmq_pollitem_t poll = { c.router, 0, ZMQ_POLLIN, 0 };

        zmq_poll(&poll, 1, -1);
        sql(c.db, "begin immediate");
        for (int turn = 0; turn < MESSAGES_PER_TURN; turn++)
            if (!take_message(&c))
                break;
        sql(c.db, "commit");
        flush(&c, "w", &c.to_worker);
        flush(&c, "c", &c.to_client);
    }
}

/* ---- worker ---- */

static void pack_again(void *arg, uint64_t id, msgpack_object_bin data)
{
    pack(arg, id, data.ptr, data.size);
}

static void worker(const struct floor *f)
{
    void *s = socket_open(f, ZMQ_DEALER, "w");
    msgpack_sbuffer out;

    msgpack_sbuffer_init(&out);
    /* A job that nobody asked for: it says that the worker is there. */
    pack(&out, 0, "", 0);
    for (;;) {
        zmq_msg_t body;

        zmq_send(s, out.data, out.size, 0);
        msgpack_sbuffer_clear(&out);
        zmq_msg_init(&body);
        zmq_msg_recv(&body, s, 0);
        unpack(&body, pack_again, &out);
        zmq_msg_close(&body);
    }
}

/* ---- client ---- */

struct client {
    void *dealer;
    char payload[PAYLOAD_LEN];
    size_t n_got;
};

static void count(void *arg, uint64_t id, msgpack_object_bin data)
{
    struct client *c = arg;

    (void)data;
    c->n_got += id > 0;
}

static void client_receive(struct client *c)
{
    zmq_msg_t body;

    zmq_msg_init(&body);
    zmq_msg_recv(&body, c->dealer, 0);
    unpack(&body, count, c);
    zmq_msg_close(&body);
}

static void client_send(struct client *c, uint64_t first, size_t n)
{
    msgpack_sbuffer out;

    msgpack_sbuffer_init(&out);
    for (size_t i = 0; i < n; i++)
        pack(&out, first + i, c->payload, sizeof c->payload);
    zmq_send(c->dealer, out.data, out.size, 0);
    msgpack_sbuffer_destroy(&out);
}

static void pipelined(struct client *c)
{
    int64_t start = now_ns();
    size_t sent = 0;

    c->n_got = 0;
    while (c->n_got < N_PIPELINED) {
        while (sent < N_PIPELINED && sent - c->n_got <= WINDOW - BATCH) {
            client_send(c, 1 + sent, BATCH);
            sent += BATCH;
        }
        client_receive(c);
    }
    print_rate("floor_calls", N_PIPELINED, now_ns() - start);
}

static void one_by_one(struct client *c)
{
    static int64_t trips[N_TRIPS];

    for (size_t i = 0; i < N_TRIPS; i++) {
        trips[i] = now_ns();
        c->n_got = 0;
        client_send(c, N_PIPELINED + 1 + i, 1);
        while (c->n_got == 0)
            client_receive(c);
        trips[i] = now_ns() - trips[i];
    }
    print_trips("floor_call", trips, N_TRIPS);
}

static void client(const struct floor *f)
{
    struct client c = { .dealer = socket_open(f, ZMQ_DEALER, "c") };

    memset(c.payload, 'x', sizeof c.payload);
    client_send(&c, N_PIPELINED + N_TRIPS + 1, 1);
    while (c.n_got == 0)
        client_receive(&c);
    one_by_one(&c);
    pipelined(&c);
}

static pid_t start(const struct floor *f, void (*what)(const struct floor *f))
{
    pid_t pid = fork();

    if (pid == 0) {
        what(f);
        _exit(0);
    }
    return pid;
}

/* ---- commands ---- */

/* As many at a time as there are cores, which is what a worker does. */
static void commands(void)
{
    char *argv[] = { (char[]){ "true" }, NULL };
    char *env[] = { NULL };
    long n_cores = sysconf(_SC_NPROCESSORS_ONLN);
    int64_t begin = now_ns();

    for (long i = 0; i < N_COMMANDS + n_cores; i++) {
        pid_t pid;

        if (i >= n_cores)
            wait(NULL);
        if (i < N_COMMANDS && posix_spawnp(&pid, "true", NULL, NULL, argv, env))
            die("posix_spawn", "failed");
    }
    print_rate("floor_commands", N_COMMANDS, now_ns() - begin);
}

int main(int argc, char **argv)
{
    struct floor f;
    pid_t pids[2];

    if (argc != 2) {
        fprintf(stderr, "usage: floor DIR\n");
        return 2;
    }
    commands();
    snprintf(f.endpoint, sizeof f.endpoint, "ipc://%s/floor.sock", argv[1]);
    snprintf(f.db_path, sizeof f.db_path, "%s/floor.db", argv[1]);
    pids[0] = start(&f, worker);
    pids[1] = start(&f, coordinator);
    client(&f);
    for (int i = 0; i < 2; i++) {
        kill(pids[i], SIGKILL);
        waitpid(pids[i], NULL, 0);
    }
    return 0;
}
