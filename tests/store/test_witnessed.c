#include "base/limits.h"
#include "log.h"
#include "logs.h"
#include "main.h"
#include "store/witnessed.h"

#include <stdio.h>
#include <string.h>

/* What outsiders said is kept if it verifies, and only that of it. */

static struct test_log t;

struct witness {
    struct cx_ed25519_key *private_key;
    struct cx_note_key key;
};

static struct witness
witness_named(const char *name, unsigned seed)
{
    struct witness w = { .private_key = private_key_from(seed) };
    struct cx_detail detail = { .text = "" };
    uint8_t public_key[CX_ED25519_PUBLIC];

    cx_ed25519_public(w.private_key, public_key);
    SCRATCH_OK(
        cx_note_key_make(cx_str_of(name), CX_NOTE_KEY_COSIGNATURE, public_key, &w.key, &detail));
    return w;
}

/* Text of the last checkpoint, up to the empty line. */
static cx_str
note_text(void)
{
    const char *end = strstr(t.note, "\n\n");

    assert_non_null(end);
    return (cx_str){ t.note, (size_t)(end + 1 - t.note) };
}

static void
put_line(const struct witness *w, uint64_t time_s, struct cx_buf *lines)
{
    struct cx_detail detail = { .text = "" };

    SCRATCH_OK(cx_note_sign(note_text(), &w->key, w->private_key, time_s, lines, &detail));
}

static struct cx_witnessed
checkpoint(void)
{
    return (struct cx_witnessed){ t.store, 1, t.commit.size, cx_log_key(t.log), cx_str_of(t.note) };
}

static size_t
kept(char *ret, size_t room)
{
    char path[SCRATCH_PATH], name[64];

    (void)snprintf(name, sizeof(name), "0001/witnessed/%020llu.checkpoint",
                   (unsigned long long)t.commit.size);
    scratch_join(path, t.store, name);
    return scratch_exists(path) ? scratch_read(path, ret, room) : 0;
}

static int
remove_log(void **state)
{
    (void)state;
    test_log_remove(&t);
    return 0;
}

TEST(cosignatures_are_kept_side_by_side)
{
    struct witness one = witness_named("one.example", 40), two = witness_named("two.example", 80);
    struct cx_detail detail = { .text = "" };
    struct cx_buf lines = { .max = 4096 };
    struct cx_witnessed_latest latest;
    struct cx_witnessed w;
    char file[4096], again[4096];
    uint64_t time_s;
    bool has = true;

    test_log_make(&t, 0);
    test_log_fill(&t, 0, 5);
    w = checkpoint();
    SCRATCH_OK(cx_witnessed_has(&w, &one.key, &has, &detail));
    assert_false(has);
    put_line(&one, 1000, &lines);
    SCRATCH_OK(cx_witnessed_cosign(&w, &one.key, cx_buf_str(&lines), &time_s, &detail));
    assert_int_equal(time_s, 1000);
    cx_buf_clear(&lines);
    put_line(&two, 2000, &lines);
    SCRATCH_OK(cx_witnessed_cosign(&w, &two.key, cx_buf_str(&lines), &time_s, &detail));
    SCRATCH_OK(cx_witnessed_has(&w, &one.key, &has, &detail));
    assert_true(has);
    assert_int_equal(kept(file, sizeof(file)), strlen(t.note) + 2 * lines.n);
    /* Said again at another moment: the first stays. */
    cx_buf_clear(&lines);
    put_line(&two, 3000, &lines);
    SCRATCH_OK(cx_witnessed_cosign(&w, &two.key, cx_buf_str(&lines), &time_s, &detail));
    assert_int_equal(time_s, 3000);
    assert_int_equal(kept(again, sizeof(again)), kept(file, sizeof(file)));
    cx_witnessed_latest(t.store, 1, &latest);
    assert_true(latest.cosigned && latest.cosigned_size == 6 && !latest.stamped);
    cx_buf_done(&lines);
    cx_ed25519_free(one.private_key);
    cx_ed25519_free(two.private_key);
}

