"""The JSON Schema files name what the code names: members, words, and the numbers that bound them."""

import json
import os
import re

import common

STRING = re.compile(r'"((?:[^"\\]|\\.)*)"')


def table(text, name):
    """The strings of `… name[…] = {…};`, NULL left out."""
    match = re.search(rf"\b{name}\[\w*\]\s*=\s*\{{(.*?)\}};", text, re.DOTALL)
    return STRING.findall(match.group(1)) if match else []


def function(text, name):
    """The body of a function."""
    match = re.search(rf"\b{name}\([^;{{]*?\)\s*\n\{{(.*?)\n\}}", text, re.DOTALL)
    return match.group(1) if match else ""


def members(text, name):
    """Of a `struct hf_member members[]` in a function: MEMBER(type, x, …), PATH(x), {"x", …}."""
    body = function(text, name)
    return (re.findall(r"MEMBER\(struct \w+, (\w+),", body) + re.findall(r"\bPATH\((\w+)\)", body) +
            re.findall(r'\{"(\w+)", read_', body))


def words(schema, *path):
    """The enum at a path of a schema, also where it stands in a list of alternatives."""
    node = at(schema, *path)
    for step in (("oneOf", 0), ("items",)):
        while isinstance(node, dict) and "enum" not in node and step[0] in node:
            node = at(node, *step)
    return node.get("enum", [])


def at(node, *path):
    for step in path:
        node = node[step]
    return node


def pairs(root):
    """(what it is, what the code has, what the schema has)"""
    code = {name: common.read(root, name) for name in (
        "base/vocabulary.c", "base/date.c", "policy/catalog_note.c", "policy/rule_read.c",
        "policy/treat.c", "consent/agreement_file.c", "consent/ceiling_file.c", "gateway/config.c")}
    schemas = {name: json.loads(common.read(root, f"schemas/{name}.schema.json"))
               for name in ("policy", "agreement", "ceilings", "hufud", "x-hufu")}
    vocabulary = {name: table(code["base/vocabulary.c"], name)
                  for name in ("purposes", "actions", "fields", "subject_kinds", "details", "sources")}
    vocabulary["identifiers"] = table(code["policy/catalog_note.c"], "IDENTIFIERS")
    vocabulary["treatments"] = table(code["policy/treat.c"], "names")
    vocabulary["windows"] = re.findall(r'"(hour|day|week|month)"', code["base/date.c"])
    policy, agreement, ceilings, hufud, hufu = (
        schemas[name] for name in ("policy", "agreement", "ceilings", "hufud", "x-hufu"))
    when = ("$defs", "when", "properties")
    for place, found, name in (
            ("policy: class", words(policy, *when, "class"), "fields"),
            ("policy: identifier", words(policy, *when, "identifier"), "identifiers"),
            ("policy: source", words(policy, *when, "source"), "sources"),
            ("policy: purpose", words(policy, *when, "purpose"), "purposes"),
            ("policy: action", words(policy, *when, "action"), "actions"),
            ("policy: subject_kind", words(policy, *when, "subject_kind"), "subject_kinds"),
            ("policy: treatment", words(policy, "$defs", "treatment"), "treatments"),
            ("agreement: source", words(agreement, "properties", "source"), "sources"),
            ("agreement: purposes", words(agreement, "properties", "purposes"), "purposes"),
            ("agreement: classes", words(agreement, "properties", "classes"), "fields"),
            ("ceilings: purpose", words(ceilings, "$defs", "rule", "properties", "purpose"), "purposes"),
            ("ceilings: unit", words(ceilings, "$defs", "rule", "properties", "max_frequency",
                                     "properties", "unit"), "windows"),
            ("hufud: sources", words(hufud, "properties", "sources", "propertyNames"), "sources"),
            ("x-hufu: source", words(hufu, "$defs", "info", "properties", "source"), "sources"),
            ("x-hufu: detail", words(hufu, "$defs", "operation", "properties", "detail"), "details"),
            ("x-hufu: class", words(hufu, "$defs", "leaf", "properties", "class"), "fields"),
            ("x-hufu: identifier", words(hufu, "$defs", "leaf", "properties", "identifier"),
             "identifiers")):
        yield place, vocabulary[name], found
    rules = code["policy/rule_read.c"]
    notes = code["policy/catalog_note.c"]
    config = code["gateway/config.c"]
    for place, named, found in (
            ("policy: when", table(function(rules, "read_when"), "NAMES"), at(policy, *when)),
            ("policy: rule", table(function(rules, "hf_rule_read"), "NAMES"),
             at(policy, "$defs", "rule", "properties")),
            ("x-hufu: info", table(function(notes, "hf_note_read_source"), "NAMES"),
             at(hufu, "$defs", "info", "properties")),
            ("x-hufu: operation", table(function(notes, "hf_note_read_operation"), "NAMES"),
             at(hufu, "$defs", "operation", "properties")),
            ("x-hufu: leaf", table(function(notes, "hf_note_read_leaf"), "NAMES"),
             at(hufu, "$defs", "leaf", "properties")),
            ("agreement", table(function(code["consent/agreement_file.c"], "hf_agreement_parse"), "names"),
             agreement["properties"]),
            ("ceilings: rule", table(function(code["consent/ceiling_file.c"], "read_rule"), "names"),
             at(ceilings, "$defs", "rule", "properties")),
            ("hufud", members(config, "read_into"), hufud["properties"]),
            ("hufud: listen", members(config, "read_listen"), at(hufud, "properties", "listen", "properties")),
            ("hufud: source", members(config, "read_source"), at(hufud, "$defs", "source", "properties")),
            ("hufud: paths", members(config, "read_paths"), at(hufud, "properties", "paths", "properties")),
            ("hufud: limits", re.findall(r"^    LIMIT\((\w+), .*\),$", config, re.MULTILINE),
             at(hufud, "properties", "limits", "properties"))):
        yield place, named, list(found)


def numbers(root):
    """(what it is, default and maximum in the code, the same in the schema) of each limit."""
    limits = json.loads(common.read(root, "schemas/hufud.schema.json"))["properties"]["limits"]["properties"]
    config = common.read(root, "gateway/config.c")
    for name, value, most in re.findall(r"LIMIT\((\w+), ([^,]+), (.+)\),$", config, re.MULTILINE):
        known = tuple(number(text) for text in (value, most))
        found = limits.get(name, {})
        yield f"hufud: limits: {name}", known, (found.get("default"), found.get("maximum"))


def number(text):
    """64 << 20, UINT64_C(16) << 30, 10000"""
    text = re.sub(r"U?INT64_C\((\d+)\)", r"\1", text)
    base, _, shift = text.partition("<<")
    return int(base) << int(shift or 0)


def check(root):
    if not os.path.exists(os.path.join(root, "schemas")):
        yield "schemas: the folder is not there"
        return
    for place, named, found in pairs(root):
        if not named:
            yield f"schemas: {place}: the code's table was not found"
        elif sorted(named) != sorted(found):
            lacks = sorted(set(named) - set(found))
            extra = sorted(set(found) - set(named))
            yield f"schemas: {place}: lacks {lacks}, has too much {extra}"
    for place, known, found in numbers(root):
        if known != found:
            yield f"schemas: {place}: default and maximum are {known}, not {found}"


if __name__ == "__main__":
    common.main(check)
