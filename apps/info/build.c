/* SPDX-License-Identifier: BSD-3-Clause */
/* What Tern was built with, and the variables that change what it does. */
#include "config.h"

#include "info/info.h"

#include <hwloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef HAVE_MPI_SEND_C
# define LARGE_COUNTS "yes: MPI 4 calls"
#else
# define LARGE_COUNTS "yes: in pieces, this MPI has no large-count calls"
#endif
#ifdef HAVE_MPI_PSEND_INIT
# define PARTITIONED "yes"
#else
# define PARTITIONED "no: this MPI has no partitioned calls"
#endif
#ifdef HAVE_JANSSON
# define JSON "yes"
#else
# define JSON "no: built without Jansson (Debian: libjansson-dev)"
#endif
#ifdef HAVE_PNG
# define PICTURES "yes"
#else
# define PICTURES "no: built without libpng (Debian: libpng-dev)"
#endif
#ifdef HAVE_ZLIB
# define GZIP "yes"
#else
# define GZIP "no: built without zlib (Debian: zlib1g-dev)"
#endif
#ifdef HAVE_ZSTD
# define ZSTD "yes"
#else
# define ZSTD "no: built without libzstd (Debian: libzstd-dev)"
#endif
#ifdef HAVE_HDF5
# define HDF5 "yes"
#else
# define HDF5 "no: built without HDF5 (Debian: libhdf5-dev)"
#endif

/* The first line of what MPI says of itself: the rest tells how it was built. */
static const char *mpi_library(char text[static MPI_MAX_LIBRARY_VERSION_STRING])
{
    int length;

    if (MPI_Get_library_version(text, &length) != MPI_SUCCESS)
        return "unknown";
    text[strcspn(text, "\n")] = '\0';
    return text;
}

static void put_feature(const char *name, const char *key, const char *value)
{
    if (tern_prog_talks())
        printf("  %-16s %s\n", name, value);
    tern_json_text(tern_prog_report(), key, value);
}

void info_features(void)
{
    char text[MPI_MAX_LIBRARY_VERSION_STRING];
    const char *version;
    int major, minor;
    unsigned hwloc = hwloc_get_api_version();

    tern_version(&version);
    if (tern_prog_talks())
        printf("Tern %s\n", version);
    tern_json_object(tern_prog_report(), "features");
    put_feature("MPI library", "mpi_library", mpi_library(text));
    MPI_Get_version(&major, &minor);
    snprintf(text, sizeof(text), "%d.%d", major, minor);
    put_feature("MPI standard", "mpi_standard", text);
    put_feature("counts > 2^31", "large_counts", LARGE_COUNTS);
    put_feature("partitioned", "partitioned", PARTITIONED);
    snprintf(text, sizeof(text), "%d", _OPENMP);
    put_feature("OpenMP", "openmp", text);
    snprintf(text, sizeof(text), "%u.%u", hwloc >> 16, hwloc >> 8 & 0xff);
    put_feature("hwloc", "hwloc", text);
    put_feature("JSON reports", "json", JSON);
    put_feature("pictures", "png", PICTURES);
    put_feature("gzip", "gzip", GZIP);
    put_feature("zstd", "zstd", ZSTD);
    put_feature("HDF5 files", "hdf5", HDF5);
    tern_json_end(tern_prog_report());
}

void info_environment(void)
{
    tern_json *j = tern_prog_report();

    if (tern_prog_talks())
        printf("Environment\n");
    tern_json_array(j, "variables");
    for (const tern_env_entry *e = tern_env_table(); e->name != NULL; e++) {
        const char *value = tern_env(e->name);
        if (tern_prog_talks())
            printf("  %s=%s (%s%s%s)\n      %s\n", e->name, value, e->unit,
                   strcmp(value, e->fallback) == 0 ? "" : "; default ",
                   strcmp(value, e->fallback) == 0 ? "" : e->fallback, e->help);
        tern_json_object(j, NULL);
        tern_json_text(j, "name", e->name);
        tern_json_text(j, "value", value);
        tern_json_text(j, "default", e->fallback);
        tern_json_text(j, "unit", e->unit);
        tern_json_end(j);
    }
    tern_json_end(j);
}
