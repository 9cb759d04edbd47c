/* SPDX-License-Identifier: ISC */
#include "fetch_rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct run run;

const struct io_fetch_setup usual = {
    .body_max = BODY, .timeout_ms = TIMEOUT_MS, .connect_ms = 2000, .connects_max = 4};

static void on_done(void *arg, uint64_t id, const struct io_fetch_result *result)
{
    struct run *r = arg;
    CHECK(!r->starting);
    CHECK((result->status == 0) == (result->error != NULL));
    r->total++;
    if (r->done >= RESULTS)
        return;
    struct result *kept = &r->results[r->done++];
    *kept = (struct result){.id = id,
                            .status = result->status,
                            .retry_after_ms = result->retry_after_ms,
                            .len = result->body.len};
    size_t len =
        result->body.len < sizeof kept->body ? result->body.len : sizeof kept->body;
    memcpy(kept->body, result->body.data, len);
    snprintf(kept->error, sizeof kept->error, "%s",
             result->error != NULL ? result->error : "");
    if (r->cancel_in_done != 0)
        io_fetch_cancel(r->fetch, r->cancel_in_done);
    if (r->start_in_done != 0)
        CHECK_INT(io_fetch_start(r->fetch, r->start_in_done, HERD_LIT("")), HERD_OK);
    r->start_in_done = 0;
}

static void on_note(void *arg, const char *text)
{
    struct run *r = arg;
    r->notes++;
    snprintf(r->note, sizeof r->note, "%s", text);
}

bool open_loop(void)
{
    memset(&run, 0, sizeof run);
    fail_mem_init(&run.fail);
    run.mem = run.fail.mem;
    run.loop = io_loop_new(&run.mem);
    return CHECK(run.loop != NULL);
}

/* A copy that the caller may overwrite. */
static const char *copy_of(const char *text, char copies[][512], int *count)
{
    if (text == NULL)
        return NULL;
    snprintf(copies[*count], 512, "%s", text);
    return copies[(*count)++];
}

bool open_fetch(const struct io_fetch_setup *setup, const char *host, unsigned port)
{
    static char copies[8][512];
    struct io_fetch_setup s = *setup;
    char url[256];
    int count = 0;
    snprintf(url, sizeof url, "http://%s:%u" PATH, host, port);
    s.url = copy_of(setup->url != NULL ? setup->url : url, copies, &count);
    s.content_type = copy_of(setup->content_type, copies, &count);
    s.header = copy_of(setup->header, copies, &count);
    s.key = copy_of(setup->key, copies, &count);
    s.key_param = copy_of(setup->key_param, copies, &count);
    s.key_header = copy_of(setup->key_header, copies, &count);
    s.ca_file = copy_of(setup->ca_file, copies, &count);
    s.proxy = copy_of(setup->proxy, copies, &count);
    s.note = on_note;
    run.fetch = io_fetch_new(&run.mem, run.loop, &s, on_done, &run, &run.error);
    memset(copies, 'x', sizeof copies);
    return run.fetch != NULL;
}

bool open_stub(struct stub *stub, const struct io_fetch_setup *setup, const char *reply)
{
    memset(stub, 0, sizeof *stub);
    if (!open_loop() || !CHECK(stub_open(stub, run.loop, herd_slice_str(reply))))
        return false;
    return CHECK(open_fetch(setup, "127.0.0.1", stub->port));
}

void close_stub(struct stub *stub)
{
    if (stub->loop != NULL)
        stub_close(stub);
    close_all();
}

void close_all(void)
{
    io_fetch_free(run.fetch);
    io_loop_free(run.loop);
    CHECK_INT((int64_t)run.fail.live, 0);
}

int start(uint64_t id, const char *ask)
{
    char copy[1024];
    snprintf(copy, sizeof copy, "%s", ask);
    run.starting = true;
    int rc = io_fetch_start(run.fetch, id, herd_slice_str(copy));
    run.starting = false;
    memset(copy, 'x', sizeof copy);
    return rc;
}

void turn(struct herd_mono limit)
{
    io_loop_turn(run.loop, herd_mono_min(io_fetch_deadline(run.fetch), limit));
    io_fetch_tick(run.fetch, io_clock_mono());
    run.turns++;
}

bool turn_until(int done, const struct stub *stub, int requests)
{
    struct herd_mono limit = herd_mono_add_ms(io_clock_mono(), FAKE_WAIT_MS);
    while (run.done < done || (stub != NULL && stub->requests < requests)) {
        if (herd_mono_reached(io_clock_mono(), limit))
            return check_true(false, "the deadline of the test passed", __FILE__, __LINE__);
        turn(limit);
    }
    return true;
}

void turn_for_ms(int64_t ms)
{
    struct herd_mono limit = herd_mono_add_ms(io_clock_mono(), ms);
    while (!herd_mono_reached(io_clock_mono(), limit))
        turn(limit);
}

const struct result *fetch_one(const char *ask)
{
    static const struct result none = {0};
    int before = run.done;
    if (!CHECK_INT(start(7, ask), HERD_OK) || !turn_until(before + 1, NULL, 0))
        return &none;
    return &run.results[run.done - 1];
}

int lines_of(const char *path)
{
    FILE *in = fopen(path, "r");
    int lines = 0;
    for (int c; in != NULL && (c = getc(in)) != EOF;)
        lines += c == '\n';
    if (in != NULL)
        fclose(in);
    return lines;
}

bool file_has(const char *path, const char *word)
{
    static char text[65536];
    FILE *in = fopen(path, "r");
    size_t len = in != NULL ? fread(text, 1, sizeof text - 1, in) : 0;
    if (in != NULL)
        fclose(in);
    text[len] = '\0';
    return strstr(text, word) != NULL;
}

int count_of(const char *text, const char *word)
{
    int count = 0;
    for (const char *at = text; (at = strstr(at, word)) != NULL; at++)
        count++;
    return count;
}
