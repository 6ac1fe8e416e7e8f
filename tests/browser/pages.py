"""Look at pages in a browser, and say what is wrong with each.

    /usr/bin/python3 pages.py PROFILE PAGE:ENROLMENTS[:CHECK,...]...

PROFILE is a directory for the browser, PAGE a file beside its JSON, ENROLMENTS
how many it has to have, CHECK those that are made instead of all.  A line a
check: "ok PAGE CHECK" or "not ok PAGE CHECK", and its findings, each after a
tab.
"""

import sys
from dataclasses import dataclass
from pathlib import Path

from checks import CHECKS
from chrome import Chrome

MOST = 12


def name_of(check):
    """check_ids is "ids"."""
    return check.__name__.removeprefix("check_")


BY_NAME = {name_of(check): check for check in CHECKS}


@dataclass
class Page:
    """A file, and what it has to have."""

    path: Path
    enrolments: int
    checks: list

    @classmethod
    def of(cls, argument):
        """PAGE:ENROLMENTS[:CHECK,...]."""
        path, enrolments, *some = argument.split(":")
        names = some[0].split(",") if some else map(name_of, CHECKS)
        checks = [BY_NAME[name] for name in names]
        return cls(Path(path).resolve(strict=True), int(enrolments), checks)


def report(page, check, findings):
    """The verdict of a check."""
    word = "not ok" if findings else "ok"
    each = list(dict.fromkeys(" ".join(finding.split()) for finding in findings))
    told = each[:MOST]
    if len(each) > MOST:
        told.append(f"and {len(each) - MOST} more")
    print(f"{word} {page.path.stem} {name_of(check)}", *told, sep="\t", flush=True)


def look(chrome, page):
    """The checks of a page; only the first one needs it loaded from its file."""
    chrome.screen(1400)
    if CHECKS[0] in page.checks:
        chrome.open(page.path)
    else:
        chrome.write(page.path)
    for check in page.checks:
        report(page, check, check(chrome, page))


def main(profile, *arguments):
    """One browser for all pages."""
    pages = [Page.of(argument) for argument in arguments]
    with Chrome(profile) as chrome:
        for page in pages:
            look(chrome, page)


if __name__ == "__main__":
    main(*sys.argv[1:])
