"""Ctrl-C and SIGTERM end the program at once, whatever its threads are doing."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import sys
import threading

__all__ = ["say", "watch"]

_said = "Interrupted."


def say(text: str) -> None:
    """What an interrupted user is told, from now on."""
    global _said
    _said = text


def watch() -> None:
    """End the process on SIGINT and SIGTERM, with status 130 and 143.

    Python handles signals between two instructions of its main thread, which a compiled loop
    may keep waiting for minutes, and then waits for its other threads. So the signal wakes a
    thread instead, which ends the process without waiting for anybody. Nothing is half written
    by that: whatever mebench writes appears whole, under its final name, or not at all.
    """
    wake, ear = socket.socketpair()
    wake.setblocking(False)
    try:
        signal.set_wakeup_fd(wake.fileno(), warn_on_full_buffer=False)
    except ValueError:  # not the main thread, so signals are somebody else's
        return
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: None)
    threading.Thread(target=_wait, args=(ear, wake), daemon=True, name="interrupts").start()


def _wait(ear: socket.socket, wake: socket.socket) -> None:
    while True:
        number = ear.recv(1)
        if number and number[0] in (signal.SIGINT, signal.SIGTERM):
            # A progress bar may have hidden the cursor; no other thread may hold this up.
            clear = b"\r\x1b[K\x1b[?25h" if sys.stderr.isatty() else b""
            os.write(2, clear + f"{_said}\n".encode())
            if (lease := sys.modules.get("mebench.storage.lease")) is not None:
                with contextlib.suppress(Exception):
                    lease.leave()
            os._exit(128 + number[0])
