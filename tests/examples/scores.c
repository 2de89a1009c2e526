/* SPDX-License-Identifier: BSD-3-Clause */
/* Scores: sort lines of text that are spread over all ranks, as sort -k2,2nr does: the best first,
 * equal ones by name.  Each rank prints its share. */
#include <stdio.h>
#include <tern.h>

static void check(int error) /* what one rank cannot mend ends them all */
{
    if (error < 0) {
        fprintf(stderr, "%s\n", tern_last_error());
        MPI_Abort(MPI_COMM_WORLD, 2);
    }
}

int main(int argc, char **argv)
{
    check(tern_init(&argc, &argv));
    int rank = tern_rank(tern_world());
    char *text = tern_alloc(4 * 64);
    int bytes = 0;
    for (int i = 4 * rank; text != NULL && i < 4 * rank + 4; i++)
        bytes += sprintf(text + bytes, "player%d %d\n", i, i * 7 % 10);
    tern_line_key by_score;
    check(tern_line_key_parse("2,2nr", &by_score));
    tern_line_options options = {.keys = &by_score, .n_keys = 1};
    tern_lines *lines;
    check(tern_sort_lines(tern_world(), text, (size_t)bytes, &options, &lines));
    for (size_t i = 0; i < tern_lines_count(lines); i++) {
        size_t length;
        const char *line = tern_lines_at(lines, i, &length);
        printf("rank %d: %.*s", rank, (int)length, line);
    }
    tern_lines_free(lines);
    return tern_finalize() ? 2 : 0;
}
