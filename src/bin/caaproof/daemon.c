/* status, stop, ack, drain: requests to a running daemon (docs/api.md), for people. */
#include "bin/caaproof/daemon.h"

#include "base/file.h"
#include "base/limits.h"
#include "base/utf8.h"
#include "bin/caaproof/command.h"
#include "bin/caaproof/exit.h"
#include "bin/caaproof/options.h"
#include "bin/caaproof/output.h"
#include "outbound/http.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULT_SOCKET "/run/caaproof/api.sock"
#define REPLY_MAX      ((size_t)1 << 20)
#define TOKEN_MAX      4096

static const char usage[] =
    "usage: caaproof status [--json] [where]\n"
    "       caaproof stop --why TEXT [where]\n"
    "       caaproof ack --why TEXT [where]\n"
    "       caaproof drain [where]\n"
    "\n"
    "Asks a running caaproofd.\n"
    "\n"
    "  status        is it running, is it stopped and why, what did it do\n"
    "  stop          no permits from now on: new checks and claims are refused\n"
    "  ack           permits again: somebody has found out why they were stopped. The text is kept "
    "in\n"
    "                the log, with who said it\n"
    "  drain         what is under way is finished, nothing new is begun, and the daemon ends\n"
    "\n"
    "  --why TEXT    for stop and ack, needed: a line that those who come later understand\n"
    "  --json        status as the daemon says it\n"
    "\n"
    "Where it is, and who asks\n"
    "  --socket PATH        its Unix socket (default " DEFAULT_SOCKET "); it knows our user\n"
    "  --url URL            or its https:// address, with one of\n"
    "  --cert FILE, --key FILE, --cacert FILE   our certificate and key, and the roots of its own "
    "(PEM)\n"
    "  --token-file FILE    a bearer token\n"
    "  --timeout S          most that it may take, in seconds (default 10)\n"
    "The configuration of the daemon must allow that caller: may: [metrics] for status, [ack] for "
    "stop\n"
    "and ack, [drain] for drain.\n"
    "\n"
    "Exit status: 0 it runs and gives permits, or did what was asked; 1 it gives none: stopped, "
    "draining,\n"
    "without recorder, or with a wrong clock; or there was nothing to acknowledge; 69 it cannot be "
    "reached, or did not "
    "answer\n"
    "as agreed; 77 the caller may not do that; 64 wrong use.\n"
    "\n"
    "Try: caaproof status --socket " DEFAULT_SOCKET "\n";

enum {
    OPT_WHY = 256,
    OPT_JSON,
    OPT_SOCKET,
    OPT_URL,
    OPT_CERT,
    OPT_KEY,
    OPT_CACERT,
    OPT_TOKEN_FILE,
    OPT_TIMEOUT,
};

static const struct option long_options[] = {
    { "why", required_argument, NULL, OPT_WHY },
    { "json", no_argument, NULL, OPT_JSON },
    { "socket", required_argument, NULL, OPT_SOCKET },
    { "url", required_argument, NULL, OPT_URL },
    { "cert", required_argument, NULL, OPT_CERT },
    { "key", required_argument, NULL, OPT_KEY },
    { "cacert", required_argument, NULL, OPT_CACERT },
    { "token-file", required_argument, NULL, OPT_TOKEN_FILE },
    { "timeout", required_argument, NULL, OPT_TIMEOUT },
    { "help", no_argument, NULL, OPTIONS_HELP },
    { NULL, 0, NULL, 0 },
};

struct daemon_command {
    const char *why;
    const char *url;
    const char *token_file;
    struct cx_http_options http;
    unsigned long timeout_s;
    bool json;
    int exit;
    struct cx_detail detail;
};

static bool
take_option(void *ctx, int option, const char *value)
{
    struct daemon_command *c = ctx;

    switch (option) {
    case OPT_WHY:
        c->why = value;
        return true;
    case OPT_JSON:
        c->json = true;
        return true;
    case OPT_SOCKET:
        c->http.socket = value;
        return true;
    case OPT_URL:
        c->url = value;
        return true;
    case OPT_CERT:
        c->http.cert = value;
        return true;
    case OPT_KEY:
        c->http.key = value;
        return true;
    case OPT_CACERT:
        c->http.cacert = value;
        return true;
    case OPT_TOKEN_FILE:
        c->token_file = value;
        return true;
    case OPT_TIMEOUT:
        return options_number(value, 600, "--timeout takes seconds, from 1 to 600", &c->timeout_s);
    default:
        return false;
    }
}

