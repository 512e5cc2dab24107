#include "incident/observation.h"

static const char *const grade_words[] = {
    [CX_GRADE_UNSET] = "", [CX_GRADE_A] = "A", [CX_GRADE_B] = "B",
    [CX_GRADE_C] = "C",    [CX_GRADE_D] = "D", [CX_GRADE_E] = "E",
};

static const char *const claim_words[] = {
    [CX_CLAIM_NONE] = "none",
    [CX_CLAIM_PERMITS] = "permits",
    [CX_CLAIM_DENIES] = "denies",
    [CX_CLAIM_FAILS] = "fails",
};

static const char *const form_words[] = {
    [CX_FORM_ANY] = "any",
    [CX_FORM_PLAIN] = "plain",
    [CX_FORM_WILDCARD] = "wildcard",
};

static const char *const clock_words[] = {
    [CX_CLOCK_UNSET] = "unset",   [CX_CLOCK_ASKED] = "asked",     [CX_CLOCK_ANSWERED] = "answered",
    [CX_CLOCK_LOGGED] = "logged", [CX_CLOCK_INDEXED] = "indexed",
};

const char *
cx_grade_word(enum cx_grade grade)
{
    return grade_words[grade];
}

enum cx_grade
cx_grade_of_word(cx_str word)
{
    for (size_t i = 1; i < CX_COUNT(grade_words); i++) {
        if (cx_str_equal(word, cx_str_of(grade_words[i]))) {
            return (enum cx_grade)i;
        }
    }
    return CX_GRADE_UNSET;
}

const char *
cx_claim_word(enum cx_claim claim)
{
    return claim_words[claim];
}

const char *
cx_form_word(enum cx_form form)
{
    return form_words[form];
}

const char *
cx_observed_clock_word(enum cx_observed_clock clock)
{
    return clock_words[clock];
}
