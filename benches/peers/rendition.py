"""A frame as a JPEG of 1280 columns, stretched as N.I.N.A. would: `rendition.py FILE QUALITY [PATTERN]`.

The statistics are known, as they are to the gateway.
"""

import cv2
import numpy

from peer import COLUMNS, ROWS, argument, samples, tell

MEDIAN, DEVIATION = 1500.0, 27.0
TARGET, CLIPPING = 0.2, -2.8


def transfer(midtones, level):
    return (midtones - 1) * level / ((2 * midtones - 1) * level - midtones)


def curve():
    """The midtones transfer function for every level."""
    shadows = (MEDIAN + CLIPPING * 1.4826 * DEVIATION) / 65_535
    midtones = transfer(TARGET, MEDIAN / 65_535 - shadows)
    levels = numpy.clip(numpy.arange(65_536) / 65_535 - shadows, 0, 1)
    return (transfer(midtones, levels) * 65_535).astype(numpy.uint16)


def render():
    frame = samples(argument(1))
    if argument(3):
        frame = cv2.cvtColor(frame, cv2.COLOR_BayerRGGB2BGR)
        # Each channel through its own curve.
        stretched = cv2.merge([curve().take(channel) for channel in cv2.split(frame)])
    else:
        stretched = curve().take(frame)
    size = (1280, 1280 * ROWS // COLUMNS)
    small = cv2.resize(stretched, size, interpolation=cv2.INTER_AREA)
    done, jpeg = cv2.imencode(".jpg", (small >> 8).astype(numpy.uint8), [cv2.IMWRITE_JPEG_QUALITY, int(argument(2))])
    assert done and len(jpeg) > 1000


tell(render)
