/* SPDX-License-Identifier: BSD-3-Clause */
/* Stars: sort an array of the program's own structs, spread over all ranks, by one of their fields.
 * Each rank prints its share, from the brightest star of all on. */
#include <stddef.h>
#include <stdio.h>
#include <tern.h>

struct star {
    int number;
    double magnitude; /* the less, the brighter */
};

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
    size_t n = 4;
    struct star *star = tern_alloc(n * sizeof(*star));
    for (int i = 0; star != NULL && i < 4; i++)
        star[i] = (struct star){4 * rank + i, (4 * rank + i) * 7 % 10};
    void *records = star;
    tern_record_layout by_magnitude = {
        .bytes = sizeof(*star), .key_offset = offsetof(struct star, magnitude), .type = TERN_F64};
    tern_sort_options options = {.stable = true};
    check(tern_sort_records(tern_world(), &by_magnitude, &records, &n, &options));
    star = records;
    for (size_t i = 0; i < n; i++)
        printf("rank %d: star %d, %g\n", rank, star[i].number, star[i].magnitude);
    tern_free(star);
    return tern_finalize() ? 2 : 0;
}
