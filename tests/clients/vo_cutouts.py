"""Cutouts as astronomers get them: pyvo asks, astropy and fitsverify judge, brute force says which pixels are due.

Every cutout is compared with its parent: the position of every corner to 1e-9 degrees, every pixel bit by bit. Random
regions are held against an oracle that cuts each pixel into 8 x 8 parts and tests each part on the sphere.
"""

import hashlib
import io
import math
import os
import random
import re
import warnings
import xml.etree.ElementTree as xml

import numpy as np
import pyvo
from astropy.coordinates import SkyCoord
from astropy.io import fits
from astropy.utils.exceptions import AstropyWarning
from astropy.wcs import WCS
from pyvo.dal.adhoc import SodaQuery
from pyvo.dal.tap import AsyncTAPJob

from checks import BASE, check, query, request, saved, tool

warnings.simplefilter("ignore", AstropyWarning)
SODA = BASE + "/api/image/soda"
DEMO = "DC_W13_Stripe82"
IMAGES = [f"{DEMO}.raw.5646240694", f"{DEMO}.calexp.5646240694", f"{DEMO}.deepcoadd.23986176"]
RANDOM = random.Random(20261121)


def soda(**parameters):
    return request("/api/image/soda/sync?" + query(**parameters))


def hdus(body):
    return fits.open(io.BytesIO(body), do_not_scale_image_data=True, disable_image_compression=False)


def images(opened):
    """The images with pixels, with their number."""
    return [(n, hdu) for n, hdu in enumerate(opened) if getattr(hdu, "is_image", False) and hdu.data is not None]


def wcs_of(header, opened):
    try:
        wcs = WCS(header, opened).celestial
    except Exception:  # what astropy cannot read it cannot judge
        return None
    return wcs if wcs.has_celestial else None


def stored(array):
    """Samples that can be compared, whatever NaN they hold."""
    return np.nan_to_num(array, nan=-12345.0) if array.dtype.kind == "f" else array


def compare(name, parent, cut):
    """Every image of a cutout against its parent; how many pixels agreed."""
    source, part = hdus(parent), hdus(cut)
    originals = {}
    for _, hdu in images(source):
        originals.setdefault((hdu.header.get("EXTNAME"), hdu.header.get("EXTVER"), len(hdu.data.shape)), []).append(hdu)
    pixels = 0
    for n, hdu in images(part):
        if "CUTX1" not in hdu.header:  # a distortion table that came along
            continue
        x1, x2, y1, y2 = (hdu.header[f"CUT{side}"] for side in ("X1", "X2", "Y1", "Y2"))
        window = (Ellipsis, slice(y1 - 1, y2), slice(x1 - 1, x2))
        candidates = originals.get((hdu.header.get("EXTNAME"), hdu.header.get("EXTVER"), len(hdu.data.shape)), [])
        held = [one for one in candidates if one.data[window].shape == hdu.data.shape]
        same = [one for one in held if np.array_equal(stored(one.data[window]), stored(hdu.data))]
        check(f"{name}: pixels of HDU {n}", bool(same), f"{hdu.data.shape} of {[one.data.shape for one in candidates]}")
        pixels += hdu.data.size
        wcs, original = wcs_of(hdu.header, part), wcs_of(same[0].header, source)
        if wcs is None or original is None:
            continue
        height, width = hdu.data.shape[-2:]
        corners = np.array([[0.5, 0.5], [width + 0.5, 0.5], [width + 0.5, height + 0.5], [0.5, height + 0.5], [1, 1]])
        here = wcs.all_pix2world(corners, 1)
        there = original.all_pix2world(corners + [x1 - 1, y1 - 1], 1)
        known = np.isfinite(there).all(axis=1)
        worst = np.abs(here - there)[known].max(initial=0.0)
        check(f"{name}: positions of HDU {n}", worst < 1e-9, f"{worst} degrees")
    return pixels


def errors_in(report):
    """How many errors fitsverify found."""
    found = re.search(r"and (\d+) error", report)
    return int(found.group(1)) if found else 0


