/* SPDX-License-Identifier: ISC */
/* report-ack disk against a textbook: a disk that commits when it likes, loses what it has
 * not committed, connects anew with its cursor or an empty file, or is slow. Whenever a
 * reply to a report leaves, what the disk has committed includes that report, or a newer
 * one about the same client; and every client gets its replies, all of them, in order. */
#include "check.h"
#include "dice.h"
#include "rig/rig.h"
#include "rig/talk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    SEEDS = 60,
    STEPS = 3000,
    CLIENTS = 6, /* connections 1 to that number */
    DISK = 20,   /* and above: its connections, one after the other */
    IDS = 400,   /* of about 200 bytes, so that few fit into a batch */
    ID_LEN = 200,
    INBOX = 1 << 21,
    PENDING = 4096,
};

/* The newest time of each id; 0: there is none. */
struct book {
    int time[IDS];
};

struct disk {
    herd_conn_id conn; /* 0: not connected */
    char inbox[INBOX];
    size_t waiting;
    bool feeding, followed;
    unsigned long long seq;    /* of what it has received */
    unsigned long long synced; /* of SYNC */
    struct book received;
    /* On stable storage. */
    struct book committed;
    unsigned long long committed_seq;
    bool has_cursor;
};

struct scene {
    struct rig rig;
    struct dice dice;
    struct disk disk;
    int time;
    int asked[CLIENTS + 1][PENDING]; /* by connection: the times of its reports in turn */
    size_t asks[CLIENTS + 1], answers[CLIENTS + 1];
    size_t early, disorder;
};

static unsigned roll(struct scene *scene, uint32_t sides)
{
    return dice_roll(&scene->dice, sides);
}

/* ---- what the core sends ---- */

static void keep(struct book *book, unsigned id, int time)
{
    if (id < IDS && book->time[id] < time)
        book->time[id] = time;
}

/* "AT Clark SKEW ID LOCATION TIME": false: it is something else. */
static bool read_record(const char *line, unsigned *id, int *time)
{
    return sscanf(line, "AT Clark %*s %u %*s %d", id, time) == 2;
}

static void on_replies(struct scene *scene, uint32_t conn, const char *text)
{
    while (*text != '\0') {
        unsigned id;
        int time;
        size_t n = scene->answers[conn]++;
        if (!read_record(text, &id, &time) || n >= scene->asks[conn] ||
            scene->asked[conn][n] != time)
            scene->disorder++;
        else if (scene->disk.committed.time[id] < time)
            scene->early++;
        text = strchr(text, '\n') + 1;
    }
}

static void watch(void *watcher, const struct herd_action *action)
{
    struct scene *scene = watcher;
    struct disk *disk = &scene->disk;
    uint32_t conn = (uint32_t)action->conn;
    if (action->kind == HERD_DO_CLOSE && conn == disk->conn)
        scene->disorder++; /* it has done nothing wrong */
    if (action->kind != HERD_DO_SEND)
        return;
    if (conn == disk->conn) {
        if (action->bytes.len > INBOX - disk->waiting - 1)
            abort();
        memcpy(disk->inbox + disk->waiting, action->bytes.data, action->bytes.len);
        disk->waiting += action->bytes.len;
        disk->inbox[disk->waiting] = '\0';
    } else if (conn <= CLIENTS) {
        char *text = calloc(1, action->bytes.len + 1);
        memcpy(text, action->bytes.data, action->bytes.len);
        on_replies(scene, conn, text);
        free(text);
    }
}

/* ---- the disk ---- */

static void say(struct scene *scene, const char *words, unsigned long long seq)
{
    char text[128];
    int len = snprintf(text, sizeof text, "%s %llu\n", words, seq);
    rig_data(&scene->rig, scene->disk.conn, herd_slice(text, (size_t)len));
}

static void on_records(struct disk *disk, const char *payload, size_t len)
{
    const char *end = payload + len;
    while (payload < end) {
        unsigned id;
        int time;
        if (read_record(payload, &id, &time))
            keep(&disk->received, id, time);
        payload = strchr(payload, '\n') + 1;
    }
}

static void on_frame(struct disk *disk, const char *head, const char *payload, size_t len)
{
    unsigned long long from, to;
    if (sscanf(head, "RESUME 0 %*s %llu", &from) == 1) {
        disk->feeding = true;
        disk->seq = from;
    } else if (sscanf(head, "SYNC 0 %*s %llu", &from) == 1) {
        disk->feeding = false;
    } else if (sscanf(head, "SYNCED 0 %*s %llu", &from) == 1) {
        disk->feeding = true;
        disk->seq = from;
    } else if (sscanf(head, "BATCH %*u %llu %llu", &from, &to) == 2) {
        on_records(disk, payload, len);
        if (disk->feeding)
            disk->seq = to;
    } else if (sscanf(head, "PING 0 %*u %llu", &to) == 1 && disk->feeding &&
               to > disk->seq) {
        disk->seq = to;
    }
}

