"""A board as a PNG picture: the SVG picture in pixels, with the same font on every machine."""

from functools import cache
from importlib.util import find_spec
from pathlib import Path

from gocnn.errors import GocnnError
from gocnn.files import write_atomically
from gocnn.render.diagram import Diagram
from gocnn.render.svg import to_svg

_FIRST_EAST_ASIAN = "\u2e80"


def to_png(
    diagram: Diagram, *, theme: str = "light", width: int | None = None, coordinates: bool = True
) -> bytes:
    """A diagram as a PNG picture.

    Text is set in DejaVu Sans, which comes with matplotlib. Only a caption with East Asian
    characters, which that font lacks, also uses the fonts of the machine.

    Args:
        diagram: what to draw.
        theme: a name of `gocnn.render.theme.THEMES`.
        width: of the picture in pixels; by default 32 a line.
        coordinates: letters and numbers on all four sides.

    Raises:
        GocnnError: when there is no such theme.
    """
    from resvg_py import svg_to_bytes  # only pictures need it

    return bytes(
        svg_to_bytes(
            svg_string=to_svg(diagram, theme=theme, width=width, coordinates=coordinates),
            skip_system_fonts=all(c < _FIRST_EAST_ASIAN for c in diagram.caption),
            font_files=_fonts(),
            font_family="DejaVu Sans",
        )
    )


def write_picture(
    diagram: Diagram, path: Path, *, theme: str = "light", width: int | None = None
) -> None:
    """Write a diagram as a picture, SVG or PNG by the ending of the file's name.

    Raises:
        GocnnError: when the name ends otherwise, or the file cannot be written.
    """
    check_picture_name(path)
    if path.suffix.lower() == ".svg":
        data = to_svg(diagram, theme=theme, width=width).encode()
    else:
        data = to_png(diagram, theme=theme, width=width)
    write_atomically(path, data)


def check_picture_name(path: Path) -> None:
    """Refuse the name of a file that is neither SVG nor PNG.

    Raises:
        GocnnError: when the name ends otherwise.
    """
    if path.suffix.lower() not in (".svg", ".png"):
        raise GocnnError(f"{path}: the name of a picture ends in .svg or .png")


@cache
def _fonts() -> list[str]:
    spec = find_spec("matplotlib")  # without importing it, which takes a while
    if spec is None or spec.origin is None:  # pragma: no cover - a dependency
        raise GocnnError("matplotlib, whose fonts pictures use, is missing: pip install matplotlib")
    folder = Path(spec.origin).parent / "mpl-data" / "fonts" / "ttf"
    return [str(folder / name) for name in ("DejaVuSans.ttf", "DejaVuSans-Bold.ttf")]
