/* SPDX-License-Identifier: BSD-3-Clause */
/* tern-stencil: the heat equation on all ranks, in the plane or in space, checked against its exact
 * solution. */
#include "config.h"

#include "stencil/stencil_app.h"

#include <math.h>
#include <omp.h>
#include <stdlib.h>

static struct request request = {
    .grid = "1024x1024",
    .boundary = "dirichlet",
    .wave = "3x2",
    .block = "auto",
    .steps = 1000,
    .seed = 1,
    .spec = {.halo = "isend"},
    .state = {.name = "mode"},
};

static const tern_option table[] = {
    {"grid", 'g', TERN_OPTION_TEXT, &request.grid, "XxY[xZ]",
     "points along x, y and, in space, z (1024x1024)", 0, 0},
    {"stencil", 0, TERN_OPTION_TEXT, &request.spec.stencil, "NAME",
     "2d5, 2dr2, 2dr3, 2dr4, 2d9, 2d25, 2d49, 2d81, 3d7, 3d13, 3d19, 3d25 or 3d27 (2d5 or 3d7)", 0,
     0},
    {"type", 0, TERN_OPTION_CHOICE, &request.type, "f64|f32", "what a point is (f64)", 0, 0},
    {"steps", 's', TERN_OPTION_COUNT, &request.steps, "N", "time steps (1000)", 0, 1e15},
    {"boundary", 'b', TERN_OPTION_TEXT, &request.boundary, "KIND",
     "dirichlet[=VALUE], neumann[=SLOPE], robin=A/B/VALUE, mirror or periodic, for all dimensions "
     "or x,y,z, each for both ends or LOW:HIGH (dirichlet=0)",
     0, 0},
    {"diffusion", 0, TERN_OPTION_REAL, &request.spec.diffusion, "W",
     "diffusion number D dt / h^2 (0.8 of what is stable: 0.2 for 2d5)", 0, 0},
    {"init", 'i', TERN_OPTION_TEXT, &request.state.name, "STATE",
     "initial state: mode, spot, noise or letters (mode)", 0, 0},
    {"wave", 0, TERN_OPTION_TEXT, &request.wave, "XxY[xZ]",
     "waves of the mode along x, y and z; half waves unless periodic (3x2)", 0, 0},
    {"seed", 0, TERN_OPTION_COUNT, &request.seed, "N", "seed of spot and noise (1)", 0, 0x1p53},
    {"halo", 0, TERN_OPTION_TEXT, &request.spec.halo, "MODE",
     "how ghost cells are exchanged: send, ssend, bsend, isend, issend, rsend, sendrecv, "
     "persistent, persistent-ssend, datatype, partitioned (isend)",
     0, 0},
    {"block", 0, TERN_OPTION_TEXT, &request.block, "auto|STEPS[xTILE]",
     "steps in one pass over memory and between two exchanges, and points of a tile along x or, in "
     "space, y (auto: tried out)",
     0, 0},
    {"isa", 0, TERN_OPTION_TEXT, &request.spec.isa, "NAME",
     "kernels: avx512, avx2 or baseline (the best of this processor)", 0, 0},
    {"dims", 0, TERN_OPTION_TEXT, &request.dims, "XxY[xZ]",
     "ranks along x, y and z, 0: chosen (chosen; rows stay whole while that is cheap)", 0, 0},
    {"threads", 't', TERN_OPTION_COUNT, &request.threads, "N",
     "threads of each rank (OMP_NUM_THREADS, or the rank's share of the CPUs)", 1, 65536},
    {"output", 'o', TERN_OPTION_TEXT, &request.output, "FILE",
     "write the final state as a PNG picture", 0, 0},
    {"verify", 0, TERN_OPTION_CHOICE, &request.verify, "auto|yes|no",
     "compare with the exact discrete solution; auto: where it is known (auto)", 0, 0},
    {0},
};

static const tern_prog_spec spec = {
    .name = "tern-stencil",
    .synopsis = "[OPTION]...",
    .about =
        "Solve the heat equation on all ranks, in the plane or in space. The result has the same "
        "bits for any number of ranks and threads, any way to exchange ghost cells, any block "
        "of steps and any vector width.",
    .table = table,
    .examples = "  mpirun -n 4 tern-stencil --grid 1024x1024 --steps 1000 -o heat.png\n"
                "  mpirun -n 2 tern-stencil -g 8Kix8Ki -s 100 --halo persistent\n"
                "  mpirun -n 2 tern-stencil -g 256x256x256 -s 100 --stencil 3d27 --type f32\n"
                "  tern-stencil --init letters --boundary periodic -s 500 -o letters.png\n",
    .most_operands = 0,
};

