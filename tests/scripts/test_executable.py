"""The scripts that texts name as commands can be called so."""

import os
import re
from pathlib import Path

_NAMED = re.compile(r"scripts/[a-z_]+(?:\.py|\.sh)?(?![\w/])")


def test_scripts_that_are_named_can_be_called(root: Path) -> None:
    texts = [*root.glob("*.md"), *root.glob("docs/*.md"), *root.glob("checkpoints/*.md")]
    texts += [path for path in (root / "scripts").iterdir() if path.is_file()]
    named = {name for text in texts for name in _NAMED.findall(text.read_text(encoding="utf-8"))}
    assert {"scripts/setup", "scripts/test", "scripts/bench.py"} <= named
    for name in sorted(named - {"scripts/release"}):
        path = root / name
        assert path.exists(), name
        assert os.access(path, os.X_OK), f"{name} is not executable"
        assert path.read_text(encoding="utf-8").startswith("#!/usr/bin/env "), name
