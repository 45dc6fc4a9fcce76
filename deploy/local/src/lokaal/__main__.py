"""The commands behind `make`: `python -m lokaal <command>`; settings come from the environment, as make passes them."""

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import FrameType
from typing import Any, cast

from rich.console import Console
from rich.table import Table

from lokaal import detached, klok, paths, stack, traces
from lokaal.keeping import Ends
from lokaal.progress import OnScreen
from lokaal.servers.artifacts import ArtifactError
from lokaal.stack import AlreadyRunsError, Stack
from lokaal.supervisor import StartError
from lokaal.system import PERSONEN, Form
from platformkit.clock import AMSTERDAM

console = Console(highlight=False, soft_wrap=True)


def up() -> int:
    """Start the stack and return when it is ready; says so when it runs already."""
    run_dir = paths.run_dir()
    found = stack.read(run_dir)
    if found and found["ready"] and all(process.alive() for process in stack.read_processes(run_dir)):
        console.print(f"The stack already runs; its addresses are in {run_dir / 'stack.json'}. `make down` stops it.")
        return 0
    code = detached.work_on(lambda ready: _started_and_kept(run_dir, ready), run_dir / "logs" / "supervisor.log")
    if code:
        return code
    _print_addresses(stack.read(run_dir) or {})
    console.print(f"\nAll addresses: {run_dir / 'stack.json'}   Logs: {run_dir / 'logs'}   Stop: make down")
    return 0


def _started_and_kept(run_dir: Path, ready: Callable[[], None]) -> int:
    """Start the stack, call `ready`, and keep the stack until SIGTERM; then stop it."""
    started = start(run_dir)
    if started is None:
        return 1
    with kept(started):
        ready()
        signal.pause()
    return 0


def interrupt_once() -> None:
    """Let the first Ctrl-C or SIGTERM (of `make down`) be a KeyboardInterrupt, and none disturb the stop that follows."""

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        for each in (signal.SIGINT, signal.SIGTERM):
            signal.signal(each, signal.SIG_IGN)
        raise KeyboardInterrupt

    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, interrupt)


@contextmanager
def kept(started: Stack) -> Iterator[None]:
    """Keep a stack meanwhile; then, or at SIGTERM or Ctrl-C, stop it."""
    stop = threading.Event()
    keeping = threading.Thread(target=started.keep, args=(stop,))
    try:
        keeping.start()
        yield
    except KeyboardInterrupt:
        pass
    finally:
        stop.set()
        if keeping.is_alive():
            keeping.join()
        started.stop()


def start(run_dir: Path) -> Stack | None:
    """Start a stack as the environment asks (VORM, PERSONEN), visibly; None when it failed, which has been told."""
    vorm = os.environ.get("VORM", "all")
    if vorm not in {"all", "split"}:
        console.print(f"[red]VORM={vorm} is not known: use VORM=all or VORM=split.[/]")
        return None
    personen = os.environ.get("PERSONEN", "")
    if personen and personen.partition(":")[0] not in PERSONEN:
        personen = str(Path(personen).resolve())
        if not Path(personen).is_file():
            console.print(f"[red]PERSONEN={personen} is not a file, nor one of {', '.join(PERSONEN)}.[/]")
            return None
    begin = time.monotonic()
    interrupt_once()
    try:
        made = Stack(run_dir, cast("Form", vorm), personen=personen or None, progress=OnScreen(console))
        made.start()
    except AlreadyRunsError as error:
        console.print(f"[red]{error}[/]\n`make status` shows it, `make down` stops it.", markup=True)
        return None
    except (StartError, ArtifactError, RuntimeError, OSError) as error:
        console.print("[red]The stack did not start; what was started has been stopped.[/]")
        console.print(str(error), markup=False)
        return None
    except KeyboardInterrupt:
        console.print("[red]Interrupted; what was started has been stopped.[/]")
        return None
    console.print(f"[green]Ready in {time.monotonic() - begin:.1f} s.[/]")
    for version in made.addresses["versions"].values():
        console.print(f"  {version}", markup=False)
    return made


def down() -> int:
    """Stop the stack of RUN_DIR."""
    count = stack.down(paths.run_dir(), stopped=lambda process: console.print(f"  stopped {process.name}"))
    console.print(f"The stack is stopped ({count} processes)." if count else "No stack runs here.")
    return 0


