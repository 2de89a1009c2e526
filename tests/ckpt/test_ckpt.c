/* SPDX-License-Identifier: BSD-3-Clause */
/* Checkpoints: every element tells its global index, field and generation, so each that is read
 * tells where it came from; files are damaged as disks and killed programs damage them. */
#include "ckpt/ckpt.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/mpitap.h"

enum { FIELDS = 2 };

static tern_comm *comm;
static char folder[64], path[80];

/* Arrays of a block, with room around it; f64 and 3-byte elements. */
struct arrays {
    tern_comm *comm;
    tern_block block;
    int64_t stride[3], elements;
    unsigned char *memory[FIELDS];
    tern_ckpt_field field[FIELDS];
    tern_ckpt_spec spec;
};

static const size_t element[FIELDS] = {8, 3};

static void make(struct arrays *a, tern_comm *c, const tern_grid *wanted)
{
    static const char *const name[FIELDS] = {"u", "colour"}, *const type[FIELDS] = {"f64", "rgb"};
    int64_t first;

    *a = (struct arrays){.comm = c, .elements = 1};
    CU_ASSERT_EQUAL_FATAL(tern_grid_split(wanted, tern_size(c), &a->spec.grid), TERN_OK);
    tern_grid_block(&a->spec.grid, tern_rank(c), &a->block);
    for (int d = 0; d < 3; d++) {
        a->stride[d] = a->elements;
        a->elements *= a->block.count[d] + 2 + d;
    }
    first = a->stride[0] + a->stride[1] + a->stride[2];
    for (int f = 0; f < FIELDS; f++) {
        a->memory[f] = calloc((size_t)a->elements, element[f]);
        a->field[f] = (tern_ckpt_field){.name = name[f], .type = type[f], .element = element[f]};
        a->field[f].first = a->memory[f] + first * (int64_t)element[f];
        memcpy(a->field[f].stride, a->stride, sizeof(a->stride));
    }
    a->spec.fields = FIELDS;
    a->spec.field = a->field;
}

static void drop(struct arrays *a)
{
    for (int f = 0; f < FIELDS; f++)
        free(a->memory[f]);
}

/* Fill all points with values of a generation, or count those that differ. */
static int64_t each_point(struct arrays *a, int64_t generation, bool fill)
{
    const int64_t *n = a->spec.grid.size, *s = a->stride;
    int64_t wrong = 0;

    for (int f = 0; f < FIELDS; f++)
        for (int64_t i = 0; i < tern_block_points(&a->block); i++) {
            int64_t x = i % a->block.count[0], y = i / a->block.count[0] % a->block.count[1],
                    z = i / a->block.count[0] / a->block.count[1];
            int64_t global = a->block.start[0] + x
                             + n[0] * (a->block.start[1] + y + n[1] * (a->block.start[2] + z));
            uint64_t value = tern_random((uint64_t)generation, (uint64_t)f, (uint64_t)global);
            unsigned char *at = (unsigned char *)a->field[f].first
                                + (x * s[0] + y * s[1] + z * s[2]) * (int64_t)element[f];
            if (fill)
                memcpy(at, &value, element[f]);
            else
                wrong += memcmp(at, &value, element[f]) != 0;
        }
    return wrong;
}

static int write_generation(tern_ckpt *k, struct arrays *a, int64_t generation)
{
    each_point(a, generation, true);
    a->spec.step = 10 * generation;
    return tern_ckpt_write(k, &a->spec);
}

/* The first `ranks` ranks; NULL on the others. */
static tern_comm *some(int ranks)
{
    MPI_Comm part;
    tern_comm *c = NULL;

    MPI_Comm_split(MPI_COMM_WORLD, tern_rank(comm) < ranks ? 0 : MPI_UNDEFINED, 0, &part);
    if (part == MPI_COMM_NULL)
        return NULL;
    CU_ASSERT_EQUAL_FATAL(tern_comm_wrap(part, &c), TERN_OK);
    MPI_Comm_free(&part);
    return c;
}

static void name_of(int slot, char name[static 96])
{
    snprintf(name, 96, "%s.%d", path, slot);
}

static void clean(void)
{
    char name[96];

    MPI_Barrier(MPI_COMM_WORLD);
    for (int slot = 0; slot < 2 && tern_rank(comm) == 0; slot++) {
        name_of(slot, name);
        unlink(name);
    }
    MPI_Barrier(MPI_COMM_WORLD);
}

/* ---- Other ranks ----------------------------------------------------------------------------- */

