/*
 * Decides how wide text is. A terminal gives two places to the characters that Unicode calls wide
 * or full-width (UAX #11) and none to marks that join the one before; the C library would have to
 * be told a locale to know, and then know it differently on each machine.
 */
#include "cli/table.h"

#include "base/utf8.h"
#include "cli/print.h"

enum { TABLE_MAX_BYTES = 16 << 20, ESCAPED_COLUMNS = 4 /* \x1b */ };

struct characters {
    uint32_t first;
    uint32_t last;
};

static const struct characters WIDE[] = {
    {0x1100, 0x115f}, {0x2e80, 0x303e},   {0x3041, 0x33ff},   {0x3400, 0x4dbf}, {0x4e00, 0x9fff},
    {0xa000, 0xa4cf}, {0xac00, 0xd7a3},   {0xf900, 0xfaff},   {0xfe30, 0xfe4f}, {0xff00, 0xff60},
    {0xffe0, 0xffe6}, {0x1f300, 0x1faff}, {0x20000, 0x3fffd},
};

static const struct characters NARROW[] = {
    {0x300, 0x36f}, {0x200b, 0x200f}, {0x20d0, 0x20ff}, {0xfe00, 0xfe0f}, {0xfeff, 0xfeff},
};

static bool is_in(const struct characters *ranges, size_t n, uint32_t scalar)
{
    for (size_t i = 0; i < n; i++) {
        if (scalar >= ranges[i].first && scalar <= ranges[i].last) {
            return true;
        }
    }
    return false;
}

/* Of a well-formed sequence of @n bytes. */
static uint32_t scalar_of(const uint8_t *bytes, unsigned n)
{
    uint32_t scalar = n == 1 ? bytes[0] : bytes[0] & (0x7fu >> n);
    for (unsigned i = 1; i < n; i++) {
        scalar = scalar << 6 | (bytes[i] & 0x3f);
    }
    return scalar;
}

static size_t columns_of(uint32_t scalar)
{
    if (scalar < 0x20 || (scalar >= 0x7f && scalar < 0xa0)) {
        return ESCAPED_COLUMNS * (scalar < 0x80 ? 1u : 2u);
    }
    if (is_in(NARROW, sizeof(NARROW) / sizeof(NARROW[0]), scalar)) {
        return 0;
    }
    return is_in(WIDE, sizeof(WIDE) / sizeof(WIDE[0]), scalar) ? 2 : 1;
}

size_t hf_text_columns(hf_bytes text)
{
    size_t n_columns = 0;
    while (text.size > 0) {
        unsigned n = hf_utf8_sequence(text);
        n_columns += n ? columns_of(scalar_of(text.data, n)) : ESCAPED_COLUMNS;
        text = hf_bytes_skip(text, n ? n : 1);
    }
    return n_columns;
}

/* ---- the table ---- */

struct hf_table hf_table_init(size_t n_columns)
{
    return (struct hf_table){.n_columns = n_columns,
                             .text = hf_buf_init(TABLE_MAX_BYTES),
                             .ends = hf_buf_init(TABLE_MAX_BYTES)};
}

void hf_table_clear(struct hf_table *table)
{
    hf_buf_clear(&table->text);
    hf_buf_clear(&table->ends);
}

static hf_status add(struct hf_table *table, hf_bytes cell)
{
    HF_TRY(hf_buf_append(&table->text, cell));
    return hf_buf_append(&table->ends, hf_bytes_of(&table->text.size, sizeof(table->text.size)));
}

void hf_table_add(struct hf_table *table, hf_bytes cell)
{
    table->is_broken = table->is_broken || !hf_is_ok(add(table, cell));
}

static size_t end_of(const struct hf_table *table, size_t cell)
{
    size_t end;
    memcpy(&end, table->ends.data + cell * sizeof(end), sizeof(end));
    return end;
}

static hf_bytes cell_at(const struct hf_table *table, size_t cell)
{
    size_t begin = cell ? end_of(table, cell - 1) : 0;
    return hf_bytes_of(table->text.data + begin, end_of(table, cell) - begin);
}

static void measure(const struct hf_table *table, size_t n_cells, size_t *ret_widths)
{
    for (size_t i = 0; i < n_cells; i++) {
        size_t n = hf_text_columns(cell_at(table, i));
        size_t *width = &ret_widths[i % table->n_columns];
        *width = n > *width ? n : *width;
    }
}

hf_status hf_table_print(FILE *stream, const struct hf_table *table)
{
    size_t widths[HF_TABLE_MAX_COLUMNS] = {0};
    size_t n_cells = table->ends.size / sizeof(size_t);
    size_t n_owed = 0; /* spaces that are printed only when something stands behind them */
    if (table->is_broken) {
        HF_FAIL(LIMIT);
    }
    measure(table, n_cells, widths);
    for (size_t i = 0; i < n_cells; i++) {
        hf_bytes cell = cell_at(table, i);
        if (cell.size > 0) {
            fprintf(stream, "%*s", (int)n_owed, "");
            hf_print_clean(stream, cell);
            n_owed = 0;
        }
        n_owed += widths[i % table->n_columns] + 2 - hf_text_columns(cell);
        if ((i + 1) % table->n_columns == 0) {
            fputc('\n', stream);
            n_owed = 0;
        }
    }
    return HF_DONE;
}
