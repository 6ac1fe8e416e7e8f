"""What a page has to be: each check gives a list of findings."""

import base64
import re
from html.parser import HTMLParser

import content

WIDTHS = (320, 400, 700, 1400)
SCREENS = (400, 1400)
SCHEMES = ("light", "dark")
A4 = 794

VOID = {"meta", "br", "hr", "img", "link", "input", "col", "wbr", "source"}

# Roles of the accessibility tree that say nothing without a name.
NAMED = {
    "image",
    "table",
    "link",
    "button",
    "region",
    "DisclosureTriangle",
    "RootWebArea",
    "SvgRoot",
}


class Source(HTMLParser):
    """The tags as they are written, and where they do not nest."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.findings, self._open = [], [], []
        self.feed(text)
        self._say(not self._open, f"never closed: {self._open}")

    def _say(self, fine, finding):
        if not fine:
            self.findings.append(f"line {self.getpos()[0]}: {finding}")

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        keys = [key for key, _ in attrs]
        self._say(len(keys) == len(set(keys)), f"<{tag}> has an attribute twice")
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self._open.pop()

    def handle_endtag(self, tag):
        have = self._open.pop() if self._open else None
        self._say(have == tag, f"</{tag}> closes <{have}>")


def screens(chrome):
    """Each screen in each scheme, as "400 px, dark"; all details are open."""
    chrome.ask("open", True)
    for width in SCREENS:
        for scheme in SCHEMES:
            chrome.screen(width, scheme)
            yield f"{width} px, {scheme}"


def check_quiet(chrome, page):
    """The console has nothing to say, and no other file is asked for."""
    own = page.path.as_uri()
    asked = [url for url in chrome.requests() if url != own and not url.startswith("data:")]
    return chrome.messages() + [f"asks for {url}" for url in asked]


def check_markup(chrome, page):
    """It is written as the browser reads it."""
    source = Source(page.path.read_text(encoding="utf-8"))
    read = chrome.ask("elements")
    for number, (written, found) in enumerate(zip(source.tags, read)):
        if written != found:
            return source.findings + [f"element {number}: <{written}> is read as <{found}>"]
    same = len(source.tags) == len(read)
    return source.findings + ([] if same else [f"{len(source.tags)} tags, {len(read)} elements"])


def check_frame(chrome, _):
    """Language, title, main, and what the page allows itself."""
    return chrome.ask("frame")


def check_inert(chrome, _):
    """Nothing runs, and nothing is loaded."""
    return chrome.ask("inert")


def check_steps(chrome, page):
    """Each step is there, drawn and in words."""
    chrome.screen(400)
    return chrome.ask("steps", page.enrolments)


def check_parts(chrome, _):
    """What has to be in a part is there."""
    return chrome.ask("parts")


def check_urls(chrome, _):
    """Where the two URLs differ is marked."""
    return chrome.ask("urls")


def check_content(chrome, page):
    """It says what the command said."""
    return content.findings(page.path, chrome.ask("told"))


def check_ids(chrome, _):
    """No id twice, and no reference to none."""
    return chrome.ask("ids")


def check_headings(chrome, _):
    """Headings go down a level at a time."""
    return chrome.ask("headings")


def check_tables(chrome, _):
    """Tables, lists, figures and details are what they say."""
    return chrome.ask("tables")


def check_names(chrome, _):
    """What assistive technology tells has a name."""
    chrome.ask("open", True)
    nodes = chrome.devtools("Accessibility.getFullAXTree")["nodes"]
    nameless = [
        node["role"]["value"]
        for node in nodes
        if not node["ignored"]
        and node["role"]["value"] in NAMED
        and not node.get("name", {}).get("value", "").strip()
    ]
    return [f"{nameless.count(role)} of role {role} without a name" for role in sorted(set(nameless))]


def check_contrast(chrome, _):
    """Text and lines can be told from what is behind them."""
    return [f"{at}: {said}" for at in screens(chrome) for said in chrome.ask("contrasts")]


def check_scheme(chrome, _):
    """Light is light, and dark is dark."""
    said = []
    for scheme in SCHEMES:
        chrome.screen(1400, scheme)
        said += chrome.ask("scheme", scheme)
    return said


def check_width(chrome, _):
    """Nothing sticks out, opened or not."""
    said = []
    for opened in (False, True):
        chrome.ask("open", opened)
        for width in WIDTHS:
            chrome.screen(width)
            said += [f"{width} px: {what}" for what in chrome.ask("overflow", width) + chrome.ask("cut")]
    return said


def check_drawings(chrome, _):
    """What is written in drawings can be read."""
    said = []
    for width in SCREENS:
        chrome.screen(width)
        said += [f"{width} px: {what}" for what in chrome.ask("drawings")]
    return said


def check_scrollers(chrome, _):
    """What scrolls can be scrolled without a mouse."""
    chrome.ask("open", True)
    chrome.screen(400)
    return chrome.ask("scrollers")


def check_targets(chrome, _):
    """Fingers can hit it."""
    chrome.screen(400)
    return chrome.ask("targets")


def _toggle(chrome):
    """Enter opens, Space closes."""
    said = []
    for key, wanted in (("Enter", True), (" ", False)):
        chrome.press(key)
        if chrome.ask("opened") != wanted:
            said.append(f"{key!r} on a summary: open is not {wanted}")
    return said


def _walk(chrome, toggle):
    """With Tab through the page."""
    said, visited = [], []
    count = chrome.ask("tour")
    for _ in range(2 * count):
        if visited and visited[-1] == count - 1:
            break
        chrome.press("Tab")
        place, opens, wrong = chrome.ask("stop")
        said += wrong
        if place < 0:
            continue
        visited.append(place)
        if toggle and opens:
            said += _toggle(chrome)
    if visited != list(range(count)):
        said.append(f"Tab comes to {visited} of {count} places")
    return said


def check_keyboard(chrome, page):
    """All is reached and opened by keyboard, and the focus is seen."""
    said = chrome.ask("tabbed")
    for scheme, toggle, opened in (("light", True, False), ("dark", False, True)):
        chrome.open(page.path)
        chrome.screen(400, scheme)
        chrome.ask("open", opened)
        said += _walk(chrome, toggle)
    return said


def check_print(chrome, page):
    """On paper all is there, and in black on white."""
    chrome.open(page.path)
    chrome.screen(A4, media="print")
    said = chrome.ask("closed") + chrome.ask("contrasts") + chrome.ask("overflow", A4)
    pdf = base64.b64decode(chrome.devtools("Page.printToPDF")["data"])
    pages = len(re.findall(rb"/Type\s*/Page\b", pdf))
    return said + ([] if pdf.startswith(b"%PDF-") and pages else ["no PDF comes of it"])


def check_spacing(chrome, _):
    """There is room for wider text. (The last one: it changes the page.)"""
    chrome.ask("open", True)
    chrome.screen(400)
    chrome.ask("spaceOut")
    return chrome.ask("overflow", 400) + chrome.ask("cut")


# In this order: the first one wants a page as it was loaded.
CHECKS = [
    check_quiet,
    check_markup,
    check_frame,
    check_inert,
    check_steps,
    check_parts,
    check_urls,
    check_content,
    check_ids,
    check_headings,
    check_tables,
    check_names,
    check_contrast,
    check_scheme,
    check_width,
    check_drawings,
    check_scrollers,
    check_targets,
    check_keyboard,
    check_print,
    check_spacing,
]
