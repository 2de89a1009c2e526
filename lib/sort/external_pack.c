/* SPDX-License-Identifier: BSD-3-Clause */
/* Packed runs: the choice, and zstd where it is built in. */
#include "config.h"

#include "sort/external_private.h"

#include <string.h>

#ifdef HAVE_ZSTD
# include <zstd.h>

enum { LEVEL = 1, FRAME = 128 << 10 };

static int fail(size_t code)
{
    return tern_fail(TERN_EIO, NULL, "a run packed by zstd: %s", ZSTD_getErrorName(code));
}

static int pack(const char *program, const char *in, size_t bytes, char **out, size_t *room,
                size_t *packed)
{
    size_t most = ZSTD_compressBound(bytes);

    (void)program;
    if (*room < most) {
        tern_free(*out);
        *out = tern_alloc(most);
        *room = *out != NULL ? most : 0;
        if (*out == NULL)
            return TERN_ENOMEM;
    }
    *packed = ZSTD_compress(*out, *room, in, bytes, LEVEL);
    return ZSTD_isError(*packed) ? fail(*packed) : TERN_OK;
}

static int unpack(const char *program, const char *in, size_t packed, char *out, size_t bytes)
{
    size_t got = ZSTD_decompress(out, bytes, in, packed);

    (void)program;
    if (ZSTD_isError(got))
        return fail(got);
    return got == bytes ? TERN_OK : tern_fail(TERN_EIO, NULL, "a packed run has become shorter");
}

static const tern__packer pack_by_zstd = {FRAME, pack, unpack};
#endif

const tern__packer *tern__packer_of(const char *program)
{
    if (program == NULL)
        return NULL;
#ifdef HAVE_ZSTD
    if (strcmp(program, "zstd") == 0)
        return &pack_by_zstd;
#endif
    return &tern__pack_by_program;
}
