"""What a person sees while the stack starts: one line per component, with its time."""

import threading
from typing import Protocol, Self

from rich.console import Console
from rich.live import Live
from rich.table import Table


class Progress(Protocol):
    """Is told when a component begins and ends to start."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...

    def begins(self, name: str) -> None:
        """A component is being prepared and started."""

    def ends(self, name: str, seconds: float, *, ok: bool) -> None:
        """A component is ready, or failed."""


class Silent:
    """Shows nothing: for tests."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def begins(self, name: str) -> None:
        """Nothing."""

    def ends(self, name: str, seconds: float, *, ok: bool) -> None:
        """Nothing."""


class OnScreen:
    """Lines that fill in as components get ready; on a pipe one line per component when it is."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._lines: dict[str, str] = {}
        self._lock = threading.Lock()
        self._live = Live(console=console, refresh_per_second=8) if console.is_terminal else None

    def __enter__(self) -> Self:
        if self._live:
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._live:
            self._live.stop()

    def begins(self, name: str) -> None:
        """Show that it is being started."""
        self._show(name, "[yellow]...[/]")

    def ends(self, name: str, seconds: float, *, ok: bool) -> None:
        """Show its time, or that it is not there."""
        state = f"[green]ready[/] {seconds:5.1f} s" if ok else "[red]not started[/]"
        self._show(name, state)
        if not self._live:
            self._console.print(f"  {name:<22} {state}", highlight=False)

    def _show(self, name: str, state: str) -> None:
        with self._lock:
            self._lines[name] = state
            if self._live:
                table = Table.grid(padding=(0, 2))
                for line, text in self._lines.items():
                    table.add_row(f"  {line:<20}", text)
                self._live.update(table)
