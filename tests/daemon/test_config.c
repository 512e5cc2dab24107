#include "base/alloc.h"
#include "base/file.h"
#include "base/limits.h"
#include "bin/caaproofd/config_option.h"
#include "bin/caaproofd/config_yaml.h"
#include "main.h"

#include <stdio.h>

/* What needs no more; rows of a table begin in line 3. */
#define LEAST     "store: /s\nlisten: [{address: 'unix:/a'}]\n"
#define KEY       "\"00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\""
#define REQUEST   "request: {issuer: ca.example.net}"
#define WITNESS   "witness.example.org+0ea12664+BCmsuuFBvMrwsi4alNNNC8c2HlJtC/4SyJeUvJMilm3X"
#define AUTHORITY "authorities: [{name: a, key: " KEY ", " REQUEST "}]\n"

/* A name of 239 octets, which is one, but has no room for a label of 16. */
#define LABEL_59  "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz1234567"
#define LONG_NAME LABEL_59 "." LABEL_59 "." LABEL_59 "." LABEL_59

/* 2026-11-01. */
#define NOW ((cx_time)1793491200)

static struct config_input
input_of(const char *text)
{
    return (struct config_input){ .text = cx_str_of(text), .name = "f", .now = NOW };
}

/* Has no faults. */
static struct config *
good(const char *text)
{
    struct config_input input = input_of(text);
    struct config_faults faults;
    struct config *config = NULL;
    cx_status s;

    config_faults_init(&faults);
    s = config_read(&input, &config, &faults);
    cx_buf_putc(&faults.text, '\0');
    ROW_TRUE(cx_ok(s) && faults.n == 0 && faults.text.n == 1, faults.text.p);
    config_faults_done(&faults);
    return config;
}

/* Has exactly these, each a line. */
static void
refused_input(const struct config_input *input, const char *wanted)
{
    struct config_faults faults;
    struct config *config = NULL;
    cx_status s;

    config_faults_init(&faults);
    s = config_read(input, &config, &faults);
    assert_int_equal(s.code, CX_E_USAGE);
    assert_null(config);
    cx_buf_putc(&faults.text, '\0');
    assert_true(cx_buf_ok(&faults.text));
    assert_string_equal(faults.text.p, wanted);
    config_faults_done(&faults);
}

static void
refused(const char *text, const char *wanted)
{
    const struct config_input input = input_of(text);

    refused_input(&input, wanted);
}

/* As text with a NUL, freed with cx_buf_done. */
static struct cx_buf
printed(const struct config *config)
{
    struct cx_buf buf;

    cx_buf_init(&buf, CX_CONFIG_PRINTED_MAX);
    assert_true(cx_ok(config_print(config, &buf)));
    cx_buf_putc(&buf, '\0');
    assert_true(cx_buf_ok(&buf));
    return buf;
}

static void
same_when_read_again(const struct config *config)
{
    struct cx_buf once = printed(config), twice, restart, reload;
    struct config *again = good(once.p);

    twice = printed(again);
    assert_string_equal(once.p, twice.p);
    cx_buf_init(&restart, 1000);
    cx_buf_init(&reload, 1000);
    assert_true(cx_ok(config_changes(config, again, &restart, &reload)));
    assert_int_equal(restart.n + reload.n, 0);
    cx_buf_done(&once);
    cx_buf_done(&twice);
    cx_buf_done(&restart);
    cx_buf_done(&reload);
    config_free(again);
}

static void
is_str(cx_str text, const char *wanted)
{
    assert_true(cx_str_equal(text, cx_str_of(wanted)));
    if (text.n != 0) {
        assert_int_equal(text.p[text.n], '\0');
    }
}

/* ---- good ones */

TEST(little_is_needed)
{
    struct config *c = good(LEAST);

    is_str(c->store, "/s");
    is_str(c->keys, "/s.keys");
    assert_int_equal(c->origin.n + c->user.n, 0);
    assert_int_equal(c->keep, CX_MESSAGES_FULL);
    assert_int_equal(c->permit_life_s, CX_PERMIT_LIFE_S);
    assert_true(c->deadline->usual_ms == 30000 && c->deadline->max_ms == 120000);
    assert_int_equal(c->sandbox, CONFIG_SANDBOX_ENFORCED);
    assert_true(c->log->format == CONFIG_LOG_JSON && c->log->level == CONFIG_LEVEL_INFO);
    assert_int_equal(c->n_listen, 1);
    assert_int_equal(c->listen[0].address.family, CONFIG_FAMILY_UNIX);
    is_str(c->listen[0].address.host, "/a");
    assert_true(c->listen[0].tls == NULL && !c->listen[0].insecure);
    assert_true(c->limits->connections == 1024 && c->limits->in_flight == 4096);
    assert_true(c->limits->body == 16 << 20 && c->limits->header == 64 << 10);
    assert_true(c->limits->request_time_ms == 30000 && c->limits->idle_time_ms == 60000);
    assert_true(c->resolver->processes == 0 && c->resolver->n_control == 0);
    assert_int_equal(c->resolver->question_time_ms, CX_LIVE_DEADLINE_MS);
    assert_int_equal(c->resolver->cache_ttl_s, CX_CACHE_CEILING_S);
    assert_int_equal(c->resolver->renew_s, CX_LIVE_RENEW_S);
    assert_true(c->resolver->tap && c->resolver->proof && c->resolver->retry);
    assert_true(c->resolver->openssl_p256 && !c->resolver->lab);
    assert_true(c->n_authorities == 0 && c->n_callers == 0 && c->canary == NULL);
    assert_true(c->n_witnesses == 0 && c->n_timestamps == 0);
    assert_true(c->courier->interval_s == 60 && c->courier->timeout_ms == 10000);
    same_when_read_again(c);
    config_free(c);
}

static const char everything[] =
    "store: /var/lib/s\n"
    "keys: /var/lib/k\n"
    "origin: log.ca.example/caa\n"
    "keep: proof\n"
    "permit_life: 8h\n"
    "deadline: {default: 1500ms, max: 10min}\n"
    "sandbox: degraded\n"
    "user: caaproof\n"
    "log: {format: text, level: debug}\n"
    "listen:\n"
    "  - address: 127.0.0.1:8443\n"
    "  - address: \"[::1]:1\"\n"
    "  - address: 192.0.2.1:65535\n"
    "    tls: {certificate: /c, key: /k, client_ca: /ca}\n"
    "  - address: '[2001:db8::1]:443'\n"
    "    tls: {certificate: /c, key: /k}\n"
    "    insecure: true\n"
    "  - address: 0.0.0.0:80\n"
    "    insecure: true\n"
    "  - address: unix:/run/x\n"
    "limits: {connections: 0x10, body: 1MiB, header: 1023KiB}\n"
    "resolver:\n"
    "  processes: 64\n"
    "  anchor: /anchor\n"
    "  root_hints: /hints\n"
    "  forward: 192.0.2.53@5353\n"
    "  control: [a.example, b.example]\n"
    "  tap: false\n"
    "  lab: true\n"
    "authorities:\n"
    "  - name: tls\n"
    "    key: " KEY "\n"
    "    request:\n"
    "      issuer: [ca.example.net]\n"
    "      purpose: tls\n"
    "      policy:\n"
    "        own: [{name: ca.example.net, until: 2027-01-01}, {name: other.example, from: "
    "2027-01-01}]\n"
    "        param_case: strict\n"
    "    cps: CA.example.net\n"
    "    claim: required\n"
    "    permit_life: 90s\n"
    "  - name: mail\n"
    "    key_file: /mail.pem\n"
    "    mode: shadow\n"
    "    request: {issuer: ca.example.net, purpose: smime}\n"
    "    own_file: /own\n"
    "callers:\n"
    "  - {name: a, certificate: {san: a.example}, authorities: [tls, mail], may: [check, claim]}\n"
    "  - {name: b, certificate: {subject: 'CN=b,O=\"\\u00d6\"'}, authorities: all, may: [issue]}\n"
    "  - {name: c, certificate: {sha256: " KEY "}, may: [ack, drain]}\n"
    "  - {name: d, token_file: /d, may: [metrics]}\n"
    "  - {name: e, unix_uid: 0, authorities: tls, may: [metrics, check]}\n"
    "witnesses: [{url: 'https://w.example/p', key: " WITNESS "}]\n"
    "timestamps: [{url: 'http://t.example', ca: /t1}, {url: 'http://[::1]:8/x', ca: /t2}]\n"
    "courier: {interval: 1h, timeout: 500ms}\n"
    "canary:\n"
    "  authority: tls\n"
    "  interval: 90s\n"
    "  names: [{name: d.example, expect: fail}, {name: e.example}]\n";

