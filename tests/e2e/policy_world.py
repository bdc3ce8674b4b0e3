"""Random catalogs, policies, accesses and answers; and answers with a canary where nothing may leave.

A world is a function of its seed. What stands in it is written down as a department or an operator
might write it: in other orders and spellings, with things that nobody declared.
"""
import base64
import hmac
import itertools
import json
import random
import re
import unicodedata

BANK, SUBJECT, SOLE, TRADER = "911100001000044477", "91350100M000100Y43", "92999999MA0000B07L", "person:" + "T" * 43
CLASSES = ["public", "trade_secret", "personal", "sensitive_personal"]
PURPOSES = ["pre_loan", "in_loan", "post_loan"]
ACTIONS = ["query", "process", "analyse", "use"]
IDENTIFIERS = ["uscc", "resident_id", "bank_card", "mobile", "landline", "plate", "passport", "email", "name",
               "address", "invoice_no", "account_no"]
NAMES = ["a", "b", "amount", "Amount", "amount2", "ａmount", "名称", "年度", "caf\u00e9", "cafe\u0301", "😀", "uscc",
         "items", "a name of rather more than thirty-two bytes", "x y", "__proto__", "-", "k" * 64, "i", "day2"]
ODD_NAMES = ["", "a.b", "a[]", "q\"\\", "\u0001"]  # of leaves that have no class
RANGES = [("2024-01-01", "2025-12-31"), ("2024-03-15", "2024-03-15"), ("2025-01-01", "2025-06-30"),
          ("2020-02-29", "2029-12-31"), ("1900-01-01", "2100-01-01")]
LINES = ["application/x-ndjson", "application/ndjson", "application/jsonl; charset=utf-8"]
DATES = ["2024", "2025", "2024-03", "2024-12", "2025-02-28", "20240315", "2024-03-15", "2024-12-31T23:30:00Z",
         "2025-06-30T15:59:59.5+00:00", "2025-12-31t16:00:00z", "2023-12-31T20:00:00+04:00", "2024-02-29", "1999",
         "2026-01-01", "2025-12-32", "2023-02-29", "2024-13", "2024-3-15", "0000", "2024-03-15 ", "", "2024-W11-5",
         "2024-03-15T24:00:00Z", "2024-03-15T10:00", "2024-03-15T23:59:60Z", "9999-12-31T23:00:00Z", "20250229",
         "2024-03-15T10:00:00.Z", "2024-03-15 10:00:00Z", "２０２４", "2024-0315", "10000",
         *(f"2024-03-15T10:00:00.{0:0{n}}Z" for n in (1003, 1004, 1005))]
TEXTS = ["", "plain", "福建省厦门市思明区", "\"quoted\" \\ / \n\t", "more than thirty-two bytes of ASCII, so that a block is full",
         "😀é\x7f\u2028", "\u0000", "中华人民共和国" * 6, "联系13900139000，谢谢", "a.b@example.com", "闽D12345",
         "12", "x" * 340, "é" * 513, SUBJECT, "1 3 9 0 0 1 3 9 0 0 0", "\ufeff", "</script>", "{\"a\":1}"]
NUMBERS = ["0", "-0", "12", "-7", "105.5", "-0.005", "1e5", "1E400", "1e-65", "12345678901234567890123", "1.10",
           "9007199254740993", "-0.0", "0.1E-2", "1e64", "2.5", "-2.5", "0.125", "13900139000", "8613900139000",
           "-13900139000", "6222020000000000000", "9" * 64, "9" * 65, "1" + "0" * 70, "499", "500", "-500", "5E2",
           "1000", "1E3", "1000.0", "-5.0", "-1e400", "1e99999999999999999999", "-7E-99999999999999999999", "0e+999999999"]


def maybe(chance, probability=0.5):
    return chance.random() < probability


