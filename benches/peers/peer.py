"""What the peers share: the samples of a frame, and the time of some work."""

import statistics
import sys
import time

import numpy

#: Columns and rows of the frames, and the bytes before their samples.
COLUMNS, ROWS, HEADER = 6248, 4176, 2880


def samples(path):
    """The frame as the camera made it."""
    stored = numpy.fromfile(path, ">i2", COLUMNS * ROWS, offset=HEADER).reshape(ROWS, COLUMNS)
    return stored.astype(numpy.uint16) ^ 0x8000


def tell(work, repeats=7):
    """Prints the median time of some work in seconds."""
    times = []
    for _ in range(repeats):
        started = time.perf_counter()
        work()
        times.append(time.perf_counter() - started)
    print(statistics.median(times))


def argument(number):
    """An argument of the command line, if there is one."""
    return sys.argv[number] if len(sys.argv) > number else None
