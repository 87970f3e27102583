"""Loads the viewer page again and again in Chromium and says, as a line of JSON, how soon it has a picture and how late that is.

    loads.py ADDRESS [--loads 20] [--seconds 30] [--cuts 8]

Each load begins with nothing in the browser's cache. `first` is from the beginning of the navigation to the first picture on the
screen, in seconds, of each load; `latency` is from the encoder's picture to the page's, read five times a second from a code in the
picture (see viewer.py) while one more page stays open for so many seconds, its first five left out. `held` is, for a page whose line
(see line.py) is cut for two seconds so many times, from when the line is whole again until the latency stays within 0.15 s of
where it comes to rest. Of all it says the median and what 19 of 20 are below.
"""

import argparse
import json
import os
import signal
import statistics
import subprocess
import sys
import time
import urllib.parse

from playwright.sync_api import Browser, Page, sync_playwright

FIRST = """
addEventListener("DOMContentLoaded", () => {
    window.first = null;
    document.getElementById("video").requestVideoFrameCallback((now) => (window.first = now / 1000));
});
"""

CODE = """
() => {
    const video = document.getElementById("video");
    const [width, height] = [video.videoWidth, video.videoHeight];
    if (!width || document.documentElement.dataset.state !== "playing") return null;
    const canvas = window.canvas = window.canvas || document.createElement("canvas");
    [canvas.width, canvas.height] = [width, height];
    const context = canvas.getContext("2d", { willReadFrequently: true });
    context.drawImage(video, 0, 0);
    const now = Date.now();
    let code = 0;
    for (let bit = 0; bit < 14; bit += 1) {
        const pixel = context.getImageData(Math.floor(((bit + 0.5) / 20) * width), Math.floor(0.95 * height), 1, 1).data;
        if (pixel[1] > 127) code += 2 ** bit;
    }
    return (((Math.floor(now / 10) - code) % 16384) + 16384) % 16384 / 100;
}
"""

PATIENCE = 30
SETTLING = 5
CUT = 2
# How long a page has to come to rest, of which the last seconds say where that is.
REST = 14
LAST = 3
NEAR = 0.15


def awaited(page: Page, script: str):
    """What a script gives once it gives something. Playwright's own way is against the page's content security policy."""
    end = time.monotonic() + PATIENCE
    while not (found := page.evaluate(script)):
        if time.monotonic() > end:
            raise TimeoutError(script)
        page.wait_for_timeout(20)
    return found


def first_picture(browser: Browser, address: str) -> float:
    context = browser.new_context(viewport={"width": 1280, "height": 800}, locale="en-GB")
    page = context.new_page()
    page.add_init_script(FIRST)
    page.goto(address, wait_until="commit")
    seconds = awaited(page, "window.first")
    context.close()
    return seconds


def latencies(browser: Browser, address: str, seconds: float) -> list[float]:
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.goto(address)
    awaited(page, "document.documentElement.dataset.state === 'playing'")
    time.sleep(SETTLING)
    end = time.monotonic() + seconds
    found: list[float] = []
    while time.monotonic() < end:
        seen = page.evaluate(CODE)
        if seen is not None:
            found.append(seen)
        page.wait_for_timeout(200)
    page.close()
    return found


def times_to_hold(browser: Browser, address: str, cuts: int) -> list[float]:
    parts = urllib.parse.urlsplit(address)
    script = os.path.join(os.path.dirname(__file__), "line.py")
    line = subprocess.Popen([sys.executable, script, parts.netloc, "1000000"], stdout=subprocess.PIPE, text=True)
    place = line.stdout.readline().removeprefix("listening at ").strip()
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.goto(parts._replace(netloc=place).geturl())
    awaited(page, "document.documentElement.dataset.state === 'playing'")
    page.wait_for_timeout(SETTLING * 1000)
    found: list[float] = []
    for _ in range(cuts):
        line.send_signal(signal.SIGUSR1)
        page.wait_for_timeout(CUT * 1000)
        line.send_signal(signal.SIGHUP)
        began = time.monotonic()
        looks: list[tuple[float, float | None]] = []
        while (at := time.monotonic() - began) < REST:
            looks.append((at, page.evaluate(CODE)))
            page.wait_for_timeout(50)
        rest = statistics.median(latency for at, latency in looks if latency is not None and at > REST - LAST)
        found.append(max(at for at, latency in looks if latency is None or abs(latency - rest) > NEAR))
    page.close()
    line.terminate()
    line.wait()
    return found


def account(values: list[float]) -> dict:
    ordered = sorted(values)
    last = len(ordered) - 1
    return {
        "count": len(ordered),
        "p50": round(ordered[round(last * 0.5)], 3),
        "p95": round(ordered[round(last * 0.95)], 3),
        "most": round(ordered[last], 3),
    }


parser = argparse.ArgumentParser()
parser.add_argument("address")
parser.add_argument("--loads", type=int, default=20)
parser.add_argument("--seconds", type=float, default=30)
parser.add_argument("--cuts", type=int, default=8)
arguments = parser.parse_args()
with sync_playwright() as playwright:
    chromium = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu"])
    firsts = [first_picture(chromium, arguments.address) for _ in range(arguments.loads)]
    late = latencies(chromium, arguments.address, arguments.seconds)
    held = times_to_hold(chromium, arguments.address, arguments.cuts)
    chromium.close()
print(json.dumps({"first": account(firsts), "latency": account(late), "held": account(held)}), flush=True)