TEST(everything_can_be_said)
{
    struct config *c = good(everything);
    const struct config_authority *a;

    is_str(c->keys, "/var/lib/k");
    is_str(c->origin, "log.ca.example/caa");
    assert_true(c->keep == CX_MESSAGES_PROOF && c->permit_life_s == 8 * 3600);
    assert_true(c->deadline->usual_ms == 1500 && c->deadline->max_ms == 600000);
    assert_true(c->sandbox == CONFIG_SANDBOX_DEGRADED && c->log->level == CONFIG_LEVEL_DEBUG);
    assert_int_equal(c->n_listen, 6);
    assert_true(c->listen[0].address.is_local && c->listen[0].address.port == 8443);
    is_str(c->listen[0].address.host, "127.0.0.1");
    assert_true(c->listen[1].address.is_local && c->listen[1].address.port == 1);
    is_str(c->listen[1].address.host, "::1");
    assert_true(!c->listen[2].address.is_local && c->listen[2].address.port == 65535);
    is_str(c->listen[2].tls->client_ca, "/ca");
    is_str(c->listen[3].address.host, "2001:db8::1");
    assert_true(c->listen[3].insecure && c->listen[3].tls->client_ca.n == 0);
    assert_true(c->limits->connections == 16 && c->limits->body == 1 << 20);
    assert_int_equal(c->limits->header, 1023 << 10);
    assert_true(c->resolver->processes == 64 && c->resolver->lab && !c->resolver->tap);
    assert_int_equal(c->resolver->n_control, 2);
    is_str(c->resolver->control[1], "b.example");
    a = config_authority_named(c, CX_STR("tls"));
    assert_non_null(a);
    assert_true(a->mode == CONFIG_MODE_ENFORCE && a->claim == CONFIG_CLAIM_REQUIRED);
    assert_true(a->permit_life_s == 90 && a->key->b[1] == 0x11 && a->n_cps == 1);
    assert_ptr_equal(a->request, a->request_given);
    a = config_authority_named(c, CX_STR("mail"));
    assert_true(a->mode == CONFIG_MODE_SHADOW && a->key == NULL);
    assert_true(a->permit_life_s == CONFIG_NONE && a->claim == CONFIG_CLAIM_OPTIONAL);
    assert_null(config_authority_named(c, CX_STR("none")));
    assert_int_equal(c->n_callers, 5);
    assert_true(config_caller_may_for(&c->callers[0], CX_STR("mail")));
    assert_true(config_caller_may_for(&c->callers[1], CX_STR("mail")));
    assert_false(config_caller_may_for(&c->callers[4], CX_STR("mail")));
    assert_false(config_caller_may_for(&c->callers[3], CX_STR("tls")));
    assert_int_equal(c->callers[0].may, CONFIG_MAY_CHECK | CONFIG_MAY_CLAIM);
    assert_int_equal(c->callers[2].may, CONFIG_MAY_ACK | CONFIG_MAY_DRAIN);
    assert_int_equal(c->callers[4].may, CONFIG_MAY_METRICS | CONFIG_MAY_CHECK);
    assert_true(c->callers[4].unix_uid == 0 && c->callers[3].unix_uid == CONFIG_NONE);
    assert_true(c->n_witnesses == 1 && c->n_timestamps == 2);
    is_str(c->witnesses[0].url, "https://w.example/p");
    is_str(c->witnesses[0].key, WITNESS);
    is_str(c->timestamps[1].ca, "/t2");
    assert_true(c->courier->interval_s == 3600 && c->courier->timeout_ms == 500);
    assert_true(c->canary->interval_s == 90 && c->canary->n_names == 2);
    assert_int_equal(c->canary->names[0].expect, CONFIG_EXPECT_FAIL);
    assert_int_equal(c->canary->names[1].expect, CONFIG_EXPECT_DENY);
    same_when_read_again(c);
    config_free(c);
}

TEST(sections_may_be_empty)
{
    struct config *least = good(LEAST);
    struct config *c = good(LEAST "limits:\nlog: {}\nresolver: ~\nauthorities: []\ncallers:\n");
    struct cx_buf a = printed(least), b = printed(c);

    assert_string_equal(a.p, b.p);
    cx_buf_done(&a);
    cx_buf_done(&b);
    config_free(least);
    config_free(c);
}

TEST(prints_values_in_force)
{
    struct config *c = good(LEAST "permit_life: 900s\nlimits: {body: 1024KiB, idle_time: 90s}\n"
                                  "user: 'a\"\\\xc3\xa9\xe2\x80\xa8\xf0\x9f\x98\x80'\n" AUTHORITY);
    struct cx_buf buf = printed(c);

    assert_non_null(strstr(
        buf.p, "store: \"/s\"\nkeys: \"/s.keys\"\nkeep: full\npermit_life: 15min\n"
               "deadline:\n  default: 30s\n  max: 2min\npublic_log: true\nsandbox: enforced\n"
               "user: \"a\\\"\\\\\\u00e9\\u2028\\U0001f600\"\nlog:\n"));
    assert_non_null(
        strstr(buf.p, "listen:\n  - address: \"unix:/a\"\n    insecure: false\nlimits:\n"));
    assert_non_null(strstr(buf.p, "  body: 1MiB\n"));
    assert_non_null(strstr(buf.p, "  idle_time: 90s\n"));
    assert_non_null(strstr(buf.p,
                           "authorities:\n  - name: \"a\"\n    key: " KEY "\n"
                           "    mode: enforce\n    request: {\"issuer\":\"ca.example.net\"}\n"
                           "    claim: optional\n"));
    assert_null(strstr(buf.p, "callers"));
    assert_null(strstr(buf.p, "origin"));
    same_when_read_again(c);
    cx_buf_done(&buf);
    config_free(c);
}

TEST(the_host_gives_the_log_its_name)
{
    struct config_input input = input_of(LEAST);
    struct config_faults faults;
    struct config *c = NULL;

    config_faults_init(&faults);
    input.host = "h.example";
    assert_true(cx_ok(config_read(&input, &c, &faults)));
    is_str(c->origin, "h.example/caaproof");
    config_free(c);
    input.host = "h+h";
    refused_input(
        &input,
        "f:1:1: origin: a key's name has 1 to 255 octets of UTF-8 without spaces and \"+\"\n");
    config_faults_done(&faults);
}

