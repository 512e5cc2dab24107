#!/usr/bin/env python3
"""The tools that guard the tree: each must pass a good tree and refuse one planted violation after the other."""
import os
import shutil
import stat
import subprocess
import sys
import tempfile
import unittest

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
TOOLS = os.path.join(TOP, "tools")

TREE = {
    "ARCHITECTURE.md": "| folder | holds | third party |\n|---|---|---|\n"
                       "| `base` | bytes | `jansson.h` |\n| `caa` | judge | - |\n| `evidence` | permits | - |\n"
                       "| `bin/caaproof` | command | `curl/` |\n",
    "src/base/limits.h": "/* Caps. */\n#ifndef CX_BASE_LIMITS_H\n#define CX_BASE_LIMITS_H\n\n"
                         "/* RFC 1035. */\n#define CX_NAME_MAX 255\n\n#endif\n",
    "src/base/errors.def": 'X(CX_E_IO, IO, 1, "input or output failed")\n',
    "src/base/json.c": '#include "base/limits.h"\n\n#include <jansson.h>\n\n#include <stdio.h>\n',
    "src/caa/reasons.def": 'X(MATCH, "match", "a record names the CA")\n',
    "src/caa/notes.def": 'X(MORE, "more-notes", "further notes were left out")\n',
    "src/caa/rules.def": 'X(R_TREE_1, "R-TREE-1", "RFC 8659", "The search went up.")\n',
    "src/caa/judge.c": '#include "base/limits.h"\n\n/* R-TREE-1 */\nint v = CX_VERDICT_PERMIT;\n',
    "src/caa/window.c": "/* strcpy, goto: words in a comment */\nconst char *t = \"system(1)\";\n"
                        "bool a = v == CX_VERDICT_PERMIT, b = v != CX_VERDICT_PERMIT_LF;\n",
    "src/bin/caaproof/exit.h": "#ifndef CAAPROOF_EXIT_H\n#define CAAPROOF_EXIT_H\n#endif\n",
    "src/bin/caaproof/main.c": '#include "caa/rules.def"\n#include <curl/curl.h>\n',
    "data/golden.json": '{"cases":[{"rules":["R-TREE-1"]}]}',
    "data/scenarios.json": '{"cases":[]}',
    "docs/interpretations.md": "# Interpretations\n",
    "src/evidence/permit_faults.def": 'X(SIZE, "size", "too large")\n',
    "docs/formats/permit.md": "# Permit\n<!-- table: src/evidence/permit_faults.def -->\n<!-- end -->\n",
    "tests/test_a.c": "/* TEST R-DEC-1 */\n",
}


class Planted(unittest.TestCase):
    """A small good tree; plant() changes a file of it."""

    def setUp(self):
        self.root = tempfile.mkdtemp(prefix="caaproof-tools-")
        self.addCleanup(shutil.rmtree, self.root)
        for path, text in TREE.items():
            self.plant(path, text)
        self.run_tool("make-docs")

    def plant(self, path, text, mode="w"):
        path = os.path.join(self.root, path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, mode, encoding="utf-8") as file:
            file.write(text)

    def run_tool(self, tool, *arguments):
        return subprocess.run([os.path.join(TOOLS, tool), "--root", self.root, *arguments],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              check=False)

    def accepts(self, tool, *arguments):
        done = self.run_tool(tool, *arguments)
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertRegex(done.stdout, r"[1-9]\d* passed, 0 failed\n$")

    def refuses(self, wanted, tool, *arguments):
        done = self.run_tool(tool, *arguments)
        self.assertEqual(done.returncode, 1, done.stdout)
        self.assertRegex(done.stdout, r" passed, [1-9]\d* failed\n$")
        self.assertIn(wanted, done.stdout)


