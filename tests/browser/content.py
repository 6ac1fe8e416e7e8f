"""What a page says, held against the JSON that it was made of."""

import base64
import json

DUMPED = 512
DUMP_LINE = 16


def plain(text):
    """White space and line ends aside."""
    return " ".join(str(text).split())


def squeezed(text):
    """Without any white space, as hexadecimal digits and PEM are compared."""
    return "".join(str(text).split())


def differs(what, have, want):
    """A finding, if they are not the same."""
    return [] if have == want else [f"{what}: '{have}', wanted '{want}'"]


def missing(what, text, wanted):
    """A finding for each that is not in the text."""
    return [f"{what}: no '{want}'" for want in wanted if want and plain(want) not in plain(text)]


def member(document, *path):
    """The value at the end of a path; None where there is none."""
    for key in path:
        document = (document or {}).get(key)
    return document


def steps(enrolment, told):
    """Each step as it went."""
    want = {letter: "skipped" for letter in "ABCDEFGHIJKL"}
    for step in enrolment["steps"]:
        want[step["step"]] = "ok" if step["ok"] else "failed"
    texts = [step["text"] for step in enrolment["steps"]]
    return differs("steps", told["steps"], want) + missing("steps", told["text"], texts)


def urls(enrolment, told):
    """The URL that was built, and the right one, if there are any."""
    said = []
    for key, *path in (("built", "url"), ("right", "right", "url")):
        want = member(enrolment, "authority", *path)
        have = told[key] if want or "://" in (told[key] or "") else None
        said += differs(f"URL {key}", have, want)
    return said


def dump(body):
    """The lines of a hex dump, and what is said of the rest."""
    octets = base64.b64decode(body["base64"])[:DUMPED]
    lines = [octets[at : at + DUMP_LINE].hex() for at in range(0, len(octets), DUMP_LINE)]
    rest = body["bytes"] - len(octets)
    return lines + ([f"{rest}bytesmore"] if rest else [])


def message(what, sent, text):
    """Head and body of a request or an answer."""
    if not sent:
        return []
    body = sent["body"] or {}
    said = missing(what, text, [sent["head"], body.get("text")])
    if "base64" in body:
        said += missing(what, squeezed(text), dump(body))
    return said


def request(want, told):
    """One request: its summary, and what went over the wire."""
    name = want["name"]
    status = want["status"] or "no answer"
    said = missing(name, told["summary"], [f"{name}: {want['method']}, {status}"])
    said += missing(name, told["text"], [want.get("url"), want.get("error"), want.get("address")])
    said += missing(name, told["text"], [value for value in (want.get("scep") or {}).values()])
    for part in ("request", "answer"):
        said += message(f"{name}, {part}", want.get(part), told["text"])
    return said


def requests(enrolment, told):
    """Each of them, in order."""
    want, have = enrolment["requests"], told["requests"]
    said = differs("requests", len(have), len(want))
    for one, other in zip(want, have):
        said += request(one, other)
    return said


def certificates(want, told):
    """Each of them, with its fields and as PEM, in whatever order."""
    said = differs("certificates", len(told), len(want))
    fields = ("subject", "issuer", "serial", "key_id", "authority_key_id", "source", "sha256")
    for one in want:
        what = f"certificate '{one['subject']}'"
        shown = [text for text in told if squeezed(one["pem"]) in squeezed(text)]
        said += differs(f"{what}: times", len(shown), 1)
        said += missing(what, "".join(shown), [one.get(field) for field in fields])
    return said


def chain(enrolment, told):
    """The picture has the key identifiers of the EK's chain."""
    shown = ("ek", "chain", "above")
    known = enrolment.get("certificates", [])
    ids = [one.get("key_id") for one in known if one["role"] in shown]
    return missing("chain", told["chain"] or "", ids)


def failure(enrolment, told):
    """What Windows would say."""
    why = enrolment["failure"] or {}
    words = [why.get(key) for key in ("hresult", "hresult_name", "hresult_text", "reply", "http_status")]
    return missing("failure", told["text"], words)


def enrolment_findings(name, enrolment, told):
    """One enrolment."""
    said = steps(enrolment, told) + urls(enrolment, told) + requests(enrolment, told)
    said += certificates(enrolment.get("certificates", []), told["certificates"])
    said += chain(enrolment, told) + failure(enrolment, told)
    return [f"{name}: {what}" for what in said]


def reproduction_findings(reproduction, told):
    """One mode: its enrolment, and how to do it by hand."""
    name = reproduction["mode"]
    said = enrolment_findings(name, reproduction["enrolment"], told)
    return differs("mode", told["id"], name) + said + missing(name, told["text"], reproduction["commands"])


def verification_findings(document, text, told):
    """Each check of each chain, and each certificate once."""
    said = missing("verdict", text, ["Accepted" if document["accepted"] else "Rejected"])
    found = {}
    for ek in document["eks"]:
        found.update({one["sha256"]: one for one in ek["path"]})
        for check in ek["checks"]:
            words = [check.get(key) for key in ("name", "result", "found", "wanted", "clause")]
            said += missing(ek["name"], text, words)
    return said + certificates(list(found.values()), told)


def findings(path, told):
    """Of a page beside whose file is its JSON."""
    document = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    sections = told["enrolments"]
    if "eks" in document:
        return verification_findings(document, told["text"], told["certificates"])
    if "steps" in document:
        return enrolment_findings("enrolment", document, sections[0])
    all_of_them = document["reproductions"]
    said = differs("reproductions", len(sections), len(all_of_them))
    for one, other in zip(all_of_them, sections):
        said += reproduction_findings(one, other)
    return said
