"""Cameras that speak RTSP: MJPEG, H.264 and H.265 made by ffmpeg, handed on by a small server."""

import shutil
import socket
import struct
import subprocess
import threading
import time

import cv2
import numpy

from checks import check, request
from gateways import PROGRAM, Gateway

ENCODERS = {
    "jpeg": ["-c:v", "mjpeg", "-pix_fmt", "yuvj420p", "-huffman", "default", "-force_duplicated_matrix", "1", "-q:v", "5"],
    "h264": ["-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-pix_fmt", "yuv420p", "-g", "20"],
    "hevc": ["-c:v", "libx265", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-x265-params", "keyint=20:log-level=none"],
}


class RtspCamera:
    """ffmpeg makes RTP; every client that plays gets it inside its own connection (RFC 2326 section 10.12)."""

    def __init__(self, name):
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"rtsp://127.0.0.1:{self.listening.getsockname()[1]}/live"
        self.rtp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.rtp.bind(("127.0.0.1", 0))
        port = self.rtp.getsockname()[1]
        # The left half is red, the right half blue.
        picture = "color=c=red:size=640x480:rate=10,drawbox=x=320:y=0:w=320:h=480:color=blue:t=fill"
        self.encoder = subprocess.Popen(
            ["ffmpeg", "-nostdin", "-loglevel", "error", "-re", "-f", "lavfi", "-i", picture, *ENCODERS[name],
             "-f", "rtp", "-sdp_file", f"{name}.sdp", f"rtp://127.0.0.1:{port}"],
        )
        self.players = []
        threading.Thread(target=self.hand_on, daemon=True).start()
        for _ in range(200):
            try:
                lines = open(f"{name}.sdp").read().splitlines()
                if any(line.startswith("m=video") for line in lines):
                    break
            except OSError:
                pass
            time.sleep(0.05)
        kept = [line.replace(f"m=video {port}", "m=video 0") for line in lines if not line.startswith("SDP")]
        self.sdp = "\r\n".join([*kept, "a=control:track1", ""])
        threading.Thread(target=self.accept, daemon=True).start()

    def hand_on(self):
        while True:
            packet = self.rtp.recv(65536)
            for player in list(self.players):
                try:
                    player.sendall(b"$\0" + struct.pack(">H", len(packet)) + packet)
                except OSError:
                    self.players.remove(player)

    def accept(self):
        while True:
            client, _ = self.listening.accept()
            threading.Thread(target=self.answer, args=(client,), daemon=True).start()

    def answer(self, client):
        reader = client.makefile("rb")
        while line := reader.readline().decode():
            headers = {}
            while header := reader.readline().decode().strip():
                name, value = header.split(":", 1)
                headers[name.lower()] = value.strip()
            method, url = line.split()[:2]
            more, body = "Session: 12345678\r\n", ""
            if method == "DESCRIBE":
                body = self.sdp
                more = f"Content-Type: application/sdp\r\nContent-Base: {url}/\r\nContent-Length: {len(body)}\r\n"
            if method == "SETUP":
                more += "Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n"
            client.sendall(f"RTSP/1.0 200 OK\r\nCSeq: {headers['cseq']}\r\n{more}\r\n{body}".encode())
            if method == "PLAY":
                self.players.append(client)


def colours(body):
    """Colours in the middle of the left and of the right half."""
    picture = cv2.imdecode(numpy.frombuffer(body, "u1"), cv2.IMREAD_COLOR)
    blue, _, red = picture[240, 160].tolist(), None, picture[240, 480].tolist()
    return blue, red


def is_the_picture(body):
    left, right = colours(body)
    return left[2] > 180 and left[0] < 80 and right[0] > 180 and right[2] < 80


if not shutil.which("ffmpeg") or not PROGRAM:
    print("SKIPPED: ffmpeg is not installed, or TRIFOCAL_PROGRAM is not set")
    raise SystemExit

cameras = {name: RtspCamera(name) for name in ENCODERS}
sections = [f'[[cameras]]\nname = "{name}"\nurl = "{camera.url}"\n' for name, camera in cameras.items()]
try:
    with Gateway("".join(sections)) as gateway:
        for name in cameras:
            path = f"{gateway.base}/api/camera/snapshot?width=640&height=480&source={name}"
            for _ in range(60):
                answer = request(path)
                if answer.headers["X-Source-State"] == "live" and is_the_picture(answer.body):
                    break
                time.sleep(0.25)
            check(f"{name}: the picture of now", answer.headers["X-Source-State"] == "live" and is_the_picture(answer.body))
            check(f"{name}: it is young", float(answer.headers["X-Frame-Age"]) < 2, answer.headers["X-Frame-Age"])
            for _ in range(20):
                past = request(path + "&time=-2")
                if past.headers["Content-Type"] == "image/jpeg":
                    break
                time.sleep(0.5)
            check(f"{name}: the picture of two seconds ago", past.headers["Content-Type"] == "image/jpeg", past.body[:300])
            check(f"{name}: it is the picture", is_the_picture(past.body), colours(past.body))
            film = request(f"{gateway.base}/api/camera/clip?from=-3&source={name}")
            check(f"{name}: a film", film.body[4:8] == b"ftyp", film.body[:300])
finally:
    for camera in cameras.values():
        camera.encoder.kill()
