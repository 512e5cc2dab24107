/* Alarms: each once, again only after it was put right; of several processes that say the same, the first. */
#include "cmocka_main.h"
#include "resolve/alarm.h"

#include <stdio.h>
#include <string.h>

struct told {
    unsigned n;
    char last[CX_ALARM_TEXT];
};

static void
note(void *ctx, const char *text)
{
    struct told *told = ctx;

    told->n++;
    (void)snprintf(told->last, sizeof(told->last), "%s", text);
}

static void
raise_one(struct cx_alarms *alarms, enum cx_alarm_topic topic, const char *text)
{
    cx_alarms_begin(alarms, topic);
    if (text != NULL) {
        cx_alarms_raise(alarms, topic, "%s", text);
    }
    cx_alarms_end(alarms, topic);
}

static void
test_once_until_put_right(void **state)
{
    static struct cx_alarms alarms;
    struct told told = { .n = 0 };

    (void)state;
    for (int i = 0; i < 3; i++) {
        raise_one(&alarms, CX_ALARM_FILE, "a");
        raise_one(&alarms, CX_ALARM_ROOT, "a");
        cx_alarms_tell(&alarms, note, &told);
        assert_int_equal(told.n, 2); /* one for each topic */
    }
    raise_one(&alarms, CX_ALARM_FILE, "b");
    cx_alarms_tell(&alarms, note, &told);
    assert_int_equal(told.n, 3);
    assert_string_equal(told.last, "b");
    raise_one(&alarms, CX_ALARM_FILE, NULL);
    assert_int_equal(alarms.n, 1);
    cx_alarms_tell(&alarms, note, &told);
    assert_int_equal(told.n, 3);
    raise_one(&alarms, CX_ALARM_FILE, "b");
    cx_alarms_tell(&alarms, note, &told);
    assert_int_equal(told.n, 4);
    raise_one(&alarms, CX_ALARM_FILE, "c");
    cx_alarms_tell(&alarms, NULL, NULL); /* to nobody is told as well */
    cx_alarms_tell(&alarms, note, &told);
    assert_int_equal(told.n, 4);
}

static void
test_no_more_than_there_is_room_for(void **state)
{
    static struct cx_alarms alarms;
    struct told told = { .n = 0 };
    char text[2 * CX_ALARM_TEXT];

    (void)state;
    cx_alarms_begin(&alarms, CX_ALARM_ROOT);
    for (int i = 0; i < 2 * CX_ALARMS_MAX; i++) {
        cx_alarms_raise(&alarms, CX_ALARM_ROOT, "key %d", i);
    }
    cx_alarms_end(&alarms, CX_ALARM_ROOT);
    cx_alarms_tell(&alarms, note, &told);
    assert_int_equal(told.n, CX_ALARMS_MAX);
    memset(text, 'x', sizeof(text));
    text[sizeof(text) - 1] = '\0';
    raise_one(&alarms, CX_ALARM_ROOT, text);
    cx_alarms_tell(&alarms, note, &told);
    assert_int_equal(alarms.n, 1);
    assert_int_equal(strlen(told.last), CX_ALARM_TEXT - 1);
}

static void
test_long_paths_show_their_end(void **state)
{
    char path[200], text[CX_ALARM_PATH_TEXT];

    (void)state;
    cx_alarm_path("/etc/root.key", text);
    assert_string_equal(text, "/etc/root.key");
    memset(path, 'a', sizeof(path));
    memcpy(path + sizeof(path) - 9, "root.key", 9);
    cx_alarm_path(path, text);
    assert_int_equal(strlen(text), CX_ALARM_PATH_TEXT - 1);
    assert_memory_equal(text, "...a", 4);
    assert_string_equal(text + strlen(text) - 8, "root.key");
}

static void
test_several_processes_say_it_once(void **state)
{
    static struct cx_alarms_heard heard;
    char text[16];

    (void)state;
    assert_true(cx_alarms_hear(&heard, "a", 0));
    assert_false(cx_alarms_hear(&heard, "a", 63));
    assert_true(cx_alarms_hear(&heard, "b", 63));
    assert_true(cx_alarms_hear(&heard, "a", 63)); /* it was put right in between, and is back */
    assert_false(cx_alarms_hear(&heard, "a", 0));
    cx_alarms_forget(&heard, 0);
    assert_false(cx_alarms_hear(&heard, "a", 0)); /* of the process after it */
    assert_true(cx_alarms_hear(&heard, "a", 0));
    for (int i = 0; i < CX_ALARMS_MAX; i++) {
        (void)snprintf(text, sizeof(text), "key %d", i);
        assert_true(cx_alarms_hear(&heard, text, 1));
    }
    assert_true(cx_alarms_hear(&heard, "a", 1)); /* long ago */
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_once_until_put_right),
        cmocka_unit_test(test_no_more_than_there_is_room_for),
        cmocka_unit_test(test_long_paths_show_their_end),
        cmocka_unit_test(test_several_processes_say_it_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
