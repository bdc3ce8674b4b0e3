"""The tool as a whole: help, version, usage errors, where output goes.

Covers: cli/main.c
"""
import os
import re
import subprocess

import pytest


def names(hufu):
    listing = hufu("help").out.split("Commands:\n")[1].split("\n\n")[0]
    return [re.match(r"  (\w+(?: \w+)?)  ", line).group(1) for line in listing.splitlines()]


def test_help_lists_the_commands_and_explains_each(hufu):
    commands = names(hufu)
    assert len(commands) == len(set(commands)) and "key new" in commands
    for name in commands:
        ran = hufu("help", *name.split())
        assert ran.code == 0 and ran.err == "", name
        assert ran.out.startswith(f"hufu {name}: "), name
        assert f"\nUsage: hufu {name}" in ran.out, name
        assert f"\nExamples:\n  hufu {name}" in ran.out, name
        assert hufu(*name.split(), "--help").out == ran.out, name


def test_every_command_refuses_an_unknown_option(hufu):
    for name in names(hufu):
        ran = hufu(*name.split(), "--no-such-option")
        assert ran.code == 2 and ran.out == "", name
        assert f"hufu {name}: --no-such-option is not an option" in ran.err, name
        assert f"Usage: hufu {name}" in ran.err, name


def test_every_command_refuses_too_many_operands(hufu):
    for name in names(hufu):
        ran = hufu(*name.split(), *["x"] * 40)
        assert ran.code == 2 and ran.out == "", name


def test_the_version_is_one_line(hufu):
    ran = hufu("--version")
    assert ran.code == 0 and re.fullmatch(r"hufu \d+\.\d+\.\d+\n", ran.out)


@pytest.mark.parametrize("words", [[], ["nothing"], ["key"], ["key", "nothing"], ["--nothing"], [""]])
def test_no_command_is_wrong_usage(hufu, words):
    ran = hufu(*words)
    assert ran.code == 2 and ran.out == "" and ran.err != ""


def test_control_characters_do_not_reach_the_terminal(hufu):
    ran = hufu("key", "show", "/nonexistent/\x1b[31mred")
    assert ran.code == 4
    assert "\x1b" not in ran.err and "\\x1b" in ran.err


def test_a_full_disk_is_not_a_success(program):
    with open("/dev/full", "wb") as full:
        done = subprocess.run([program, "help"], stdout=full, stderr=subprocess.PIPE)
    assert done.returncode == 4 and b"could not be written" in done.stderr


def test_it_runs_without_an_environment(program):
    done = subprocess.run([program, "--version"], env={}, capture_output=True)
    assert done.returncode == 0 and os.path.exists(program)
