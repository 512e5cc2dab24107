/* Every cap of the program in one place, each with its reason. A loop over outside data names one of these. */
#ifndef CX_BASE_LIMITS_H
#define CX_BASE_LIMITS_H

/* RFC 1035 section 3.1: a name in wire form, a label, and the most labels that fit (127 of one octet, and the root). */
#define CX_NAME_MAX   255
#define CX_LABEL_MAX  63
#define CX_LABELS_MAX 128
/* RFC 1035 presentation form of 255 octets, each escaped as \DDD. */
#define CX_NAME_TEXT_MAX 1024

/* R-TREE-13: aliases followed in one answer; R-T44-4: a CA must manage 8. */
#define CX_ALIASES_DEFAULT 16
#define CX_ALIASES_LOWEST  8
/* What the message reader collects before it calls a chain a loop; above CX_ALIASES_DEFAULT so that the judge, not the
 * reader, draws the line. */
#define CX_ALIASES_READ 32

/* R-T44-3: names visited by the tree search of RFC 6844; and the most questions of one climb: CAA and DNAME at each of
 * those, and the ancestors that top-down and parallel orders ask beforehand. */
#define CX_CLIMB_MAX   384
#define CX_VISITED_MAX 128

/* A DNS message over TCP, RFC 1035 section 4.2.2. */
#define CX_MESSAGE_MAX 65535
/* A record as text, or what lint says about one: every octet of a message escaped as \DDD, and some words. */
#define CX_RECORD_TEXT_MAX ((size_t)CX_MESSAGE_MAX * 5)

/* Names of one request: the largest certificates seen hold a few hundred. */
#define CX_NAMES_MAX 10000
/* Issuer domain names, accounts, methods of one request. */
#define CX_ISSUERS_MAX  1000
#define CX_ACCOUNTS_MAX 64
/* Entries of a list of zones, trust anchors or later checks; far more than one request is about. */
#define CX_FACTS_MAX 1000
/* Notes kept per name; further ones are dropped after a note that says so. */
#define CX_NOTES_MAX 24

/* One result or report as JSON: a certificate of CX_NAMES_MAX names, each with its answers. */
#define CX_RESULT_MAX ((size_t)256 << 20)
/* What an applicant is told of one name: a name or a record as text, of which longer ones are cut; records of a large set; and the whole
 * sentence, in which five such texts and a line to publish fit. */
#define CX_PROBLEM_TEXT_MAX    300
#define CX_PROBLEM_RECORDS_MAX 3
#define CX_PROBLEM_CURE_MAX    2048
#define CX_PROBLEM_DETAIL_MAX  8192
/* One line of NDJSON; 1,001 records of a large set in hex stay far below. */
#define CX_LINE_MAX (16u << 20)
/* Memory of one check: answers of CX_NAMES_MAX names, with aliases and records. */
#define CX_CHECK_MEMORY ((size_t)512 << 20)
/* Zone and answers files are read whole. */
#define CX_FILE_MAX ((size_t)1 << 30)
/* What a source keeps of such files: short lines need some eight times their text, in records, names and indexes. */
#define CX_SOURCE_MEMORY ((size_t)1 << (sizeof(size_t) > 4 ? 33 : 31))

/* A file of root anchors or hints: the root has had three anchors since 2010; a line holds an RSA key of 4,096 bits in
 * base64. */
#define CX_ANCHORS_MAX      64
#define CX_ANCHOR_LINE_MAX  4096
#define CX_ANCHOR_LINES_MAX 10000
#define CX_ANCHORS_MEMORY   ((size_t)1 << 20)

/* NSEC and NSEC3 records of one answer: three are the most that a proof needs (RFC 5155 section 7.2). Iterations: as
 * libunbound; a zone with more proves nothing (RFC 9276 section 3.2). Zones that signed records of one answer: each
 * alias can bring another. */
#define CX_DENIALS_MAX          16
#define CX_NSEC3_ITERATIONS_MAX 150
#define CX_SIGNERS_MAX          64

/* One question to the live DNS, with all its tries. */
#define CX_LIVE_DEADLINE_MS 12000
/* One try of it: two fit into that, and libunbound by itself gives up a silent server in 5.3 s. */
#define CX_TRY_MS 5500
/* Age at which the cache of the live source is given up; also the most by which an answer's time can lie before the
 * moment at which it was asked (resolve/live.h). */