class Layers(Planted):
    def test_good_tree(self):
        self.accepts("check-layers")

    def test_climbing_include(self):
        self.plant("src/base/json.c", '#include "caa/judge.h"\n', "a")
        self.refuses('src/base/json.c:6: base includes "caa/judge.h"', "check-layers")

    def test_include_in_a_comment(self):
        self.plant("src/base/json.c", '/*\n#include "caa/judge.h"\n*/\n', "a")
        self.accepts("check-layers")

    def test_third_party_outside_its_folder(self):
        self.plant("src/caa/judge.c", "#include <jansson.h>\n", "a")
        self.refuses("src/caa/judge.c:5: caa includes <jansson.h>, which only base may",
                     "check-layers")

    def test_unknown_third_party(self):
        self.plant("src/caa/judge.c", "#include <sqlite3.h>\n", "a")
        self.refuses("<sqlite3.h> is third party", "check-layers")

    def test_prefix_of_a_header_is_not_enough(self):
        self.plant("src/bin/caaproof/main.c", "#include <curlx.h>\n", "a")
        self.refuses("<curlx.h> is third party", "check-layers")

    def test_folder_outside_the_table(self):
        self.plant("src/extra/a.c", "int a;\n")
        self.refuses("folder src/extra is not in the table", "check-layers")

    def test_include_of_a_folder_outside_the_table(self):
        self.plant("src/caa/judge.c", '#include "extra/a.h"\n', "a")
        self.refuses('"extra/a.h" is in no folder of the table', "check-layers")

    def test_include_without_folder(self):
        self.plant("src/caa/judge.c", '#include "climb.h"\n', "a")
        self.refuses('"climb.h" is in no folder of the table', "check-layers")

    def test_row_without_folder(self):
        self.plant("ARCHITECTURE.md", "| `store` | logs | - |\n", "a")
        self.refuses("there is no src/store", "check-layers")

    def test_header_without_guard(self):
        self.plant("src/caa/judge.h", "int a;\n")
        self.refuses("src/caa/judge.h:1: no include guard CX_CAA_JUDGE_H", "check-layers")

    def test_guard_of_another_path(self):
        self.plant("src/caa/judge.h", "#ifndef CX_JUDGE_H\n#define CX_JUDGE_H\n#endif\n")
        self.refuses("no include guard CX_CAA_JUDGE_H", "check-layers")

    def test_no_table(self):
        self.plant("ARCHITECTURE.md", "# Architecture\n")
        self.refuses("no folder table", "check-layers")


class Mistakes(Planted):
    def test_good_tree(self):
        self.accepts("grep-mistakes")

    def test_banned_functions(self):
        for call in ("strcpy(a, b)", "strtol (a, b, 10)", "x = rand()", "(void)system(a)"):
            with self.subTest(call=call):
                self.plant("src/caa/window.c", call + ";\n")
                self.refuses("src/caa/window.c:1: ", "grep-mistakes")

    def test_names_that_only_contain_one(self):
        self.plant("src/caa/window.c", "cx_strtol(a); s.rand(b); p->system(c); brand(d);\n")
        self.accepts("grep-mistakes")

    def test_number_may_strtol(self):
        self.plant("src/base/number.c", "long n = strtol(a, b, 10);\n")
        self.accepts("grep-mistakes")

    def test_goto(self):
        self.plant("tests/test_a.c", "goto out;\n", "a")
        self.refuses("tests/test_a.c:2: goto", "grep-mistakes")

    def test_promise(self):
        for word in ("TO" "DO", "FIX" "ME", "XX" "X"):
            with self.subTest(word=word):
                self.plant("docs/a.md", f"one\n{word}: later\n")
                self.refuses(f"docs/a.md:2: {word} without issue", "grep-mistakes")

    def test_promise_with_issue(self):
        self.plant("docs/a.md", "TO" "DO(#12): later\nTO" "DO(person): in a text that is written\n")
        self.accepts("grep-mistakes")

    def test_permit_outside_the_judge(self):
        for line in ("v = CX_VERDICT_PERMIT;", ".verdict = CX_VERDICT_PERMIT,",
                     "set(f, CX_VERDICT_PERMIT);", "return a ? CX_VERDICT_PERMIT : b;",
                     "        CX_VERDICT_PERMIT,"):
            with self.subTest(line=line):
                self.plant("src/caa/window.c", line + "\n")
                self.refuses("src/caa/window.c:1: PERMIT is assigned only in", "grep-mistakes")

    def test_permit_read(self):
        self.plant("src/caa/window.c", "case CX_VERDICT_PERMIT:\nw[] = { [CX_VERDICT_PERMIT] = 1 };\n"
                                       "if (CX_VERDICT_PERMIT == v) {}\n")
        self.accepts("grep-mistakes")


