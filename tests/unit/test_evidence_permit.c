#include "base/alloc.h"
#include "base/cbor.h"
#include "base/limits.h"
#include "evidence/fault.h"
#include "evidence/permit_priv.h"
#include "evidence/proof.h"
#include "main.h"
#include "sample.h"

/* A sample, and what a signer asks of its permit. */
struct scene {
    struct sample s;
    struct cx_permit_trust trust;
    struct cx_permit_subject subject;
    uint64_t now_ms;
};

static void
open_scene(struct scene *c)
{
    sample_open(&c->s);
    c->trust = sample_trust(&c->s);
    c->subject = sample_subject(&c->s);
    c->now_ms = SAMPLE_TIME_MS + 1000;
}

/* The fault of these octets; NO_FAULT if they permit. A text says every fault. */
static enum cx_permit_fault
fault_of(struct scene *c, cx_span permit)
{
    enum cx_permit_fault fault = CX_PERMIT_NO_FAULT;
    struct cx_detail detail = { .text = "" };
    struct cx_arena arena;
    cx_status s;

    cx_arena_init(&arena, CX_PERMIT_SCRATCH);
    s = cx_permit_verify(permit, &c->subject, &c->trust, c->now_ms, &arena, NULL, &fault, &detail);
    cx_arena_done(&arena);
    if (cx_ok(s)) {
        assert_int_equal(fault, CX_PERMIT_NO_FAULT);
        return CX_PERMIT_NO_FAULT;
    }
    assert_int_equal(s.code, CX_E_PERMIT);
    assert_int_not_equal(fault, CX_PERMIT_NO_FAULT);
    assert_memory_equal(detail.text, cx_permit_fault_sentence(fault),
                        strlen(cx_permit_fault_sentence(fault)));
    return fault;
}

/* A record that contradicts itself is refused by its reader; what is asked of it here does not rely on that. */
static enum cx_permit_fault
fault_of_claims(struct scene *c)
{
    enum cx_permit_fault fault = CX_PERMIT_NO_FAULT;
    const struct cx_permit_report report = { &fault, NULL };
    cx_status s = cx_permit_check_claims(&c->s.record, &c->subject, &c->trust, c->now_ms,
                                         &c->s.arena, &report);

    assert_int_equal(s.code, fault == CX_PERMIT_NO_FAULT ? CX_OK : CX_E_PERMIT);
    return fault;
}

/* Of the scene's own permit, if its record can be one. */
static enum cx_permit_fault
own_fault(struct scene *c)
{
    return cx_record_fault(&c->s.record) == NULL ? fault_of(c, sample_permit(&c->s))
                                                 : fault_of_claims(c);
}

/* The scene's own permit gives that fault. */
static void
expect(struct scene *c, const char *word)
{
    enum cx_permit_fault fault = own_fault(c);

    if (strcmp(cx_permit_fault_word(fault), word) != 0) {
        fail_msg("wanted \"%s\", got \"%s\"", word, cx_permit_fault_word(fault));
    }
}

#define GOOD ""

/* Each a scene of its own: what is changed in it, and the fault. */
#define EXPECT(word, ...)                                                                          \
    do {                                                                                           \
        struct scene c;                                                                            \
                                                                                                   \
        open_scene(&c);                                                                            \
        __VA_ARGS__;                                                                               \
        expect(&c, word);                                                                          \
        sample_close(&c.s);                                                                        \
    } while (0)

static const cx_str other = CX_STR_INIT("another");

/* ---- it permits */

TEST(permits_what_was_checked)
{
    EXPECT(GOOD, (void)0);
    EXPECT(GOOD, c.trust.has_own = false);
    EXPECT(GOOD, c.subject.purposes = 0);
    EXPECT(GOOD, c.subject.n_accounts = 0; c.subject.n_methods = 0);
    EXPECT(GOOD, c.subject.request = CX_STR(""));
    EXPECT(GOOD, c.trust.profile = CX_PROFILE_TLS_BR);
}

TEST(takes_base64_on_one_line)
{
    struct scene c;
    cx_span permit, text, longer;
    uint8_t octets[4096];

    open_scene(&c);
    permit = sample_permit(&c.s);
    text = sample_base64(&c.s, permit);
    assert_int_equal(fault_of(&c, permit), CX_PERMIT_NO_FAULT);
    assert_int_equal(fault_of(&c, text), CX_PERMIT_NO_FAULT);
    assert_true(text.n + 2 <= sizeof(octets));
    memcpy(octets, text.p, text.n);
    memcpy(octets + text.n, "\n\n", 2);
    longer = (cx_span){ octets, text.n + 1 };
    assert_int_equal(fault_of(&c, longer), CX_PERMIT_NO_FAULT);
    longer.n++;
    assert_int_equal(fault_of(&c, longer), CX_PERMIT_BASE64); /* two newlines */
    octets[text.n] = '\r';
    assert_int_equal(fault_of(&c, longer), CX_PERMIT_BASE64);
    octets[10] = '\n';
    longer.n = text.n;
    assert_int_equal(fault_of(&c, longer), CX_PERMIT_BASE64); /* two lines */
    sample_close(&c.s);
}

TEST(gives_the_record)
{
    struct scene c;
    enum cx_permit_fault fault;
    struct cx_record record = { .time_ms = 0 };
    struct cx_checkpoint checkpoint;
    struct cx_arena arena;
    cx_span permit;
    uint64_t index;

    open_scene(&c);
    permit = sample_permit(&c.s);
    cx_arena_init(&arena, CX_PERMIT_SCRATCH);
    assert_true(cx_ok(
        cx_permit_verify(permit, &c.subject, &c.trust, c.now_ms, &arena, &record, &fault, NULL)));
    assert_true(record.time_ms == SAMPLE_TIME_MS && record.n_names == 2);
    record.time_ms = 0;
    assert_true(cx_ok(cx_permit_read(permit, &arena, &record, &checkpoint, &index, &fault, NULL)));
    assert_true(record.time_ms == SAMPLE_TIME_MS && index == 3 && checkpoint.size == 7);
    assert_true(cx_str_equal(checkpoint.origin, CX_STR(SAMPLE_ORIGIN)));
    cx_arena_done(&arena);
    sample_close(&c.s);
}

/* ---- what is signed, and when: the caller's part */

TEST(needs_names_and_a_time)
{
    EXPECT("no-names", c.subject.n_names = 0);
    EXPECT("clock", c.now_ms = 0);
}

/* ---- the file */

TEST(refuses_files_that_are_too_large)
{
    struct scene c;
    size_t n = (CX_PROOF_OCTETS_MAX + 2) / 3 * 4;
    uint8_t *octets = cx_alloc(n + 2, 1);

    open_scene(&c);
    assert_non_null(octets);
    memset(octets, 'A', n + 2);
    assert_int_equal(fault_of(&c, (cx_span){ octets, n + 1 }), CX_PERMIT_SIZE);
    assert_int_equal(fault_of(&c, (cx_span){ octets, n }), CX_PERMIT_SIZE); /* two too many */
    assert_int_equal(fault_of(&c, (cx_span){ octets, n - 4 }), CX_PERMIT_SYNTAX);
    memcpy(octets, "c2sp.org/tlog-proof@v1\n", 23);
    assert_int_equal(fault_of(&c, (cx_span){ octets, CX_PROOF_OCTETS_MAX + 1 }), CX_PERMIT_SIZE);
    assert_int_equal(fault_of(&c, (cx_span){ octets, CX_PROOF_OCTETS_MAX }), CX_PERMIT_SYNTAX);
    cx_free(octets);
    sample_close(&c.s);
}

TEST(refuses_what_is_no_proof_file)
{
    static const char *const files[] = {
        "c2sp.org/tlog-proof@v2\n",
        "c2sp.org/tlog-proof@v1\r\n",
        "c2sp.org/tlog-proof",
    };
    struct scene c;

    open_scene(&c);
    for (size_t i = 0; i < CX_COUNT(files); i++) {
        assert_int_equal(fault_of(&c, cx_span_of_str(cx_str_of(files[i]))), CX_PERMIT_SYNTAX);
    }
    assert_int_equal(fault_of(&c, (cx_span){ NULL, 0 }), CX_PERMIT_SYNTAX);
    assert_int_equal(fault_of(&c, cx_span_of_str(CX_STR("\n"))), CX_PERMIT_SYNTAX);
    assert_int_equal(fault_of(&c, cx_span_of_str(CX_STR("a permit"))), CX_PERMIT_BASE64);
    assert_int_equal(fault_of(&c, cx_span_of_str(CX_STR("YQ="))), CX_PERMIT_BASE64);
    assert_int_equal(fault_of(&c, cx_span_of_str(CX_STR("YQ=="))), CX_PERMIT_SYNTAX);
    sample_close(&c.s);
}

/* The proof of the sample, less or with other parts. */
static cx_span
rewritten(struct scene *c, cx_span permit, void (*change)(struct cx_tlog_proof *proof))
{
    struct cx_tlog_proof proof;
    struct cx_buf buf;
    cx_span ret;

    assert_true(cx_ok(cx_proof_parse(permit, &c->s.arena, &proof, NULL)));
    change(&proof);
    cx_buf_init(&buf, CX_PROOF_OCTETS_MAX);
    cx_proof_write(&proof, &buf);
    assert_true(cx_buf_ok(&buf));
    assert_true(cx_ok(cx_arena_copy(&c->s.arena, cx_span_of_str(cx_buf_str(&buf)), &ret)));
    cx_buf_done(&buf);
    return ret;
}

