"""Normalising Persian prose: words a second of ours, hazm, shekar and rishe, and what differs.

Run: `python tests/bench/normaliser.py --prose FOLDER --python hazm=… --python shekar=…`. FOLDER is
searched for `*.html` (or `*.txt`, a paragraph a line); the Persian of the Debian handbook is
`usr/share/doc/debian-handbook/html/fa-IR` of the package `debian-handbook`. A peer runs in an
environment of its own, named by its interpreter; without one it is looked for in this one, and
skipped with a reason where it is not. Arms take turns, and every run is a fresh process with one
thread. Seconds are of its processor time, so that a busy machine disturbs little. Each is timed
twice: *cold*, the first time that the process sees the prose, and *warm*, the best of the next.
`--differences` lists what each peer does otherwise, by category.
"""

from __future__ import annotations

import argparse
import difflib
import json
import os
import re
import subprocess
import sys
from collections import Counter, defaultdict
from html.parser import HTMLParser
from pathlib import Path

from measuring import median, spread, table

ARMS = ("ours", "hazm", "shekar", "rishe")
#: A process: reads the texts, makes ready, times. What it prints is its result.
_PROGRAM = """
import json, sys, time
arm, warm = sys.argv[1], int(sys.argv[2])
texts = json.load(sys.stdin)
def ours():
    from jupyter_persian_ai.persian.normaliser import Normaliser
    return Normaliser().texts
def each(one):
    return lambda texts: [one(text) for text in texts]
def hazm():
    import hazm
    return each(hazm.Normalizer().normalize)
def shekar():
    import shekar
    return each(shekar.Normalizer().normalize)
def rishe():
    import rishe
    return each(rishe.Normalizer().normalize)
try:
    from importlib.metadata import version
    run = globals()[arm]()
    found = "" if arm == "ours" else version(arm)
    run(["گرم"])
except ImportError as error:
    print(json.dumps({"missing": str(error)})); sys.exit()
seconds = []
for _ in range(1 + warm):
    begun = time.process_time()
    done = run(texts)
    seconds.append(time.process_time() - begun)
print(json.dumps({"cold": seconds[0], "warm": min(seconds[1:]), "texts": done, "version": found}))
"""
_BLOCKS = {
    "p", "li", "dt", "dd", "td", "th", "h1", "h2", "h3", "h4", "h5", "h6", "div", "title", "ul",
    "ol", "dl", "table", "tr", "body", "br",
}  # fmt: skip
_PERSIAN = re.compile("[آ-ی]{2}")


