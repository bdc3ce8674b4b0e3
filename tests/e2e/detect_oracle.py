"""What is masked in a text, worked out a second time from docs/catalog-and-policy.md,
"Identifiers in text": slowly, on the whole text, without a look at the program."""

import datetime
import functools
import re
import unicodedata

RANGES = {  # of digits: first, last, value of the first
    (0xB2, 0xB3): 2, (0xB9, 0xB9): 1, (0x2070, 0x2070): 0, (0x2074, 0x2079): 4, (0x2080, 0x2089): 0,
    (0x2460, 0x2468): 1, (0x2474, 0x247C): 1, (0x2488, 0x2490): 1, (0x24EA, 0x24EA): 0,
    (0x24F5, 0x24FD): 1, (0x24FF, 0x24FF): 0, (0x2776, 0x277E): 1, (0x2780, 0x2788): 1,
    (0x278A, 0x2792): 1, (0x1F100, 0x1F100): 0, (0x1F101, 0x1F10A): 0, (0x3007, 0x3007): 0,
    (0x25CB, 0x25CB): 0, (0x3021, 0x3029): 1, (0x3220, 0x3228): 1, (0x3280, 0x3288): 1}
NUMERALS = {**dict(zip("零一二三四五六七八九", "0123456789")), "幺": "1", "貳": "2", "參": "3", "叄": "3",
            "陸": "6", **dict(zip("壹贰叁肆伍陆柒捌玖", "123456789"))}
PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
SEPARATORS = (" \t\n\v\f\r()\x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000\uff08\uff09"
              + "".join(map(chr, range(0x2000, 0x200B))))
DOTS = ".\xb7\u2022\u2024\u2027\u22c5\u30fb\ufe52\uff0e\uff65"
HYPHENS = "-\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d"
INVISIBLE = [(0, 0x1F), (0x7F, 0x9F), (0xAD, 0xAD), (0x300, 0x36F), (0x61C, 0x61C), (0x115F, 0x1160),
             (0x17B4, 0x17B5), (0x180B, 0x180F), (0x1AB0, 0x1AFF), (0x1DC0, 0x1DFF),
             (0x200B, 0x200F), (0x202A, 0x202E), (0x2060, 0x206F), (0x20D0, 0x20FF),
             (0x3164, 0x3164), (0xFE00, 0xFE0F), (0xFE20, 0xFE2F), (0xFEFF, 0xFEFF),
             (0xFFA0, 0xFFA0), (0xFFF9, 0xFFFB), (0xE0000, 0xE0FFF)]
WEIGHTS = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]
USCC = "0123456789ABCDEFGHJKLMNPQRTUWXY"


@functools.cache
def kind_of(character):
    """One letter for the kind, and the folded text."""
    code = ord(character)
    for (first, last), value in RANGES.items():
        if first <= code <= last:
            return "d", str((value + code - first) % 10)
    if unicodedata.category(character) == "Nd":
        return "d", str(unicodedata.digit(character))
    if code in range(0x11F50, 0x11F5A) or code in range(0x1E4F0, 0x1E4FA):
        return "d", str((code - 0x11F50 if code < 0x12000 else code - 0x1E4F0))
    if character in NUMERALS:
        return "d", NUMERALS[character]
    if re.fullmatch("[A-Za-zＡ-Ｚａ-ｚ]", character):
        return "l", unicodedata.normalize("NFKC", character).upper()
    if character in "\u00d7\u03a7\u03c7\u0425\u0445\u2169\u2179":
        return "l", "X"
    if character in PROVINCES:
        return "p", "#"
    for signs, text in ((SEPARATORS, " "), (DOTS, "."), (HYPHENS, "-"), ("_\uff3f", "_")):
        if character in signs:
            return "s", text
    if any(first <= code <= last for first, last in INVISIBLE):
        return "i", ""
    return "o", {"\ufe6b": "@", "\uff20": "@", "\uff05": "%", "\uff0b": "+"}.get(character, character)


def day(text):
    try:
        return bool(datetime.datetime.strptime(text, "%Y%m%d"))
    except ValueError:
        return False


def province(text):
    return re.match("1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|8[1-3]|9", text)


def uscc(text):
    if not re.fullmatch(f"[{USCC}]{{2}}[0-9]{{6}}[{USCC}]{{10}}", text):
        return False
    total = sum(USCC.index(c) * pow(3, i, 31) for i, c in enumerate(text[:17]))
    return text[17] == USCC[-total % 31]


