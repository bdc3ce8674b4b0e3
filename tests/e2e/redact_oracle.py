"""What the redactor must hand out, worked out a second time from docs/catalog-and-policy.md.

It has the whole answer before it, goes through it once, and writes down what leaves. Written without
a look at the program.
"""
import base64
import calendar
import datetime
import decimal
import functools
import hmac
import re

import detect_oracle

MAX_DEPTH, MAX_MEMBERS, MAX_STRING, MAX_ROW, MAX_HELD = 64, 10_000, 1 << 20, 64 << 10, 32 << 10
MAX_VALUE, MAX_NUMBER, MAX_EXPONENT = 1024, 64, 64
SPACE = re.compile(r"[ \t\n\r]*")
NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?(?:[eE]([+-]?[0-9]+))?")
LOW = r"\\u[dD][c-fC-F][0-9a-fA-F]{2}"
UNIT = re.compile(r'[^"\\\x00-\x1f\ud800-\udfff]|\\["\\/bfnrt]'
                  rf"|\\u[dD][89abAB][0-9a-fA-F]{{2}}{LOW}|(?!\\u[dD][89a-fA-F])\\u[0-9a-fA-F]{{4}}")
PLAIN = re.compile(r'"([^"\\\x00-\x1f\ud800-\udfff]*)"')
SHORT = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
ARITHMETIC = decimal.Context(prec=400, rounding=decimal.ROUND_HALF_UP)


class Fault(Exception):
    """The answer is not believed. `left`: what may have left; `tail`: of the value under way."""


class SomeoneElse(Fault):
    """The answer names another subject."""


class String:
    """One string of the answer: the source's spelling of each character, and the characters."""

    def __init__(self, raws):
        self.raws = raws
        self.text = "".join(map(decoded, raws))


def decoded(raw):
    if raw[0] != "\\":
        return raw
    if raw[1] != "u":
        return SHORT.get(raw[1], raw[1])
    units = [int(unit, 16) for unit in raw[2:].split("\\u")]
    return chr(units[0] if len(units) == 1 else 0x10000 + ((units[0] & 0x3FF) << 10) + (units[1] & 0x3FF))


