#include "store/keys.h"

#include "base/file.h"
#include "base/limits.h"
#include "store/files.h"
#include "store/folder.h"

#include <dirent.h>
#include <errno.h>
#include <sys/stat.h>

static cx_status
path_of(const char *folder, uint64_t shard, const char *what, char **ret)
{
    return cx_path_make(ret, "%s/%04llu.%s", folder, (unsigned long long)shard, what);
}

/* ---- which numbers were used */

static void
close_dir(DIR **dir)
{
    if (*dir != NULL) {
        (void)closedir(*dir); /* only read */
    }
}

cx_status
cx_keys_greatest(const char *folder, uint64_t *ret, struct cx_detail *detail)
{
    CX_AUTO(close_dir) DIR *dir = opendir(folder);
    uint64_t greatest = 0, number;

    if (dir == NULL && errno != ENOENT) {
        return cx_fail(detail, CX_E_IO, "%s: %s", folder, strerror(errno));
    }
    errno = 0;
    for (struct dirent *entry; dir != NULL && (entry = readdir(dir)) != NULL; errno = 0) {
        const char *dot = strchr(entry->d_name, '.');
        size_t n = dot == NULL ? 0 : (size_t)(dot - entry->d_name);

        if (cx_shard_of_name((cx_str){ entry->d_name, n }, &number) && number > greatest) {
            greatest = number;
        }
    }
    if (errno != 0) {
        return cx_fail(detail, CX_E_IO, "%s: %s", folder, strerror(errno));
    }
    *ret = greatest;
    return CX_SUCCESS;
}

/* ---- keys */

static void
free_key(struct cx_ed25519_key **key)
{
    cx_ed25519_free(*key);
}

/* A private key, made if there is none. It gets its name when it is whole. */
static cx_status
make_private(const char *path, struct cx_ed25519_key **ret, struct cx_detail *detail)
{
    CX_AUTO(cx_path_free) char *whole = NULL;
    CX_AUTO(free_key) struct cx_ed25519_key *key = NULL;
    bool there;

    CX_TRY(cx_path_exists(path, &there, detail));
    if (there) {
        return cx_ed25519_read_file(path, ret, detail);
    }
    CX_TRY(cx_path_make(&whole, "%s.new", path));
    CX_TRY(cx_file_remove(whole, detail)); /* of an earlier try */
    CX_TRY(cx_ed25519_generate(&key, detail));
    CX_TRY(cx_ed25519_write_file(key, whole, detail));
    CX_TRY(cx_file_name(whole, path, detail));
    *ret = CX_STEAL(key);
    return CX_SUCCESS;
}

/* The file says the same, or is made to say it. */
static cx_status
make_vkey_file(const char *path, cx_str vkey, struct cx_detail *detail)
{
    struct cx_buf buf;
    cx_status status;
    bool there, same;

    CX_TRY(cx_path_exists(path, &there, detail));
    if (!there) {
        return cx_file_make(path, 0644, vkey, detail);
    }
    cx_buf_init(&buf, CX_SIGNED_MAX);
    status = cx_file_read(path, &buf, detail);
    same = cx_ok(status) && cx_str_equal(cx_buf_str(&buf), vkey);
    cx_buf_done(&buf);
    CX_TRY(status);
    return same ? CX_SUCCESS
                : cx_fail(detail, CX_E_STORE, "%s: is there, but for another key", path);
}

static cx_status
make_vkey(const char *path, const struct cx_note_key *key, struct cx_detail *detail)
{
    struct cx_buf buf;
    cx_status status;

    cx_buf_init(&buf, CX_SIGNED_MAX);
    cx_note_key_write(key, &buf);
    cx_buf_putc(&buf, '\n');
    status = cx_buf_ok(&buf) ? make_vkey_file(path, cx_buf_str(&buf), detail)
                             : (cx_status){ CX_E_NOMEM };
    cx_buf_done(&buf);
    return status;
}

/* One that says that nothing was signed. */
static cx_status
make_anchor(const char *folder, uint64_t shard, const struct cx_note_key *key,
            struct cx_detail *detail)
{
    CX_AUTO(cx_path_free) char *path = NULL;
    CX_AUTO(cx_slots_close) struct cx_slots anchor = CX_SLOTS_CLOSED;
    struct cx_signed last;
    struct cx_buf buf;
    cx_status status;
    bool there;

    CX_TRY(path_of(folder, shard, "anchor", &path));
    CX_TRY(cx_path_exists(path, &there, detail));
    if (!there) {
        return cx_slots_make(path, 0, CX_STR(""), detail);
    }
    CX_TRY(cx_anchor_open(folder, shard, false, &anchor, detail));
    cx_buf_init(&buf, CX_SLOT_OCTETS);
    status = cx_anchor_read(&anchor, key, &buf, &last, detail);
    cx_buf_done(&buf);
    CX_TRY(status);
    return last.size == 0 ? CX_SUCCESS
                          : cx_fail(detail, CX_E_STORE,
                                    "%s: %llu entries were signed for a shard that is not there",
                                    path, (unsigned long long)last.size);
}

/* A later shard finds the folder as the first one left it, synced; who makes that shard may be shut in with the folder, and
 * not see what is above. */
