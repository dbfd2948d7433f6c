"""Records in the formats of servers, made up for the tests."""

from collections.abc import Sequence

Moves = Sequence[tuple[str, str]]  # (B or W, SGF letters, empty for a pass)


def gib(
    moves: Moves,
    *,
    handicap: int = 0,
    head: str = "",
    end: str = "\\GE\r\n",
    kind: str = "Global",
) -> str:
    """A GIB record of 19 lines; numbers begin at 2, as Tygem's do."""
    lines = ["\\HS", f"\\[GIBOKIND={kind}\\]", *head.splitlines(), "\\HE", "\\GS", "2 1 0"]
    lines += [f"{len(moves) + 1} 0 &4", f"INI 0 1 {handicap} &4 "]
    for number, (colour, point) in enumerate(moves, 2):
        if point:
            column, row = (ord(letter) - 97 for letter in point)
            lines.append(f"STO 0 {number} {'BW'.index(colour) + 1} {column} {row} ")
        else:
            lines.append(f"SKI 0 {number}")
    return "\r\n".join(lines) + "\r\n" + end


NGF_HEAD = ("Rated game", "19", "Bai         3D*", "Hei           12K", "www.cyberoro.com",
            "0", "0", "6", "20170316 [09:51]", "5", "Black wins by 0.5!")  # fmt: skip


def ngf(moves: Moves, head: Sequence[str] = NGF_HEAD) -> str:
    """An NGF record."""
    lines = [*head, str(len(moves))]
    for number, (colour, point) in enumerate(moves, 1):
        letters = "".join(chr(ord(letter) - 31) for letter in point) or "AA"
        counter = chr(65 + number // 26) + chr(65 + number % 26)
        lines.append(f"PM{counter}{colour}{letters}{letters[::-1]}")
    return "\n".join(lines) + "\n"


def ugf(
    moves: Moves, *, size: int = 19, head: str = "", stones: Moves = (), igs: bool = True
) -> str:
    """A UGF record."""
    lines = ["[Header]", "Ver=UGF3,200", f"Size={size}", *head.splitlines()]
    lines += [f"CoordinateType={'IGS' if igs else 'JPN'}", "[Data]"]
    numbered = [(0, *stone) for stone in stones]
    for number, colour, point in numbered + [(n, *move) for n, move in enumerate(moves, 1)]:
        place = "YA"
        if point:
            column, row = (ord(letter) - 97 for letter in point)
            place = chr(65 + column) + chr(65 + (size - 1 - row if igs else row))
        lines.append(f"{place},{colour}1,{number},0")
    return "\r\n".join(lines) + "\r\n"
