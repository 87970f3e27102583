"""Opens pages of a host in a browser and does what it is told, a command a line on descriptor 3, an answer a line of JSON.

    venue.py chromium|firefox|webkit [--size 1280x800] [--language en-GB]

    open ADDRESS            goes there
    size WIDTHxHEIGHT       of the page
    press KEY               on the keyboard
    click SELECTOR          on what is there
    run SCRIPT              a function's body; answers what it returns
    wait SECONDS SCRIPT     until it returns something true; answers that, or an error with what it returned last
    picture FILE            keeps a picture of the page
"""

import argparse
import json
import signal
import sys
import time

from browsers import BROWSERS


def obey(browser, command: str, rest: str):
    if command == "open":
        browser.open(rest)
    elif command == "size":
        width, height = map(int, rest.split("x"))
        browser.resize(width, height)
    elif command == "press":
        browser.press(rest)
    elif command == "click":
        browser.click(rest)
    elif command == "run":
        return browser.run(rest)
    elif command == "wait":
        seconds, script = rest.split(" ", 1)
        end = time.monotonic() + float(seconds)
        while not (answer := browser.run(script)):
            if time.monotonic() > end:
                look = browser.run("return document.documentElement.dataset.state + ' ' + document.body.innerText.slice(0, 400)")
                raise TimeoutError(f"{answer!r} of {script}: {look}")
            time.sleep(0.1)
        return answer
    elif command == "picture":
        browser.picture(rest)
    else:
        raise ValueError(command)


parser = argparse.ArgumentParser()
parser.add_argument("browser", choices=BROWSERS)
parser.add_argument("--size", default="1280x800")
parser.add_argument("--language", default="en-GB")
arguments = parser.parse_args()
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
browser = BROWSERS[arguments.browser](*map(int, arguments.size.split("x")), arguments.language)
try:
    for line in open(3, encoding="utf-8"):
        parts = line.rstrip("\n").split(" ", 2)
        try:
            answer = {"number": int(parts[0]), "value": obey(browser, parts[1], parts[2] if len(parts) > 2 else "")}
        except Exception as error:  # What went wrong is the answer.
            answer = {"number": int(parts[0]), "error": str(error)}
        print(json.dumps(answer), flush=True)
finally:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    browser.close()
