/* A signer's last steps, in C: ask caaproofd for a check, fetch its permit, verify it against what is about to be signed. Build:
 *     cc -o fetch_permit fetch_permit.c $(pkg-config --cflags --libs caaproof libcurl jansson)
 * Run:
 *     fetch_permit [-s SOCKET] [-c CA.pem] [-E CLIENT.pem -k CLIENT.key] [-t TOKEN] [-m METHOD]
 *                  URL ID AUTHORITY LOG-KEY ISSUER.der PRECERTIFICATE.der NAME...
 * URL is where the daemon listens ("https://caa.example.net:8443"), ID a new one for each check, AUTHORITY what the daemon's
 * configuration calls the issuing key, LOG-KEY the text of the log's verifier key. Exit status: 0 sign; 1 do not.
 *
 * What must not be got wrong (docs/api.md): the daemon's verdict signs nothing, the verified permit does; a time-out, a lost
 * connection or a 503 is no answer, and asking again with the same id and the same octets fetches the one that there is. */
#include <caaproof/permit.h>

#include <curl/curl.h>
#include <jansson.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define TRIES     10
#define TIMEOUT_S 60L /* more than the daemon's own deadline */
#define FILE_MAX  ((size_t)2 << 20)
#define REPLY_MAX ((size_t)64 << 20)

struct octets {
    char *p;
    size_t n;
};

struct job {
    CURL *curl;
    char url[1024];
    struct octets body; /* of every try, octet by octet */
    const char *log_key;
    const char *id;
    struct octets issuer, certificate;
};

static void
fail(const char *what, const char *why)
{
    fprintf(stderr, "fetch_permit: %s: %s\n", what, why);
    exit(1);
}

static struct octets
read_file(const char *path)
{
    struct octets file = { malloc(FILE_MAX), 0 };
    FILE *f = fopen(path, "rb");

    if (file.p == NULL || f == NULL) {
        fail(path, strerror(errno));
    }
    file.n = fread(file.p, 1, FILE_MAX, f);
    fclose(f);
    return file;
}

/* ---- HTTP */

static size_t
take(char *p, size_t size, size_t n, void *ctx)
{
    struct octets *reply = ctx;
    char *more = n <= REPLY_MAX - reply->n ? realloc(reply->p, reply->n + n + 1) : NULL;

    (void)size; /* always 1 */
    if (more == NULL) {
        return 0; /* curl ends the transfer */
    }
    memcpy(more + reply->n, p, n);
    reply->p = more;
    reply->n += n;
    return n;
}

/* One try. 0: there is no answer; else the status of HTTP. */
static long
post(struct job *job, struct octets *reply)
{
    char error[CURL_ERROR_SIZE] = "";
    long status = 0;

    reply->n = 0;
    curl_easy_setopt(job->curl, CURLOPT_WRITEFUNCTION, take);
    curl_easy_setopt(job->curl, CURLOPT_WRITEDATA, reply);
    curl_easy_setopt(job->curl, CURLOPT_ERRORBUFFER, error);
    if (curl_easy_perform(job->curl) != CURLE_OK) {
        fprintf(stderr, "fetch_permit: no answer: %s\n", error);
        return 0;
    }
    curl_easy_getinfo(job->curl, CURLINFO_RESPONSE_CODE, &status);
    return status;
}

/* What the daemon says of the check, once it has an end; NULL if there is none to be had. */
static json_t *
ask(struct job *job)
{
    struct octets reply = { NULL, 0 };
    json_t *json = NULL;

    for (int i = 0; i < TRIES && json == NULL; i++) {
        long status = post(job, &reply);

        if (status == 200) {
            json = json_loadb(reply.p, reply.n, 0, NULL);
            break;
        }
        if (status != 0 && status != 202 && status != 502 && status != 503 && status != 504) {
            fprintf(stderr, "fetch_permit: refused with %ld: %.*s\n", status, (int)reply.n,
                    reply.n != 0 ? reply.p : "");
            break;
        }
        sleep(1); /* and then the same again */
    }
    free(reply.p);
    return json;
}

/* ---- the permit */

static int
may_sign(const struct job *job, const char *permit)
{
    struct caap_permit_request request = { .size = sizeof(request) };
    struct caap_permit_result result = { .size = sizeof(result) };
    struct caap_trust *trust = caap_trust_new();
    uint8_t authority[CAAP_HASH_SIZE];
    struct caap_permit_verdict verdict;

    if (trust == NULL || caap_trust_add_key(trust, job->log_key) != CAAP_OK ||
        caap_authority_of((const uint8_t *)job->issuer.p, job->issuer.n, authority) != CAAP_OK) {
        fail("the log's key or the issuer", "cannot be read");
    }
    request.permit = (const uint8_t *)permit;
    request.permit_size = strlen(permit);
    request.certificate = (const uint8_t *)job->certificate.p;
    request.certificate_size = job->certificate.n;
    request.authority = authority;
    request.request_id = job->id;
    request.now = (int64_t)time(NULL);
    verdict = caap_permit_verify(trust, NULL, &request, &result);
    caap_trust_free(trust);
    if (caap_permits(verdict)) {
        printf("sign\n");
    } else {
        printf("do not sign: %s (%s)\n", result.text, caap_permit_error_word(result.error));
    }
    return caap_permits(verdict);
}

