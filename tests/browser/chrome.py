"""One headless Chromium for many pages, driven over its DevTools protocol.

It gets a profile of its own, reads files only, and resolves no name.
"""

import json
import os
import shutil
from pathlib import Path

from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service

PROBE = Path(__file__).with_name("probe.js")

SWITCHES = [
    "--headless=new",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-dev-shm-usage",
    "--disable-extensions",
    "--disable-gpu",
    "--disable-sync",
    "--force-color-profile=srgb",
    "--host-resolver-rules=MAP * ~NOTFOUND",
]

# Key name: DevTools code, virtual key code, the text that it types.
KEYS = {
    "Tab": ("Tab", 9, ""),
    "Enter": ("Enter", 13, "\r"),
    " ": ("Space", 32, " "),
}


def _options(profile):
    options = Options()
    for switch in SWITCHES:
        options.add_argument(switch)
    if os.geteuid() == 0:
        options.add_argument("--no-sandbox")
    options.add_argument(f"--user-data-dir={profile}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    options.add_experimental_option("perfLoggingPrefs", {"enablePage": False})
    return options


class Chrome:
    """A browser; use it in a with statement."""

    def __init__(self, profile):
        service = Service(shutil.which("chromedriver"))
        self._driver = webdriver.Chrome(options=_options(profile), service=service)
        self.devtools(
            "Page.addScriptToEvaluateOnNewDocument",
            source=PROBE.read_text(encoding="utf-8"),
        )
        self._driver.get("about:blank")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._driver.quit()

    def devtools(self, method, **parameters):
        """One command of the DevTools protocol, and what it answers."""
        return self._driver.execute_cdp_cmd(method, parameters)

    def ask(self, question, *arguments):
        """What a function of probe.js says."""
        return self._driver.execute_script(
            f"return probe.{question}(...arguments)", *arguments
        )

    def open(self, path):
        """Load a file as new: nothing is open and nothing has the focus."""
        self._drain()
        self._driver.get(path.as_uri())

    def write(self, path):
        """Put a file's text in the place of the page before: far quicker."""
        frame = self.devtools("Page.getFrameTree")["frameTree"]["frame"]["id"]
        text = path.read_text(encoding="utf-8")
        self.devtools("Page.setDocumentContent", frameId=frame, html=text)

    def _drain(self):
        for kind in ("browser", "performance"):
            self._driver.get_log(kind)

    def messages(self):
        """What the console said since open()."""
        return [entry["message"] for entry in self._driver.get_log("browser")]

    def requests(self):
        """The URLs asked for since open()."""
        events = (
            json.loads(entry["message"])["message"]
            for entry in self._driver.get_log("performance")
        )
        return [
            event["params"]["request"]["url"]
            for event in events
            if event["method"] == "Network.requestWillBeSent"
        ]

    def screen(self, width, scheme="light", media="screen"):
        """Be a screen, or a sheet, this wide; below 600 px a phone's."""
        self.devtools(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=900,
            deviceScaleFactor=1,
            mobile=width < 600,
        )
        self.devtools(
            "Emulation.setEmulatedMedia",
            media=media,
            features=[{"name": "prefers-color-scheme", "value": scheme}],
        )

    def press(self, key):
        """Press a key and let it go."""
        code, number, text = KEYS[key]
        event = {"key": key, "code": code, "windowsVirtualKeyCode": number}
        self.devtools("Input.dispatchKeyEvent", type="keyDown", text=text, **event)
        self.devtools("Input.dispatchKeyEvent", type="keyUp", **event)
