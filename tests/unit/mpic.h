/* Responses of a coordinator as text, and a list of perspectives far from each other. */
#ifndef CX_TESTS_UNIT_MPIC_H
#define CX_TESTS_UNIT_MPIC_H

#include "build.h"
#include "mpic/corroborate.h"

#include <stdio.h>

#define MPIC_DATE 1795348800 /* 2026-11-22T12:00:00Z: four remotes, two regions */
#define MPIC_PLACE(code, latitude, longitude, region)                                              \
    {                                                                                              \
        CX_STR_INIT(code), { latitude, longitude }, region, { latitude, longitude }, region,       \
            CX_TIME_NONE, CX_TIME_MAX,                                                             \
        {                                                                                          \
            NULL, 0                                                                                \
        }                                                                                          \
    }

static const struct cx_perspective mpic_remotes[] = {
    MPIC_PLACE("a", 39961200, -82998800, CX_REGION_ARIN),
    MPIC_PLACE("b", 53349800, -6260300, CX_REGION_RIPE),
    MPIC_PLACE("c", 35689500, 139691700, CX_REGION_APNIC),
    MPIC_PLACE("d", -23550500, -46633300, CX_REGION_LACNIC),
    MPIC_PLACE("e", -33924900, 18424100, CX_REGION_AFRINIC),
    MPIC_PLACE("f", 45839900, -119700600, CX_REGION_ARIN),
    MPIC_PLACE("g", 1352100, 103819800, CX_REGION_APNIC),
    MPIC_PLACE("h", 34693700, 135502300, CX_REGION_APNIC), /* 397 km from c */
};

static const struct cx_perspectives mpic_list = {
    MPIC_PLACE("home", 47376900, 8541700, CX_REGION_RIPE),
    mpic_remotes,
    sizeof(mpic_remotes) / sizeof(mpic_remotes[0]),
};

/* Perspectives by their codes in text: those in capitals deny. count: as the response says; 0: it does not. */
static inline void
mpic_body(struct cx_buf *buf, const char *codes, unsigned count)
{
    cx_buf_clear(buf);
    cx_buf_puts(buf, "{\"check_type\":\"caa\",\"domain_or_ip_target\":\"www.d.test\",");
    if (count != 0) {
        cx_buf_printf(buf,
                      "\"actual_orchestration_parameters\":{\"perspective_count\":%u,"
                      "\"quorum_count\":1},",
                      count);
    }
    cx_buf_puts(buf, "\"is_valid\":true,\"mpic_completed\":true,\"perspectives\":[");
    for (size_t i = 0; codes[i] != '\0'; i++) {
        bool denies = codes[i] >= 'A' && codes[i] <= 'Z';

        cx_buf_printf(buf,
                      "%s{\"perspective_code\":\"%c\",\"check_response\":{\"check_completed\":true,"
                      "\"check_passed\":true,\"timestamp_ns\":1795348799000000000,\"details\":{"
                      "\"caa_record_present\":true,\"found_at\":\"d.test\",\"records_seen\":["
                      "\"0 issue \\\"%s\\\"\"]}}}",
                      i == 0 ? "" : ",", cx_ascii_lower((uint8_t)codes[i]),
                      denies ? "other.example" : "ca.example.net");
    }
    cx_buf_puts(buf, "]}");
}

#endif