/* ---- the request */

static json_t *
names_of(char **names, const char *method)
{
    json_t *array = json_array();

    for (; *names != NULL; names++) {
        json_t *name = method != NULL ? json_pack("{s:s, s:s}", "name", *names, "method", method)
                                      : json_string(*names);

        if (name == NULL || json_array_append_new(array, name) != 0) {
            fail(*names, "is no text");
        }
    }
    return array;
}

static void
make_body(struct job *job, const char *authority, char **names, const char *method)
{
    json_t *body = json_pack("{s:s, s:s, s:o}", "id", job->id, "authority", authority, "names",
                             names_of(names, method));

    job->body.p = body != NULL ? json_dumps(body, JSON_COMPACT) : NULL;
    if (job->body.p == NULL) {
        fail("the request", "cannot be made");
    }
    job->body.n = strlen(job->body.p);
    json_decref(body);
}

/* The values of the options. */
struct options {
    const char *socket, *ca, *certificate, *key, *token, *method;
};

static struct options
read_options(int argc, char **argv)
{
    struct options o = { NULL };
    int c;

    while ((c = getopt(argc, argv, "s:c:E:k:t:m:")) != -1) {
        const char **to = c == 's'   ? &o.socket
                          : c == 'c' ? &o.ca
                          : c == 'E' ? &o.certificate
                          : c == 'k' ? &o.key
                          : c == 't' ? &o.token
                          : c == 'm' ? &o.method
                                     : NULL;

        if (to == NULL) {
            exit(1);
        }
        *to = optarg;
    }
    if (argc - optind < 7) {
        fail("usage", "[options] url id authority log-key issuer.der precertificate.der name...");
    }
    return o;
}

/* An option that is not given stays what curl has. */
static void
set_up(struct job *job, const struct options *o, struct curl_slist *fields)
{
    curl_easy_setopt(job->curl, CURLOPT_URL, job->url);
    curl_easy_setopt(job->curl, CURLOPT_HTTPHEADER, fields);
    curl_easy_setopt(job->curl, CURLOPT_POSTFIELDS, job->body.p);
    curl_easy_setopt(job->curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)job->body.n);
    curl_easy_setopt(job->curl, CURLOPT_TIMEOUT, TIMEOUT_S);
    if (o->socket != NULL) {
        curl_easy_setopt(job->curl, CURLOPT_UNIX_SOCKET_PATH, o->socket);
    }
    if (o->ca != NULL) {
        curl_easy_setopt(job->curl, CURLOPT_CAINFO, o->ca);
    }
    if (o->certificate != NULL) {
        curl_easy_setopt(job->curl, CURLOPT_SSLCERT, o->certificate);
        curl_easy_setopt(job->curl, CURLOPT_SSLKEY, o->key);
    }
    if (o->token != NULL) {
        curl_easy_setopt(job->curl, CURLOPT_HTTPAUTH, CURLAUTH_BEARER);
        curl_easy_setopt(job->curl, CURLOPT_XOAUTH2_BEARER, o->token);
    }
}

int
main(int argc, char **argv)
{
    struct options options = read_options(argc, argv);
    struct curl_slist *fields = curl_slist_append(NULL, "Content-Type: application/json");
    char **words = argv + optind;
    struct job job = { .curl = curl_easy_init(), .id = words[1], .log_key = words[3] };
    const char *permit;
    json_t *told;
    int good = 0;

    if (job.curl == NULL || fields == NULL) {
        fail("curl", "cannot be used");
    }
    (void)snprintf(job.url, sizeof(job.url), "%s/v1/checks", words[0]);
    job.issuer = read_file(words[4]);
    job.certificate = read_file(words[5]);
    make_body(&job, words[2], words + 6, options.method);
    set_up(&job, &options, fields);

    told = ask(&job);
    permit = json_string_value(json_object_get(json_object_get(told, "record"), "permit"));
    if (permit != NULL) {
        good = may_sign(&job, permit);
    } else {
        const char *verdict = json_string_value(json_object_get(told, "verdict"));
        const char *reason = json_string_value(json_object_get(told, "reason"));

        printf("do not sign: there is no permit (%s, %s)\n",
               verdict != NULL ? verdict : "no verdict", reason != NULL ? reason : "no reason");
    }

    json_decref(told);
    free(job.body.p);
    free(job.issuer.p);
    free(job.certificate.p);
    curl_slist_free_all(fields);
    curl_easy_cleanup(job.curl);
    return good ? 0 : 1;
}
