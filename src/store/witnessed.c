#include "store/witnessed.h"

#include "base/file.h"
#include "pki/timestamp.h"
#include "store/files.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

cx_status
cx_witnessed_folder(const struct cx_witnessed *w, struct cx_buf *ret, struct cx_detail *detail)
{
    cx_buf_printf(ret, "%s/%04" PRIu64 "/witnessed", w->store, w->shard);
    cx_buf_putc(ret, '\0');
    CX_TRY(cx_buf_status(ret));
    ret->n--; /* the NUL stays behind it */
    if (mkdir(ret->p, 0777) != 0 && errno != EEXIST) {
        return cx_fail(detail, CX_E_IO, "%s: %s", ret->p, strerror(errno));
    }
    return CX_SUCCESS;
}

/* place 0: SIZE.suffix, else SIZE.PLACE.suffix. */
static cx_status
path_of(const struct cx_witnessed *w, unsigned place, const char *suffix, struct cx_buf *ret,
        struct cx_detail *detail)
{
    CX_TRY(cx_witnessed_folder(w, ret, detail));
    cx_buf_printf(ret, "/%020" PRIu64, w->size);
    if (place != 0) {
        cx_buf_printf(ret, ".%u", place);
    }
    cx_buf_printf(ret, ".%s", suffix);
    cx_buf_putc(ret, '\0');
    return cx_buf_status(ret);
}

/* ---- cosignatures */

/* The checkpoint as a note, and who signed it of the log and one witness. */
struct kept {
    struct cx_arena arena;
    struct cx_buf path;
    struct cx_buf file;
    struct cx_signed_note note;
    struct cx_note_signer signers[2];
    size_t n_signers;
};

static void
kept_init(struct kept *k)
{
    memset(k, 0, sizeof(*k));
    cx_arena_init(&k->arena, (size_t)1 << 20);
    cx_buf_init(&k->path, 4096);
    cx_buf_init(&k->file, CX_NOTE_OCTETS_MAX);
}

static void
kept_done(struct kept *k)
{
    cx_buf_done(&k->path);
    cx_buf_done(&k->file);
    cx_arena_done(&k->arena);
}

static cx_status
verify(const struct cx_witnessed *w, const struct cx_note_key *witness, struct kept *k,
       struct cx_detail *detail)
{
    const struct cx_note_key keys[2] = { *w->key, *witness };

    CX_TRY(cx_note_parse(cx_span_of_str(cx_buf_str(&k->file)), &k->arena, &k->note, detail));
    CX_TRY(cx_note_verify(&k->note, keys, 2, k->signers, &k->n_signers, detail));
    for (size_t i = 0; i < k->n_signers; i++) { /* keys go, and the caller's stay */
        k->signers[i].key = k->signers[i].key == &keys[1] ? witness : w->key;
    }
    return CX_SUCCESS;
}

static const struct cx_note_signer *
signer_of(const struct kept *k, const struct cx_note_key *key)
{
    for (size_t i = 0; i < k->n_signers; i++) {
        if (k->signers[i].key == key) {
            return &k->signers[i];
        }
    }
    return NULL;
}

/* It alone, or with the cosignatures of others. */
static cx_status
read_kept(const struct cx_witnessed *w, const struct cx_note_key *witness, struct kept *k,
          struct cx_detail *detail)
{
    bool there = false;

    CX_TRY(path_of(w, 0, "checkpoint", &k->path, detail));
    CX_TRY(cx_path_exists(k->path.p, &there, detail));
    if (there) {
        CX_TRY(cx_file_read(k->path.p, &k->file, detail));
    } else {
        cx_buf_put(&k->file, w->checkpoint);
    }
    CX_TRY(cx_buf_status(&k->file));
    return verify(w, witness, k, detail);
}

cx_status
cx_witnessed_has(const struct cx_witnessed *w, const struct cx_note_key *witness, bool *ret,
                 struct cx_detail *detail)
{
    CX_AUTO(kept_done) struct kept k;

    kept_init(&k);
    CX_TRY(read_kept(w, witness, &k, detail));
    *ret = signer_of(&k, witness) != NULL;
    return CX_SUCCESS;
}

/* I2 */
static cx_status
append_line(const struct kept *given, const struct cx_note_key *witness, struct cx_buf *file,
            struct cx_detail *detail)
{
    for (size_t i = 0; i < given->note.n; i++) {
        const struct cx_note_signature *signature = &given->note.v[i];

        if (cx_str_equal(signature->name, cx_str_of(witness->name)) &&
            memcmp(signature->id, witness->id, sizeof(signature->id)) == 0) {
            cx_buf_put(file, signature->line);
            return cx_buf_status(file);
        }
    }
    return cx_fail(detail, CX_E_CRYPTO, "no cosignature of %s", witness->name);
}

static cx_status
keep_line(const struct cx_witnessed *w, const struct cx_note_key *witness, const struct kept *given,
          struct cx_detail *detail)
{
    CX_AUTO(kept_done) struct kept k;

