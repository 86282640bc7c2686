"""Every call of the Touch-N-Stars app, in its order: handshake, start, pictures, a saved frame, settings, idling.

The app shows its user an alarm for every answer whose code is an error other than 404, 409 and 500; so any such
answer fails here.
"""

import datetime
import json
import os
import pathlib
import shutil

import cv2
import numpy
from websockets.sync.client import connect

from checks import BASE, DEMO, check, query, request

COMPANION = os.environ["TRIFOCAL_COMPANION"]
#: What the app passes over in silence.
QUIET = (200, 404, 409, 500)


def api(path, **parameters):
    """A call that expects an envelope; its body, whatever the status line says."""
    asked = f"/v2/api/{path}" + (f"?{query(**parameters)}" if parameters else "")
    answer = request(asked, headers={"Accept": "application/json"})
    body = json.loads(answer.text)
    keys = ["Response", "Error", "StatusCode", "Success", "Type"]
    check(f"envelope of {asked}", list(body) == keys and body["Type"] == "API", answer.text[:300])
    check(f"no alarm for {asked}", body["StatusCode"] in QUIET and answer.status in QUIET, answer.text[:300])
    check(f"CORS of {asked}", answer.headers["Access-Control-Allow-Origin"] == "*", str(answer.headers))
    return body


def blob(path, **parameters):
    """A call that expects a picture; the picture, decoded as an <img> would."""
    asked = f"/v2/api/{path}?{query(**parameters)}"
    answer = request(asked)
    kind = answer.headers["Content-Type"]
    check(f"picture of {asked}", answer.status == 200 and kind.startswith("image/jpeg"), f"{answer.status} {kind}")
    check(f"length of {asked}", int(answer.headers["Content-Length"]) == len(answer.body))
    picture = cv2.imdecode(numpy.frombuffer(answer.body, numpy.uint8), cv2.IMREAD_UNCHANGED)
    check(f"decoding of {asked}", picture is not None)
    return picture


def version(text):
    return tuple(int(part) for part in text.split("."))


def handshake():
    """Steps 1 to 5: any failing one blanks the whole app."""
    answer = request(f"{COMPANION}/api/version")
    body = json.loads(answer.text)
    check("companion version", body["success"] is True and version(body["version"]) >= (1, 2, 0, 0), answer.text)
    port = json.loads(request(f"{COMPANION}/api/get-api-port").text)
    check("API port", f":{port}" == BASE[BASE.rindex(":"):], port)
    check("API version", version(api("version")["Response"]) >= (2, 2, 11, 0))
    for _ in range(2):
        pins = request("/v2/api/version/pins")
        check("no PINS mode", pins.status == 404, pins.status)
    preflight = request(
        f"{COMPANION}/api/settings/mount_settings",
        method="OPTIONS",
        headers={"Access-Control-Request-Headers": "x-suppress-toast-404", "Origin": "http://app.example"},
    )
    check("preflight", "X-Suppress-Toast-404" in preflight.headers["Access-Control-Allow-Headers"])
    return connect(BASE.replace("http", "ws") + "/v2/socket", open_timeout=5)


def check_item(item):
    """The fields the app reads without asking."""
    texts = ["ImageType", "Filter", "RmsText", "CameraName", "TargetName", "Date", "TelescopeName", "Filename"]
    check("texts of an entry", all(isinstance(item[key], str) for key in texts), item)
    numbers = ["ExposureTime", "Gain", "Offset", "StDev", "Mean", "Median", "Min", "Max", "Stars"]
    check("numbers of an entry", all(isinstance(item[key], (int, float)) for key in numbers), item)
    for key in ["HFR", "HFRStDev", "Temperature", "FocalLength"]:
        check(f"{key} of an entry", isinstance(item[key], (int, float)) or item[key] == "NaN", item)
    # Nights are grouped by date; the graph reads the number before the bracket.
    datetime.datetime.fromisoformat(item["Date"])
    float(item["RmsText"].removeprefix("Tot: ").split("(")[0])


def idle():
    """What is asked every two seconds, and every fifteen."""
    check("still the version", api("version")["Success"])
    profile = api("profile/show", active="true")["Response"]
    sensor = profile["FramingAssistantSettings"]
    check("profile", sensor["CameraWidth"] > 0 and sensor["CameraHeight"] > 0, sensor)
    for section, key in [
        ("SnapShotControlSettings", "Save"),
        ("CameraSettings", "PixelSize"),
        ("AstrometrySettings", "Latitude"),
        ("ImageFileSettings", "FilePattern"),
        ("ImageSettings", "AutoStretchFactor"),
        ("FilterWheelSettings", "FilterWheelFilters"),
        ("GuiderSettings", "PHD2ServerUrl"),
        ("PlateSolveSettings", "Id"),
        ("FocuserSettings", "Id"),
    ]:
        check(f"{section}.{key}", key in profile[section])
    events = api("event-history")["Response"]
    connected = [event["Event"] for event in events if event["Event"].endswith("-CONNECTED")]
    check("no device is connected", connected == [], connected)
    return max(sensor["CameraWidth"], sensor["CameraHeight"])


