/* SPDX-License-Identifier: BSD-3-Clause */
/* A fuzzer of keys: the first line of the input is options, words such as "k2.1n,3", "t," and "fr",
 * the rest is text.  The text is sorted by words and then looked at line by line, so words and
 * comparisons must agree, and comparisons among themselves. */
#include <stdlib.h>
#include <string.h>

#include "sort/lines.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MOST_KEYS = 4, MOST_LINES = 64, WORD_BYTES = 64 };

static void add_option(tern_line_options *o, tern_line_key *keys, const char *word)
{
    if (word[0] == 'k' && o->n_keys < MOST_KEYS) {
        o->n_keys += tern_line_key_parse(word + 1, &keys[o->n_keys]) == TERN_OK;
    } else if (word[0] == 't') {
        o->separated = true;
        o->separator = word[1];
    } else if (word[0] == 's') {
        o->stable = true;
    } else if (word[0] == 'z') {
        o->nul = true;
    } else if (tern_line_key_set(word, &o->global) != TERN_OK) {
        return; /* as good as none */
    }
}

/* What stands before the first newline; where the text begins. */
static size_t parse_options(const char *data, size_t size, tern_line_options *o,
                            tern_line_key *keys)
{
    char word[WORD_BYTES];
    size_t n = 0, i = 0;

    for (; i < size && data[i] != '\n'; i++) {
        if (data[i] != ' ' && n + 1 < sizeof(word)) {
            word[n++] = data[i];
            continue;
        }
        word[n] = '\0';
        add_option(o, keys, word);
        n = 0;
    }
    word[n] = '\0';
    add_option(o, keys, word);
    return i < size ? i + 1 : i;
}

static void check_order(const tern_lines *lines, const tern__order *order)
{
    for (size_t i = 0; i < lines->n; i++) {
        tern__line a = tern__locate(lines->text, lines->items[i].value, order->end);
        for (size_t k = i; k < lines->n; k++) {
            tern__line b = tern__locate(lines->text, lines->items[k].value, order->end);
            int forth = tern__compare(order, a, b), back = tern__compare(order, b, a);
            if (forth > 0 || (forth < 0) != (back > 0))
                abort();
        }
    }
}

static void sort_and_check(tern_lines *lines, const tern__order *order)
{
    tern__line_context in = {lines->text, order};
    tern_text_range all = {0, lines->bytes};

    if (tern__parse_lines(lines, &all, 1, order) != TERN_OK)
        abort();
    if (lines->n <= MOST_LINES) {
        tern__pair *scratch = tern_alloc((lines->n + 1) * sizeof(*scratch));
        tern__sort_items(&in, lines->items, scratch, lines->n);
        tern_free(scratch);
        check_order(lines, order);
    }
    tern_free(lines->items);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    tern_line_key keys[MOST_KEYS];
    tern_line_options o = {.keys = keys};
    tern__order order;
    size_t begin = parse_options((const char *)data, size, &o, keys);

    if (tern__order_make(&o, &order) != TERN_OK)
        return 0;
    tern_lines lines = {.bytes = size - begin + 1, .end = order.end};
    char *text = malloc(lines.bytes); /* exactly, so that a sanitizer sees what reads beyond */
    if (text == NULL)
        abort();
    memcpy(text, data + begin, size - begin);
    text[size - begin] = order.end;
    lines.text = text;
    sort_and_check(&lines, &order);
    free(text);
    free(order.criteria);
    return 0;
}
