lib_libterncore_la_SOURCES += %D%/sort.h %D%/keys.h %D%/lines.h %D%/radix_template.h \
  %D%/algorithm.h %D%/items.h %D%/records.h %D%/algorithm.c %D%/algorithm_ams.c \
  %D%/algorithm_bitonic.c %D%/algorithm_histogram.c %D%/algorithm_hypercube.c \
  %D%/algorithm_radix.c %D%/operations.c %D%/own.c %D%/peers.h %D%/peers.c %D%/unique.c %D%/stream_merge.c %D%/swap.c \
  %D%/balance.c %D%/by_key.c \
  %D%/image_items.c %D%/items.c %D%/pair_items.c %D%/record_items.c \
  %D%/records.c %D%/external_private.h %D%/external.c %D%/external_merge.c %D%/external_resume.c \
  %D%/external_file.c %D%/external_lines.c %D%/external_pack.c %D%/external_program.c \
  %D%/external_records.c %D%/external_runs.c %D%/external_split.c %D%/external_task.c \
  %D%/lanes.h %D%/network.h %D%/quick.h %D%/quick_scalar.h %D%/quick_template.h \
  %D%/quick_partition.h %D%/quick_undef.h %D%/quick_undef_lanes.h %D%/quick_vector.h %D%/simd.h \
  %D%/counting.c %D%/exchange.c %D%/exchange_in_place.c %D%/generate.c %D%/key.c %D%/line_bytes.c %D%/line_check.c \
  %D%/line_general.c %D%/line_key.c %D%/line_merge.c %D%/line_month.c %D%/line_number.c %D%/line_order.c \
  %D%/line_parse.c %D%/line_scan.h %D%/line_send_items.c %D%/line_send_text.c \
  %D%/line_sort.c %D%/line_split.c %D%/line_version.c %D%/line_word.h %D%/lines.c %D%/merge.c \
  %D%/quick.c %D%/quick_avx2.c %D%/quick_avx512.c %D%/quick_scalar.c %D%/simd.c %D%/split_table.c \
  %D%/radix.c %D%/small_range.c %D%/sort.c %D%/split.c %D%/verify.c %D%/verify_keys.h %D%/verify_keys.c %D%/width.c
ternsortincludedir = $(pkgincludedir)/sort
ternsortinclude_HEADERS = %D%/sort.h
dist_man_MANS += %D%/tern_lines.3 %D%/tern_sort.3
