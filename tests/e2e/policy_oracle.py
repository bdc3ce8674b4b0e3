"""What leaves of an answer, worked out a second time from docs/catalog-and-policy.md.

Written for clarity and without a look at the program. This part reads catalogs and policies and
decides what is done to each field; redact_oracle.py does it.
"""
import base64
import hashlib
import json

LINES = ("application/x-ndjson", "application/ndjson", "application/jsonl")
CLASSES = ["public", "trade_secret", "personal", "sensitive_personal"]
TYPES = ["string", "integer", "number", "boolean", "date"]
DROP = {"do": "drop"}


# ---- catalogs ----

class Place:
    """All that the schemas of an answer say of one place, laid over each other."""

    def __init__(self, path, in_rows):
        self.path, self.in_rows = path, in_rows
        self.kind = "leaf"  # or object, array, dropped
        self.members, self.item = {}, None
        self.types, self.nullable, self.max, self.is_date = set(), False, None, False
        self.notes = []
        self.rows = False
        self.treatment = DROP
        self.owner, self.persons = None, []  # the name of its owner, "" for itself

    def says(self, word):
        return any(note.get(word) for note in self.notes)

    @property
    def field_class(self):
        return max((note["class"] for note in self.notes if "class" in note), key=CLASSES.index, default=None)

    @property
    def level(self):
        levels = [note.get("level", 5) for note in self.notes if "level" in note or "class" in note]
        return max(levels, default=5)

    def word(self, name):
        return next((note[name] for note in self.notes if name in note), None)

    @property
    def undated(self):
        return all(note.get("undated") for note in self.notes if "class" in note)

    def leaf_types(self):
        """Ordered, a date's string as date."""
        names = {"date" if name == "string" and self.is_date else name for name in self.types}
        return [name for name in TYPES if name in names]

    def leaves(self):
        """Leaves and places that are dropped whole, depth first."""
        if self.kind in ("leaf", "dropped"):
            yield self
        for child in [*self.members.values(), *([self.item] if self.item else [])]:
            yield from child.leaves()

    def all(self):
        yield self
        for child in [*self.members.values(), *([self.item] if self.item else [])]:
            yield from child.all()


class Catalog:
    def __init__(self, document):
        self.document = document
        self.source = document["info"]["x-hufu"]["source"]

    def at(self, reference):
        target = self.document
        for token in reference[2:].split("/"):
            token = token.replace("~1", "/").replace("~0", "~")
            target = target[int(token) if isinstance(target, list) else token]
        return target

    def resolved(self, node):
        while "$ref" in node:
            node = self.at(node["$ref"])
        return node

    def answer(self, operation):
        """The schemas of an answer, and whether it is lines."""
        responses = operation["responses"]
        response = self.resolved(next(responses[status] for status in ("200", "2XX", "default")
                                      if status in responses))
        for names in (("application/json",), LINES, ("application/*",), ("*/*",)):
            found = [media["schema"] for name, media in response["content"].items()
                     if name.partition(";")[0].strip().lower() in names]
            if found:
                return found, names is LINES
        return [], False

    def flat(self, schema):
        """A schema with all that speak of the same place, in the order in which they are met."""
        if "$ref" in schema:
            yield from self.flat(self.at(schema["$ref"]))
        yield schema
        for word in ("allOf", "oneOf", "anyOf"):
            for branch in schema.get(word, ()):
                yield from self.flat(branch)

    def place(self, schemas, path, rows, in_rows=False, above=()):
        place = Place(path, in_rows)
        flat = list({id(part): part for schema in schemas for part in self.flat(schema)}.values())
        # A schema inside itself: followed four times.
        flat = [part for part in flat if sum(part is other for other in above) < 4]
        above = (*above, *flat)
        properties, items, shapes = {}, [], set()
        for part in flat:
            self.read_types(part, place, shapes)
            for name, schema in part.get("properties", {}).items():
                properties.setdefault(name, []).append(schema)
            if "items" in part:
                items.append(part["items"])
        if len(shapes) > 1:
            place.kind = "dropped"
        elif "object" in shapes:
            place.kind = "object"
            for name, parts in properties.items():
                below = f"{path}.{name}" if path else name
                place.members[name] = self.place(parts, below, rows, in_rows, above)
        elif "array" in shapes:
            place.kind, place.rows = "array", path == rows
            place.item = self.place(items, path + "[]", rows, in_rows or place.rows, above)
        return place

    def read_types(self, part, place, shapes):
        names = part.get("type", [])
        names = {names} if isinstance(names, str) else set(names)
        values = [*part.get("enum", ()), *([part["const"]] if "const" in part else [])]
        if "type" not in part:
            names |= {"null" if value is None else "boolean" if isinstance(value, bool) else
                      "string" if isinstance(value, str) else "number" for value in values}
        if "properties" in part:
            names.add("object")
        if "items" in part:
            names.add("array")
        shapes |= {name if name in ("object", "array") else "leaf" for name in names - {"null"}}
        place.types |= names & {"string", "integer", "number", "boolean"}
        place.nullable |= "null" in names or (part.get("nullable", False)
                                              and self.document["openapi"].startswith("3.0"))
        note = part.get("x-hufu")
        place.notes += [note] if note is not None else []
        place.is_date |= part.get("format") in ("date", "date-time") or bool(note and note.get("date"))
        if "maxLength" in part:
            place.max = min(place.max or part["maxLength"], part["maxLength"])