def verify(name, body):
    """fitsverify finds nothing wrong that it does not find in the parent."""
    path = saved(body, ".fits")
    out = tool(f"{name}: fitsverify", "fitsverify", "-e", path)
    os.unlink(path)
    check(f"{name}: no errors", errors_in(out) == 0, out)


# The four ways to say where, on each kind of image.
for image in IMAGES:
    whole = soda(ID=image)
    check(f"{image}: whole file", whole.status == 200, whole.status)
    opened = hdus(whole.body)
    first = images(opened)[0][1]
    ra, dec = wcs_of(first.header, opened).wcs_pix2world([[first.shape[1] / 2, first.shape[0] / 2]], 1)[0]
    size = 0.004
    for shape in [
        {"CIRCLE": f"{ra} {dec} {size}"},
        {"POS": f"CIRCLE {ra} {dec} {size}"},
        {"POS": f"RANGE {ra - size} {ra + size} {dec - size} {dec + size}"},
        {"POLYGON": f"{ra - size} {dec - size} {ra + size} {dec - size} {ra} {dec + size}"},
        {"POS": f"BRECT {ra} {dec} 30 45 arcsec"},
        {"PIXEL": "3 20 5 9"},
    ]:
        name = f"{image} {shape}"
        answer = soda(ID=image, **shape)
        check(f"{name}: answered", answer.status == 200, answer.status)
        check(f"{name}: length", int(answer.headers["Content-Length"]) == len(answer.body))
        compare(name, whole.body, answer.body)
        verify(name, answer.body)

# pyvo, at once: its own query class, circle, range and polygon.
image = IMAGES[1]
for kind, value in [
    ("circle", (37.6292, 0.104625, 0.003)),
    ("range", (37.627, 37.631, 0.103, 0.106)),
    ("polygon", (37.627, 0.103, 37.631, 0.103, 37.629, 0.106)),
]:
    asked = SodaQuery(SODA + "/sync", **{kind: value})
    asked["ID"] = image
    body = asked.execute_stream().read()
    check(f"pyvo {kind}", body.startswith(b"SIMPLE"), body[:80])
    compare(f"pyvo {kind}", soda(ID=image).body, body)

# pyvo, as a job: create, start, wait, fetch, delete.
created = request("/api/image/soda/async", "POST", {"ID": image, "CIRCLE": ["37.6292 0.104625 0.003", "200 40 0.1"]})
address = created.headers.get("Location") or re.search(r"jobId>([0-9a-f]+)<", created.text).group(1)
address = address if address.startswith("http") else f"{SODA}/async/{address}"
job = AsyncTAPJob(address)
check("pyvo job pending", job.phase == "PENDING", job.phase)
job.run().wait(timeout=60)
job.raise_if_error()
check("pyvo job completed", job.phase == "COMPLETED", job.phase)
results = job.results if isinstance(job.results, list) else list(job.results)
check("pyvo job has a result for each combination", len(results) == 2, results)
fetched = [request(result.href) for result in results]
check("pyvo job: pixels", fetched[0].body.startswith(b"SIMPLE"))
check("pyvo job: no pixels, but a reason", fetched[1].text.startswith("UsageError: no overlap"), fetched[1].text)
verify("pyvo job", fetched[0].body)
for document, top in [(address, "job"), (SODA + "/async", "jobs")]:
    path = saved(request(document).body, ".xml")
    tool(f"{top} document is valid", "stilts", "xsdvalidate", f"doc={path}", "uselocals=true", f"topel={top}")
job.delete()
check("pyvo job is gone", request(address).status == 404)

# The jobs of ImageServ are those of the standard, too.
jobs = f"/api/image/v1/{DEMO}/async"
created = request(jobs, "POST", {"ds": "calexp", "sid": "5646240694", "RUNID": "mine"})
address = f"{jobs}/" + re.search(r"jobId>([0-9a-f]+)<", created.text).group(1)
job = AsyncTAPJob(BASE + address)
job.run().wait(timeout=60)
job.raise_if_error()
result = request(next(iter(job.results)).href)
check("ImageServ job: the file", result.body.startswith(b"SIMPLE"), result.body[:80])
refused = request(jobs, "POST", {"ds": "calexp", "sid": "1", "PHASE": "RUN"})
failed = f"{jobs}/" + re.search(r"jobId>([0-9a-f]+)<", refused.text).group(1)
request(failed + "?WAIT=30")
for document, top in [(address, "job"), (failed, "job"), (jobs, "jobs")]:
    path = saved(request(document).body, ".xml")
    tool(f"ImageServ {top} document is valid", "stilts", "xsdvalidate", f"doc={path}", "uselocals=true", f"topel={top}")