static tern_grid random_grid(uint64_t i)
{
    tern_grid g = {.dims = 1 + (int)(i % 3)};

    for (int d = 0; d < g.dims; d++)
        g.size[d] = 1 + (int64_t)(tern_random(21, (uint64_t)d, i) % (g.dims == 1 ? 200000 : 40));
    return g;
}

static void write_on(int ranks, const tern_grid *g)
{
    tern_comm *c = some(ranks);
    struct arrays a;
    tern_ckpt *k;

    if (c == NULL)
        return;
    make(&a, c, g);
    tern_ckpt_attribute note = {"equation", "heat"};
    a.spec.attributes = 1;
    a.spec.attribute = &note;
    CU_ASSERT_EQUAL_FATAL(tern_ckpt_open(c, path, &k), TERN_OK);
    CU_ASSERT_PTR_NULL(tern_ckpt_newest(k));
    CU_ASSERT_EQUAL(write_generation(k, &a, 1), TERN_OK);
    CU_ASSERT_EQUAL(write_generation(k, &a, 2), TERN_OK);
    CU_ASSERT_EQUAL(write_generation(k, &a, 3), TERN_OK);
    tern_ckpt_close(k);
    drop(&a);
    tern_comm_free(c);
}

static void read_on(int ranks, const tern_grid *g)
{
    tern_comm *c = some(ranks);
    tern_ckpt_info info;
    struct arrays a;
    tern_ckpt *k;

    if (c == NULL)
        return;
    make(&a, c, g);
    CU_ASSERT_EQUAL_FATAL(tern_ckpt_open(c, path, &k), TERN_OK);
    const tern_ckpt_info *newest = tern_ckpt_newest(k);
    CU_ASSERT_PTR_NOT_NULL_FATAL(newest);
    CU_ASSERT_EQUAL(newest->step, 30);
    CU_ASSERT_EQUAL(newest->size[0], g->size[0]);
    CU_ASSERT_STRING_EQUAL(newest->field[1].name, "colour");
    CU_ASSERT_EQUAL(tern_ckpt_read(k, &a.spec, &info), TERN_OK);
    CU_ASSERT_EQUAL(info.generation, 3);
    CU_ASSERT_STRING_EQUAL(tern_ckpt_value(&info, "equation"), "heat");
    CU_ASSERT_PTR_NULL(tern_ckpt_value(&info, "nothing"));
    CU_ASSERT_EQUAL(each_point(&a, 3, false), 0);
    tern_ckpt_close(k);
    drop(&a);
    tern_comm_free(c);
}

static void other_ranks(void)
{
    int p = tern_size(comm);

    for (uint64_t i = 0; i < 6; i++) {
        tern_grid g = random_grid(i);
        clean();
        write_on(1 + (int)(tern_random(22, 0, i) % (uint64_t)p), &g);
        MPI_Barrier(MPI_COMM_WORLD);
        for (int r = 1; r <= p; r += p - 1 + (p == 1))
            read_on(r, &g);
        read_on(1 + (int)(tern_random(22, 1, i) % (uint64_t)p), &g);
    }
}

/* ---- Damage ---------------------------------------------------------------------------------- */

static void flip(int slot, int64_t byte, int bit)
{
    char name[96];
    unsigned char c;

    name_of(slot, name);
    int fd = open(name, O_RDWR);
    CU_ASSERT_EQUAL(pread(fd, &c, 1, byte), 1);
    c ^= (unsigned char)(1 << bit);
    CU_ASSERT_EQUAL(pwrite(fd, &c, 1, byte), 1);
    close(fd);
}

static int64_t length(int slot)
{
    struct stat st = {0};
    char name[96];

    name_of(slot, name);
    stat(name, &st);
    return st.st_size;
}

/* Rank 0 damages; then all read: what they find, or 0. */
static int64_t found_after(struct arrays *a, void (*damage)(uint64_t i), uint64_t i)
{
    tern_ckpt_info info = {0};
    tern_ckpt *k;

    if (tern_rank(comm) == 0)
        damage(i);
    MPI_Barrier(MPI_COMM_WORLD);
    CU_ASSERT_EQUAL_FATAL(tern_ckpt_open(comm, path, &k), TERN_OK);
    int error = tern_ckpt_read(k, &a->spec, &info);
    CU_ASSERT_EQUAL(error, info.generation > 0 ? TERN_OK : TERN_EIO);
    tern_ckpt_close(k);
    MPI_Barrier(MPI_COMM_WORLD);
    return info.generation;
}

