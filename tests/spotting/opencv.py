"""Which OpenCV a test of what is spotted needs."""

import cv2
import pytest

#: The thresholds were chosen with the flow of OpenCV 5; with that of 4 it is said.
needs_opencv_5 = pytest.mark.skipif(
    int(cv2.__version__.split(".")[0]) < 5, reason="thresholds were chosen with OpenCV 5"
)
