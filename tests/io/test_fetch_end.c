/* SPDX-License-Identifier: ISC */
#include "fetch_rig.h"

#include <string.h>

extern const struct check_test test_fetch_end[];

/* ---- ending early ------------------------------------------------------------------ */

static void cancelled_in_flight(void)
{
    struct stub stub;
    if (open_loop() && CHECK(stub_open(&stub, run.loop, HERD_LIT(OK_REPLY)))) {
        stub.hold = true;
        if (CHECK(open_fetch(&usual, "127.0.0.1", stub.port))) {
            io_fetch_cancel(run.fetch, 1);
            CHECK_INT(start(1, ""), HERD_OK);
            io_fetch_cancel(run.fetch, 1);
            CHECK_INT(start(2, ""), HERD_OK);
            CHECK_INT(start(3, ""), HERD_OK);
            CHECK(turn_until(0, &stub, 2));
            io_fetch_cancel(run.fetch, 2);
            io_fetch_cancel(run.fetch, 99);
            stub.hold = false;
            CHECK_INT(start(4, ""), HERD_OK);
            CHECK(turn_until(1, NULL, 0));
            turn_for_ms(20);
            CHECK_INT(run.done, 1);
            CHECK_INT((int64_t)run.results[0].id, 4);
        }
        stub_close(&stub);
    }
    close_all();
}

static void cancelled_in_body(void)
{
    struct stub stub;
    if (open_stub(&stub, &usual, "HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nhello")) {
        CHECK_INT(start(1, ""), HERD_OK);
        CHECK(turn_until(0, &stub, 1));
        turn_for_ms(20);
        io_fetch_cancel(run.fetch, 1);
        stub.reply = HERD_LIT(OK_REPLY);
        CHECK_INT((int64_t)fetch_one("")->id, 7);
        CHECK_INT(run.done, 1);
        CHECK_INT(stub.accepted,
                  2); /* a connection in the middle of a reply is not used again */
    }
    close_stub(&stub);
}

/* Turns without a tick: libcurl has ended the transfer, and `done` is not yet called. */
static void turn_to_the_end(const struct stub *stub, int requests)
{
    CHECK(turn_until(0, stub, requests));
    struct herd_mono limit = herd_mono_add_ms(io_clock_mono(), 1000);
    while (!herd_mono_reached(io_clock_mono(), io_fetch_deadline(run.fetch)))
        io_loop_turn(run.loop, limit);
}

static void cancelled_between_end_and_done(void)
{
    struct stub stub;
    if (open_loop() && CHECK(stub_open(&stub, run.loop, HERD_LIT(OK_REPLY)))) {
        if (CHECK(open_fetch(&usual, "127.0.0.1", stub.port))) {
            CHECK_INT(start(1, ""), HERD_OK);
            turn_to_the_end(&stub, 1);
            io_fetch_cancel(run.fetch, 1);
            CHECK_INT(start(2, ""), HERD_OK);
            CHECK(turn_until(1, NULL, 0));
            turn_for_ms(20);
            CHECK_INT(run.done, 1);
            CHECK_INT((int64_t)run.results[0].id, 2);
        }
        stub_close(&stub);
    }
    close_all();
}

static void freed_between_end_and_done(void)
{
    struct stub stub;
    if (open_loop() && CHECK(stub_open(&stub, run.loop, HERD_LIT(OK_REPLY)))) {
        if (CHECK(open_fetch(&usual, "127.0.0.1", stub.port))) {
            CHECK_INT(start(1, ""), HERD_OK);
            turn_to_the_end(&stub, 1);
            CHECK_INT(run.done, 0);
        }
        stub_close(&stub);
    }
    close_all();
    CHECK_INT(run.done, 0);
}

