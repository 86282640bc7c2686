"""Chromium shows a stream for as long as it takes: when does it paint the picture that just arrived, and what does it
paint when the camera goes and comes back? It paints a part of a multipart picture only when the headers of the next
come, so at four pictures a second the wrong framing shows as 250 ms."""

import asyncio
import json
import os
import shutil
import socket
import statistics
import subprocess
import threading
import time
import urllib.request

import cv2
import numpy
import websockets

from checks import check
from gateways import PROGRAM, Gateway

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
STREAM = "/api/camera/snapshot?width=640&height=480&fps=30"

# Reads the time that the test pattern paints: 64 bits of microseconds in two lines of 36 cells. `painted` has when each
# picture was first seen, `others` counts what carries no time of today.
WATCH = """
document.body.innerHTML = '<canvas width=640 height=480></canvas>';
const img = new Image(); img.src = '%s';
document.body.append(img);
const pen = document.querySelector('canvas').getContext('2d', {willReadFrequently: true});
window.painted = {}; window.others = 0;
function look() {
  if (img.naturalWidth) {
    pen.drawImage(img, 0, 0);
    let time = 0n;
    for (let cell = 0; cell < 64; cell++) {
      const [x, y] = [(cell %% 36 + 0.5) * 640 / 36, 440 + (Math.floor(cell / 36) + 0.5) * 20];
      time = time << 1n | BigInt(pen.getImageData(x, y, 1, 1).data[1] >= 128);
    }
    if (Math.abs(Date.now() - Number(time / 1000n)) > 60000) window.others++;
    else if (!(time in window.painted)) window.painted[time] = Date.now();
  }
  requestAnimationFrame(look);
}
look();
""" % STREAM


def stamp(picture):
    """The time that the test pattern paints, as the page reads it."""
    green = cv2.imdecode(numpy.frombuffer(picture, "u1"), cv2.IMREAD_COLOR)[:, :, 1]
    time = 0
    for cell in range(64):
        time = time << 1 | int(green[440 + cell // 36 * 20 + 10, int((cell % 36 + 0.5) * 640 / 36)] >= 128)
    return time


class Arrivals(threading.Thread):
    """Another client of the same stream: when each picture arrived."""

    def __init__(self, address):
        super().__init__(daemon=True)
        self.wire = socket.create_connection(address.split(":"))
        self.times = {}
        self.start()

    def run(self):
        self.wire.sendall(f"GET {STREAM} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        reader = self.wire.makefile("rb")
        while reader.readline() != b"\r\n":
            pass
        while line := reader.readline():
            if line.lower().startswith(b"content-length:"):
                length = int(line.split(b":")[1])
            if line == b"\r\n":
                picture = reader.read(length)
                self.times.setdefault(stamp(picture), time.time() * 1000)
                reader.readline()


class Page:
    """A page of Chromium over its debugging protocol; that it crashes is a failure."""

    def __init__(self, wire):
        self.wire, self.number = wire, 0

    async def call(self, method, **params):
        self.number += 1
        await self.wire.send(json.dumps({"id": self.number, "method": method, "params": params}))
        while True:
            said = json.loads(await self.wire.recv())
            if said.get("method") == "Inspector.targetCrashed":
                raise SystemExit("FAILED: the page crashed")
            if said.get("id") == self.number:
                return said.get("result", {})

    async def value(self, expression):
        answer = await self.call("Runtime.evaluate", expression=expression)
        if "value" not in answer.get("result", {}):
            raise SystemExit(f"FAILED: the page does not answer {expression}: {answer}")
        return answer["result"]["value"]

    async def painted(self):
        return {int(taken): at for taken, at in json.loads(await self.value("JSON.stringify(painted)")).items()}

    async def until(self, name, expression):
        for _ in range(300):
            if await self.value(expression):
                print(f"ok {name}")
                return
            await asyncio.sleep(0.1)
        raise SystemExit(f"FAILED {name}: {await self.value('JSON.stringify([painted, others])')}")


async def paints_as_they_arrive(page, arrivals, name):
    """Pictures that are painted from now on are painted when they arrive."""
    known = set(await page.painted())
    await asyncio.sleep(6)
    painted = {taken: at for taken, at in (await page.painted()).items() if taken not in known}
    delays = sorted(at - arrivals.times[taken] for taken, at in painted.items() if taken in arrivals.times)
    check(f"{name}: picture after picture", len(delays) >= 10, (painted, arrivals.times))
    # A late framing makes every one of them 250 ms late; a busy machine some of them.
    check(f"{name}: painted within 50 ms of arrival", delays[len(delays) // 4] < 50, delays)
    print(f"{name}: arrival to paint: median {statistics.median(delays):.0f} ms, worst {delays[-1]:.0f} of {len(delays)}")


async def connected(profile, base):
    """The page of a Chromium that is starting."""
    for _ in range(300):
        await asyncio.sleep(0.1)
        try:
            port = open(os.path.join(profile, "DevToolsActivePort")).read().split()[0]
            pages = json.load(urllib.request.urlopen(f"http://127.0.0.1:{port}/json"))
            return next(page for page in pages if page["type"] == "page" and page["url"].startswith(base))
        except (OSError, StopIteration, IndexError):
            continue
    raise SystemExit("FAILED: Chromium did not start")


async def watch(camera, gateway):
    profile = os.path.join(os.getcwd(), "chromium")
    browser = subprocess.Popen(
        [CHROMIUM, "--headless=new", "--no-sandbox", "--disable-gpu", "--remote-debugging-port=0",
         f"--user-data-dir={profile}", gateway.base + "/healthz"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )
    try:
        target = await connected(profile, gateway.base)
        async with websockets.connect(target["webSocketDebuggerUrl"], max_size=None) as wire:
            page = Page(wire)
            await page.call("Inspector.enable")
            await page.until("the page is loaded", "document.readyState === 'complete' && location.href !== 'about:blank'")
            await page.call("Runtime.evaluate", expression="{" + WATCH + "}")
            arrivals = Arrivals(gateway.address)
            await page.until("it paints", "Object.keys(painted).length > 2")
            await paints_as_they_arrive(page, arrivals, "before the loss")
            others = await page.value("others")
            camera.stop()
            await page.until("a notice is painted when the camera is gone", f"others > {others} + 5")
            painted = len(await page.painted())
            camera.start()
            await page.until("pictures are painted again", f"Object.keys(painted).length > {painted} + 2")
            await paints_as_they_arrive(page, arrivals, "after the loss")
            check("the same image element all the time", await page.value("document.images.length") == 1)
    finally:
        browser.kill()
        browser.wait()


def main():
    # The camera is a gateway of its own, which can be unplugged.
    with Gateway('[[cameras]]\nname = "dome"\nurl = "test:?size=640x480&fps=4"\n') as camera:
        url = camera.base + STREAM
        with Gateway(f'[[cameras]]\nname = "dome"\nurl = "{url}"\n') as gateway:
            asyncio.run(watch(camera, gateway))


if CHROMIUM and PROGRAM:
    main()
else:
    print("SKIPPED: Chromium is not installed, or TRIFOCAL_PROGRAM is not set")
