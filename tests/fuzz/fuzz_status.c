/* SPDX-License-Identifier: ISC */
/* What herdctl reads out of a server's answer to STATUS: every part is a piece of the
 * answer, and numbers are numbers. */
#include "fuzz.h"

#include "ctl/status.h"
#include "herd/err.h"

static bool within(struct herd_slice part, struct herd_slice whole)
{
    return part.len == 0 ||
           (part.data >= whole.data && part.data + part.len <= whole.data + whole.len);
}

static void try_line(const struct report_line *line)
{
    struct report_link link;
    struct report_follower follower;
    struct report_refusal refusal;
    struct report_places places;
    report_parse_link(line->value, &link);
    FUZZ_CHECK(within(link.name, line->value) && within(link.state, line->value));
    FUZZ_CHECK(within(link.how, line->value) && within(link.behind, line->value));
    FUZZ_CHECK(within(link.mode, line->value) && within(link.rtt_us, line->value));
    FUZZ_CHECK(within(link.skew_ms, line->value) && within(link.why, line->value));
    (void)status_link_needs_note(&link);
    report_parse_follower(line->value, &follower);
    FUZZ_CHECK(within(follower.name, line->value) && within(follower.mode, line->value));
    FUZZ_CHECK(within(follower.behind, line->value));
    FUZZ_CHECK(within(follower.unacknowledged, line->value));
    report_parse_refusal(line->value, &refusal);
    FUZZ_CHECK(within(refusal.name, line->value) && within(refusal.why, line->value));
    report_parse_places(line->value, &places);
    FUZZ_CHECK(within(places.provider, line->value) && within(places.state, line->value));
    (void)status_places_needs_note(&places);
    FUZZ_CHECK(report_describe(line->key) != NULL);
    int64_t number = report_int(line->value, -7);
    FUZZ_CHECK(number == -7 || report_int(line->value, -8) == number);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct herd_slice text = fuzz_copy(herd_slice((const char *)data, size));
    struct fuzz_mem mem;
    struct report report = {.state = STATUS_UP};
    struct report_line line;
    size_t lines = 0, seen = 0;
    fuzz_mem_init(&mem);
    herd_buf_init(&report.text, &mem.mem, 1 << 20);
    if (text.len > 0 && herd_buf_append(&report.text, text) == HERD_OK) {
        struct herd_slice all = herd_buf_bytes(&report.text), rest = all;
        while (report_next(&rest, &line)) {
            FUZZ_CHECK(within(line.key, all) && within(line.value, all));
            lines++;
            seen += line.key.len + line.value.len;
            try_line(&line);
        }
        FUZZ_CHECK(lines <= text.len && seen <= text.len);
        FUZZ_CHECK(within(report_get(&report, "server"), all));
    }
    report_free(&report);
    fuzz_drop(text);
    FUZZ_CHECK(mem.live == 0);
    return 0;
}
