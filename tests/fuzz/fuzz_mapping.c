/* A mapping, as JSON, and behind the first empty line what it is to be used on. Whatever a mapping says, it is refused with a sentence or works, and
 * the records that it gives have one fate. */
#include "fuzz.h"
#include "incident/archive_reader.h"

#include <string.h>

static void
read_all(const struct cx_json *mapping, cx_span octets)
{
    struct cx_archive_options options = { .year = 2026, .mapping = mapping };
    struct cx_detail detail = { .text = "" };
    struct cx_input *input = cx_input_of(octets);
    struct cx_archive_reader *reader = NULL;
    struct cx_archive_record record;
    bool more = true;

    MUST(input != NULL);
    if (!cx_ok(cx_archive_reader_open(cx_archive_format_named(CX_STR("mapped")), &options, input,
                                      &reader, &detail))) {
        MUST(detail.text[0] != '\0');
        more = false;
    }
    while (more) {
        MUST(cx_ok(cx_archive_reader_next(reader, &record, &more, NULL)));
        MUST(!more || record.fate != CX_FATE_UNSET);
        MUST((record.fate == CX_FATE_OBSERVED) == (record.n != 0));
    }
    cx_archive_reader_close(reader);
    cx_input_close(input);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *empty = size == 0 ? NULL : memmem(data, size, "\n\n", 2);
    size_t n = empty == NULL ? size : (size_t)(empty - data);
    size_t from = empty == NULL ? size : n + 2;
    struct cx_json *mapping = NULL;
    cx_str regex;

    if (cx_ok(cx_json_parse((cx_str){ (const char *)data, n }, &mapping, NULL))) {
        /* Repetitions of repetitions take the C library as long as they say: that is in the hands of who writes the mapping. */
        if (!cx_json_string(cx_json_get(mapping, "regex"), &regex) ||
            memchr(regex.p, '{', regex.n) == NULL) {
            read_all(mapping, (cx_span){ data + from, size - from });
        }
    }
    cx_json_free(mapping);
    return 0;
}
