/* SPDX-License-Identifier: BSD-3-Clause */
/* What --record and --key say of a file. */
#include "config.h"

#include "sort/binary.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* A number up to the next ':' or the end; *text moves behind it. */
static size_t number(const sort_settings *s, const char **text)
{
    size_t n = strcspn(*text, ":");
    char copy[32];
    double value;

    snprintf(copy, sizeof(copy), "%.*s", (int)n, *text);
    if (tern_parse_number(copy, &value) || value < 0 || value > 0x1p31 || value != floor(value))
        tern_prog_usage("--key=%s: '%s' is no number of bytes", s->key, copy);
    *text += n + ((*text)[n] == ':');
    return (size_t)value;
}

/* OFFSET:LENGTH[:TYPE] */
static void parse_key(const sort_settings *s, tern_record_layout *layout)
{
    const char *text = s->key;

    if (strchr(text, ':') == NULL)
        tern_prog_usage("--key=%s: with --record it is OFFSET:LENGTH[:TYPE]", text);
    layout->key_offset = number(s, &text);
    layout->key_bytes = number(s, &text);
    if (*text != '\0') {
        int type = find_name(TERN_KEY_NAMES, text, strlen(text));
        if (type < 0)
            tern_prog_usage("--key=%s: '%s' is none of " TERN_KEY_NAMES, s->key, text);
        if (layout->key_bytes != tern_key_bytes((enum tern_key_type)type))
            tern_prog_usage("--key=%s: %s has %zu bytes", s->key, text,
                            tern_key_bytes((enum tern_key_type)type));
        layout->type = (enum tern_key_type)type;
        layout->key_bytes = 0;
    }
    if (layout->key_offset + (text[0] != '\0' ? tern_key_bytes(layout->type) : layout->key_bytes)
            > layout->bytes
        || (text[0] == '\0' && layout->key_bytes == 0))
        tern_prog_usage("--key=%s: no such bytes in a record of %zu", s->key, layout->bytes);
}

tern_record_layout record_layout(const sort_settings *s)
{
    tern_record_layout layout = {.bytes = (size_t)s->record, .key_bytes = (size_t)s->record};

    if (s->record == 0) {
        layout = tern_key_layout((enum tern_key_type)s->type);
    } else if (s->key != NULL) {
        parse_key(s, &layout);
    }
    return layout;
}

void check_record_settings(const sort_settings *s)
{
    bool binary = s->record > 0 || s->type >= 0;

    if (s->record > 0 && s->type >= 0)
        tern_prog_usage("--type is for files of keys alone; in records the type stands in --key");
    if (s->record > 0 && s->generate != NULL)
        tern_prog_usage("--generate makes no files of --record; try --generate=gensort:N");
    if (s->checksum && !(s->check && binary) && !makes_records(s))
        tern_prog_usage("--checksum goes with --check of records or keys, and --generate=gensort");
}

u128 key_image(enum tern_key_type type, const void *key)
{
    const unsigned char *p = key;
    size_t width = tern_key_bytes(type);
    u128 x = 0, top = (u128)1 << (8 * width - 1);

    for (size_t i = width; i-- > 0;)
        x = x << 8 | p[i];
    if (type == TERN_F32 || type == TERN_F64)
        return x & top ? ~x & (top | (top - 1)) : x | top;
    return type >= TERN_I8 && type <= TERN_I64 ? x ^ top : x;
}

int record_compare(const tern_record_layout *layout, const void *a, const void *b)
{
    const char *x = (const char *)a + layout->key_offset, *y = (const char *)b + layout->key_offset;

    if (layout->key_bytes > 0)
        return memcmp(x, y, layout->key_bytes);
    u128 i = key_image(layout->type, x), j = key_image(layout->type, y);
    return (i > j) - (i < j);
}