/* Generation 2 is in file 1. */
static void flip_newest(uint64_t i)
{
    flip(1, (int64_t)(tern_random(30, 0, i) % (uint64_t)length(1)), (int)(i % 8));
}

static void cut_newest(uint64_t i)
{
    char name[96];

    name_of(1, name);
    CU_ASSERT_EQUAL(truncate(name, (off_t)(tern_random(31, 0, i) % (uint64_t)length(1))), 0);
}

static void flip_both(uint64_t i)
{
    flip_newest(i);
    flip(0, 4096 + (int64_t)(i % 1000), 3);
}

static void damage(void)
{
    static void (*const how[])(uint64_t) = {flip_newest, cut_newest};
    tern_grid g = {.dims = 2, .size = {70, 50}};
    struct arrays a;

    make(&a, comm, &g);
    for (uint64_t i = 0; i < 10; i++) {
        tern_ckpt *k;
        clean();
        CU_ASSERT_EQUAL_FATAL(tern_ckpt_open(comm, path, &k), TERN_OK);
        CU_ASSERT_EQUAL(write_generation(k, &a, 1), TERN_OK);
        CU_ASSERT_EQUAL(write_generation(k, &a, 2), TERN_OK);
        tern_ckpt_close(k);
        int64_t found = found_after(&a, how[i % 2], i);
        CU_ASSERT(found == 1 || found == 2); /* 2: what was hit means nothing */
        CU_ASSERT_EQUAL(each_point(&a, found, false), 0);
    }
    drop(&a);
}

/* Nothing is left: all ranks learn. */
static void no_generation(void)
{
    tern_grid g = {.dims = 1, .size = {5000}};
    struct arrays a;
    tern_ckpt *k;

    make(&a, comm, &g);
    clean();
    CU_ASSERT_EQUAL_FATAL(tern_ckpt_open(comm, path, &k), TERN_OK);
    CU_ASSERT_EQUAL(tern_ckpt_read(k, &a.spec, NULL), TERN_EIO);
    CU_ASSERT_EQUAL(write_generation(k, &a, 1), TERN_OK);
    CU_ASSERT_EQUAL(write_generation(k, &a, 2), TERN_OK);
    tern_ckpt_close(k);
    int64_t found = found_after(&a, flip_both, 4);
    CU_ASSERT(found == 0 || found == 2);
    /* the next generation is whole, and is found again */
    CU_ASSERT_EQUAL_FATAL(tern_ckpt_open(comm, path, &k), TERN_OK);
    CU_ASSERT_EQUAL(write_generation(k, &a, 3), TERN_OK);
    CU_ASSERT_EQUAL(tern_ckpt_read(k, &a.spec, NULL), TERN_OK);
    CU_ASSERT_EQUAL(each_point(&a, 3, false), 0);
    tern_ckpt_close(k);
    drop(&a);
}

/* One rank's writes end short: the others learn, and the generation before stays. */
static void no_room(void)
{
    tern_grid g = {.dims = 2, .size = {300, 200}};
    struct rlimit before, less = {0};
    tern_ckpt_info info;
    struct arrays a;
    tern_ckpt *k;
    bool unlucky = tern_rank(comm) == tern_size(comm) - 1;

    make(&a, comm, &g);
    clean();
    CU_ASSERT_EQUAL_FATAL(tern_ckpt_open(comm, path, &k), TERN_OK);
    CU_ASSERT_EQUAL(write_generation(k, &a, 1), TERN_OK);
    getrlimit(RLIMIT_FSIZE, &before);
    less = (struct rlimit){300 * 200 * 11 - 5000, before.rlim_max};
    signal(SIGXFSZ, SIG_IGN);
    if (unlucky)
        setrlimit(RLIMIT_FSIZE, &less);
    int error = write_generation(k, &a, 2);
    CU_ASSERT_EQUAL(error, unlucky ? TERN_EIO : TERN_EPEER);
    setrlimit(RLIMIT_FSIZE, &before);
    CU_ASSERT_EQUAL(tern_ckpt_newest(k)->generation, 1);
    CU_ASSERT_EQUAL(tern_ckpt_read(k, &a.spec, &info), TERN_OK);
    CU_ASSERT_EQUAL(info.step, 10);
    CU_ASSERT_EQUAL(each_point(&a, 1, false), 0);
    tern_ckpt_close(k);
    drop(&a);
}

/* ---- Refusals and signals -------------------------------------------------------------------- */

