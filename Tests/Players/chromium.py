"""Plays an address in Chromium as a page's <video> does, and says how that went, as JSON.

    chromium.py ADDRESS SECONDS    ends once SECONDS of the stream have been played, with an error, or after its patience
    chromium.py ADDRESS follow     says how it goes, a line five times a second, until an error ends it
    chromium.py ADDRESS follow hls.js    the same, played by hls.js, which is in that file, as a module that names its class Hls
"""

import json
import sys
import time

from playwright.sync_api import Page, sync_playwright

PATIENCE = 60

PAGE = """
<!doctype html>
<video id="v" muted autoplay playsinline></video>
"""

WATCH = """
(address) => {
    const video = document.getElementById("v");
    window.seen = { times: [], events: [] };
    for (const name of ["loadedmetadata", "playing", "waiting", "stalled", "ended", "error"])
        video.addEventListener(name, () => window.seen.events.push(name));
    video.addEventListener("timeupdate", () => window.seen.times.push(video.currentTime));
    window.failure = null;
    if (window.Hls) {
        const hls = new window.Hls();
        hls.on("hlsError", (event, data) => {
            const what = `${data.type} ${data.details} ${data.response?.code ?? ""} ${data.error ?? ""}`;
            window.seen.events.push(what);
            if (data.fatal) window.failure = what;
        });
        hls.loadSource(address);
        hls.attachMedia(video);
    } else {
        video.src = address;
    }
    video.play().catch(() => {});
}
"""

LOOK = """
() => {
    const video = document.getElementById("v");
    const quality = video.getVideoPlaybackQuality();
    return {
        width: video.videoWidth,
        height: video.videoHeight,
        decoded: quality.totalVideoFrames,
        audioBytes: video.webkitAudioDecodedByteCount ?? 0,
        times: window.seen.times,
        events: window.seen.events,
        error: video.error ? `${video.error.code}: ${video.error.message}` : window.failure,
    };
}
"""


def follow(page: Page) -> None:
    while True:
        state = page.evaluate(LOOK)
        times = state["times"]
        played = times[-1] - times[0] if times else 0
        brief = {"played": played, "error": state["error"], "events": state["events"][-8:]}
        print(json.dumps(brief), flush=True)
        if state["error"]:
            return
        page.wait_for_timeout(200)


def watch(address: str, seconds: float | None, script: str | None) -> dict:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium",
            args=["--no-sandbox", "--autoplay-policy=no-user-gesture-required", "--disable-gpu"],
        )
        page = browser.new_page()
        page.set_content(PAGE)
        if script is not None:
            with open(script, encoding="utf-8") as file:
                page.add_script_tag(type="module", content=file.read())
            page.wait_for_function("window.Hls !== undefined")
        page.evaluate(WATCH, address)
        if seconds is None:
            follow(page)
            browser.close()
            sys.exit(1)
        end = time.monotonic() + PATIENCE
        while True:
            state = page.evaluate(LOOK)
            times = state["times"]
            played = times[-1] - times[0] if times else 0
            if state["error"] or played >= seconds or time.monotonic() > end:
                browser.close()
                return state | {"played": played}
            page.wait_for_timeout(100)


seconds = None if sys.argv[2] == "follow" else float(sys.argv[2])
print(json.dumps(watch(sys.argv[1], seconds, sys.argv[3] if len(sys.argv) > 3 else None)))
