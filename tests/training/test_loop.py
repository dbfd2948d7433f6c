"""The learning loop: it learns, it stops anywhere and goes on exactly, and processes agree."""

import errno
import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
import textwrap
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from gocnn.corpus.corpus import Corpus
from gocnn.dataset.loader import Stream
from gocnn.dataset.positions import Batch
from gocnn.errors import GocnnError
from gocnn.inference.weights import load_network, load_tensors, save_tensors
from gocnn.network.registry import tower
from gocnn.training.config import Budget, Hyperparameters, Runtime, TrainConfig
from gocnn.training.curves import draw_curve, read_log, validation_table
from gocnn.training.loop import TrainingRun
from tests.support.playing import random_corpus

TOWER = {"blocks": 1, "channels": 16}


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    return random_corpus(60)


CPU = Runtime(device="cpu")


def _config(positions: int = 32 * 12, **changes: object) -> TrainConfig:
    hyperparameters = {"batch": 32, "rate": 5e-3, "seed": 4, "bf16": False} | changes
    return TrainConfig(
        settings=TOWER,
        budget=Budget(positions=positions),
        hyperparameters=Hyperparameters(**hyperparameters),  # type: ignore[arg-type]
        validation=0.1,
    )


def _start(corpus: Corpus, folder: Path, config: TrainConfig | None = None) -> TrainingRun:
    return TrainingRun.start(config or _config(), corpus, folder, CPU)


def _resume(corpus: Corpus, folder: Path, budget: Budget | None = None) -> TrainingRun:
    return TrainingRun.resume(corpus, folder, CPU, budget=budget)


def test_it_learns_the_rule_of_the_games(corpus: Corpus, tmp_path: Path) -> None:
    run = _start(corpus, tmp_path, _config(32 * 150))
    assert run.train()
    training, validation = read_log(tmp_path / "log.jsonl")
    assert validation[-1]["top1"] > 0.5  # chance is 0.02, the rule is followed 8 times in 10
    assert validation[-1]["positions"] == 32 * 150
    info = load_network(tmp_path / "weights.safetensors").info
    assert info.positions == 32 * 150
    assert info.corpus == corpus.checksum
    assert info.accuracy["validation"] == validation[-1]["top1"]
    assert draw_curve(tmp_path / "log.jsonl", tmp_path / "curve.svg")
    assert "<svg" in (tmp_path / "curve.svg").read_text()
    assert f"{100 * validation[-1]['top1']:.2f}" in validation_table(tmp_path / "log.jsonl")
    assert training == sorted(training, key=lambda entry: entry["steps"])


@pytest.mark.parametrize("architecture", ["resnet", "nested", "alphago"])
def test_a_fresh_network_learns_the_reply_where_it_can(
    architecture: str, corpus: Corpus, tmp_path: Path
) -> None:
    """And one that starts from weights without it stays as it is."""
    plain = replace(_config(), architecture=architecture, settings=tower("3x16", architecture))
    can = architecture != "alphago"
    for folder, config in (("a", plain), ("b", replace(plain, reply=False))):
        assert _start(corpus, tmp_path / folder, config).train()
        settings = load_network(tmp_path / folder / "weights.safetensors").info.settings
        assert ("reply" in settings) == (can and config.reply)
    started = replace(plain, initial=str(tmp_path / "b" / "weights.safetensors"))
    assert "reply" not in _start(corpus, tmp_path / "c", started).config.settings


def test_it_learns_on_boards_of_several_sizes(corpus: Corpus, tmp_path: Path) -> None:
    mixed = Corpus.from_games([*corpus, *random_corpus(8, size=7)])
    run = _start(mixed, tmp_path)
    assert run.train()
    assert run.held_out is not None
    assert run.held_out.size == 9


def test_weights_remember_what_those_that_they_started_from_had_seen(
    corpus: Corpus, tmp_path: Path
) -> None:
    assert _start(corpus, tmp_path / "first").train()
    weights = tmp_path / "first" / "weights.safetensors"
    again = replace(_config(), initial=str(weights))
    assert _start(corpus, tmp_path / "second", again).train()
    info = load_network(tmp_path / "second" / "weights.safetensors").info
    assert info.positions == 2 * 32 * 12