#define CX_LIVE_RENEW_S 300

/* Wire tap: questions for CAA, DNAME, DS and DNSKEY that are remembered with their replies, for as long as a failing
 * question is under way: 12 s at 5,000 a second. Octets of replies. Descriptors watched: the sockets of all contexts.
 * Exchanges of one name that are looked at, and told of in an answer. */
#define CX_TAP_EXCHANGES_MAX 65536
#define CX_TAP_BYTES_MAX     ((size_t)64 << 20)
#define CX_TAP_SOCKETS_MAX   16384
#define CX_TAP_CHAIN_MAX     64
#define CX_EXCHANGES_MAX     32
/* Failures whose kind is remembered while libunbound repeats them from its cache; bits of the set of questions asked. */
#define CX_TAP_KINDS_MAX  8192
#define CX_TAP_ASKED_BITS ((size_t)1 << 24)
/* To read one reply again: its records and names. */
#define CX_TAP_SCRATCH ((size_t)4 << 20)

/* Signatures that are remembered as valid: more than are verified while a zone's DS and DNSKEY are collected. */
#define CX_VERIFIED_MAX 4096

/* Cache of answers: octets, and the longest that an answer is taken from it, whatever its TTL says; a set that was changed
 * is seen after that. Lists of questions under way. */
#define CX_CACHE_BYTES     ((size_t)256 << 20)
#define CX_CACHE_CEILING_S 3600
#define CX_CACHE_FLIGHTS   4096

/* Resolver processes, and frames between them and who judges: an answer is a message, aliases, exchanges. Materials that
 * both ends know by number. How often one that ended is started again. */
#define CX_WORKERS_MAX     64
#define CX_FRAME_MAX       (1u << 20)
#define CX_WORKER_SLOTS    16384
#define CX_WORKER_RESTARTS 3
/* Answers that somebody who has not asked remembers by their octets, and the longest of them: names that many checks climb to. Some
 * 50 MB at most, most of it JSON, beside what they rest on. */
#define CX_GIVEN_REMEMBERED 2048
#define CX_GIVEN_OCTETS_MAX 4096
/* A process that worked so long before it ended starts the count anew. */
#define CX_WORKER_FORGIVEN_MS 300000
/* How much longer than the deadline of a question a process may say nothing while it owes an answer. */
#define CX_WORKER_SILENCE_MS 5000
/* How long a question waits for a process that somebody else starts again, well within the deadline of a question; and how
 * many wait for one process: some 20 MB of them. */
#define CX_WORKER_WAIT_MS 5000
#define CX_WORKER_WAITING 65536
/* Read from a socket at once; answers that wait to be taken. */
#define CX_WORKER_CHUNK   65536
#define CX_WORKER_BACKLOG ((size_t)256 << 20)

/* Alarms of one source that stand at a time, and octets of one with its NUL; a longer path of a file is cut. */
#define CX_ALARMS_MAX      32
#define CX_ALARM_TEXT      256
#define CX_ALARM_PATH_TEXT 81
/* A key of the root, in octets: RSA of 4,096 bits has 519. */
#define CX_ROOT_KEY_OCTETS_MAX 1024

/* Control probes show something about a failure if they began at most this much before its last try had failed (R-FAIL-8). Names that
 * are probed; one alone could be down itself. */
#define CX_CONTROL_WINDOW_MS 1000
#define CX_CONTROL_NAMES_MIN 2
#define CX_CONTROL_NAMES_MAX 16

/* DS and DNSKEY answers that are kept to be shared, in octets: some 50,000 zones. Those of one answer: a chain through as
 * many zones, or labels, as anybody uses. */
#define CX_MATERIALS_BYTES_MAX ((size_t)64 << 20)
#define CX_PROOF_MAX           64

/* Entries of a library's dynamic section that are read; libunbound has 31. */
#define CX_DYNAMIC_MAX 1000

/* Findings of lint about one name that are kept: a set of broken records need not be told record by record. */
#define CX_LINT_FINDINGS_MAX 100000
/* RFC 6891 section 6.2.5: octets of a set that certainly do not fit a datagram that arrives. */
#define CX_LARGE_SET_OCTETS 4096
/* Records of one set that lint compares with each other; a message holds fewer (12 octets and 4 of RDATA each). */
#define CX_LINT_COMPARED_MAX 4096
/* Longer words are no misspelling of any tag or parameter. */
#define CX_LINT_WORD_MAX 40

