import os
import time


def seconds(n):
    return n * int(os.environ.get("YON_EXAMPLE_UNIT_MS", "1000")) / 1000


def seconds_since(start):
    return int((time.monotonic() - start) / seconds(1) + 0.5)
