"""Three browsers under one roof: each opens an address, runs scripts in the page, takes pictures of it and presses keys."""

import base64
import json
import os
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.request

PATIENCE = 30


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Chromium:
    def __init__(self, width: int, height: int, language: str):
        from playwright.sync_api import sync_playwright

        self.playwright = sync_playwright().start()
        self.browser = self.playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu"]
        )
        self.page = self.browser.new_page(viewport={"width": width, "height": height}, locale=language)

    def resize(self, width: int, height: int) -> None:
        self.page.set_viewport_size({"width": width, "height": height})

    def open(self, address: str) -> None:
        self.page.goto(address)

    def run(self, script: str):
        return self.page.evaluate(f"() => {{ {script} }}")

    def picture(self, path: str) -> None:
        self.page.screenshot(path=path)

    def press(self, key: str) -> None:
        self.page.keyboard.press(key)

    def click(self, selector: str) -> None:
        self.page.click(selector)

    def close(self) -> None:
        self.browser.close()
        self.playwright.stop()


class Firefox:
    def __init__(self, width: int, height: int, language: str):
        from marionette_driver.marionette import Marionette

        self.profile = tempfile.mkdtemp(prefix="firefox-")
        port = free_port()
        settings = {
            "marionette.port": port,
            "intl.accept_languages": language,
            "datareporting.policy.dataSubmissionEnabled": False,
            "app.update.enabled": False,
            "browser.shell.checkDefaultBrowser": False,
            "network.captive-portal-service.enabled": False,
            "network.connectivity-service.enabled": False,
            # Runs as root in CI.
            "security.sandbox.content.level": 0,
        }
        with open(os.path.join(self.profile, "user.js"), "w", encoding="utf-8") as file:
            for name, value in settings.items():
                file.write(f"user_pref({json.dumps(name)}, {json.dumps(value)});\n")
        self.process = subprocess.Popen(
            ["firefox-esr", "--marionette", "--headless", "--no-remote", "--profile", self.profile],
            env=os.environ | {"MOZ_HEADLESS_WIDTH": str(width), "MOZ_HEADLESS_HEIGHT": str(height)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self.driver = Marionette(host="127.0.0.1", port=port)
        end = time.monotonic() + PATIENCE
        while True:
            try:
                self.driver.start_session()
                break
            except OSError:
                if time.monotonic() > end:
                    raise
                time.sleep(0.1)
        self.resize(width, height)

    def resize(self, width: int, height: int) -> None:
        inner = self.driver.execute_script("return [innerWidth, innerHeight]")
        rect = self.driver.window_rect
        self.driver.set_window_rect(
            width=rect["width"] + width - inner[0], height=rect["height"] + height - inner[1]
        )

    def open(self, address: str) -> None:
        self.driver.navigate(address)

    def run(self, script: str):
        return self.driver.execute_script(script, sandbox=None)

    def picture(self, path: str) -> None:
        with open(path, "wb") as file:
            file.write(base64.b64decode(self.driver.screenshot(full=False)))

    def press(self, key: str) -> None:
        self.driver.find_element("css selector", "body").send_keys(key)

    def click(self, selector: str) -> None:
        self.driver.find_element("css selector", selector).click()

    def close(self) -> None:
        try:
            self.driver.delete_session()
        finally:
            self.process.terminate()
            self.process.wait()
            shutil.rmtree(self.profile, ignore_errors=True)


class WebKit:
    """MiniBrowser by the W3C's WebDriver protocol, on a screen of its own."""

    BROWSERS = ["4.1", "4.0", "6.0"]

    def __init__(self, width: int, height: int, language: str):
        reading, writing = os.pipe()
        self.screen = subprocess.Popen(
            ["Xvfb", "-displayfd", str(writing), "-screen", "0", "2560x1600x24", "-nolisten", "tcp"],
            pass_fds=[writing],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(writing)
        with os.fdopen(reading) as file:
            display = file.readline().strip()
        port = free_port()
        locale = "ja_JP.UTF-8" if language.startswith("ja") else "C.UTF-8"
        self.data = tempfile.mkdtemp(prefix="webkit-")
        self.driver = subprocess.Popen(
            ["WebKitWebDriver", f"--port={port}"],
            env=os.environ
            | {
                "DISPLAY": f":{display}",
                "LANGUAGE": "ja" if language.startswith("ja") else "en",
                "LC_ALL": locale,
                "GDK_BACKEND": "x11",
                "LIBGL_ALWAYS_SOFTWARE": "1",
                "WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS": "1",
                # What Apple's builds have.
                "WEBKIT_GST_ENABLE_HLS_SUPPORT": "1",
                "XDG_RUNTIME_DIR": self.data,
                "HOME": self.data,
            },
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self.base = f"http://127.0.0.1:{port}"
        found = [f"/usr/lib/x86_64-linux-gnu/webkit2gtk-{version}/MiniBrowser" for version in self.BROWSERS]
        binary = next(path for path in found if os.path.exists(path))
        options = {"webkitgtk:browserOptions": {"binary": binary, "args": ["--automation"]}}
        end = time.monotonic() + PATIENCE
        while True:
            try:
                answer = self.ask("POST", "/session", {"capabilities": {"alwaysMatch": options}})
                break
            except OSError:
                if time.monotonic() > end:
                    raise
                time.sleep(0.1)
        self.base += f"/session/{answer['sessionId']}"
        self.resize(width, height)

    def resize(self, width: int, height: int) -> None:
        inner = self.run("return [innerWidth, innerHeight, outerWidth, outerHeight]")
        self.ask(
            "POST", "/window/rect", {"width": inner[2] + width - inner[0], "height": inner[3] + height - inner[1]}
        )

    def ask(self, method: str, path: str, body: dict | None = None):
        data = json.dumps(body or {}).encode() if method == "POST" else None
        request = urllib.request.Request(
            self.base + path, data=data, method=method, headers={"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=PATIENCE) as response:
            return json.load(response)["value"]

    def open(self, address: str) -> None:
        self.ask("POST", "/url", {"url": address})

    def run(self, script: str):
        return self.ask("POST", "/execute/sync", {"script": script, "args": []})

    def picture(self, path: str) -> None:
        with open(path, "wb") as file:
            file.write(base64.b64decode(self.ask("GET", "/screenshot")))

    def press(self, key: str) -> None:
        keys = [{"type": "keyDown", "value": key}, {"type": "keyUp", "value": key}]
        self.ask("POST", "/actions", {"actions": [{"type": "key", "id": "keyboard", "actions": keys}]})

    def click(self, selector: str) -> None:
        found = self.ask("POST", "/element", {"using": "css selector", "value": selector})
        self.ask("POST", f"/element/{next(iter(found.values()))}/click", {})

    def close(self) -> None:
        try:
            self.ask("DELETE", "")
        finally:
            self.driver.terminate()
            self.driver.wait()
            self.screen.terminate()
            self.screen.wait()
            shutil.rmtree(self.data, ignore_errors=True)


BROWSERS = {"chromium": Chromium, "firefox": Firefox, "webkit": WebKit}
