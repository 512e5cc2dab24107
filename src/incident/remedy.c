#include "incident/remedy.h"

#define CAA_NAMED cx_time_of_day(2026, 3, 31) /* R-REV-3 */
#define CAA_BINDS cx_time_of_day(2017, 9, 8)  /* R-REV-8 */

const char *
cx_in_line_word(enum cx_in_line in_line)
{
    static const char *const words[] = { "no", "arguable", "yes" };

    return words[in_line];
}

const char *
cx_remedy_title(enum cx_remedy remedy)
{
    static const char *const titles[CX_REMEDIES] = {
        "revoke what DNS denies now",
        "revoke all but what the archive proves",
        "revoke all",
        "revoke what the rules in force demand",
    };

    return titles[remedy];
}

/* Before 2026-03-31 nothing named CAA among the reasons for revocation; since then the process alone is enough. */
static struct cx_remedy_judgement
by_the_text_of_2026(enum cx_remedy remedy)
{
    static const struct cx_remedy_judgement judgements[CX_REMEDIES] = {
        { CX_IN_LINE_NO, "What DNS says now does not show what it said when the certificate was "
                         "signed; a check that was "
                         "not performed correctly is a reason by itself (R-REV-3, R-PRF-8)." },
        { CX_IN_LINE_YES, "Only a check that was performed correctly, and bound to the signature, "
                          "spares a certificate (R-REV-3, R-PRF-7)." },
        { CX_IN_LINE_YES, "It goes beyond what is demanded: certificates whose check is proven "
                          "need not be revoked (R-PRF-7)." },
        { CX_IN_LINE_YES, "Within 24 hours, reason superseded, for each certificate whose check "
                          "was not performed correctly or that "
                          "CAA did not permit (R-REV-3)." },
    };

    return judgements[remedy];
}

static struct cx_remedy_judgement
by_older_text(enum cx_remedy remedy)
{
    static const struct cx_remedy_judgement judgements[CX_REMEDIES] = {
        { CX_IN_LINE_ARGUABLE,
          "There is a precedent of 2018, of a CA that had no records; it was contested in 2019 and "
          "refused by the CA "
          "itself in 2020, since nobody can know what DNS said then (R-P19-1, R-PRF-8)." },
        { CX_IN_LINE_ARGUABLE, "The plan of 2019: spare what stored answers show to have been "
                               "permitted, also where the process did not consult "
                               "them. That permission then is enough was argued (R-P19-2, R-P19-3) "
                               "and contested (R-P19-5), never settled." },
        { CX_IN_LINE_YES, "A process that failed is not cured by lucky facts (R-P19-5); "
                          "certificates whose check is proven need not be revoked." },
        { CX_IN_LINE_YES, "Certificates not issued in accordance with the requirements are revoked "
                          "by the deadline of the date; whether an answer "
                          "that permitted but was not consulted is enough was never settled "
                          "(R-REV-1, R-REV-2, R-PRF-7)." },
    };

    return judgements[remedy];
}

struct cx_remedy_judgement
cx_remedy_judge(enum cx_remedy remedy, enum cx_profile profile, cx_time aware, bool unused)
{
    static const struct cx_remedy_judgement spares_unused = {
        CX_IN_LINE_NO, "It spares certificates whose permissive answer the process did not "
                       "consult: since 2026-03-31 a check that was not "
                       "performed correctly is a reason by itself (R-REV-3, R-PRF-7)."
    };

    if (profile != CX_PROFILE_TLS_BR && profile != CX_PROFILE_SMIME_BR) {
        return (struct cx_remedy_judgement){
            CX_IN_LINE_ARGUABLE, "No public rule binds this profile: the CA's own policy decides."
        };
    }
    if (aware < CAA_BINDS) {
        return (struct cx_remedy_judgement){ CX_IN_LINE_ARGUABLE,
                                             "Before 2017-09-08 a fault in CAA can only have been "
                                             "a breach of the CA's own CPS (R-REV-8)." };
    }
    if (aware < CAA_NAMED && profile == CX_PROFILE_TLS_BR) {
        return by_older_text(remedy);
    }
    return remedy == CX_REMEDY_ARCHIVE && unused ? spares_unused : by_the_text_of_2026(remedy);
}
