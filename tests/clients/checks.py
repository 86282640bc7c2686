"""What the scripts share: named checks, the base URL, plain HTTP."""

import os
import subprocess
import sys
import tempfile
import urllib.error
import urllib.parse
import urllib.request

BASE = sys.argv[1].rstrip("/") if len(sys.argv) > 1 else sys.exit("usage: SCRIPT BASE_URL")
#: The directory of the files the gateway serves, when a test started it.
DEMO = os.environ.get("TRIFOCAL_DEMO")
#: Terms of the DataLink vocabulary that are younger than the validator.
YOUNGER_TERMS = ("thumbnail", "documentation")


def check(name, holds, detail=""):
    """Ends the script, naming the check, unless it holds."""
    if not holds:
        sys.exit(f"FAILED {name}: {detail}")
    print(f"ok {name}")


class Answer:
    """Status, headers and body of an answer, whatever the status."""

    def __init__(self, response):
        self.status = response.status
        self.headers = response.headers
        self.body = response.read()

    @property
    def text(self):
        return self.body.decode()


def request(path, method="GET", data=None, headers=None):
    """Asks for a path (or a whole URL); `data` is bytes or a dictionary of form fields."""
    url = path if path.startswith("http") else BASE + path
    if isinstance(data, dict):
        data = urllib.parse.urlencode(data, doseq=True).encode()
    asked = urllib.request.Request(url, data=data, method=method, headers=headers or {})
    try:
        with urllib.request.urlopen(asked, timeout=60) as response:
            return Answer(response)
    except urllib.error.HTTPError as refused:
        return Answer(refused)


def query(**parameters):
    """A query string, its values encoded."""
    return urllib.parse.urlencode(parameters, doseq=True)


def tool(name, *command):
    """Runs a program and checks that it succeeds; gives what it printed."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=170)
    check(name, done.returncode == 0, f"{' '.join(command)}\n{done.stdout}\n{done.stderr}")
    return done.stdout + done.stderr


def saved(body, suffix):
    """The name of a temporary file with these bytes."""
    with tempfile.NamedTemporaryFile(suffix=suffix, delete=False, dir=os.getcwd()) as file:
        file.write(body)
    return file.name
