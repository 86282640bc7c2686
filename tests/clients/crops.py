"""What a crop must do to a FITS file, worked out a second time: pixels, cards and positions of a cutout against its
parent. What does not hold is noted, and told when a case is concluded.
"""

import io
import re

import numpy as np
from astropy.io import fits
from astropy.wcs import WCS

from checks import check


def opened(body):
    return fits.open(io.BytesIO(body), do_not_scale_image_data=True)


def is_image(hdu):
    return getattr(hdu, "is_image", False) and hdu.header.get("NAXIS", 0) >= 2 and hdu.data is not None


def is_table(hdu):
    return isinstance(hdu, (fits.BinTableHDU, fits.TableHDU)) and not is_image(hdu)


def samples(array):
    """Samples that can be compared, NaN included."""
    return np.nan_to_num(array, nan=-9e9) if array.dtype.kind == "f" else array


def value_of(header, keyword):
    """The value of a card; of one that no standard reads, its text."""
    try:
        return header[keyword]
    except fits.verify.VerifyError:
        return header.cards[keyword].image


SECTION = re.compile(r"^\s*\[\s*(\d+)\s*:\s*(\d+)\s*,\s*(\d+)\s*:\s*(\d+)\s*\]\s*$")
IMAGE_SECTION = re.compile(r"^((DATA|TRIM|BIAS|PRE|POST|OVER)SEC[A-Z0-9]{0,2}|[DTBA]SEC[A-Z0-9]{1,2})$")
DETECTOR_SECTION = re.compile(r"^(?:CCDSEC|DETSEC|AMPSEC|CSEC(?=.))([A-Z0-9]{0,2})$")


def cropped_span(first, last, start, length):
    """A span of pixels of the image, either way round, in pixels of the cutout; nothing when none is left."""
    low, high = max(min(first, last), start + 1) - start, min(max(first, last), start + length) - start
    if low > high:
        return None
    return (low, high) if first <= last else (high, low)


def followed_span(detector, shown, start, length):
    """The part of a span of the detector that is still shown."""
    kept = cropped_span(*sorted(shown), start, length)
    many, few = abs(detector[0] - detector[1]) + 1, abs(shown[0] - shown[1]) + 1
    if kept is None or many % few:
        return None
    binning = many // few
    before = (kept[0] + start - min(shown)) * binning
    until = (kept[1] + start - min(shown) + 1) * binning
    if detector[0] <= detector[1]:
        return detector[0] + before, detector[0] + until - 1
    return detector[0] - before, detector[0] - until + 1


def section_after(keyword, header, boxes, size):
    """The text of a section card after the crop, or None when nothing is left of it; False when it is none."""
    parts = SECTION.match(str(value_of(header, keyword)))
    if not parts:
        return False
    numbers = [int(n) for n in parts.groups()]
    spans = [tuple(numbers[:2]), tuple(numbers[2:])]
    if IMAGE_SECTION.match(keyword):
        after = [cropped_span(*span, *box) for span, box in zip(spans, boxes)]
    elif found := DETECTOR_SECTION.match(keyword):
        shown = [(1, length) for length in size]
        for stem in ("DATASEC", "DSEC"):
            partner = SECTION.match(str(header.get(stem + found.group(1), "")))
            if partner:
                numbers = [int(n) for n in partner.groups()]
                shown = [tuple(numbers[:2]), tuple(numbers[2:])]
                break
        after = [followed_span(*three[:2], *three[2]) for three in zip(spans, shown, boxes)]
    else:
        return False
    if None in after:
        return None
    return "[{}:{},{}:{}]".format(*after[0], *after[1])


STRUCTURE = re.compile(
    r"^(SIMPLE|XTENSION|BITPIX|NAXIS\d*|PCOUNT|GCOUNT|EXTEND|GROUPS|TFIELDS|T(TYPE|FORM)\d+|THEAP|Z.*|DATE|ORIGFILE"
    r"|CUT(ID|EDGE|[XYZW][12])|HISTORY|COMMENT||END|BLOCKED)$"
)
GONE = ("CHECKSUM", "DATASUM", "DATAMIN", "DATAMAX")


def is_parent_frame(header, letter):
    """The convention of the LSST stack: the place of the first pixel in a larger image."""
    if not letter.strip():
        return False
    return all(
        str(header.get(f"CTYPE{n}{letter}", "")).strip() == "LINEAR"
        and header.get(f"CRPIX{n}{letter}") == 1
        and f"CRVAL{n}{letter}" in header
        and header.get(f"CDELT{n}{letter}", 1) == 1
        and header.get(f"CD{n}_{n}{letter}", 1) == 1
        for n in (1, 2)
    )