/* DER of a certificate whose names the signer's walker reads: CX_NAMES_MAX dNSNames of 255 octets. Its extensions: some
 * ten are usual. A distinguished name (RFC 5280 appendix A.1 bounds each part by 64 to 32,768 characters). */
#define CX_TBS_MAX                (4u << 20)
#define CX_EXTENSIONS_MAX         100
#define CX_DISTINGUISHED_NAME_MAX 65536u

/* SCTs of one certificate: policies ask for two to five. Their time, in milliseconds: the end of the year 9999. */
#define CX_SCTS_MAX        64
#define CX_SCT_TIME_MAX_MS UINT64_C(253402300799999)

/* Certificates of one PKCS#7 container: chains have some, and all that fit into CX_LINE_MAX are below this. */
#define CX_PKCS7_CERTIFICATES_MAX 50000

/* Files of cases of one conformance run, and memory of their texts; the published ones have 0.3 MB. */
#define CX_CASE_FILES_MAX 16
#define CX_CASES_MEMORY   ((size_t)256 << 20)
/* A case's name, which also is the name of files. */
#define CX_CASE_NAME_MAX 60
/* Lines that nobody asked for: then the checker is stopped, as it may never end by itself. */
#define CX_SURPLUS_MAX 1000

/* An answer this much younger than the date of the check was not there then: the rules of one time are tried on the
 * answers of another. Far above what a slow climb takes. */
#define CX_HYPOTHETICAL_S 3600

/* A record, or an object that one refers to: CX_NAMES_MAX names with what was found of each. Its answers: some 100 labels
 * for each name. Regions of perspectives that agree: there are five registries (R-MPIC-9). */
#define CX_RECORD_MAX         ((size_t)16 << 20)
#define CX_RECORD_ANSWERS_MAX 1000000
#define CX_REGIONS_MAX        5
/* Ids of rules of one finding in a record: more than there are rules. */
#define CX_RECORD_RULES_MAX 256
/* Who did something, and why, in records of starts and events: a sentence or two; who has more to say says it elsewhere. */
#define CX_RECORD_LINE_MAX 1000
/* Depth of arrays and maps in a record that are passed over; ours have 4. */
#define CX_CBOR_DEPTH 16

/* Objects that are remembered while records are read, in octets of memory: some 100,000 answers. */
#define CX_RECALL_BYTES ((size_t)128 << 20)

/* Finished checks of a batch that wait for one commit; more would cost memory and win nothing. */
#define CX_BATCH_SETTLED 1024

/* Life of a permit from its check; clocks of recorder and signer may differ by so much. */
#define CX_PERMIT_LIFE_S 900
#define CX_PERMIT_SKEW_S 60

/* A signed note, its signature lines, the name of a key: readers must take 16 signatures (C2SP signed-note), and one of
 * ML-DSA-44 has 3,300 octets. */
#define CX_NOTE_OCTETS_MAX     65536
#define CX_NOTE_SIGNATURES_MAX 64
#define CX_NOTE_NAME_MAX       255
/* A proof file; its extra octets may be a record of CX_NAMES_MAX names, in base64. */
#define CX_PROOF_OCTETS_MAX ((size_t)1 << 20)

/* A request to a witness: a note, and the 63 hashes of the longest proof in base64. */
#define CX_WITNESS_OCTETS_MAX (CX_NOTE_OCTETS_MAX + 4096)

/* A response of a time-stamping authority, with its chain; the certificates to check it with. How much its clock may be
 * ahead of ours. */
#define CX_TIMESTAMP_OCTETS_MAX 65536
#define CX_TIMESTAMP_SKEW_S     60

/* A file with one private key; Ed25519 in PEM has 119 octets, and some people write about it in front. */
#define CX_KEY_FILE_MAX 16384

/* Full tiles of the log that are kept beside the growing one, 16 KiB each with their inner nodes: at level 0 so many that the
 * proofs of a batch of 16,384 entries are looked up; above, one would do, as a batch crosses one boundary at most. */
#define CX_EDGE_TILES       64
#define CX_EDGE_UPPER_TILES 4

/* Verified checkpoints that a signer remembers: a log signs one or a few a second, and permits are used at once. */
#define CX_PERMIT_CHECKPOINTS_MAX 64

/* Keys of logs that one signer trusts. Memory of one verification: a certificate and a record of CX_NAMES_MAX names.
 * Octets of a request to the library of a later version, which has more members. */