static void
drop_extra(struct cx_tlog_proof *proof)
{
    proof->has_extra = false;
}

static void
next_index(struct cx_tlog_proof *proof)
{
    proof->index++;
}

static void
huge_index(struct cx_tlog_proof *proof)
{
    proof->index = INT64_MAX;
}

static void
drop_hash(struct cx_tlog_proof *proof)
{
    proof->path.n--;
}

static void
add_hash(struct cx_tlog_proof *proof)
{
    proof->path.v[proof->path.n++] = (struct cx_hash){ { 1 } };
}

static void
change_hash(struct cx_tlog_proof *proof)
{
    proof->path.v[0].b[0] ^= 1;
}

static void
cut_record(struct cx_tlog_proof *proof)
{
    proof->extra.n--;
}

static void
cut_record_to_salt(struct cx_tlog_proof *proof)
{
    proof->extra.n = CX_RECORD_SALT + 1;
}

TEST(refuses_proofs_of_something_else)
{
    static const struct {
        void (*change)(struct cx_tlog_proof *proof);
        enum cx_permit_fault fault;
    } rows[] = {
        { drop_extra, CX_PERMIT_NO_RECORD }, { next_index, CX_PERMIT_INCLUSION },
        { huge_index, CX_PERMIT_INCLUSION }, { drop_hash, CX_PERMIT_INCLUSION },
        { add_hash, CX_PERMIT_INCLUSION },   { change_hash, CX_PERMIT_INCLUSION },
        { cut_record, CX_PERMIT_INCLUSION }, { cut_record_to_salt, CX_PERMIT_SYNTAX },
    };
    struct scene c;
    cx_span permit;

    open_scene(&c);
    permit = sample_permit(&c.s);
    for (size_t i = 0; i < CX_COUNT(rows); i++) {
        enum cx_permit_fault fault = fault_of(&c, rewritten(&c, permit, rows[i].change));

        ROW_TRUE(fault == rows[i].fault, cx_permit_fault_word(fault));
    }
    sample_close(&c.s);
}

/* The record of one check with the proof of another, in both ways. */
TEST(refuses_spliced_permits)
{
    struct scene c;
    struct cx_tlog_proof a, b;
    struct cx_buf buf;
    cx_span permit, spliced;

    open_scene(&c);
    permit = sample_permit(&c.s);
    assert_true(cx_ok(cx_proof_parse(permit, &c.s.arena, &a, NULL)));
    c.s.record.salt[0] ^= 1;
    assert_true(cx_ok(cx_proof_parse(sample_permit(&c.s), &c.s.arena, &b, NULL)));
    cx_buf_init(&buf, CX_PROOF_OCTETS_MAX);
    b.extra = a.extra;
    cx_proof_write(&b, &buf);
    spliced = cx_span_of_str(cx_buf_str(&buf));
    assert_int_equal(fault_of(&c, spliced), CX_PERMIT_INCLUSION);
    cx_buf_clear(&buf);
    b = a;
    b.checkpoint = sample_checkpoint(sample_permit(&c.s));
    cx_proof_write(&b, &buf);
    spliced = cx_span_of_str(cx_buf_str(&buf));
    assert_int_equal(fault_of(&c, spliced), CX_PERMIT_INCLUSION);
    cx_buf_done(&buf);
    assert_int_equal(fault_of(&c, permit), CX_PERMIT_NO_FAULT);
    sample_close(&c.s);
}

/* ---- the log */

/* TEST R-PRF-2 */
TEST(needs_a_trusted_key_of_that_log)
{
    struct cx_ed25519_key *unused;
    struct cx_note_key keys[3];
    struct scene c;
    cx_span permit;

    open_scene(&c);
    permit = sample_permit(&c.s);
    c.trust.keys = keys;
    c.trust.n_keys = 0;
    assert_int_equal(fault_of(&c, permit), CX_PERMIT_LOG);
    c.trust.n_keys = 1;
    keys[0] = sample_key("log.ca.example.net/2027", 0x11, &unused); /* the next shard's alone */
    cx_ed25519_free(unused);
    assert_int_equal(fault_of(&c, permit), CX_PERMIT_LOG);
    keys[0] = sample_key(SAMPLE_ORIGIN, 0x11, &unused); /* a key that did not sign */
    cx_ed25519_free(unused);
    assert_int_equal(fault_of(&c, permit), CX_PERMIT_SIGNATURE);
    keys[1] = c.s.key; /* beside the one that did */
    c.trust.n_keys = 2;
    assert_int_equal(fault_of(&c, permit), CX_PERMIT_NO_FAULT);
    keys[0] =
        sample_key("log.ca.example.net/2027", 0x11, &unused); /* rotated, old one still trusted */
    cx_ed25519_free(unused);
    assert_int_equal(fault_of(&c, permit), CX_PERMIT_NO_FAULT);
    c.trust.n_keys = 1; /* and no longer */
    assert_int_equal(fault_of(&c, permit), CX_PERMIT_LOG);
    keys[0] = sample_key("witness.example", 0x77, &unused); /* signed too, but is no log */
    cx_ed25519_free(unused);
    assert_int_equal(fault_of(&c, permit), CX_PERMIT_LOG);
    keys[0] = c.s.key; /* the same octets as a witness's key */
    assert_true(cx_ok(cx_note_key_make(CX_STR(SAMPLE_ORIGIN), CX_NOTE_KEY_COSIGNATURE,
                                       c.s.key.public_key, &keys[0], NULL)));
    assert_int_equal(fault_of(&c, permit), CX_PERMIT_LOG);
    sample_close(&c.s);
}

TEST(refuses_checkpoints_that_are_not_as_signed)
{
    struct scene c;
    cx_span permit, checkpoint;
    uint8_t octets[1024];

    open_scene(&c);
    permit = sample_permit(&c.s);
    checkpoint = sample_checkpoint(permit);
    assert_true(checkpoint.n < sizeof(octets));
    memcpy(octets, checkpoint.p, checkpoint.n);
    octets[sizeof(SAMPLE_ORIGIN)] = '8'; /* the size */
    assert_int_equal(
        fault_of(&c, sample_with_checkpoint(&c.s, permit, (cx_span){ octets, checkpoint.n })),
        CX_PERMIT_SIGNATURE);
    octets[sizeof(SAMPLE_ORIGIN)] = 'x';
    assert_int_equal(
        fault_of(&c, sample_with_checkpoint(&c.s, permit, (cx_span){ octets, checkpoint.n })),
        CX_PERMIT_SYNTAX);
    memcpy(octets, checkpoint.p, checkpoint.n);
    octets[0] ^= 1; /* the origin */
    assert_int_equal(
        fault_of(&c, sample_with_checkpoint(&c.s, permit, (cx_span){ octets, checkpoint.n })),
        CX_PERMIT_LOG);
    sample_close(&c.s);
}

/* ---- the record */

TEST(wants_a_check_and_the_time_of_its_entry)
{
    EXPECT("kind", c.s.kind = CX_ENTRY_BEGIN);
    EXPECT("kind", c.s.kind = CX_ENTRY_SEAL);
    EXPECT("kind", c.s.kind = CX_ENTRY_START);
    EXPECT("kind", c.s.kind = CX_ENTRY_EVENT);
    EXPECT("inclusion", c.s.entry_time_ms = SAMPLE_TIME_MS + 1);
}

/* A start, or an event about the check: records of their kinds, in the log as that, or as a check by a log that lies. */
TEST(a_start_and_an_event_are_no_permit)
{
    const struct cx_start start = { .salt = { 1 },
                                    .time_ms = SAMPLE_TIME_MS,
                                    .has_authority = true,
                                    .request = CX_STR("request 7"),
                                    .deadline_ms = SAMPLE_TIME_MS + 1000 };
    const struct cx_event event = {
        .salt = { 1 }, .time_ms = SAMPLE_TIME_MS, .type = CX_EVENT_CLAIM, .has_about = true
    };

    for (int is_event = 0; is_event < 2; is_event++) {
        for (int lies = 0; lies < 2; lies++) {
            struct scene c;
            struct cx_buf buf;
            cx_span record;

            open_scene(&c);
            c.s.kind = lies ? CX_ENTRY_CHECK : is_event ? CX_ENTRY_EVENT : CX_ENTRY_START;
            cx_buf_init(&buf, 1000);
            assert_true(
                cx_ok(is_event ? cx_event_encode(&event, &buf) : cx_start_encode(&start, &buf)));
            assert_true(
                cx_ok(cx_arena_copy(&c.s.arena, cx_span_of_str(cx_buf_str(&buf)), &record)));
            assert_int_equal(fault_of(&c, sample_permit_of(&c.s, record)),
                             lies ? CX_PERMIT_RECORD : CX_PERMIT_KIND);
            cx_buf_done(&buf);
            sample_close(&c.s);
        }
    }
}

