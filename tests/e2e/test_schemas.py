"""The JSON Schema files and the programs' own readers agree, judged by an independent validator.

`good` and `bad` documents are so for both. `beyond` ones are refused by the program and not by the
schema, for a reason that a schema cannot say.
"""
import copy
import json
import shutil
import subprocess

import pytest
from conftest import BUILD, SOURCE

jsonschema = pytest.importorskip("jsonschema", reason="python3-jsonschema is not installed (script/bootstrap test)")

EXAMPLES = SOURCE / "examples"
TAX = EXAMPLES / "catalogs" / "tax.json"
BANK = "911100001000044477"
A = "91350100M000100Y43"


def load(name):
    return json.loads((SOURCE / "schemas" / f"{name}.schema.json").read_text())


def validator(name):
    schema = load(name)
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


VALIDATORS = {name: validator(name) for name in ("policy", "agreement", "ceilings", "hufud", "x-hufu")}

# ---- what is right ----

BASES = {
    "policy": json.loads((EXAMPLES / "policy.json").read_text()),
    "agreement": {"bank": BANK, "source": "tax", "datasets": ["payment"], "purposes": ["pre_loan"],
                  "classes": ["public", "trade_secret"], "not_before": "2026-01-01",
                  "not_after": 1798761600, "contact": "credit desk 信用处"},
    "ceilings": {"rules": [
        {"purpose": "pre_loan", "bank": BANK, "dataset": "tax/payment", "max_validity_days": 30,
         "max_range_days": 1096, "max_data_life_days": 0,
         "max_frequency": {"unit": "day", "count": 5}, "do": "reject"},
        {"purpose": "in_loan", "max_range_days": 31, "do": "clamp"}]},
    "x-hufu": json.loads(TAX.read_text()),
}


@pytest.fixture(scope="module")
def place(hufu, tmp_path_factory):
    path = tmp_path_factory.mktemp("schemas") / "gateway"
    ran = hufu("init", path, "--port", "28400", "--examples", EXAMPLES)
    assert ran.code == 0, ran
    return path


@pytest.fixture
def base(place):
    """base(kind) -> a document that both accept, to be changed"""
    return lambda kind: (json.loads((place / "hufud.json").read_text()) if kind == "hufud"
                         else copy.deepcopy(BASES[kind]))


@pytest.fixture
def accepts(hufu, place, tmp_path):
    """accepts(kind, document) -> whether the program that reads such documents takes it"""

    def policy(path):
        return hufu("policy", "check", TAX, "--policy", path)

    def catalog(path):
        rules = tmp_path / "rules.json"
        rules.write_text('{"version": "1", "rules": []}')
        return hufu("policy", "check", path, "--policy", rules)

    def agreement(path):
        named = path.with_name(f"{BANK}.tax.json")
        shutil.copy(path, named)
        return hufu("agreement", "check", named, "--at", 1790000000)

    def ceilings(path):
        return hufu("policy", "explain", TAX, "--policy", EXAMPLES / "policy.json", "--ceilings", path,
                    "--operation", "GET /rating/{uscc}.json", "--bank", BANK, "--subject", A)

    def hufud(path):
        inside = place / "changed.json"
        shutil.copy(path, inside)
        ran = subprocess.run([BUILD / "gateway" / "hufud", "--config", inside, "--check"],
                             capture_output=True, timeout=60)
        ran.code = ran.returncode
        return ran

    readers = {"policy": policy, "x-hufu": catalog, "agreement": agreement, "ceilings": ceilings,
               "hufud": hufud}

    def run(kind, document):
        path = tmp_path / f"{kind}.json"
        path.write_text(json.dumps(document, ensure_ascii=False))
        ran = readers[kind](path)
        assert ran.code in (0, 1, 4), ran
        return ran.code == 0

    return run


@pytest.mark.parametrize("kind", VALIDATORS)
def test_what_is_right_is_right_for_both(base, accepts, kind):
    assert accepts(kind, base(kind))
    VALIDATORS[kind].validate(base(kind))


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("catalogs/*.json")), ids=lambda path: path.name)
def test_the_example_catalogs_are_right(path):
    VALIDATORS["x-hufu"].validate(json.loads(path.read_text()))