/* ---- faults of one value */

static const struct {
    const char *text; /* behind LEAST */
    const char *wanted;
} values[] = {
    { "permit_lief: 1min\n",
      "f:3:1: unknown key \"permit_lief\"; did you mean \"permit_life\"?\n" },
    { "limits: {bdoy: 1MiB}\n", "f:3:10: limits: unknown key \"bdoy\"; did you mean \"body\"?\n" },
    { "log:\n  colour: red\n", "f:4:3: log: unknown key \"colour\"; known: format level\n" },
    { "log:\n  \"a\\nb\": 1\n", "f:4:3: log: unknown key \"a\\010b\"; known: format level\n" },
    { "keep: all\n", "f:3:1: keep: expected one of full, proof, digest; found \"all\"\n" },
    { "keep: full|proof\n",
      "f:3:1: keep: expected one of full, proof, digest; found \"full|proof\"\n" },
    { "keep: ''\n", "f:3:1: keep: expected one of full, proof, digest; found \"\"\n" },
    { "keep:\n", "f:3:1: keep: expected one of full, proof, digest; found nothing\n" },
    { "permit_life: 15\n",
      "f:3:1: permit_life: expected a time from 1s to 8h, such as 15min; found 15\n" },
    { "permit_life: 9h\n",
      "f:3:1: permit_life: expected a time from 1s to 8h, such as 15min; found \"9h\"\n" },
    { "permit_life: 0s\n",
      "f:3:1: permit_life: expected a time from 1s to 8h, such as 15min; found \"0s\"\n" },
    { "permit_life: 900ms\n",
      "f:3:1: permit_life: expected a time from 1s to 8h, such as 15min; found \"900ms\"\n" },
    { "permit_life: 1 min\n",
      "f:3:1: permit_life: expected a time from 1s to 8h, such as 15min; found \"1 min\"\n" },
    { "permit_life: min\n",
      "f:3:1: permit_life: expected a time from 1s to 8h, such as 15min; found \"min\"\n" },
    { "permit_life: 307445734561825861min\n", "f:3:1: permit_life: expected a time from 1s to 8h, "
                                              "such as 15min; found \"307445734561825861min\"\n" },
    { "permit_life: 18446744073709551617s\n", "f:3:1: permit_life: expected a time from 1s to 8h, "
                                              "such as 15min; found \"18446744073709551617s\"\n" },
    { "limits: {body: 16MB}\n",
      "f:3:10: limits.body: expected a size from 1KiB to 256MiB, such as 16MiB; found \"16MB\"\n" },
    { "limits: {body: 17179869185GiB}\n", "f:3:10: limits.body: expected a size from 1KiB to "
                                          "256MiB, such as 16MiB; found \"17179869185GiB\"\n" },
    { "limits: {connections: 0}\n",
      "f:3:10: limits.connections: expected a whole number from 1 to 65536; found 0\n" },
    { "limits: {connections: -1}\n",
      "f:3:10: limits.connections: expected a whole number from 1 to 65536; found -1\n" },
    { "limits: {connections: '1'}\n",
      "f:3:10: limits.connections: expected a whole number from 1 to 65536; found \"1\"\n" },
    { "limits: {connections: 1.5}\n",
      "f:3:10: limits.connections: expected a whole number from 1 to 65536; found \"1.5\"\n" },
    { "resolver: {tap: yes}\n", "f:3:12: resolver.tap: expected true or false; found \"yes\"\n" },
    { "resolver: {anchor: key}\n",
      "f:3:12: resolver.anchor: expected an absolute path; found \"key\"\n" },
    { "user: 1\n", "f:3:1: user: expected a text; found 1\n" },
    { "user: [a]\n", "f:3:1: user: expected a text; found a list\n" },
    { "user: {a: b}\n", "f:3:1: user: expected a text; found a map\n" },
    { "user: \"a\\tb\"\n", "f:3:1: user: expected a text; found \"a\\009b\"\n" },
    { "user: true\n", "f:3:1: user: expected a text; found true\n" },
    { "log: text\n", "f:3:1: log: expected a map; found \"text\"\n" },
    { "canary:\n", "f:3:1: canary: expected a map; found nothing\n" },
    { "callers: {a: b}\n", "f:3:1: callers: expected a list of maps; found a map\n" },
    { "callers: [a]\n", "f:3:11: callers[0]: expected a map; found \"a\"\n" },
    { "resolver: {control: [a.example, 1]}\n",
      "f:3:12: resolver.control: expected a list of texts; found a list\n" },
    { "authorities: [{name: all, key: " KEY ", " REQUEST "}]\n",
      "f:3:16: authorities[0].name: expected a name of letters, digits, - _ . (not \"all\"); found "
      "\"all\"\n" },
    { "authorities: [{name: a b, key: " KEY ", " REQUEST "}]\n",
      "f:3:16: authorities[0].name: expected a name of letters, digits, - _ . (not \"all\"); found "
      "\"a b\"\n" },
    { "authorities: [{name: a, key: '12', request: 3}]\n",
      "f:3:25: authorities[0].key: expected 64 hexadecimal digits; found \"12\"\n"
      "f:3:36: authorities[0].request: expected a map; found 3\n" },
    { "callers: [{name: a, unix_uid: 1, may: []}]\n",
      "f:3:34: callers[0].may: expected a list of check, claim, issue, ack, drain, metrics; found "
      "an empty list\n" },
    { "callers: [{name: a, unix_uid: 1, may: [chekc]}]\n",
      "f:3:34: callers[0].may: expected a list of check, claim, issue, ack, drain, metrics; found "
      "a list\n" },
};

TEST(tells_what_is_expected)
{
    for (size_t i = 0; i < CX_COUNT(values); i++) {
        char text[1000];

        assert_in_range(snprintf(text, sizeof(text), "%s%s", LEAST, values[i].text), 1,
                        sizeof(text) - 1);
        refused(text, values[i].wanted);
    }
}

TEST(tells_what_is_missing)
{
    refused("{}", "f:1:1: store: is missing; expected an absolute path\n"
                  "f:1:1: listen: is missing; expected a list of maps\n");
    refused("[]", "f:1:1: expected a map; found an empty list\n");
    refused("x", "f:1:1: expected a map; found \"x\"\n");
    refused("store: /s\nlisten: []\n",
            "f:2:1: listen: expected a list of maps; found an empty list\n");
    refused("store: /s\nlisten:\n  - {}\n", "f:3:5: listen[0].address: is missing; expected "
                                            "ADDRESS:PORT, [IPv6 ADDRESS]:PORT or unix:/PATH\n");
    refused("store: /s\nlisten:\n  - address: 'unix:/a'\n  - tls: {}\n",
            "f:4:5: listen[1].address: is missing; expected ADDRESS:PORT, [IPv6 ADDRESS]:PORT or "
            "unix:/PATH\n"
            "f:4:5: listen[1].tls.certificate: is missing; expected an absolute path\n"
            "f:4:5: listen[1].tls.key: is missing; expected an absolute path\n");
}

/* A path of 108 octets: no place is left for its NUL. */
#define LONG_UNIX                                                                                  \
    "unix:/123456789012345678901234567890123456789012345678901234567890"                           \
    "12345678901234567890123456789012345678901234567"