/* Octets as record that is in the log: the rest of the body is given. */
static enum cx_permit_fault
fault_of_body(struct scene *c, const struct cx_buf *body)
{
    cx_span record;
    uint8_t octets[256] = { 0 };

    assert_true(cx_buf_ok(body) && CX_RECORD_SALT + body->n <= sizeof(octets));
    memcpy(octets + CX_RECORD_SALT, body->p, body->n);
    assert_true(
        cx_ok(cx_arena_copy(&c->s.arena, (cx_span){ octets, CX_RECORD_SALT + body->n }, &record)));
    return fault_of(c, sample_permit_of(&c->s, record));
}

TEST(refuses_records_that_it_does_not_understand)
{
    struct scene c;
    struct cx_buf buf;

    open_scene(&c);
    cx_buf_init(&buf, 200);
    cx_cbor_put_map(&buf, 2); /* nothing but version and time */
    cx_cbor_put_uint(&buf, 0);
    cx_cbor_put_uint(&buf, CX_RECORD_VERSION);
    cx_cbor_put_uint(&buf, 1);
    cx_cbor_put_uint(&buf, SAMPLE_TIME_MS);
    assert_int_equal(fault_of_body(&c, &buf), CX_PERMIT_RECORD);
    cx_buf_clear(&buf);
    cx_cbor_put_map(&buf, 2); /* a later version */
    cx_cbor_put_uint(&buf, 0);
    cx_cbor_put_uint(&buf, CX_RECORD_VERSION + 1);
    cx_cbor_put_uint(&buf, 1);
    cx_cbor_put_uint(&buf, SAMPLE_TIME_MS);
    assert_int_equal(fault_of_body(&c, &buf), CX_PERMIT_RECORD);
    cx_buf_clear(&buf);
    cx_cbor_put_map(&buf, 1); /* without a time there is no entry */
    cx_cbor_put_uint(&buf, 0);
    cx_cbor_put_uint(&buf, CX_RECORD_VERSION);
    assert_int_equal(fault_of_body(&c, &buf), CX_PERMIT_SYNTAX);
    cx_buf_done(&buf);
    sample_close(&c.s);
}

/* A map of 15 members has its number in its first octet; one more critical member behind the others. */
TEST(refuses_a_critical_member_that_is_not_known)
{
    struct scene c;
    cx_span record, longer;
    uint8_t octets[2048], member[] = { 0x10, 0x00 };

    open_scene(&c);
    record = sample_record(&c.s);
    assert_true(record.n + sizeof(member) <= sizeof(octets) &&
                record.p[CX_RECORD_SALT] < 0xa0 + 23);
    memcpy(octets, record.p, record.n);
    memcpy(octets + record.n, member, sizeof(member));
    octets[CX_RECORD_SALT]++;
    assert_true(
        cx_ok(cx_arena_copy(&c.s.arena, (cx_span){ octets, record.n + sizeof(member) }, &longer)));
    assert_int_equal(fault_of(&c, sample_permit_of(&c.s, longer)), CX_PERMIT_RECORD);
    octets[record.n] = 0x2a; /* -11: may be passed over */
    assert_true(
        cx_ok(cx_arena_copy(&c.s.arena, (cx_span){ octets, record.n + sizeof(member) }, &longer)));
    assert_int_equal(fault_of(&c, sample_permit_of(&c.s, longer)), CX_PERMIT_NO_FAULT);
    sample_close(&c.s);
}

/* ---- claims: who and what for */

/* TEST R-PRF-2 */
TEST(is_bound_to_an_authority)
{
    EXPECT("no-authority", c.s.record.has_authority = false);
    EXPECT("authority", c.trust.authority.b[31] ^= 1);
    EXPECT("authority", memset(&c.trust.authority, 0, sizeof(c.trust.authority));
           memset(&c.s.record.authority, 0, sizeof(c.s.record.authority))); /* nobody's */
    EXPECT("own", c.trust.own.b[0] ^= 1);
    EXPECT(GOOD, c.trust.own.b[0] ^= 1; c.trust.has_own = false);
}

/* Row G204 of the golden table. TEST R-PRF-2 */
TEST(is_bound_to_a_request)
{
    EXPECT("request", c.subject.request = CX_STR("request 8"));
    EXPECT("request", c.s.record.request = CX_STR(""));
    EXPECT(GOOD, c.subject.request = CX_STR("request 8"); c.s.record.request = CX_STR("request 8"));
}

TEST(is_bound_to_a_rule_book)
{
    EXPECT("profile", c.s.record.cases[0].profile = CX_PROFILE_PRIVATE;
           c.s.record.cases[0].epoch = CX_STR("RFC8659"));
    EXPECT("profile", c.trust.profile = CX_PROFILE_PRIVATE);
    EXPECT(GOOD, c.trust.profile = CX_PROFILE_PRIVATE;
           c.s.record.cases[0].profile = CX_PROFILE_PRIVATE;
           c.s.record.cases[0].epoch = CX_STR("RFC8659"));
    EXPECT("profile", c.s.record.cases[0].profile = CX_PROFILE_PROPOSAL_2016;
           c.s.record.cases[0].epoch = CX_STR("P16"));
    EXPECT("profile", c.s.record.cases[1] = c.s.record.cases[0]; c.s.record.n_cases = 2;
           c.s.record.cases[1].purpose = CX_PURPOSE_SMIME);
}

static void
two_cases(struct scene *c)
{
    c->s.record.cases[1] =
        (struct cx_record_case){ CX_PURPOSE_SMIME, CX_PROFILE_SMIME_BR, CX_STR_INIT("S4") };
    c->s.record.n_cases = 2;
}

TEST(is_bound_to_a_purpose)
{
    const unsigned tls = CX_PURPOSE_BIT(CX_PURPOSE_TLS), mail = CX_PURPOSE_BIT(CX_PURPOSE_SMIME);

    EXPECT("purpose", c.subject.purposes = mail);
    EXPECT("purpose", c.subject.purposes = tls | mail);
    EXPECT("purpose", c.subject.purposes = CX_PURPOSE_BIT(CX_PURPOSE_VMC));
    EXPECT("purpose", two_cases(&c));
    EXPECT(GOOD, two_cases(&c); c.subject.purposes = tls | mail);
    EXPECT("purpose", two_cases(&c); c.subject.purposes = mail);
}

/* ---- verdicts */

static void
verdict_of_second(struct scene *c, enum cx_verdict verdict)
{
    c->s.findings[1].verdict = verdict;
}

TEST(wants_every_name_positive)
{
    static const struct {
        enum cx_verdict verdict;
        const char *word; /* of the name, and of the conclusion */
    } rows[] = {
        { CX_VERDICT_PERMIT, GOOD },
        { CX_VERDICT_DENY, "verdict" },
        { CX_VERDICT_FAIL, "verdict" },
        { CX_VERDICT_ARGUABLE, "verdict" },
        { CX_VERDICT_NA, "verdict" }, /* of a host */
        { CX_VERDICT_PERMIT_LF, "lookup-failure" },
        { CX_VERDICT_EXEMPT, "exempt" },
    };

    for (size_t i = 0; i < CX_COUNT(rows); i++) {
        EXPECT(rows[i].word, verdict_of_second(&c, rows[i].verdict));
        EXPECT(rows[i].word, c.s.record.conclusion.verdict = rows[i].verdict);
        EXPECT(rows[i].word, verdict_of_second(&c, rows[i].verdict);
               c.s.record.conclusion.verdict = rows[i].verdict);
    }
}

TEST(accepts_what_the_ca_accepts)
{
    EXPECT(GOOD, verdict_of_second(&c, CX_VERDICT_PERMIT_LF); c.trust.accept_lf = true);
    EXPECT(GOOD, verdict_of_second(&c, CX_VERDICT_EXEMPT); c.trust.accept_exempt = true);
    EXPECT("exempt", verdict_of_second(&c, CX_VERDICT_EXEMPT); c.trust.accept_lf = true);
    EXPECT("lookup-failure", verdict_of_second(&c, CX_VERDICT_PERMIT_LF);
           c.trust.accept_exempt = true);
    EXPECT("verdict", verdict_of_second(&c, CX_VERDICT_DENY); c.trust.accept_lf = true;
           c.trust.accept_exempt = true);
    EXPECT("verdict", verdict_of_second(&c, CX_VERDICT_NA); c.trust.accept_lf = true;
           c.trust.accept_exempt = true);
    /* the worst is told first */
    EXPECT("verdict", verdict_of_second(&c, CX_VERDICT_DENY);
           c.s.findings[0].verdict = CX_VERDICT_PERMIT_LF);
}

static void
another_name(struct scene *c, enum cx_record_name_kind kind, const char *text,
             enum cx_verdict verdict)
{
    size_t n = c->s.record.n_names;

    sample_add_name(&c->s, kind, text);
    c->s.findings[n].verdict = verdict;
    c->s.findings[n].valid_until =
        verdict == CX_VERDICT_NA ? CX_TIME_NONE : c->s.findings[n].valid_until;
    c->subject.n_names = c->s.record.n_names;
}