@pytest.mark.parametrize("kind", VALIDATORS)
def test_every_example_in_a_schema_is_right(kind):
    schema = load(kind)

    def walk(node):
        if isinstance(node, dict):
            for example in node.get("examples", []) if isinstance(node.get("examples"), list) else []:
                jsonschema.Draft202012Validator({**node, "$defs": schema.get("$defs", {})}).validate(example)
            for value in node.values():
                walk(value)
        elif isinstance(node, list):
            for value in node:
                walk(value)

    walk(schema)
    assert schema["description"] and schema["title"]


# ---- the corpus ----

def put(*path_and_value):
    """A change: sets what stands at the path; a function as value changes what stands there."""
    *path, last, value = path_and_value

    def change(document):
        for step in path:
            document = document[step]
        if value is DELETE:
            del document[last]
        else:
            document[last] = value
        return None

    return change


DELETE = object()


def rule(**members):
    return put("rules", [{"when": {}, "do": "drop", **members}])


def when(**members):
    return rule(when=members)


def ceiling(**members):
    members = {"purpose": "pre_loan", "max_range_days": 1, "do": "reject", **members}
    return put("rules", [{name: value for name, value in members.items() if value is not None}])


OPERATION = ("paths", "/payment/{uscc}.json", "get", "x-hufu")


def leaf(**note):
    """Annotates a field that is on the way out, so that the checker looks at it."""
    def change(document):
        schema = document["components"]["schemas"]["ArrearsAnswer"]
        schema.setdefault("properties", {})["extra"] = {"type": "string", "x-hufu": note}
    return change