@pytest.mark.parametrize("bf16", [False, True])
def test_stop_and_resume_is_one_run_bit_for_bit(corpus: Corpus, tmp_path: Path, bf16: bool) -> None:
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    config = _config(bf16=bf16)
    assert _start(corpus, whole, config).train()
    stopped = _start(corpus, parts, config)
    updates = 0
    update = stopped.trainer.update

    def interrupted(*arguments: object) -> None:
        nonlocal updates
        update(*arguments)  # type: ignore[arg-type]
        updates += 1
        if updates == 5:
            os.kill(os.getpid(), signal.SIGINT)

    stopped.trainer.update = interrupted  # type: ignore[method-assign, assignment]
    assert not stopped.train()
    assert stopped.trainer.steps == 5
    resumed = _resume(corpus, parts)
    assert resumed.trainer.steps == 5
    assert resumed.train()
    one, other = (load_tensors(folder / "cooldown.safetensors")[0] for folder in (whole, parts))
    assert one.keys() == other.keys()
    for name, tensor in one.items():
        assert torch.equal(tensor, other[name]), name


def test_stop_after_saves_and_a_later_run_finishes(corpus: Corpus, tmp_path: Path) -> None:
    assert not _start(corpus, tmp_path).train(stop_after=0.0)
    assert _resume(corpus, tmp_path).train()


def test_resuming_needs_a_run_and_the_same_games(corpus: Corpus, tmp_path: Path) -> None:
    with pytest.raises(GocnnError, match="no run to resume"):
        _resume(corpus, tmp_path)
    _start(corpus, tmp_path).train(stop_after=0.0)
    with pytest.raises(GocnnError, match="a run is here already"):
        _start(corpus, tmp_path)
    with pytest.raises(GocnnError, match="trained on other games"):
        _resume(random_corpus(30, seed=9), tmp_path)


