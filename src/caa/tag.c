#include "caa/tag.h"

#include "base/status.h"

static const char *const words[] = {
    [CX_TAG_UNKNOWN] = "",
    [CX_TAG_ISSUE] = "issue",
    [CX_TAG_ISSUEWILD] = "issuewild",
    [CX_TAG_IODEF] = "iodef",
    [CX_TAG_CONTACTEMAIL] = "contactemail",
    [CX_TAG_CONTACTPHONE] = "contactphone",
    [CX_TAG_ISSUEMAIL] = "issuemail",
    [CX_TAG_ISSUEVMC] = "issuevmc",
};

enum cx_tag
cx_tag_of(cx_span tag)
{
    for (size_t i = 1; i < CX_COUNT(words); i++) {
        if (cx_span_equal_fold(tag, cx_span_of_str(cx_str_of(words[i])))) {
            return (enum cx_tag)i;
        }
    }
    return CX_TAG_UNKNOWN;
}

const char *
cx_tag_word(enum cx_tag tag)
{
    return words[tag];
}