def quoted(text):
    """A string written anew."""
    short = {'"': '\\"', "\\": "\\\\", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
    return '"' + "".join(short.get(c) or (f"\\u{ord(c):04x}" if c < " " else c) for c in text) + '"'


# ---- values ----

TIME = re.compile(r"(\d{4}-\d\d-\d\d)[Tt]([01]\d|2[0-3]):([0-5]\d):([0-5]\d|60)(?:\.\d+)?"
                  r"(?:([Zz])|([+-])([01]\d|2[0-3]):([0-5]\d))", re.ASCII)


def day(year, month, of_month):
    try:
        return datetime.date(int(year), int(month), int(of_month))
    except ValueError:
        return None


@functools.cache
def span(text):
    """First and last day that a date's spelling covers, and the unit; None when it is no date."""
    if len(text) > MAX_VALUE:
        return None
    found = re.fullmatch(r"(\d{4})(?:-(\d\d))?", text, re.ASCII)
    if found:
        year, month = int(found[1]), int(found[2] or 12)
        if not year or not 1 <= month <= 12:
            return None
        last = day(year, month, calendar.monthrange(year, month)[1])
        return day(year, int(found[2] or 1), 1), last, "month" if found[2] else "year"
    found = re.fullmatch(r"(\d{4})(-?)(\d\d)\2(\d\d)", text, re.ASCII)
    if found:
        one = day(found[1], found[3], found[4])
        return (one, one, "day") if one else None
    found = TIME.fullmatch(text)
    one = found and day(*found[1].split("-"))
    if not one:
        return None
    moment = datetime.timedelta(hours=int(found[2]), minutes=int(found[3]), seconds=min(int(found[4]), 59))
    if not found[5]:
        offset = datetime.timedelta(hours=int(found[7]), minutes=int(found[8]))
        moment -= offset if found[6] == "+" else -offset
    try:
        one += datetime.timedelta(days=(moment + datetime.timedelta(hours=8)).days)
    except OverflowError:
        return None
    return one, one, "day"


def truncated(text, to):
    first, _, unit = span(text)
    if to == "year" or unit == "year":
        return f"{first.year:04}"
    return f"{first.year:04}-{first.month:02}" if to == "month" else f"{first.year:04}-Q{(first.month + 2) // 3}"


def masked(text, first, last):
    if len(text) <= first + last + 2:
        return "*" * len(text)
    return text[:first] + "*" * (len(text) - first - last) + text[len(text) - last:]


def rounded(lexeme, step):
    step = decimal.Decimal(str(step))
    units = ARITHMETIC.to_integral_value(ARITHMETIC.divide(decimal.Decimal(lexeme), step))
    value = ARITHMETIC.quantize(ARITHMETIC.multiply(units, step), step)
    return f"{abs(value) if value == 0 else value:f}"


def ranged(lexeme, edges):
    """Between which two edges a number lies."""
    head, _, exponent = lexeme.lower().partition("e")
    number = decimal.Decimal(f"{head}e{max(-9999, min(9999, int(exponent or 0)))}")  # beyond, it is no matter
    below = [edge for edge in edges if decimal.Decimal(str(edge)) <= number]
    above = [edge for edge in edges if edge not in below]
    return f'"{below[-1] if below else ""}..{above[0] if above else ""}"'


def pseudonym(view, value):
    """What stands for a value in answers to one bank."""
    tag = hmac.digest(view.person_key, f"bank:{view.access['bank']}:{value}".encode(), "sha256")
    return '"' + base64.b32encode(tag[:16]).decode().rstrip("=") + '"'


# ---- an answer ----

class Redaction:
    """One answer on its way. `left` is what has left when a row or string is not held."""

    def __init__(self, view, subject, body):
        self.view, self.subject = view, subject
        try:
            self.text = body.decode()
        except UnicodeDecodeError as error:
            self.text = body[:error.start].decode() + "\ud800"  # which is a fault wherever it stands
        self.at, self.depth = 0, 0
        self.out, self.held = [], None
        self.objects, self.last = [], None  # those that are open; the scalar read last
        self.range = view.range and tuple(map(datetime.date.fromisoformat, view.range))

    def run(self):
        try:
            if self.view.lines:
                return self.run_lines()
            self.space()
            if not self.value(self.view.root, ""):
                self.put("null")
            self.space()
            if self.at < len(self.text):
                self.fault()
        except Fault as fault:
            held = min(self.waits() + [len(self.out) if self.held is None else self.held])
            fault.left = "".join(self.out[:held])
            fault.tail = "" if self.held is not None or self.waits() else getattr(fault, "tail", "")
            raise
        return "".join(self.out)

    def run_lines(self):
        place, text, end = self.view.root, self.text, 0
        while end < len(text):
            begin, end = end, (text.find("\n", end) + 1) or len(text)
            if not text[begin:end].strip(" \t\r\n"):
                continue
            self.text, self.at = text[:end], begin
            self.space()
            if self.row(place.item, "") if place.rows else self.value(place.item, ""):
                self.put("\n")
            self.space()
            if self.at < end:
                self.fault()
        return "".join(self.out)

    def fault(self):
        raise Fault

    def put(self, text):
        self.out.append(text)
        return True

    def space(self):
        self.at = SPACE.match(self.text, self.at).end()

    def peek(self):
        return self.text[self.at:self.at + 1]

    def expect(self, text):
        if not self.text.startswith(text, self.at):
            self.fault()
        self.at += len(text)

    # What is read is of a kind: a container by its bracket, a scalar by what it is.

    def scalar(self, under_way=None):
        """A string, a number's match, or "true", "false", "null"."""
        if self.peek() == '"':
            return self.string(under_way)
        found = NUMBER.match(self.text, self.at)
        if found:
            self.at = found.end()
            return found
        for word in ("true", "false", "null"):
            if self.text.startswith(word, self.at):
                self.at += len(word)
                return word
        return self.fault()

    def string(self, under_way=None):
        start = self.at + 1
        plain = PLAIN.match(self.text, self.at)
        if plain:
            self.at = plain.end()
            raws = plain[1]
        else:
            self.at, raws = start, []
            while found := UNIT.match(self.text, self.at):
                raws.append(found[0])
                self.at = found.end()
            if self.peek() != '"':
                fault = Fault()
                fault.tail = [under_way, '"', *raws] if under_way is not None else []
                raise fault
            self.at += 1
        if len(self.text[start:self.at - 1].encode()) > MAX_STRING:
            self.fault()
        return String(raws)

    def value(self, place, lead):
        """Reads a value and writes what leaves of it, with `lead` before; whether anything did."""
        mark, self.last = self.peek(), None
        if mark in ("{", "["):
            wanted = "object" if mark == "{" else "array"
            if place is not None and place.kind == wanted:
                self.put(lead)
                return self.object(place) if mark == "{" else self.array(place)
            self.object(None) if mark == "{" else self.array(None)
            return False
        if place is None or place.kind == "dropped":
            self.scalar()
            return False
        if place.kind != "leaf":
            return self.scalar() == "null" and place.nullable and self.put(lead + "null")
        streams = place.treatment["do"] in ("keep", "scan") and not place.persons
        value = self.scalar(lead if streams else None)
        leaves, self.last = self.leaf(place, value), value
        if leaves is None or (place.persons and not self.may_be(place, value)):
            return False
        return self.put(lead + leaves)

    # ---- whose it is ----

    def named(self, place, value):
        """The person that a value names."""
        if (not isinstance(value, String) or not re.fullmatch("[0-9]{17}[0-9Xx]", value.text)
                or (place.max or 18) < 18):
            return None
        tag = hmac.digest(self.view.person_key, b"id:" + value.text.upper().encode(), "sha256")
        return "person:" + base64.urlsafe_b64encode(tag).decode().rstrip("=")

    def may_be(self, place, value):
        """Whether what is somebody's leaves, or may yet: then it waits."""
        if not place.owner:
            return self.named(place, value) in place.persons
        here = self.objects[-1]
        if place.owner in here["owners"]:
            return here["owners"][place.owner] in place.persons
        here["waiting"].append((len(self.out), place))
        return True

    def waits(self):
        return [start for here in self.objects for start, _ in here["waiting"]]

    def settle(self, here, is_over=False):
        """What waits goes, or no longer waits, when its owner is known."""
        if here["waiting"] and len("".join(self.out[min(self.waits()):]).encode()) > MAX_ROW:
            self.fault()
        for start, place in list(here["waiting"]):
            if place.owner in here["owners"] or is_over:
                here["waiting"].remove((start, place))
                if here["owners"].get(place.owner) not in place.persons:
                    here["left"].remove(start)
                    self.out[start] = ""
        for n, start in enumerate(here["left"]):
            self.out[start] = ("," if n else "") + self.out[start].removeprefix(",")

    def open(self):
        self.depth += 1
        if self.depth > MAX_DEPTH:
            self.fault()
        self.at += 1
        self.space()

    def close(self, bracket):
        self.expect(bracket)
        self.depth -= 1

    def object(self, place):
        self.open()
        seen, n, here = set(), 0, {"owners": {}, "waiting": [], "left": []}
        if place:
            self.put("{")
        self.objects.append(here)
        while self.peek() != "}" or n:
            n += 1
            if self.peek() != '"' or n > MAX_MEMBERS:
                self.fault()
            name = self.string().text
            member = place.members.get(name) if place else None
            if member and name in seen:
                self.fault()
            seen.add(name)
            self.space()
            self.expect(":")
            self.space()
            start = len(self.out)
            if self.value(member, ("," if here["left"] else "") + quoted(name) + ":"):
                here["left"].append(start)
            if member and any(other.persons and other.owner == name for other in place.members.values()):
                here["owners"][name] = self.named(member, self.last)
                self.settle(here)
            self.space()
            if self.peek() != ",":
                break
            self.at += 1
            self.space()
        if self.peek() == "}":
            self.settle(here, is_over=True)
        self.objects.pop()
        if place:
            self.put("}")
        self.close("}")
        return True

    def array(self, place):
        self.open()
        any_left, n = False, 0
        if place:
            self.put("[")
        while self.peek() != "]" or n:
            n += 1
            lead = "," if any_left else ""
            if place and place.rows:
                any_left |= self.row(place.item, lead)
            else:
                any_left |= self.value(place.item if place else None, lead)
            self.space()
            if self.peek() != ",":
                break
            self.at += 1
            self.space()
        if place:
            self.put("]")
        self.close("]")
        return True

    def row(self, place, lead):
        if not self.range:
            return self.value(place, lead)
        self.held, self.dates = len(self.out), {}
        is_object = self.peek() == "{" and place.kind == "object"
        self.value(place, lead)
        dated = [leaf for leaf in place.leaves() if leaf.says("date")]
        passes = is_object and all(self.dates.get(leaf.path) for leaf in dated)
        if len("".join(self.out[self.held:]).encode()) > MAX_ROW:
            self.fault()
        if not passes:
            del self.out[self.held:]
        self.held = None
        return passes

    def judge(self, place, value):
        """A leaf that decides whether its row passes."""
        found = isinstance(value, String) and not self.too_long(place, value) and span(value.text)
        if self.range and self.held is not None:
            self.dates[place.path] = bool(found) and self.range[0] <= found[0] and found[1] <= self.range[1]

    @staticmethod
    def too_long(place, value):
        return bool(place.max) and len(value.text) > place.max

    def leaf(self, place, value):
        """What leaves of a scalar; None: nothing."""
        if place.says("date"):
            self.judge(place, value)
        if place.says("subject_echo"):
            if isinstance(value, String) and (value.text != self.subject or self.too_long(place, value)):
                raise SomeoneElse
            if value == "null":
                return None
        kind = place.treatment["do"]
        if kind == "drop":
            return None
        if value == "null":
            return "null" if place.nullable else None
        if isinstance(value, String):
            return self.treat_string(place, kind, value)
        if isinstance(value, str):
            return ("null" if kind == "null" else value) if "boolean" in place.types else None
        return self.treat_number(place, kind, value)

    def treat_string(self, place, kind, value):
        if "string" not in place.types or (place.is_date and not span(value.text)) or self.too_long(place, value):
            return None
        if kind == "null":
            return "null"
        if kind in ("keep", "scan") and (place.max or place.persons) and len("".join(value.raws).encode()) > MAX_HELD:
            return None
        if kind == "keep":
            return '"' + "".join(value.raws) + '"'
        if kind == "scan":
            stars = detect_oracle.Text(value.text).find_all()
            return '"' + "".join("*" if star else raw for star, raw in zip(stars, value.raws)) + '"'
        if len(value.text.encode()) > MAX_VALUE:
            return None
        if kind == "pseudonym":
            return pseudonym(self.view, value.text)
        if kind == "mask":
            return quoted(masked(value.text, place.treatment["keep_first"], place.treatment["keep_last"]))
        return quoted(truncated(value.text, place.treatment["to"]))

    def treat_number(self, place, kind, value):
        lexeme, is_whole = value[0], value[1] is None and "e" not in value[0].lower()
        if not ("number" in place.types or ("integer" in place.types and is_whole)):
            return None
        if len(lexeme) > MAX_NUMBER:
            return None
        if kind == "null":
            return "null"
        if kind == "pseudonym":
            return pseudonym(self.view, lexeme)
        if kind == "bucket":
            return ranged(lexeme, place.treatment["edges"])
        if kind == "round":
            return None if abs(int(value[2] or 0)) > MAX_EXPONENT else rounded(lexeme, place.treatment["step"])
        if "number" not in place.types and detect_oracle.is_integer(lexeme):
            return None
        return lexeme


def redact(view, subject, body):
    """The bytes that leave; Fault when the answer is not believed."""
    return Redaction(view, subject, body).run().encode()


def may_have_left(fault, left):
    """Whether `left` is a prefix of what was clean to hand out when the answer broke."""
    if fault.left.startswith(left) or (not fault.left and left == "null"):  # a root withheld
        return True
    if not left.startswith(fault.left):
        return False
    rest, i = left[len(fault.left):], 0
    for raw in fault.tail:
        if i >= len(rest):
            return True
        if rest.startswith(raw, i):
            i += len(raw)
        elif rest[i] == "*":
            i += 1
        else:
            return raw.startswith(rest[i:])
    return i == len(rest)
