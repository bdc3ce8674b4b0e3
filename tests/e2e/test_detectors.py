"""Identifiers in text: the program beside a second one that was written from the document alone."""

import json
import random

import detect_oracle
import pytest

A = "91350100M000100Y43"
NOTE = {"class": "public", "level": 1}
CATALOG = {
    "openapi": "3.0.3", "info": {"title": "t", "version": "1", "x-hufu": {"source": "tax"}},
    "paths": {"/notes/{uscc}.json": {"get": {
        "x-hufu": {"dataset": "notes", "subject": "uscc", "public": True},
        "parameters": [{"name": "uscc", "in": "path", "required": True, "schema": {"type": "string"}}],
        "responses": {"200": {"description": "", "content": {"application/json": {"schema": {
            "properties": {
                "texts": {"items": {"type": "string", "x-hufu": {**NOTE, "text": True}}},
                "numbers": {"items": {"type": "integer", "x-hufu": NOTE}}}}}}}}}}}}
KNOWN = ["11010519491231002X", "440524188001010014", "110105491231002", A, "911000001000013428",
         "6222020000000000000", "378282246310005", "13800138000", "05922345678", "0592-2345678",
         "闽D12345", "闽DD12345", "E12345678", "EA1234567", "a.b@example.com", "00080831"]
BETWEEN = ["", "", "", " ", "-", ".", "·", "\u200b", "\u00ad", "\u3000", "  ", " - ", "    ", "，", "/",
           "\u200b" * 6, "\u200b" * 7, "(", "_", "\n", "@", "+86", "86 ", "0086", "挂", "X", "x", "京", "ab ",
           "第", "七", "2025年", "2019.01.01-2019.12.31", "12", "0" * 30, "％", "é", "😀", "@b.", ".com"]


def spelled(identifier, chance):
    """The same to a reader."""
    out = ""
    for c in identifier:
        if c.isdigit() and c.isascii() and chance.random() < 0.2:
            digit = int(c)
            c = chance.choice(["〇一二三四五六七八九"[digit], chr(0xFF10 + digit), chr(0x660 + digit),
                               chr(0x1D7CE + digit)])
        out += c.lower() if chance.random() < 0.1 else c
        if chance.random() < 0.15:
            out += chance.choice(BETWEEN)
    return out


def texts(n, seed):
    chance = random.Random(seed)
    for _ in range(n):
        yield "".join(spelled(chance.choice(KNOWN), chance) if chance.random() < 0.5 else
                      chance.choice(BETWEEN) for _ in range(chance.randrange(8)))


@pytest.fixture
def scanned(hufu, tmp_path):
    """What becomes of an answer."""
    (tmp_path / "tax.json").write_text(json.dumps(CATALOG))
    (tmp_path / "policy.json").write_text(
        '{"version":"1","rules":[{"when":{},"do":"keep","without_consent":"keep"}]}')

    def run(document, *options):
        ran = hufu("policy", "apply", tmp_path / "tax.json", "--policy", tmp_path / "policy.json",
                   "--operation", "GET /notes/{uscc}.json", "--bank", "911100001000044477",
                   "--subject", A, *options, stdin=document.encode())
        assert ran.code == 0, ran
        return ran.out
    return run


@pytest.mark.parametrize("ascii_only", [False, True])
@pytest.mark.parametrize("chunk", [1, 7, 65536])
def test_random_texts_are_masked_as_the_oracle_says(scanned, chunk, ascii_only):
    raw = list(texts(1500, chunk + ascii_only))
    document = json.dumps({"texts": raw}, ensure_ascii=ascii_only)
    left = json.loads(scanned(document, "--chunk", chunk))["texts"]
    for before, after in zip(raw, left, strict=True):
        assert after == detect_oracle.masked(before), before


def test_known_identifiers_are_masked(scanned):
    document = json.dumps({"texts": [f"甲{known}乙" for known in KNOWN[:-1]]})
    assert all(set(text[1:-1]) == {"*"} for text in json.loads(scanned(document))["texts"])


def test_integers_are_as_the_oracle_says(scanned):
    chance = random.Random(11)
    numbers = ["13800138000", "8613800138000", "440524188001010014", "110105491231002", "12", "-13800138000",
               "6222020000000000000", "9" * 64] + [
        str(chance.randrange(10 ** (size - 1), 10 ** size)) for size in range(9, 21) for _ in range(40)]
    left = scanned('{"numbers":[' + ",".join(numbers) + "]}")
    expected = [number for number in numbers if not detect_oracle.is_integer(number)]
    assert left == '{"numbers":[' + ",".join(expected) + "]}"
    assert len(expected) < len(numbers)
