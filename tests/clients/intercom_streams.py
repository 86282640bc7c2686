"""Streams of the intercom dialect, as recorders and hubs read them: raw sockets, three parsers, ffmpeg, OpenCV, and
GStreamer where it is at hand."""

import re
import shutil
import socket
import time
from urllib.parse import urlparse

import cv2

from checks import BASE, check, query, request, tool

PLACE = urlparse(BASE)
STREAM = "/api/camera/snapshot?" + query(width=640, height=480, fps=10)


def opened(version, agent="Lavf/59.27.100", path=STREAM):
    """A socket behind the head of the answer, and the head."""
    wire = socket.create_connection((PLACE.hostname, PLACE.port), timeout=10)
    wire.sendall(f"GET {path} HTTP/{version}\r\nHost: {PLACE.netloc}\r\nUser-Agent: {agent}\r\n\r\n".encode())
    reader = wire.makefile("rb")
    head = [reader.readline()]
    while head[-1] != b"\r\n":
        head.append(reader.readline())
    return wire, reader, b"".join(head).decode()


def is_jpeg(picture):
    return picture[:2] == b"\xff\xd8" and picture[-2:] == b"\xff\xd9"


for version in ("1.0", "1.1"):
    wire, reader, head = opened(version)
    check(f"HTTP/{version} answers in its version", head.startswith(f"HTTP/{version} 200"), head)
    check(f"HTTP/{version} no chunks, no length", not re.search("transfer-encoding|content-length", head, re.I), head)
    boundary = re.search(r"boundary=([A-Za-z0-9-]{10,40})\r\n", head)
    check(f"HTTP/{version} plain boundary", boundary and not boundary[1].startswith("-"), head)
    delimiter = f"--{boundary[1]}\r\n".encode()
    check(f"HTTP/{version} the delimiter comes first", reader.readline() == delimiter)
    for number in range(8):
        headers = {}
        while (line := reader.readline()) != b"\r\n":
            name, value = line.decode().rstrip().split(": ", 1)
            headers[name] = value
        picture = reader.read(int(headers["Content-Length"]))
        arrived = time.monotonic()
        rest = reader.readline() + reader.readline()
        late = time.monotonic() - arrived
        check(
            f"HTTP/{version} part {number} whole, with its delimiter",
            headers["Content-Type"] == "image/jpeg" and is_jpeg(picture) and rest == b"\r\n" + delimiter and late < 0.05,
            f"{headers} {rest} {late}",
        )
    wire.close()

CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36"
wire, reader, head = opened("1.1", CHROME)
check("Blink gets headers in advance", reader.read(200).count(b"Content-Length") == 0)
wire.close()


def go2rtc(reader):
    """As go2rtc's multipart reader: delimiter line, MIME header, Content-Length required."""
    while True:
        line = reader.readline()
        while not line.startswith(b"--"):
            line = reader.readline()
        length = None
        while (line := reader.readline()).strip():
            if line.lower().startswith(b"content-length:"):
                length = int(line.split(b":")[1])
        yield reader.read(length)


def zoneminder(reader, boundary):
    """As ZoneMinder's own reader: regular expressions over what came, no chunks, boundary unquoted."""
    pattern = re.compile(rb"(?:\r?\n)*(?:--)?" + boundary.encode() + rb"\r?\n((?:[^\r\n]+\r?\n)+)\r?\n")
    buffer = b""
    while True:
        while not (found := pattern.search(buffer)):
            buffer += reader.read1(4096)
        length = int(re.search(rb"Content-Length: ?(\d+)", found[1])[1])
        buffer = buffer[found.end() :]
        while len(buffer) < length:
            buffer += reader.read1(4096)
        yield buffer[:length]
        buffer = buffer[length:]


def home_assistant(reader):
    """As the still of Home Assistant's mjpeg camera: first SOI to first EOI, wherever they are."""
    data = b""
    while True:
        data += reader.read1(1024)
        end = data.find(b"\xff\xd9")
        start = data.find(b"\xff\xd8")
        if start != -1 and end != -1:
            yield data[start : end + 2]
            data = data[end + 2 :]


for name, version, parse in (
    ("go2rtc", "1.1", lambda reader, _: go2rtc(reader)),
    ("ZoneMinder", "1.0", zoneminder),
    ("Home Assistant", "1.1", lambda reader, _: home_assistant(reader)),
):
    wire, reader, head = opened(version, name)
    pictures = parse(reader, re.search("boundary=(.*)\r\n", head)[1])
    sizes = []
    for _ in range(8):
        picture = next(pictures)
        decoded = cv2.imdecode(__import__("numpy").frombuffer(picture, "u1"), cv2.IMREAD_COLOR)
        sizes.append(decoded.shape[:2] if is_jpeg(picture) and decoded is not None else None)
    check(f"{name} reads every picture", sizes == [(480, 640)] * 8, sizes)
    wire.close()

capture = cv2.VideoCapture(BASE + STREAM)
frames = [capture.read() for _ in range(8)]
check("OpenCV reads the stream", all(good and frame.shape == (480, 640, 3) for good, frame in frames))
check("OpenCV sees it move", any((frames[0][1] != frame).any() for _, frame in frames[1:]))
capture.release()

if shutil.which("ffmpeg"):
    for flags in ((), ("-strict_mime_boundary", "1")):
        said = tool(
            f"ffmpeg reads the stream {' '.join(flags)}",
            "ffmpeg", "-hide_banner", "-f", "mpjpeg", *flags, "-i", BASE + STREAM, "-frames:v", "8", "-f", "null", "-",
        )
        check("ffmpeg counts 8 pictures of 640x480", "frame=    8" in said and "640x480" in said, said[-800:])
    said = tool(
        "ffmpeg polls stills as Frigate does", "ffmpeg", "-hide_banner", "-stream_loop", "-1", "-f", "image2", "-i",
        BASE + "/api/camera/snapshot?" + query(width=640, height=480), "-frames:v", "3", "-f", "null", "-",
    )
    check("stills arrive one after another", "frame=    3" in said, said[-800:])
else:
    print("SKIPPED ffmpeg: it is not installed")

if shutil.which("gst-launch-1.0"):
    said = tool(
        "GStreamer reads the stream",
        "gst-launch-1.0", "-v", "souphttpsrc", f"location={BASE + STREAM}", "!", "multipartdemux", "!", "jpegdec", "!",
        "fakesink", "num-buffers=8", "silent=false",
    )
    # I420: one byte of brightness and half a byte of colour per pixel.
    check("GStreamer decodes 8 pictures of 640x480", said.count("(460800 bytes") == 8, said[-2000:])
else:
    print("SKIPPED GStreamer: it is not installed (Debian packages gstreamer1.0-tools, gstreamer1.0-plugins-good)")

same = [request("/api/camera/snapshot", "POST", {"width": "320", "height": 240}).body[:2] for _ in range(2)]
check("a form is as good as a query", same == [b"\xff\xd8"] * 2)
past = request("/api/camera/snapshot?" + query(width=1920, height=1080, time=-1, fps=10))
picture = cv2.imdecode(__import__("numpy").frombuffer(past.body, "u1"), cv2.IMREAD_COLOR)
check("one picture from memory, clamped", past.headers["Content-Type"] == "image/jpeg" and picture.shape[1] <= 1280, picture.shape)
