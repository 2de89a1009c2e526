/* SPDX-License-Identifier: BSD-3-Clause */
/* Internal assertions: a failure is a bug of ours, never of the caller. */
#ifndef TERN_BASE_ASSERT_H
#define TERN_BASE_ASSERT_H
#ifdef TERN_DEBUG
# include <stdio.h>
# include <stdlib.h>
# define TERN_ASSERT(cond) \
  ((cond)                  \
       ? (void)0           \
       : (fprintf(stderr, "%s:%d: %s: bug: %s\n", __FILE__, __LINE__, __func__, #cond), abort()))
#else
# define TERN_ASSERT(cond) ((void)0)
#endif
#endif