# ---- views ----

def decimals_of(step):
    return len(str(step).partition(".")[2])


def fits(place, treatment):
    kind = treatment["do"]
    if place.says("text"):
        kind = {"keep": "scan", "mask": None, "round": None, "bucket": None, "truncate_date": None, "pseudonym": None}.get(kind, kind)
    able = {None: set(), "keep": set(TYPES), "drop": set(TYPES), "null": set(TYPES), "mask": {"string", "date"},
            "truncate_date": {"date"}, "bucket": {"number", "integer"}, "scan": {"string", "integer"},
            "pseudonym": {"string", "integer"}}
    if kind == "round":
        return set(place.leaf_types()) <= ({"number"} if decimals_of(treatment["step"]) else {"number", "integer"})
    return set(place.leaf_types()) <= able[kind]


class View:
    """What is done to each field of an answer, for one access.

    scopes: objects of authorization_details with `purposes`, and beside that `consent` (its number),
    `grantor_kind`, `grantor` and `by_subject`.
    """

    def __init__(self, catalog, policy, operation, access):
        self.catalog = Catalog(catalog)
        self.policy, self.access, self.name = policy, access, operation
        method, path = operation.split(" ", 1)
        self.operation = catalog["paths"][path][method.lower()]
        self.note = self.operation["x-hufu"]
        self.dataset = f"{self.catalog.source}/{self.note['dataset']}"
        rows = self.note.get("rows")
        self.rows = None if rows is None else ".".join(rows.split("/")[1:])
        schemas, self.lines = self.catalog.answer(self.operation)
        if self.lines:
            schemas = [{"items": schema} for schema in schemas]
        self.root = self.catalog.place(schemas, "", self.rows)
        self.scopes = [scope for scope in access.get("scopes", ()) if self.covers_operation(scope)]
        self.leading = self.scopes[0] if self.scopes else None
        self.range = None
        if self.leading and self.rows is not None:
            self.range = (self.leading["range"]["from"], self.leading["range"]["to"])
        granted = [scope["grantor"] for scope in access.get("scopes", ()) if scope["grantor_kind"] == "person"]
        self.persons = list(dict.fromkeys(granted))
        self.person_key = b"a key of the tests"  # that of tests/support/redacting.c
        self.charged = 0
        self.above, self.names = {}, {}
        self.note_above(self.root, ())
        for leaf in self.root.leaves():
            leaf.treatment = self.treat(leaf)

    def note_above(self, place, above):
        """Of each place, those that it stands in, the nearest first; and its name as a member."""
        self.above[place] = above
        self.names.update((child, name) for name, child in place.members.items())
        for child in [*place.members.values(), *([place.item] if place.item else [])]:
            self.note_above(child, (place, *above))

    def covers_operation(self, scope):
        actions = set(self.access.get("actions", ()))
        return (self.dataset in scope["datatypes"]
                and (self.note.get("detail", "summary") == "summary" or scope.get("detail") == "records")
                and self.access.get("purpose") in scope["purposes"]
                and actions and actions <= set(scope["actions"])
                and (self.rows is None or "range" in scope))

    def whose(self, leaf):
        """The name of the leaf that says whose personal data it is; "": its own value; None: the access."""
        if leaf.field_class not in CLASSES[2:]:
            return None
        if leaf.word("owner"):
            return leaf.word("owner")
        above = self.above[leaf]
        beside = above[0].members.values() if above else ()
        named = leaf in self.names and any(other.word("owner") == self.names[leaf] for other in beside)
        return "" if named or leaf.word("identifier") == "resident_id" else None

    def grants(self, scope, leaf, wanted):
        """Whether who granted the scope may release what is `wanted` of that leaf."""
        by_person = scope["grantor_kind"] == "person"
        if wanted in CLASSES[2:]:
            return by_person and (bool(scope.get("by_subject")) or self.whose(leaf) is not None)
        return by_person == (self.access["subject_kind"] == "person")

    def covers(self, scope, leaf, wanted):
        return (wanted in scope["classes"] and self.grants(scope, leaf, wanted)
                and ("fields" not in scope or leaf.path in scope["fields"])
                and (not leaf.in_rows or (scope["range"]["from"] <= self.leading["range"]["from"]
                                          and scope["range"]["to"] >= self.leading["range"]["to"])))

    def covering(self, leaf):
        """The scopes that let a leaf leave together, or None."""
        wanted, owner = leaf.field_class, self.whose(leaf)
        covering = [scope for scope in self.scopes if self.covers(scope, leaf, wanted)]
        found = covering[:1] or [None]
        if owner is not None:
            firsts = {scope["grantor"]: scope for scope in reversed(covering)}
            leaf.owner, leaf.persons = owner, [name for name in self.persons if name in firsts]
            found = list(firsts.values()) or [None]
        if self.access["subject_kind"] == "sole_trader":
            found.append(next((scope for scope in self.scopes if scope.get("by_subject") and any(
                self.covers(scope, leaf, word) for word in ("personal", wanted))), None))
        return None if None in found else found

    def treat(self, leaf):
        wanted = leaf.field_class
        if (leaf.kind == "dropped" or not wanted or wanted not in self.access["agreement"]
                or (wanted in CLASSES[2:] and self.whose(leaf) is None and self.access["subject_kind"] == "legal")
                or (self.rows is not None and not leaf.in_rows and wanted != "public" and not leaf.undated)):
            return DROP
        found = self.covering(leaf) if wanted != "public" else []
        if found is None and (self.access["subject_kind"] == "sole_trader" or wanted in CLASSES[2:]):
            leaf.persons = []
            return DROP
        rule = next((rule for rule in self.policy["rules"] if self.matches(rule["when"], leaf)), DROP)
        done = rule["do"] if found is not None else rule.get("without_consent", "drop")
        if leaf.says("text") and done == "keep":
            done = "scan"
        leaf.persons = [] if done == "drop" else leaf.persons
        if done not in ("drop", "null"):
            for scope in found or ():
                self.charged |= 1 << scope["consent"]
        return {**rule, "do": done}

    def matches(self, when, leaf):
        facts = {"class": leaf.field_class, "identifier": leaf.word("identifier"), "source": self.catalog.source,
                 "field": leaf.path, "purpose": self.access.get("purpose"), "bank": self.access["bank"],
                 "subject_kind": self.access["subject_kind"]}
        for name, wanted in when.items():
            wanted = wanted if isinstance(wanted, list) else [wanted]
            if name == "level_at_least":
                good = leaf.level >= wanted[0]
            elif name == "action":
                actions = set(self.access.get("actions", ()))
                good = actions and actions <= set(wanted)
            elif name == "dataset":
                good = {self.dataset, self.note["dataset"]} & set(wanted)
            elif name == "bank":
                good = facts["bank"] in {bank.removeprefix("uscc:") for bank in wanted}
            else:
                good = facts[name] in wanted and facts[name] is not None
            if not good:
                return False
        return True

    # ---- digest ----

    def description(self):
        method, path = self.name.split(" ", 1)
        lines = ["hufu view 1", f"operation {method} /{self.catalog.source}{path}", f"dataset {self.dataset}",
                 f"subject {self.access['subject_kind']}"]
        lines += ["lines"] * self.lines
        if self.rows is not None:
            lines.append(f"rows {json.dumps(self.rows, ensure_ascii=False)}")
        lines.append(f"range {'..'.join(self.range) if self.range else 'none'}")
        lines += [self.describe(leaf) for leaf in self.root.leaves()]
        return "".join(line + "\n" for line in lines)

    def describe(self, leaf):
        whole = leaf.kind == "dropped"
        words = ["leaf", json.dumps(leaf.path, ensure_ascii=False),
                 "|".join([] if whole else leaf.leaf_types()) or "untyped",
                 (not whole and leaf.field_class) or "none", treatment_words(leaf.treatment)]
        words += ["nullable"] * (leaf.nullable and not whole) + [f"max={leaf.max}"] * bool(leaf.max and not whole)
        words += ["date"] * (leaf.says("date") and not whole) + ["echo"] * (leaf.says("subject_echo") and not whole)
        if leaf.persons:
            owner = json.dumps(leaf.owner, ensure_ascii=False) if leaf.owner else "self"
            words += [f"owner={owner}", "persons=" + ",".join(leaf.persons)]
        return " ".join(words)

    def digest(self):
        sha256 = hashlib.sha256(self.description().encode()).digest()
        return base64.urlsafe_b64encode(sha256).decode().rstrip("=")


def treatment_words(treatment):
    kind = treatment["do"]
    if kind == "bucket":
        return "bucket " + ",".join(map(str, treatment["edges"]))
    more = {"mask": "{keep_first} {keep_last}", "round": "{step}", "truncate_date": "{to}"}.get(kind)
    return kind + (" " + more.format(**treatment) if more else "")