def next_event(socket):
    return json.loads(socket.recv(timeout=30))


def main():
    socket = handshake()
    socket.send(json.dumps({"action": "subscribe", "eventType": "IMAGE-SAVE"}))
    history = api("image-history", all="true")["Response"]
    check("history", len(history) > 0)
    for item in history:
        check_item(item)
    longer = idle()
    for key in ["rig_ui_settings_v1", "mount_settings", "navbar_settings", "sequence_controls_locked"]:
        answer = request(f"{COMPANION}/api/settings/{key}", headers={"X-Suppress-Toast-404": "true"})
        stored = json.loads(answer.text)
        check(f"setting {key}", stored["Success"] is False and stored["StatusCode"] == 404, answer.text)

    scale = 2048 / longer if longer > 2048 else 100
    blob("prepared-image", quality=90, resize="true", scale=scale)
    newest = len(history) - 1
    wanted = {"quality": 90, "resize": "true", "scale": scale, "autoPrepare": "true", "stream": "true"}
    blob(f"image/{newest}", **wanted)
    seen = {}
    for item in history:
        kind = item["ImageType"]
        thumbnail = blob(f"image/thumbnail/{seen.get(kind, 0)}", imageType=kind)
        check("size of a thumbnail", max(thumbnail.shape[:2]) <= 256, thumbnail.shape)
        seen[kind] = seen.get(kind, 0) + 1

    # A frame is saved while the app looks on. What was found at the start may still be told of before.
    source = next(pathlib.Path(DEMO).rglob(history[-1]["Filename"]))
    saved = source.with_name("touch_n_stars_" + source.name)
    shutil.copyfile(source, saved)
    prepared = False
    while True:
        told = next_event(socket)
        check("form of a message", told["Type"] == "Socket" and told["StatusCode"] == 200, told)
        if told["Response"] == "Received":
            continue
        event = told["Response"]["Event"]
        if event == "IMAGE-PREPARED":
            prepared = True
        if event == "IMAGE-SAVE" and told["Response"]["ImageStatistics"]["Filename"] == saved.name:
            break
    check("prepared before saved", prepared)
    check_item(told["Response"]["ImageStatistics"])
    history.append(told["Response"]["ImageStatistics"])
    blob("prepared-image", quality=90, resize="true", scale=scale)
    blob(f"image/{len(history) - 1}", **wanted)
    kind = history[-1]["ImageType"]
    blob(f"image/thumbnail/{seen[kind]}", imageType=kind)
    check("the list grew by one", api("image-history", count="true")["Response"] == len(history))

    # Buttons.
    check("mark bad", api(f"image/{newest}/prefix", prefix="BAD_")["StatusCode"] == 409)
    capture = {"duration": 1, "gain": 100, "solve": "false", "omitImage": "true", "save": "false"}
    check("capture", api("equipment/camera/capture", **capture)["Error"] == "Camera not connected")
    result = api("equipment/camera/capture", getResult="true", omitImage="true")
    check("capture result", result["Error"] == "No capture processed")
    api("prepared-image/solve")
    check("live stack", api("livestack/status")["Response"] == "stopped")
    check("stacks", api("livestack/image/available")["Response"] == [])

    # The settings page changes later pictures.
    before = blob(f"image/{newest}", **wanted)
    for path, value in [
        ("ImageSettings-AutoStretchFactor", "0.4"),
        ("ImageSettings-BlackClipping", "-2"),
        ("ImageSettings-UnlinkedStretch", "false"),
        ("ImageSettings-DebayerImage", "true"),
    ]:
        check(f"change {path}", api("profile/change-value", settingpath=path, newValue=value)["Success"])
    for path in ["ImageSettings-DebayeredHFR", "ImageFileSettings-FileType"]:
        api("profile/change-value", settingpath=path, newValue="true")
    shown = api("profile/show", active="true")["Response"]["ImageSettings"]
    check("settings are shown", shown["AutoStretchFactor"] == 0.4 and shown["UnlinkedStretch"] is False, shown)
    after = blob(f"image/{newest}", **wanted)
    check("settings are followed", after.mean() > before.mean() + 10, (before.mean(), after.mean()))

    # Everything else the app knows how to ask for, and half an hour of idling in a moment.
    for path in [
        "sequence/state", "sequence/json", "framing/info", "flats/status", "guider/graph", "livestack/reset",
        "equipment/guider/graph", "equipment/focuser/last-af", "equipment/mount/slew", "profile/horizon",
        "prepared-image/statistics", "equipment/camera/capture/statistics/full", "equipment/mount/move-axis",
        "profile/add", "flats/trained-settings", "application/get-tab", "equipment/camera/list-devices",
    ]:
        api(path)
    for _ in range(20):
        idle()
    socket.send(json.dumps({"action": "subscribe", "eventType": "IMAGE-SAVE"}))
    check("the socket answers a probe", next_event(socket)["Success"])
    pong = socket.ping()
    check("the socket answers a ping", pong.wait(10))
    socket.close()


main()
