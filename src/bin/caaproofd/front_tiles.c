/* The public side of the log: paths of C2SP tlog-tiles below /v1/log/SHARD/. The recorder makes what is asked for, one thing at a
 * time, so that who reads the log takes no more of it than that; full tiles, which never change, are kept here. */
#include "base/alloc.h"
#include "base/limits.h"
#include "bin/caaproofd/front.h"
#include "bin/caaproofd/tile_path.h"

#include <string.h>

/* A full tile. */
struct kept {
    uint64_t shard;
    struct cx_tile tile;
    char *p; /* NULL: this place is free */
    size_t n;
    uint64_t used; /* when it was asked for last, as a number */
};

struct waiting {
    struct http_request *request;
    struct op_tile what;
};

struct front_tiles {
    struct waiting queue[CX_TILES_WAITING_MAX]; /* a ring; the first is asked for, if is_asked */
    size_t first, n;
    bool is_asked;
    uint32_t seq;
    struct kept kept[CX_TILES_KEPT];
    uint64_t uses;
};

cx_status
front_tiles_init(struct front *f)
{
    f->tiles = cx_alloc(1, sizeof(*f->tiles));
    return f->tiles != NULL ? CX_SUCCESS : (cx_status){ CX_E_NOMEM };
}

void
front_tiles_done(struct front *f)
{
    for (size_t i = 0; f->tiles != NULL && i < CX_TILES_KEPT; i++) {
        cx_free(f->tiles->kept[i].p);
    }
    cx_free(f->tiles);
    f->tiles = NULL;
}

/* ---- replies */

static bool
is_full(const struct op_tile *what)
{
    return !what->is_checkpoint && what->tile.width == CX_TILE_WIDTH;
}

static void
say(struct http_request *request, const struct op_tile *what, cx_str octets)
{
    const struct http_field age = {
        CX_STR("Cache-Control"),
        what->is_checkpoint ? CX_STR("no-cache") : CX_STR("max-age=31536000, immutable"),
    };
    const struct http_fields extra = { &age, 1 };

    http_reply(request, 200,
               what->is_checkpoint ? "text/plain; charset=utf-8" : "application/octet-stream",
               octets, &extra);
}

static void
say_nothing(struct http_request *request)
{
    http_problem(request, 404, "about:blank", "Not Found",
                 CX_STR("no such shard, or its published tree does not go so far"));
}

static void
say_busy(struct http_request *request)
{
    front_refuse(request, &problem_busy, "the log cannot be read now: try again in a second");
}

/* ---- full tiles */

static bool
is_same(const struct kept *kept, const struct op_tile *what)
{
    return kept->p != NULL && kept->shard == what->shard && kept->tile.index == what->tile.index &&
           kept->tile.entries == what->tile.entries && kept->tile.level == what->tile.level;
}

static struct kept *
find_kept(struct front_tiles *t, const struct op_tile *what)
{
    for (size_t i = 0; i < CX_TILES_KEPT && is_full(what); i++) {
        if (is_same(&t->kept[i], what)) {
            return &t->kept[i];
        }
    }
    return NULL;
}

/* In place of the one that nobody has asked for the longest. Without memory it is not kept. */
static void
keep(struct front_tiles *t, const struct op_tile *what, cx_str octets)
{
    struct kept *place = &t->kept[0];
    char *p;

    if (!is_full(what) || find_kept(t, what) != NULL) { /* asked for twice before it came */
        return;
    }
    for (size_t i = 1; i < CX_TILES_KEPT; i++) {
        if (t->kept[i].used < place->used) {
            place = &t->kept[i];
        }
    }
    p = cx_alloc(octets.n, 1);
    if (p == NULL) {
        return;
    }
    memcpy(p, octets.p, octets.n);
    cx_free(place->p);
    *place = (struct kept){ what->shard, what->tile, p, octets.n, ++t->uses };
}

/* ---- the queue */

static struct waiting *
first(struct front_tiles *t)
{
    return &t->queue[t->first];
}

static void
drop_first(struct front_tiles *t)
{
    t->first = (t->first + 1) % CX_TILES_WAITING_MAX;
    t->n--;
}

static bool
say_kept(struct front_tiles *t, struct http_request *request, const struct op_tile *what)
{
    struct kept *kept = find_kept(t, what);

    if (kept == NULL) {
        return false;
    }
    kept->used = ++t->uses;
    say(request, what, (cx_str){ kept->p, kept->n });
    return true;
}

/* The first that is not kept by now is asked for. */
static void
go_on(struct front *f)
{
    struct front_tiles *t = f->tiles;

    while (t->n != 0 && !t->is_asked) {
        struct waiting *w = first(t);

        if (f->recorder == NULL) {
            say_busy(w->request);
            drop_first(t);
        } else if (say_kept(t, w->request, &w->what)) {
            drop_first(t);
        } else {
            w->what.seq = ++t->seq;
            t->is_asked = true;
            op_put_tile(link_out(f->recorder), &w->what);
            front_send(f);
        }
    }
}

bool
front_say_log(struct front *f, struct http_request *request, const struct http_message *message)
{
    struct front_tiles *t = f->tiles;
    struct op_tile what;

    if (!f->member.config->public_log || !tile_of_path(message->path, &what)) {
        return false;
    }
    if (!cx_str_equal(message->method, CX_STR("GET"))) {
        http_problem(request, 405, "about:blank", "Method Not Allowed", CX_STR(""));
    } else if (say_kept(t, request, &what)) {
        return true;
    } else if (t->n == CX_TILES_WAITING_MAX) {
        say_busy(request);
    } else {
        t->queue[(t->first + t->n++) % CX_TILES_WAITING_MAX] = (struct waiting){ request, what };
        go_on(f);
    }
    return true;
}

static void
say_status(const struct waiting *w, const struct op_octets *op)
{
    if (op->status == 200) {
        say(w->request, &w->what, op->octets);
    } else if (op->status == 404) {
        say_nothing(w->request);
    } else {
        say_busy(w->request);
    }
}

cx_status
front_take_octets(struct front *f, cx_span body)
{
    struct front_tiles *t = f->tiles;
    struct op_octets op;

    CX_TRY(op_get_octets(body, &op));
    if (!t->is_asked || op.seq != t->seq) {
        return (cx_status){ CX_E_FRAME };
    }
    if (op.status == 200) {
        keep(t, &first(t)->what, op.octets);
    }
    say_status(first(t), &op);
    drop_first(t);
    t->is_asked = false;
    go_on(f);
    return CX_SUCCESS;
}

void
front_tiles_lost(struct front *f)
{
    struct front_tiles *t = f->tiles;

    while (t->n != 0) {
        say_busy(first(t)->request);
        drop_first(t);
    }
    t->is_asked = false;
}
