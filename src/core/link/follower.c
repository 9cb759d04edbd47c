/* SPDX-License-Identifier: ISC */
#include "follower.h"

#include "hex.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

/* The highest version of the exchange with followers that this server speaks. */
enum { VERSION = 1 };

/* It may hold what it wants, and may give records without asking for any. */
static const struct herd_partner_kind follower_kind = {
    .compares_digests = false,
    .asks_drained = true,
    .must_have = false,
    .timed_out = offsetof(struct herd_stats, followers_timed_out),
    .malformed = offsetof(struct herd_stats, followers_malformed),
};

static struct herd_link_follower *follower_of(struct herd_partner *partner)
{
    return (struct herd_link_follower *)partner->peer;
}

/* ---- all of them ---- */

static uint32_t follower_count(const struct herd_links *links)
{
    return links->partner_count - links->neighbour_count;
}

static const char *name_of(const struct herd_link_follower *follower)
{
    return follower->label + sizeof HERD_FOLLOWER_LABEL - 1;
}

/* The follower of that name, or NULL. */
static struct herd_link_follower *find(const struct herd_links *links, const char *name)
{
    for (uint32_t i = links->neighbour_count; i < links->partner_count; i++) {
        struct herd_link_follower *follower = follower_of(links->partners[i]);
        if (strcmp(name_of(follower), name) == 0)
            return follower;
    }
    return NULL;
}

static void add(struct herd_links *links, struct herd_partner *partner)
{
    assert(follower_count(links) < HERD_FOLLOWERS_MAX);
    links->partners[links->partner_count++] = partner;
}

/* Keeps the order of the others. */
static void remove_from(struct herd_links *links, const struct herd_partner *partner)
{
    uint32_t kept = links->neighbour_count;
    for (uint32_t i = kept; i < links->partner_count; i++)
        if (links->partners[i] != partner)
            links->partners[kept++] = links->partners[i];
    links->partner_count = kept;
}

/* ---- the beginning ---- */

bool herd_links_can_follow(struct herd_links *links, const char *name)
{
    if (follower_count(links) < HERD_FOLLOWERS_MAX || find(links, name) != NULL)
        return true;
    links->context->stats.followers_refused++;
    herd_logf(links->context, 0, "refused follower %s: %d others are connected", name,
              HERD_FOLLOWERS_MAX);
    return false;
}

/* A program that was restarted need not wait until the server misses the one before. */
static void replace(struct herd_links *links, struct herd_link_follower *old)
{
    if (old == NULL)
        return;
    links->context->stats.followers_replaced++;
    remove_from(links, &old->partner);
    herd_partner_stop(&old->partner);
    herd_logf(links->context, old->peer.session.id, "%s is replaced by a newer one",
              old->partner.name);
    herd_peer_send_bye(links, &old->peer, "taken", "a newer follower of this name came");
}

static void send_followed(struct herd_links *links, struct herd_peer *peer)
{
    const struct herd_core_setup *setup = &links->context->setup;
    char feed[2 * HERD_FEED_ID + 1];
    herd_hex_print(setup->feed_id, HERD_FEED_ID, feed);
    herd_peer_sendf(links, peer, "FOLLOWED %s %d %s %016" PRIx64 "\n",
                    links->context->name.data, VERSION, feed, setup->boot_id);
}

static void start(struct herd_links *links, struct herd_link_follower *follower,
                  const char *name)
{
    struct herd_partner *partner = &follower->partner;
    snprintf(follower->label, sizeof follower->label, HERD_FOLLOWER_LABEL "%s", name);
    herd_framer_init(&follower->peer.framer, links->context->setup.mem,
                     HERD_FRAME_PAYLOAD_MAX);
    partner->kind = &follower_kind;
    partner->name = follower->label;
    partner->source_id = ++links->last_source_id;
    partner->must_ack = strcmp(name, HERD_DISK_NAME) == 0 &&
                        herd_conf_acks_from_disk(links->context->setup.conf);
    follower->peer.stage = HERD_STAGE_UP;
    send_followed(links, &follower->peer);
    if (follower->peer.session.ending)
        return; /* out of memory: no frame may come before FOLLOWED */
    herd_partner_start(links, partner, &follower->peer);
    add(links, partner);
    links->context->stats.followers_accepted++;
    herd_logf(links->context, follower->peer.session.id, "%s is connected", partner->name);
}

