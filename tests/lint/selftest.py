"""Each lint finds what it is there to find, in a small tree made for it, and nothing in a good tree."""

import os
import subprocess
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))

GOOD = {
    "base/status.def": 'HF_STATUS(OK, NONE, 200, "ok", "")\nHF_STATUS(IO, FAULT, 500, "io", "")\n',
    "base/thing.h": "#pragma once\n\n/* Errors: IO (not: LIMIT). */\nint hf_thing(int a);\n",
    "base/thing.c": '#include "base/thing.h"\n\n#include <stdio.h>\n\n'
                    '/* never strcpy(); "exit(1)" */\n'
                    'int hf_thing(int a)\n{\n    return a;\n}\n',
    "base/thing_more.c": '#include "base/thing.h"\n',
    "crypto/box.c": '#include "base/thing.h"\n\n#include <sodium.h>\n',
    "tests/unit/base/test_thing.c": '#include "base/thing.h"\n\nint provoke = IO;\n',
    "tests/unit/base/meson.build": "foreach module : [\n  'thing',\n]\n",
    "tests/unit/crypto/test_box.c": "int main(void);\n",
    "tests/unit/crypto/meson.build": "'box'\n",
    "docs/threat-model.md": "| a threat | a control | `unit/crypto/test_box.c::main` |\n",
    "docs/page.md": "A TLS session is not resumed. The agent of a bank.\n",
}


def function(lines, inside="    (void)0;\n"):
    return "void hf_f(void)\n{\n" + inside * lines + "}\n"


def nested(depth):
    text = "void hf_f(int a)\n{\n"
    for level in range(1, depth + 1):
        text += "    " * level + "if (a) {\n"
    return text + "}\n"


