"""How a command ends: 0 well, 1 a check failed, 2 the input is at fault, 70 symbprop is."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from typing import Any, NoReturn

from symbprop.language.source import SourceError, visible

BROKEN, INPUT, INTERNAL, INTERRUPTED, TERMINATED = 1, 2, 70, 130, 143
INTERRUPTION = "symbprop: interrupted, nothing was left half-written"

_running: list[Callable[..., None]] = []  # the command, once it has begun


class CheckFailed(Exception):
    """A check failed; everything there is to say has been printed."""


def listen() -> None:
    """From here on Ctrl-C and SIGTERM end the command in one way, also while it is still being imported."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(TERMINATED))
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _interrupted)


def stop_listening() -> None:
    """The command has its status; what comes while Python shuts down, which takes handlers away, changes it no more."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)


def _interrupted(*_: object) -> NoReturn:
    """Raised is what ``guarded`` and the progress bars wait for; before there is a command, there is nothing to undo."""
    if not _running:
        _stop(INTERRUPTION, INTERRUPTED)
    raise KeyboardInterrupt


def guarded(command: Callable[..., None], *arguments: Any, **options: Any) -> None:
    """Run a command, and turn what goes wrong into a message on standard error and an exit status."""
    _running.append(command)
    try:
        command(*arguments, **options)
        sys.stdout.flush()
    except SourceError as error:
        _stop(str(error), INPUT)
    except CheckFailed as error:
        _stop(str(error), BROKEN)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except OSError as error:
        _stop(
            f"symbprop: {error.strerror or error}{f': {visible(str(error.filename))}' if error.filename else ''}", INPUT
        )
    except MemoryError as error:
        _stop(f"symbprop: there is not enough memory{f': {visible(str(error))}' if str(error) else ''}", INPUT)
    except KeyboardInterrupt:
        _stop(INTERRUPTION, INTERRUPTED)
    except Exception as error:
        if os.environ.get("SYMBPROP_DEBUG"):
            raise
        sentence = visible(f"{type(error).__name__}: {error}")[:500]
        _stop(
            f"symbprop: internal fault: {sentence}\nThis is a fault of symbprop, not of your input. Please report it with "
            "the description and the output of SYMBPROP_DEBUG=1.",
            INTERNAL,
        )


def _stop(message: str, status: int) -> NoReturn:
    if message:
        print(message, file=sys.stderr)
    sys.exit(status)
