#include "evidence/lines.h"
#include "evidence/note.h"

cx_status
cx_checkpoint_parse(cx_str text, struct cx_checkpoint *ret, struct cx_detail *detail)
{
    struct cx_lines lines = { text };
    struct cx_checkpoint checkpoint;
    cx_str line;

    if (!cx_text_is_clean(cx_span_of_str(text)) || !cx_lines_next(&lines, &checkpoint.origin) ||
        checkpoint.origin.n == 0 || checkpoint.origin.n > CX_NOTE_NAME_MAX) {
        return cx_fail(detail, CX_E_NOTE, "a checkpoint begins with its origin");
    }
    if (!cx_lines_next(&lines, &line) || !cx_line_number(line, &checkpoint.size)) {
        return cx_fail(detail, CX_E_NOTE, "line 2 of a checkpoint is the size of the tree");
    }
    if (!cx_lines_next(&lines, &line) || !cx_line_hash(line, &checkpoint.root)) {
        return cx_fail(detail, CX_E_NOTE, "line 3 of a checkpoint is the root in base64");
    }
    if (lines.rest.n != 0) {
        return cx_fail(detail, CX_E_NOTE, "a checkpoint with more than three lines");
    }
    *ret = checkpoint;
    return CX_SUCCESS;
}

void
cx_checkpoint_write(const struct cx_checkpoint *checkpoint, struct cx_buf *buf)
{
    cx_buf_put(buf, checkpoint->origin);
    cx_buf_putc(buf, '\n');
    cx_lines_put_number(buf, checkpoint->size);
    cx_lines_put_hash(buf, &checkpoint->root);
}