#define CX_TRUST_KEYS_MAX     256
#define CX_PERMIT_SCRATCH     ((size_t)64 << 20)
#define CX_REQUEST_STRUCT_MAX 4096

/* R-TIME-1: 8 hours. */
#define CX_WINDOW_S 28800

/* SQLite of the store. A page, by measurement of batches of one and of a thousand; cache, in KiB: a batch must fit, or it is
 * written twice; how long is waited for somebody who recovers or settles the file; the text of all tables, ours have 2 KB. Octets of
 * a block, which is read whole to read one of its entries, and of one whose last entry is the longest that there can be. */
#define CX_SQL_PAGE       8192
#define CX_SQL_CACHE_KIB  65536
#define CX_SQL_BUSY_MS    5000
#define CX_SQL_SCHEMA_MAX ((size_t)1 << 16)
#define CX_SQL_BLOCK      ((size_t)32 << 10)
#define CX_SQL_BLOCK_MAX  (CX_SQL_BLOCK + CX_RECORD_MAX + 256)

/* Segments of a shard: entries of one, by whose number an index is in memory (60 MB with three names and four objects an
 * entry) and then written; rows of its index, if entries have many names; segments, by the memory of their filters (half a
 * megabyte each: request ids): a quarter of a thousand million entries. Segments in which an object is looked for before it
 * is put again: two million checks back. */
#define CX_LOG_SEGMENT_ENTRIES ((uint64_t)1 << 18)
#define CX_LOG_SEGMENT_ROWS    ((size_t)1 << 22)
#define CX_LOG_SEGMENTS_MAX    1024
#define CX_LOG_RECENT_SEGMENTS 8
/* One a month for eight hundred years. */
#define CX_LOG_SHARDS_MAX 9999
/* The wall clock may step back by so much, as it does when it is set right, and the log goes on with the time it had. */
#define CX_LOG_CLOCK_STEP_MS 1000
/* Octets of the journal that are written back in a quiet moment, some 20 ms of work; and that must be before the next
 * transaction. */
#define CX_LOG_WAL_SOFT ((uint64_t)4 << 20)
#define CX_LOG_WAL_HARD ((uint64_t)64 << 20)
/* R-RET-3: records are kept for two years after certificates that rest on them have expired, which live 398 days at most; less
 * needs a decision (cx_retention.forced). */
#define CX_RETAIN_RECORDS_DAYS (731 + 398)
/* Why something is held or was deleted. */
#define CX_HOLD_REASON_MAX 1000
/* Entries missing in a row that a check still takes for a gap, not for the number of a row that somebody made up. */
#define CX_CHECK_GAP_MAX ((uint64_t)1 << 20)
/* Rows of a shard that a check remembers as wrong, so that what follows from them is not told again. */
#define CX_CHECK_KNOWN_MAX 65536
/* To read one signed checkpoint: its lines, decoded. */
#define CX_SIGNED_MEMORY ((size_t)1 << 20)
/* A piece of an index, a 256th of a segment's: CX_LOG_SEGMENT_ROWS at worst, and one entry's more. */
#define CX_LOG_PIECE_MAX ((size_t)64 << 20)
/* Pieces that a reader keeps; of those that are larger, none. */
#define CX_LOG_PIECES_KEPT       1024
#define CX_LOG_PIECE_KEPT_OCTETS ((size_t)1 << 16)

/* Octets of a file that are read at once: few calls, and still in the processor's cache when they are hashed. */
#define CX_INPUT_CHUNK ((size_t)1 << 18)
/* Archives and lists of certificates: how far a reader may look ahead to know a format; columns of a row (exports of log
 * systems have some hundred); words that say why a record was rejected, with their NUL. */
#define CX_INPUT_PEEK  65536
#define CX_COLUMNS_MAX 1000
#define CX_REJECT_TEXT 200
/* An archive of observations: entries that are sorted in memory at a time; the sparse index of some 10^10 entries; one content
 * (a set of records is at most a message, twice); what is remembered of contents to keep equal ones once; the catalog; inputs. */
