"""The stars of a frame by SEP: `stars.py FILE [PATTERN]`."""

import cv2
import numpy
import sep

from peer import argument, samples, tell


def find():
    frame = samples(argument(1))
    if argument(2):
        colours = cv2.cvtColor(frame, cv2.COLOR_BayerRGGB2RGB)
        frame = colours.sum(axis=2, dtype=numpy.uint32) // 3
    frame = frame.astype(numpy.float32)
    background = sep.Background(frame)
    found = sep.extract(frame - background.back(), 5 * background.globalrms, minarea=5)
    assert len(found) > 1000, len(found)


tell(find)