TEST(what_does_not_verify_is_not_kept)
{
    struct witness real = witness_named("one.example", 40),
                   other = witness_named("one.example", 80);
    struct cx_detail detail = { .text = "" };
    struct cx_buf lines = { .max = 4096 };
    struct cx_witnessed w;
    char file[4096];
    uint64_t time_s = 7;

    test_log_make(&t, 0);
    test_log_fill(&t, 0, 5);
    w = checkpoint();
    put_line(&other, 1000, &lines);
    SCRATCH_FAILS(cx_witnessed_cosign(&w, &real.key, cx_buf_str(&lines), &time_s, &detail),
                  CX_CLASS_CRYPTO);
    cx_buf_clear(&lines);
    put_line(&real, 1000, &lines);
    lines.p[lines.n - 8] =
        lines.p[lines.n - 8] == 'A' ? 'B' : 'A'; /* in the signature, still base64 */
    SCRATCH_FAILS(cx_witnessed_cosign(&w, &real.key, cx_buf_str(&lines), &time_s, &detail),
                  CX_CLASS_CRYPTO);
    SCRATCH_FAILS(cx_witnessed_cosign(&w, &real.key, CX_STR("no line\n"), &time_s, &detail),
                  CX_CLASS_MALFORMED);
    /* A good one, of the checkpoint before. */
    cx_buf_clear(&lines);
    put_line(&real, 1000, &lines);
    test_log_fill(&t, 5, 6);
    w = checkpoint();
    SCRATCH_FAILS(cx_witnessed_cosign(&w, &real.key, cx_buf_str(&lines), &time_s, &detail),
                  CX_CLASS_CRYPTO);
    assert_int_equal(time_s, 7);
    assert_int_equal(kept(file, sizeof(file)), 0);
    cx_buf_done(&lines);
    cx_ed25519_free(real.private_key);
    cx_ed25519_free(other.private_key);
}

TEST(one_witness_cannot_fill_the_place_of_others)
{
    struct witness one = witness_named("one.example", 40), junk = witness_named("junk.example", 80);
    struct cx_detail detail = { .text = "" };
    struct cx_buf lines = { .max = 16384 };
    size_t line;
    char file[4096];
    uint64_t time_s;
    struct cx_witnessed w;

    test_log_make(&t, 0);
    test_log_fill(&t, 0, 5);
    w = checkpoint();
    for (unsigned i = 0; i < 20; i++) {
        put_line(&junk, 1000 + i, &lines);
    }
    line = lines.n;
    put_line(&one, 1000, &lines);
    line = lines.n - line;
    put_line(&one, 2000, &lines);
    SCRATCH_OK(cx_witnessed_cosign(&w, &one.key, cx_buf_str(&lines), &time_s, &detail));
    assert_int_equal(time_s, 1000);
    assert_int_equal(kept(file, sizeof(file)), strlen(t.note) + line);
    cx_buf_done(&lines);
    cx_ed25519_free(one.private_key);
    cx_ed25519_free(junk.private_key);
}

TEST(a_time_stamp_that_is_none_is_not_kept)
{
    const struct cx_witnessed_stamp stamp = { CX_STR("request"), CX_STR("response"),
                                              CX_STR("roots"), 1, 0 };
    struct cx_detail detail = { .text = "" };
    struct cx_witnessed_latest latest;
    struct cx_witnessed w;
    cx_time time = 7;

    test_log_make(&t, 0);
    w = checkpoint();
    assert_false(cx_ok(cx_witnessed_keep_stamp(&w, &stamp, &time, &detail)));
    assert_int_equal(time, 7);
    cx_witnessed_latest(t.store, 1, &latest);
    assert_true(!latest.stamped && !latest.cosigned);
}

#define LOG(name) cmocka_unit_test_teardown(name, remove_log)

static const struct CMUnitTest tests[] = {
    LOG(cosignatures_are_kept_side_by_side),
    LOG(what_does_not_verify_is_not_kept),
    LOG(one_witness_cannot_fill_the_place_of_others),
    LOG(a_time_stamp_that_is_none_is_not_kept),
};

TEST_MAIN(tests)