class Lint(unittest.TestCase):
    def run_lint(self, name, files, *arguments):
        with tempfile.TemporaryDirectory() as root:
            for path, content in files.items():
                os.makedirs(os.path.dirname(os.path.join(root, path)), exist_ok=True)
                with open(os.path.join(root, path), "w", encoding="utf-8") as file:
                    file.write(content)
            with open(os.path.join(HERE, "../../.clang-format"), encoding="utf-8") as style:
                with open(os.path.join(root, ".clang-format"), "w", encoding="utf-8") as file:
                    file.write(style.read())
            return subprocess.run([sys.executable, os.path.join(HERE, name + ".py"), root, *arguments],
                                  capture_output=True, text=True, check=False)

    def accepts(self, name, **more):
        run = self.run_lint(name, {**GOOD, **more.get("files", {})})
        self.assertEqual((run.returncode, run.stdout + run.stderr), (0, "0 findings\n"))

    def finds(self, name, files, words):
        run = self.run_lint(name, {**GOOD, **files})
        self.assertEqual(run.returncode, 1, run.stdout + run.stderr)
        self.assertIn(words, run.stdout)
        self.assertIn("\n1 findings", "\n" + run.stdout, run.stdout)

    def test_a_good_tree_has_no_findings(self):
        for name in ("layers", "banned", "sizes", "modules", "errors", "words", "format", "fuzz",
                     "threats"):
            with self.subTest(name):
                self.accepts(name)

    def test_layers(self):
        for path, line, words in (
                ("base/thing_more.c", '#include "crypto/box.h"', "base must not know crypto"),
                ("consent/a.c", '#include "policy/rule.h"', "consent must not know policy"),
                ("audit/a.c", '#include "gateway/gate.h"', "audit must not know gateway"),
                ("cli/a.c", '#include "gateway/tls.h"', "cli must not know gateway"),
                ("gateway/a.c", '#include "cli/a.h"', "gateway must not know cli"),
                ("base/thing_more.c", '#include "thing.h"', "relative to the root"),
                ("base/thing_more.c", '#include "tests/unit/unit.h"', "nothing outside"),
                ("base/thing_more.c", "  #  include <sodium.h>", "belongs behind its door"),
                ("policy/a.c", "#include <jansson.h>", "belongs behind its door"),
                ("gateway/a.c", "#include <openssl/ssl.h>", "belongs behind its door"),
                ("gateway/a.c", "#include <curl/curl.h>", "has no door"),
                ("gateway/a.c", '#include "audit/a.h"\n#include "consent/b.h"\n#include "policy/c.h"',
                 "at once"),
                ("base/thing.c", '#include <stdio.h>\n#include "base/thing.h"', "must come first"),
                ("base/other.h", "int hf_a;", "#pragma once"),
                ("gateway/a.c", "void f(void)\n{\n    hf_ignore(hf_h2_stream_give(a, b));\n}", "a way out"),
                ("gateway/exchange_states.c", "void f(void)\n{\n    g(hf_h2_respond(a));\n}", "a way out"),
                ("gateway/endpoint_a.c", "void f(void)\n{\n    return hf_redact_push(a);\n}", "a way out"),
        ):
            with self.subTest(line):
                self.finds("layers", {path: line + "\n"}, words)
        for header in ("client", "grant"):
            self.accepts("layers", files={"cli/a.c": f'#include "gateway/{header}.h"\n'})

    def test_banned(self):
        for line in ("strcpy(a, b);", "sprintf(a, b);", "n = atoi(a);", "n = rand();", "system(a);",
                     "exit(1);", "abort();", 'printf("");', "(void)hf_thing(1);", "[[nodiscard]] int a;",
                     "a = ({ 1; });", "goto fail;", "#if 0", "t = time(NULL);", "p = alloca(3);",
                     "s = strerror(e);", "strncpy(a, b, 3);", "clock_gettime(CLOCK_REALTIME, &t);"):
            with self.subTest(line):
                self.finds("banned", {"policy/a.c": line + "\n"}, "policy/a.c:1:")
        self.finds("banned", {"crypto/a.c": "memcmp(a, b, 3);\n"}, "hf_secret_equal")
        self.accepts("banned", files={
            "crypto/a.c": "memcmp(a, b, 3); /* public: a digest */\n",
            "cli/main.c": 'fprintf(a, b);\nexit(1);\n',
            "policy/a.c": "goto out;\nsnprintf(a, 1, b);\nhf_runtime(x);\na.time(1);\nc->exit(2);\n"
                          "hf_exit(1);\n// system(a)\n"})

    def test_sizes(self):
        self.accepts("sizes", files={"base/a.c": function(78)})
        self.finds("sizes", {"base/a.c": function(79)}, "a function of 81 lines")
        self.accepts("sizes", files={"base/a.c": nested(4)})
        self.finds("sizes", {"base/a.c": nested(5)}, "nested more than 4")
        self.accepts("sizes", files={"base/a.c": "int a;\n" * 800})
        self.finds("sizes", {"base/a.c": "int a;\n" * 801}, "801 lines")
        self.finds("sizes", {"tests/unit/base/a.c": "int a;\n" * 801}, "801 lines")
        five = "int hf_f(int a, int b,\n         int c, int (*d)(int, int), int e)\n{\n}\n"
        self.accepts("sizes", files={"base/a.c": five})
        self.finds("sizes", {"base/a.c": five.replace("int e", "int e, int f")}, "takes 6 parameters")

    def test_modules(self):
        self.finds("modules", {"base/lonely.c": ""}, "base/lonely.c: has no unit test")
        self.finds("modules", {"tests/unit/base/test_forgotten.c": ""}, "is not listed")
        self.accepts("modules", files={"cli/main.c": "", "cli/key.c": "",
                                       "tests/e2e/test_tool.py": "# Covers: cli/a.c cli/key.c\n"})
        self.finds("modules", {"base/lonely.c": "", "tests/e2e/test_tool.py": "# Covers: base/lonely.c\n"},
                   "has no unit test")

    def test_errors(self):
        header = "#pragma once\n/**\n * hf_thing() - x\n *\n * Cost: O(1). Errors: IO,\n * NOT_FOUND\n */\n"
        table = GOOD["base/status.def"] + 'HF_STATUS(NOT_FOUND, INPUT, 500, "not_found", "")\n'
        files = {"base/thing.h": header, "base/status.def": table}
        self.finds("errors", files, "base/thing.h:6: NOT_FOUND is provoked by no test")
        for test in ("assert_code(f(), NOT_FOUND); IO", "x == HF_NOT_FOUND, HF_IO"):
            self.accepts("errors", files={**files, "tests/unit/base/test_thing.c": test})
        self.finds("errors", {**files, "tests/unit/base/test_thing.c": "/* NOT_FOUND */ IO"}, "NOT_FOUND")

    def test_words(self):
        for line in ("TODO: more", "as the next session will see", "see /work/main", "made by a subagent",
                     "closes issue #2", "the lead decides", "shared/reference/style", "see design.md"):
            with self.subTest(line):
                self.finds("words", {"docs/page.md": line + "\n"}, "docs/page.md:1:")

    def test_fuzz(self):
        files = {"tests/fuzz/meson.build": "fuzz_targets = {\n  'thing': [],\n}\n",
                 "tests/fuzz/fuzz_main.c": "int main(void);\n",
                 "tests/fuzz/fuzz_thing.c": "/* Targets: base/thing.c, base/thing_more.c. More. */\n",
                 "tests/fuzz/corpus/thing/one": ""}
        self.accepts("fuzz", files=files)
        target = files["tests/fuzz/fuzz_thing.c"]
        for path, content, words in (
                ("tests/fuzz/fuzz_thing.c", target + "int a;\n" * 40, "41 lines"),
                ("tests/fuzz/fuzz_thing.c", "int a;\n", "Targets: line"),
                ("tests/fuzz/fuzz_thing.c", "/* Targets: base/other.c */\n", "base/other.c is not there"),
                ("tests/fuzz/meson.build", "", "is not listed")):
            with self.subTest(words):
                self.finds("fuzz", {**files, path: content}, words)
        del files["tests/fuzz/corpus/thing/one"]
        self.finds("fuzz", files, "has no corpus")

    def test_threats(self):
        for test in ("test_box.c::mai", "test_boxes.c::main"):
            self.finds("threats", {"docs/threat-model.md": f"`unit/crypto/{test}`\n"},
                       "docs/threat-model.md:1: there is no unit/crypto/")

    def test_evasion(self):
        import evasion
        good = {number: ("name", "unit/crypto/test_box.c::main") for number in range(1, evasion.N_CASES + 1)}
        with tempfile.TemporaryDirectory() as root:
            for path, content in {"tests/unit/crypto/test_box.c": "void main(void);\n", **{
                    document: words for document, words in evasion.LIMITS.values()}}.items():
                os.makedirs(os.path.dirname(os.path.join(root, path)), exist_ok=True)
                with open(os.path.join(root, path), "w", encoding="utf-8") as file:
                    file.write(content)
            self.assertEqual(list(evasion.check(root, good)), [])
            missing = {number: case for number, case in good.items() if number != 7}
            self.assertEqual(list(evasion.check(root, missing)), ["case 7: no test is named"])
            renamed = {**good, 8: ("name", "unit/crypto/test_box.c::mai")}
            self.assertEqual(list(evasion.check(root, renamed)),
                             ["case 8 (name): there is no unit/crypto/test_box.c::mai"])
            unsaid = {**evasion.LIMITS, 9: ("docs/threat-model.md", "Nobody has said this.")}
            evasion.LIMITS, kept = unsaid, evasion.LIMITS
            self.assertEqual(len(list(evasion.check(root, good))), 1)
            evasion.LIMITS = kept

    def test_schemas(self):
        root = os.path.join(HERE, "../..")
        names = ["base/vocabulary.c", "base/date.c", "policy/catalog_note.c", "policy/rule_read.c",
                 "policy/treat.c", "consent/agreement_file.c", "consent/ceiling_file.c",
                 "gateway/config.c", *(f"schemas/{name}.schema.json" for name in (
                     "policy", "agreement", "ceilings", "hufud", "x-hufu"))]
        files = {}
        for name in names:
            with open(os.path.join(root, name), encoding="utf-8") as file:
                files[name] = file.read()
        self.accepts("schemas", files=files)
        for name, old, new, words in (
                ("schemas/agreement.schema.json", '"in_loan",', "", "lacks ['in_loan']"),
                ("schemas/policy.schema.json", '"keep_last": {', '"keep_lst": {', "policy: rule: lacks"),
                ("gateway/config.c", "LIMIT(max_streams, 100, 1000)", "LIMIT(max_streams, 100, 2000)",
                 "default and maximum are (100, 2000)"),
                ("policy/treat.c", '"keep"', '"kept"', "policy: treatment: lacks ['kept']"),
                ("policy/catalog_note.c", "IDENTIFIERS[]", "IDS[]", "table was not found")):
            with self.subTest(words):
                self.assertIn(old, files[name])
                run = self.run_lint("schemas", {**GOOD, **files, name: files[name].replace(old, new, 1)})
                self.assertEqual(run.returncode, 1, run.stdout + run.stderr)
                self.assertIn(words, run.stdout)

    def test_format(self):
        self.finds("format", {"base/a.c": "int  hf_a;\n"}, "base/a.c:1")

    def test_symbols(self):
        for source, good in (("int hf_a;\nstatic int b;\n", True), ("int hf_a;\nint sodium_a;\n", False),
                             ("static int b;\n", False)):
            with self.subTest(source), tempfile.TemporaryDirectory() as folder:
                with open(folder + "/a.c", "w", encoding="utf-8") as file:
                    file.write(source)
                subprocess.run(["cc", "-c", "a.c", "-o", "a.o"], cwd=folder, check=True)
                subprocess.run(["ar", "rc", "liba.a", "a.o"], cwd=folder, check=True)
                run = self.run_lint("symbols", {}, folder + "/liba.a")
                self.assertEqual(run.returncode, 0 if good else 1, run.stdout + run.stderr)


if __name__ == "__main__":
    unittest.main()
