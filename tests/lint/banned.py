"""What no file of the program does."""

import fnmatch
import re

import common

LIBRARIES = ["base/*", "crypto/*", "consent/*", "policy/*", "audit/*", "gateway/*"]
EVERYWHERE = ["*"]
PROGRAMS = {"gateway/main.c", "cli/main.c"}

# (pattern, where, but not where, why)
RULES = [
    (r"(strcpy|strcat|strncpy|strncat|stpcpy|sprintf|vsprintf|gets|strtok|scanf|sscanf|fscanf)\s*\(",
     EVERYWHERE, [], "writes or reads without a bound, or cuts silently"),
    (r"(atoi|atol|atoll|atof)\s*\(", EVERYWHERE, [], "cannot tell an error from 0"),
    (r"(rand|srand|random|srandom|drand48|rand_r)\s*\(", EVERYWHERE, [], "not random: hf_rand_bytes()"),
    (r"(system|popen|execlp|execvp)\s*\(", EVERYWHERE, [], "runs what PATH or a shell makes of it"),
    (r"(mktemp|tmpnam|tempnam|tmpfile)\s*\(", EVERYWHERE, [], "races for a name"),
    (r"(gmtime|localtime|ctime|asctime|strerror|getpwnam|gethostbyname|inet_ntoa)\s*\(",
     LIBRARIES, [], "shares a static buffer between threads"),
    (r"(time|gettimeofday|clock_gettime)\s*\(", EVERYWHERE, ["base/clock.c"],
     "time is injected: struct hf_clock"),
    (r"(exit|_exit|_Exit|quick_exit|abort)\s*\(", LIBRARIES, sorted(PROGRAMS), "libraries never exit"),
    (r"(printf|fprintf|vprintf|vfprintf|puts|fputs|putchar|perror|syslog|warn|warnx|err|errx)\s*\(",
     LIBRARIES, sorted(PROGRAMS), "libraries never print or log"),
    (r"(alloca|strdupa|strndupa)\s*\(", EVERYWHERE, [], "the stack has no limit that can be asked for"),
    (r"\(\s*void\s*\)\s*hf_\w+\s*\(", EVERYWHERE, [], "drop a status with hf_ignore()"),
    (r"\[\[", EVERYWHERE, ["base/status.h"], "attributes are GNU's here: clang 14 has no [[...]] in C17"),
    (r"\(\{", EVERYWHERE, [], "statement expression"),
    (r"goto\s+(?!out\b)\w+", EVERYWHERE, [], "goto leads to `out` alone"),
    (r"#\s*if\s+[01]\b", EVERYWHERE, [], "dead code"),
    (r"setjmp\s*\(|longjmp\s*\(", EVERYWHERE, [], "hidden control flow"),
    (r"memcmp\s*\(", ["crypto/*"], [], "hf_secret_equal(), or say /* public */ on that line"),
]


def check_text(path, text):
    code = common.code(text)
    lines = text.split("\n")
    for pattern, where, but_not, why in RULES:
        applies = any(fnmatch.fnmatch(path, glob) for glob in where) and path not in but_not
        for match in re.finditer(rf"(?<![\w.>])(?:{pattern})", code) if applies else ():
            line = common.line_of(code, match.start())
            if "memcmp" in pattern and "/* public" in lines[line - 1]:
                continue
            yield f"{path}:{line}: {match.group().strip()}: {why}"


def check(root):
    for path in common.product(root):
        yield from check_text(path, common.read(root, path))


if __name__ == "__main__":
    common.main(check)