CORPUS = [
    # policy
    ("policy", "good", "a list and a value", when(purpose=["pre_loan"], bank=f"uscc:{BANK}")),
    ("policy", "good", "no rule at all", put("rules", [])),
    ("policy", "good", "a step as text", rule(when={"field": "items[].paid_amount"}, do="round", step="2.50")),
    ("policy", "good", "parameters of without_consent",
     rule(when={"identifier": "mobile"}, do="drop", without_consent="mask", keep_first=3, keep_last=4)),
    ("policy", "bad", "no version", put("version", DELETE)),
    ("policy", "bad", "an empty version", put("version", "")),
    ("policy", "bad", "a version that is a number", put("version", 1)),
    ("policy", "bad", "a member that nobody knows", put("rule", [])),
    ("policy", "bad", "$schema is such a member, too", put("$schema", "policy.schema.json")),
    ("policy", "bad", "rules that are no list", put("rules", {})),
    ("policy", "bad", "a rule without when", put("rules", [{"do": "drop"}])),
    ("policy", "bad", "a rule without do", put("rules", [{"when": {}}])),
    ("policy", "bad", "a treatment that does not exist", rule(do="hide")),
    ("policy", "bad", "a misspelt condition", when(clas="public")),
    ("policy", "bad", "an empty list", when(purpose=[])),
    ("policy", "bad", "a purpose that does not exist", when(purpose="loan")),
    ("policy", "bad", "an action that does not exist", when(action=["query", "read"])),
    ("policy", "bad", "a class that does not exist", when(**{"class": "secret"})),
    ("policy", "bad", "an identifier that does not exist", when(identifier="id")),
    ("policy", "bad", "a source that does not exist", when(source="bank")),
    ("policy", "bad", "a dataset of no source", when(dataset="bank/x")),
    ("policy", "bad", "a dataset in capitals", when(dataset="Payment")),
    ("policy", "bad", "a kind that does not exist", when(subject_kind="firm")),
    ("policy", "bad", "a level out of range", when(level_at_least=6)),
    ("policy", "bad", "a list of levels", when(level_at_least=[1])),
    ("policy", "bad", "a bank of 17 characters", when(bank=BANK[1:])),
    ("policy", "bad", "mask without its parameters", rule(do="mask", keep_first=1)),
    ("policy", "bad", "a parameter of another treatment", rule(do="keep", keep_first=1)),
    ("policy", "bad", "round without a step", rule(do="round")),
    ("policy", "bad", "a step of zero", rule(do="round", step=0)),
    ("policy", "good", "edges as numbers and as text",
     rule(when={"field": "items[].paid_amount"}, do="bucket", edges=[-5, 0, "1.50"])),
    ("policy", "good", "a pseudonym", rule(when={"field": "items[].account_no"}, do="pseudonym")),
    ("policy", "bad", "a pseudonym with a parameter", rule(do="pseudonym", keep_first=1, keep_last=1)),
    ("policy", "beyond", "a pseudonym of a number",
     rule(when={"field": "items[].paid_amount"}, do="pseudonym")),
    ("policy", "bad", "bucket without edges", rule(do="bucket")),
    ("policy", "bad", "no edge", rule(do="bucket", edges=[])),
    ("policy", "bad", "an edge that is no number", rule(do="bucket", edges=["1e3"])),
    ("policy", "bad", "too many edges", rule(do="bucket", edges=list(range(33)))),
    ("policy", "bad", "edges of another treatment", rule(do="keep", edges=[1])),
    ("policy", "beyond", "edges that do not rise", rule(do="bucket", edges=[2, 1])),
    ("policy", "beyond", "an edge of minus zero", rule(do="bucket", edges=["-0"])),
    ("policy", "bad", "truncate_date to a day", rule(do="truncate_date", to="day")),
    ("policy", "bad", "too many characters", rule(do="mask", keep_first=65, keep_last=0)),
    ("policy", "beyond", "a check character", when(bank=BANK[:-1] + "A")),
    ("policy", "beyond", "a treatment that does not fit the field",
     rule(when={"field": "items[].paid_amount"}, do="mask", keep_first=1, keep_last=1)),
    ("policy", "beyond", "a field that the catalog does not have",
     rule(when={"source": "tax", "dataset": "payment", "field": "items[].amuont"})),
    ("policy", "beyond", "a step of zero as text", rule(do="round", step="0")),
    ("policy", "beyond", "a version of too many bytes, not characters", put("version", "虎" * 100)),
    # agreement
    ("agreement", "good", "a dataset by its whole name", put("datasets", ["tax/payment"])),
    ("agreement", "good", "no contact", put("contact", DELETE)),
    ("agreement", "good", "a bank with its prefix", put("bank", f"uscc:{BANK}")),
    *[("agreement", "bad", f"no {name}", put(name, DELETE))
      for name in ("bank", "source", "datasets", "purposes", "classes", "not_before", "not_after")],
    ("agreement", "bad", "a member that nobody knows", put("dataset", "payment")),
    ("agreement", "bad", "no dataset", put("datasets", [])),
    ("agreement", "bad", "a dataset twice", put("datasets", ["payment", "payment"])),
    ("agreement", "bad", "a class that does not exist", put("classes", ["secret"])),
    ("agreement", "bad", "a purpose as a word", put("purposes", "pre_loan")),
    ("agreement", "bad", "a date with slashes", put("not_before", "2026/01/01")),
    ("agreement", "bad", "a negative time", put("not_before", -1)),
    ("agreement", "bad", "an empty contact", put("contact", "")),
    ("agreement", "bad", "a source that does not exist", put("source", "bank")),
    ("agreement", "beyond", "a day that does not exist", put("not_before", "2026-02-30")),
    ("agreement", "beyond", "an end before its beginning", put("not_after", "2025-01-01")),
    ("agreement", "beyond", "a dataset of another source", put("datasets", ["samr/registration"])),
    ("agreement", "beyond", "content that is not its name's", put("source", "samr")),
    ("agreement", "beyond", "a check character", put("bank", BANK[:-1] + "A")),
    # ceilings
    ("ceilings", "good", "no rule", put("rules", [])),
    ("ceilings", "good", "a frequency alone",
     ceiling(max_range_days=None, max_frequency={"unit": "week", "count": 1000})),
    ("ceilings", "bad", "no rules", put("rules", DELETE)),
    ("ceilings", "bad", "a rule that limits nothing", ceiling(max_range_days=None)),
    ("ceilings", "bad", "a rule without purpose", ceiling(purpose=None)),
    ("ceilings", "bad", "a rule without do", ceiling(do=None)),
    ("ceilings", "bad", "a word that does not exist", ceiling(do="deny")),
    ("ceilings", "bad", "a misspelt limit", ceiling(max_range_day=1)),
    ("ceilings", "bad", "a range of no day", ceiling(max_range_days=0)),
    ("ceilings", "bad", "a range beyond the profile's", ceiling(max_range_days=1828)),
    ("ceilings", "bad", "too long a validity", ceiling(max_validity_days=3661)),
    ("ceilings", "bad", "too long a life", ceiling(max_data_life_days=1827)),
    ("ceilings", "bad", "a frequency without count", ceiling(max_frequency={"unit": "day"})),
    ("ceilings", "bad", "a year as a window", ceiling(max_frequency={"unit": "year", "count": 1})),
    ("ceilings", "bad", "too many uses", ceiling(max_frequency={"unit": "day", "count": 1001})),
    ("ceilings", "bad", "a dataset without its source", ceiling(dataset="payment")),
    ("ceilings", "beyond", "a limit twice for the same",
     put("rules", [{"purpose": "in_loan", "max_range_days": n, "do": "reject"} for n in (1, 2)])),
    ("ceilings", "beyond", "a check character", ceiling(bank=BANK[:-1] + "A")),
    # hufud.json
    ("hufud", "good", "two workers", put("workers", 2)),
    ("hufud", "good", "a limit", put("limits", {"max_body_bytes": 1 << 20})),
    ("hufud", "good", "only banks are listened to", put("listen", {"banks": "[::1]:28400"})),
    ("hufud", "good", "a public address", put("public_url", "https://gw.example.test:8444")),
    ("hufud", "good", "a source with a record first", put("sources", "tax", "log_first", True)),
    *[("hufud", "bad", f"no {name}", put(name, DELETE))
      for name in ("audience", "origin", "listen", "sources")],
    ("hufud", "bad", "a member that nobody knows", put("worker", 1)),
    ("hufud", "bad", "no worker", put("workers", 0)),
    ("hufud", "bad", "too many workers", put("workers", 65)),
    ("hufud", "bad", "an audience without TLS", put("audience", "http://gw.example.test")),
    ("hufud", "bad", "an audience with a path", put("audience", "https://gw.example.test/")),
    ("hufud", "bad", "an origin with a space", put("origin", "gw example")),
    ("hufud", "bad", "an origin with a plus", put("origin", "gw+1")),
    ("hufud", "bad", "an address without port", put("listen", "banks", "127.0.0.1")),
    ("hufud", "bad", "ops on all addresses", put("listen", "ops", "0.0.0.0:28499")),
    ("hufud", "bad", "a listener that does not exist", put("listen", "bank", "127.0.0.1:28499")),
    ("hufud", "bad", "no source", put("sources", {})),
    ("hufud", "bad", "a source that does not exist", put("sources", "bank", {"url": "https://x", "ca": "x"})),
    ("hufud", "bad", "a source without roots", put("sources", "tax", {"url": "https://x"})),
    ("hufud", "bad", "a certificate without key", put("sources", "tax", "cert", "x.pem")),
    ("hufud", "bad", "a source's path", put("sources", "tax", "url", "https://127.0.0.1/api")),
    ("hufud", "bad", "a path that is empty", put("paths", {"policy": ""})),
    ("hufud", "bad", "a path that nobody knows", put("paths", {"polices": "x"})),
    ("hufud", "bad", "a limit that limits nothing", put("limits", {"max_streams": 1001})),
    ("hufud", "bad", "a limit of nothing", put("limits", {"max_streams": 0})),
    ("hufud", "bad", "a limit that nobody knows", put("limits", {"max_stream": 1})),
    ("hufud", "beyond", "a port that does not exist", put("listen", "banks", "127.0.0.1:65536")),
    ("hufud", "beyond", "a file that is not there", put("paths", {"policy": "none.json"})),
    # x-hufu
    ("x-hufu", "good", "another version", put("openapi", "3.1.1")),
    ("x-hufu", "good", "a subject by its place", put(*OPERATION, "subject", {"in": "path", "name": "uscc"})),
    ("x-hufu", "good", "a field with all its marks",
     leaf(**{"class": "trade_secret", "level": 1, "identifier": "mobile", "text": True, "undated": True})),
    ("x-hufu", "bad", "Swagger", put("openapi", "2.0")),
    ("x-hufu", "bad", "nobody's", put("info", "x-hufu", DELETE)),
    ("x-hufu", "bad", "a source that does not exist", put("info", "x-hufu", {"source": "bank"})),
    ("x-hufu", "bad", "more about the source", put("info", "x-hufu", {"source": "tax", "name": "x"})),
    ("x-hufu", "bad", "no dataset", put(*OPERATION, "dataset", DELETE)),
    ("x-hufu", "bad", "a whole dataset's name", put(*OPERATION, "dataset", "tax/payment")),
    ("x-hufu", "bad", "no subject", put(*OPERATION, "subject", DELETE)),
    ("x-hufu", "bad", "a subject in a header", put(*OPERATION, "subject", {"in": "header", "name": "x"})),
    ("x-hufu", "bad", "rows that are no pointer", put(*OPERATION, "rows", "items")),
    ("x-hufu", "bad", "a detail that does not exist", put(*OPERATION, "detail", "all")),
    ("x-hufu", "bad", "public as a word", put(*OPERATION, "public", "yes")),
    ("x-hufu", "bad", "a misspelt mark", put(*OPERATION, "datset", "payment")),
    ("x-hufu", "bad", "a delete that is served",
     put("paths", "/payment/{uscc}.json", "delete", {"x-hufu": {"dataset": "d", "subject": "uscc"}})),
    ("x-hufu", "bad", "a class that does not exist", leaf(**{"class": "secret"})),
    ("x-hufu", "bad", "a level out of range", leaf(**{"class": "public", "level": 0})),
    ("x-hufu", "bad", "an identifier that does not exist", leaf(**{"class": "public", "identifier": "id"})),
    ("x-hufu", "bad", "a misspelt mark of a field", leaf(**{"class": "public", "dat": True})),
    ("x-hufu", "beyond", "rows that lead nowhere", put(*OPERATION, "rows", "/none")),
    ("x-hufu", "beyond", "a subject that is no parameter", put(*OPERATION, "subject", "name")),
    ("x-hufu", "beyond", "an owner that is not there", leaf(**{"class": "personal", "owner": "nobody"})),
    ("x-hufu", "beyond", "a date outside the rows", leaf(**{"class": "public", "date": True})),
]


