/* SPDX-License-Identifier: BSD-3-Clause */
/* What becomes of a lane whose receiver leaves while others remain.  The credits of another lane
 * grow by those of this one, so the channel keeps its capacity and each sender a way; and what the
 * receiver has not taken goes there at once.  It is still here: a place in a lane's ring is used
 * again only when the credit for it has come back, and the receiver gave back all before it left.
 */
#include "config.h"

#include "chan/wire.h"

#include <stdlib.h>

/* The lane with the least room; NULL if all receivers have left. */
static struct tern__lane *choose_heir(const struct tern__wire *w)
{
    struct tern__lane *heir = NULL;

    for (size_t i = 0; i < w->lanes_n; i++)
        if (!w->lanes[i].left && (heir == NULL || w->lanes[i].room < heir->room))
            heir = &w->lanes[i];
    return heir;
}

/* Where the item lies that is number k of the n sent last. */
static size_t place(const struct tern__lane *l, size_t n, size_t k)
{
    return (l->at + l->room - n + k) % l->room;
}

/* Room for more items.  MPI may still be sending from the old place, which is kept.  A ring has the
 * cells already. */
static int grow(const tern_chan *ch, struct tern__lane *l, size_t more)
{
    const size_t width = ch->layout.width, held = l->room - l->credits;
    struct tern__lane new = *l;

    if (l->near) {
        l->room += more;
        l->credits += more;
        l->ring.capacity += more;
        return TERN_OK;
    }
    new.room += more;
    new.credits += more;
    new.at = held;
    if (tern__wire_make_room(ch, &new) != TERN_OK)
        return tern_fail(TERN_ENOMEM, NULL, "channel '%s': no memory for items handed back",
                         ch->name);
    ch->wire->retired[ch->wire->retired_n++] = l->items;
    for (size_t k = 0; k < held; k++) {
        size_t from = place(l, held, k);
        memcpy(new.items + k *width, l->items + from * width, width);
        if (new.bytes != NULL)
            new.bytes[k] = l->bytes[from];
    }
    for (uint64_t i = l->first_message; i < l->messages_n; i++)
        new.messages[i % new.room] = l->messages[i % l->room];
    free(l->messages);
    free(l->bytes);
    *l = new;
    return TERN_OK;
}

/* Item number k of those that the lane holds. */
static const unsigned char *item_at(const struct tern__lane *l, size_t width, size_t k,
                                    size_t *bytes)
{
    size_t at = l->near ? 0 : place(l, l->room - l->credits, k);

    *bytes = l->bytes != NULL ? l->bytes[at] : width;
    return l->near ? tern__wire_near_item(l, k, bytes) : l->items + at * width;
}

static int send_again(tern_chan *ch, const struct tern__lane *from, struct tern__lane *to)
{
    const size_t held = from->room - from->credits;
    size_t bytes;
    int error = TERN_OK;

    for (size_t k = 0; k < held && !error; k++) {
        const unsigned char *item = item_at(from, ch->layout.width, k, &bytes);
        error = tern__wire_put_on(ch, to, item, bytes, 1);
    }
    return error;
}

int tern__wire_bequeath(tern_chan *ch, struct tern__lane *l)
{
    struct tern__lane *heir = choose_heir(ch->wire);

    if (heir == NULL || l->room == 0 || !ch->sends || ch->capacity == 0)
        return TERN_OK;
    int error = grow(ch, heir, l->room);
    if (!error)
        error = send_again(ch, l, heir);
    l->credits = l->room;
    return error;
}