/* ---- one request */

/* To another machine it would be for everybody to read. */
static bool
is_open_to_all(const char *url)
{
    static const char *const here[] = { "http://127.0.0.1", "http://localhost", "http://[::1]" };
    bool is_here = false;

    for (size_t i = 0; i < CX_COUNT(here); i++) {
        size_t n = strlen(here[i]);

        is_here |= strncmp(url, here[i], n) == 0 && strchr(":/", url[n]) != NULL;
    }
    return strncmp(url, "https://", 8) != 0 && !is_here;
}

/* One line of what a header can have; its end is no part of it. */
static cx_status
read_token(struct daemon_command *c, struct cx_buf *token)
{
    if (c->token_file == NULL) {
        return CX_SUCCESS;
    }
    if (c->url != NULL && is_open_to_all(c->url)) {
        return cx_fail(&c->detail, CX_E_USAGE, "%s: a token goes over https:// only", c->url);
    }
    CX_TRY(cx_file_read(c->token_file, token, &c->detail));
    while (token->n != 0 && (token->p[token->n - 1] == '\n' || token->p[token->n - 1] == '\r')) {
        token->n--;
    }
    for (size_t i = 0; i < token->n; i++) {
        if (token->p[i] <= ' ' || token->p[i] > '~') {
            return cx_fail(&c->detail, CX_E_USAGE, "%s: this is no token", c->token_file);
        }
    }
    if (token->n == 0) {
        return cx_fail(&c->detail, CX_E_USAGE, "%s: there is no token in it", c->token_file);
    }
    cx_buf_putc(token, '\0');
    c->http.token = token->p;
    return cx_buf_status(token);
}

static const char *
where(const struct daemon_command *c)
{
    return c->url != NULL ? c->url : c->http.socket;
}

/* What a refusal says in its problem document, or its number. */
static cx_status
refused(struct daemon_command *c, const struct cx_http_reply *reply)
{
    enum cx_code code = reply->status == 401 || reply->status == 403 ? CX_E_PERMIT : CX_E_PEER;
    struct cx_json *json = NULL;
    cx_str title = { NULL, 0 }, text = { NULL, 0 };
    cx_status s;

    if (cx_ok(cx_json_parse(reply->body, &json, NULL))) { /* else there is only the number */
        (void)cx_json_string(cx_json_get(json, "title"), &title);
        (void)cx_json_string(cx_json_get(json, "detail"), &text);
    }
    s = cx_fail(&c->detail, code, "%s: %.*s%s%.*s (HTTP status %ld)", where(c), (int)title.n,
                title.n != 0 ? title.p : "", text.n != 0 ? ": " : "",
                (int)(text.n < 80 ? text.n : 80), text.n != 0 ? text.p : "", reply->status);
    cx_json_free(json);
    return s;
}

static cx_status
exchange(struct daemon_command *c, const char *path, cx_str body, struct cx_http **ret_http,
         struct cx_http_reply *ret)
{
    CX_AUTO(cx_buf_done) struct cx_buf url = { .max = 4096 };
    const char *base = c->url != NULL ? c->url : "http://localhost";
    size_t n = strlen(base);

    while (n != 0 && base[n - 1] == '/') {
        n--;
    }
    cx_buf_printf(&url, "%.*s%s", (int)n, base, path);
    cx_buf_putc(&url, '\0');
    CX_TRY(cx_buf_status(&url));
    CX_TRY(cx_http_open("--url", url.p, &c->http, ret_http, &c->detail));
    if (body.n != 0) {
        cx_http_post(*ret_http, body, ret);
    } else {
        cx_http_get(*ret_http, ret);
    }
    if (ret->error[0] != '\0') {
        return cx_fail(&c->detail, CX_E_PEER, "%s: %s", where(c), ret->error);
    }
    return CX_SUCCESS;
}

