"""A headless Chromium, driven by the WebDriver protocol (W3C) through Debian's chromedriver: standard library only."""
import base64
import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time

ELEMENT = "element-6066-11e4-a52e-4f735466cecf"


class Missing(Exception):
    """No browser can run here; the text says why."""


class Failure(Exception):
    """A page is not as it must be."""


def find():
    """Paths of chromium and its driver. Missing: which is not there."""
    chromium = next((p for p in map(shutil.which, ["chromium", "google-chrome", "chrome"]) if p), None)
    driver = shutil.which("chromedriver") or shutil.which("chromium-driver")
    if not chromium or not driver:
        raise Missing(f"there is no {'chromium' if not chromium else 'chromedriver'}; hint: apt-get install chromium chromium-driver")
    return chromium, driver


class Browser:
    """One browser process with its profile in a folder of its own; a session is made for each window size at need."""

    def __init__(self, width=1280, height=800, dark=False):
        chromium, driver = find()
        self.dir = tempfile.mkdtemp(prefix="baton-ui-")
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            self.port = s.getsockname()[1]
        self.log = open(os.path.join(self.dir, "driver.log"), "wb")
        env = {**os.environ, "HOME": self.dir}
        self.process = subprocess.Popen([driver, f"--port={self.port}"], stdout=self.log, stderr=self.log, env=env, start_new_session=True)
        self.session = ""
        deadline = time.monotonic() + 30
        while True:
            try:
                if self.call("GET", "/status")["ready"]:
                    break
            except OSError:
                pass
            if time.monotonic() > deadline or self.process.poll() is not None:
                raise Missing("chromedriver does not start")
            time.sleep(0.05)
        arguments = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", f"--window-size={width},{height}",
                     f"--user-data-dir={self.dir}/profile", "--hide-scrollbars", "--no-first-run", "--disable-background-networking",
                     "--disable-features=OptimizationHints,MediaRouter,Translate", "--force-prefers-reduced-motion"]
        if dark:
            arguments.append("--blink-settings=preferredColorScheme=0")
        made = self.call("POST", "/session", {"capabilities": {"alwaysMatch": {
            "browserName": "chrome", "goog:chromeOptions": {"binary": chromium, "args": arguments},
            "goog:loggingPrefs": {"browser": "ALL"}}}})
        self.session = f"/session/{made['sessionId']}"
        self.size(width, height)

    def call(self, method, path, body=None):
        c = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        c.request(method, path, json.dumps(body) if body is not None else None, {"Content-Type": "application/json"})
        answer = json.loads(c.getresponse().read())["value"]
        c.close()
        if isinstance(answer, dict) and "error" in answer and "stacktrace" in answer:
            raise Failure(f"{path}: {answer['error']}: {answer['message'][:600]}")
        return answer

    def close(self):
        try:
            if self.session:
                self.call("DELETE", self.session)
        except (OSError, Failure):
            pass
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.log.close()
        shutil.rmtree(self.dir, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    # --- what a page can be asked -----------------------------------------------------------------------------------
    def cdp(self, command, **params):
        return self.call("POST", f"{self.session}/goog/cdp/execute", {"cmd": command, "params": params})

    def size(self, width, height):
        """The page's own size: windows are never narrower than 500."""
        self.cdp("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    def open(self, url):
        self.call("POST", f"{self.session}/url", {"url": url})

    def js(self, script, *args):
        return self.call("POST", f"{self.session}/execute/sync", {"script": script, "args": list(args)})

    def wait_js(self, script, *args):
        """For promises: the script calls `done`, its last argument."""
        return self.call("POST", f"{self.session}/execute/async", {"script": script, "args": list(args)})

    def screenshot(self, path):
        with open(path, "wb") as f:
            f.write(base64.b64decode(self.call("GET", f"{self.session}/screenshot")))

    def all(self, css):
        return [e[ELEMENT] for e in self.call("POST", f"{self.session}/elements", {"using": "css selector", "value": css})]

    def find(self, css, seconds=30, text=None):
        """The first element that is shown (and has this text); waits for it."""
        script = ("const t=arguments[1];return [...document.querySelectorAll(arguments[0])].find(e=>(e.checkVisibility?.()??true)&&"
                  "(t===null||(e.textContent||'').trim().includes(t)||(e.getAttribute('aria-label')||'').includes(t)))||null")
        found = self.until(lambda: self.js(script, css, text), seconds, f"'{css}'" + (f" with '{text}'" if text else ""))
        return found[ELEMENT]

    def until(self, test, seconds, what):
        deadline = time.monotonic() + seconds
        while True:
            found = test()
            if found:
                return found
            if time.monotonic() > deadline:
                raise Failure(f"not within {seconds} s: {what}; the page says: {self.js('return document.body.innerText')[:1500]!r}")
            time.sleep(0.05)

    def click(self, css, text=None, seconds=30):
        """As a pointer does: it fails where something else is in front."""
        deadline = time.monotonic() + seconds
        while True:
            e = self.find(css, seconds, text)
            try:
                return self.call("POST", f"{self.session}/element/{e}/click", {})
            except Failure:  # drawn anew in between, or something moves away
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)

    def type(self, css, text, text_of=None, clear=True):
        e = self.find(css, text=text_of)
        if clear:
            self.call("POST", f"{self.session}/element/{e}/clear", {})
        self.call("POST", f"{self.session}/element/{e}/value", {"text": text})

    def key(self, *keys):
        actions = [a for k in keys for a in ({"type": "keyDown", "value": k}, {"type": "keyUp", "value": k})]
        self.call("POST", f"{self.session}/actions", {"actions": [{"type": "key", "id": "keys", "actions": actions}]})

    def text(self):
        return self.js("return document.body.innerText")

    def see(self, text, seconds=30):
        self.until(lambda: text in self.text(), seconds, f"'{text}' on the page")

    def not_see(self, text, seconds=30):
        self.until(lambda: text not in self.text(), seconds, f"'{text}' gone from the page")

    def logs(self):
        """What the console said since the last call."""
        return self.call("POST", f"{self.session}/se/log", {"type": "browser"})

    def tab(self):
        """Another tab, which is then the one that is driven; returns both names."""
        old = self.call("GET", f"{self.session}/window")
        new = self.call("POST", f"{self.session}/window/new", {"type": "tab"})["handle"]
        self.switch(new)
        return old, new

    def switch(self, handle):
        self.call("POST", f"{self.session}/window", {"handle": handle})