static void refused(void)
{
    tern_grid g = {.dims = 2, .size = {20, 10}}, other = {.dims = 2, .size = {20, 11}};
    struct arrays a, b;
    tern_ckpt *k;

    make(&a, comm, &g);
    make(&b, comm, &other);
    clean();
    CU_ASSERT_EQUAL_FATAL(tern_ckpt_open(comm, path, &k), TERN_OK);
    a.spec.fields = 0;
    CU_ASSERT_EQUAL(tern_ckpt_write(k, &a.spec), TERN_EINVAL);
    a.spec.fields = FIELDS;
    CU_ASSERT_EQUAL(write_generation(k, &a, 1), TERN_OK);
    CU_ASSERT_EQUAL(tern_ckpt_read(k, &b.spec, NULL), TERN_EMISMATCH);
    CU_ASSERT_PTR_NOT_NULL(strstr(tern_last_error(), "20 x 11"));
    a.field[0].name = "v";
    CU_ASSERT_EQUAL(tern_ckpt_read(k, &a.spec, NULL), TERN_EMISMATCH);
    tern_ckpt_close(k);
    drop(&a);
    drop(&b);
    CU_ASSERT_EQUAL_FATAL(tern_ckpt_open(comm, "/nowhere/at/all", &k), TERN_OK);
    make(&a, comm, &g);
    int error = write_generation(k, &a, 1);
    CU_ASSERT_EQUAL(error, tern_rank(comm) == 0 ? TERN_EIO : TERN_EPEER);
    drop(&a);
    tern_ckpt_close(k);
    tern_ckpt_close(NULL);
}

/* Polls until there is something to do; all ranks poll equally often. */
static enum tern_ckpt_wish next_wish(tern_ckpt *k)
{
    enum tern_ckpt_wish wish = TERN_CKPT_GO_ON;

    for (int i = 0; i < 3 && wish == TERN_CKPT_GO_ON; i++)
        CU_ASSERT_EQUAL(tern_ckpt_poll(k, &wish), TERN_OK);
    return wish;
}

static void signals(void)
{
    tern_ckpt *k;
    bool chosen = tern_rank(comm) == tern_size(comm) - 1;

    CU_ASSERT_EQUAL_FATAL(tern_ckpt_open(comm, path, &k), TERN_OK);
    tern_ckpt_watch(k, 0);
    CU_ASSERT_EQUAL(next_wish(k), TERN_CKPT_GO_ON);
    if (chosen)
        raise(SIGUSR1);
    CU_ASSERT_EQUAL(next_wish(k), TERN_CKPT_WRITE);
    CU_ASSERT_EQUAL(next_wish(k), TERN_CKPT_GO_ON);
    if (chosen) {
        raise(SIGUSR1);
        raise(SIGTERM);
    }
    CU_ASSERT_EQUAL(next_wish(k), TERN_CKPT_STOP);
    tern_ckpt_watch(k, 1e-9);
    tern_ckpt_close(k);
    CU_ASSERT_EQUAL_FATAL(tern_ckpt_open(comm, path, &k), TERN_OK);
    tern_ckpt_watch(k, 1e-9);
    CU_ASSERT_EQUAL(next_wish(k), TERN_CKPT_WRITE);
    CU_ASSERT_EQUAL(next_wish(k), TERN_CKPT_WRITE);
    tern_ckpt_close(k);
}

static int open_comm(void)
{
    int error = tern_comm_wrap(MPI_COMM_WORLD, &comm);

    if (error < 0)
        return error;
    /* in memory where that can be: hundreds of files are made durable */
    snprintf(folder, sizeof(folder), "%stest_ckpt.XXXXXX",
             access("/dev/shm", W_OK) == 0 ? "/dev/shm/" : "");
    if (tern_rank(comm) == 0 && mkdtemp(folder) == NULL)
        return -1;
    MPI_Bcast(folder, sizeof(folder), MPI_CHAR, 0, MPI_COMM_WORLD);
    snprintf(path, sizeof(path), "%s/state", folder);
    return 0;
}

static int close_comm(void)
{
    clean();
    if (tern_rank(comm) == 0)
        rmdir(folder);
    tern_comm_free(comm);
    return 0;
}

int main(int argc, char **argv)
{
    CU_TestInfo tests[] = {
        {"other_ranks", other_ranks},
        {"damage", damage},
        {"no_generation", no_generation},
        {"no_room", no_room},
        {"refused", refused},
        {"signals", signals},
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {
        {"ckpt", open_comm, close_comm, NULL, NULL, tests},
        CU_SUITE_INFO_NULL,
    };
    return mpitap_main(&argc, &argv, suites);
}