class Rules(Planted):
    def test_good_tree(self):
        self.accepts("check-rules")

    def test_rule_without_test(self):
        self.plant("src/caa/rules.def", 'X(R_TREE_4, "R-TREE-4", "RFC 8659", "An alias.")\n', "a")
        self.refuses("R-TREE-4: no test", "check-rules")

    def test_rule_with_a_test(self):
        self.plant("src/caa/rules.def", 'X(R_TREE_4, "R-TREE-4", "RFC 8659", "An alias.")\n', "a")
        self.plant("tests/test_a.c", "/* TEST R-TREE-3, R-TREE-4 */\n", "a")
        self.accepts("check-rules")

    def test_rule_listed_twice(self):
        self.plant("src/caa/rules.def", TREE["src/caa/rules.def"], "a")
        self.refuses("R-TREE-1: listed twice", "check-rules")

    def test_citation_of_no_rule(self):
        for cited in ("R-TREES-1", "R-TREE-one", "R-tree-1"[:2] + "NONE-3"):
            with self.subTest(cited=cited):
                self.plant("src/caa/window.c", f"/* {cited} */\n")
                self.refuses(f"src/caa/window.c:1: {cited} is no rule id", "check-rules")


class Docs(Planted):
    def test_good_tree(self):
        self.accepts("make-docs", "--check")

    def test_drift(self):
        self.plant("src/base/limits.h", "#define CX_LABEL_MAX 63\n", "a")
        self.refuses("docs/limits.md: differs", "make-docs", "--check")
        self.plant("src/caa/notes.def", 'X(LATE, "late", "too late")\n', "a")
        self.refuses("docs/reasons.md: differs", "make-docs", "--check")
        self.plant("src/evidence/permit_faults.def", 'X(LOG, "log", "not trusted")\n', "a")
        self.refuses("docs/formats/permit.md: differs", "make-docs", "--check")
        self.run_tool("make-docs")
        self.accepts("make-docs", "--check")

    def test_configuration(self):
        options = ('X(config, a, "a", TEXT, "", REQUIRED, "x", RESTART, "What a is.")\n'
                   'X(config, m, "m", LIST, "config_m", OPTIONAL, "", RELOAD, "What m is.")\n'
                   'X(config_m, b_s, "b", SECONDS, "1s..2s", "1s", "", RELOAD, "What b is.")\n')
        self.plant("src/bin/caaproofd/options.def", options)
        self.plant("docs/configuration.md",
                   "# C\n<!-- table: src/bin/caaproofd/options.def -->\n<!-- end -->\n")
        self.plant("dist/caaproofd.yaml", "")
        self.plant("man/caaproofd.conf.5", ".Sh A\n.\\\" table: src/bin/caaproofd/options.def\n.\\\" end\n.Sh B\n")
        self.refuses("man/caaproofd.conf.5: differs", "make-docs", "--check")
        self.refuses("dist/caaproofd.yaml: differs", "make-docs", "--check")
        self.refuses("docs/configuration.md: differs", "make-docs", "--check")
        self.run_tool("make-docs")
        self.accepts("make-docs", "--check")
        with open(os.path.join(self.root, "dist/caaproofd.yaml"), encoding="utf-8") as file:
            self.assertTrue(file.read().endswith(
                "# What a is.\na: x\n\n# What m is.\n# m:\n#   # What b is.\n#   - b: 1s\n"))
        with open(os.path.join(self.root, "docs/configuration.md"), encoding="utf-8") as file:
            text = file.read()
        self.assertIn("| `a` | text | required | restart | What a is. |", text)
        self.assertIn("## m[]\n", text)
        self.assertIn("| `b` | `1s` to `2s` | `1s` |  | What b is. |", text)
        with open(os.path.join(self.root, "man/caaproofd.conf.5"), encoding="utf-8") as file:
            text = file.read()
        self.assertIn(".It Cm a : Pq text; required; restart\nWhat a is.\n.It Cm m : Pq list of maps\n", text)
        self.assertIn(".Ss m[]\n.Bl -tag -width Ds\n.It Cm b : Pq 1s to 2s; default 1s\nWhat b is.\n.El\n", text)
        self.assertTrue(text.endswith(".El\n.\\\" end\n.Sh B\n"))

    def test_problems(self):
        self.plant("src/bin/caaproofd/problems.def", 'X(late_one, "late-one", 409, "Too late", "It came | late.")\n')
        self.plant("docs/api.md", "# A\n<!-- table: src/bin/caaproofd/problems.def -->\n<!-- end -->\nrest\n")
        self.refuses("docs/api.md: differs", "make-docs", "--check")
        self.run_tool("make-docs")
        self.accepts("make-docs", "--check")
        with open(os.path.join(self.root, "docs/api.md"), encoding="utf-8") as file:
            self.assertIn("| `/problems/late-one` | 409 | Too late | It came \\| late. |\n<!-- end -->\nrest\n", file.read())

    def test_unreadable_row(self):
        self.plant("src/caa/notes.def", "X(LATE, late)\n", "a")
        done = self.run_tool("make-docs", "--check")
        self.assertEqual(done.returncode, 1)
        self.assertIn("notes.def: 2 rows, 1 readable", done.stdout)

    def test_no_place_for_a_table(self):
        self.plant("docs/formats/permit.md", "# Permit\n")
        self.assertIn("no part between", self.run_tool("make-docs").stdout)

    def test_real_documents(self):
        done = subprocess.run([os.path.join(TOOLS, "make-docs"), "--check"],
                              stdout=subprocess.PIPE, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stdout)