TEST(reads_addresses_exactly)
{
    static const char *const bad[] = {
        "127.0.0.1",     "127.0.0.1:",    "127.0.0.1:0",   "127.0.0.1:65536", "127.1:80",
        "localhost:80",  ":80",           "::1:80",        "[::1]80",         "[::1]",
        "[127.0.0.1]:1", "[]:80",         "unix:",         "unix:/",          "unix:a",
        "[::1%lo]:80",   "127.0.0.1:80 ", "127.0.0.1:+80", "[::1]:-1",        "127.0.0.1:0x50",
        LONG_UNIX,
    };

    for (size_t i = 0; i < CX_COUNT(bad); i++) {
        struct config_faults faults;
        struct config *config = NULL;
        struct config_input input;
        char text[300];

        (void)snprintf(text, sizeof(text), "store: /s\nlisten: [{address: '%s'}]\n", bad[i]);
        input = input_of(text);
        config_faults_init(&faults);
        ROW_TRUE(config_read(&input, &config, &faults).code == CX_E_USAGE, bad[i]);
        ROW_TRUE(memmem(faults.text.p, faults.text.n, "expected ADDRESS:PORT", 21) != NULL, bad[i]);
        config_faults_done(&faults);
    }
}

TEST(takes_the_longest_path)
{
    char text[300];
    struct config *c;
    int n = snprintf(text, sizeof(text), "store: /s\nlisten: [{address: '%s", LONG_UNIX);

    assert_in_range(n, 1, 200);
    (void)snprintf(text + n - 1, sizeof(text) - (size_t)n, "'}]\n"); /* one octet less */
    c = good(text);
    assert_int_equal(c->listen[0].address.host.n, 107);
    config_free(c);
}

/* ---- faults of several keys together */

static const struct {
    const char *text;
    const char *wanted;
} together[] = {
    { "store: /s\nlisten: [{address: '192.0.2.1:80'}]\n",
      "f:2:11: listen[0]: \"192.0.2.1:80\" is not on loopback: tls is needed, or insecure: "
      "true\n" },
    { "store: /s\nlisten: [{address: '[::ffff:127.0.0.1]:80'}]\n",
      "f:2:11: listen[0]: \"[::ffff:127.0.0.1]:80\" is not on loopback: tls is needed, or "
      "insecure: true\n" },
    { "store: /s\nlisten:\n - address: 0.0.0.0:80\n   tls: {certificate: /c, key: /k}\n",
      "f:4:4: listen[0].tls: client_ca is needed, as \"0.0.0.0:80\" is not on loopback, or "
      "insecure: true\n" },
    { "store: /s\nlisten:\n - address: unix:/a\n   tls: {certificate: /c, key: /k, client_ca: "
      "/a}\n",
      "f:4:4: listen[0].tls: not on a Unix socket\n" },
    { "store: /s\nlisten:\n - address: unix:/a\n - address: unix:/a\n",
      "f:4:4: listen[1].address: is that of listen[0]\n" },
    { LEAST "origin: a b\n",
      "f:3:1: origin: a key's name has 1 to 255 octets of UTF-8 without spaces and \"+\"\n" },
    { LEAST "deadline: {default: 1min, max: 59s}\n",
      "f:3:12: deadline.default: is longer than deadline.max\n" },
    { LEAST "deadline: {default: 121s}\n",
      "f:3:12: deadline.default: is longer than deadline.max\n" },
    { LEAST "resolver: {control: a.example}\n",
      "f:3:12: resolver.control: 2 to 16 names are needed, or none\n" },
    { LEAST "resolver: {control: [a.example, a..example]}\n",
      "f:3:12: resolver.control: empty label\n" },
    { LEAST "resolver: {forward: dns.example}\n",
      "f:3:12: resolver.forward: expected an IP address or ADDRESS@PORT; found \"dns.example\"\n" },
    { LEAST "resolver: {forward: 192.0.2.1@}\n",
      "f:3:12: resolver.forward: expected an IP address or ADDRESS@PORT; found \"192.0.2.1@\"\n" },
    { LEAST "resolver: {forward: '::1@65536'}\n",
      "f:3:12: resolver.forward: expected an IP address or ADDRESS@PORT; found \"::1@65536\"\n" },
    { LEAST "resolver: {forward: '::1@99999999999999999999'}\n",
      "f:3:12: resolver.forward: expected an IP address or ADDRESS@PORT; found "
      "\"::1@99999999999999999999\"\n" },
    { LEAST "resolver: {lab: true}\n", "f:3:12: resolver.lab: root_hints is needed\n" },
    { LEAST "authorities: [{name: a, " REQUEST "}]\n",
      "f:3:15: authorities[0]: one of key and key_file is needed\n" },
    { LEAST "authorities: [{name: a, key_file: /k, key: " KEY ", " REQUEST "}]\n",
      "f:3:15: authorities[0]: one of key and key_file is needed\n" },
    { LEAST "authorities:\n - name: a\n   key: " KEY "\n   request: {isuer: a}\n",
      "f:6:14: authorities[0].request: unknown key \"isuer\"; did you mean \"issuer\"?\n" },
    { LEAST "authorities:\n - name: a\n   key: " KEY "\n   request: {names: [a.example]}\n",
      "f:6:14: authorities[0].request: unknown key \"names\"; known: issuer purpose profile order "
      "policy perspectives\n" },
    { LEAST "authorities:\n - name: a\n   key: " KEY "\n   request: {}\n",
      "f:6:4: authorities[0]: request: \"issuer\" is needed: the CA's issuer domain name, such as "
      "ca.example.net\n" },
    { LEAST "authorities:\n - name: a\n   key: " KEY
            "\n   request: {issuer: a.example, profile: vmc, purpose: tls}\n",
      "f:6:4: authorities[0]: request: \"profile\" does not fit \"purpose\"\n" },
    { LEAST "authorities:\n - name: a\n   key: " KEY
            "\n   request: {issuer: a.example, policy: {alias_limit: 3}}\n",
      "f:6:4: authorities[0]: policy.alias_limit: a whole number from 8 to 16 is needed\n" },
    { LEAST "authorities:\n - name: a\n   key: " KEY
            "\n   request: {issuer: a.example}\n   cps: [a.example, b.example]\n",
      "f:7:4: authorities[0]: OWN mismatch: \"b.example\" of the CPS is not in force\n" },
    { LEAST "authorities:\n - name: a\n   key: " KEY
            "\n   request: {issuer: [a.example, b.example]}\n   cps: A.Example\n",
      "f:7:4: authorities[0]: OWN mismatch: \"b.example\" is in force, and not in the CPS\n" },
    { LEAST "authorities:\n - name: a\n   key: " KEY
            "\n   request: {policy: {own: [a.example]}}\n   own_file: /own\n",
      "f:7:4: authorities[0].own_file: not with an own in the request's policy\n" },
    { LEAST "authorities:\n - {name: a, key: " KEY ", " REQUEST "}\n - {name: a, key: " KEY
            ", " REQUEST "}\n",
      "f:5:4: authorities[1].name: \"a\" is there twice\n" },
    { LEAST "callers: [{name: a, may: [drain]}]\n",
      "f:3:11: callers[0]: one of certificate, token_file and unix_uid is needed\n" },
    { LEAST "callers: [{name: a, unix_uid: 1, token_file: /t, may: [drain]}]\n",
      "f:3:11: callers[0]: one of certificate, token_file and unix_uid is needed\n" },
    { LEAST "callers: [{name: a, unix_uid: 1, may: [check]}]\n",
      "f:3:34: callers[0]: authorities is needed, or all of them: all\n" },
    { LEAST AUTHORITY "callers: [{name: a, unix_uid: 1, may: [check], authorities: [a, b]}]\n",
      "f:4:11: callers[0].authorities: there is no authority \"b\"\n" },
    { LEAST AUTHORITY "callers: [{name: a, unix_uid: 1, may: [check], authorities: [a, all]}]\n",
      "f:4:11: callers[0].authorities: there is no authority \"all\"\n" },
    { LEAST "callers: [{name: a, certificate: {san: a, subject: b}, may: [drain]}]\n",
      "f:3:21: callers[0].certificate: one of san, subject and sha256 is needed\n" },
    { LEAST "callers: [{name: a, certificate: {}, may: [drain]}]\n",
      "f:3:21: callers[0].certificate: one of san, subject and sha256 is needed\n" },
    { LEAST "callers: [{name: a, certificate: {san: a}, may: [drain]}]\n",
      "f:3:11: callers[0]: listen has no tls with client_ca, so nobody can be this caller\n" },
    { "store: /s\nlisten: [{address: '127.0.0.1:1'}]\ncallers: [{name: a, unix_uid: 1, may: "
      "[drain]}]\n",
      "f:3:11: callers[0]: listen has no Unix socket, so nobody can be this caller\n" },
    { LEAST
      "callers: [{name: a, unix_uid: 1, may: [drain]}, {name: a, unix_uid: 2, may: [drain]}]\n",
      "f:3:49: callers[1].name: \"a\" is there twice\n" },
    { LEAST
      "callers: [{name: a, unix_uid: 1, may: [drain]}, {name: b, unix_uid: 1, may: [drain]}]\n",
      "f:3:49: callers[1]: nobody can be this caller and callers[0]\n" },
    { LEAST "callers: [{name: a, token_file: /t, may: [drain]}, {name: b, token_file: /t, may: "
            "[drain]}]\n",
      "f:3:52: callers[1]: nobody can be this caller and callers[0]\n" },
    { LEAST AUTHORITY "canary: {authority: b, names: [{name: a.example}]}\n",
      "f:4:1: canary.authority: there is no authority \"b\"\n" },
    { LEAST AUTHORITY "canary: {authority: a, names: [{name: .a}]}\n",
      "f:4:33: canary.names[0].name: empty label\n" },
    { LEAST AUTHORITY "canary: {authority: a, names: [{name: a.example, expect: fail}]}\n",
      "f:4:24: canary.names: one with expect: deny is needed\n" },
    { LEAST AUTHORITY "canary: {authority: a, names: [{name: " LONG_NAME "}]}\n",
      "f:4:33: canary.names[0].name: label longer than 63 or name longer than 255 octets\n" },
    { LEAST AUTHORITY "callers:\n- {name: canary, token_file: /t, may: [metrics]}\n",
      "f:5:3: callers[0].name: the daemon calls itself \"canary\"\n" },
    { LEAST "witnesses: [{url: 'ftp://a', key: " WITNESS "}]\n",
      "f:3:14: witnesses[0].url: expected http:// or https:// with a host, without user, query and "
      "fragment; found \"ftp://a\"\n" },
    { LEAST "timestamps: [{url: 'http://u:p@a/', ca: /a}]\n",
      "f:3:15: timestamps[0].url: expected http:// or https:// with a host, without user, query "
      "and fragment; found \"http://u:p@a/\"\n" },
    { LEAST "witnesses: [{url: 'http://a', key: a+00000000+AAAA}]\n",
      "f:3:31: witnesses[0].key: a verifier key that is no Ed25519 key in base64\n" },
    { LEAST "witnesses: [{url: 'http://a', key: "
            "log.ca.example/caa-evidence+699d2243+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4}]\n",
      "f:3:31: witnesses[0].key: not the key of a witness (type 4)\n" },
    { LEAST "witnesses: [{url: 'http://a', key: " WITNESS "}, {url: 'http://b', key: " WITNESS
            "}]\n",
      "f:3:112: witnesses[1].key: is that of witnesses[0]\n" },
    { LEAST "timestamps: [{url: 'http://a', ca: /a}, {url: 'http://a', ca: /b}]\n",
      "f:3:41: timestamps[1].url: is that of timestamps[0]\n" },
};

