"""Gateways of our own, for scripts that need other settings than the one the test started."""

import os
import socket
import subprocess
import time
import urllib.request

PROGRAM = os.environ.get("TRIFOCAL_PROGRAM")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Gateway:
    """`trifocal serve` with these settings (TOML without `[server]` and `[storage]`), ended with the block. It may be
    stopped and started again at the same address in between."""

    def __init__(self, settings):
        self.address = f"127.0.0.1:{free_port()}"
        self.base = f"http://{self.address}"
        folder = os.path.join(os.getcwd(), "gateway-" + self.address.split(":")[1])
        os.mkdir(folder)
        self.file = os.path.join(folder, "trifocal.toml")
        with open(self.file, "w") as file:
            file.write(
                f'[server]\nlisten = "{self.address}"\n'
                f'[storage]\ndatabase = "sqlite://{folder}/t.db"\nwork_dir = "{folder}"\n{settings}'
            )

    def start(self):
        self.process = subprocess.Popen([PROGRAM, "serve", "--config", self.file], stderr=subprocess.DEVNULL)
        for _ in range(400):
            try:
                urllib.request.urlopen(self.base + "/readyz", timeout=5)
                return
            except OSError:
                time.sleep(0.05)
        self.stop()
        raise SystemExit("FAILED: a gateway of our own did not start")

    def stop(self):
        self.process.kill()
        self.process.wait()

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()
