/* SPDX-License-Identifier: BSD-3-Clause */
/* tern-info: what Tern was built with, what it sees of the machine, and where ranks and threads
 * are. */
#include "config.h"

#include "info/info.h"

static struct {
    bool features, env, topology, binding, plan;
} show;

static const tern_option table[] = {
    {"features", 0, TERN_OPTION_FLAG, &show.features, NULL, "what this Tern was built with", 0, 0},
    {"env", 0, TERN_OPTION_FLAG, &show.env, NULL, "the TERN_* variables and their values", 0, 0},
    {"topology", 0, TERN_OPTION_FLAG, &show.topology, NULL,
     "packages, memories, caches and cores of rank 0's machine, and what of it may be used", 0, 0},
    {"binding", 0, TERN_OPTION_FLAG, &show.binding, NULL,
     "on which CPUs the threads of each rank may run, with a warning where they must take turns", 0,
     0},
    {"plan", 0, TERN_OPTION_FLAG, &show.plan, NULL,
     "how many ranks and threads suit rank 0's machine, and which CPUs are whose", 0, 0},
    {0},
};

static const tern_prog_spec spec = {
    .name = "tern-info",
    .synopsis = "[OPTION]...",
    .about =
        "Show how Tern was built, the machine as it sees it, and where ranks and threads really "
        "run. Without an option that chooses, all is shown.",
    .table = table,
    .examples =
        "  tern-info                           this machine\n"
        "  mpirun -n 4 tern-info --binding     where mpirun has put four ranks\n"
        "  HWLOC_XMLFILE=big.xml tern-info --plan   ranks and threads for another machine\n",
    .most_operands = 0,
};

static int show_sections(tern_comm *c)
{
    tern_topo *t = NULL;
    int error = tern_agree(c, tern_topo_open(&t));

    if (error)
        goto close_topo;
    if (show.features)
        info_features();
    if (show.env)
        info_environment();
    if (show.topology)
        info_machine(t);
    if (show.binding)
        error = info_binding(c, t);
    if (show.plan && !error)
        info_plan(t);
close_topo:
    tern_topo_close(t);
    return error;
}

int main(int argc, char **argv)
{
    tern_comm *c;

    tern_prog_start(&spec, &argc, &argv, &c);
    if (!(show.features || show.env || show.topology || show.binding || show.plan))
        show.features = show.env = show.topology = show.binding = show.plan = true;
    int error = show_sections(c);
    if (error)
        tern_prog_fail(TERN_EXIT_ERROR, error);
    return tern_prog_end(TERN_EXIT_OK);
}