TEST(tells_what_does_not_fit_together)
{
    for (size_t i = 0; i < CX_COUNT(together); i++) {
        refused(together[i].text, together[i].wanted);
    }
}

TEST(same_certificate_twice)
{
    static const char listen[] = "store: /s\nlisten: [{address: '127.0.0.1:1', tls: {certificate: "
                                 "/c, key: /k, client_ca: /a}}]\n";
    static const char *const same[][2] = {
        { "san: a.example", "san: A.example" },
        { "subject: CN=a", "subject: CN=a" },
        { "sha256: " KEY, "sha256: " KEY },
    };

    for (size_t i = 0; i < CX_COUNT(same); i++) {
        char text[1000];

        (void)snprintf(text, sizeof(text),
                       "%scallers:\n - {name: a, certificate: {%s}, may: [drain]}\n"
                       " - {name: b, certificate: {%s}, may: [drain]}\n",
                       listen, same[i][0], same[i][1]);
        refused(text, "f:5:4: callers[1]: nobody can be this caller and callers[0]\n");
    }
}

TEST(tells_twenty_faults_and_counts_the_rest)
{
    struct cx_buf text, wanted;

    cx_buf_init(&text, 10000);
    cx_buf_init(&wanted, 10000);
    cx_buf_puts(&text, "store: /s\nlisten:\n");
    for (int i = 0; i < 23; i++) {
        cx_buf_puts(&text, " - address: 1\n");
        if (i < 20) {
            cx_buf_printf(&wanted,
                          "f:%d:4: listen[%d].address: expected ADDRESS:PORT, [IPv6 ADDRESS]:PORT "
                          "or unix:/PATH; found 1\n",
                          i + 3, i);
        }
    }
    cx_buf_puts(&wanted, "f: and 3 more\n");
    cx_buf_putc(&text, '\0');
    cx_buf_putc(&wanted, '\0');
    refused(text.p, wanted.p);
    cx_buf_done(&text);
    cx_buf_done(&wanted);
}

TEST(outsiders_are_bounded)
{
    struct cx_buf text = { .max = 1 << 16 };

    cx_buf_puts(&text, LEAST "timestamps:\n");
    for (unsigned i = 0; i < CX_OUTSIDERS_MAX; i++) {
        cx_buf_printf(&text, "  - {url: 'http://t%u.example', ca: /a}\n", i);
    }
    cx_buf_putc(&text, '\0');
    config_free(good(text.p));
    text.n--;
    cx_buf_puts(&text, "  - {url: 'http://more.example', ca: /a}\n");
    cx_buf_putc(&text, '\0');
    refused(text.p, "f:3:1: timestamps: at most 16 entries\n");
    cx_buf_done(&text);
}