def status() -> int:
    """Show what runs, and where. Exit code 1 when something is down."""
    run_dir = paths.run_dir()
    found = stack.read(run_dir)
    if found is None:
        console.print("No stack runs here. `make up` starts one.")
        return 1
    table = Table("component", "pid", "state", "ended", box=None)
    processes, ends = stack.read_processes(run_dir), stack.read_ends(run_dir)
    for process in processes:
        ended = ends.get(process.name)
        state = "[green]runs[/]" if process.alive() else "[red]is gone[/]"
        if ended and ended.keeps_failing:
            state = "[red]stays down[/]" if ended.stays_down else "[red]fails again and again[/]"
        table.add_row(process.name, str(process.pid), state, _told(ended))
    console.print(table)
    console.print(f"  Logs: {run_dir / 'logs'}/<component>.log")
    for process in processes:
        if process.name in ends and ends[process.name].keeps_failing:
            what = "stays down" if ends[process.name].stays_down else "fails again and again"
            console.print(f"[red]{process.name} {what}.[/] The end of its log:")
            console.print(detached.tail(Path(process.log), lines=5), markup=False)
    if not any(process.alive() for process in stack.read_supervisor(run_dir)):
        console.print("[yellow]Nobody starts again what ends here.[/]")
    _print_addresses(found)
    if not found["ready"]:
        console.print("[yellow]This stack is still starting, or its start was cut off; `make down` clears it.[/]")
    return 0 if found["ready"] and all(process.alive() for process in processes) else 1


def _told(ended: Ends | None) -> str:
    """How often, how last, and what happens next; in Dutch time, as all that people read."""
    if ended is None:
        return ""
    again = f"; starts again {_moment(ended.again)}" if ended.again else "; stays down" if ended.stays_down else ""
    return f"{ended.count} x, last {_moment(ended.at)}: {ended.reason}{again}"


def _moment(moment: datetime) -> str:
    return f"{moment.astimezone(AMSTERDAM):%H:%M:%S %Z}"


def move_klok() -> int:
    """Move the domain clock forward by PLUS."""
    duur = sys.argv[2] if len(sys.argv) > 2 else os.environ.get("PLUS", "")
    found = stack.read(paths.run_dir())
    if found is None:
        console.print("Er draait hier geen stack. Start hem met: make up")
        return 1
    try:
        nu = klok.vooruit(Path(found["klok"]["bestand"]), duur)
    except klok.DuurError as fout:
        console.print(str(fout), markup=False)
        return 2
    console.print(f"De klok van de verwijsindex staat nu op {nu:%d-%m-%Y %H:%M:%S} ({nu.tzname()}, Europe/Amsterdam).")
    return 0


def _elsewhere(module: str) -> Callable[[], int]:
    """A command that lives in a module of its own, with `main() -> int`; loaded only when it is asked for."""

    def run() -> int:
        if find_spec(module) is None:
            console.print(f"{sys.argv[1]} is not built yet.")
            return 2
        main: Callable[[], int] = import_module(module).main
        return main()

    return run


COMMANDS: dict[str, Callable[[], int]] = {
    "up": up,
    "down": down,
    "status": status,
    "klok": move_klok,
    "token": _elsewhere("lokaal.token"),
    "demo": _elsewhere("lokaal.demo"),
}


def _print_addresses(state: dict[str, Any]) -> None:
    running = state["processes"]
    lines = {name: f"{url}/v1" for name, url in state["apis"].items() if name in running or f"{name}-api" in running}
    if "postvak" in running:
        lines["mail"] = state["mail"]["inbox"]
    if "zipkin" in running:
        lines["traces"] = f"{state['traces']}/zipkin/"
        if trace := traces.last(state["traces"]):
            lines["open the last trace"] = traces.page(state["traces"], trace)
    for name, address in lines.items():  # no table: it would cut off an address
        console.print(f"  {name:<20} {address}")


def main() -> int:
    """Run the command that the first argument names."""
    command = COMMANDS.get(sys.argv[1]) if len(sys.argv) > 1 else None
    if command is None:
        print(f"usage: python -m lokaal {'|'.join(COMMANDS)}", file=sys.stderr)
        return 2
    return command()


if __name__ == "__main__":
    sys.exit(main())