/* TEST R-ID-1, TEST R-ID-2 */
TEST(takes_addresses_and_onion_names_as_not_applicable)
{
    static const char onion[] = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.onion";

    EXPECT(GOOD, another_name(&c, CX_RECORD_NAME_IP, "192.0.2.1", CX_VERDICT_NA));
    EXPECT(GOOD, another_name(&c, CX_RECORD_NAME_ONION, onion, CX_VERDICT_NA));
    EXPECT(GOOD, another_name(&c, CX_RECORD_NAME_ONION_WILDCARD, onion, CX_VERDICT_NA));
    EXPECT(GOOD, another_name(&c, CX_RECORD_NAME_ONION, onion, CX_VERDICT_PERMIT));
    EXPECT("verdict", another_name(&c, CX_RECORD_NAME_IP, "192.0.2.1", CX_VERDICT_DENY));
    EXPECT("verdict", another_name(&c, CX_RECORD_NAME_MAILBOX, "d.test", CX_VERDICT_NA));
    /* a certificate of addresses alone */
    EXPECT(GOOD, c.s.record.n_names = 0;
           another_name(&c, CX_RECORD_NAME_IP, "192.0.2.1", CX_VERDICT_NA);
           c.s.record.conclusion.verdict = CX_VERDICT_NA;
           c.s.record.conclusion.valid_until = CX_TIME_NONE);
}

/* ---- names */

TEST(wants_the_same_set_of_names)
{
    struct cx_record_name names[4];

    for (size_t i = 0; i < CX_COUNT(names); i++) {
        names[i] = (struct cx_record_name){ .kind = CX_RECORD_NAME_DNS };
    }
    /* order and repetition do not matter */
    EXPECT(GOOD, names[0] = c.s.names[1]; names[1] = c.s.names[0]; names[2] = c.s.names[1];
           c.subject.names = names; c.subject.n_names = 3);
    EXPECT(GOOD, c.s.names[2] = c.s.names[0]; c.s.findings[2] = c.s.findings[0];
           c.s.record.n_names = 3);
    EXPECT("name-extra", c.subject.n_names = 1);
    EXPECT("name-extra", c.subject.names = &c.s.names[1]; c.subject.n_names = 1);
    EXPECT("name-missing", c.s.record.n_names = 1);
    EXPECT("name-missing", names[0] = names[1] = c.s.names[0]; names[1].text = other;
           c.subject.names = names);
    EXPECT("name-missing", names[0] = names[1] = c.s.names[0]; names[1].text = CX_STR("ww.d.test");
           c.subject.names = names);
    EXPECT("name-missing", names[0] = names[1] = c.s.names[0];
           names[1].text = CX_STR("www.d.test."); c.subject.names = names);
    EXPECT("name-missing", names[0] = c.s.names[0]; names[0].text = CX_STR("WWW.d.test");
           names[1] = c.s.names[1]; c.subject.names = names);
}

/* TEST R-ID-1 */
TEST(keeps_forms_of_a_name_apart)
{
    static const enum cx_record_name_kind kinds[] = {
        CX_RECORD_NAME_UNSET,          CX_RECORD_NAME_DNS,
        CX_RECORD_NAME_WILDCARD,       CX_RECORD_NAME_ONION,
        CX_RECORD_NAME_ONION_WILDCARD, CX_RECORD_NAME_IP,
        CX_RECORD_NAME_MAILBOX,
    };
    struct cx_record_name names[3];

    for (size_t i = 0; i < CX_COUNT(kinds); i++) {
        EXPECT(kinds[i] == CX_RECORD_NAME_DNS ? GOOD : "name-kind", names[0] = c.s.names[0];
               names[1] = c.s.names[1]; names[0].kind = kinds[i]; c.subject.names = names);
    }
    EXPECT("name-kind", sample_add_name(&c.s, CX_RECORD_NAME_MAILBOX, "a.onion");
           memcpy(names, c.s.names, sizeof(names)); names[2].kind = CX_RECORD_NAME_ONION;
           c.subject.names = names; c.subject.n_names = 3); /* what a mailbox got permits no host */
    EXPECT(GOOD, sample_add_name(&c.s, CX_RECORD_NAME_MAILBOX, "a.onion"); c.subject.n_names = 3);
    EXPECT("name-extra",
           sample_add_name(&c.s, CX_RECORD_NAME_DNS, "d.test")); /* with and without *. */
    EXPECT(GOOD, sample_add_name(&c.s, CX_RECORD_NAME_DNS, "d.test"); c.subject.n_names = 3);
}

static const struct {
    const char *text;
    enum cx_record_name_kind kind; /* UNSET: refused */
    const char *want;
} texts[] = {
    { "www.d.test", CX_RECORD_NAME_DNS, "www.d.test" },
    { "WWW.D.Test", CX_RECORD_NAME_DNS, "www.d.test" },
    { "*.D.test", CX_RECORD_NAME_WILDCARD, "d.test" },
    { "xn--bcher-kva.test", CX_RECORD_NAME_DNS, "xn--bcher-kva.test" },
    { "a.ONION", CX_RECORD_NAME_ONION, "a.onion" },
    { "*.a.onion", CX_RECORD_NAME_ONION_WILDCARD, "a.onion" },
    { "192.0.2.1", CX_RECORD_NAME_IP, "192.0.2.1" },
    { "2001:DB8:0:0::1", CX_RECORD_NAME_IP, "2001:db8::1" },
    { "u@D.test", CX_RECORD_NAME_MAILBOX, "d.test" },
    { "\"a@b\"@d.test", CX_RECORD_NAME_MAILBOX, "d.test" },
    { "u@a.onion", CX_RECORD_NAME_MAILBOX, "a.onion" },
    { "", CX_RECORD_NAME_UNSET, NULL },
    { "d.test.", CX_RECORD_NAME_UNSET, NULL },
    { ".", CX_RECORD_NAME_UNSET, NULL },
    { "*", CX_RECORD_NAME_UNSET, NULL },
    { "*.", CX_RECORD_NAME_UNSET, NULL },
    { "*.*.d.test", CX_RECORD_NAME_UNSET, NULL },
    { "w*.d.test", CX_RECORD_NAME_UNSET, NULL },
    { "_x.d.test", CX_RECORD_NAME_UNSET, NULL },
    { "-a.d.test", CX_RECORD_NAME_UNSET, NULL },
    { "a..d.test", CX_RECORD_NAME_UNSET, NULL },
    { "a\\046b.test", CX_RECORD_NAME_UNSET, NULL },
    { "a b.test", CX_RECORD_NAME_UNSET, NULL },
    { "b\303\274cher.test", CX_RECORD_NAME_UNSET, NULL },
    { "u@b\303\274cher.test", CX_RECORD_NAME_UNSET, NULL },
    { "@d.test", CX_RECORD_NAME_UNSET, NULL },
    { "u@", CX_RECORD_NAME_UNSET, NULL },
    { "u@*.d.test", CX_RECORD_NAME_UNSET, NULL },
};

TEST(reads_names_as_people_write_them)
{
    struct cx_arena arena;

    cx_arena_init(&arena, CX_PERMIT_SCRATCH);
    for (size_t i = 0; i < CX_COUNT(texts); i++) {
        enum cx_permit_fault fault = CX_PERMIT_NO_FAULT;
        struct cx_record_name name = { .kind = CX_RECORD_NAME_UNSET };
        cx_status s = cx_permit_name_of_text(cx_str_of(texts[i].text), &arena, &name, &fault, NULL);

        ROW_TRUE(name.kind == texts[i].kind, texts[i].text);
        if (texts[i].want == NULL) {
            ROW_TRUE(s.code == CX_E_PERMIT && fault == CX_PERMIT_NAME, texts[i].text);
        } else {
            ROW_TRUE(cx_ok(s) && cx_str_equal(name.text, cx_str_of(texts[i].want)), texts[i].text);
            assert_true(name.validation == CX_RECORD_NONE);
        }
    }
    cx_arena_done(&arena);
}

/* ---- names of certificates */

static struct cx_tbs_name
tbs_name(enum cx_tbs_name_kind kind, const char *text)
{
    return (struct cx_tbs_name){ kind, 0, cx_span_of_str(cx_str_of(text)) };
}

struct certificate {
    struct cx_tbs tbs;
    struct cx_tbs_name names[4];
    struct cx_permit_trust trust;
    enum cx_permit_fault fault;
    struct cx_permit_subject subject;
    struct cx_arena arena;
};

static void
read_certificate(struct certificate *c)
{
    cx_status s;

    c->tbs.v = c->names;
    c->fault = CX_PERMIT_NO_FAULT;
    c->subject = (struct cx_permit_subject){ .n_names = 77 };
    cx_arena_init(&c->arena, CX_PERMIT_SCRATCH);
    s = cx_permit_subject_of_tbs(&c->tbs, &c->trust, &c->arena, &c->subject, &c->fault, NULL);
    assert_int_equal(s.code, c->fault == CX_PERMIT_NO_FAULT ? CX_OK : CX_E_PERMIT);
    assert_true(cx_ok(s) || c->subject.n_names == 77); /* untouched */
}

