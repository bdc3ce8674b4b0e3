/*
 * A table for people: columns aligned by what a terminal shows, where a Chinese character takes two
 * places and a combining mark none.
 */
#pragma once

#include "base/buf.h"

#include <stdio.h>

enum { HF_TABLE_MAX_COLUMNS = 8 };

struct hf_table {
    size_t n_columns; /* 1..HF_TABLE_MAX_COLUMNS */
    hf_buf text;      /* all cells, one behind the other */
    hf_buf ends;      /* of each cell in text: size_t */
    bool is_broken;   /* a cell did not fit: nothing is printed */
};

/* An empty table. hf_table_clear() frees it. */
struct hf_table hf_table_init(size_t n_columns);
void hf_table_clear(struct hf_table *table);

/* Adds the next cell, row by row; copied. */
void hf_table_add(struct hf_table *table, hf_bytes cell);

/**
 * hf_table_print() - all rows, two spaces between columns, none at a line's end
 *
 * Cells are cleaned of control characters. Errors: LIMIT (a cell did not fit).
 */
hf_status hf_table_print(FILE *stream, const struct hf_table *table);

/* How many places a terminal needs for @text as hf_print_clean() prints it. */
size_t hf_text_columns(hf_bytes text);