static cx_status
make_folder(const char *folder, uint64_t shard, struct cx_detail *detail)
{
    bool there = false;

    if (shard > 1) {
        CX_TRY(cx_path_exists(folder, &there, detail));
    }
    return there ? CX_SUCCESS : cx_folder_make(folder, detail);
}

cx_status
cx_keys_make(const char *folder, uint64_t shard, cx_str origin, struct cx_note_key *ret,
             struct cx_detail *detail)
{
    CX_AUTO(cx_path_free) char *private_path = NULL;
    CX_AUTO(cx_path_free) char *vkey_path = NULL;
    CX_AUTO(free_key) struct cx_ed25519_key *private_key = NULL;
    uint8_t public_key[CX_ED25519_PUBLIC];
    struct cx_note_key key;

    CX_TRY(make_folder(folder, shard, detail));
    CX_TRY(path_of(folder, shard, "key", &private_path));
    CX_TRY(path_of(folder, shard, "vkey", &vkey_path));
    CX_TRY(make_private(private_path, &private_key, detail));
    cx_ed25519_public(private_key, public_key);
    CX_TRY(cx_note_key_make(origin, CX_NOTE_KEY_ED25519, public_key, &key, detail));
    CX_TRY(make_vkey(vkey_path, &key, detail));
    CX_TRY(make_anchor(folder, shard, &key, detail));
    *ret = key;
    return CX_SUCCESS;
}

cx_status
cx_keys_private(const char *folder, uint64_t shard, const struct cx_note_key *key,
                struct cx_ed25519_key **ret, struct cx_detail *detail)
{
    CX_AUTO(cx_path_free) char *path = NULL;
    CX_AUTO(free_key) struct cx_ed25519_key *private_key = NULL;
    uint8_t public_key[CX_ED25519_PUBLIC];

    CX_TRY(path_of(folder, shard, "key", &path));
    CX_TRY(cx_ed25519_read_file(path, &private_key, detail));
    cx_ed25519_public(private_key, public_key);
    if (memcmp(public_key, key->public_key, sizeof(public_key)) != 0) {
        return cx_fail(detail, CX_E_STORE, "%s: not the key of %s", path, key->name);
    }
    *ret = CX_STEAL(private_key);
    return CX_SUCCESS;
}

cx_status
cx_keys_remove_private(const char *folder, uint64_t shard, struct cx_detail *detail)
{
    CX_AUTO(cx_path_free) char *path = NULL;

    CX_TRY(path_of(folder, shard, "key", &path));
    return cx_file_remove(path, detail);
}

cx_status
cx_keys_is_closed(const char *folder, uint64_t shard, bool *ret, struct cx_detail *detail)
{
    CX_AUTO(cx_path_free) char *path = NULL;

    CX_TRY(path_of(folder, shard, "closed", &path));
    return cx_path_exists(path, ret, detail);
}

cx_status
cx_keys_close(const char *folder, uint64_t shard, cx_str why, struct cx_detail *detail)
{
    CX_AUTO(cx_path_free) char *path = NULL;
    bool closed;

    CX_TRY(path_of(folder, shard, "closed", &path));
    CX_TRY(cx_path_exists(path, &closed, detail));
    if (!closed) {
        CX_TRY(cx_file_make(path, 0444, why, detail));
    }
    return cx_keys_remove_private(folder, shard, detail);
}

/* ---- the anchor */

cx_status
cx_anchor_open(const char *folder, uint64_t shard, bool for_writing, struct cx_slots *ret,
               struct cx_detail *detail)
{
    CX_AUTO(cx_path_free) char *path = NULL;
    bool there;

    CX_TRY(path_of(folder, shard, "anchor", &path));
    CX_TRY(cx_path_exists(path, &there, detail));
    if (!there) {
        return cx_fail(detail, CX_E_STORE,
                       "%s is missing, and only it says what was signed last: bring it back, or "
                       "close its shard for good",
                       path);
    }
    return cx_slots_open(path, for_writing, ret, detail);
}

cx_status
cx_anchor_read(struct cx_slots *anchor, const struct cx_note_key *key, struct cx_buf *buf,
               struct cx_signed *ret, struct cx_detail *detail)
{
    size_t begin = buf->n;
    struct cx_signed last = { .size = 0 };
    struct cx_detail why = { .rule = NULL };
    uint64_t number;
    bool found;
    cx_status status;

    CX_TRY(cx_slots_read(anchor, buf, &number, &found, detail));
    if (!found) {
        return cx_fail(detail, CX_E_STORE,
                       "%s is damaged, and only it says what was signed last: bring it back, or "
                       "close its shard for good",
                       anchor->path);
    }
    if (number != 0) {
        status = cx_signed_read((cx_str){ buf->p + begin, buf->n - begin }, key, &last, &why);
        if (status.code == CX_E_NOMEM) {
            return status;
        }
        if (!cx_ok(status) || last.size != number) {
            return cx_fail(detail, CX_E_STORE, "%s: not an anchor of %s: %s", anchor->path,
                           key->name, why.text);
        }
    }
    *ret = last;
    return CX_SUCCESS;
}
