"""The reference: a page for each package of gocnn, made while mkdocs runs (see mkdocs.yml)."""

import ast
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

import gocnn

ROOT = Path(__file__).parents[1] / "gocnn"


def on_config(config: MkDocsConfig) -> None:
    """Called with the settings: the reference comes last in the navigation."""
    pages = [{name: f"api/{name}.md"} for name in modules()]
    config.nav = [*(config.nav or []), {"Python": ["api/index.md", *pages]}]


def on_files(files: Files, config: MkDocsConfig) -> None:
    """Called with the pages of docs/: those of the reference join them."""
    rows = "\n".join(
        f"| [`gocnn.{name}`]({name}.md) | {summary(path)} |" for name, path in modules().items()
    )
    index = (
        "# Python reference\n\n`import gocnn` has these names:\n\n"
        f"| name | what it is |\n|---|---|\n{public_names()}\n\n"
        f"## Packages\n\n| module | what it is |\n|---|---|\n{rows}\n"
    )
    pages = {name: page(name, path) for name, path in modules().items()}
    for name, content in ({"index": index} | pages).items():
        files.append(File.generated(config, f"api/{name}.md", content=content))


def modules() -> dict[str, Path]:
    """The packages by name, then the modules beside them, and where their docstrings stand.

    >>> list(modules())[0]
    'cli'
    """
    packages = {path.parent.name: path for path in sorted(ROOT.glob("*/__init__.py"))}
    beside = {path.stem: path for path in sorted(ROOT.glob("*.py")) if "__" not in path.stem}
    return packages | beside


def public_names() -> str:
    """The rows of a table of the public names, each with a link to its description."""
    rows = []
    for name, module in gocnn._MODULES.items():
        path = ROOT / f"{module.replace('.', '/')}.py"
        text = member_summary(name, path) or f"`{getattr(gocnn, name)}`"
        target = f"gocnn.{module}.{name}"
        link = f"[`{name}`][{target}]" if text[0] != "`" else f"`{name}`"
        rows.append(f"| {link} | {text} |")
    return "\n".join(rows)


def member_summary(name: str, path: Path) -> str:
    """The first line of the docstring of a class or a function of a module; empty for a constant.

    Raises:
        ValueError: when it has no docstring.
    """
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef) and node.name == name:
            docstring = ast.get_docstring(node)
            if not docstring:
                raise ValueError(f"{path}: {name} has no docstring")
            return docstring.partition("\n")[0]
    return ""


def page(name: str, path: Path) -> str:
    """The page of a module, or of a package with all its modules.

    Of a package itself only the docstring is shown, because its names come from its modules.
    """
    if path.name != "__init__.py":
        return f"# gocnn.{name}\n\n::: gocnn.{name}\n"
    inside = [
        ".".join(p.relative_to(ROOT).with_suffix("").parts) for p in path.parent.rglob("*.py")
    ]
    parts = [f"# gocnn.{name}\n\n::: gocnn.{name}\n    options:\n      members: false\n"]
    parts += [
        f"## {module.partition('.')[2]}\n\n::: gocnn.{module}\n"
        for module in sorted(inside)
        if not module.endswith("__init__")
    ]
    return "\n".join(parts)


def summary(path: Path) -> str:
    """The first line of a module's docstring.

    Raises:
        ValueError: when there is none.
    """
    docstring = ast.get_docstring(ast.parse(path.read_text()))
    if not docstring:
        raise ValueError(f"{path} has no docstring")
    return docstring.partition("\n")[0]
