/* SPDX-License-Identifier: BSD-3-Clause */
/* tern-stencil: heat, waves and advection on all ranks, in the plane or in space, checked against
 * exact solutions. */
#include "config.h"

#include "stencil/stencil_app.h"

#include <omp.h>
#include <stdlib.h>
#include <string.h>

static struct request request = {
    .grid = "1024x1024",
    .boundary = "dirichlet",
    .wave = "3x2",
    .block = "auto",
    .steps = -1,
    .check = 100,
    .seed = 1,
    .spec = {.halo = "isend"},
};

static const tern_option table[] = {
    {"grid", 'g', TERN_OPTION_TEXT, &request.grid, "XxY[xZ]",
     "points along x, y and, in space, z (1024x1024)", 0, 0},
    {"equation", 'e', TERN_OPTION_CHOICE, &request.equation, "heat|wave|advection|poisson|life",
     "what is solved (heat)", 0, 0},
    {"stencil", 0, TERN_OPTION_TEXT, &request.spec.stencil, "NAME",
     "2d5, 2dr2, 2dr3, 2dr4, 2d9, 2d25, 2d49, 2d81, 3d7, 3d13, 3d19, 3d25 or 3d27 (2d5 or 3d7)", 0,
     0},
    {"type", 0, TERN_OPTION_CHOICE, &request.type, "f64|f32", "what a point is (f64)", 0, 0},
    {"steps", 's', TERN_OPTION_COUNT, &request.steps, "N",
     "time steps, or iterations of poisson (1000; with --tolerance at most 1M)", 0, 1e15},
    {"tolerance", 0, TERN_OPTION_REAL, &request.tolerance, "T",
     "stop when the residual is at most T times that of the beginning (0: do all steps)", 0, 1},
    {"check", 0, TERN_OPTION_COUNT, &request.check, "N",
     "steps from one computation of norms and residual to the next (100)", 1, 1e15},
    {"series", 0, TERN_OPTION_TEXT, &request.series, "FILE",
     "write the norms as lines of a CSV file", 0, 0},
    {"boundary", 'b', TERN_OPTION_TEXT, &request.boundary, "KIND",
     "dirichlet[=VALUE] or a formula of x, y, z and step t, neumann[=SLOPE], robin=A/B/VALUE, "
     "mirror or periodic, for all dimensions "
     "or x,y,z, each for both ends or LOW:HIGH (dirichlet=0)",
     0, 0},
    {"diffusion", 0, TERN_OPTION_REAL, &request.spec.diffusion, "W",
     "diffusion number D dt / h^2 (0.8 of what is stable: 0.2 for 2d5)", 0, 0},
    {"courant", 0, TERN_OPTION_REAL, &request.courant, "C",
     "Courant number c dt / h of wave (0.8 of what is stable) or, along each dimension, of "
     "advection (0.5)",
     -1, 1},
    {"solver", 0, TERN_OPTION_TEXT, &request.spec.solver, "NAME",
     "of poisson: jacobi, gauss-seidel, sor or chebyshev (jacobi)", 0, 0},
    {"relaxation", 0, TERN_OPTION_REAL, &request.spec.relaxation, "R",
     "of jacobi, up to 1, and sor, below 2 (the best for these boundaries)", 0, 2},
    {"source", 0, TERN_OPTION_TEXT, &request.source, "F",
     "right-hand side of poisson: mode, whose solution is the mode of --wave, or a formula (mode)",
     0, 0},
    {"coefficient", 0, TERN_OPTION_TEXT, &request.coefficient, "K",
     "of heat: u_t = div(K grad u), a formula of x, y and z (1)", 0, 0},
    {"init", 'i', TERN_OPTION_TEXT, &request.init, "STATE",
     "initial state: mode, spot, noise, letters, zero, glider or gun, a formula of x, y and z from "
     "0 "
     "to 1, or a .png, .raw or .h5 file (mode; of poisson zero, of life noise)",
     0, 0},
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
    {"overlap", 0, TERN_OPTION_CHOICE, &request.overlap, "auto|no|yes",
     "compute what needs no ghost cells while they are exchanged; auto: where it is faster (auto)",
     0, 0},
    {"isa", 0, TERN_OPTION_TEXT, &request.spec.isa, "NAME",
     "kernels: avx512, avx2 or baseline (the best of this processor)", 0, 0},
    {"dims", 0, TERN_OPTION_TEXT, &request.dims, "XxY[xZ]",
     "ranks along x, y and z, 0: chosen (chosen; rows stay whole while that is cheap)", 0, 0},
    {"threads", 't', TERN_OPTION_COUNT, &request.threads, "N",
     "threads of each rank (OMP_NUM_THREADS, or the rank's share of the CPUs)", 1, 65536},
    {"output", 'o', TERN_OPTION_TEXT, &request.output, "FILE",
     "write the final state as a PNG picture or, by its ending, as .vti (VTK), .h5 (HDF5 and XDMF) "
     "or .raw",
     0, 0},
    {"every", 0, TERN_OPTION_COUNT, &request.every, "N",
     "write a frame of the output every N steps, too: FILE-000000, FILE-000001, ... (0: none)", 0,
     1e15},
    {"range", 0, TERN_OPTION_TEXT, &request.range, "LOW:HIGH",
     "values of the darkest and the lightest colour (of the picture; with --every of the initial "
     "state)",
     0, 0},
    {"checkpoint", 'c', TERN_OPTION_TEXT, &request.checkpoint, "PATH",
     "keep the state in PATH.0 and PATH.1: at the end, on SIGUSR1, and on SIGTERM, which stops "
     "with "
     "status 75",
     0, 0},
    {"checkpoint-every", 0, TERN_OPTION_REAL, &request.checkpoint_every, "S",
     "write a checkpoint every S seconds, too (0: not)", 0, 1e9},
    {"restart", 'r', TERN_OPTION_FLAG, &request.restart, NULL,
     "go on from the newest checkpoint, if there is one", 0, 0},
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

void must(int error)
{
    if (error < 0)
        tern_prog_fail(TERN_EXIT_ERROR, error);
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
    if (work.steps > work.before)
        o->rate = (double)size[0] * (double)size[1] * (double)size[2]
                  * (double)(work.steps - work.before) / slowest[0];
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

static void begin(tern_comm *c, tern_stencil *s)
{
    if (request.state_formula.expression != NULL)
        tern_stencil_begin_with(s, formula_at, &request.state_formula);
    else if (tern_field_readable(request.init))
        must(load_state(c, &request, s));
    else
        must(tern_agree(c, tern_stencil_begin(s, &request.state)));
    must(choose_range(&request, s));
}

static tern_stencil *open_solver(tern_comm *c)
{
    tern_stencil *s;

    must(read_request(&request));
    if (request.restart && request.checkpoint == NULL)
        tern_prog_usage("--restart needs --checkpoint=PATH");
    if (request.every > 0 && request.output == NULL)
        tern_prog_usage("--every needs --output=FILE");
    if (request.output != NULL)
        must(is_picture(request.output) ? tern_stencil_picture_check(c, request.output)
                                        : tern_field_check(request.output));
    must(tern_stencil_open(c, &request.spec, &s));
    begin(c, s);
    if (request.source != NULL && strcmp(request.source, "mode") == 0)
        must(tern_agree(c, tern_stencil_pose(s, request.state.wave)));
    omp_set_num_threads(tern_stencil_threads(s)); /* for the report */
    return s;
}

/* NULL if none is wanted. */
static tern_ckpt *open_checkpoint(tern_comm *c, tern_stencil *s, struct watch *w)
{
    tern_ckpt *k = NULL;

    if (request.checkpoint == NULL)
        return NULL;
    must(tern_ckpt_open(c, request.checkpoint, &k));
    if (request.restart)
        must(restore_checkpoint(&request, s, k, w));
    tern_ckpt_watch(k, request.checkpoint_every);
    return k;
}

size_t point_bytes(const struct request *r)
{
    return (const size_t[]){sizeof(double), sizeof(float), 1}[r->spec.type];
}

/* The least that single steps move: each point is read once and written once. */
static size_t moved(const tern_stencil *s)
{
    int64_t strides[TERN_GRID_DIMS];
    tern_stencil_work work;
    tern_block b;

    tern_stencil_points(s, &b, strides);
    tern_stencil_worked(s, &work);
    return (size_t)((work.steps - work.before) * tern_block_points(&b)) * 2 * point_bytes(&request);
}

int main(int argc, char **argv)
{
    struct outcome o = {0};
    struct watch w = {0};
    tern_comm *c;

    tern_prog_start(&spec, &argc, &argv, &c);
    tern_prog_phase("begin", 0);
    tern_stencil *s = open_solver(c);
    tern_ckpt *k = open_checkpoint(c, s, &w);
    must(watch_begin(&w, &request, c));
    tern_prog_phase("solve", 0);
    enum tern_ckpt_wish wish = solve(c, &request, s, k, &w);
    tern_ckpt_close(k);
    if (wish != TERN_CKPT_STOP)
        must(watch_end(&w, s));
    must(watch_close(&w));
    if (wish == TERN_CKPT_STOP) {
        tern_stencil_close(s);
        return tern_prog_end(TERN_EXIT_STOPPED);
    }
    tern_prog_phase("verify", moved(s));
    o.watch = &w;
    verify(s, request.verify, &o);
    tern_prog_phase("roofline", 0);
    measure(c, s, &o);
    if (request.output != NULL) {
        tern_prog_phase("picture", 0);
        must(save_output(c, &request, s, request.output));
        if (request.every > 0) /* its file beside is that of the series */
            must(save_collection(c, &request, s, o.steps / request.every + 1));
    }
    tern_prog_phase(NULL, 0);
    if (tern_prog_talks())
        print_outcome(&request, s, &o);
    report_outcome(&request, s, &o);
    tern_stencil_close(s);
    close_request(&request);
    const bool wrong = o.verified && !(o.error <= o.bound);
    const bool short_of = request.tolerance > 0 && !w.reached;
    return tern_prog_end(wrong || short_of ? TERN_EXIT_DIFFER : TERN_EXIT_OK);
}