static void freed_in_flight(void)
{
    for (int turns = 0; turns < 12; turns++) {
        struct stub stub;
        CHECK_LABEL("%d turns", turns);
        if (open_loop() && CHECK(stub_open(&stub, run.loop, HERD_LIT(OK_REPLY)))) {
            stub.hold = turns % 2;
            if (CHECK(open_fetch(&usual, "127.0.0.1", stub.port))) {
                for (uint64_t id = 0; id < 5; id++)
                    CHECK_INT(start(id, "a=b"), HERD_OK);
                for (int i = 0; i < turns; i++)
                    turn(herd_mono_add_ms(io_clock_mono(), 5));
            }
            int done = run.done;
            io_fetch_free(run.fetch);
            run.fetch = NULL;
            CHECK_INT(run.done, done);
            stub_close(&stub);
        }
        close_all();
    }
    io_fetch_free(NULL);
}

static void starts_and_cancels_inside_done(void)
{
    struct stub stub;
    if (open_loop() && CHECK(stub_open(&stub, run.loop, HERD_LIT(OK_REPLY)))) {
        if (CHECK(open_fetch(&usual, "127.0.0.1", stub.port))) {
            run.start_in_done = 10;
            CHECK_INT((int64_t)fetch_one("")->id, 7);
            CHECK(turn_until(2, NULL, 0));
            CHECK_INT((int64_t)run.results[1].id, 10);

            /* The first to end cancels the other one; it cannot cancel itself. */
            run.cancel_in_done = 2;
            CHECK_INT(start(2, ""), HERD_OK);
            CHECK(turn_until(3, NULL, 0));
            stub.hold = true;
            CHECK_INT(start(2, ""), HERD_OK);
            CHECK(turn_until(0, &stub, 4));
            stub.hold = false;
            CHECK_INT(start(3, ""), HERD_OK);
            CHECK(turn_until(4, NULL, 0));
            turn_for_ms(20);
            CHECK_INT(run.done, 4);
            CHECK_INT((int64_t)run.results[3].id, 3);
        }
        stub_close(&stub);
    }
    close_all();
}

/* ---- out of memory ----------------------------------------------------------------- */

/* Each allocation of the fetch and of the loop fails once. Each failure is reported, and
 * later transfers work again. */
static void out_of_memory(void)
{
    struct stub stub;
    int refused = 0;
    int failed = 0;
    int fine = 0;
    int restarts = 0;
    for (size_t n = 1; n <= 40; n++) {
        struct io_fetch_setup setup = usual;
        setup.key = "k";
        setup.key_header = n % 2 == 0 ? "X-Key" : NULL;
        setup.key_param = n % 2 == 0 ? NULL : "key";
        setup.header = "X-Other: x";
        CHECK_LABEL("allocation %zu", n);
        REQUIRE(open_loop() && CHECK(stub_open(&stub, run.loop, HERD_LIT(OK_REPLY))));
        fail_mem_arm(&run.fail, n, false);
        int rc = HERD_ENOMEM;
        if (!open_fetch(&setup, "127.0.0.1", stub.port))
            CHECK_STR(run.error.text, "out of memory");
        else
            rc = start(1, "q=1");
        if (rc != HERD_OK) {
            refused++;
            CHECK_INT(rc, HERD_ENOMEM);
        } else if (CHECK(turn_until(1, NULL, 0))) {
            failed += run.results[0].status == 0;
            fine += run.results[0].status == 200;
            if (run.results[0].status == 0)
                CHECK(strstr(run.results[0].error, "emory") != NULL);
        }
        fail_mem_arm(&run.fail, 0, false);
        if (run.fetch != NULL) {
            CHECK_INT(fetch_one("q=2")->status, 200);
            int count = (int)io_fetch_count(run.fetch).restarts;
            CHECK_INT(run.notes, count);
            restarts += count;
        }
        stub_close(&stub);
        close_all();
    }
    CHECK_LABEL("%d refused, %d failed, %d fine", refused, failed, fine);
    CHECK(refused >= 5 && failed >= 2 && fine >= 20 && restarts >= 1);
}

const struct check_test test_fetch_end[] = {
    {"fetch cancelled in flight", cancelled_in_flight},
    {"fetch cancelled in body", cancelled_in_body},
    {"fetch cancelled between end and done", cancelled_between_end_and_done},
    {"fetch freed between end and done", freed_between_end_and_done},
    {"fetch freed in flight", freed_in_flight},
    {"fetch starts and cancels inside done", starts_and_cancels_inside_done},
    {"fetch out of memory", out_of_memory},
    {NULL, NULL},
};
