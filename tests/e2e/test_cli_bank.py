"""hufu bank add, list, disable.

Covers: cli/bank.c
"""
import hashlib
import json
import os
import time

import pytest

A = "911100001000044477"
B = "91100000100003962T"


@pytest.fixture
def place(tmp_path):
    (tmp_path / "d" / "banks").mkdir(parents=True)
    return tmp_path / "d"


@pytest.fixture(scope="module")
def certs(openssl, tmp_path_factory):
    folder = tmp_path_factory.mktemp("certs")
    paths = []
    for i in range(3):
        path = folder / f"{i}.pem"
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                "-keyout", folder / f"{i}.key", "-out", path, "-subj", f"/CN={i}")
        der = openssl("x509", "-in", path, "-outform", "DER")
        paths.append((path, hashlib.sha256(der).hexdigest()))
    return paths


def read(place, uscc):
    return json.loads((place / "banks" / f"{uscc}.json").read_text())


def test_a_bank_is_added_with_the_digest_of_its_certificate(hufu, place, certs):
    ran = hufu("bank", "add", place, "--uscc", A, "--cert", certs[0][0], "--name", "甲银行")
    assert ran.code == 0 and ran.out == certs[0][1] + "\n"
    assert read(place, A) == {"uscc": A, "name": "甲银行", "certs": [certs[0][1]]}


def test_a_bank_may_have_several_certificates(hufu, place, certs):
    hufu("bank", "add", place, "--uscc", A, "--cert", certs[0][0])
    assert hufu("bank", "add", place, "--uscc", f"uscc:{A}", "--cert", certs[1][0]).code == 0
    assert read(place, A)["certs"] == [certs[0][1], certs[1][1]]
    assert read(place, A)["name"] == A


def test_a_certificate_has_one_bank(hufu, place, certs):
    hufu("bank", "add", place, "--uscc", A, "--cert", certs[0][0])
    for uscc in (A, B):
        ran = hufu("bank", "add", place, "--uscc", uscc, "--cert", certs[0][0])
        assert ran.code == 1 and f"uscc:{A}: this certificate is on file already" in ran.err
    assert os.listdir(place / "banks") == [f"{A}.json"]


def test_the_list_tells_all_in_words_and_json(hufu, place, certs):
    hufu("bank", "add", place, "--uscc", A, "--cert", certs[0][0])
    hufu("bank", "add", place, "--uscc", B, "--cert", certs[1][0], "--name", "B\N{BULLET}")
    hufu("bank", "disable", place, "--uscc", A)
    lines = hufu("bank", "list", place).out.splitlines()
    assert lines[0].split() == [B, "enabled", "1", "certificate", "B\N{BULLET}"]
    assert lines[1].split() == [A, "disabled", "1", "certificate", A]
    listed = json.loads(hufu("bank", "list", place, "--json").out)["banks"]
    assert listed == [read(place, B), read(place, A)]


def test_an_empty_folder_lists_nothing(hufu, place):
    assert hufu("bank", "list", place).out == ""
    assert json.loads(hufu("bank", "list", place, "--json").out) == {"banks": []}


def test_disabling_sets_the_moment_once(hufu, place, certs):
    hufu("bank", "add", place, "--uscc", A, "--cert", certs[0][0])
    assert hufu("bank", "disable", place, "--uscc", A).code == 0
    moment = read(place, A)["disabled_at"]
    assert abs(moment - time.time()) < 60
    edited = {**read(place, A), "disabled_at": moment - 1000}
    (place / "banks" / f"{A}.json").write_text(json.dumps(edited))
    assert hufu("bank", "disable", place, "--uscc", A).code == 0
    assert read(place, A)["disabled_at"] == moment - 1000


