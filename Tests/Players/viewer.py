"""Opens the viewer page in a browser and says how it goes, as a line of JSON five times a second, until it is ended.

    viewer.py chromium|firefox|webkit ADDRESS [--size 1280x800] [--language en-GB] [--pictures FOLDER] [--press KEYS]

With a folder it keeps a picture of the page in each state that it comes to. Keys are pressed once, when the picture moves.

The time from the encoder's picture to the page's is read from a code in the picture: in its lowest tenth stand fourteen boxes,
each a twentieth of its width, white where the bit of a number is set, least first. The number is the time in hundredths of a
second.
"""

import argparse
import json
import os
import signal
import sys
import time

from browsers import BROWSERS

LOOK = """
    const video = document.getElementById("video");
    const quality = video.getVideoPlaybackQuality ? video.getVideoPlaybackQuality() : null;
    const [width, height] = [video.videoWidth, video.videoHeight];
    const seen = {
        state: document.documentElement.dataset.state,
        sentence: document.getElementById("notice").hidden ? "" : document.getElementById("sentence").textContent,
        language: document.documentElement.lang,
        muted: video.muted,
        figures: document.getElementById("figures").textContent,
        address: location.href,
        ready: `${video.readyState} ${video.paused ? "paused" : ""} ${video.seeking ? "seeking" : ""}`,
        buffered: Array.from({ length: video.buffered.length }, (_, index) => [video.buffered.start(index), video.buffered.end(index)]),
        decoded: quality ? quality.totalVideoFrames : video.webkitDecodedFrameCount,
        dropped: quality ? quality.droppedVideoFrames : video.webkitDroppedFrameCount,
        width, height, time: video.currentTime, rate: video.playbackRate, colours: [], code: null, latency: null,
    };
    if (width) {
        const canvas = window.testCanvas = window.testCanvas || document.createElement("canvas");
        canvas.width = width;
        canvas.height = height;
        const context = canvas.getContext("2d", { willReadFrequently: true });
        context.drawImage(video, 0, 0);
        const now = Date.now();
        const at = (x, y) => Array.from(context.getImageData(Math.floor(x * width), Math.floor(y * height), 1, 1).data).slice(0, 3);
        for (let bar = 0; bar < 7; bar += 1) seen.colours.push(at((bar + 0.5) / 7, 0.3));
        let code = 0;
        for (let bit = 0; bit < 14; bit += 1) if (at((bit + 0.5) / 20, 0.95)[1] > 127) code += 2 ** bit;
        seen.code = code / 100;
        seen.latency = ((Math.floor(now / 10) - code) % 16384 + 16384) % 16384 / 100;
    }
    return seen;
"""


def watch(arguments: argparse.Namespace) -> None:
    width, height = map(int, arguments.size.split("x"))
    browser = BROWSERS[arguments.browser](width, height, arguments.language)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        browser.open(arguments.address)
        state, since, pressed, pictured = None, 0.0, False, set()
        while True:
            began = time.monotonic()
            seen = browser.run(LOOK)
            print(json.dumps(seen), flush=True)
            if seen["state"] != state:
                state, since = seen["state"], began
            lasting = began - since
            if arguments.press and not pressed and state == "playing" and lasting > 1:
                pressed = True
                for key in arguments.press:
                    browser.press(key)
            shown = state + ("-statistics" if seen["figures"] and pressed else "")
            if arguments.pictures and shown not in pictured and lasting > 1.5:
                pictured.add(shown)
                browser.picture(os.path.join(arguments.pictures, f"{arguments.browser}-{arguments.size}-{shown}.png"))
            time.sleep(max(0.0, 0.2 - (time.monotonic() - began)))
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        browser.close()


parser = argparse.ArgumentParser()
parser.add_argument("browser", choices=BROWSERS)
parser.add_argument("address")
parser.add_argument("--size", default="1280x800")
parser.add_argument("--language", default="en-GB")
parser.add_argument("--pictures")
parser.add_argument("--press", default="")
watch(parser.parse_args())
