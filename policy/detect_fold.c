/*
 * The table of characters. It errs on the side of seeing a digit: a number that is hidden by an
 * unusual shape of its digits is what somebody wanted hidden, from us or from a reader.
 *
 * Letters that only look like digits (O, l) are letters, and look-alikes of letters other than X
 * are OTHER: no identifier found here needs them, and words would turn into numbers.
 */
#include "policy/detect_fold.h"

struct range {
    uint32_t first;
    uint32_t last;
    uint8_t kind;
    uint8_t text; /* of the first; digits count on and begin again, letters count on */
};

/* --- ASCII --- */

#define OTHER(c) HF_FOLD_OTHER, c
#define SEPARATOR(c) HF_FOLD_SEPARATOR, c
#define INVISIBLE HF_FOLD_INVISIBLE, 0
#define DIGIT(c) HF_FOLD_DIGIT, c
#define LETTER(c) HF_FOLD_LETTER, c

const struct hf_fold hf_fold_ascii[128] = {
    {INVISIBLE},      {INVISIBLE},      {INVISIBLE},    {INVISIBLE},    {INVISIBLE},
    {INVISIBLE},      {INVISIBLE},      {INVISIBLE},    {INVISIBLE},    {SEPARATOR(0)},
    {SEPARATOR(0)},   {SEPARATOR(0)},   {SEPARATOR(0)}, {SEPARATOR(0)}, {INVISIBLE},
    {INVISIBLE},      {INVISIBLE},      {INVISIBLE},    {INVISIBLE},    {INVISIBLE},
    {INVISIBLE},      {INVISIBLE},      {INVISIBLE},    {INVISIBLE},    {INVISIBLE},
    {INVISIBLE},      {INVISIBLE},      {INVISIBLE},    {INVISIBLE},    {INVISIBLE},
    {INVISIBLE},      {INVISIBLE},      {SEPARATOR(0)}, {OTHER(0)},     {OTHER(0)},
    {OTHER(0)},       {OTHER(0)},       {OTHER('%')},   {OTHER(0)},     {OTHER(0)},
    {SEPARATOR(0)},   {SEPARATOR(0)},   {OTHER(0)},     {OTHER('+')},   {OTHER(0)},
    {SEPARATOR('-')}, {SEPARATOR('.')}, {OTHER(0)},     {DIGIT('0')},   {DIGIT('1')},
    {DIGIT('2')},     {DIGIT('3')},     {DIGIT('4')},   {DIGIT('5')},   {DIGIT('6')},
    {DIGIT('7')},     {DIGIT('8')},     {DIGIT('9')},   {OTHER(0)},     {OTHER(0)},
    {OTHER(0)},       {OTHER(0)},       {OTHER(0)},     {OTHER(0)},     {OTHER('@')},
    {LETTER('A')},    {LETTER('B')},    {LETTER('C')},  {LETTER('D')},  {LETTER('E')},
    {LETTER('F')},    {LETTER('G')},    {LETTER('H')},  {LETTER('I')},  {LETTER('J')},
    {LETTER('K')},    {LETTER('L')},    {LETTER('M')},  {LETTER('N')},  {LETTER('O')},
    {LETTER('P')},    {LETTER('Q')},    {LETTER('R')},  {LETTER('S')},  {LETTER('T')},
    {LETTER('U')},    {LETTER('V')},    {LETTER('W')},  {LETTER('X')},  {LETTER('Y')},
    {LETTER('Z')},    {OTHER(0)},       {OTHER(0)},     {OTHER(0)},     {OTHER(0)},
    {SEPARATOR('_')}, {OTHER(0)},       {LETTER('A')},  {LETTER('B')},  {LETTER('C')},
    {LETTER('D')},    {LETTER('E')},    {LETTER('F')},  {LETTER('G')},  {LETTER('H')},
    {LETTER('I')},    {LETTER('J')},    {LETTER('K')},  {LETTER('L')},  {LETTER('M')},
    {LETTER('N')},    {LETTER('O')},    {LETTER('P')},  {LETTER('Q')},  {LETTER('R')},
    {LETTER('S')},    {LETTER('T')},    {LETTER('U')},  {LETTER('V')},  {LETTER('W')},
    {LETTER('X')},    {LETTER('Y')},    {LETTER('Z')},  {OTHER(0)},     {OTHER(0)},
    {OTHER(0)},       {OTHER(0)},       {INVISIBLE}};