/* body.n == 0: GET. The answer, whose status is 2xx, is read and freed by the caller. */
static cx_status
request(struct daemon_command *c, const char *path, cx_str body, struct cx_json **ret)
{
    CX_AUTO(cx_http_cleanup) struct cx_http *http = NULL;
    struct cx_http_reply reply;

    CX_TRY(exchange(c, path, body, &http, &reply));
    c->exit = reply.status == 409 ? EXIT_NOT_RUNNING : EXIT_SUCCESS;
    if (reply.status < 200 || reply.status > 299) {
        return refused(c, &reply);
    }
    return cx_ok(cx_json_parse(reply.body, ret, NULL))
               ? CX_SUCCESS
               : cx_fail(&c->detail, CX_E_PEER, "%s: its answer is no JSON", where(c));
}

/* ---- the commands */

static cx_status
ask_status(struct daemon_command *c)
{
    struct cx_json *status = NULL;
    cx_status s = request(c, "/v1/status", CX_STR(""), &status);

    if (cx_ok(s) && c->json) {
        s = output_json(status);
        c->exit = daemon_exit_of(status);
    } else if (cx_ok(s)) {
        c->exit = daemon_print_status(status);
    }
    cx_json_free(status);
    return s;
}

static cx_status
say(struct daemon_command *c, const char *path, const char *done)
{
    CX_AUTO(cx_buf_done) struct cx_buf body = { .max = REPLY_MAX };
    struct cx_json *o, *answer = NULL;
    cx_status s;

    if (c->why == NULL || c->why[0] == '\0' || strlen(c->why) > CX_CALLER_MAX ||
        cx_str_has_controls(cx_str_of(c->why)) ||
        !cx_utf8_valid(cx_span_of_str(cx_str_of(c->why)))) {
        return cx_fail(&c->detail, CX_E_USAGE,
                       "--why: a line is needed, in %d octets at most, for it is kept",
                       CX_CALLER_MAX);
    }
    o = cx_json_new_object();
    o = cx_json_whole(o, cx_json_set(o, "why", cx_json_new_text(c->why)));
    s = cx_json_write(o, &body);
    cx_json_free(o);
    s = cx_ok(s) ? request(c, path, cx_buf_str(&body), &answer) : s;
    cx_json_free(answer);
    if (cx_ok(s)) {
        puts(done);
    }
    return s;
}

static cx_status
say_stop(struct daemon_command *c)
{
    return say(c, "/v1/stops", "stopped: no permits until somebody acknowledges");
}

static cx_status
say_ack(struct daemon_command *c)
{
    return say(c, "/v1/acknowledgements", "acknowledged: permits are given again");
}

static cx_status
say_drain(struct daemon_command *c)
{
    struct cx_json *answer = NULL;
    cx_status s = request(c, "/v1/drain", CX_STR("{}"), &answer);

    cx_json_free(answer);
    if (cx_ok(s)) {
        puts("draining: what is under way is finished, then it ends");
    }
    return s;
}

static const struct {
    const char *name;
    cx_status (*run)(struct daemon_command *c);
} commands[] = {
    { "status", ask_status },
    { "stop", say_stop },
    { "ack", say_ack },
    { "drain", say_drain },
};

static cx_status
run(struct daemon_command *c, const char *name)
{
    CX_AUTO(cx_buf_done) struct cx_buf token = { .max = TOKEN_MAX };
    cx_status s = { CX_E_INTERNAL };

    c->http.content_type = "application/json";
    c->http.timeout_ms = 1000 * (unsigned)c->timeout_s;
    c->http.reply_max = REPLY_MAX;
    if (c->url == NULL && c->http.socket == NULL) {
        c->http.socket = DEFAULT_SOCKET;
    }
    CX_TRY(read_token(c, &token));
    for (size_t i = 0; i < CX_COUNT(commands); i++) {
        if (strcmp(name, commands[i].name) == 0) {
            s = commands[i].run(c);
        }
    }
    if (token.p != NULL) {
        explicit_bzero(token.p, token.room);
    }
    return s;
}

int
command_daemon(int argc, char **argv)
{
    struct daemon_command c = { .timeout_s = 10 };
    int code;
    int first = options_walk(argc, argv, long_options, usage, take_option, &c, &code);
    cx_status s;

    if (first < 0) {
        return code;
    }
    if (first != argc || (c.url != NULL && c.http.socket != NULL)) {
        fputs(usage, stderr);
        return EX_USAGE;
    }
    s = run(&c, argv[0]);
    if (!cx_ok(s)) {
        code = exit_with(s, &c.detail);
        return c.exit != EXIT_SUCCESS ? c.exit : code; /* it was told what cannot be done now */
    }
    return exit_with_output(c.exit);
}
