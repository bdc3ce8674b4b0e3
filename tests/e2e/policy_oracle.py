"""What leaves of an answer, worked out a second time from docs/catalog-and-policy.md.

Written for clarity and without a look at the program: it reads the whole answer, knows nothing of
streams, and handles what the example catalogs use.
"""
import datetime
import decimal
import json

import detect_oracle

CLASSES = ["public", "trade_secret", "personal", "sensitive_personal"]
DROP = object()


class SomeoneElse(Exception):
    """The answer names another subject."""


class Number(str):
    """A number as the source wrote it."""


def read(text):
    return json.loads(text, parse_int=Number, parse_float=Number)


def resolve(document, node):
    """The keywords of a schema with `$ref` and `allOf` folded in, properties united."""
    merged = {"properties": {}}
    parts = [node]
    while parts:
        part = parts.pop(0)
        for key, value in part.items():
            if key == "$ref":
                target = document
                for token in value[2:].split("/"):
                    target = target[token]
                parts.append(target)
            elif key == "allOf":
                parts.extend(value)
            elif key == "properties":
                merged["properties"].update(value)
            else:
                merged.setdefault(key, value)
    return merged


def span(text):
    """First and last day that a date's spelling covers, or None."""
    for form, step in (("%Y", "year"), ("%Y-%m", "month"), ("%Y-%m-%d", "day"), ("%Y%m%d", "day")):
        lengths = {"%Y": 4, "%Y-%m": 7, "%Y-%m-%d": 10, "%Y%m%d": 8}
        try:
            if not isinstance(text, str) or isinstance(text, Number) or len(text) != lengths[form]:
                continue
            first = datetime.datetime.strptime(text, form).date()
        except ValueError:
            continue
        if step == "year":
            return first, first.replace(month=12, day=31)
        if step == "month":
            after = (first.replace(day=28) + datetime.timedelta(days=4)).replace(day=1)
            return first, after - datetime.timedelta(days=1)
        return first, first
    return None


def rounded(lexeme, step):
    step = decimal.Decimal(str(step))
    units = (decimal.Decimal(lexeme) / step).quantize(0, rounding=decimal.ROUND_HALF_UP)
    value = (units * step).quantize(step)
    return Number(f"{abs(value) if value == 0 else value:f}")


def masked(text, first, last):
    if len(text) <= first + last + 2:
        return "*" * len(text)
    return text[:first] + "*" * (len(text) - first - last) + text[len(text) - last:]


def truncated(text, to):
    first, last = span(text)
    if to == "year" or first.year != last.year or first.month != last.month:
        return f"{first.year:04}"
    return f"{first.year:04}-{first.month:02}" if to == "month" else (
        f"{first.year:04}-Q{(first.month + 2) // 3}")


