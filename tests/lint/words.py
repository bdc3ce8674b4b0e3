"""The project speaks of itself alone, and leaves no notes to its makers in the code."""

import re
import subprocess

import common

WORDS = [
    (r"\b(TODO|FIXME|XXX|HACK)\b", "an unfinished thought: finish it, or say what is absent in the docs"),
    (r"(?i)\bsub-?agents?\b|\bclaude\b|\banthropic\b|\bLLMs?\b|\bAI[- ](?:agent|assistant|generated)", "who wrote it"),
    (r"(?i)\b(this|that|previous|next|last|another|later|earlier|future|parallel) session\b",
     "when it was written"),
    (r"/work/|/tmp/wt|\bshared/(?:reference|design)|\bdesign\.md\b|\bnotice\.txt\b", "where it was written"),
    (r"(?i)\bissues? #?\d+\b|\bissues show\b|\bstage \([a-e]\)", "what it was written for"),
    (r"(?i)\bthe (?:lead|other engineers?|brief)\b", "by whom it was ordered"),
]
THESE_LINTS = ("tests/lint/words.py", "tests/lint/selftest.py")
BINARY = (".der", ".p12", ".png", ".gz", ".bin")


def files(root):
    """What git would commit; without git, all that is no build folder."""
    run = subprocess.run(["git", "-C", root, "ls-files", "-co", "--exclude-standard"],
                         capture_output=True, text=True, check=False)
    return sorted(run.stdout.split("\n")[:-1]) if run.returncode == 0 else common.walk(root)


def check(root):
    for path in files(root):
        if path in THESE_LINTS or path.endswith(BINARY) or "/corpus/" in path:
            continue
        try:
            text = common.read(root, path)
        except (FileNotFoundError, IsADirectoryError):
            continue
        for pattern, why in WORDS:
            for match in re.finditer(pattern, text):
                line = common.line_of(text, match.start())
                yield f"{path}:{line}: \"{match.group()}\" tells {why}"


if __name__ == "__main__":
    common.main(check)