class Install(unittest.TestCase):
    """tools/install-packages among commands that only pretend."""

    def setUp(self):
        self.root = tempfile.mkdtemp(prefix="caaproof-tools-")
        self.addCleanup(shutil.rmtree, self.root)
        self.policy = os.path.join(self.root, "policy-rc.d")
        self.log = os.path.join(self.root, "log")

    def command(self, name, text):
        path = os.path.join(self.root, name)
        with open(path, "w", encoding="ascii") as file:
            file.write("#!/bin/sh\n" + text)
        os.chmod(path, stat.S_IRWXU)

    def pretend(self, missing=(), user=0, apt="exit 0"):
        cases = "".join(f"*' {package}') exit 1 ;;\n" for package in missing)
        self.command("dpkg-query", f"case \"$*\" in\n{cases}esac\nprintf installed\n")
        self.command("id", f"echo {user}\n")
        self.command("sudo", "exit 1\n")
        self.command("sleep", "exit 0\n")
        self.command("apt-get", f"echo \"$*\" >>{self.log}\n"
                                f"[ ! -x {self.policy} ] || {self.policy} || echo policy $? >>{self.log}\n"
                                f"{apt}\n")
        environment = dict(os.environ, PATH=self.root + ":" + os.environ["PATH"],
                           CAAPROOF_POLICY_RC_D=self.policy)
        return subprocess.run([os.path.join(TOOLS, "install-packages")], env=environment,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              check=False)

    def log_text(self):
        if not os.path.exists(self.log):
            return ""
        with open(self.log, encoding="ascii") as file:
            return file.read()

    def test_nothing_missing(self):
        for user in (0, 1000):
            done = self.pretend(user=user)
            self.assertEqual((done.returncode, done.stdout, self.log_text()), (0, "", ""))

    def test_only_what_is_missing(self):
        done = self.pretend(missing=("nsd", "jq"))
        self.assertEqual(done.returncode, 0, done.stdout)
        lines = self.log_text().splitlines()
        self.assertTrue(lines[0].endswith(" update") and lines[2].endswith("recommends nsd jq"))
        self.assertEqual(lines.count("policy 101"), 2)
        self.assertFalse(os.path.exists(self.policy))

    def test_policy_of_others_stays(self):
        with open(self.policy, "w", encoding="ascii") as file:
            file.write("#!/bin/sh\nexit 0\n")
        self.pretend(missing=("nsd",))
        with open(self.policy, encoding="ascii") as file:
            self.assertEqual(file.read(), "#!/bin/sh\nexit 0\n")

    def test_failure_is_bounded_and_cleans_up(self):
        done = self.pretend(missing=("nsd",), apt="exit 100")
        self.assertEqual(done.returncode, 69, done.stdout)
        self.assertEqual(self.log_text().count(" update"), 3)
        self.assertIn("apt-get install --no-install-recommends nsd", done.stdout)
        self.assertFalse(os.path.exists(self.policy))

    def test_ordinary_user(self):
        done = self.pretend(missing=("nsd",), user=1000)
        self.assertEqual((done.returncode, self.log_text()), (69, ""))
        self.assertIn("apt-get install --no-install-recommends nsd", done.stdout)


