"""What ends consents without their grantor's word: an order, a compromised key; and what the log
remembers when the registry's folder is lost.

Covers: cli/consent_order.c
"""

import json
import shutil
import time
from urllib.parse import unquote

import pytest

from support import tokens
from support.deployment import A, PAYMENT


@pytest.fixture
def office(deploy):
    gateway = deploy()
    gateway.serve("tax")
    gateway.start()
    return gateway


def order(gateway, *words, reference="闽高法〔2026〕12号", check=True):
    return gateway.hufu("consent", "order", gateway.dir, "--iss", A, "--reference", reference,
                        *words, check=check)


def revocations(gateway):
    return [r["detail"] for r in gateway.records() if r["record"]["kind"] == "revoke"]


def test_an_order_ends_a_consent_at_the_next_reload(office):
    token, other = office.token(), office.token()
    assert office.ask(PAYMENT, consent=token).status == 200
    order(office, "--jti", tokens.jti_of(token))
    office.reload()
    assert office.ask(PAYMENT, consent=token).code == "consent_revoked"
    assert office.ask(PAYMENT, consent=other).status == 200
    office.reload()
    (record,) = revocations(office)
    assert record["reason"] == "ordered" and unquote(record["reference"]) == "闽高法〔2026〕12号"
    assert (record["jti"], record["state"]) == (tokens.jti_of(token), "revoked")


def test_taking_the_file_away_takes_nothing_back(office):
    token = office.token()
    order(office, "--jti", tokens.jti_of(token))
    office.reload()
    shutil.rmtree(office.dir / "orders")
    office.reload()
    office.kill()
    office.start()
    assert office.ask(PAYMENT, consent=token).code == "consent_revoked"


def test_an_order_of_all_is_carried_out_at_a_start(office):
    token = office.token()
    assert office.register(token).status == 201
    office.stop()
    order(office, "--all")
    office.start()
    assert office.ask(PAYMENT, consent=tokens.name_of(token)).code == "consent_revoked"


def test_one_reference_is_one_order(office):
    order(office, "--all")
    run = order(office, "--jti", "j" * 22, check=False)
    assert run.returncode == 1 and "on file" in run.stderr
    for words in ([], ["--all", "--jti", "j" * 22], ["--jti", "short"]):
        assert order(office, *words, reference="other", check=False).returncode == 2
    assert order(office, "--all", reference="", check=False).returncode == 2
    assert order(office, "--all", reference="x" * 129, check=False).returncode == 2


def test_a_file_that_is_no_order_is_not_reloaded(office):
    (office.dir / "orders").mkdir()
    (office.dir / "orders" / "x.json").write_text(json.dumps({"iss": "uscc:" + A}))
    assert "x.json" in office.reload(ok=False)
    token = office.token()
    assert office.ask(PAYMENT, consent=token).status == 200


def test_a_compromised_key_voids_what_came_since(office):
    before = office.token()
    assert office.ask(PAYMENT, consent=before).status == 200
    time.sleep(1.1)
    moment = int(time.time())
    since = office.token()
    assert office.ask(PAYMENT, consent=since).status == 200
    office.hufu("grantor", "disable", office.dir, "--iss", A, "--kid", office.enterprise.kid,
                "--compromised-at", moment)
    office.reload()
    assert office.ask(PAYMENT, consent=before).status == 200
    assert office.ask(PAYMENT, consent=since).code == "consent_signature_invalid"
    assert office.ask(PAYMENT, consent=office.token()).code == "consent_signature_invalid"
    listed = json.loads(office.hufu("grantor", "list", office.dir, "--json").stdout)["grantors"]
    assert [(key["state"], key["compromised_at"]) for key in listed
            if key["iss"] == "uscc:" + A] == [("compromised", moment)]
    assert office.records()[-1]["record"]["kind"] in ("config", "deny")
    assert any(r["detail"].get("change") == "grantor_key_changed" for r in office.records())


def test_a_lost_registry_does_not_lose_what_ended(office):
    """The folder goes; the log tells again of revocations, pauses and uses."""
    revoked, paused, used = office.token(), office.token(), office.token(max_total=2)
    word = {"ver": 1, "iss": "uscc:" + A, "aud": office.url, "jti": tokens.new_jti(),
            "revokes": tokens.jti_of(paused), "iat": int(time.time()), "state": "paused"}
    assert office.revoke(revoked).status == 200
    signed = office.enterprise.sign(word, typ="consent-status+jwt")
    assert office.post("/revocations", signed).status == 200
    assert [office.ask(PAYMENT, consent=used).status for _ in range(2)] == [200, 200]
    office.stop()
    shutil.rmtree(office.dir / "registry")
    office.start()
    assert "the registry had lost 2 revocations or pauses" in office.stderr
    assert office.ask(PAYMENT, consent=revoked).code == "consent_revoked"
    assert office.ask(PAYMENT, consent=paused).code == "consent_paused"
    assert office.ask(PAYMENT, consent=used).code == "use_limit"
    office.stop()
    office.start()
    assert "had lost" not in office.stderr
    assert office.ask(PAYMENT, consent=revoked).code == "consent_revoked"


def test_an_older_copy_of_the_registry_catches_up(office):
    token = office.token()
    assert office.ask(PAYMENT, consent=token).status == 200
    office.stop()
    shutil.copytree(office.dir / "registry", office.folder / "copy")
    office.start()
    assert office.revoke(token).status == 200
    office.stop()
    shutil.rmtree(office.dir / "registry")
    shutil.move(office.folder / "copy", office.dir / "registry")
    office.start()
    assert "had lost 1 revocations" in office.stderr
    assert office.ask(PAYMENT, consent=token).code == "consent_revoked"
