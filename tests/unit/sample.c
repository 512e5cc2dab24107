#include "sample.h"

#include "base/limits.h"
#include "evidence/proof.h"
#include "evidence/tile.h"
#include "pki/base64.h"
#include "pki/digest.h"

#include <stdlib.h>

/* Tests that cannot be set up cannot pass. */
#define MUST(met)                                                                                  \
    do {                                                                                           \
        if (!(met)) {                                                                              \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

#define AUTHORITY_SEED 0xa0
#define LOG_SEED       0x10
#define SALT           0x5a
#define PLACE          3 /* of the record among the leaves */

struct cx_note_key
sample_key(const char *origin, uint8_t seed, struct cx_ed25519_key **ret)
{
    uint8_t octets[32], public_key[CX_ED25519_PUBLIC];
    struct cx_note_key key;

    memset(octets, seed, sizeof(octets));
    MUST(cx_ok(cx_ed25519_of_seed(octets, ret, NULL)));
    cx_ed25519_public(*ret, public_key);
    MUST(cx_ok(cx_note_key_make(cx_str_of(origin), CX_NOTE_KEY_ED25519, public_key, &key, NULL)));
    return key;
}

/* RFC 8410 section 4. */
static void
make_authority(struct sample *s)
{
    static const uint8_t head[] = { 0x30, 0x2a, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 3, 0x21, 0 };
    struct cx_ed25519_key *key;
    uint8_t seed[32];

    memset(seed, AUTHORITY_SEED, sizeof(seed));
    MUST(cx_ok(cx_ed25519_of_seed(seed, &key, NULL)));
    memcpy(s->authority_key, head, sizeof(head));
    cx_ed25519_public(key, s->authority_key + sizeof(head));
    cx_ed25519_free(key);
    s->record.has_authority = true;
    MUST(cx_ok(
        cx_sha256((cx_span){ s->authority_key, sizeof(s->authority_key) }, s->record.authority.b)));
}

void
sample_add_name(struct sample *s, enum cx_record_name_kind kind, const char *text)
{
    static const cx_str rules[] = { CX_STR_INIT("R-DEC-1") };
    size_t n = s->record.n_names++;

    MUST(n < SAMPLE_NAMES);
    s->names[n] = (struct cx_record_name){ kind, cx_str_of(text), 0 };
    s->findings[n] = (struct cx_record_finding){
        .verdict = CX_VERDICT_PERMIT,
        .reason = CX_STR("authorized"),
        .rules = rules,
        .n_rules = 1,
        .valid_until = SAMPLE_TIME + CX_WINDOW_S,
        .found = 0,
        .saw_all = true,
    };
}

static void
make_corroboration(struct sample *s)
{
    s->regions[0] = CX_STR("ARIN");
    s->regions[1] = CX_STR("RIPE");
    s->record.corroboration = (struct cx_corroboration){
        .kind = CX_CORROBORATION_EXTERNAL,
        .n_used = 4,
        .n_agreed = 4,
        .regions = s->regions,
        .n_regions = 2,
    };
    memset(s->record.corroboration.object.b, 0xc0, CX_HASH_SIZE);
}

static void
make_record(struct sample *s)
{
    const cx_str own[] = { CX_STR_INIT("ca.example.net") };
    struct cx_record *r = &s->record;

    memset(r->salt, SALT, sizeof(r->salt));
    memset(r->context.b, 0xcc, CX_HASH_SIZE);
    memset(s->answers[0].b, 0xaa, CX_HASH_SIZE);
    MUST(cx_ok(cx_own_hash(own, CX_COUNT(own), &s->own)));
    r->own = s->own;
    r->time_ms = SAMPLE_TIME_MS;
    r->date = SAMPLE_TIME;
    r->cases[0] = (struct cx_record_case){ CX_PURPOSE_TLS, CX_PROFILE_TLS_BR, CX_STR("E11") };
    r->n_cases = 1;
    r->names = s->names;
    r->findings = s->findings;
    r->answers = s->answers;
    r->n_answers = 1;
    s->accounts[0] = CX_STR("https://ca.example.net/acct/1");
    s->methods[0] = CX_STR("dns-01");
    s->validations[0] = (struct cx_record_validation){ s->accounts, 1, s->methods, 1 };
    r->validations = s->validations;
    r->n_validations = 1;
    r->request = CX_STR("request 7");
    r->conclusion = (struct cx_record_conclusion){
        .verdict = CX_VERDICT_PERMIT,
        .reason = CX_STR("authorized"),
        .valid_until = SAMPLE_TIME + CX_WINDOW_S,
        .expires = SAMPLE_TIME + CX_PERMIT_LIFE_S,
    };
    make_corroboration(s);
}

void
sample_open(struct sample *s)
{
    *s = (struct sample){ .kind = CX_ENTRY_CHECK };
    cx_arena_init(&s->arena, CX_CHECK_MEMORY);
    s->key = sample_key(SAMPLE_ORIGIN, LOG_SEED, &s->private_key);
    make_authority(s);
    make_record(s);
    sample_add_name(s, CX_RECORD_NAME_DNS, "www.d.test");
    sample_add_name(s, CX_RECORD_NAME_WILDCARD, "d.test");
}

void
sample_close(struct sample *s)
{
    cx_ed25519_free(s->private_key);
    cx_arena_done(&s->arena);
}

/* ---- the log */

/* A copy that lives in the arena. */
static cx_span
kept(struct sample *s, struct cx_buf *buf)
{
    cx_span copy;

    MUST(cx_buf_ok(buf));
    MUST(cx_ok(cx_arena_copy(&s->arena, cx_span_of_str(cx_buf_str(buf)), &copy)));
    cx_buf_done(buf);
    return copy;
}

cx_span
sample_record(struct sample *s)
{
    struct cx_buf buf;

    cx_buf_init(&buf, CX_RECORD_MAX);
    MUST(cx_ok(cx_record_encode(&s->record, &buf)));
    return kept(s, &buf);
}

/* No tile is ever full. */
static cx_status
no_tile(void *ctx, unsigned level, uint64_t index, uint8_t ret[CX_TILE_OCTETS])
{
    (void)ctx;
    (void)level;
    (void)index;
    (void)ret;
    return (cx_status){ CX_E_INTERNAL };
}

static cx_status
keep_tile(void *ctx, unsigned level, uint64_t index, const uint8_t octets[CX_TILE_OCTETS])
{
    (void)ctx;
    (void)level;
    (void)index;
    (void)octets;
    return (cx_status){ CX_E_INTERNAL };
}

static struct cx_hash
leaf_of(const struct cx_entry *entry)
{
    uint8_t octets[CX_ENTRY_SIZE];
    struct cx_hash leaf;

    cx_entry_write(entry, octets);
    MUST(cx_ok(cx_hash_leaf((cx_span){ octets, sizeof(octets) }, &leaf)));
    return leaf;
}

/* The shard's first entry, other checks, and ours among them. */
static struct cx_hash
leaf_at(const struct sample *s, unsigned i, cx_span record)
{
    struct cx_entry entry = { i == 0 ? CX_ENTRY_BEGIN : CX_ENTRY_CHECK,
                              SAMPLE_TIME_MS - 50 + i,
                              { (uint8_t)i } };

    if (i == PLACE) {
        entry.kind = s->kind;
        entry.time_ms = s->entry_time_ms != 0 ? s->entry_time_ms : s->record.time_ms;
        MUST(cx_ok(cx_sha256(record, entry.digest)));
    }
    return leaf_of(&entry);
}

static struct cx_edge *
grow(const struct sample *s, const struct cx_tiles *tiles, cx_span record)
{
    struct cx_edge *edge;

    MUST(cx_ok(cx_edge_new(tiles, 0, NULL, &edge)));
    for (unsigned i = 0; i < SAMPLE_LEAVES; i++) {
        struct cx_hash leaf = leaf_at(s, i, record);

        MUST(cx_ok(cx_edge_append(edge, &leaf)));
    }
    return edge;
}

/* Text, the log's signature, and that of a witness whom nobody knows. */
static cx_span
signed_checkpoint(struct sample *s, struct cx_edge *edge)
{
    struct cx_checkpoint checkpoint = { CX_STR_INIT(SAMPLE_ORIGIN), cx_edge_size(edge), { { 0 } } };
    struct cx_ed25519_key *witness;
    struct cx_note_key key = sample_key("witness.example", 0x77, &witness);
    struct cx_buf buf;
    cx_span text;

    MUST(cx_ok(cx_edge_root(edge, &checkpoint.root)));
    cx_buf_init(&buf, CX_NOTE_OCTETS_MAX);
    cx_checkpoint_write(&checkpoint, &buf);
    MUST(cx_ok(cx_arena_copy(&s->arena, cx_span_of_str(cx_buf_str(&buf)), &text)));
    cx_buf_putc(&buf, '\n');
    MUST(cx_ok(cx_note_sign(cx_str_of_span(text), &s->key, s->private_key, 0, &buf, NULL)));
    MUST(cx_ok(cx_note_sign(cx_str_of_span(text), &key, witness, 0, &buf, NULL)));
    cx_ed25519_free(witness);
    return kept(s, &buf);
}

static cx_span
written(struct sample *s, const struct cx_tlog_proof *proof)
{
    struct cx_buf buf;

    cx_buf_init(&buf, 2 * CX_PROOF_OCTETS_MAX);
    cx_proof_write(proof, &buf);
    return kept(s, &buf);
}

cx_span
sample_permit_of(struct sample *s, cx_span record)
{
    const struct cx_tiles tiles = { no_tile, keep_tile, NULL };
    struct cx_edge *edge = grow(s, &tiles, record);
    struct cx_hashes hashes = cx_edge_hashes(edge);
    struct cx_tlog_proof proof = { .has_extra = true, .extra = record, .index = PLACE };

    MUST(cx_ok(cx_tree_inclusion(&hashes, PLACE, cx_edge_size(edge), &proof.path)));
    proof.checkpoint = signed_checkpoint(s, edge);
    cx_edge_free(edge);
    return written(s, &proof);
}

cx_span
sample_permit(struct sample *s)
{
    return sample_permit_of(s, sample_record(s));
}

cx_span
sample_checkpoint(cx_span permit)
{
    const uint8_t *p = memmem(permit.p, permit.n, "\n\n", 2);

    MUST(p != NULL);
    return (cx_span){ p + 2, permit.n - (size_t)(p + 2 - permit.p) };
}

cx_span
sample_with_checkpoint(struct sample *s, cx_span permit, cx_span checkpoint)
{
    struct cx_buf buf;

    cx_buf_init(&buf, CX_PROOF_OCTETS_MAX);
    cx_buf_put(&buf, (cx_str){ (const char *)permit.p, permit.n - sample_checkpoint(permit).n });
    cx_buf_put(&buf, cx_str_of_span(checkpoint));
    return kept(s, &buf);
}

cx_span
sample_base64(struct sample *s, cx_span permit)
{
    struct cx_buf buf;

    cx_buf_init(&buf, 2 * CX_PROOF_OCTETS_MAX);
    cx_base64_put(&buf, permit);
    return kept(s, &buf);
}

/* ---- who signs what */

struct cx_permit_trust
sample_trust(const struct sample *s)
{
    return (struct cx_permit_trust){ .keys = &s->key,
                                     .n_keys = 1,
                                     .authority = s->record.authority,
                                     .has_own = true,
                                     .own = s->own };
}

struct cx_permit_subject
sample_subject(const struct sample *s)
{
    return (struct cx_permit_subject){ .names = s->names,
                                       .n_names = s->record.n_names,
                                       .purposes = CX_PURPOSE_BIT(CX_PURPOSE_TLS),
                                       .accounts = s->accounts,
                                       .n_accounts = 1,
                                       .methods = s->methods,
                                       .n_methods = 1,
                                       .request = CX_STR_INIT("request 7") };
}