#define CX_ARCHIVE_RUN_ENTRIES ((size_t)1 << 20)
#define CX_ARCHIVE_INDEX_MAX   ((size_t)1 << 32)
#define CX_CONTENT_MAX         ((size_t)256 << 10)
#define CX_ARCHIVE_KNOWN_BYTES ((size_t)64 << 20)
#define CX_CATALOG_MAX         ((size_t)64 << 20)
#define CX_ARCHIVE_SOURCES_MAX 100000
/* Entries of one name that are looked at for one signature: a name that is asked all the time has its answer among the youngest. */
#define CX_PICK_VISITS_MAX 1000
/* Names of a certificate without a permit by which the nearest check is looked for, each with two reads of the log; it is found as a rule
 * by the first. */
#define CX_RECONCILE_NAMES_MAX 64
/* Longest life of a permit that certificates are reconciled with, in seconds: no rule lets a check stand for longer than a day without a
 * TTL as long, and all certificates of such a time are tried on each check. */
#define CX_RECONCILE_LIFE_MAX 86400
/* A certificate of a run: CX_NAMES_MAX names of 255 octets, twice, and some texts. */
#define CX_CERTIFICATE_ROW_MAX ((size_t)6 << 20)
/* Certificates, and names of them, that triage looks up together: the archive is read once for each such chunk; what is kept of one. */
#define CX_TRIAGE_CHUNK       ((size_t)1 << 16)
#define CX_TRIAGE_CHUNK_NAMES ((size_t)1 << 18)
#define CX_TRIAGE_MEMORY      ((size_t)1 << 30)
/* Lists of certificates: a serial number in octets (RFC 5280 section 4.1.2.2 has 20), JSON that is read whole (a log gives at most some
 * thousand entries at once, crt.sh 10,000 rows), a data tile of 256 entries, and what a
 * compressed file may grow to. */
#define CX_SERIAL_MAX    64
#define CX_LIST_JSON_MAX ((size_t)256 << 20)
#define CX_DATA_TILE_MAX ((size_t)256 << 20)
#define CX_INFLATED_MAX  ((size_t)1 << 30)

/* The incident report's text: sums, sentences and some fifty precedents, far from this. Notices are grouped by whom they go to, and
 * therefore held: five million of some 400 octets. */
#define CX_REPORT_TEXT_MAX    ((size_t)16 << 20)
#define CX_REPORT_NOTICES_MAX ((size_t)1 << 31)
/* Days of all sources of an archive together whose observations are counted: a thousand logs of a hundred years. */
#define CX_COVERAGE_DAYS_MAX 36500000u
/* Memory of one record of an archive, whose text has CX_LINE_MAX at most; its observations: a check of CX_NAMES_MAX names with some
 * 20 answers each. CAA records of one set: a message holds fewer (12 octets and 4 of RDATA each). A file that is one JSON value, which takes some ten times its size in memory. Octets of a line that
 * a regular expression is tried on: such expressions take their time. */
#define CX_ARCHIVE_MEMORY           ((size_t)512 << 20)
#define CX_ARCHIVE_OBSERVATIONS_MAX 200000
#define CX_ARCHIVE_RECORDS_MAX      4096
#define CX_ARCHIVE_WHOLE_MAX        ((size_t)64 << 20)
#define CX_ARCHIVE_REGEX_MAX        65536
/* A frame of dnstap: a message and some addresses. Questions that wait for their response: some seconds of a busy resolver; a response
 * that comes later than any resolver waits is another's. */
#define CX_DNSTAP_FRAME_MAX 131072
#define CX_DNSTAP_ASKED     65536
#define CX_DNSTAP_PAIR_MS   60000

/* Attempts that one response of Open MPIC tells of; coordinators make a few. Records that one perspective saw: one message
 * holds fewer. A response over HTTP, how many of them are kept for one name: retries (R-MPIC-12), and all of a request: an object
 * of it must fit into CX_RECORD_MAX. */
#define CX_MPIC_ATTEMPTS_MAX  1000
#define CX_MPIC_RECORDS_MAX   4096
#define CX_MPIC_BODY_MAX      (1 << 20)
#define CX_MPIC_RESPONSES_MAX 16
#define CX_MPIC_SUPPLIED_MAX  (12 << 20)
/* Network perspectives of one CA: 5 or 6 are asked for, a provider of them has some 30 places. */
#define CX_PERSPECTIVES_MAX 64

/* The daemon. Authorities of one configuration: a bit each in what a caller may use. Octets of a request id, which is a key of the
 * log, and of a caller's name, a claim's name or a reason. An operation between its processes: a record with its JSON. */