void herd_links_follow(struct herd_links *links, struct herd_session *session,
                       const char *name, struct herd_slice rest)
{
    char kept_name[HERD_FOLLOWER_NAME_MAX + 1];
    snprintf(kept_name, sizeof kept_name, "%s", name);
    struct herd_session *heir = herd_session_hand_over(session, &links->followers);
    if (heir == NULL) {
        herd_session_end_out_of_memory(session);
        return;
    }
    replace(links, find(links, kept_name));
    start(links, (struct herd_link_follower *)herd_peer_of(heir), kept_name);
    if (!heir->ending)
        herd_peer_on_data(links, heir, rest);
}

/* ---- the end ---- */

static void free_follower(void *service, struct herd_session *session,
                          struct herd_slice reason)
{
    struct herd_links *links = service;
    struct herd_link_follower *follower =
        (struct herd_link_follower *)herd_peer_of(session);
    struct herd_partner *partner = &follower->partner;
    if (partner->peer != NULL) {
        remove_from(links, partner);
        herd_partner_stop(partner);
        if (partner->down_reason.text[0] == '\0')
            (void)herd_partner_set_reason(partner, reason);
        herd_logf(links->context, session->id, "%s has left: %s", partner->name,
                  partner->down_reason.text);
    }
    herd_framer_free(&follower->peer.framer);
}

const struct herd_session_ops herd_follower_session_ops = {
    .size = sizeof(struct herd_link_follower),
    .data = herd_peer_on_data,
    .eof = herd_peer_on_eof,
    .drained = herd_peer_on_drained,
    .stop = herd_peer_on_stop,
    .wipe = herd_peer_wipe,
    .free = free_follower,
};

/* ---- the disk ---- */

/* HAVE comes after what it gives, and alone when it has nothing that is not known here. */
static bool has_given(const struct herd_partner *partner)
{
    return partner->receive.mode == HERD_RECEIVE_FEED ||
           (partner->receive.mode == HERD_RECEIVE_NONE &&
            partner->send.mode != HERD_SEND_NONE);
}

struct herd_disk_link herd_links_disk(const struct herd_links *links)
{
    const struct herd_link_follower *disk = find(links, HERD_DISK_NAME);
    if (disk == NULL)
        return (struct herd_disk_link){.connected = false};
    return (struct herd_disk_link){.connected = true,
                                   .gave = has_given(&disk->partner),
                                   .acked_seq = disk->partner.send.acked_seq};
}

void herd_follower_see_caught_up(struct herd_links *links)
{
    struct herd_link_follower *disk = find(links, HERD_DISK_NAME);
    if (disk != NULL && disk->partner.must_ack)
        herd_caught_up_see(&disk->caught_up, links, &disk->partner);
}

uint64_t herd_links_disk_seq(struct herd_links *links)
{
    struct herd_link_follower *disk = find(links, HERD_DISK_NAME);
    uint64_t seq =
        disk != NULL ? herd_caught_up_acked(&disk->caught_up, disk->partner.send.acked_seq)
                     : 0;
    if (seq > links->disk_seq)
        links->disk_seq = seq;
    return links->disk_seq;
}

/* ---- status ---- */

uint32_t herd_links_follower_count(const struct herd_links *links)
{
    return follower_count(links);
}

struct herd_follower_status herd_links_follower_status(const struct herd_links *links,
                                                       uint32_t i)
{
    struct herd_partner *partner = links->partners[links->neighbour_count + i];
    return (struct herd_follower_status){
        .name = name_of(follower_of(partner)),
        .mode = herd_send_mode_name(&partner->send),
        .behind = herd_send_behind(links, partner),
        .unacknowledged = links->store->tail_seq - partner->send.acked_seq,
    };
}