TEST(lists_are_bounded)
{
    struct cx_buf text;
    struct config *c;

    cx_buf_init(&text, CX_CONFIG_OCTETS_MAX);
    cx_buf_puts(&text, LEAST "callers:\n");
    for (int i = 0; i < CX_CONFIG_ENTRIES_MAX; i++) {
        cx_buf_printf(&text, " - {name: c%d, unix_uid: %d, may: [drain]}\n", i, i);
    }
    cx_buf_putc(&text, '\0');
    c = good(text.p);
    assert_int_equal(c->n_callers, CX_CONFIG_ENTRIES_MAX);
    config_free(c);
    text.n--;
    cx_buf_puts(&text, " - {name: x, unix_uid: 100000, may: [drain]}\n");
    cx_buf_putc(&text, '\0');
    refused(text.p, "f:3:1: callers: more than 1000 entries\n");
    cx_buf_done(&text);
}

/* ---- YAML */

static const struct {
    const char *text;
    const char *wanted;
} yaml[] = {
    { "", "f:1:1: there is nothing in it\n" },
    { "# nothing\n", "f:1:1: there is nothing in it\n" },
    { "store: &a /s\n", "f:1:8: anchors are not accepted\n" },
    { "store: &a {}\n", "f:1:8: anchors are not accepted\n" },
    { "&a store: /s\n", "f:1:1: anchors are not accepted\n" },
    { "store: *a\n", "f:1:8: aliases are not accepted\n" },
    { "store: !!str 1\n", "f:1:8: tags are not accepted\n" },
    { "store: ! 1\n", "f:1:8: tags are not accepted\n" },
    { "store: !x [1]\n", "f:1:8: tags are not accepted\n" },
    { "%TAG ! tag:a.example,2026:\n---\nstore: /s\n", "f:1:1: tags are not accepted\n" },
    { "store: /s\n---\nstore: /t\n", "f:2:1: a second document begins\n" },
    { "store: /s\nuser: a\nstore: /t\n", "f:3:1: \"store\" is there twice\n" },
    { "log: {level: err, \"level\": err}\n", "f:1:19: \"level\" is there twice\n" },
    { "? [a]\n: b\n", "f:1:3: the name of a member must be a text\n" },
    { "? {a: b}\n: b\n", "f:1:3: the name of a member must be a text\n" },
    { "store: [\n", "f:2:1: not YAML: did not find expected node content\n" },
    { "store: /s\n\tuser: a\n",
      "f:2:1: not YAML: found a tab character that violates indentation\n" },
    { "store: \"\\q\"\n", "f:1:9: not YAML: found unknown escape character\n" },
    { "store: \"\xff\"\n", "f:1:1: not YAML: invalid leading UTF-8 octet\n" },
    { "[[[[[[[[[[[[[[[[[", "f:1:17: nested too deeply\n" },
};

TEST(refuses_what_is_not_plain_yaml)
{
    struct config_input input = input_of("");
    struct cx_buf text;

    for (size_t i = 0; i < CX_COUNT(yaml); i++) {
        refused(yaml[i].text, yaml[i].wanted);
    }
    cx_buf_init(&text, CX_CONFIG_OCTETS_MAX + 1);
    cx_buf_putc(&text, '[');
    for (size_t i = 0; i < CX_CONFIG_NODES_MAX; i++) {
        cx_buf_puts(&text, "1,\n");
    }
    input.text = cx_buf_str(&text);
    refused_input(&input, "f:100000:1: too many values\n");
    memset(cx_buf_reserve(&text, CX_CONFIG_OCTETS_MAX + 1 - text.n), ' ',
           CX_CONFIG_OCTETS_MAX + 1 - text.n);
    cx_buf_grown(&text, CX_CONFIG_OCTETS_MAX + 1 - text.n);
    input.text = cx_buf_str(&text);
    refused_input(&input, "f:1:1: larger than 1048576 octets\n");
    cx_buf_done(&text);
}

TEST(plain_scalars_are_those_of_the_core_schema)
{
    static const char *const rows[][2] = {
        { "", "null" },
        { "~", "null" },
        { "null", "null" },
        { "Null", "null" },
        { "NULL", "null" },
        { "nULL", "\"nULL\"" },
        { "true", "true" },
        { "True", "true" },
        { "TRUE", "true" },
        { "tRUE", "\"tRUE\"" },
        { "false", "false" },
        { "yes", "\"yes\"" },
        { "no", "\"no\"" },
        { "off", "\"off\"" },
        { "0", "0" },
        { "-0", "0" },
        { "+12", "12" },
        { "-7", "-7" },
        { "007", "7" },
        { "0o17", "15" },
        { "0o18", "\"0o18\"" },
        { "0x1F", "31" },
        { "0x", "\"0x\"" },
        { "0X1", "\"0X1\"" },
        { "-0x1", "\"-0x1\"" },
        { "0b1", "\"0b1\"" },
        { "9223372036854775807", "9223372036854775807" },
        { "9223372036854775808", "\"9223372036854775808\"" },
        { "-9223372036854775807", "-9223372036854775807" },
        { "1.5", "\"1.5\"" },
        { ".inf", "\".inf\"" },
        { "1_000", "\"1_000\"" },
        { "12:30", "\"12:30\"" },
        { "2026-11-22", "\"2026-11-22\"" },
        { "--", "\"--\"" },
        { "'1'", "\"1\"" },
        { "\"true\"", "\"true\"" },
        { "''", "\"\"" },
        { "|\n  1\n", "\"1\\n\"" },
    };

    for (size_t i = 0; i < CX_COUNT(rows); i++) {
        const struct config_node *root = NULL;
        struct cx_arena arena;
        struct cx_buf buf;

        cx_arena_init(&arena, CX_CONFIG_MEMORY);
        cx_buf_init(&buf, 1000);
        cx_buf_printf(&buf, "- %s\n", rows[i][0]);
        ROW_TRUE(cx_ok(config_yaml_parse(cx_buf_str(&buf), &arena, &root, NULL)), rows[i][0]);
        cx_buf_clear(&buf);
        assert_true(cx_ok(cx_json_write(root->first->json, &buf)));
        ROW_TRUE(cx_str_equal(cx_buf_str(&buf), cx_str_of(rows[i][1])), rows[i][0]);
        cx_buf_done(&buf);
        cx_arena_done(&arena);
    }
}

TEST(nodes_know_where_they_are)
{
    const struct config_node *root = NULL, *b;
    struct cx_arena arena;

    cx_arena_init(&arena, CX_CONFIG_MEMORY);
    assert_true(
        cx_ok(config_yaml_parse(CX_STR("a: 1\nb:\n  - {c: d}\n  -   e\n"), &arena, &root, NULL)));
    b = config_node_member(root, "b");
    assert_true(b->place.line == 2 && b->place.column == 1);
    assert_true(b->first->place.line == 3 && b->first->place.column == 5);
    assert_true(config_node_member(b->first, "c")->place.column == 6);
    assert_true(b->first->next->place.line == 4 && b->first->next->place.column == 7);
    assert_null(b->first->next->next);
    assert_null(config_node_member(b, "c"));
    assert_null(config_node_member(root, "c"));
    assert_null(config_node_member(NULL, "c"));
    cx_arena_done(&arena);
}

/* ---- files that it names */

struct disk {
    const char *own;
    const char *key;
};

static cx_status
read_disk(void *ctx, const char *path, struct cx_buf *ret, struct cx_detail *detail)
{
    const struct disk *disk = ctx;
    const char *content = strcmp(path, "/own") == 0   ? disk->own
                          : strcmp(path, "/key") == 0 ? disk->key
                                                      : NULL;

    if (content == NULL) {
        return cx_fail(detail, CX_E_IO, "%s: not here", path);
    }
    cx_buf_puts(ret, content);
    return cx_buf_status(ret);
}