#define CX_AUTHORITIES_MAX 64
#define CX_REQUEST_ID_MAX  128
#define CX_CALLER_MAX      CX_RECORD_LINE_MAX
#define CX_OP_MAX          ((size_t)32 << 20)
/* Issuances that are told of one serial number: a certificate and its precertificate, and more only where a CA uses a number twice. */
#define CX_ISSUANCES_TOLD_MAX 16
/* How long a start waits for its check before it becomes an entry of its own: nearly all hot checks are done by then. */
#define CX_START_WAIT_MS 20
/* How often the public checkpoint of the log may move: who watches the log fetches no more. Requests for its parts that wait for the
 * recorder, which makes one at a time; full tiles that the front keeps, of 11 KiB at most: those of the upper levels and the latest. */
#define CX_PUBLISH_MS        1000
#define CX_TILES_WAITING_MAX 64
#define CX_TILES_KEPT        64
/* The longest that a caller may wait for a check, in seconds: far above what a slow climb takes, and below any window. */
#define CX_DEADLINE_MAX_S 3600
/* Starts of the time before that are looked at when the recorder begins: a million ids. */
#define CX_LEDGER_MEMORY ((size_t)512 << 20)
/* Names of canaries: three kinds are needed, of a few zones; each round asks every resolver process for each. */
#define CX_CANARY_NAMES_MAX 16
/* A configuration: a thousand authorities and callers with a kilobyte each. Its depth: perspectives of a request have 7. Values; entries
 * of one list of maps; keys of one map. Memory of what is read of it. */
#define CX_CONFIG_OCTETS_MAX  ((size_t)1 << 20)
#define CX_CONFIG_DEPTH_MAX   16
#define CX_CONFIG_NODES_MAX   100000
#define CX_CONFIG_ENTRIES_MAX 1000
#define CX_CONFIG_KEYS_MAX    32
#define CX_CONFIG_MEMORY      ((size_t)64 << 20)
/* It printed, where a character can become ten. One fault of it, as text; all that are told. */
#define CX_CONFIG_PRINTED_MAX       ((size_t)16 << 20)
#define CX_CONFIG_FAULT_TEXT        1024
#define CX_CONFIG_FAULTS_OCTETS_MAX ((size_t)1 << 17)
/* A file with a key or certificate of an authority: they have some kilobytes. */
#define CX_AUTHORITY_FILE_MAX ((size_t)1 << 20)
/* Witnesses, and time-stamping authorities, of one configuration: a log has a handful, and they are asked one after the other. Octets of why
 * one of them failed, as told. */
#define CX_OUTSIDERS_MAX     16
#define CX_OUTSIDER_TEXT_MAX 160
/* A request for a time-stamp is a digest and some numbers. A response, or a file with roots, has some kilobytes, most of it certificates. */
#define CX_STAMP_REQUEST_MAX 4096
#define CX_STAMP_MAX         ((size_t)1 << 20)
/* HTTP of the daemon. Header fields of a request: clients send some ten, proxies add some. A target, and parameters of its query: the
 * longest of ours name a certificate by its digest. A method: the longest registered one has 17 letters. Extensions of chunks: nobody
 * sends any. Names of a client's certificate that are kept; its chain. */
#define CX_HTTP_FIELDS_MAX    100
#define CX_HTTP_TARGET_MAX    8192
#define CX_HTTP_QUERY_MAX     32
#define CX_HTTP_METHOD_MAX    32
#define CX_HTTP_EXTENSION_MAX 1024
#define CX_TLS_NAMES_MAX      64
#define CX_TLS_DEPTH_MAX      8
/* How long, and for how many octets, a client that was refused is listened to before its connection is closed: closed at once, the answer
 * would be lost on its way (RFC 9112 section 9.6). How long nothing is accepted when there are no descriptors left. */
#define CX_HTTP_LINGER_MS       1000
#define CX_HTTP_LINGER_OCTETS   ((size_t)16 << 20)
#define CX_HTTP_ACCEPT_PAUSE_MS 100
/* When a client that got 503 may ask again: a recorder that ended is there again within a second. */
#define CX_HTTP_RETRY_S 1
/* How long a connection on which nothing was asked yet may still ask when the server drains: its request may be on the way, and a client
 * that sends one and gets no answer cannot know what became of it. One round trip around the world and a slow handshake. */
#define CX_HTTP_DRAIN_ASK_MS 2000

#endif