class Oracle:
    def __init__(self, catalog, policy, operation):
        self.catalog, self.policy = catalog, policy
        method, path = operation.split(" ", 1)
        self.operation = catalog["paths"][path][method.lower()]
        self.note = self.operation["x-hufu"]
        self.source = catalog["info"]["x-hufu"]["source"]
        self.dataset = f"{self.source}/{self.note['dataset']}"
        self.rows = self.note.get("rows")
        content = self.operation["responses"]["200"]["content"]
        self.schema = content["application/json"]["schema"]

    def run(self, answer, subject, bank, purpose=None, actions=(), scopes=()):
        self.subject, self.bank, self.purpose, self.actions = subject, bank, purpose, set(actions)
        self.scopes = [scope for scope in scopes if self.covers(scope)]
        self.leading = self.scopes[0] if self.scopes else None
        out = self.walk(self.schema, answer, "", "", False)
        return None if out is DROP else out

    def covers(self, scope):
        return (self.dataset in scope["datatypes"]
                and (self.note.get("detail") != "records" or scope.get("detail") == "records")
                and self.purpose in scope["purposes"]
                and self.actions and self.actions <= set(scope["actions"])
                and (not self.rows or "range" in scope))

    def walk(self, schema, value, path, pointer, in_rows):
        schema = resolve(self.catalog, schema)
        if schema["properties"] or schema.get("type") == "object":
            if not isinstance(value, dict):
                return DROP
            return self.members(schema, value, path, pointer, in_rows)
        if schema.get("type") == "array":
            if not isinstance(value, list):
                return DROP
            dated = pointer == self.rows
            items = [self.walk(schema["items"], item, path + "[]", pointer + "/-", in_rows or dated)
                     for item in value if not dated or self.row_passes(schema["items"], item)]
            return [item for item in items if item is not DROP]
        return self.leaf(schema, value, path, in_rows)

    def members(self, schema, value, path, pointer, in_rows):
        out = {}
        for name, member in value.items():
            if name in schema["properties"]:
                left = self.walk(schema["properties"][name], member,
                                 f"{path}.{name}" if path else name, f"{pointer}/{name}", in_rows)
                if left is not DROP:
                    out[name] = left
        return out

    def row_passes(self, schema, row):
        if not self.leading:
            return True
        first, last = (datetime.date.fromisoformat(self.leading["range"][end])
                       for end in ("from", "to"))
        schema = resolve(self.catalog, schema)
        for name, member in schema["properties"].items():
            member = resolve(self.catalog, member)
            if member.get("x-hufu", {}).get("date"):
                days = span(row.get(name))
                if not days or days[0] < first or days[1] > last:
                    return False
        return True

    def leaf(self, schema, value, path, in_rows):
        note = schema.get("x-hufu", {})
        is_date = note.get("date") or schema.get("format") in ("date", "date-time")
        treatment = self.treatment(note, path, in_rows)
        if treatment["do"] == "drop":
            return DROP
        if value is None:
            return None if schema.get("nullable") else DROP
        right = {"string": type(value) is str, "number": type(value) is Number,
                 "integer": type(value) is Number and value.lstrip("-").isdigit(),
                 "boolean": type(value) is bool}[schema["type"]]
        if note.get("subject_echo") and type(value) is str and value != self.subject:
            raise SomeoneElse
        if not right or (is_date and not span(value)):
            return DROP
        if schema.get("maxLength") and len(value) > schema["maxLength"]:
            return DROP
        return self.treat(schema, treatment, value)

    def treat(self, schema, treatment, value):
        kind = treatment["do"]
        if type(value) is Number and kind in ("keep", "scan"):
            whole = schema["type"] == "integer"
            return DROP if whole and detect_oracle.is_integer(value) else value
        if kind == "scan":
            return detect_oracle.masked(value)
        if kind == "mask":
            return masked(value, treatment["keep_first"], treatment["keep_last"])
        if kind == "round":
            return rounded(value, treatment["step"])
        if kind == "truncate_date":
            return truncated(value, treatment["to"])
        return None if kind == "null" else value

    def treatment(self, note, path, in_rows):
        drop = {"do": "drop"}
        kind = note.get("class")
        sole_trader = self.subject.startswith("92")
        if (not kind or kind in CLASSES[2:] or note.get("owner")
                or (sole_trader and kind != "public")
                or (self.rows and not in_rows and kind != "public" and not note.get("undated"))):
            return drop
        covered = kind == "public" or any(
            kind in scope["classes"]
            and (not in_rows or (scope["range"]["from"] <= self.leading["range"]["from"]
                                 and scope["range"]["to"] >= self.leading["range"]["to"]))
            and ("fields" not in scope or path in scope["fields"]) for scope in self.scopes)
        for rule in self.policy["rules"]:
            if self.matches(rule["when"], note, path, sole_trader):
                done = rule["do"] if covered else rule.get("without_consent", "drop")
                if note.get("text"):
                    done = {"keep": "scan", "scan": "scan", "null": "null"}.get(done, "drop")
                return {**rule, "do": done}
        return drop

    def matches(self, when, note, path, sole_trader):
        facts = {"class": {note["class"]}, "identifier": {note.get("identifier")},
                 "source": {self.source}, "dataset": {self.dataset, self.note["dataset"]},
                 "field": {path}, "purpose": {self.purpose}, "bank": {self.bank},
                 "subject_kind": {"sole_trader" if sole_trader else "legal"}}
        for name, wanted in when.items():
            wanted = wanted if isinstance(wanted, list) else [wanted]
            if name == "level_at_least":
                if note.get("level", 5) < wanted[0]:
                    return False
            elif name == "action":
                if not self.actions or not self.actions <= set(wanted):
                    return False
            elif not facts[name] & set(wanted):
                return False
        return True