def resident(text):
    if not re.fullmatch("[0-9]{17}[0-9X]", text) or not province(text) or not day(text[6:14]):
        return False
    total = sum(int(c) * w for c, w in zip(text, WEIGHTS))
    return (1850 <= int(text[6:10]) <= 2100 and text[17] == "10X98765432"[total % 11]
            and not (text[0] == "9" and uscc(text)))


def card(text):
    doubled = [int(c) * (1 + i % 2) for i, c in enumerate(reversed(text))]
    return (re.fullmatch("[0-9]{13,19}", text) and sum(n // 10 + n % 10 for n in doubled) % 10 == 0
            and (text[0] in "34569" or 2221 <= int(text[:4]) <= 2720))


def area(text, trunk):
    """Digits of the area, the trunk's 0 with them; 0 when it is no landline."""
    found = re.fullmatch(("0" if trunk else "") + "(?:(10|2[0-9])[2-9][0-9]{7}|([3-9][0-9]{2})[2-9][0-9]{6,7})",
                         text)
    return len(found[1] or found[2]) + trunk if found else 0


def permit(text):
    return re.fullmatch("[CDEGHMPSW][0-9]{8}|[HM][0-9]{10}|([EC][A-Z]|[DSP]E)[0-9]{7}", text)


class Text:
    def __init__(self, text):
        self.text = text
        self.kinds, self.folded = zip(*map(kind_of, text)) if text else ((), ())
        self.stars = [False] * len(text)
        self.marks = [i for i, kind in enumerate(self.kinds) if kind in "dlp"]
        self.groups = {}
        for found in re.finditer("d[di]*", "".join(self.kinds)):
            for i in range(*found.span()):
                self.groups[i] = found.span()

    def gap(self, m):
        return "".join(self.kinds[self.marks[m - 1] + 1:self.marks[m]])

    def linked(self, m):
        gap = self.gap(m) if 0 < m < len(self.marks) else "o"
        return ("o" not in gap and len(gap) <= 6 and gap.count("s") <= 3
                and self.kinds[self.marks[m]] != "p")

    def parted(self, m):
        return "s" in self.gap(m) if m else False

    def is_digit(self, m):
        return self.kinds[self.marks[m]] == "d"

    def group(self, m):
        return self.groups[self.marks[m]] if self.is_digit(m) else None

    def begins_group(self, m):
        return not self.linked(m) or self.parted(m) or not self.is_digit(m - 1)

    def behind_country(self, m):
        for code in ("86", "0086"):
            first = m - len(code)
            if (self.linked(m) and first >= 0 and self.string(first, m - 1) == code
                    and self.begins_group(first)
                    and not any(self.begins_group(k) for k in range(first + 1, m))):
                return True
        return False

    def begins_number(self, m):
        return self.begins_group(m) or self.behind_country(m)

    def ends_group(self, m):
        return not self.linked(m + 1) or self.group(m + 1) != self.group(m)

    def string(self, i, j):
        return "".join(self.folded[self.marks[k]] for k in range(i, j + 1))

    def mask(self, i, j):
        first, last = self.marks[i], self.marks[j] + 1
        if self.is_digit(i):
            first = self.group(i)[0]
        if self.is_digit(j):
            last = self.group(j)[1]
        self.stars[first:last] = [True] * (last - first)

    def is_landline(self, i, j, inside, alone):
        text = self.string(i, j)
        size = area(text, True) if self.begins_number(i) else 0
        size = size or (area(text, False) if self.behind_country(i) else 0)
        partings = [k for k in range(i + 1, j + 1) if self.parted(k)]
        return size and (inside or (alone and (len(partings) == j - i or partings[:1] == [i + size])))

    def is_window(self, i, j):
        text, n = self.string(i, j), j - i + 1
        if n == 18 and (resident(text) or resident(text[::-1]) or (text[0] in "123456789ANY" and uscc(text))):
            return True
        if not all(self.is_digit(k) for k in range(i, j + 1)):
            return False
        inside = self.group(i) == self.group(j)
        alone = self.begins_number(i) and self.ends_group(j)
        old = n == 15 and province(text) and day("19" + text[6:12])
        mobile = re.fullmatch("1[3-9][0-9]{9}", text)
        return (((inside or alone) and (old or mobile))
                or ((alone or (inside and n in (16, 19))) and card(text))
                or self.is_landline(i, j, inside, alone))

    def is_permit(self, i, j):
        text = self.string(i, j)
        if not permit(text) or not self.ends_group(j):
            return False
        letters = 1 if text[1].isdigit() else 2
        begins = not self.linked(i) or self.parted(i) or self.folded[self.marks[i - 1]] == "#"
        letter_next = self.linked(j + 1) and not self.parted(j + 1) and not self.is_digit(j + 1)
        parted = any(self.parted(k) for k in range(i + letters, j + 1))
        is_day = parted and len(text) - letters == 8 and day(text[letters:])
        return begins and (letters == 1 or not self.parted(i + 1)) and not letter_next and not is_day

    def mask_plate(self, i):
        j = i
        while self.linked(j + 1) and j - i < 7:
            j += 1
        text = self.string(i, j)
        serial = re.fullmatch("#[A-Z]([0-9A-HJ-NP-Z]{5}).?", text)
        if serial and len(re.findall("[0-9]", serial[1])) >= 3:
            self.mask(i, i + 6)
            if len(text) == 8 and not self.parted(i + 7):
                self.mask(i, i + 7)
        serial = re.fullmatch("#[A-Z]([0-9A-HJ-NP-Z]{4})", text)
        tail = re.match("i{0,6}(?=o)", "".join(self.kinds[self.marks[j] + 1:]))
        if serial and tail and len(re.findall("[0-9]", serial[1])) >= 3:
            end = self.marks[j] + 1 + tail.end()
            if self.text[end] in "挂学警港澳":
                self.stars[self.marks[i]:end + 1] = [True] * (end + 1 - self.marks[i])

    def mask_mails(self):
        shape = "".join(kind if kind in "dli" else {"s.": ".", "s-": ".", "s_": "_", "o%": "_", "o+": "_",
                                                    "o@": "@"}.get(kind + text, " ")
                        for kind, text in zip(self.kinds, self.folded))
        floor, at = 0, shape.find("@")
        while at >= 0:
            first = at
            while first > floor and shape[first - 1] in "dl._i":
                first -= 1
            while first < at and shape[first] == "i":
                first += 1
            floor = at + 1 if first == at else self.mask_mail(shape, max(first, at - 64), at)
            at = shape.find("@", floor)

    def mask_mail(self, shape, first, at):
        """The address, and those that hang on it; returns what comes behind them."""
        while True:
            domain = re.match("@(i{0,6}[dl]|i{7})([dl]|[.i]{1,8}[dl])*", shape[at:])
            if not domain:
                return at + 1 + re.match("i{0,6}", shape[at + 1:]).end()
            end = at + domain.end()
            self.stars[first:end] = [True] * (end - first)
            behind = end + re.match("[.i]{0,8}", shape[end:]).end()
            if shape[behind:behind + 1] != "@":
                return behind
            first, at = end, behind

    def find_all(self):
        """Of each character, whether it is masked."""
        for first, last in set(self.groups.values()):
            kinds = "".join(self.kinds[first:last])
            if kinds.count("d") > 64 or len(kinds) > 96 or "i" * 7 in kinds:
                self.stars[first:last] = [True] * (last - first)
        for i in range(len(self.marks)):
            if self.kinds[self.marks[i]] == "p":
                self.mask_plate(i)
            j = i
            while self.linked(j + 1) and j - i < 18:
                j += 1
                if self.is_window(i, j) or self.is_permit(i, j):
                    self.mask(i, j)
        self.mask_mails()
        return self.stars


def masked(text):
    return "".join("*" if star else c for star, c in zip(Text(text).find_all(), text))


def is_integer(lexeme):
    """Whether a whole number is somebody's."""
    if len(lexeme) < 11 or lexeme.startswith("-"):
        return False
    mobile = "(86)?1[3-9][0-9]{9}"
    old = len(lexeme) == 15 and province(lexeme) and day("19" + lexeme[6:12])
    return bool(len(lexeme) > 64 or resident(lexeme) or resident(lexeme[::-1])
                or (lexeme[0] != "0" and uscc(lexeme)) or card(lexeme) or old or re.fullmatch(mobile, lexeme))