    kept_init(&k);
    CX_TRY(read_kept(w, witness, &k, detail));
    if (signer_of(&k, witness) != NULL) {
        return CX_SUCCESS;
    }
    CX_TRY(append_line(given, witness, &k.file, detail));
    return cx_file_write(k.path.p, cx_buf_str(&k.file), detail);
}

cx_status
cx_witnessed_cosign(const struct cx_witnessed *w, const struct cx_note_key *witness, cx_str lines,
                    uint64_t *ret_time_s, struct cx_detail *detail)
{
    CX_AUTO(kept_done) struct kept given;
    const struct cx_note_signer *signer;

    kept_init(&given);
    cx_buf_put(&given.file, w->checkpoint);
    cx_buf_put(&given.file, lines);
    CX_TRY(cx_buf_status(&given.file));
    CX_TRY(verify(w, witness, &given, detail));
    signer = signer_of(&given, witness);
    if (signer == NULL || signer_of(&given, w->key) == NULL) {
        return cx_fail(detail, CX_E_CRYPTO, "no cosignature of %s", witness->name);
    }
    CX_TRY(keep_line(w, witness, &given, detail));
    *ret_time_s = signer->time_s;
    return CX_SUCCESS;
}

/* ---- time-stamps */

static cx_status
keep(const struct cx_witnessed *w, unsigned place, const char *suffix, cx_str content,
     struct cx_detail *detail)
{
    CX_AUTO(cx_buf_done) struct cx_buf path = { .max = 4096 };

    CX_TRY(path_of(w, place, suffix, &path, detail));
    return cx_file_write(path.p, content, detail);
}

/* The token last: where it is, all is there that it is verified with. What is stamped is the text: later cosignatures change the
 * note, never that. */
static cx_status
keep_all(const struct cx_witnessed *w, const struct cx_witnessed_stamp *stamp, cx_str text,
         struct cx_detail *detail)
{
    CX_TRY(keep(w, stamp->place, "tsa.pem", stamp->roots, detail));
    CX_TRY(keep(w, stamp->place, "tsq", stamp->request, detail));
    CX_TRY(keep(w, stamp->place, "txt", text, detail));
    return keep(w, stamp->place, "tsr", stamp->response, detail);
}

static cx_status
keep_stamp(const struct cx_witnessed *w, const struct cx_witnessed_stamp *stamp,
           struct cx_arena *arena, cx_time *ret_time, struct cx_detail *detail)
{
    const struct cx_timestamp_trust trust = { .roots = cx_span_of_str(stamp->roots),
                                              .at = cx_time_now() };
    struct cx_signed_note note;
    cx_time time;

    CX_TRY(cx_note_parse(cx_span_of_str(w->checkpoint), arena, &note, detail));
    CX_TRY(cx_timestamp_verify(cx_span_of_str(stamp->response), cx_span_of_str(note.text),
                               stamp->nonce, &trust, &time, detail));
    CX_TRY(keep_all(w, stamp, note.text, detail));
    *ret_time = time;
    return CX_SUCCESS;
}

cx_status
cx_witnessed_keep_stamp(const struct cx_witnessed *w, const struct cx_witnessed_stamp *stamp,
                        cx_time *ret_time, struct cx_detail *detail)
{
    struct cx_arena arena;
    cx_status s;

    cx_arena_init(&arena, (size_t)1 << 20);
    s = keep_stamp(w, stamp, &arena, ret_time, detail);
    cx_arena_done(&arena);
    return s;
}

/* ---- what there is */

/* SIZE.checkpoint, SIZE.tsr, SIZE.PLACE.tsr. False for other files. */
static bool
parse_name(const char *name, uint64_t *ret_size, bool *ret_stamp)
{
    const char *first = strchr(name, '.'), *last = strrchr(name, '.');
    unsigned long long size = 0;

    if (first == NULL || first == name || sscanf(name, "%20llu", &size) != 1) {
        return false;
    }
    *ret_size = size;
    *ret_stamp = strcmp(last, ".tsr") == 0;
    return *ret_stamp || strcmp(first, ".checkpoint") == 0;
}

static void
take_file(struct cx_witnessed_latest *w, const char *name)
{
    uint64_t size;
    bool stamp;

    if (!parse_name(name, &size, &stamp)) {
        return;
    }
    if (stamp) {
        w->stamped_size = !w->stamped || size > w->stamped_size ? size : w->stamped_size;
        w->stamped = true;
    } else {
        w->cosigned_size = !w->cosigned || size > w->cosigned_size ? size : w->cosigned_size;
        w->cosigned = true;
    }
}

void
cx_witnessed_latest(const char *store, uint64_t shard, struct cx_witnessed_latest *ret)
{
    char path[4096];
    struct dirent *entry;
    DIR *folder;

    *ret = (struct cx_witnessed_latest){ .cosigned = false };
    (void)snprintf(path, sizeof(path), "%s/%04" PRIu64 "/witnessed", store, shard);
    folder = opendir(path);
    if (folder == NULL) {
        return;
    }
    while ((entry = readdir(folder)) != NULL) {
        take_file(ret, entry->d_name);
    }
    (void)closedir(folder); /* only read */
}
