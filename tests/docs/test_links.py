"""Every link in a Markdown file leads somewhere; checked without a network."""

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

ROOT = Path(__file__).parents[2]
_FENCE = re.compile(r"^(```+|~~~+).*?^\1", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"(`+).+?\1", re.DOTALL)
_LINK = re.compile(r"!?\[(?:[^\]\\]|\\.)*\]\(\s*<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\s*\)")
_SOURCE = re.compile(r"<(?:img|source|a)\b[^>]*?(?:src|srcset|href)=\"([^\"]+)\"")
_REFERENCE = re.compile(r"^\[[^\]]+\]:\s+(\S+)", re.MULTILINE)
_HEADING = re.compile(r"^#{1,6}\s+(.+?)\s*#*$", re.MULTILINE)


def pages() -> list[Path]:
    """The Markdown files of the repository, without those of environments and builds."""
    left_out = {"node_modules", "build", "dist", "runs", "source"}  # the source of the course
    return sorted(
        path
        for path in ROOT.rglob("*.md")
        if not any(
            part in left_out or part.startswith(".") for part in path.relative_to(ROOT).parts
        )
    )


def links(text: str) -> Iterator[str]:
    bare = _CODE.sub("", _FENCE.sub("", text))
    for pattern in (_LINK, _SOURCE, _REFERENCE):
        yield from pattern.findall(bare)


def anchors(text: str) -> set[str]:
    """The anchors that GitHub gives to the headings of a page."""
    slugs: dict[str, int] = {}
    for heading in _HEADING.findall(_FENCE.sub("", text)):
        words = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower().replace(" ", "-")
        slug = re.sub(r"[^\w-]", "", words)
        slugs[slug] = slugs.get(slug, -1) + 1
        if slugs[slug]:
            slugs[f"{slug}-{slugs[slug]}"] = 0
    return set(slugs)


def broken(page: Path, text: str) -> list[str]:
    """The links of a page that lead nowhere, each with the reason."""
    found = []
    for link in links(text):
        parts = urlsplit(link)
        if parts.scheme:
            if parts.scheme not in ("https", "http", "mailto") or not (parts.netloc or parts.path):
                found.append(f"{link}: not an address")
            continue
        target = page.parent / unquote(parts.path) if parts.path else page
        if parts.path.startswith("/") or not target.resolve().is_relative_to(ROOT):
            found.append(f"{link}: leads out of the repository")
        elif (ROOT / "docs/api") in target.resolve().parents:
            continue  # made by mkdocs, which checks such links
        elif not target.exists():
            found.append(f"{link}: no such file")
        elif parts.fragment and parts.fragment not in anchors(target.read_text()):
            found.append(f"{link}: no such heading")
    return found


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    assert broken(page, page.read_text()) == []


def test_there_are_pages_and_links() -> None:
    names = {str(page.relative_to(ROOT)) for page in pages()}
    assert {"README.md", "CONTRIBUTING.md", "docs/guis.md"} <= names
    assert "docs/guis.md" in links((ROOT / "README.md").read_text())


def test_a_broken_link_is_found(tmp_path: Path) -> None:
    page = ROOT / "docs" / "none.md"
    text = """# One
[a](architecture.md) [b](nowhere.md) ![c](../README.md#nowhere) [d](#one) [e](#two) [f](/etc)
[g](../../out.md) `[h](nowhere.md)` <img src="nowhere.png"> [i](ftp://host/x) [j](https://host/)

```
[k](nowhere.md)
```

[l]: nowhere.svg
[m](<architecture.md#layers>) [n](architecture.md#layers "title")
"""
    page_text = broken(
        page, text.replace("(#one)", "(architecture.md)").replace("(#two)", "(x.md)")
    )
    assert [line.split(":")[0] for line in page_text] == [
        "nowhere.md", "../README.md#nowhere", "x.md", "/etc", "../../out.md", "ftp", "nowhere.png",
        "nowhere.svg",
    ]  # fmt: skip


def test_headings_have_the_anchors_of_github() -> None:
    text = (
        "# What's in `full-1`?\n## Two words\n## Two words\n```\n# no heading\n```\n### [A](b.md) c"
    )
    assert anchors(text) == {"whats-in-full-1", "two-words", "two-words-1", "a-c"}
