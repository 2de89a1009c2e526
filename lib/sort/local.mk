lib_libterncore_la_SOURCES += %D%/sort.h %D%/keys.h %D%/lines.h %D%/radix_template.h \
  %D%/algorithm.h %D%/items.h %D%/records.h %D%/algorithm.c %D%/balance.c %D%/by_key.c \
  %D%/histogram.c %D%/image_items.c %D%/items.c %D%/pair_items.c %D%/record_items.c \
  %D%/records.c %D%/external_private.h %D%/external.c %D%/external_merge.c %D%/external_resume.c %D%/external_runs.c \
  %D%/external_split.c %D%/external_task.c \
  %D%/counting.c %D%/exchange.c %D%/generate.c %D%/key.c %D%/line_bytes.c %D%/line_groups.c \
  %D%/line_merge.c %D%/line_numeric.c %D%/line_parse.c %D%/line_split.c %D%/lines.c %D%/merge.c \
  %D%/radix.c %D%/sort.c %D%/split.c %D%/verify.c %D%/width.c
ternsortincludedir = $(pkgincludedir)/sort
ternsortinclude_HEADERS = %D%/sort.h %D%/external.h