#define CERTIFICATE(word, ...)                                                                     \
    do {                                                                                           \
        struct certificate c = { .tbs.eku_server_auth = true };                                    \
                                                                                                   \
        __VA_ARGS__;                                                                               \
        read_certificate(&c);                                                                      \
        assert_string_equal(cx_permit_fault_word(c.fault), word);                                  \
        cx_arena_done(&c.arena);                                                                   \
    } while (0)

#define NAME(i, kind, text)                                                                        \
    (c.names[i] = tbs_name(CX_TBS_NAME_##kind, text), c.tbs.n = (size_t)(i) + 1)

TEST(takes_names_of_certificates)
{
    struct certificate c = { .tbs.eku_server_auth = true };

    NAME(0, DNS, "*.D.test");
    NAME(1, IP, "\300\377\002\001");
    NAME(2, DNS, "d.test");
    NAME(3, COMMON_NAME, "D.TEST");
    read_certificate(&c);
    assert_int_equal(c.fault, CX_PERMIT_NO_FAULT);
    assert_int_equal(c.subject.n_names, 3);
    assert_int_equal(c.subject.purposes, CX_PURPOSE_BIT(CX_PURPOSE_TLS));
    assert_true(c.subject.names[0].kind == CX_RECORD_NAME_WILDCARD &&
                cx_str_equal(c.subject.names[0].text, CX_STR("d.test")));
    assert_true(c.subject.names[1].kind == CX_RECORD_NAME_IP &&
                cx_str_equal(c.subject.names[1].text, CX_STR("192.255.2.1")));
    assert_true(c.subject.names[2].kind == CX_RECORD_NAME_DNS &&
                cx_str_equal(c.subject.names[2].text, CX_STR("d.test")));
    cx_arena_done(&c.arena);
}

TEST(refuses_certificates_with_other_names)
{
    CERTIFICATE(GOOD, NAME(0, DNS, "d.test"));
    CERTIFICATE("no-names", c.tbs.n = 0);
    CERTIFICATE("ca-certificate", NAME(0, DNS, "d.test"); c.tbs.is_ca = true);
    CERTIFICATE("name", NAME(0, DNS, "d.test"); NAME(1, DNS, "d.test."));
    CERTIFICATE("name", NAME(0, DNS, "a_b.test"));
    CERTIFICATE("name", NAME(0, MAIL_UTF8, "u@b\303\274cher.test"));
    CERTIFICATE("san-kind", NAME(0, DNS, "d.test"); NAME(1, OTHER, "x"); c.names[1].tag = 6);
    CERTIFICATE("san-kind", NAME(0, DNS, "d.test"); NAME(1, OTHER, "x"); c.names[1].tag = 6;
                c.trust.other_san = ~(1u << 6));
    CERTIFICATE(GOOD, NAME(0, DNS, "d.test"); NAME(1, OTHER, "x"); c.names[1].tag = 6;
                c.trust.other_san = 1u << 6);
    CERTIFICATE("no-names", NAME(0, OTHER, "x"); c.trust.other_san = 1);
}

TEST(refuses_common_names_that_are_no_alternative_name)
{
    static const char *const hosts[] = {
        "e.test",      "e.test.",    "*.e.test",         " e.test ",    "a_b.e.test",
        "u@e.test",    "x y@e.test", "m\u00fcller.test", "e\u3002test", "e\uff0etest",
        "e\uff61test", "192.0.2.1",  "2001:DB8::1",      "::",          "."
    };
    static const char *const phrases[] = { "Example Inc",
                                           "Dr. M\u00fcller",
                                           "e.test is not meant",
                                           "localhost",
                                           "u@localhost",
                                           "a:b",
                                           "",
                                           " ",
                                           "@" };

    CERTIFICATE("common-name", NAME(0, DNS, "d.test"); NAME(1, COMMON_NAME, "e.test"));
    CERTIFICATE("common-name", NAME(0, DNS, "d.test"); NAME(1, COMMON_NAME, "Example Inc"));
    CERTIFICATE("common-name", NAME(0, DNS, "d.test"); NAME(1, COMMON_NAME, ""));
    CERTIFICATE("common-name", NAME(0, DNS, "d.test"); NAME(1, COMMON_NAME, "d.test");
                NAME(2, COMMON_NAME, "localhost"));
    CERTIFICATE("common-name", NAME(0, DNS, "*.d.test"); NAME(1, COMMON_NAME, "d.test"));
    CERTIFICATE("common-name", NAME(0, COMMON_NAME, "d.test"));
    CERTIFICATE(GOOD, NAME(0, IP, "\300\377\002\001"); NAME(1, COMMON_NAME, "192.255.2.1"));
    /* a private authority may write what it likes, but no other host */
    CERTIFICATE(GOOD, NAME(0, DNS, "d.test"); NAME(1, COMMON_NAME, "Example Inc");
                c.trust.profile = CX_PROFILE_PRIVATE);
    for (size_t i = 0; i < CX_COUNT(hosts); i++) {
        CERTIFICATE("common-name", NAME(0, DNS, "d.test"); NAME(1, COMMON_NAME, hosts[i]);
                    c.trust.profile = CX_PROFILE_PRIVATE);
    }
    for (size_t i = 0; i < CX_COUNT(phrases); i++) {
        CERTIFICATE(GOOD, NAME(0, DNS, "d.test"); NAME(1, COMMON_NAME, phrases[i]);
                    c.trust.profile = CX_PROFILE_PRIVATE);
    }
    /* persons have names; a mailbox or host must be one of the certificate's */
    CERTIFICATE(GOOD, NAME(0, MAIL, "u@d.test"); NAME(1, COMMON_NAME, "U. Person");
                c.tbs.eku_server_auth = false; c.tbs.eku_email_protection = true);
    CERTIFICATE(GOOD, NAME(0, MAIL, "u@d.test"); NAME(1, COMMON_NAME, "U@d.test");
                c.tbs.eku_server_auth = false; c.tbs.eku_email_protection = true);
    CERTIFICATE("common-name", NAME(0, MAIL, "u@d.test"); NAME(1, COMMON_NAME, "u@e.test");
                c.tbs.eku_server_auth = false; c.tbs.eku_email_protection = true);
    CERTIFICATE("common-name", NAME(0, MAIL, "u@d.test"); NAME(1, COMMON_NAME, "www.e.test");
                c.tbs.eku_server_auth = false; c.tbs.eku_email_protection = true);
    CERTIFICATE("common-name", NAME(0, MAIL, "u@d.test"); NAME(1, COMMON_NAME, "U. Person");
                c.tbs.eku_email_protection = true); /* serves TLS too */
}

TEST(takes_purposes_of_certificates)
{
    static const struct {
        bool tls, mail, mark;
        enum cx_tbs_name_kind kind;
        const char *name;
        unsigned want;
    } rows[] = {
        { true, false, false, CX_TBS_NAME_DNS, "d.test", CX_PURPOSE_BIT(CX_PURPOSE_TLS) },
        { false, true, false, CX_TBS_NAME_MAIL, "u@d.test", CX_PURPOSE_BIT(CX_PURPOSE_SMIME) },
        { false, false, true, CX_TBS_NAME_DNS, "d.test", CX_PURPOSE_BIT(CX_PURPOSE_VMC) },
        { true, true, false, CX_TBS_NAME_MAIL, "u@d.test",
          CX_PURPOSE_BIT(CX_PURPOSE_TLS) | CX_PURPOSE_BIT(CX_PURPOSE_SMIME) },
        { true, true, true, CX_TBS_NAME_DNS, "d.test",
          CX_PURPOSE_BIT(CX_PURPOSE_TLS) | CX_PURPOSE_BIT(CX_PURPOSE_SMIME) |
              CX_PURPOSE_BIT(CX_PURPOSE_VMC) },
        { false, false, false, CX_TBS_NAME_DNS, "d.test", CX_PURPOSE_BIT(CX_PURPOSE_TLS) },
        { false, false, false, CX_TBS_NAME_MAIL, "u@d.test", CX_PURPOSE_BIT(CX_PURPOSE_SMIME) },
    };

    for (size_t i = 0; i < CX_COUNT(rows); i++) {
        struct certificate c = { .tbs.n = 1 };

        c.tbs.eku_server_auth = rows[i].tls;
        c.tbs.eku_email_protection = rows[i].mail;
        c.tbs.eku_mark = rows[i].mark;
        c.names[0] = tbs_name(rows[i].kind, rows[i].name);
        read_certificate(&c);
        assert_int_equal(c.fault, CX_PERMIT_NO_FAULT);
        assert_int_equal(c.subject.purposes, rows[i].want);
        cx_arena_done(&c.arena);
    }
}

/* ---- accounts and methods */

/* TEST R-PRF-2 */
TEST(is_bound_to_accounts_and_methods)
{
    static const cx_str pair[] = { CX_STR_INIT("dns-01"), CX_STR_INIT("http-01") };
    static const cx_str numbers[] = { CX_STR_INIT("3.2.2.4.19"), CX_STR_INIT("dns-01") };

    EXPECT("account", c.subject.accounts = &other);
    EXPECT("account", c.subject.accounts = pair; c.subject.n_accounts = 2);
    EXPECT("account", c.s.validations[0].n_accounts = 0);
    EXPECT("method", c.subject.methods = &pair[1]);
    EXPECT("method", c.subject.methods = pair; c.subject.n_methods = 2);
    EXPECT("method", c.s.validations[0].methods = pair; c.s.validations[0].n_methods = 2);
    EXPECT(GOOD, c.s.validations[0].methods = pair; c.s.validations[0].n_methods = 2;
           c.subject.methods = numbers; c.subject.n_methods = 2);
    EXPECT("method", c.s.validations[0].n_methods = 0);
    /* of every name */
    EXPECT("account", c.s.names[1].validation = CX_RECORD_NONE);
    EXPECT("account", c.s.names[1].validation = 1; c.s.record.n_validations = 2;
           c.s.accounts[1] = other; c.s.validations[1] = (struct cx_record_validation){
                                        &c.s.accounts[1], 1, c.s.methods, 1 });
    EXPECT("method", c.s.names[1].validation = 1; c.s.record.n_validations = 2;
           c.s.validations[1] = (struct cx_record_validation){ c.s.accounts, 1, &pair[1], 1 });
    EXPECT(GOOD, c.s.names[1].validation = 1; c.s.record.n_validations = 2;
           c.s.validations[1] = (struct cx_record_validation){ c.s.accounts, 1, &pair[1], 1 };
           c.subject.n_methods = 0);
}

/* ---- corroboration */

struct corroborated {
    const char *about;
    const char *date;
    enum cx_profile profile;
    unsigned used, agreed;
    const char *regions; /* space between them */
    bool good;
};

/* Rows G156 to G167 of the golden table and their neighbours; used 0: there is none. */
static const struct corroborated phases[] = {
    { "M0", "2024-09-10", CX_PROFILE_TLS_BR, 0, 0, "", true },
    { "M1", "2025-03-14", CX_PROFILE_TLS_BR, 0, 0, "", true },
    { "M2 without", "2025-04-01", CX_PROFILE_TLS_BR, 0, 0, "", false },
    { "M2 one", "2025-04-01", CX_PROFILE_TLS_BR, 1, 1, "", false },
    { "M2 none agrees", "2025-04-01", CX_PROFILE_TLS_BR, 2, 0, "", true },
    { "M3 none agrees", "2025-09-15", CX_PROFILE_TLS_BR, 2, 0, "", false },
    { "M3 one agrees", "2025-10-01", CX_PROFILE_TLS_BR, 2, 1, "", true },
    { "M4 two", "2026-03-15", CX_PROFILE_TLS_BR, 2, 2, "ARIN RIPE", false },
    { "M4 one region", "2026-04-01", CX_PROFILE_TLS_BR, 3, 3, "ARIN ARIN ARIN", false },
    { "M4 two regions", "2026-04-01", CX_PROFILE_TLS_BR, 3, 2, "ARIN RIPE", true },
    { "M5 three", "2026-11-22", CX_PROFILE_TLS_BR, 3, 3, "ARIN RIPE", false },
    { "M5 3/4", "2026-11-22", CX_PROFILE_TLS_BR, 4, 3, "ARIN ARIN RIPE", true },
    { "M5 2/4", "2026-11-22", CX_PROFILE_TLS_BR, 4, 2, "ARIN RIPE", false },
    { "M5 unknown regions", "2026-11-22", CX_PROFILE_TLS_BR, 4, 4, "MARS VENUS", false },
    { "M5 case of a region", "2026-11-22", CX_PROFILE_TLS_BR, 4, 4, "arin ripe", false },
    { "M5 no regions", "2026-11-22", CX_PROFILE_TLS_BR, 4, 4, "", false },
    { "M6 four", "2026-12-15", CX_PROFILE_TLS_BR, 4, 4, "ARIN RIPE", false },
    { "M6 3/5", "2026-12-15", CX_PROFILE_TLS_BR, 5, 3, "ARIN RIPE", false },
    { "M6 4/5", "2026-12-15", CX_PROFILE_TLS_BR, 5, 4, "LACNIC APNIC", true },
    { "M6 4/6", "2026-12-15", CX_PROFILE_TLS_BR, 6, 4, "AFRINIC RIPE", true },
    { "M6 3/6", "2026-12-15", CX_PROFILE_TLS_BR, 6, 3, "ARIN RIPE", false },
    { "mail, before", "2025-05-14", CX_PROFILE_SMIME_BR, 0, 0, "", true },
    { "mail, without", "2025-05-15", CX_PROFILE_SMIME_BR, 0, 0, "", false },
    { "mail, 3/4", "2026-11-22", CX_PROFILE_SMIME_BR, 4, 3, "ARIN RIPE", true },
    { "private", "2026-11-22", CX_PROFILE_PRIVATE, 0, 0, "", true },
};

static cx_time
moment(const char *text)
{
    cx_time t = CX_TIME_NONE;

    assert_true(cx_ok(cx_time_parse(cx_str_of(text), &t)));
    return t;
}

/* Moves the whole scene to that moment. */
static void
move_to(struct scene *c, cx_time t)
{
    struct cx_record *r = &c->s.record;

    r->date = t;
    r->time_ms = (uint64_t)t * 1000;
    c->now_ms = r->time_ms + 1000;
    r->conclusion.valid_until = t + CX_WINDOW_S;
    r->conclusion.expires = t + CX_PERMIT_LIFE_S;
    for (size_t i = 0; i < r->n_names; i++) {
        c->s.findings[i].valid_until = t + CX_WINDOW_S;
    }
    for (size_t i = 0; i < r->n_cases; i++) {
        r->cases[i].epoch = cx_str_of(cx_epoch_at(r->cases[i].profile, t)->id);
    }
}

static void
corroborate(struct scene *c, const struct corroborated *row)
{
    struct cx_corroboration *k = &c->s.record.corroboration;
    size_t n = 0;

    c->s.record.cases[0].profile = row->profile;
    c->trust.profile = row->profile;
    move_to(c, moment(row->date));
    k->kind = row->used == 0 ? CX_CORROBORATION_NONE : CX_CORROBORATION_OWN;
    k->n_used = row->used;
    k->n_agreed = row->agreed;
    for (const char *at = row->regions; *at != '\0'; at += strcspn(at, " ")) {
        at += *at == ' ';
        c->s.regions[n++] = (cx_str){ at, strcspn(at, " ") };
    }
    k->n_regions = n;
}

/* TEST R-MPIC-1, TEST R-MPIC-2, TEST R-MPIC-9 */
TEST(wants_the_corroboration_of_its_date)
{
    for (size_t i = 0; i < CX_COUNT(phases); i++) {
        struct scene c;
        enum cx_permit_fault fault;

        open_scene(&c);
        corroborate(&c, &phases[i]);
        fault = own_fault(&c);
        ROW_TRUE(fault == (phases[i].good ? CX_PERMIT_NO_FAULT : CX_PERMIT_CORROBORATION),
                 phases[i].about);
        sample_close(&c.s);
    }
}

static void
uncorroborated(struct scene *c, const char *method)
{
    c->s.record.corroboration.kind = CX_CORROBORATION_NONE;
    c->s.methods[0] = cx_str_of(method);
    c->s.validations[0].n_methods = method[0] == '\0' ? 0 : 1;
    c->subject.n_methods = 0;
}

/* Row G177 of the golden table. TEST R-MPIC-16 */
TEST(wants_corroboration_for_the_methods_that_need_it)
{
    EXPECT("corroboration", uncorroborated(&c, "dns-01"));
    EXPECT("corroboration", uncorroborated(&c, "3.2.2.4.7"));
    EXPECT("corroboration", uncorroborated(&c, "ca-tbr-19"));
    EXPECT("corroboration", uncorroborated(&c, "")); /* nobody said */
    EXPECT("corroboration", uncorroborated(&c, "unknown"));
    EXPECT(GOOD, uncorroborated(&c, "3.2.2.4.4"));
    EXPECT(GOOD, uncorroborated(&c, "ca-tbr-12"));
    EXPECT("corroboration", uncorroborated(&c, "3.2.2.4.4"); c.s.validations[0].n_methods = 2;
           c.s.methods[1] = CX_STR("3.2.2.4.7"));
    EXPECT("corroboration", uncorroborated(&c, "3.2.2.4.4");
           c.s.names[1].validation = CX_RECORD_NONE; c.subject.n_accounts = 0);
    /* addresses have nothing to corroborate; onion names have methods of their own */
    EXPECT(GOOD, uncorroborated(&c, "3.2.2.4.4");
           another_name(&c, CX_RECORD_NAME_IP, "192.0.2.1", CX_VERDICT_NA);
           c.s.names[2].validation = CX_RECORD_NONE; c.subject.n_accounts = 0);
    EXPECT(GOOD, uncorroborated(&c, "3.2.2.4.19"); c.s.record.n_names = 0;
           another_name(&c, CX_RECORD_NAME_ONION, "a.onion", CX_VERDICT_NA));
    EXPECT("corroboration", uncorroborated(&c, "3.2.2.4.7"); c.s.record.n_names = 0;
           another_name(&c, CX_RECORD_NAME_ONION, "a.onion", CX_VERDICT_NA));
}

/* ---- time */

/* TEST R-TIME-2, TEST R-TIME-8 */
TEST(wants_the_rules_of_its_time)
{
    EXPECT("hypothetical", c.s.record.conclusion.hypothetical = true);
    EXPECT("rules", c.s.record.date = SAMPLE_TIME + 61);
    EXPECT(GOOD, c.s.record.date = SAMPLE_TIME + 60);
    EXPECT("rules", c.s.record.cases[0].epoch = CX_STR("E10"));
    EXPECT("rules", c.s.record.cases[0].epoch = CX_STR("E12"));
    EXPECT("rules", c.s.record.cases[0].epoch = CX_STR(""));
}

/* Row G123 of the golden table. TEST R-PRF-1, TEST R-PRF-3 */
TEST(refuses_a_check_after_the_deadline_of_its_request)
{
    EXPECT(GOOD, c.s.record.has_deadline = true; c.s.record.deadline_ms = SAMPLE_TIME_MS);
    EXPECT("late", c.s.record.has_deadline = true; c.s.record.deadline_ms = SAMPLE_TIME_MS - 1);
    EXPECT("late", c.s.record.has_deadline = true; c.s.record.deadline_ms = 0);
}

TEST(refuses_a_check_from_the_future)
{
    EXPECT(GOOD, c.now_ms = SAMPLE_TIME_MS);
    EXPECT(GOOD, c.now_ms = SAMPLE_TIME_MS - 60000);
    EXPECT("future", c.now_ms = SAMPLE_TIME_MS - 60001);
    EXPECT("future", c.now_ms = 1);
    EXPECT("future", c.s.record.time_ms = UINT64_MAX);
}

/* TEST R-TIME-4 */
TEST(expires_on_the_second)
{
    const uint64_t end = (SAMPLE_TIME + CX_PERMIT_LIFE_S) * (uint64_t)1000;

    EXPECT(GOOD, c.now_ms = end - 1);
    EXPECT("expired", c.now_ms = end);
    EXPECT("expired", c.now_ms = UINT64_MAX);
    EXPECT(GOOD, c.s.record.conclusion.expires -= 600; c.now_ms = end - 600001);
    EXPECT("expired", c.s.record.conclusion.expires -= 600; c.now_ms = end - 600000);
    EXPECT("expired", c.s.record.conclusion.expires = 0);
    EXPECT("expired", c.s.record.conclusion.expires = INT64_MIN + 1);
    EXPECT("expired", c.s.record.conclusion.expires = -1);
    EXPECT("expiry", c.s.record.conclusion.expires = CX_TIME_NONE);
}

/* A signer's shorter life holds whatever the record says; a longer one is not granted. TEST R-TIME-1, TEST R-TIME-4 */
TEST(recomputes_the_expiry)
{
    EXPECT("expiry", c.s.record.conclusion.expires++);
    EXPECT("expiry", c.s.record.conclusion.expires = CX_TIME_MAX);
    EXPECT("expiry", c.trust.life_s = 899);
    EXPECT("expired", c.trust.life_s = 1);
    EXPECT(GOOD, c.trust.life_s = 1000);
    EXPECT(GOOD, c.trust.life_s = 900);
    EXPECT(GOOD, c.trust.life_s = UINT32_MAX);
    /* the window of each name, whose last second is in it */
    EXPECT(GOOD, c.s.findings[1].valid_until = SAMPLE_TIME + CX_PERMIT_LIFE_S - 1);
    EXPECT("expiry", c.s.findings[1].valid_until = SAMPLE_TIME + CX_PERMIT_LIFE_S - 2);
    EXPECT("expiry", c.s.record.conclusion.valid_until = SAMPLE_TIME + CX_PERMIT_LIFE_S - 2);
    EXPECT("expired", c.s.findings[0].valid_until = SAMPLE_TIME);
    EXPECT(GOOD, c.s.findings[0].valid_until = SAMPLE_TIME + 1;
           c.s.record.conclusion.expires = SAMPLE_TIME + 2);
    EXPECT("expiry", c.s.findings[0].valid_until = CX_TIME_NONE);
    EXPECT("expired", c.s.findings[0].valid_until = INT64_MIN + 1);
    EXPECT(GOOD, c.s.findings[0].valid_until = INT64_MAX - 1);
    EXPECT("expiry", c.s.record.conclusion.valid_until = CX_TIME_NONE);
}

/* TEST R-TIME-8 */
TEST(does_not_outlive_an_epoch_or_phase)
{
    static const struct {
        const char *boundary;
        enum cx_profile profile;
    } rows[] = {
        { "2026-12-15", CX_PROFILE_TLS_BR },   /* phase M6 */
        { "2027-03-15", CX_PROFILE_TLS_BR },   /* epoch E12 */
        { "2026-12-15", CX_PROFILE_SMIME_BR }, /* phase M6 */
    };

    for (size_t i = 0; i < CX_COUNT(rows); i++) {
        cx_time day = moment(rows[i].boundary);

#define AT_BOUNDARY(word, ...)                                                                     \
    EXPECT(word, c.s.record.cases[0].profile = rows[i].profile; c.trust.profile = rows[i].profile; \
           c.s.record.corroboration.n_used = c.s.record.corroboration.n_agreed = 5;                \
           move_to(&c, day - 10); __VA_ARGS__)
        AT_BOUNDARY("expiry", (void)0);
        AT_BOUNDARY(GOOD, c.s.record.conclusion.expires = day);
        AT_BOUNDARY("expiry", c.s.record.conclusion.expires = day + 1);
        AT_BOUNDARY(GOOD, c.s.record.conclusion.expires = day; c.now_ms = (uint64_t)day * 1000 - 1);
        AT_BOUNDARY("expired", c.s.record.conclusion.expires = day;
                    c.now_ms = (uint64_t)day * 1000);
        /* logged after it, judged before */
        AT_BOUNDARY("expired", c.s.record.time_ms = (uint64_t)day * 1000 + 1;
                    c.now_ms = (uint64_t)day * 1000 + 2);
#undef AT_BOUNDARY
    }
}

/* ---- whatever happens to its octets */

/* The record of a permit, encoded again; n == 0 if it does not permit. */
static cx_span
statement(struct scene *c, cx_span permit, struct cx_arena *arena, struct cx_buf *buf)
{
    enum cx_permit_fault fault;
    struct cx_record record;

    cx_arena_reset(arena);
    cx_buf_clear(buf);
    if (!cx_ok(cx_permit_verify(permit, &c->subject, &c->trust, c->now_ms, arena, &record, &fault,
                                NULL))) {
        return (cx_span){ NULL, 0 };
    }
    assert_true(cx_ok(cx_record_encode(&record, buf)));
    return cx_span_of_str(cx_buf_str(buf));
}

struct mutation {
    struct scene c;
    struct cx_permit_memory *memory;
    struct cx_arena arena;
    struct cx_buf buf;
    cx_span permit, record;
};

static void
open_mutation(struct mutation *m)
{
    open_scene(&m->c);
    m->memory = cx_permit_memory_new();
    assert_non_null(m->memory);
    m->c.trust.memory = m->memory;
    cx_arena_init(&m->arena, CX_PERMIT_SCRATCH);
    cx_buf_init(&m->buf, CX_RECORD_MAX);
    m->permit = sample_permit(&m->c.s);
    m->record = sample_record(&m->c.s);
    assert_true(cx_span_equal(statement(&m->c, m->permit, &m->arena, &m->buf), m->record));
}

static void
close_mutation(struct mutation *m)
{
    cx_buf_done(&m->buf);
    cx_arena_done(&m->arena);
    cx_permit_memory_free(m->memory);
    sample_close(&m->c.s);
}

/* Refused, or the same statement; whether it was accepted. */
static bool
harmless(struct mutation *m, cx_span octets)
{
    cx_span got = statement(&m->c, octets, &m->arena, &m->buf);

    if (got.n != 0 && !cx_span_equal(got, m->record)) {
        fail_msg("a changed permit says something else");
    }
    return got.n != 0;
}

TEST(no_octet_can_be_changed_to_say_something_else)
{
    struct mutation m;
    uint8_t *octets;
    size_t accepted = 0;

    open_mutation(&m);
    octets = cx_alloc(m.permit.n, 1);
    assert_non_null(octets);
    memcpy(octets, m.permit.p, m.permit.n);
    for (size_t at = 0; at < m.permit.n; at++) {
        for (unsigned change = 1; change < 256; change++) {
            octets[at] = (uint8_t)(m.permit.p[at] ^ change);
            accepted += harmless(&m, (cx_span){ octets, m.permit.n });
        }
        octets[at] = m.permit.p[at];
    }
    /* lines of witnesses whom nobody knows are nobody's business */
    assert_true(accepted > 100 && accepted < 100 * (size_t)255);
    cx_free(octets);
    close_mutation(&m);
}

TEST(no_cut_and_nothing_behind_is_accepted)
{
    struct mutation m;
    cx_span text;
    uint8_t *octets;

    open_mutation(&m);
    text = sample_base64(&m.c.s, m.permit);
    for (size_t n = 0; n < m.permit.n; n++) {
        assert_false(harmless(&m, (cx_span){ m.permit.p, n }) &&
                     n + 1 < m.permit.n - sample_checkpoint(m.permit).n);
    }
    for (size_t n = 0; n < text.n; n++) {
        (void)harmless(&m, (cx_span){ text.p, n }); /* may end before the witness's line */
    }
    octets = cx_alloc(m.permit.n + 1, 1);
    assert_non_null(octets);
    memcpy(octets, m.permit.p, m.permit.n);
    for (unsigned last = 0; last < 256; last++) {
        octets[m.permit.n] = (uint8_t)last;
        assert_false(harmless(&m, (cx_span){ octets, m.permit.n + 1 }));
    }
    cx_free(octets);
    close_mutation(&m);
}

/* ---- memory of checkpoints */

TEST(remembers_checkpoints_by_their_octets)
{
    struct mutation m;
    struct cx_ed25519_key *unused;
    struct cx_note_key wrong;
    cx_span checkpoint, other_permit;

    open_mutation(&m);
    checkpoint = sample_checkpoint(m.permit);
    assert_int_equal(cx_permit_memory_hits(m.memory), 0);
    assert_true(harmless(&m, m.permit));
    assert_int_equal(cx_permit_memory_hits(m.memory), 1);
    /* remembered, but what it says is still held against the proof */
    m.c.s.record.salt[0] ^= 1;
    other_permit = sample_with_checkpoint(&m.c.s, sample_permit(&m.c.s), checkpoint);
    assert_false(harmless(&m, other_permit));
    assert_int_equal(cx_permit_memory_hits(m.memory), 2);
    /* a signer who does not trust the key gains nothing by somebody's having trusted it */
    wrong = sample_key(SAMPLE_ORIGIN, 0x11, &unused);
    cx_ed25519_free(unused);
    m.c.trust.keys = &wrong;
    assert_false(harmless(&m, m.permit));
    m.c.trust.n_keys = 0;
    assert_false(harmless(&m, m.permit));
    assert_int_equal(cx_permit_memory_hits(m.memory), 2);
    close_mutation(&m);
}

/* A checkpoint whose signature is wrong is not remembered as one that is right. */
TEST(remembers_nothing_that_was_not_verified)
{
    struct mutation m;
    uint8_t *octets;
    size_t at;

    open_mutation(&m);
    octets = cx_alloc(m.permit.n, 1);
    assert_non_null(octets);
    memcpy(octets, m.permit.p, m.permit.n);
    at = m.permit.n - sample_checkpoint(m.permit).n + sizeof(SAMPLE_ORIGIN); /* its size */
    octets[at]++;
    for (int i = 0; i < 3; i++) {
        assert_false(harmless(&m, (cx_span){ octets, m.permit.n }));
    }
    assert_int_equal(cx_permit_memory_hits(m.memory), 0);
    cx_free(octets);
    close_mutation(&m);
}

/* More checkpoints than have room: the oldest are verified again. */
TEST(remembers_so_many_checkpoints)
{
    struct mutation m;
    cx_span permits[CX_PERMIT_CHECKPOINTS_MAX + 1];

    open_mutation(&m);
    for (size_t i = 0; i < CX_COUNT(permits); i++) {
        m.c.s.record.salt[1] = (uint8_t)i;
        permits[i] = sample_permit(&m.c.s);
        assert_true(statement(&m.c, permits[i], &m.arena, &m.buf).n != 0);
    }
    assert_int_equal(cx_permit_memory_hits(m.memory), 0);
    for (size_t i = CX_COUNT(permits); i-- > 1;) {
        assert_true(statement(&m.c, permits[i], &m.arena, &m.buf).n != 0);
    }
    assert_int_equal(cx_permit_memory_hits(m.memory), CX_PERMIT_CHECKPOINTS_MAX);
    assert_true(statement(&m.c, permits[0], &m.arena, &m.buf).n != 0);
    assert_int_equal(cx_permit_memory_hits(m.memory), CX_PERMIT_CHECKPOINTS_MAX);
    close_mutation(&m);
    cx_permit_memory_free(NULL);
}

/* ---- faults and memory */

TEST(every_fault_has_a_word_of_its_own)
{
    for (int i = CX_PERMIT_NO_FAULT + 1; i < CX_PERMIT_FAULTS; i++) {
        assert_true(cx_permit_fault_word((enum cx_permit_fault)i)[0] != '\0');
        assert_true(cx_permit_fault_sentence((enum cx_permit_fault)i)[0] != '\0');
        for (int k = CX_PERMIT_NO_FAULT; k < i; k++) {
            assert_string_not_equal(cx_permit_fault_word((enum cx_permit_fault)i),
                                    cx_permit_fault_word((enum cx_permit_fault)k));
        }
    }
}

TEST(survives_every_oom)
{
    struct scene c;
    cx_span permit;

    open_scene(&c);
    permit = sample_base64(&c.s, sample_permit(&c.s));
    for (size_t nth = 1;; nth++) {
        enum cx_permit_fault fault = CX_PERMIT_NO_FAULT;
        struct cx_arena arena;
        cx_status s;
        size_t seen;

        cx_arena_init(&arena, CX_PERMIT_SCRATCH);
        (void)cx_alloc_fail_nth(nth);
        s = cx_permit_verify(permit, &c.subject, &c.trust, c.now_ms, &arena, NULL, &fault, NULL);
        seen = cx_alloc_fail_nth(0);
        cx_arena_done(&arena);
        if (seen < nth) {
            assert_true(cx_ok(s) && nth > 1);
            break;
        }
        assert_false(cx_ok(s));
    }
    sample_close(&c.s);
}

TEST(survives_every_cap_of_memory)
{
    struct scene c;
    cx_span permit;
    bool enough = false;

    open_scene(&c);
    permit = sample_permit(&c.s);
    for (size_t cap = 0; cap < 20000; cap += 64) {
        enum cx_permit_fault fault = CX_PERMIT_NO_FAULT;
        struct cx_arena arena;
        cx_status s;

        cx_arena_init(&arena, cap);
        s = cx_permit_verify(permit, &c.subject, &c.trust, c.now_ms, &arena, NULL, &fault, NULL);
        cx_arena_done(&arena);
        assert_true(cx_ok(s) || cx_status_class(s) == CX_CLASS_NOMEM);
        enough = enough || cx_ok(s);
    }
    assert_true(enough);
    sample_close(&c.s);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(permits_what_was_checked),
    cmocka_unit_test(takes_base64_on_one_line),
    cmocka_unit_test(gives_the_record),
    cmocka_unit_test(needs_names_and_a_time),
    cmocka_unit_test(refuses_files_that_are_too_large),
    cmocka_unit_test(refuses_what_is_no_proof_file),
    cmocka_unit_test(refuses_proofs_of_something_else),
    cmocka_unit_test(refuses_spliced_permits),
    cmocka_unit_test(needs_a_trusted_key_of_that_log),
    cmocka_unit_test(refuses_checkpoints_that_are_not_as_signed),
    cmocka_unit_test(wants_a_check_and_the_time_of_its_entry),
    cmocka_unit_test(a_start_and_an_event_are_no_permit),
    cmocka_unit_test(refuses_records_that_it_does_not_understand),
    cmocka_unit_test(refuses_a_critical_member_that_is_not_known),
    cmocka_unit_test(is_bound_to_an_authority),
    cmocka_unit_test(is_bound_to_a_request),
    cmocka_unit_test(is_bound_to_a_rule_book),
    cmocka_unit_test(is_bound_to_a_purpose),
    cmocka_unit_test(wants_every_name_positive),
    cmocka_unit_test(accepts_what_the_ca_accepts),
    cmocka_unit_test(takes_addresses_and_onion_names_as_not_applicable),
    cmocka_unit_test(wants_the_same_set_of_names),
    cmocka_unit_test(keeps_forms_of_a_name_apart),
    cmocka_unit_test(reads_names_as_people_write_them),
    cmocka_unit_test(takes_names_of_certificates),
    cmocka_unit_test(refuses_certificates_with_other_names),
    cmocka_unit_test(refuses_common_names_that_are_no_alternative_name),
    cmocka_unit_test(takes_purposes_of_certificates),
    cmocka_unit_test(is_bound_to_accounts_and_methods),
    cmocka_unit_test(wants_the_corroboration_of_its_date),
    cmocka_unit_test(wants_corroboration_for_the_methods_that_need_it),
    cmocka_unit_test(wants_the_rules_of_its_time),
    cmocka_unit_test(refuses_a_check_after_the_deadline_of_its_request),
    cmocka_unit_test(refuses_a_check_from_the_future),
    cmocka_unit_test(expires_on_the_second),
    cmocka_unit_test(recomputes_the_expiry),
    cmocka_unit_test(does_not_outlive_an_epoch_or_phase),
    cmocka_unit_test(no_octet_can_be_changed_to_say_something_else),
    cmocka_unit_test(no_cut_and_nothing_behind_is_accepted),
    cmocka_unit_test(remembers_checkpoints_by_their_octets),
    cmocka_unit_test(remembers_nothing_that_was_not_verified),
    cmocka_unit_test(remembers_so_many_checkpoints),
    cmocka_unit_test(every_fault_has_a_word_of_its_own),
    cmocka_unit_test(survives_every_oom),
    cmocka_unit_test(survives_every_cap_of_memory),
};

TEST_MAIN(tests)