static const char key_pem[] = "-----BEGIN PUBLIC KEY-----\n"
                              "MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n"
                              "-----END PUBLIC KEY-----\n";

static const char with_files[] =
    LEAST "authorities:\n - name: a\n   key_file: /key\n   request: {issuer: a.example}\n"
          "   own_file: /own\n   cps: a.example\n";

TEST(reads_keys_and_own_from_files)
{
    struct disk disk = { "[a.example, {name: b.example, from: 2030-01-01}]", key_pem };
    struct config_input input = input_of(with_files);
    struct config_faults faults;
    struct config *c = NULL;
    struct cx_buf buf;

    input.files = (struct config_files){ read_disk, &disk };
    config_faults_init(&faults);
    ROW_TRUE(cx_ok(config_read(&input, &c, &faults)), faults.text.p);
    assert_non_null(c->authorities[0].key);
    assert_null(c->authorities[0].key_given);
    assert_int_equal(
        cx_json_size(cx_json_get(cx_json_get(c->authorities[0].request, "policy"), "own")), 2);
    assert_null(cx_json_get(c->authorities[0].request_given, "policy"));
    buf = printed(c);
    assert_non_null(strstr(
        buf.p,
        "    key_file: \"/key\"\n    mode: enforce\n    request: {\"issuer\":\"a.example\"}\n"
        "    own_file: \"/own\"\n"));
    assert_null(strstr(buf.p, "    key: "));
    same_when_read_again(c);
    cx_buf_done(&buf);
    config_free(c);
    config_faults_done(&faults);
}

TEST(tells_which_file_is_wrong)
{
    struct disk disk = { NULL, key_pem };
    struct config_input input = input_of(with_files);

    input.files = (struct config_files){ read_disk, &disk };
    refused_input(&input, "f:7:4: authorities[0].own_file: /own: not here\n");
    disk.own = "[a.example\n";
    refused_input(
        &input,
        "f:7:4: authorities[0].own_file: /own:2:1: not YAML: did not find expected ',' or ']'\n");
    disk.own = "[1]";
    refused_input(&input, "f:6:4: authorities[0]: policy.own: an object is needed\n");
    disk.own = "[b.example]";
    refused_input(
        &input, "f:8:4: authorities[0]: OWN mismatch: \"a.example\" of the CPS is not in force\n");
    disk.own = "[a.example]";
    disk.key = "nothing";
    refused_input(&input, "f:5:4: authorities[0].key_file: /key: neither a certificate nor a "
                          "public key (PEM or DER)\n");
    disk.key = NULL;
    refused_input(&input, "f:5:4: authorities[0].key_file: /key: not here\n");
}

TEST(own_is_checked_again_as_time_passes)
{
    struct config *c = good(LEAST "authorities:\n - name: a\n   key: " KEY "\n   cps: a.example\n"
                                  "   request: {policy: {own: [{name: a.example, until: "
                                  "2027-01-01}, {name: b.example, from: 2027-01-01}]}}\n");
    struct cx_detail detail = { .text = "" };

    assert_true(cx_ok(config_own_check(&c->authorities[0], NOW, &detail)));
    assert_int_equal(config_own_check(&c->authorities[0], NOW + 90 * 86400, &detail).code,
                     CX_E_POLICY);
    assert_string_equal(detail.text, "OWN mismatch: \"a.example\" of the CPS is not in force");
    config_free(c);
}

/* ---- changes */

static void
changed(const char *before, const char *after, const char *restart, const char *reload)
{
    struct config *a = good(before), *b = good(after);
    struct cx_buf one, other;

    cx_buf_init(&one, 1000);
    cx_buf_init(&other, 1000);
    assert_true(cx_ok(config_changes(a, b, &one, &other)));
    cx_buf_putc(&one, '\0');
    cx_buf_putc(&other, '\0');
    assert_string_equal(one.p, restart);
    assert_string_equal(other.p, reload);
    cx_buf_done(&one);
    cx_buf_done(&other);
    config_free(a);
    config_free(b);
}

TEST(tells_what_needs_a_restart)
{
    changed(LEAST, LEAST, "", "");
    changed(LEAST, LEAST "permit_life: 900s\n", "", "");
    changed(LEAST, LEAST "permit_life: 901s\n", "", "permit_life");
    changed(LEAST, LEAST "deadline: {max: 61s}\nlimits: {body: 1MiB}\n", "",
            "deadline.max, limits.body");
    changed(LEAST, LEAST "user: a\nsandbox: degraded\nresolver: {tap: false}\n",
            "sandbox, user, resolver.tap", "");
    changed(LEAST, "store: /t\nlisten: [{address: 'unix:/b'}]\n", "store, keys, listen", "");
    changed(LEAST, LEAST AUTHORITY, "", "authorities");
    changed(LEAST AUTHORITY "canary: {authority: a, names: [{name: a.example}]}\n", LEAST, "",
            "authorities, canary");
    changed(LEAST AUTHORITY "canary: {authority: a, names: [{name: a.example}]}\n",
            LEAST AUTHORITY "canary: {authority: a, interval: 1min, names: [{name: b.example}]}\n",
            "", "canary.interval, canary.names");
}

/* ---- reload */

static cx_status
nothing_to_read(void *ctx, const char *path, struct cx_buf *ret, struct cx_detail *detail)
{
    (void)ctx, (void)path, (void)ret;
    return cx_fail(detail, CX_E_IO, "no file is named");
}

static const struct config_files no_files = { nothing_to_read, NULL };

/* after over before is what wanted says. */
static void
merged(const char *before, const char *after, const char *wanted)
{
    struct config *a = good(before), *b = good(after), *w = good(wanted), *got = NULL;
    struct cx_buf one, other;
    struct config_faults faults;

    config_faults_init(&faults);
    assert_true(cx_ok(config_merge(a, b, &no_files, &got, &faults)));
    one = printed(got);
    other = printed(w);
    assert_string_equal(one.p, other.p);
    cx_buf_done(&one);
    cx_buf_done(&other);
    config_faults_done(&faults);
    config_free(a);
    config_free(b);
    config_free(w);
    config_free(got);
}

TEST(reload_keeps_what_needs_a_restart)
{
    merged(LEAST, LEAST, LEAST);
    merged(LEAST, LEAST "permit_life: 901s\n" AUTHORITY, LEAST "permit_life: 901s\n" AUTHORITY);
    merged(LEAST AUTHORITY "permit_life: 901s\n", LEAST, LEAST);
    merged(LEAST, "store: /t\nlisten: [{address: 'unix:/b'}, {address: 'unix:/c'}]\n", LEAST);
    merged(LEAST, LEAST "user: a\nsandbox: degraded\nresolver: {tap: false}\nkeep: proof\n",
           LEAST "keep: proof\n");
    merged(LEAST "user: a\nresolver: {tap: false, control: [a.example, b.example]}\n", LEAST,
           LEAST "user: a\nresolver: {tap: false, control: [a.example, b.example]}\n");
    merged(LEAST "limits: {connections: 7, body: 2MiB}\n",
           LEAST "limits: {connections: 9, body: 3MiB}\n",
           LEAST "limits: {connections: 7, body: 3MiB}\n");
    merged(LEAST AUTHORITY "canary: {authority: a, names: [{name: a.example}]}\n", LEAST, LEAST);
}