#undef OTHER
#undef SEPARATOR
#undef INVISIBLE
#undef DIGIT
#undef LETTER

/* --- what is neither ASCII nor a unified ideograph, in order --- */

static const struct range ranges[] = {
    {0x0080, 0x0084, HF_FOLD_INVISIBLE, 0},   {0x0085, 0x0085, HF_FOLD_SEPARATOR, 0},
    {0x0086, 0x009f, HF_FOLD_INVISIBLE, 0},   {0x00a0, 0x00a0, HF_FOLD_SEPARATOR, 0},
    {0x00ad, 0x00ad, HF_FOLD_INVISIBLE, 0},   {0x00b2, 0x00b3, HF_FOLD_DIGIT, '2'},
    {0x00b7, 0x00b7, HF_FOLD_SEPARATOR, '.'}, {0x00b9, 0x00b9, HF_FOLD_DIGIT, '1'},
    {0x00d7, 0x00d7, HF_FOLD_LETTER, 'X'},    {0x0300, 0x036f, HF_FOLD_INVISIBLE, 0},
    {0x03a7, 0x03a7, HF_FOLD_LETTER, 'X'},    {0x03c7, 0x03c7, HF_FOLD_LETTER, 'X'},
    {0x0425, 0x0425, HF_FOLD_LETTER, 'X'},    {0x0445, 0x0445, HF_FOLD_LETTER, 'X'},
    {0x061c, 0x061c, HF_FOLD_INVISIBLE, 0},   {0x0660, 0x0669, HF_FOLD_DIGIT, '0'},
    {0x06f0, 0x06f9, HF_FOLD_DIGIT, '0'},     {0x07c0, 0x07c9, HF_FOLD_DIGIT, '0'},
    {0x0966, 0x096f, HF_FOLD_DIGIT, '0'},     {0x09e6, 0x09ef, HF_FOLD_DIGIT, '0'},
    {0x0a66, 0x0a6f, HF_FOLD_DIGIT, '0'},     {0x0ae6, 0x0aef, HF_FOLD_DIGIT, '0'},
    {0x0b66, 0x0b6f, HF_FOLD_DIGIT, '0'},     {0x0be6, 0x0bef, HF_FOLD_DIGIT, '0'},
    {0x0c66, 0x0c6f, HF_FOLD_DIGIT, '0'},     {0x0ce6, 0x0cef, HF_FOLD_DIGIT, '0'},
    {0x0d66, 0x0d6f, HF_FOLD_DIGIT, '0'},     {0x0de6, 0x0def, HF_FOLD_DIGIT, '0'},
    {0x0e50, 0x0e59, HF_FOLD_DIGIT, '0'},     {0x0ed0, 0x0ed9, HF_FOLD_DIGIT, '0'},
    {0x0f20, 0x0f29, HF_FOLD_DIGIT, '0'},     {0x1040, 0x1049, HF_FOLD_DIGIT, '0'},
    {0x1090, 0x1099, HF_FOLD_DIGIT, '0'},     {0x115f, 0x1160, HF_FOLD_INVISIBLE, 0},
    {0x1680, 0x1680, HF_FOLD_SEPARATOR, 0},   {0x17b4, 0x17b5, HF_FOLD_INVISIBLE, 0},
    {0x17e0, 0x17e9, HF_FOLD_DIGIT, '0'},     {0x180b, 0x180f, HF_FOLD_INVISIBLE, 0},
    {0x1810, 0x1819, HF_FOLD_DIGIT, '0'},     {0x1946, 0x194f, HF_FOLD_DIGIT, '0'},
    {0x19d0, 0x19d9, HF_FOLD_DIGIT, '0'},     {0x1a80, 0x1a89, HF_FOLD_DIGIT, '0'},
    {0x1a90, 0x1a99, HF_FOLD_DIGIT, '0'},     {0x1ab0, 0x1aff, HF_FOLD_INVISIBLE, 0},
    {0x1b50, 0x1b59, HF_FOLD_DIGIT, '0'},     {0x1bb0, 0x1bb9, HF_FOLD_DIGIT, '0'},
    {0x1c40, 0x1c49, HF_FOLD_DIGIT, '0'},     {0x1c50, 0x1c59, HF_FOLD_DIGIT, '0'},
    {0x1dc0, 0x1dff, HF_FOLD_INVISIBLE, 0},   {0x2000, 0x200a, HF_FOLD_SEPARATOR, 0},
    {0x200b, 0x200f, HF_FOLD_INVISIBLE, 0},   {0x2010, 0x2015, HF_FOLD_SEPARATOR, '-'},
    {0x2022, 0x2022, HF_FOLD_SEPARATOR, '.'}, {0x2024, 0x2024, HF_FOLD_SEPARATOR, '.'},
    {0x2027, 0x2027, HF_FOLD_SEPARATOR, '.'}, {0x2028, 0x2029, HF_FOLD_SEPARATOR, 0},
    {0x202a, 0x202e, HF_FOLD_INVISIBLE, 0},   {0x202f, 0x202f, HF_FOLD_SEPARATOR, 0},
    {0x205f, 0x205f, HF_FOLD_SEPARATOR, 0},   {0x2060, 0x206f, HF_FOLD_INVISIBLE, 0},
    {0x2070, 0x2070, HF_FOLD_DIGIT, '0'},     {0x2074, 0x2079, HF_FOLD_DIGIT, '4'},
    {0x2080, 0x2089, HF_FOLD_DIGIT, '0'},     {0x20d0, 0x20ff, HF_FOLD_INVISIBLE, 0},
    {0x2169, 0x2169, HF_FOLD_LETTER, 'X'},    {0x2179, 0x2179, HF_FOLD_LETTER, 'X'},
    {0x2212, 0x2212, HF_FOLD_SEPARATOR, '-'}, {0x22c5, 0x22c5, HF_FOLD_SEPARATOR, '.'},
    {0x2460, 0x2468, HF_FOLD_DIGIT, '1'},     {0x2474, 0x247c, HF_FOLD_DIGIT, '1'},
    {0x2488, 0x2490, HF_FOLD_DIGIT, '1'},     {0x24ea, 0x24ea, HF_FOLD_DIGIT, '0'},
    {0x24f5, 0x24fd, HF_FOLD_DIGIT, '1'},     {0x24ff, 0x24ff, HF_FOLD_DIGIT, '0'},
    {0x25cb, 0x25cb, HF_FOLD_DIGIT, '0'},     {0x2776, 0x277e, HF_FOLD_DIGIT, '1'},
    {0x2780, 0x2788, HF_FOLD_DIGIT, '1'},     {0x278a, 0x2792, HF_FOLD_DIGIT, '1'},
    {0x3000, 0x3000, HF_FOLD_SEPARATOR, 0},   {0x3007, 0x3007, HF_FOLD_DIGIT, '0'},
    {0x3021, 0x3029, HF_FOLD_DIGIT, '1'},     {0x30fb, 0x30fb, HF_FOLD_SEPARATOR, '.'},
    {0x3164, 0x3164, HF_FOLD_INVISIBLE, 0},   {0x3220, 0x3228, HF_FOLD_DIGIT, '1'},
    {0x3280, 0x3288, HF_FOLD_DIGIT, '1'},     {0xa620, 0xa629, HF_FOLD_DIGIT, '0'},
    {0xa8d0, 0xa8d9, HF_FOLD_DIGIT, '0'},     {0xa900, 0xa909, HF_FOLD_DIGIT, '0'},
    {0xa9d0, 0xa9d9, HF_FOLD_DIGIT, '0'},     {0xa9f0, 0xa9f9, HF_FOLD_DIGIT, '0'},
    {0xaa50, 0xaa59, HF_FOLD_DIGIT, '0'},     {0xabf0, 0xabf9, HF_FOLD_DIGIT, '0'},
    {0xfe00, 0xfe0f, HF_FOLD_INVISIBLE, 0},   {0xfe20, 0xfe2f, HF_FOLD_INVISIBLE, 0},
    {0xfe52, 0xfe52, HF_FOLD_SEPARATOR, '.'}, {0xfe58, 0xfe58, HF_FOLD_SEPARATOR, '-'},
    {0xfe63, 0xfe63, HF_FOLD_SEPARATOR, '-'}, {0xfe6b, 0xfe6b, HF_FOLD_OTHER, '@'},
    {0xfeff, 0xfeff, HF_FOLD_INVISIBLE, 0},   {0xff05, 0xff05, HF_FOLD_OTHER, '%'},
    {0xff08, 0xff09, HF_FOLD_SEPARATOR, 0},   {0xff0b, 0xff0b, HF_FOLD_OTHER, '+'},
    {0xff0d, 0xff0d, HF_FOLD_SEPARATOR, '-'}, {0xff0e, 0xff0e, HF_FOLD_SEPARATOR, '.'},
    {0xff10, 0xff19, HF_FOLD_DIGIT, '0'},     {0xff20, 0xff20, HF_FOLD_OTHER, '@'},
    {0xff21, 0xff3a, HF_FOLD_LETTER, 'A'},    {0xff3f, 0xff3f, HF_FOLD_SEPARATOR, '_'},
    {0xff41, 0xff5a, HF_FOLD_LETTER, 'A'},    {0xff65, 0xff65, HF_FOLD_SEPARATOR, '.'},
    {0xffa0, 0xffa0, HF_FOLD_INVISIBLE, 0},   {0xfff9, 0xfffb, HF_FOLD_INVISIBLE, 0},
    {0x104a0, 0x104a9, HF_FOLD_DIGIT, '0'},   {0x10d30, 0x10d39, HF_FOLD_DIGIT, '0'},
    {0x11066, 0x1106f, HF_FOLD_DIGIT, '0'},   {0x110f0, 0x110f9, HF_FOLD_DIGIT, '0'},
    {0x11136, 0x1113f, HF_FOLD_DIGIT, '0'},   {0x111d0, 0x111d9, HF_FOLD_DIGIT, '0'},
    {0x112f0, 0x112f9, HF_FOLD_DIGIT, '0'},   {0x11450, 0x11459, HF_FOLD_DIGIT, '0'},
    {0x114d0, 0x114d9, HF_FOLD_DIGIT, '0'},   {0x11650, 0x11659, HF_FOLD_DIGIT, '0'},
    {0x116c0, 0x116c9, HF_FOLD_DIGIT, '0'},   {0x11730, 0x11739, HF_FOLD_DIGIT, '0'},
    {0x118e0, 0x118e9, HF_FOLD_DIGIT, '0'},   {0x11950, 0x11959, HF_FOLD_DIGIT, '0'},
    {0x11c50, 0x11c59, HF_FOLD_DIGIT, '0'},   {0x11d50, 0x11d59, HF_FOLD_DIGIT, '0'},
    {0x11da0, 0x11da9, HF_FOLD_DIGIT, '0'},   {0x11f50, 0x11f59, HF_FOLD_DIGIT, '0'},
    {0x16a60, 0x16a69, HF_FOLD_DIGIT, '0'},   {0x16ac0, 0x16ac9, HF_FOLD_DIGIT, '0'},
    {0x16b50, 0x16b59, HF_FOLD_DIGIT, '0'},   {0x1d7ce, 0x1d7ff, HF_FOLD_DIGIT, '0'},
    {0x1e140, 0x1e149, HF_FOLD_DIGIT, '0'},   {0x1e2f0, 0x1e2f9, HF_FOLD_DIGIT, '0'},
    {0x1e4f0, 0x1e4f9, HF_FOLD_DIGIT, '0'},   {0x1e950, 0x1e959, HF_FOLD_DIGIT, '0'},
    {0x1f100, 0x1f100, HF_FOLD_DIGIT, '0'},   {0x1f101, 0x1f10a, HF_FOLD_DIGIT, '0'},
    {0x1fbf0, 0x1fbf9, HF_FOLD_DIGIT, '0'},   {0xe0000, 0xe0fff, HF_FOLD_INVISIBLE, 0},
};