/* Reads the frames of its inbox, all or some. */
static void receive(struct scene *scene)
{
    struct disk *disk = &scene->disk;
    size_t at = 0;
    unsigned frames = 1 + roll(scene, 4);
    while (frames-- > 0 && at < disk->waiting) {
        char *lf = strchr(disk->inbox + at, '\n');
        size_t head = (size_t)(lf + 1 - disk->inbox) - at, len = 0;
        if (disk->followed && sscanf(disk->inbox + at, "%*s %zu", &len) != 1)
            abort();
        if (disk->followed)
            on_frame(disk, disk->inbox + at, disk->inbox + at + head, len);
        disk->followed = true;
        at += head + len;
    }
    disk->waiting -= at;
    memmove(disk->inbox, disk->inbox + at, disk->waiting + 1);
}

static void commit(struct scene *scene)
{
    struct disk *disk = &scene->disk;
    disk->committed = disk->received;
    if (!disk->feeding)
        return;
    disk->committed_seq = disk->seq;
    disk->has_cursor = true;
    say(scene, "ACK 0", disk->seq);
}

static void crash(struct scene *scene)
{
    struct disk *disk = &scene->disk;
    herd_conn_id conn = disk->conn;
    disk->conn = 0;
    if (conn != 0)
        rig_closed(&scene->rig, conn, HERD_LIT("gone"));
    disk->waiting = 0;
    disk->feeding = disk->followed = false;
    disk->received = disk->committed;
}

static void connect(struct scene *scene)
{
    struct disk *disk = &scene->disk;
    disk->conn = DISK;
    rig_open(&scene->rig, disk->conn, HERD_ROLE_CONTROL, -1);
    rig_data(&scene->rig, disk->conn, HERD_LIT("FOLLOW sqlite 1\n"));
    if (disk->has_cursor)
        say(scene, "HAVE 0 c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1", disk->committed_seq);
    else
        rig_data(&scene->rig, disk->conn, HERD_LIT("HAVE 0 - 0\n"));
}

/* Its records stay, but it does not know up to where they are complete. */
static void lose_cursor(struct scene *scene)
{
    crash(scene);
    scene->disk.has_cursor = false;
}

/* ---- the walk ---- */

static void report(struct scene *scene)
{
    uint32_t conn = 1 + roll(scene, CLIENTS);
    char lines[16 * (ID_LEN + 64)];
    unsigned count = 1 + roll(scene, 16);
    unsigned favourite = roll(scene, 4) == 0 ? 5 : IDS; /* some report again and again */
    size_t len = 0;
    if (scene->rig.paused[conn] || scene->asks[conn] + count > PENDING)
        return;
    for (unsigned i = 0; i < count; i++) {
        len += (size_t)snprintf(lines + len, sizeof lines - len, "IAMAT %0*u +0+0 %d\n",
                                ID_LEN, roll(scene, favourite), ++scene->time);
        scene->asked[conn][scene->asks[conn]++] = scene->time;
    }
    rig_data(&scene->rig, conn, herd_slice(lines, len));
}

static void step(struct scene *scene)
{
    struct disk *disk = &scene->disk;
    unsigned what = roll(scene, 100);
    if (what < 40)
        report(scene);
    else if (what < 60)
        rig_tick(&scene->rig);
    else if (disk->conn == 0)
        connect(scene);
    else if (what < 75)
        (void)rig_drained(&scene->rig, disk->conn);
    else if (what < 88)
        receive(scene);
    else if (what < 98)
        commit(scene);
    else if (what < 99 || roll(scene, 4) > 0)
        crash(scene);
    else
        lose_cursor(scene);
}

static void finish(struct scene *scene)
{
    for (int i = 0; i < 3000; i++) {
        if (scene->disk.conn == 0)
            connect(scene);
        rig_drain(&scene->rig);
        rig_tick(&scene->rig);
        receive(scene);
        if (scene->disk.waiting == 0)
            commit(scene);
    }
    for (uint32_t conn = 1; conn <= CLIENTS; conn++)
        CHECK(scene->answers[conn] == scene->asks[conn]);
}

static void play(uint64_t seed)
{
    static struct scene scene;
    CHECK_LABEL("seed %llu", (unsigned long long)seed);
    scene = (struct scene){.dice = {seed}};
    rig_start_with(&scene.rig, TALK_ALONE,
                   "state-dir state\nreport-ack disk\nlog-traffic no\n");
    scene.rig.quiet = scene.rig.fresh = true;
    scene.rig.watch = watch;
    scene.rig.watcher = &scene;
    for (uint32_t conn = 1; conn <= CLIENTS; conn++)
        rig_open(&scene.rig, conn, HERD_ROLE_CLIENT, -1);
    for (int i = 0; i < STEPS && scene.early + scene.disorder == 0; i++)
        step(&scene);
    if (scene.early + scene.disorder == 0)
        finish(&scene);
    CHECK(scene.early == 0);
    CHECK(scene.disorder == 0);
    rig_end(&scene.rig);
}

static void answered_reports_are_on_the_disk(void)
{
    for (uint64_t seed = 1; seed <= SEEDS; seed++)
        play(seed);
}

extern const struct check_test test_disk_ack_oracle[];
const struct check_test test_disk_ack_oracle[] = {
    {"answered_reports_are_on_the_disk", answered_reports_are_on_the_disk},
    {NULL, NULL},
};
