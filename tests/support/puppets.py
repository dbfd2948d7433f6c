"""GTP engines for tests: they play the moves they are told, and fail when they are told."""

import shlex
import sys

# Each game begins the moves anew; after the last comes pass. Not moves but orders:
# die, hang, babble, fail, flood; one after 2: is obeyed from the second game of a process on.
PUPPET = r"""
import sys, time
name, script, refused, score = sys.argv[1:5]
answers = {"name": name, "version": "1", "list_commands": "genmove\nkgs-rules\nplay"}
answers["final_score"] = score
moves, games = iter(()), 0
for line in sys.stdin:
    number, command, *words = line.split()
    answer = answers.get(command, "")
    if command == "quit":
        print(f"={number}\n", flush=True)
        sys.exit()
    if command == "clear_board":
        moves, games = iter(script.split()), games + 1
    if command == "genmove":
        answer = next(moves, "pass")
    if answer.startswith("2:"):
        answer = answer[2:] if games > 1 else "pass"
    if answer == "die":
        print("out of luck", file=sys.stderr)
        sys.exit(3)
    if answer == "hang":
        time.sleep(60)
    if answer == "babble":
        print("Hello, I am thinking", flush=True)
    if answer == "flood":
        print("hm\n" * 100_000, file=sys.stderr)
        answer = "pass"
    if answer == "fail" or set(words) & set(refused.split()):
        print(f"?{number} cannot do that\n", flush=True)
    else:
        print(f"={number} {answer}\r\n", flush=True)
"""


def puppet(moves: str = "", *, name: str = "Puppet", refused: str = "", score: str = "0") -> str:
    """The command line of an engine.

    Args:
        moves: what it answers to genmove, in order; afterwards it passes.
        name: what it calls itself.
        refused: it fails commands that have one of these words, such as D4.
        score: its answer to final_score.
    """
    return shlex.join([sys.executable, "-S", "-c", PUPPET, name, moves, refused, score])