@pytest.mark.parametrize("kind, verdict, name, change", CORPUS, ids=[f"{c[0]}: {c[1]}: {c[2]}" for c in CORPUS])
def test_schema_and_program_agree(base, accepts, kind, verdict, name, change):
    document = base(kind)
    change(document)
    assert accepts(kind, document) is (verdict == "good")
    assert VALIDATORS[kind].is_valid(document) is (verdict != "bad")


# ---- every place, changed in turn ----

VALUES = [None, True, 0, 1, -1, 10**9, 1.5, "", "x", "pre_loan", [], ["x"], {}, {"x": 1}]


def places(node, path=()):
    """Each member and element, but of an OpenAPI document only what x-hufu says."""
    items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in items:
        yield (*path, key)
        yield from places(value, (*path, key))


def changed(document, path, value):
    document = copy.deepcopy(document)
    put(*path, value)(document)
    return document


@pytest.mark.parametrize("kind", VALIDATORS)
def test_a_schema_never_refuses_what_the_program_takes(base, accepts, kind):
    whole = base(kind)
    paths = list(places(whole))
    if kind == "x-hufu":
        paths = [path for path in paths if "x-hufu" in path][:24] + [("info",), ("openapi",)]
    if kind == "policy":
        paths = [path for path in paths if len(path) < 2 or path[1] in (0, 1, 5, 9)]
    n_refused = 0
    for path in paths:
        for value in [DELETE, *VALUES]:
            document = changed(whole, path, value)
            if not VALIDATORS[kind].is_valid(document):
                n_refused += 1
                assert not accepts(kind, document), (path, value)
    assert n_refused > 100
