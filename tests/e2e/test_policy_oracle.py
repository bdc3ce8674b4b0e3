"""The compiler and the redactor beside a second program that was written from the document alone.

HUFU_SEED=N repeats a run whose seed was printed; HUFU_DEEP=1 makes it ten times longer.
"""
import itertools
import json
import os
import random

import policy_driver
import policy_oracle
import policy_world
import pytest
import redact_oracle

DEEP = os.environ.get("HUFU_DEEP") == "1"
SEED = int(os.environ.get("HUFU_SEED", "1"))
N_CANARY_WORLDS = 80


@pytest.fixture
def driver():
    driver = policy_driver.Driver()
    yield driver
    driver.close()


def opened(driver, seed, kind=policy_world.World):
    """A world that both have read alike, as (world, view); None when its documents do not hold."""
    world = kind(seed)
    verdict, words = driver.ask("catalog", json.dumps(world.catalog))
    if verdict != "ok":
        return None, words
    nobody = {"bank": policy_world.BANK, "subject_kind": "legal", "agreement": []}
    leaves = list(policy_oracle.View(world.catalog, {"rules": []}, world.operation, nobody).root.leaves())
    policy = world.make_policy(leaves, policy_oracle.fits)
    verdict, words = driver.ask("policy", json.dumps(policy))
    if verdict != "ok":
        return None, words
    access = world.make_access(leaves)
    view = policy_oracle.View(world.catalog, policy, world.operation, access)
    policy_driver.compile_view(driver, view, f"HUFU_SEED={SEED}, world {seed}: {json.dumps(world.catalog)}\n"
                               f"{json.dumps(policy)}\n{json.dumps(access)}")
    driver.tell("subject", world.subject)
    return world, view


def judged(driver, view, subject, body, told):
    """What left of an answer, which both say alike."""
    verdict, left = driver.ask("answer", body)
    try:
        expected, broken = redact_oracle.redact(view, subject, body), None
    except redact_oracle.Fault as fault:
        expected, broken = b"", fault
    told = f"{told}\n{view.description()}\nanswer:   {body}\nleft:     {left}\nexpected: {expected}"
    assert verdict == ("fault" if broken else "ok"), told
    if broken:
        assert redact_oracle.may_have_left(broken, left.decode()), f"{told} {broken.left} {broken.tail}"
    else:
        assert left == expected, told
    return left


def worlds(driver, n, first, kind=policy_world.World):
    """That many worlds that hold, and their seeds."""
    n_refused, words = 0, set()
    for seed in range(first, first + n):
        world, view = opened(driver, seed, kind)
        if world:
            yield seed, world, view
        else:
            n_refused += 1
            words.add(view.decode())
    assert n_refused < n / 4, words


def test_a_canary_in_every_place_that_is_withheld_never_leaves(driver):
    """Each place × spellings of its name × spellings of a value; a tenth of them in a quick run."""
    chance, n_answers = random.Random(SEED), 0
    of_persons = worlds(driver, N_CANARY_WORLDS // 4, SEED * 4_000_000, policy_world.PersonsWorld)
    for seed, world, view in itertools.chain(worlds(driver, N_CANARY_WORLDS, SEED * 2_000_000), of_persons):
        for n, make in enumerate(policy_world.plants(view)):
            if not DEEP and chance.random() > 0.1:
                continue
            plant = make()
            body = policy_world.Answers(world, view.root, f"{seed} {n}", wrong=0, plant=plant).text()
            told = f"HUFU_SEED={SEED}, world {seed}, plant {n}"
            assert plant.n_planted or not plant.way.isdisjoint({plant.missing}), f"{told}: nothing planted in {body}"
            left = judged(driver, view, world.subject, body, told)
            assert not policy_world.holds_canary(left), f"{told}\n{view.description()}\n{body}\n{left}"
            n_answers += 1
    assert n_answers >= (100_000 if DEEP else 10_000)


def test_random_answers_leave_as_the_oracle_says(driver):
    n_worlds, n_answers, n_left = 3000 if DEEP else 300, 20, 0
    for seed, world, view in worlds(driver, n_worlds, SEED * 1_000_000):
        for n in range(n_answers):
            body = policy_world.Answers(world, view.root, f"{seed} {n}", wrong=0.02 * (n % 4)).text()
            n_left += len(judged(driver, view, world.subject, body, f"HUFU_SEED={SEED}, world {seed}, answer {n}"))
    assert n_left > 30 * n_worlds * n_answers


def test_random_answers_about_persons_leave_as_the_oracle_says(driver):
    n_worlds, n_answers, n_owned = 3000 if DEEP else 300, 20, 0
    for seed, world, view in worlds(driver, n_worlds, SEED * 3_000_000, policy_world.PersonsWorld):
        n_owned += any(leaf.persons for leaf in view.root.leaves())
        for n in range(n_answers):
            body = policy_world.Answers(world, view.root, f"{seed} {n}", wrong=0.02 * (n % 4)).text()
            judged(driver, view, world.subject, body, f"HUFU_SEED={SEED}, world {seed}, answer {n}")
    assert n_owned > n_worlds / 8