def test_a_full_disk_keeps_the_last_checkpoint(
    corpus: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = _start(corpus, tmp_path)
    run.save()
    before = run.checkpoint_path.read_bytes()

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(GocnnError, match="No space left on device"):
        run.train()
    assert run.checkpoint_path.read_bytes() == before
    assert not list(tmp_path.glob(".*part"))
    monkeypatch.undo()
    assert _resume(corpus, tmp_path).train()


@pytest.mark.parametrize("good", [0, 3])
def test_a_run_that_diverges_stops_and_keeps_what_was_good(
    corpus: Corpus, tmp_path: Path, good: int
) -> None:
    run = _start(corpus, tmp_path)
    update = run.trainer.update

    def diverging(batch: Batch, rate: float) -> None:
        if run.trainer.steps == good:
            if good:
                run.save()
            rate = float("inf")
        update(batch, rate)

    run.trainer.update = diverging  # type: ignore[method-assign, assignment]
    with pytest.raises(GocnnError, match=r"diverged, .* a --rate below 0.005"):
        run.train()
    files = {path.name for path in tmp_path.glob("*.safetensors")}
    assert files == ({"checkpoint.safetensors", "weights.safetensors"} if good else set())
    if good:
        assert all(t.isfinite().all() for t in load_tensors(run.checkpoint_path)[0].values())
        assert _resume(corpus, tmp_path).trainer.steps == good


def test_the_log_tells_how_long_it_waited_for_batches(
    corpus: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gocnn.training.loop.LOG_SECONDS", 0.0)
    assert _start(corpus, tmp_path / "quick").train()
    encode = Stream.at

    def slowly(stream: Stream, number: int) -> Batch:
        time.sleep(0.2)
        return encode(stream, number)

    monkeypatch.setattr(Stream, "at", slowly)
    monkeypatch.setattr("gocnn.training.loop.os.cpu_count", lambda: 1)
    assert _start(corpus, tmp_path / "slow").train()
    quick, slow = (
        [entry["waiting"] for entry in read_log(tmp_path / folder / "log.jsonl")[0]]
        for folder in ("quick", "slow")
    )
    assert all(0 <= share <= 1 for share in quick + slow)
    assert statistics.median(slow) > statistics.median(quick)


def test_fine_tuning_starts_from_the_weights(corpus: Corpus, tmp_path: Path) -> None:
    _start(corpus, tmp_path / "a").train()
    weights = tmp_path / "a" / "weights.safetensors"
    budget = Budget(positions=32)
    config = TrainConfig(settings={}, budget=budget, initial=str(weights), validation=0.1)
    tuned = _start(corpus, tmp_path / "b", config)
    started = load_network(weights).module
    for name, tensor in started.state_dict().items():
        assert torch.equal(tuned.trainer.network.state_dict()[name], tensor)
    assert tuned.train()
    assert _resume(corpus, tmp_path / "b").train()


def test_fine_tuning_can_grow_the_network(corpus: Corpus, tmp_path: Path) -> None:
    _start(corpus, tmp_path / "a").train()
    weights = tmp_path / "a" / "weights.safetensors"
    larger = {"blocks": 2, "channels": 20}
    config = TrainConfig(
        settings=larger, budget=Budget(positions=32), initial=str(weights), validation=0.1
    )
    grown = _start(corpus, tmp_path / "b", config)
    loaded = load_network(weights)
    network, info = loaded.module, loaded.info
    planes = torch.rand(2, info.settings["planes"], 9, 9)
    context = torch.rand(2, info.settings["globals"])
    with torch.inference_mode():
        before = network(planes, context).logits
        after = grown.trainer.network.eval()(planes, context).logits
    assert torch.allclose(before, after, atol=1e-5)
    assert grown.train()
    now = load_network(tmp_path / "b" / "weights.safetensors").info
    assert now.settings == info.settings | larger
    assert now.positions == info.positions + 128  # one update
    assert _resume(corpus, tmp_path / "b").train()


def test_fine_tuning_cannot_shrink_the_network(corpus: Corpus, tmp_path: Path) -> None:
    _start(corpus, tmp_path / "a").train()
    weights = str(tmp_path / "a" / "weights.safetensors")
    config = TrainConfig(settings={"channels": 2}, budget=Budget(positions=32), initial=weights)
    with pytest.raises(
        GocnnError, match=r"weights\.safetensors: .*can grow, not shrink.*--teacher$"
    ):
        _start(corpus, tmp_path / "b", config)


def _taught(corpus: Corpus, folder: Path, teacher: Path | None, share: float) -> TrainingRun:
    config = replace(_config(32 * 30, teacher_share=share), teacher=str(teacher or ""))
    run = _start(corpus, folder, config)
    assert run.train()
    return run


def test_a_teacher_without_a_share_changes_nothing(corpus: Corpus, tmp_path: Path) -> None:
    _start(corpus, tmp_path / "a", _config(seed=9)).train()
    teacher = tmp_path / "a" / "weights.safetensors"
    alone = _taught(corpus, tmp_path / "b", None, 0.0).trainer.network.state_dict()
    taught = _taught(corpus, tmp_path / "c", teacher, 0.0).trainer.network.state_dict()
    for name, tensor in alone.items():
        assert torch.equal(tensor, taught[name]), name


def test_a_teacher_alone_is_what_the_student_comes_to_say(corpus: Corpus, tmp_path: Path) -> None:
    """A teacher with its own opinion on each point, whatever was played there."""
    _start(corpus, tmp_path / "a", _config(32)).train()
    teacher = tmp_path / "a" / "weights.safetensors"
    tensors, about = load_tensors(teacher)
    tensors["policy_out.weight"] *= 0
    tensors["value_out.weight"] *= 0
    tensors["value_out.bias"] = torch.tensor([2.0, 6.0, 0.0])  # sure to win, and to pass
    save_tensors(teacher, tensors, about)
    student = _taught(corpus, tmp_path / "b", teacher, 1.0).trainer.network.eval()
    planes, context = torch.rand(4, 34, 9, 9), torch.rand(4, 77)
    with torch.inference_mode():
        output = student(planes, context)
    assert (output.logits.argmax(1) == 81).all()  # no game of the corpus has a pass
    assert (output.value > 0.7).all()  # of the results half are won


def test_a_resumed_run_keeps_its_teacher(corpus: Corpus, tmp_path: Path) -> None:
    _start(corpus, tmp_path / "a", _config(32)).train()
    teacher = str(tmp_path / "a" / "weights.safetensors")
    _start(corpus, tmp_path / "b", replace(_config(), teacher=teacher)).train(stop_after=0.0)
    resumed = _resume(corpus, tmp_path / "b")
    assert resumed.trainer.teacher is not None
    assert resumed.train()


def test_a_teacher_must_see_the_same(corpus: Corpus, tmp_path: Path) -> None:
    _start(corpus, tmp_path / "a", replace(_config(32), encoding="plain-1")).train()
    teacher = str(tmp_path / "a" / "weights.safetensors")
    with pytest.raises(GocnnError, match="plain-1 cannot teach"):
        _start(corpus, tmp_path / "b", replace(_config(), teacher=teacher))
    with pytest.raises(GocnnError, match="share must be 0 to 1"):
        _config(teacher_share=1.5)


def test_the_rate_climbs_stays_and_falls() -> None:
    hyperparameters = Hyperparameters(rate=1.0, warmup=10)
    climb = [hyperparameters.rate_at(steps, 0.0) for steps in range(12)]
    assert climb[0] < 0.1
    assert climb == sorted(climb)
    assert climb[-1] == 1.0
    assert {hyperparameters.rate_at(10, n / 10) for n in range(10)} == {1.0}
    fall = [hyperparameters.rate_at(1000, 0.9, n / 10) for n in range(11)]
    assert fall == sorted(fall, reverse=True)
    assert fall[5] == pytest.approx(1 - 0.5**0.5)
    assert fall[-1] == 0.0


def test_a_short_run_climbs_within_a_hundredth_of_its_budget() -> None:
    assert Hyperparameters(rate=1.0, warmup=200).rate_at(3, 0.01) == 1.0


def _rates(folder: Path) -> list[float]:
    return [entry["rate"] for entry in read_log(folder / "log.jsonl")[0]]


def test_a_longer_budget_goes_on_as_if_there_had_been_no_end(
    corpus: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gocnn.training.loop.LOG_SECONDS", 0.0)
    whole, extended = tmp_path / "whole", tmp_path / "extended"
    assert _start(corpus, whole, _config(32 * 24, cooldown=0.25, warmup=0)).train()
    assert _start(corpus, extended, _config(32 * 12, cooldown=0.25, warmup=0)).train()
    assert (extended / "cooldown.safetensors").exists()
    assert _rates(extended)[-1] < 5e-3
    longer = _resume(corpus, extended, Budget(positions=32 * 24))
    assert longer.trainer.steps == 9  # before the cooldown
    assert longer.train()
    assert _rates(extended) == _rates(whole)
    for name in ("checkpoint", "cooldown"):
        one, other = (
            load_tensors(folder / f"{name}.safetensors")[0] for folder in (whole, extended)
        )
        for tensor in one:
            assert torch.equal(one[tensor], other[tensor]), (name, tensor)


def test_a_cooldown_is_resumed_where_it_stopped(corpus: Corpus, tmp_path: Path) -> None:
    config = _config(cooldown=0.5)
    run = _start(corpus, tmp_path, config)
    update, seen = run.trainer.update, []

    def interrupted(*arguments: object) -> None:
        update(*arguments)  # type: ignore[arg-type]
        seen.append(arguments)
        if len(seen) == 9:
            os.kill(os.getpid(), signal.SIGINT)

    run.trainer.update = interrupted  # type: ignore[method-assign, assignment]
    assert not run.train()
    resumed = _resume(corpus, tmp_path)
    assert resumed.trainer.steps == 9
    assert resumed.cooldown_start == 0.5
    assert resumed.train()


def test_a_finished_run_has_nothing_left_to_do(corpus: Corpus, tmp_path: Path) -> None:
    assert _start(corpus, tmp_path).train()
    again = _resume(corpus, tmp_path)
    assert again.progress == 1.0
    assert again.train()
    assert again.trainer.steps == 12


@pytest.mark.parametrize("budget", [{}, {"seconds": 0.0}, {"seconds": 1.0, "positions": 5}])
def test_a_run_has_one_budget(budget: dict[str, float]) -> None:
    with pytest.raises(GocnnError, match="one budget"):
        Budget(**budget)  # type: ignore[arg-type]


def test_a_time_budget_ends_the_run(corpus: Corpus, tmp_path: Path) -> None:
    config = TrainConfig(settings=TOWER, budget=Budget(seconds=0.5), validation=0.1)
    run = _start(corpus, tmp_path, config)
    assert run.train()
    assert run.seconds >= 0.5


def test_training_may_run_in_a_thread(corpus: Corpus, tmp_path: Path) -> None:
    run = _start(corpus, tmp_path, _config(32))
    thread = threading.Thread(target=run.train)
    thread.start()
    thread.join()
    assert run.trainer.steps == 1


DISTRIBUTED = """
    import os
    import sys
    from pathlib import Path
    from tests.support.playing import random_corpus
    from gocnn.training.config import Budget, Hyperparameters, Runtime, TrainConfig
    from gocnn.training.loop import TrainingRun

    hyperparameters = Hyperparameters(batch=32, rate=2e-3, seed=4, bf16=False)
    config = TrainConfig(
        settings={"blocks": 1, "channels": 16},
        budget=Budget(positions=32 * 12),
        hyperparameters=hyperparameters,
        validation=0.1,
    )
    folder = Path(sys.argv[1])
    run = TrainingRun.start(config, random_corpus(60), folder, Runtime(device="cpu"))
    losses = []
    update = run.trainer.update

    def recorded(batch, rate):
        update(batch, rate)
        losses.append(run.trainer.losses().policy_loss)

    run.trainer.update = recorded
    run.train()
    run.processes.leave()
    (folder / f"losses-{run.processes.rank}.json").write_text(repr(losses))
    os._exit(0)  # threads of torch's own may abort a process that ends while the other still talks
"""


def test_two_processes_train_as_one(tmp_path: Path) -> None:
    """torchrun with two processes on gloo: same global batch, same loss curve to rounding."""
    script = tmp_path / "run.py"
    script.write_text(textwrap.dedent(DISTRIBUTED))
    environment = os.environ | {
        "PYTHONPATH": str(Path.cwd()),
        "OMP_NUM_THREADS": "1",
    }
    alone, shared = tmp_path / "alone", tmp_path / "shared"
    for folder in (alone, shared):
        folder.mkdir()
    subprocess.run([sys.executable, script, alone], check=True, env=environment, timeout=300)
    launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    command = [*launcher, "--nproc-per-node=2", str(script), str(shared)]
    done = subprocess.run(command, env=environment, timeout=300, capture_output=True, text=True)
    if "terminate called without an active exception" in done.stderr:  # one of torch's threads
        shutil.rmtree(shared)
        shared.mkdir()
        done = subprocess.run(command, env=environment, timeout=300, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    one = json.loads((alone / "losses-0.json").read_text())
    halves = [json.loads((shared / f"losses-{rank}.json").read_text()) for rank in (0, 1)]
    assert len(one) == 12
    together = [(a + b) / 2 for a, b in zip(*halves, strict=True)]
    assert together == pytest.approx(one, rel=2e-4)
    assert one[-1] < one[0]
    weights = [load_tensors(f / "checkpoint.safetensors")[0] for f in (alone, shared)]
    for name, tensor in weights[0].items():
        assert torch.allclose(tensor.float(), weights[1][name].float(), atol=2e-3), name