/* A caller with a certificate needs a listener that asks for one, and that is opened at a start only. */
TEST(reload_of_what_does_not_fit)
{
    struct config *a = good("store: /s\nlisten: [{address: '127.0.0.1:1'}]\n");
    struct config *b =
        good("store: /s\nlisten: [{address: '127.0.0.1:1', tls: {certificate: /c, key: /k, "
             "client_ca: /r}}]\ncallers: [{name: c, certificate: {san: a.example}, may: [ack]}]\n");
    struct config *got = NULL;
    struct config_faults faults;

    config_faults_init(&faults);
    assert_int_equal(config_merge(a, b, &no_files, &got, &faults).code, CX_E_USAGE);
    assert_null(got);
    assert_int_equal(faults.n, 1);
    config_faults_done(&faults);
    config_free(a);
    config_free(b);
}

static const struct config_option *
option_of(const char *section, const char *key)
{
    struct config_section s = config_section_named(section);

    for (size_t i = 0; i < s.n; i++) {
        if (strcmp(s.options[i].key, key) == 0) {
            return &s.options[i];
        }
    }
    return NULL;
}

/* What is in a list is compared with it, so that it cannot take effect otherwise. */
TEST(lists_change_as_a_whole)
{
    static const char *const lists[] = { "listen", "authorities", "callers" };

    for (size_t i = 0; i < CX_COUNT(lists); i++) {
        const struct config_option *list = option_of("config", lists[i]);
        struct config_section section = config_section_named(list == NULL ? "" : list->form);

        assert_in_range(section.n, 1, CX_CONFIG_KEYS_MAX);
        for (size_t k = 0; k < section.n; k++) {
            ROW_TRUE(list != NULL && list->reload == section.options[k].reload,
                     section.options[k].key);
        }
    }
}

/* ---- the sample */

static struct cx_buf
sample_text(void)
{
    struct cx_buf buf;

    cx_buf_init(&buf, CX_CONFIG_OCTETS_MAX);
    assert_true(cx_ok(cx_file_read(SAMPLE, &buf, NULL)));
    cx_buf_putc(&buf, '\0');
    return buf;
}

TEST(sample_has_the_defaults)
{
    struct cx_buf text = sample_text(), a, b;
    struct config *sample = good(text.p);
    struct config *least = good(
        "store: /var/lib/caaproof/store\nlisten: [{address: 'unix:/run/caaproof/api.sock'}]\n");

    a = printed(sample);
    b = printed(least);
    assert_string_equal(a.p, b.p);
    cx_buf_done(&text);
    cx_buf_done(&a);
    cx_buf_done(&b);
    config_free(sample);
    config_free(least);
}

/* With the # of its examples taken away once. */
TEST(examples_of_the_sample_are_good)
{
    struct cx_buf text = sample_text(), open;
    struct config *c;
    size_t at = 0;
    cx_str line;

    cx_buf_init(&open, CX_CONFIG_OCTETS_MAX);
    while (cx_str_line((cx_str){ text.p, text.n - 1 }, &at, &line)) {
        bool starts = line.n > 2 && line.p[0] == '#' && line.p[1] == ' ' &&
                      memchr(line.p, ':', line.n) != NULL;
        bool nested = line.n > 3 && line.p[0] == '#' && line.p[1] == ' ' && line.p[2] == ' ';
        bool key = starts && cx_ascii_lower((uint8_t)line.p[2]) == (uint8_t)line.p[2] &&
                   memchr(line.p + 2, ' ',
                          (size_t)((char *)memchr(line.p, ':', line.n) - line.p) - 2) == NULL;

        cx_buf_put(&open, nested || key ? (cx_str){ line.p + 2, line.n - 2 } : line);
        cx_buf_putc(&open, '\n');
    }
    cx_buf_putc(&open, '\0');
    c = good(open.p);
    assert_true(c->n_authorities == 1 && c->authorities[0].mode == CONFIG_MODE_SHADOW);
    assert_true(c->n_callers == 1 && config_caller_may_for(&c->callers[0], c->authorities[0].name));
    assert_true(c->canary != NULL && c->canary->n_names == 1);
    is_str(c->user, "caaproof");
    same_when_read_again(c);
    config_free(c);
    cx_buf_done(&text);
    cx_buf_done(&open);
}

TEST(loads_a_file)
{
    struct config_faults faults;
    struct config *c = NULL;

    config_faults_init(&faults);
    ROW_TRUE(cx_ok(config_load(SAMPLE, &c, &faults)), faults.text.p);
    is_str(c->store, "/var/lib/caaproof/store");
    assert_in_range(c->origin.n, sizeof("/caaproof"), 300);
    config_free(c);
    assert_int_equal(config_load("/nonexistent/x", &c, &faults).code, CX_E_IO);
    cx_buf_putc(&faults.text, '\0');
    assert_string_equal(faults.text.p, "/nonexistent/x: No such file or directory\n");
    config_faults_done(&faults);
}

/* ---- memory */

TEST(survives_every_lack_of_memory)
{
    struct disk disk = { "[a.example]", key_pem };
    struct config_input input = input_of(with_files);
    size_t nth = 0;
    bool read = false;

    input.files = (struct config_files){ read_disk, &disk };
    while (!read) {
        struct config_faults faults;
        struct config *c = NULL;
        cx_status s;

        config_faults_init(&faults);
        (void)cx_alloc_fail_nth(++nth);
        s = config_read(&input, &c, &faults);
        read = cx_alloc_fail_nth(0) < nth; /* nth lies past the last one */
        assert_int_equal(s.code, read ? CX_OK : CX_E_NOMEM);
        assert_true((c != NULL) == read);
        config_free(c);
        config_faults_done(&faults);
    }
    assert_in_range(nth, 5, 10000);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(little_is_needed),
    cmocka_unit_test(everything_can_be_said),
    cmocka_unit_test(sections_may_be_empty),
    cmocka_unit_test(prints_values_in_force),
    cmocka_unit_test(the_host_gives_the_log_its_name),
    cmocka_unit_test(tells_what_is_expected),
    cmocka_unit_test(tells_what_is_missing),
    cmocka_unit_test(reads_addresses_exactly),
    cmocka_unit_test(takes_the_longest_path),
    cmocka_unit_test(tells_what_does_not_fit_together),
    cmocka_unit_test(same_certificate_twice),
    cmocka_unit_test(tells_twenty_faults_and_counts_the_rest),
    cmocka_unit_test(outsiders_are_bounded),
    cmocka_unit_test(lists_are_bounded),
    cmocka_unit_test(refuses_what_is_not_plain_yaml),
    cmocka_unit_test(plain_scalars_are_those_of_the_core_schema),
    cmocka_unit_test(nodes_know_where_they_are),
    cmocka_unit_test(reads_keys_and_own_from_files),
    cmocka_unit_test(tells_which_file_is_wrong),
    cmocka_unit_test(own_is_checked_again_as_time_passes),
    cmocka_unit_test(tells_what_needs_a_restart),
    cmocka_unit_test(reload_keeps_what_needs_a_restart),
    cmocka_unit_test(reload_of_what_does_not_fit),
    cmocka_unit_test(lists_change_as_a_whole),
    cmocka_unit_test(sample_has_the_defaults),
    cmocka_unit_test(examples_of_the_sample_are_good),
    cmocka_unit_test(loads_a_file),
    cmocka_unit_test(survives_every_lack_of_memory),
};

TEST_MAIN(tests)
