"""Children end with their parent, however it ends.

The parent holds the write end of a pipe, the child the read end; when the parent is gone, even by SIGKILL, the read
ends and the child stops as if asked to. Works on every Unix, unlike PR_SET_PDEATHSIG, and is not bound to a thread.
Nothing of the stack's order may come in here.
"""

import os
import signal
import threading
from typing import Final

VARIABLE: Final = "PULSE_LIFELINE_FD"
GRACE_S: Final = 8.0
"""How long a child may take to stop by itself; beyond it is ended."""


def watch(grace_s: float = GRACE_S) -> None:
    """Stop this process (SIGTERM, then the hard way) once its parent is gone; nothing without a lifeline."""
    fd = os.environ.pop(VARIABLE, None)
    if fd is not None:
        threading.Thread(target=_wait, args=(int(fd), grace_s), name="lifeline", daemon=True).start()


def _wait(fd: int, grace_s: float) -> None:
    while os.read(fd, 1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    threading.Event().wait(grace_s)
    os._exit(1)
