"""A worker that stops ends, whatever hangs meanwhile."""

import subprocess
import sys
import textwrap


def ended(exit_code: int) -> subprocess.CompletedProcess[str]:
    """A process that was told to end in time, and then waits for a thread that never ends."""
    program = f"""
        import threading
        from streams.worker import main
        main._END_S = 0.2
        main._end_in_time({exit_code})
        threading.Thread(target=threading.Event().wait).start()
    """
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)], capture_output=True, text=True, timeout=30, check=False
    )


def test_a_process_that_hangs_while_it_stops_is_ended_with_its_code() -> None:
    for exit_code in (0, 1):
        process = ended(exit_code)
        assert process.returncode == exit_code
        assert "ended_without_waiting" in process.stdout + process.stderr