def test_a_disabled_bank_gets_no_certificate(hufu, place, certs):
    hufu("bank", "add", place, "--uscc", A, "--cert", certs[0][0])
    hufu("bank", "disable", place, "--uscc", A)
    ran = hufu("bank", "add", place, "--uscc", A, "--cert", certs[1][0])
    assert ran.code == 1 and "disabled" in ran.err
    assert read(place, A)["certs"] == [certs[0][1]]


def test_an_unknown_bank_cannot_be_disabled(hufu, place):
    ran = hufu("bank", "disable", place, "--uscc", A)
    assert ran.code == 1 and "there is no such bank" in ran.err


@pytest.mark.parametrize("uscc", ["911100001000044478", "", "x", "uscc:", "9111000010000444770",
                                  "911100001000044477\n", "person:" + "A" * 43, "../" + A])
def test_a_wrong_code_is_wrong_usage(hufu, place, certs, uscc):
    for command in (["add", place, "--cert", certs[0][0]], ["disable", place]):
        ran = hufu("bank", *command, "--uscc", uscc)
        assert ran.code == 2 and "--uscc is not a Unified Social Credit Code" in ran.err
    assert os.listdir(place / "banks") == []


@pytest.mark.parametrize("name", ["", "a\nb", "x" * 257, b"\xff"])
def test_a_wrong_name_is_wrong_usage(hufu, place, certs, name):
    words = ["bank", "add", place, "--uscc", A, "--cert", certs[0][0], "--name"]
    ran = hufu(*words, name if isinstance(name, str) else os.fsdecode(name))
    assert ran.code == 2 and "--name" in ran.err
    assert os.listdir(place / "banks") == []


def test_what_is_no_certificate_cannot_be_read(hufu, place, certs, tmp_path):
    key = certs[0][0].with_suffix(".key")
    for path in (key, tmp_path / "missing", tmp_path):
        ran = hufu("bank", "add", place, "--uscc", A, "--cert", path)
        assert ran.code == 4 and str(path) in ran.err
    assert os.listdir(place / "banks") == []


@pytest.mark.parametrize("content, words", [
    ("{", ["1:2"]),
    ('{"uscc":"%s","name":"x","certs":[],"disabled":1}' % B, ["1:52", "does not know"]),
    ('{"uscc":"%s","name":"x","certs":[]}' % A, ["uscc"]),
    ('{"uscc":"%s","name":"x"}' % B, ["certs"]),
    ('{"uscc":"%s","name":"x",\n "certs":["AB"]}' % B, ["2:11", "certs[0]"]),
    ('{"uscc":"%s","name":"x","certs":[],"disabled_at":"soon"}' % B, ["disabled_at"]),
    ('{"uscc":"%s","name":"x","certs":[],"disabled_at":1}' % B, ["disabled_at"]),
])
def test_a_folder_with_a_mistake_is_not_added_to(hufu, place, certs, content, words):
    path = place / "banks" / f"{B}.json"
    path.write_text(content)
    ran = hufu("bank", "add", place, "--uscc", A, "--cert", certs[0][0])
    assert ran.code == 1 and str(path) in ran.err
    assert all(word in ran.err for word in words), ran
    assert hufu("bank", "list", place).code == 1
    assert os.listdir(place / "banks") == [f"{B}.json"]


def test_a_place_that_is_no_deployment_cannot_be_read(hufu, tmp_path, certs):
    for place in (tmp_path, tmp_path / "missing"):
        assert hufu("bank", "list", place).code == 4
        assert hufu("bank", "add", place, "--uscc", A, "--cert", certs[0][0]).code == 4
    assert os.listdir(tmp_path) == []


def test_wrong_usage(hufu, place, certs):
    assert hufu("bank", "add", place, "--uscc", A).code == 2
    assert hufu("bank", "add", "--uscc", A, "--cert", certs[0][0]).code == 2
    assert hufu("bank", "list").code == 2
    assert hufu("bank", "disable", place).code == 2
    assert hufu("bank", "disable", place, "--uscc", A, "--uscc", A).code == 2