# Random regions against brute force.
def vector(ra, dec):
    ra, dec = np.radians(ra), np.radians(dec)
    return np.stack([np.cos(dec) * np.cos(ra), np.cos(dec) * np.sin(ra), np.sin(dec)], axis=-1)


def inside_circle(points, ra, dec, radius):
    chord = np.linalg.norm(points - vector(ra, dec), axis=-1)
    return 2 * np.arcsin(np.minimum(chord / 2, 1)) <= math.radians(radius)


def inside_polygon(points, corners):
    """Convex polygons, wound either way."""
    at = vector(*np.array(corners).T)
    sides = [np.einsum("...i,i", points, np.cross(a, b)) for a, b in zip(at, np.roll(at, -1, axis=0))]
    sides = np.stack(sides)
    return (sides >= 0).all(axis=0) | (sides <= 0).all(axis=0)


def inside_range(ra, dec, west, east, south, north):
    return ((ra - west) % 360 <= (east - west) % 360) & (dec >= south) & (dec <= north)


PARTS = 8
#: Regions tried on each image.
REGIONS = int(os.environ.get("TRIFOCAL_ORACLE_REGIONS", "25"))
tried = mismatches = empty = 0
for image in IMAGES:
    opened = hdus(soda(ID=image).body)
    first = images(opened)[0][1]
    wcs = wcs_of(first.header, opened)
    height, width = first.shape[-2:]
    scale = math.sqrt(abs(np.linalg.det(wcs.pixel_scale_matrix)))
    wcs_frame = wcs.pixel_to_world(0, 0).frame
    for _ in range(REGIONS):
        # Parts of the pixels around a random place; the region does not reach beyond them.
        middle, extent = (RANDOM.uniform(1, width), RANDOM.uniform(1, height)), 10 ** RANDOM.uniform(-0.7, 1.3)
        reach = 3 * extent + 3
        spans = [
            (max(0, int(at - reach)), min(side, int(at + reach) + 1)) for at, side in zip(middle, (width, height))
        ]
        parts = [(np.arange(first * PARTS, last * PARTS) + 0.5) / PARTS - 0.5 for first, last in spans]
        sky = wcs.pixel_to_world(*np.meshgrid(*parts)).icrs
        ra, dec = sky.ra.deg, sky.dec.deg
        points = vector(ra, dec)
        centre = wcs.pixel_to_world(middle[0] - 1, middle[1] - 1).icrs
        at, size = (float(centre.ra.deg), float(centre.dec.deg)), extent * scale
        shape = RANDOM.choice(["CIRCLE", "RANGE", "POLYGON"])
        if shape == "CIRCLE":
            value = f"{at[0]} {at[1]} {size}"
            hits = inside_circle(points, *at, size)
        elif shape == "RANGE":
            west, east = at[0] % 360, (at[0] + 2 * size) % 360
            south, north = at[1], at[1] + RANDOM.uniform(0.5, 2) * size
            value = f"{west} {east} {south} {north}"
            hits = inside_range(ra, dec, west, east, south, north)
        else:
            angles = sorted(RANDOM.uniform(0, 2 * math.pi) for _ in range(3))
            corners = [
                ((at[0] + size * math.cos(a) / math.cos(math.radians(at[1]))) % 360, at[1] + size * math.sin(a))
                for a in angles
            ]
            value = " ".join(f"{lon} {lat}" for lon, lat in corners)
            hits = inside_polygon(points, corners) & inside_circle(points, *at, 2 * size)
        answer = soda(ID=image, POS=f"{shape} {value}", DETAIL="image", KIND="HEADER")
        rows, columns = np.nonzero(hits)
        if answer.status == 204:
            empty += 1
            mismatches += len(rows) > 0
            tried += 1
            continue
        check(f"oracle {image} {shape} {value}", answer.status == 200, answer.text)
        x1, x2, y1, y2 = (int(n) for n in re.match(r"(\d+):(\d+),(\d+):(\d+)", answer.headers["X-Cutout-Bounds"]).groups())
        tried += 1
        if len(rows) == 0:
            continue
        due = [spans[0][0] + n // PARTS + 1 for n in (columns.min(), columns.max())]
        due += [spans[1][0] + n // PARTS + 1 for n in (rows.min(), rows.max())]
        holds = x1 <= due[0] and x2 >= due[1] and y1 <= due[2] and y2 >= due[3]
        if shape == "POLYGON":
            # The tips of a thin triangle slip between the parts.
            tips = SkyCoord(corners, unit="deg").transform_to(wcs_frame)
            for axis, values in enumerate(wcs.world_to_pixel(tips)):
                reached = [math.floor(value + 1.5) for value in values]
                due[2 * axis] = min(due[2 * axis], *reached)
                due[2 * axis + 1] = max(due[2 * axis + 1], *reached)
        # A region that sticks out of the image may have a larger box; tips slip between the parts.
        whole = due[0] > 1 and due[1] < width and due[2] > 1 and due[3] < height
        tight = not whole or (due[0] - x1 <= 1 and x2 - due[1] <= 1 and due[2] - y1 <= 1 and y2 - due[3] <= 1)
        if not (holds and tight):
            mismatches += 1
            print(f"oracle mismatch: {image} {shape} {value}: {(x1, x2, y1, y2)} for {due}")
check(f"oracle: {tried} regions tried, {empty} without pixels, {mismatches} mismatches", mismatches == 0)

# Real files, where there are any: each is cut around its middle, and in a corner.
REAL = os.environ.get("TRIFOCAL_TEST_DATA")
if REAL:
    counts = {"cut": 0, "refused": 0, "pixels": 0}
    refusals = []
    for name in sorted(os.listdir(os.path.join(REAL, "fits"))):
        if not re.search(r"\.(fits|fit|fts)(\.(gz|fz|bz2))?$|\.fz$", name):
            continue
        number = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big") & (2**53 - 1)
        image = f"real.fits.{number}"
        whole = soda(ID=image)
        if whole.status != 200:
            refusals.append((name, whole.status, whole.text.strip()))
            continue
        opened = hdus(whole.body)
        shown = [(n, hdu) for n, hdu in images(opened) if len(hdu.data.shape) >= 2]
        if not shown:
            continue
        height, width = shown[0][1].data.shape[-2:]
        sides = f"{max(1, width // 3)} {max(1, width // 2)} {max(1, height // 3)} {max(1, height // 2)}"
        answer = soda(ID=image, PIXEL=sides)
        if answer.status != 200:
            refusals.append((name, answer.status, answer.text.strip()))
            continue
        counts["pixels"] += compare(f"{name} by pixels", whole.body, answer.body)
        wcs = wcs_of(shown[0][1].header, opened)
        if wcs is None:
            continue
        try:
            at = wcs.pixel_to_world(width / 2 - 0.7, height / 2 + 0.2).icrs
        except Exception:
            continue
        scale = math.sqrt(abs(np.linalg.det(wcs.pixel_scale_matrix)))
        answer = soda(ID=image, CIRCLE=f"{at.ra.deg} {at.dec.deg} {min(5 * scale, 90)}")
        if answer.status != 200:
            refusals.append((name, answer.status, answer.text.strip()))
            counts["refused"] += 1
            continue
        counts["cut"] += 1
        counts["pixels"] += compare(f"{name} by circle", whole.body, answer.body)
        path, original = saved(answer.body, ".fits"), saved(whole.body, ".fits")
        reports = [tool("fitsverify", "sh", "-c", f"fitsverify {file} || true") for file in (path, original)]
        errors = [errors_in(report) for report in reports]
        os.unlink(path)
        os.unlink(original)
        check(f"{name}: no error its parent has not", errors[0] <= errors[1], errors)
    print(f"real files: {counts}")
    for refusal in refusals:
        print("refused:", *refusal)
else:
    print("SKIPPED real files: TRIFOCAL_TEST_DATA is not set")