class OpensslLibunbound(unittest.TestCase):
    """What the two scripts refuse before they build or run anything."""

    def setUp(self):
        self.root = tempfile.mkdtemp(prefix="caaproof-tools-")
        self.addCleanup(shutil.rmtree, self.root)

    def refused(self, code, text, tool, *args):
        done = subprocess.run([os.path.join(TOOLS, tool), *args], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True, check=False)
        self.assertEqual((done.returncode, text in done.stdout), (code, True), done.stdout)
        self.assertEqual(os.listdir(self.root), [])

    def test_use(self):
        for tool in ("openssl-libunbound", "check-openssl-libunbound"):
            self.refused(64, "usage: tools/" + tool, tool)
            self.refused(64, "usage: tools/" + tool, tool, "--help")

    def test_target_outside_the_repository(self):
        self.refused(64, "inside the repository", "openssl-libunbound", os.path.join(TOOLS, "..", "x"))

    def test_no_source_tree(self):
        self.refused(66, "no source tree", "openssl-libunbound", "--source", self.root, self.root)

    def test_no_library(self):
        self.refused(66, "libunbound.so.8 is missing", "check-openssl-libunbound", self.root)

    def test_a_build_that_fails_is_a_failure(self):
        """A tree whose configure does nothing, so that there is nothing to make."""
        tree = os.path.join(self.root, "tree")
        os.mkdir(tree)
        with open(os.path.join(tree, "configure"), "w", encoding="ascii") as file:
            file.write("#!/bin/sh\nexit 0\n")
        os.chmod(os.path.join(tree, "configure"), stat.S_IRWXU)
        done = subprocess.run([os.path.join(TOOLS, "openssl-libunbound"), "--source", tree, self.root + "/out"],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        self.assertNotEqual(done.returncode, 0)
        self.assertFalse(os.path.exists(self.root + "/out"))


if __name__ == "__main__":
    done = unittest.main(exit=False, verbosity=0).result
    bad = len(done.failures) + len(done.errors)
    print(f"{done.testsRun - bad} passed, {bad} failed")
    sys.exit(1 if bad else 0)