def compare_header(name, parent, cut, boxes):
    """Every card of the parent, as it must be in the cutout; how many were looked at."""
    size = parent["NAXIS1"], parent["NAXIS2"]
    looked = 0
    for keyword in dict.fromkeys(parent):
        if STRUCTURE.match(keyword):
            continue
        looked += 1
        where = f"{name}: {keyword}"
        if keyword in GONE:
            note(where + " is gone", keyword not in cut, cut.get(keyword))
            continue
        if parent.count(keyword) > 1:
            note(where, cut.count(keyword) == parent.count(keyword), cut.count(keyword))
            continue
        value = value_of(parent, keyword)
        section = section_after(keyword, parent, boxes, size) if isinstance(value, str) else False
        if section is None:
            note(where + " is gone", keyword not in cut, cut.get(keyword))
            continue
        note(where + " is kept", keyword in cut)
        if keyword not in cut:
            continue
        after = value_of(cut, keyword)
        if section:
            note(where, after == section, f"{value}: {after} is not {section}")
            continue
        shift = 0
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            if found := re.match(r"^CRPIX([12])([A-Z]?)$", keyword):
                shift = 0 if is_parent_frame(parent, found.group(2)) else -boxes[int(found.group(1)) - 1][0]
            elif found := re.match(r"^CRVAL([12])([A-Z])$", keyword):
                shift = boxes[int(found.group(1)) - 1][0] if is_parent_frame(parent, found.group(2)) else 0
            elif found := re.match(r"^LTV([12])$", keyword):
                shift = -boxes[int(found.group(1)) - 1][0]
            elif found := re.match(r"^CNPIX([12])$", keyword):
                shift = boxes[int(found.group(1)) - 1][0]
        if shift:
            off = abs(after - (value + shift))
            note(where, off <= 1e-9 * max(1, abs(value)), f"{value} became {after}")
        elif isinstance(value, fits.card.Undefined):
            note(where, isinstance(after, fits.card.Undefined), after)
        else:
            note(where, after == value, f"{value!r} became {after!r}")
    for kind in ("COMMENT", "HISTORY"):
        before, after = (list(map(str, header.get(kind, []))) for header in (parent, cut))
        note(f"{name}: {kind}", after[: len(before)] == before, f"{before} {after}")
    # astropy puts the scaling of compressed images elsewhere.
    moved = ("BSCALE", "BZERO", "BLANK")
    order = [one for one in dict.fromkeys(parent) if one in cut and one not in moved and not STRUCTURE.match(one)]
    found = [keyword for keyword in dict.fromkeys(cut) if keyword in order]
    note(f"{name}: order of cards", found == order, (found, order))
    return looked


#: What did not hold in the case at hand.
FAILURES = []


def note(name, holds, detail=""):
    if not holds:
        FAILURES.append(f"{name}: {detail}")


def conclude(case, told):
    """Names the case, with all that did not hold in it."""
    check(f"{case}: {', '.join(told)}", not FAILURES, "\n  ".join(["", *FAILURES]))


def described(header, file, letter):
    try:
        wcs = WCS(header, file, key=letter)
    except Exception:  # what astropy cannot read it cannot judge
        return None
    return wcs


def compare_positions(name, parent, cut, parts, boxes, width, height):
    """World coordinates of the corners by every description; how many descriptions agreed."""
    letters = {" "} if any(f"{stem}1" in parent.header for stem in ("CTYPE", "CRPIX")) else set()
    letters |= {found.group(1) for key in parent.header if (found := re.match(r"^CTYPE1([A-Z])$", key))}
    agreed = 0
    for letter in sorted(letters):
        if is_parent_frame(parent.header, letter):
            continue
        there, here = described(parent.header, parts[0], letter), described(cut.header, parts[1], letter)
        if there is None or here is None or there.naxis != here.naxis:
            continue
        corners = np.array([[0.5, 0.5], [width + 0.5, 0.5], [width + 0.5, height + 0.5], [0.5, height + 0.5], [1, 1]])
        further = np.ones((len(corners), max(0, there.naxis - 2)))
        moved = corners + [boxes[0][0], boxes[1][0]]
        try:
            expected = there.all_pix2world(np.hstack([moved, further]), 1)
            found = here.all_pix2world(np.hstack([corners, further]), 1)
        except Exception:
            continue
        known = np.isfinite(expected).all(axis=1)
        # Degrees to 1e-9; other units as far as double precision goes.
        tolerance = 1e-9 + 1e-13 * np.abs(expected[known]).max(initial=0)
        worst = np.abs(expected - found)[known].max(initial=0)
        note(f"{name}: positions by '{letter}'", worst <= tolerance, f"{worst} {expected} {found}")
        agreed += 1
    return agreed


def compare(name, body, cut_body):
    """A cutout against its parent: images, cards and descriptions that were compared."""
    source, part = opened(body), opened(cut_body)
    following, images, cards, descriptions = 0, 0, 0, 0
    for hdu in part:
        if "CUTX1" not in hdu.header or hdu.data is None:
            continue
        height, width = hdu.data.shape[-2:]
        starts = hdu.header["CUTX1"] - 1, hdu.header["CUTY1"] - 1
        boxes = [(starts[0], width), (starts[1], height)]
        ends = hdu.header["CUTX2"], hdu.header["CUTY2"]
        note(f"{name}: bounds", ends == (starts[0] + width, starts[1] + height), ends)
        window = (Ellipsis, slice(starts[1], starts[1] + height), slice(starts[0], starts[0] + width))

        def fits_in(number):
            one = source[number]
            if not is_image(one) or one.header.get("EXTNAME") != hdu.header.get("EXTNAME") and number > 0:
                return False
            held = one.data[window]
            return held.shape == hdu.data.shape and np.array_equal(samples(held), samples(hdu.data))

        found = next((number for number in range(following, len(source)) if fits_in(number)), None)
        note(f"{name}: pixels of an image", found is not None, hdu.header.get("EXTNAME"))
        if found is None:
            continue
        following = found + 1
        images += 1
        label = f"{name} HDU {found}"
        cards += compare_header(label, source[found].header, hdu.header, boxes)
        descriptions += compare_positions(label, source[found], hdu, (source, part), boxes, width, height)
    tables = [[hdu.size for hdu in file if is_table(hdu)] for file in (source, part)]
    note(f"{name}: tables", tables[0] == tables[1], tables)
    if "NEXTEND" in part[0].header:
        note(f"{name}: NEXTEND", part[0].header["NEXTEND"] == len(part) - 1, part[0].header["NEXTEND"])
    for hdu in part:
        # The digests that are left are right.
        if "CHECKSUM" in hdu.header:
            note(f"{name}: CHECKSUM", "CUTX1" not in hdu.header)
    note(f"{name}: images", images > 0)
    return images, cards, descriptions