class _Paragraphs(HTMLParser):
    """Text of the blocks of a page; what stands in `pre`, `script` and `style` is none."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []
        self._held: list[str] = []
        self._skipped = 0

    def handle_starttag(self, tag: str, _: object) -> None:
        self._skipped += tag in ("pre", "script", "style")
        if tag in _BLOCKS:
            self.flush()

    def handle_endtag(self, tag: str) -> None:
        self._skipped -= tag in ("pre", "script", "style")
        if tag in _BLOCKS:
            self.flush()

    def handle_data(self, data: str) -> None:
        if not self._skipped:
            self._held.append(data)

    def flush(self) -> None:
        line = re.sub("[ \t\r\n]+", " ", "".join(self._held)).strip(" ")
        self._held.clear()
        if _PERSIAN.search(line):
            self.lines.append(line)


def prose(folder: Path) -> list[str]:
    """The different Persian paragraphs below a folder, in order."""
    lines: list[str] = []
    for path in sorted(folder.rglob("*.html")):
        page = _Paragraphs()
        page.feed(path.read_text(encoding="utf-8"))
        page.flush()
        lines += page.lines
    for path in sorted(folder.rglob("*.txt")):
        lines += [line for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    if not lines:
        raise SystemExit(f"no Persian prose below {folder}")
    return list(dict.fromkeys(lines))


def run(arm: str, python: str, texts: list[str], warm: int) -> dict:
    """One fresh process of one arm."""
    done = subprocess.run(
        [python, "-c", _PROGRAM, arm, str(warm)],
        input=json.dumps(texts),
        capture_output=True,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        check=False,
    )
    if done.returncode:
        return {"missing": done.stderr.strip().splitlines()[-1]}
    return json.loads(done.stdout.splitlines()[-1])


_CATEGORIES: list[tuple[str, str]] = [
    ("half-spaces", "\u200c"),
    ("digits and their signs", "[0-9۰-۹٠-٩٫٬]"),
    ("diacritics", "[\u064b-\u065f\u0670\u0640]"),
    ("quotes and brackets", "[\"'«»“”()\\[\\]]"),
    ("signs and their spaces", "[،؛؟.,;:?!…٪%*/_-]"),
    ("letters", "[ء-یA-Za-z]"),
]


#: Why ours does otherwise.
_WHY = {
    "half-spaces": "Ours joins affixes only. Whether two words are one («نصب شده», «سیستم عامل»), "
    "the others look up in a word list; that gives «انت‌های» for «انتهای» too.",
    "digits and their signs": "Digits of Latin words and addresses (UTF-8, IPv6) stay in ours, and "
    "numbers keep their points and commas.",
    "diacritics": "Off at first in ours: a tanwin tells «معمولاً» from «معمولا», and more is lost.",
    "quotes and brackets": "Ours makes quotes Persian around Persian only, and keeps «these».",
    "signs and their spaces": "Ours leaves file names, paths, addresses and Latin text alone.",
    "letters": "Ours never drops a repeated Latin letter (www, PPP), nor the yeh of «به یاد».",
    "other": "Signs that the others drop (+, =, |, ©), and marks nobody sees, which ours drops.",
}


def _category(ours: str, theirs: str) -> str:
    """By what is in one and not in the other."""
    if ours.replace("\u200c", " ").split() == theirs.replace("\u200c", " ").split() or (
        re.sub("[\u200c ]", "", ours) == re.sub("[\u200c ]", "", theirs)
        and "\u200c" in ours + theirs
    ):
        return "half-spaces"
    changed = "".join((Counter(ours) - Counter(theirs)) + (Counter(theirs) - Counter(ours)))
    for name, pattern in _CATEGORIES[1:]:
        if re.search(pattern, changed):
            return name
    return "signs and their spaces" if changed.strip() != changed or not changed else "other"


def differences(ours: list[str], theirs: list[str]) -> dict[str, Counter]:
    """Ours and theirs where they differ, by category, with how often each came."""
    found: dict[str, Counter] = defaultdict(Counter)
    for mine, other in zip(ours, theirs, strict=True):
        if mine == other:
            continue
        a, b = mine.split(" "), other.split(" ")
        for kind, i, j, m, n in difflib.SequenceMatcher(None, a, b, autojunk=False).get_opcodes():
            if kind != "equal":
                left, right = " ".join(a[i:j]), " ".join(b[m:n])
                found[_category(left, right)][left, right] += 1
    return found


def main() -> None:
    """Print the table, and the differences where asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--prose", type=Path, required=True)
    parser.add_argument("--python", action="append", default=[], metavar="PEER=INTERPRETER")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--differences", type=int, default=0, metavar="SAMPLES")
    asked = parser.parse_args()
    texts = prose(asked.prose)
    words = sum(len(text.split()) for text in texts)
    print(f"{len(texts):,} texts, {words:,} words, {sum(map(len, texts)):,} characters\n")
    pythons = dict(one.split("=", 1) for one in asked.python)
    runs: dict[str, list[dict]] = defaultdict(list)
    for _ in range(asked.rounds):
        for arm in ARMS:
            runs[arm].append(run(arm, pythons.get(arm, sys.executable), texts, 5))
    rows = []
    speeds: dict[str, float] = {}
    for arm in ARMS:
        if missing := [one["missing"] for one in runs[arm] if "missing" in one]:
            print(f"{arm}: skipped, {missing[0]}")
            continue
        cold = [words / one["cold"] / 1e3 for one in runs[arm]]
        warm = [words / one["warm"] / 1e3 for one in runs[arm]]
        speeds[arm] = median(warm)
        name = f"{arm} {runs[arm][0]['version']}"
        rows.append([name, spread(cold, 0), spread(warm, 0), f"{median(cold):.0f}"])
    for row in rows:
        mine = median([words / one["cold"] / 1e3 for one in runs["ours"]])
        warm = speeds[row[0].split()[0]]
        row[3] = f"{mine / float(row[3]):.1f} / {speeds['ours'] / warm:.1f}"
    print(
        table(
            ["", "cold, 1000 words/s", "warm", "ours is so many times as fast, cold / warm"], rows
        )
    )
    peers = [speeds[arm] for arm in ("hazm", "shekar") if arm in speeds]
    if peers:
        print(
            f"\nours (warm) over the faster of hazm and shekar: {speeds['ours'] / max(peers):.1f}"
        )
    if not asked.differences:
        return
    for arm in ARMS[1:]:
        if arm not in speeds:
            continue
        found = differences(runs["ours"][0]["texts"], runs[arm][0]["texts"])
        print(
            f"\n## ours beside {arm}: {sum(sum(one.values()) for one in found.values()):,} places"
        )
        for category, places in sorted(found.items(), key=lambda one: -sum(one[1].values())):
            print(f"\n{category}: {sum(places.values()):,}, {len(places):,} different")
            print(f"  {_WHY[category]}")
            for (mine, other), count in places.most_common(asked.differences):
                print(f"  {count:5,} × ours {_shown(mine)}  theirs {_shown(other)}")


def _shown(text: str) -> str:
    """With half-spaces that can be seen."""
    return f"[{text}]".replace("\u200c", "¦")


if __name__ == "__main__":
    main()
