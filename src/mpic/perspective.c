#include "mpic/perspective.h"

#include "base/limits.h"
#include "evidence/part.h"

#define APART_M 500000u
/* R-MPIC-7: until then the distance counted was that between States, Provinces or Countries. */
#define BY_PLACE cx_time_of_day(2025, 2, 24)

#define LATITUDE_MOST  90000000
#define LONGITUDE_MOST 180000000

static const char *const words[] = {
    [CX_REGION_UNSET] = "",    [CX_REGION_AFRINIC] = "AFRINIC", [CX_REGION_APNIC] = "APNIC",
    [CX_REGION_ARIN] = "ARIN", [CX_REGION_LACNIC] = "LACNIC",   [CX_REGION_RIPE] = "RIPE",
};

const char *
cx_region_word(enum cx_region region)
{
    return words[region];
}

enum cx_region
cx_region_of_word(cx_str word)
{
    for (size_t i = CX_REGION_UNSET + 1; i < CX_COUNT(words); i++) {
        if (cx_str_equal(word, cx_str_of(words[i]))) {
            return (enum cx_region)i;
        }
    }
    return CX_REGION_UNSET;
}

const struct cx_perspective *
cx_perspective_find(const struct cx_perspectives *list, cx_str code)
{
    for (size_t i = 0; i < list->n; i++) {
        if (cx_str_equal(list->v[i].code, code)) {
            return &list->v[i];
        }
    }
    return NULL;
}

bool
cx_perspectives_apart(const struct cx_perspective *a, const struct cx_perspective *b, cx_time date)
{
    if (date < BY_PLACE && a->state.n != 0 && cx_str_equal(a->state, b->state)) {
        return false;
    }
    return cx_geodesic_m(a->place, b->place) >= APART_M &&
           cx_geodesic_m(a->resolver, b->resolver) >= APART_M;
}

/* ---- writing */

static void
put_place(struct cx_buf *buf, struct cx_place place, enum cx_region region)
{
    cx_cbor_put_array(buf, 3);
    cx_cbor_put_int(buf, place.latitude);
    cx_cbor_put_int(buf, place.longitude);
    cx_parts_put_word(buf, cx_region_word(region));
}

static void
put_end(struct cx_buf *buf, cx_time end, cx_time without)
{
    if (end == without) {
        cx_cbor_put_null(buf);
    } else {
        cx_cbor_put_int(buf, end);
    }
}

static void
put_perspective(struct cx_buf *buf, const struct cx_perspective *p)
{
    cx_cbor_put_array(buf, 6);
    cx_cbor_put_text(buf, p->code);
    put_place(buf, p->place, p->region);
    put_place(buf, p->resolver, p->resolver_region);
    put_end(buf, p->from, CX_TIME_NONE);
    put_end(buf, p->until, CX_TIME_MAX);
    cx_cbor_put_text(buf, p->state);
}

cx_status
cx_perspectives_encode(const struct cx_perspectives *list, struct cx_buf *buf)
{
    size_t begin = buf->n;

    cx_cbor_put_array(buf, 1 + list->n);
    put_perspective(buf, &list->primary);
    for (size_t i = 0; i < list->n; i++) {
        put_perspective(buf, &list->v[i]);
    }
    return cx_parts_written(buf, begin);
}

/* ---- reading */

static int32_t
get_angle(struct cx_parts *in, int32_t most)
{
    int64_t angle = cx_cbor_int(&in->r);

    if (angle < -most || angle > most) {
        in->r.failed = true;
        return 0;
    }
    return (int32_t)angle;
}

static void
get_place(struct cx_parts *in, struct cx_place *place, enum cx_region *region)
{
    in->r.failed |= cx_cbor_array(&in->r, 3) != 3;
    place->latitude = get_angle(in, LATITUDE_MOST);
    place->longitude = get_angle(in, LONGITUDE_MOST);
    *region = cx_region_of_word(cx_cbor_text(&in->r));
    in->r.failed |= *region == CX_REGION_UNSET;
}

static cx_time
get_end(struct cx_parts *in, cx_time without)
{
    if (cx_cbor_next(&in->r) == CX_CBOR_NULL) {
        cx_cbor_null(&in->r);
        return without;
    }
    return cx_parts_moment(in);
}

static void
get_perspective(struct cx_parts *in, struct cx_perspective *p)
{
    in->r.failed |= cx_cbor_array(&in->r, 6) != 6;
    p->code = cx_cbor_text(&in->r);
    get_place(in, &p->place, &p->region);
    get_place(in, &p->resolver, &p->resolver_region);
    p->from = get_end(in, CX_TIME_NONE);
    p->until = get_end(in, CX_TIME_MAX);
    p->state = cx_cbor_text(&in->r);
    in->r.failed |= p->code.n == 0;
}

cx_status
cx_perspectives_decode(cx_span octets, struct cx_arena *arena, struct cx_perspectives *ret,
                       struct cx_detail *detail)
{
    struct cx_parts in = { cx_reader_of(octets), arena, detail, "perspectives" };
    struct cx_perspectives list = { .n = 0 };
    struct cx_perspective *all;
    size_t n;
    void *v;

    CX_TRY(cx_parts_array(&in, 2, CX_PERSPECTIVES_MAX + 1, sizeof(*all), &v, &n));
    all = v;
    for (size_t i = 0; i < n; i++) {
        get_perspective(&in, &all[i]);
        list.v = all + 1;
        if (i > 0 && cx_perspective_find(&list, all[i].code) != NULL) {
            return cx_parts_refuse(&in, "a code that is there twice");
        }
        list.n = i;
    }
    if (!cx_rd_ok(&in.r) || cx_rd_left(&in.r) != 0) {
        return cx_parts_refuse(&in, "they cannot be read");
    }
    list.primary = all[0];
    *ret = list;
    return CX_SUCCESS;
}
