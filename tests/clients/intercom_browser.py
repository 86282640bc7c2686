"""Chromium shows a stream: when does it paint the picture that was just taken? It paints a part of a multipart
picture only when the headers of the next come, so at four pictures a second the wrong framing shows as 250 ms."""

import asyncio
import json
import os
import shutil
import statistics
import subprocess
import urllib.request

import websockets

from checks import BASE, check

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)

# Reads the time that the test pattern paints: 64 bits of microseconds in two lines of 36 cells.
WATCH = """
document.body.innerHTML = '<canvas width=640 height=480></canvas>';
const img = new Image(); img.src = '/api/camera/snapshot?width=640&height=480&fps=4';
document.body.append(img);
const pen = document.querySelector('canvas').getContext('2d', {willReadFrequently: true});
window.delays = []; let last = 0n;
function look() {
  if (img.naturalWidth) {
    pen.drawImage(img, 0, 0);
    let time = 0n;
    for (let cell = 0; cell < 64; cell++) {
      const [x, y] = [(cell % 36 + 0.5) * 640 / 36, 440 + (Math.floor(cell / 36) + 0.5) * 20];
      time = time << 1n | BigInt(pen.getImageData(x, y, 1, 1).data[1] >= 128);
    }
    if (time !== last) { last = time; window.delays.push(Date.now() - Number(time / 1000n)); }
  }
  requestAnimationFrame(look);
}
look();
"""


async def main():
    profile = os.path.join(os.getcwd(), "chromium")
    browser = subprocess.Popen(
        [CHROMIUM, "--headless=new", "--no-sandbox", "--disable-gpu", "--remote-debugging-port=0",
         f"--user-data-dir={profile}", BASE + "/healthz"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )
    try:
        for _ in range(300):
            await asyncio.sleep(0.1)
            try:
                port = open(os.path.join(profile, "DevToolsActivePort")).read().split()[0]
                pages = json.load(urllib.request.urlopen(f"http://127.0.0.1:{port}/json"))
                page = next(page for page in pages if page["type"] == "page" and page["url"].startswith(BASE))
                break
            except (OSError, StopIteration, IndexError):
                continue
        else:
            raise SystemExit("FAILED: Chromium did not start")
        async with websockets.connect(page["webSocketDebuggerUrl"], max_size=None) as wire:
            number = 0

            async def call(method, **params):
                nonlocal number
                number += 1
                await wire.send(json.dumps({"id": number, "method": method, "params": params}))
                while True:
                    said = json.loads(await wire.recv())
                    check_alive(said)
                    if said.get("id") == number:
                        return said.get("result", {})

            def check_alive(said):
                if said.get("method") == "Inspector.targetCrashed":
                    raise SystemExit("FAILED: the page crashed")

            await call("Inspector.enable")
            for _ in range(100):
                state = await call("Runtime.evaluate", expression="document.readyState + location.href")
                if state["result"].get("value") == f"complete{BASE}/healthz":
                    break
                await asyncio.sleep(0.1)
            began = await call("Runtime.evaluate", expression="{" + WATCH + "}")
            check("the page watches", "exceptionDetails" not in began, began)
            await asyncio.sleep(8)
            seen = await call("Runtime.evaluate", expression="JSON.stringify(window.delays)")
            check("the page still watches", "value" in seen.get("result", {}), seen)
            delays = json.loads(seen["result"]["value"])[2:]
            check("Chromium paints picture after picture", len(delays) >= 15, delays)
            # From taking the picture, so with drawing, scaling and encoding it.
            check("it paints them as they come", statistics.median(delays) < 150, delays)
            print(f"capture to paint: median {statistics.median(delays)} ms, worst {max(delays)} ms of {len(delays)}")
    finally:
        browser.kill()
        browser.wait()


if CHROMIUM:
    asyncio.run(main())
else:
    print("SKIPPED: Chromium is not installed")