/* Every call of the library is collective and fails on all ranks or on none. */
static void must(int error)
{
    if (error < 0)
        tern_prog_fail(TERN_EXIT_ERROR, error);
}

/* Many steps at a time, some tenths of a second, because blocks do not reach beyond a call; the
 * same number on all ranks. */
static void solve(tern_stencil *s, int64_t steps)
{
    const int64_t *size = tern_stencil_grid(s)->size;
    const double points = (double)size[0] * (double)size[1] * (double)size[2];
    const int64_t at_once = 64 * (1 + (int64_t)fmin(1e9 / points / 64, 1e6));

    for (int64_t done = 0; done < steps; done += at_once) {
        tern_prog_step((uint64_t)done, (uint64_t)steps);
        must(tern_stencil_run(s, steps - done < at_once ? steps - done : at_once));
    }
}

static void measure(tern_comm *c, tern_stencil *s, struct outcome *o)
{
    const int64_t *size = tern_stencil_grid(s)->size;
    tern_stencil_work work;
    double slowest[3], sum;

    tern_stencil_worked(s, &work);
    slowest[0] = work.seconds;
    slowest[1] = work.halo;
    slowest[2] = sum = work.seconds - work.halo;
    must(tern_allreduce(c, MPI_IN_PLACE, slowest, 3, MPI_DOUBLE, MPI_MAX));
    must(tern_allreduce(c, MPI_IN_PLACE, &sum, 1, MPI_DOUBLE, MPI_SUM));
    must(tern_stencil_roofline(s, &o->roof));
    o->steps = work.steps;
    o->seconds = slowest[0];
    o->halo = slowest[1];
    o->imbalance = sum > 0 ? slowest[2] * tern_size(c) / sum - 1 : 0;
    if (work.steps > 0)
        o->rate =
            (double)size[0] * (double)size[1] * (double)size[2] * (double)work.steps / slowest[0];
}

/* The exact solution is asked for only where it is wanted; without a state that has one, --verify
 * alone makes that a failure. */
static void verify(tern_stencil *s, int wanted, struct outcome *o)
{
    must(tern_stencil_checksum(s, &o->checksum));
    if (wanted == VERIFY_NO)
        return;
    int error = tern_stencil_error(s, &o->error, &o->bound);
    if (error == TERN_ENOTSUP && wanted == VERIFY_AUTO)
        return;
    must(error);
    o->verified = true;
}

static tern_stencil *open_solver(tern_comm *c)
{
    tern_stencil *s;

    must(read_request(&request));
    if (request.output != NULL)
        must(tern_stencil_picture_check(c, request.output));
    must(tern_stencil_open(c, &request.spec, &s));
    must(tern_agree(c, tern_stencil_begin(s, &request.state)));
    omp_set_num_threads(tern_stencil_threads(s)); /* for the report */
    return s;
}

size_t point_bytes(const struct request *r)
{
    return r->spec.type == TERN_STENCIL_F64 ? sizeof(double) : sizeof(float);
}

/* The least that single steps move: each point is read once and written once. */
static size_t moved(const tern_stencil *s)
{
    int64_t strides[TERN_GRID_DIMS];
    tern_block b;

    tern_stencil_points(s, &b, strides);
    return (size_t)(request.steps * tern_block_points(&b)) * 2 * point_bytes(&request);
}

int main(int argc, char **argv)
{
    struct outcome o = {0};
    tern_comm *c;

    tern_prog_start(&spec, &argc, &argv, &c);
    tern_prog_phase("begin", 0);
    tern_stencil *s = open_solver(c);
    tern_prog_phase("solve", 0);
    solve(s, request.steps);
    tern_prog_phase("verify", moved(s));
    verify(s, request.verify, &o);
    tern_prog_phase("roofline", 0);
    measure(c, s, &o);
    if (request.output != NULL) {
        tern_prog_phase("picture", 0);
        must(tern_stencil_picture(s, request.output));
    }
    tern_prog_phase(NULL, 0);
    if (tern_prog_talks())
        print_outcome(&request, s, &o);
    report_outcome(&request, s, &o);
    tern_stencil_close(s);
    return tern_prog_end(o.verified && !(o.error <= o.bound) ? TERN_EXIT_DIFFER : TERN_EXIT_OK);
}
