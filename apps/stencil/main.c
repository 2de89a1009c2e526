/* SPDX-License-Identifier: BSD-3-Clause */
/* tern-stencil: the heat equation on all ranks, checked against its exact solution. */
#include "config.h"

#include "stencil/stencil_app.h"

#include <omp.h>
#include <stdlib.h>

static struct request request = {
    .grid = "1024x1024",
    .boundary = "dirichlet",
    .wave = "3x2",
    .steps = 1000,
    .seed = 1,
    .spec = {.stencil = "2d5", .diffusion = 0.2, .halo = "isend"},
    .state = {.name = "mode"},
};

static const tern_option table[] = {
    {"grid", 'g', TERN_OPTION_TEXT, &request.grid, "XxY", "points along x and y (1024x1024)", 0, 0},
    {"steps", 's', TERN_OPTION_COUNT, &request.steps, "N", "time steps (1000)", 0, 1e15},
    {"boundary", 'b', TERN_OPTION_TEXT, &request.boundary, "KIND",
     "dirichlet, dirichlet=VALUE or periodic, for both dimensions or x,y (dirichlet=0)", 0, 0},
    {"diffusion", 0, TERN_OPTION_REAL, &request.spec.diffusion, "W",
     "diffusion number D dt / h^2, at most 0.25 (0.2)", 0, 0},
    {"init", 'i', TERN_OPTION_TEXT, &request.state.name, "STATE",
     "initial state: mode, spot, noise or letters (mode)", 0, 0},
    {"wave", 0, TERN_OPTION_TEXT, &request.wave, "XxY",
     "waves of the mode along x and y; half waves at Dirichlet boundaries (3x2)", 0, 0},
    {"seed", 0, TERN_OPTION_COUNT, &request.seed, "N", "seed of spot and noise (1)", 0, 0x1p53},
    {"halo", 0, TERN_OPTION_TEXT, &request.spec.halo, "MODE",
     "how ghost cells are exchanged: send, ssend, bsend, isend, issend, rsend, sendrecv, "
     "persistent, persistent-ssend, datatype, partitioned (isend)",
     0, 0},
    {"dims", 0, TERN_OPTION_TEXT, &request.dims, "XxY",
     "ranks along x and y, 0: chosen (chosen; rows stay whole while that is cheap)", 0, 0},
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
    .about = "Solve the 2-D heat equation on all ranks with a 5-point stencil. The result has the "
             "same bits for any number of ranks and threads and any way to exchange ghost cells.",
    .table = table,
    .examples = "  mpirun -n 4 tern-stencil --grid 1024x1024 --steps 1000 -o heat.png\n"
                "  mpirun -n 2 tern-stencil -g 8Kix8Ki -s 100 --halo persistent\n"
                "  tern-stencil --init letters --boundary periodic -s 500 -o letters.png\n",
    .most_operands = 0,
};

/* Every call of the library is collective and fails on all ranks or on none. */
static void must(int error)
{
    if (error < 0)
        tern_prog_fail(TERN_EXIT_ERROR, error);
}

static void solve(tern_stencil *s, int64_t steps)
{
    for (int64_t done = 0; done < steps; done++) {
        tern_prog_step((uint64_t)done, (uint64_t)steps);
        must(tern_stencil_run(s, 1));
    }
}

static void measure(tern_comm *c, tern_stencil *s, struct outcome *o)
{
    const int64_t *size = tern_stencil_grid(s)->size;
    tern_stencil_work work;
    double slowest[2];

    tern_stencil_worked(s, &work);
    slowest[0] = work.seconds;
    slowest[1] = work.halo;
    must(tern_allreduce(c, MPI_IN_PLACE, slowest, 2, MPI_DOUBLE, MPI_MAX));
    must(tern_stencil_roofline(s, &o->roof));
    o->steps = work.steps;
    o->seconds = slowest[0];
    o->halo = slowest[1];
    if (work.steps > 0)
        o->rate = (double)size[0] * (double)size[1] * (double)work.steps / slowest[0];
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

/* The least that a step moves: each point is read once and written once. */
static size_t moved(const tern_stencil *s)
{
    tern_block b;
    int64_t pitch;

    tern_stencil_field(s, &b, &pitch);
    return (size_t)(request.steps * tern_block_points(&b)) * 2 * sizeof(double);
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