class World:
    """A catalog of one operation, a policy and an access."""

    def __init__(self, seed):
        self.chance = random.Random(f"world {seed}")
        chance = self.chance
        self.version = chance.choice(["3.0.3", "3.1.0"])
        self.schemas, self.n_leaves = {}, 0
        self.has_rows = maybe(chance, 0.6)
        self.is_public = maybe(chance, 0.3)
        self.operation = "GET /all/{uscc}.json"
        self.lines = maybe(chance, 0.15)
        self.subject = chance.choice([SUBJECT, SUBJECT, SOLE])
        self.leaf_paths = []
        self.catalog = self.make_catalog()

    # ---- a catalog ----

    def make_catalog(self):
        chance = self.chance
        schema, note = self.make_root()
        note |= {"dataset": "all", "subject": "uscc"}
        if self.is_public:
            note["public"] = True
        if maybe(chance, 0.3):
            note["detail"] = "records"
        status = chance.choice(["200", "200", "2XX", "default"])
        content = {chance.choice(LINES) if self.lines else chance.choice(["application/json", "application/json; charset=utf-8", "application/*"]):
                   {"schema": schema}, "text/csv": {"schema": {"type": "string"}}}
        response = {"description": "", "content": content}
        components = {"schemas": self.schemas}
        if maybe(chance, 0.3):
            components["responses"] = {"R": response}
            response = {"$ref": "#/components/responses/R"}
        operation = {"x-hufu": note, "responses": {status: response, "500": {"description": "no"}},
                     "parameters": [{"name": "uscc", "in": "path", "required": True, "schema": {"type": "string"}}]}
        return {"openapi": self.version, "info": {"title": "t", "version": "1", "x-hufu": {"source": "tax"}},
                "paths": {"/all/{uscc}.json": {"get": operation}}, "components": components}

    def make_root(self):
        chance = self.chance
        if not self.has_rows:
            return self.node(3, False), {}
        row = self.object(2, True, dated=True)
        if self.lines:
            return row, {"rows": ""}
        rows = {"type": "array", "items": row}
        shape = chance.randrange(3)
        if shape == 0:
            return rows, {"rows": ""}
        name, outer = chance.choice(["items", "a/b~", "列表"]), self.object(1, False)
        pointer = "/" + name.replace("~", "~0").replace("/", "~1")
        if "/" in name:
            name, pointer = "items", "/items"
        outer["properties"] = {**outer["properties"], name: rows}
        if shape == 1:
            return outer, {"rows": pointer}
        return {"properties": {"data": outer, "uscc": self.leaf(False)}}, {"rows": "/data" + pointer}

    def shared(self, schema):
        """The same, perhaps by way of a component."""
        if not maybe(self.chance, 0.25):
            return schema
        name = f"S{len(self.schemas)}"
        self.schemas[name] = schema
        reference = {"$ref": f"#/components/schemas/{name}"}
        return {"allOf": [reference, {"description": "more"}]} if maybe(self.chance, 0.3) else reference

    def node(self, depth, in_rows):
        kind = self.chance.random()
        if depth and kind < 0.35:
            return self.shared(self.object(depth - 1, in_rows))
        if depth and kind < 0.5:
            return self.shared({"type": "array", "items": self.node(depth - 1, in_rows)})
        if depth and kind < 0.53:  # a schema inside itself
            name = f"N{len(self.schemas)}"
            self.schemas[name] = {}
            self.schemas[name].update(self.object(0, in_rows))
            self.schemas[name]["properties"]["again"] = {"$ref": f"#/components/schemas/{name}"}
            return {"$ref": f"#/components/schemas/{name}"}
        return self.shared(self.leaf(in_rows))

    def object(self, depth, in_rows, dated=False):
        chance = self.chance
        names = chance.sample(NAMES, chance.randrange(1, 6))
        schema = {"type": "object", "properties": {name: self.node(depth, in_rows) for name in names}}
        if maybe(chance, 0.3):
            schema["properties"][chance.choice(ODD_NAMES)] = {"type": "string"}
        if dated:
            members = [("day", self.date_leaf())]
            if maybe(chance, 0.3):
                members.append(("when", {"properties": {"to": self.date_leaf(), "i": self.leaf(True)}}))
            for name, member in members:
                schema["properties"][name] = member
            order = list(schema["properties"].items())
            chance.shuffle(order)
            schema["properties"] = dict(order)
        if maybe(chance, 0.2):
            schema = self.split(schema)
        if maybe(chance, 0.15):
            self.let_be_null(schema)
        if maybe(chance, 0.2):
            del schema["type"]
        return schema

    def split(self, schema):
        """The same object, said in two branches."""
        chance = self.chance
        items = list(schema["properties"].items())
        cut = chance.randrange(len(items) + 1)
        parts = [{"properties": dict(part)} for part in (items[:cut], items[cut:])]
        word = chance.choice(["allOf", "oneOf", "anyOf"])
        return {"type": "object", word: parts, "properties": dict(chance.sample(items, min(2, len(items))))}

    def let_be_null(self, schema):
        if self.version.startswith("3.0"):
            schema["nullable"] = True
        elif isinstance(schema.get("type"), str):
            schema["type"] = [schema["type"], "null"]

    def date_leaf(self):
        chance = self.chance
        schema = {"type": "string", "x-hufu": {"date": True}}
        if maybe(chance, 0.8):
            schema["x-hufu"] |= {"class": chance.choice(CLASSES[:2]), "level": chance.randrange(1, 6)}
        if maybe(chance, 0.2):
            self.let_be_null(schema)
        if maybe(chance, 0.1):
            schema["maxLength"] = 10
        return schema

    def leaf(self, in_rows):
        chance = self.chance
        kind = chance.choice(["string"] * 4 + ["integer", "number", "boolean", "date", "enum", "any", "both"])
        schema = {"string": {"type": "string"}, "integer": {"type": "integer"}, "number": {"type": "number"},
                  "boolean": {"type": "boolean"}, "date": {"type": "string", "format": chance.choice(["date", "date-time"])},
                  "enum": {"enum": chance.choice([["a", "b"], [1, 2], [1.5, 2], [True]])},
                  "any": {"oneOf": [{"type": "string"}, {"type": "number"}]},
                  "both": {"anyOf": [{"type": "integer"}, {"type": "boolean"}]}}[kind]
        if kind in ("string", "date") and maybe(chance, 0.2):
            schema["maxLength"] = chance.choice([1, 3, 10, 18, 500])
        if maybe(chance, 0.2):
            self.let_be_null(schema)
        if maybe(chance, 0.9):
            schema["x-hufu"] = self.note(kind, in_rows)
            if maybe(chance, 0.2):
                schema = self.overlaid(schema, in_rows)
        return schema

    def overlaid(self, schema, in_rows):
        """A leaf of which more is said elsewhere."""
        chance = self.chance
        note = self.note("", in_rows)
        if "identifier" in schema["x-hufu"] or maybe(chance):
            note.pop("identifier", None)
        more = {"x-hufu": note, **({"maxLength": chance.choice([2, 12, 64])} if maybe(chance, 0.3) else {})}
        if maybe(chance, 0.3):
            return {"allOf": [schema, more]}
        if maybe(chance, 0.3):
            name = f"S{len(self.schemas)}"
            self.schemas[name] = schema
            return {"$ref": f"#/components/schemas/{name}", **more}
        more["type"] = chance.choice(["string", "integer", "boolean", "number"])
        note.setdefault("class", "public")
        schema["x-hufu"].setdefault("class", "public")
        if schema["x-hufu"].get("subject_echo"):
            more["type"] = "string"
        return {chance.choice(["oneOf", "anyOf"]): [schema, more]}

    def note(self, kind, in_rows):
        chance = self.chance
        note = {"class": chance.choice(CLASSES[:2] * 3 + CLASSES[2:])}
        if maybe(chance, 0.6):
            note["level"] = chance.randrange(1, 6)
        if maybe(chance, 0.3):
            note["identifier"] = chance.choice(IDENTIFIERS)
        if kind == "string" and maybe(chance, 0.25):
            note["text"] = True
        elif kind == "string" and maybe(chance, 0.08):
            note["subject_echo"] = True
        if not in_rows and maybe(chance, 0.5):
            note["undated"] = True
        if maybe(chance, 0.15):
            del note["class"]
        return note

    # ---- a policy ----

    def make_policy(self, leaves, fits):
        """Rules for leaves as another has found them; `fits` says what may be done to one."""
        chance = self.chance
        rules = []
        for leaf in leaves:
            if not leaf.field_class or not maybe(chance, 0.6):
                continue
            done = self.treatment(leaf, fits)
            without = chance.choice([None, None, "drop", "null", "keep"])
            if without:
                done["without_consent"] = without
            rules.append({"when": self.when(leaf), **done})
        chance.shuffle(rules)
        last = [{"when": {"level_at_least": 4, "class": "trade_secret"}, "do": chance.choice(["drop", "keep"])},
                {"when": {"class": ["public", "trade_secret"]}, "do": "keep", "without_consent": "keep"},
                {"when": {}, "do": chance.choice(["keep", "null"])}]
        return {"version": "1", "rules": rules + last[chance.randrange(3):]}

    def when(self, leaf):
        chance = self.chance
        when = {"field": leaf.path} if leaf.path else {}
        if maybe(chance, 0.2):
            when["dataset"] = chance.choice(["all", ["tax/all", "tax/none"]][:1])
        if maybe(chance, 0.2):
            when["purpose"] = chance.sample(PURPOSES, 2)
        if maybe(chance, 0.2):
            when["action"] = chance.sample(ACTIONS, 3)
        if maybe(chance, 0.1):
            when["bank"] = chance.choice([BANK, "uscc:" + BANK, ["91350100M000100Y43"]])
        if maybe(chance, 0.1):
            when["subject_kind"] = chance.choice(["legal", ["sole_trader", "person"]])
        if maybe(chance, 0.1):
            when["source"] = ["tax", "water"]
        if maybe(chance, 0.1):
            when["level_at_least"] = chance.randrange(1, 6)
        if leaf.word("identifier") and maybe(chance, 0.3):
            when["identifier"] = chance.sample(IDENTIFIERS, 11)
        return when

    def treatment(self, leaf, fits):
        chance = self.chance
        able = [{"do": "mask", "keep_first": chance.choice([0, 1, 3, 64]), "keep_last": chance.choice([0, 1, 4])},
                {"do": "round", "step": chance.choice([1, 5, 1000, 0.01, "2.50", "0.000000001", 7])},
                {"do": "bucket", "edges": chance.choice([[0], [-5, "2.50", 500], ["-0.005", 0, 12], [1000, 5000]])},
                {"do": "truncate_date", "to": chance.choice(["month", "quarter", "year"])},
                {"do": "scan"}, {"do": "pseudonym"}, {"do": "keep"}, {"do": "null"}, {"do": "drop"}]
        chance.shuffle(able)
        return dict(next(one for one in able if fits(leaf, one)))

    # ---- an access ----

    def make_access(self, leaves):
        chance = self.chance
        kind = "sole_trader" if self.subject == SOLE else "legal"
        access = {"bank": BANK, "subject_kind": kind, "scopes": [],
                  "agreement": CLASSES if maybe(chance, 0.7) else chance.sample(CLASSES, 3)}
        if maybe(chance, 0.9):
            access |= {"purpose": chance.choice(PURPOSES), "actions": chance.sample(ACTIONS, chance.randrange(1, 3))}
        for n in range(chance.choice([0, 1, 1, 2, 2, 3]) if "purpose" in access else 0):
            access["scopes"].append(self.scope(n, kind, leaves))
            if kind == "sole_trader" and maybe(chance, 0.8):
                own = {**self.scope(n, "person", leaves), "consent": n + 4, "by_subject": maybe(chance, 0.9)}
                access["scopes"].append(own)
        return access

    def scope(self, n, kind, leaves):
        chance = self.chance
        scope = {"consent": n, "grantor_kind": kind, "grantor": "uscc:" + self.subject if kind != "person" else TRADER,
                 "datatypes": chance.choice([["tax/all"], ["tax/all", "tax/x"], ["tax/all"], ["tax/x"]]),
                 "purposes": PURPOSES if maybe(chance, 0.8) else chance.sample(PURPOSES, 2),
                 "actions": ACTIONS if maybe(chance, 0.8) else chance.sample(ACTIONS, 2),
                 "classes": CLASSES[1:] if maybe(chance, 0.8) else chance.sample(CLASSES[1:], 2)}
        if maybe(chance, 0.9):
            scope["range"] = dict(zip(("from", "to"), chance.choice(RANGES)))
        if maybe(chance, 0.25):
            paths = [leaf.path for leaf in leaves if leaf.field_class]
            scope["fields"] = chance.sample(paths, (len(paths) + 1) // 2) or ["none"]
        if maybe(chance, 0.6):
            scope["detail"] = "records"
        return scope


class PersonsWorld(World):
    """One whose objects say whose personal data they hold, and in which persons have consented."""

    def object(self, depth, in_rows, dated=False):
        chance, schema = self.chance, super().object(depth, in_rows, dated)
        members = list(schema["properties"].items())
        for n in range(chance.choice([0, 1, 1, 2])):
            members.append((f"id{n}", self.owner_leaf(in_rows)))
            members += [(f"{n} is whose {i}", self.owned_leaf(f"id{n}", in_rows)) for i in range(chance.randrange(1, 4))]
        chance.shuffle(members)
        schema["properties"] = dict(members)
        return schema

    def owner_leaf(self, in_rows):
        schema, note = {"type": "string"}, self.note("", in_rows)
        if maybe(self.chance, 0.3):
            note["identifier"] = "resident_id"
        if maybe(self.chance, 0.8):
            schema["x-hufu"] = note
        if maybe(self.chance, 0.2):
            schema["maxLength"] = self.chance.choice([17, 18])
        return schema

    def owned_leaf(self, owner, in_rows):
        schema = {"type": self.chance.choice(["string", "string", "number", "integer", "boolean"])}
        if maybe(self.chance, 0.2):
            schema["maxLength"] = 20
        if maybe(self.chance, 0.2):
            self.let_be_null(schema)
        note = {**self.note(schema["type"], in_rows), "class": self.chance.choice(CLASSES[2:]), "owner": owner}
        note.pop("subject_echo", None)
        return {**schema, "x-hufu": note}

    def make_access(self, leaves):
        access = super().make_access(leaves)
        for n, person in enumerate(PERSONS[:self.chance.randrange(3)] if "purpose" in access else ()):
            access["scopes"].append({**self.scope(n, "person", leaves), "consent": n + 2, "grantor": person_name(person)})
        return access


# ---- answers ----

PERSONS = ["11010519491231002X", "440524188001010014", "810000199408230021"]
ID_TEXTS = [*PERSONS * 6, "11010519491231002x", "110105491231002", "11010519491231002Ｘ", " " + PERSONS[0], PERSONS[0] * 2, ""]


def person_name(number):
    tag = hmac.digest(b"a key of the tests", b"id:" + number.encode(), "sha256")
    return "person:" + base64.urlsafe_b64encode(tag).decode().rstrip("=")


def string(chance, text):
    """A JSON string, some characters escaped."""
    style = chance.random()
    if style < 0.5:
        return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f" if style < 0.1 else "\x7f")
    if style < 0.6:
        return json.dumps(text)
    return '"' + "".join(escaped(chance, c) if maybe(chance, 0.3) or c in '"\\' or c < " " else c for c in text) + '"'


def escaped(chance, character):
    units = character.encode("utf-16-be").hex()
    text = "".join("\\u" + units[i:i + 4] for i in range(0, len(units), 4))
    return "".join(c.upper() if c in "abcdef" and maybe(chance) else c for c in text)


class Answers:
    """Answers of a source to one place's description.

    `wrong`: how often something is amiss; with a plant, little else is there.
    """

    def __init__(self, world, root, seed, wrong=0.08, plant=None):
        self.chance = random.Random(f"answer {seed}")
        self.subject, self.root, self.wrong, self.plant = world.subject, root, wrong, plant
        self.lines = world.lines
        self.way = plant.way if plant else frozenset()
        self.full = 0.15 if plant else 0.85

    def text(self):
        if self.lines:
            lines = [self.line() for _ in range(self.chance.randrange(1, 4))]
            return "\n".join(lines + [""] * maybe(self.chance)).encode("utf-8", "surrogatepass")
        return (self.space() + self.value(self.root) + self.space()).encode("utf-8", "surrogatepass")

    def line(self):
        blank = self.chance.choice(["", "", "", "\n", " \r\n", "\t\n\n"])
        return blank + (self.space() + self.value(self.root.item) + self.space()).replace("\n", " ")

    def space(self):
        return self.chance.choice(["", "", "", "", " ", "\n  ", "\t", "\r\n"])

    def value(self, place):
        chance = self.chance
        if self.plant and place in self.plant.values:
            self.plant.n_planted += place is self.plant.place
            return self.plant.values[place]
        must = place in self.way
        if not must and maybe(chance, self.wrong):
            return chance.choice(["null", "{}", "[]", "1", "\"no\"", "true", "[[1]]", "{\"a\":[\"no\"],\"a\":1}"])
        if place.kind == "object":
            return self.object(place)
        if place.kind == "array":
            n = max(chance.randrange(3 if self.plant else 4), 1 if must else 0)
            return "[" + ",".join(self.space() + self.value(place.item) + self.space() for _ in range(n)) + "]"
        return self.leaf(place)

    def object(self, place):
        chance = self.chance
        members = [(name, child) for name, child in place.members.items()
                   if not (self.plant and child is self.plant.missing) and (child in self.way or maybe(chance, self.full) or (child.says("date") and not maybe(chance, self.wrong)))]
        if maybe(chance):
            chance.shuffle(members)
        parts = [self.name(name, child) + self.space() + ":" + self.space() + self.value(child)
                 for name, child in members]
        while maybe(chance, 0.15):
            parts.insert(chance.randrange(len(parts) + 1), self.unknown(place))
        if maybe(chance, self.wrong / 8) and parts:
            parts.append(parts[0])
        if self.plant and place is self.plant.place and self.plant.member:
            self.plant.n_planted += 1
            parts.insert(chance.randrange(len(parts) + 1), self.plant.member)
        return "{" + ",".join(self.space() + part + self.space() for part in parts) + "}"

    def name(self, name, child):
        if self.plant and child is self.plant.place and self.plant.name:
            return self.plant.name
        return string(self.chance, name)

    def unknown(self, place):
        name = self.chance.choice(["unknown", "a ", "amount\u0000", "AMOUNT", "cafe", "\u00e9", "day ", "items[]"])
        if name in place.members:
            name = "unknown2"
        return string(self.chance, name) + ":" + self.chance.choice(
            ["1", "null", "\"no\"", "{\"a\":1,\"a\":2}", "[[],{}]", "1e999", "\"\\ud83d\\ude00\""])

    def leaf(self, place):
        chance = self.chance
        if place.says("subject_echo"):
            return string(chance, self.subject if not maybe(chance, self.wrong / 4) else self.subject.lower())
        if place.nullable and maybe(chance, 0.15):
            return "null"
        if re.search(r"(^|\.)id[0-9]$", place.path):
            return string(chance, chance.choice(ID_TEXTS))
        types = sorted(place.types) or ["string"]
        kind = chance.choice(types)
        if kind == "string":
            if place.says("date") and not maybe(chance, 2 * self.wrong):
                return string(chance, chance.choice(["2024-03-15", "20240315", "2024-03-15T08:00:00+08:00"]))
            return string(chance, chance.choice(DATES if place.is_date and not maybe(chance, self.wrong) else TEXTS))
        if kind == "boolean":
            return chance.choice(["true", "false"])
        return chance.choice(NUMBERS)


# ---- canaries ----

CANARY, CANARY_NUMBER, CANARY_ID = "Qk7Zp9XwVt", "7391648520", "513436197811233573"
PIECES = {whole[i:i + 6].lower() for whole in (CANARY, CANARY_NUMBER, CANARY_ID) for i in range(len(whole) - 5)}
NUMERALS = str.maketrans("〇一二三四五六七八九", "0123456789")


def holds_canary(left):
    """Whether a piece of one stands in what left, in any spelling."""
    text = re.sub(r"\\u([0-9a-fA-F]{4})", lambda found: chr(int(found[1], 16)), left.decode())
    folded = unicodedata.normalize("NFKC", text).translate(NUMERALS).lower()
    dense = "".join(c for c in folded if c.isalnum())
    return any(piece in one for one in (text.lower(), folded, dense) for piece in PIECES)


class Plant:
    """Where a canary stands: a value at a place, or a member of it; what else the answer must be."""

    def __init__(self, view, place, value=None, name=None, member=None):
        self.place, self.name, self.member, self.missing = place, name, member, None
        self.values = {place: value} if value is not None else {}
        self.way = {place, *view.above[place]}
        self.n_planted = 0


def all_escaped(text, upper=False):
    hexa = ("\\u" + text.encode("utf-16-be").hex()[i:i + 4] for i in range(0, 4 * len(text), 4))
    return '"' + "".join(one[:2] + (one[2:].upper() if upper else one[2:]) for one in hexa) + '"'


def names(name):
    """Spellings of one name."""
    bmp = all(ord(c) < 0x10000 for c in name)
    return [json.dumps(name, ensure_ascii=False), json.dumps(name)] + (
        [all_escaped(name), all_escaped(name, True)] if bmp else [])


def other_names(place):
    """Names that look like one of an object's, and are none of them."""
    known = list(place.members) or ["a"]
    found = {CANARY, "unknown", ""}
    for name in known[:3]:
        found |= {name + " ", name.upper(), name + "\u0000", name + "[]", "." + name, name * 2, name[:-1],
                  unicodedata.normalize("NFD", name), unicodedata.normalize("NFKC", name), "\u200b" + name}
    return sorted(found - set(known))


CONTAINERS = [template % text for text, template in itertools.product(
    (f'"{CANARY}"', all_escaped(CANARY), CANARY_NUMBER),
    ("[%s]", '{"a":%s}', '[[{"":%s},1]]', '{"a":{"a":[null,%s]},"a":%s}'.replace("%s}", '"x"}')))] + [
    f'{{"{CANARY}":1}}']
STRINGS = [f'"{CANARY}"', all_escaped(CANARY), all_escaped(CANARY, True),
           json.dumps("".join(chr(ord(c) + 0xFEE0) for c in CANARY)), json.dumps("\u200b".join(CANARY), ensure_ascii=False),
           json.dumps(json.dumps({"a": CANARY})), f'"{CANARY * 3}"', f'"{CANARY.lower()}\\n\\"{CANARY.upper()}"',
           f'"<b>{CANARY}</b>"', f'"2024-03-15{CANARY}"', f'"{"x" * 1100}{CANARY}"']
FIGURES = [CANARY_NUMBER, "-" + CANARY_NUMBER, "0." + CANARY_NUMBER, CANARY_NUMBER + "e1", CANARY_NUMBER * 7]
IDS = [CANARY_ID, " ".join(CANARY_ID), "-".join(CANARY_ID), CANARY_ID[::-1], "身份证" + CANARY_ID + "。",
       "".join(chr(0xFF10 + int(c)) for c in CANARY_ID), "".join("〇一二三四五六七八九"[int(c)] for c in CANARY_ID),
       "\u200b".join(CANARY_ID), "00" + CANARY_ID + "777", CANARY_ID * 2, CANARY_ID[:6] + "  " + CANARY_ID[6:]]


def withheld_values(leaf):
    """Values, with a canary, of which nothing may leave at a leaf."""
    kind = leaf.treatment["do"]
    if kind in ("drop", "null") or leaf.kind == "dropped":
        return CONTAINERS + (STRINGS if not leaf.says("subject_echo") else []) + FIGURES
    found = list(CONTAINERS)
    if "string" not in leaf.types or leaf.is_date:
        found += STRINGS
    if not leaf.types & {"number", "integer"}:
        found += FIGURES
    elif "number" not in leaf.types:
        found += [FIGURES[2], FIGURES[3], CANARY_ID] if kind != "round" else []
    if kind in ("bucket", "pseudonym"):
        found += FIGURES + (STRINGS if kind == "pseudonym" else [])
    if kind == "mask" and not leaf.is_date:
        front, back = "a" * leaf.treatment["keep_first"], "b" * leaf.treatment["keep_last"]
        found += [json.dumps(front + text + back) for text in (CANARY, CANARY * 9)]
        found += [all_escaped(front + CANARY + back)]
    if kind == "scan" and "string" in leaf.types:
        found += [json.dumps(text, ensure_ascii=False) for text in IDS] + [all_escaped(CANARY_ID)]
    if leaf.max and leaf.max < 10 * len(CANARY) and kind in ("keep", "scan") and "string" in leaf.types:
        found += [json.dumps(CANARY * 10)]
    return found


def row_plants(view, leaf):
    """What would leave, but for a date of its row."""
    row = next(place for place in view.above[leaf] if view.above[place] and view.above[place][0].rows)
    for date in [place for place in row.leaves() if place.says("date") and place is not leaf]:
        for value in ('"1066-10-14"', '"2024-99"', "null", "20240315", "[]", '"2023-12-31/2024-01-02"', None):
            plant = Plant(view, leaf, f'"{CANARY}"')
            plant.way |= {date, *view.above[date]}
            if value is None:
                plant.missing = date
            else:
                plant.values[date] = value
            yield plant


def owner_plants(view, leaf):
    """What would leave, but for the person whose it is."""
    owner = view.above[leaf][0].members[leaf.owner]
    others = [person for person in PERSONS if person_name(person) not in leaf.persons]
    for value in [*(f'"{person}"' for person in others), '"110105194912310021"', "null", "1", "[]", '""', None]:
        plant = Plant(view, leaf, f'"{CANARY}"')
        plant.way.add(owner)
        if value is None:
            plant.missing = owner
        else:
            plant.values[owner] = value
        yield plant


def plants(view):
    """A function for each answer with a canary in a place of its own, that makes the plant."""
    for place in view.root.all():
        if view.lines and place is view.root:
            continue  # which no source writes down
        if place.kind in ("leaf", "dropped"):
            spellings = names(view.names[place]) if place in view.names else [None]
            for value, name in itertools.product(withheld_values(place), spellings):
                yield lambda place=place, value=value, name=name: Plant(view, place, value, name)
        else:
            wrong = STRINGS[:2] + FIGURES[:1] + ([f'["{CANARY}"]'] if place.kind == "object" else [f'{{"0":"{CANARY}"}}'])
            for value in wrong:
                yield lambda place=place, value=value: Plant(view, place, value)
        if place.kind == "object":
            for name, value in itertools.product(other_names(place), (STRINGS[0], STRINGS[1], FIGURES[0], CONTAINERS[3])):
                member = json.dumps(name, ensure_ascii=len(name) % 2 == 0) + ":" + value
                yield lambda place=place, member=member: Plant(view, place, member=member)
        if place.persons and place.owner and place.treatment["do"] == "keep" and place.types == {"string"}:
            for plant in owner_plants(view, place):
                yield lambda plant=plant: plant
        if (view.range and place.in_rows and place.kind == "leaf" and place.treatment["do"] == "keep"
                and place.types == {"string"} and not place.is_date and not place.says("subject_echo")):
            for plant in row_plants(view, place):
                yield lambda plant=plant: plant