/* --- unified ideographs ---
 *
 * Most text here is Chinese and means none of these, so that question takes one look: the slots
 * differ for all of them, and two in one slot would not compile (-Woverride-init).
 */
#define NUMERAL(scalar, digit) [HF_FOLD_SLOT(scalar)] = {(scalar), {HF_FOLD_DIGIT, (digit)}}
#define PROVINCE(scalar) [HF_FOLD_SLOT(scalar)] = {(scalar), {HF_FOLD_PROVINCE, 0}}
#define PLATE_TAIL(scalar) [HF_FOLD_SLOT(scalar)] = {(scalar), {HF_FOLD_OTHER, HF_FOLD_PLATE_TAIL}}

const struct hf_fold_slot hf_fold_ideographs[256] = {
    NUMERAL(0x96f6, '0'), /* 零 */
    NUMERAL(0x4e00, '1'), /* 一 */
    NUMERAL(0x58f9, '1'), /* 壹 */
    NUMERAL(0x5e7a, '1'), /* 幺 */
    NUMERAL(0x4e8c, '2'), /* 二 */
    NUMERAL(0x8cb3, '2'), /* 貳 */
    NUMERAL(0x8d30, '2'), /* 贰 */
    NUMERAL(0x4e09, '3'), /* 三 */
    NUMERAL(0x53c1, '3'), /* 叁 */
    NUMERAL(0x53c3, '3'), /* 參 */
    NUMERAL(0x53c4, '3'), /* 叄 */
    NUMERAL(0x56db, '4'), /* 四 */
    NUMERAL(0x8086, '4'), /* 肆 */
    NUMERAL(0x4e94, '5'), /* 五 */
    NUMERAL(0x4f0d, '5'), /* 伍 */
    NUMERAL(0x516d, '6'), /* 六 */
    NUMERAL(0x9646, '6'), /* 陆 */
    NUMERAL(0x9678, '6'), /* 陸 */
    NUMERAL(0x4e03, '7'), /* 七 */
    NUMERAL(0x67d2, '7'), /* 柒 */
    NUMERAL(0x516b, '8'), /* 八 */
    NUMERAL(0x634c, '8'), /* 捌 */
    NUMERAL(0x4e5d, '9'), /* 九 */
    NUMERAL(0x7396, '9'), /* 玖 */
    PROVINCE(0x4eac),     /* 京 */
    PROVINCE(0x6d25),     /* 津 */
    PROVINCE(0x6caa),     /* 沪 */
    PROVINCE(0x6e1d),     /* 渝 */
    PROVINCE(0x5180),     /* 冀 */
    PROVINCE(0x8c6b),     /* 豫 */
    PROVINCE(0x4e91),     /* 云 */
    PROVINCE(0x8fbd),     /* 辽 */
    PROVINCE(0x9ed1),     /* 黑 */
    PROVINCE(0x6e58),     /* 湘 */
    PROVINCE(0x7696),     /* 皖 */
    PROVINCE(0x9c81),     /* 鲁 */
    PROVINCE(0x65b0),     /* 新 */
    PROVINCE(0x82cf),     /* 苏 */
    PROVINCE(0x6d59),     /* 浙 */
    PROVINCE(0x8d63),     /* 赣 */
    PROVINCE(0x9102),     /* 鄂 */
    PROVINCE(0x6842),     /* 桂 */
    PROVINCE(0x7518),     /* 甘 */
    PROVINCE(0x664b),     /* 晋 */
    PROVINCE(0x8499),     /* 蒙 */
    PROVINCE(0x9655),     /* 陕 */
    PROVINCE(0x5409),     /* 吉 */
    PROVINCE(0x95fd),     /* 闽 */
    PROVINCE(0x8d35),     /* 贵 */
    PROVINCE(0x7ca4),     /* 粤 */
    PROVINCE(0x9752),     /* 青 */
    PROVINCE(0x85cf),     /* 藏 */
    PROVINCE(0x5ddd),     /* 川 */
    PROVINCE(0x5b81),     /* 宁 */
    PROVINCE(0x743c),     /* 琼 */
    PLATE_TAIL(0x6302),   /* 挂 */
    PLATE_TAIL(0x5b66),   /* 学 */
    PLATE_TAIL(0x8b66),   /* 警 */
    PLATE_TAIL(0x6e2f),   /* 港 */
    PLATE_TAIL(0x6fb3),   /* 澳 */
};

/* The range that holds @scalar, or NULL. */
static const struct range *find_range(uint32_t scalar)
{
    size_t low = 0;
    size_t high = sizeof ranges / sizeof ranges[0];
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (scalar > ranges[middle].last) {
            low = middle + 1;
        } else if (scalar < ranges[middle].first) {
            high = middle;
        } else {
            return &ranges[middle];
        }
    }
    return NULL;
}

struct hf_fold hf_fold_other(uint32_t scalar)
{
    const struct range *range = find_range(scalar);
    struct hf_fold fold = {HF_FOLD_OTHER, 0};
    if (!range) {
        return fold;
    }
    uint32_t n = scalar - range->first;
    fold.kind = range->kind;
    fold.text = range->text;
    if (fold.kind == HF_FOLD_DIGIT) {
        fold.text = (uint8_t)('0' + ((uint32_t)(range->text - '0') + n) % 10);
    } else if (fold.kind == HF_FOLD_LETTER) {
        fold.text = (uint8_t)(range->text + n);
    }
    return fold;
}
