"""The house stands as docs/architecture.md draws it: who may import whom, read from the source.

The table there is the truth that is tested, in both directions: a module without a row fails, and
so does a row without a module.
"""

import ast
import io
import re
import sys
import tokenize
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ROOMS = sorted(path for path in (ROOT / "gocnn").rglob("*.py") if path.name != "__main__.py")
ROW = re.compile(r"\| (?P<floor>\d+) \| `(?P<room>[^`]+)` \|")


def name_of(path: Path) -> str:
    """The dotted name of a module: gocnn/gtp/engine.py is gocnn.gtp.engine."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {name_of(path): path for path in ROOMS}


@cache
def table() -> dict[str, tuple[int, int]]:
    """(floor, row) by room of the table; rooms are paths inside gocnn/."""
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    return {row["room"]: (int(row["floor"]), at) for at, row in enumerate(ROW.finditer(text))}


def place(module: str) -> tuple[int, int]:
    """Where a module stands; the row of a package, such as `gtp/`, holds for all of it."""
    room = module.removeprefix("gocnn.").replace(".", "/")
    found = table().get(f"{room}.py") or table().get(room.split("/")[0] + "/")
    assert found, f"docs/architecture.md has no row for {module}"
    return found


def named(node: ast.AST, inside: str) -> list[str]:
    """The modules that an import statement of module `inside` names."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if not isinstance(node, ast.ImportFrom):
        return []
    assert node.level == 0, f"{inside} line {node.lineno}: write the import in full"
    base = node.module or ""
    whole = [f"{base}.{alias.name}" for alias in node.names]
    return [name if name in MODULES else base for name in whole]


@cache
def imports(module: str, *, at_start: bool = False) -> frozenset[str]:
    """What a module imports anywhere, or only what it imports when it is imported itself."""
    tree = ast.parse(MODULES[module].read_text(encoding="utf-8"))
    late: set[ast.AST] = set()
    if at_start:
        for node in ast.walk(tree):
            typing_only = isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
            if typing_only or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                late.update(ast.walk(node))
    return frozenset(
        name for node in ast.walk(tree) if node not in late for name in named(node, module)
    )


def loaded_by(module: str) -> set[str]:
    """All that importing a module imports, in its turn, from inside or outside of gocnn."""
    seen: set[str] = set()
    waiting = [module]
    while waiting:
        for name in imports(waiting.pop(), at_start=True) - seen:
            seen.add(name)
            if name in MODULES:
                waiting.append(name)
    return seen


def outside(names: frozenset[str] | set[str]) -> set[str]:
    """The packages among the names that are neither gocnn's nor Python's own."""
    return {name.split(".")[0] for name in names} - set(sys.stdlib_module_names) - {"gocnn"}


def room_of(module: str) -> str:
    """The room a module stands in: a package is one room."""
    return ".".join(module.split(".")[:2])


def test_the_table_tells_of_rooms_that_are_there() -> None:
    assert not [room for room in table() if not (ROOT / "gocnn" / room).exists()]


def test_the_table_climbs() -> None:
    floors = [floor for floor, _ in table().values()]
    assert floors == sorted(floors)


@pytest.mark.parametrize("module", [module for module in MODULES if module != "gocnn"])
def test_a_module_imports_only_from_below(module: str) -> None:
    """From lower floors, and on its own floor from the rows before its own: no circles."""
    for name in imports(module):
        if name in MODULES and name != "gocnn" and room_of(name) != room_of(module):
            assert place(name) < place(module), f"{module} imports {name}, which is not below it"


def test_the_package_itself_loads_nothing_heavy() -> None:
    assert set(imports("gocnn")) == {"os"}


@pytest.mark.parametrize("room", ["corpus", "features", "player", "search", "gtp"])
def test_torch_stays_out(room: str) -> None:
    """Also by way of what these import: GTP tests and corpus workers start without torch."""
    rooms = [module for module in MODULES if room_of(module) == f"gocnn.{room}"]
    assert rooms, f"gocnn has no {room}"
    for module in rooms:
        assert "torch" not in outside(loaded_by(module)), f"{module} loads torch"


def test_networks_know_no_go() -> None:
    rooms = [module for module in MODULES if room_of(module) == "gocnn.networks"]
    assert rooms
    for module in rooms:
        ours = {name for name in imports(module) if name.split(".")[0] == "gocnn"}
        strange = {name for name in ours if room_of(name) not in ("gocnn.networks", "gocnn.errors")}
        assert not strange, f"{module} imports {sorted(strange)}"


def test_sgfmill_has_one_user() -> None:
    users = [module for module in MODULES if "sgfmill" in outside(imports(module))]
    assert users == ["gocnn.sgf"]


def test_the_front_door_loads_click_alone() -> None:
    assert outside(loaded_by("gocnn.cli")) == {"click"}


def test_every_module_opens_with_its_sign() -> None:
    for path in ROOMS:
        assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))), f"{path} has no sign"


def code_lines(text: str) -> set[int]:
    """The numbers of the lines that hold code: no blank lines, comments or docstrings."""
    quiet = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT}
    rows: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type not in quiet | {tokenize.ENDMARKER}:
            rows.update(range(token.start[0], token.end[0] + 1))
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            rows.difference_update(range(node.lineno, (node.end_lineno or 0) + 1))
    return rows


@pytest.mark.parametrize("module", MODULES)
def test_modules_and_functions_stay_small(module: str) -> None:
    """Longer ones are taken apart, not squeezed."""
    text = MODULES[module].read_text(encoding="utf-8")
    rows = code_lines(text)
    assert len(rows) <= 300, f"{module}: {len(rows)} lines of code"
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef):
            length = len(rows & set(range(node.lineno, (node.end_lineno or 0) + 1)))
            assert length <= 45, f"{module}.{node.name}: {length} lines of code"


def test_the_readme_names_every_file() -> None:
    """Its table has a line for each module, package, script and page, and for nothing else."""
    text = (ROOT / "README.md").read_text(encoding="utf-8").split("## What is where")[1]
    told = re.findall(r"^\| `([^`]+)` \|", text, re.MULTILINE)
    files = [path for path in (ROOT / "scripts").iterdir() if path.is_file()]
    there = {str(path.relative_to(ROOT)) for path in [*files, *(ROOT / "docs").glob("*.md")]}
    rooms = {room_of(module).replace(".", "/") for module in MODULES if module != "gocnn"}
    there |= {f"{room}/" if (ROOT / room).is_dir() else f"{room}.py" for room in rooms}
    assert sorted(told) == sorted(there | {"checkpoints/", "data/", "scripts/clients/"})
