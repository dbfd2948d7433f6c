#!/usr/bin/env bash
# Trains on a GPU machine that is lent for minutes at a time and takes and gives back small files.
#
#   scripts/train_on_gpu.sh pack GAMES... [-- options of gocnn prepare]
#       here: packs the games into build/gpu/train.gocnn.xz, small enough to travel
#   scripts/train_on_gpu.sh slice OUT [options of gocnn train]
#       there, in a copy of this folder with build/gpu in it: trains for SLICE (8m30s) at most, from
#       the start or from where the last slice ended, and leaves the run in OUT in parts
#   scripts/train_on_gpu.sh take OUT
#       here: puts the parts back together in build/gpu/run, for the next slice, on any machine
#
# How much of the GPU training uses, and whether it waits for batches:
#
#   scripts/bench.py build/gpu/train.gocnn.xz --sections train --network base --batch 1024
#
# and with --architecture nested, which learnt more from the same time on a CPU.
#
# A machine that still holds build/gpu/run goes on from that. The budget of the whole run is given
# once, in the first slice:
#
#   scripts/train_on_gpu.sh slice out --network base --batch 1024 --rate 6e-3 --time-budget 25m
#   scripts/train_on_gpu.sh slice out
#
# PYTHON names the Python that has torch (python3), LIMIT the bytes that may travel (60 MiB),
# PART the size of a part (15 MiB).
set -euo pipefail
cd "$(dirname "$0")/.."

PYTHON=${PYTHON:-python3}
SLICE=${SLICE:-8m30s}
LIMIT=${LIMIT:-$((60 << 20))}
PART=${PART:-$((15 << 20))}
home=build/gpu
games=$home/train.gocnn.xz
run=$home/run
checkpoint=$run/checkpoint.safetensors
states=(checkpoint cooldown) # what a run goes on from; the second only once its cooldown has begun

fail() {
    echo "train_on_gpu: $*" >&2
    exit 2
}

pack() {
    local inputs=() size
    while [ $# -gt 0 ] && [ "$1" != -- ]; do
        inputs+=("$1")
        shift
    done
    [ ${#inputs[@]} -gt 0 ] || fail "name the games to pack"
    shift || true
    mkdir -p "$home"
    "$PYTHON" -m gocnn prepare "${inputs[@]}" -o "$games" "$@"
    size=$(stat -c %s "$games")
    [ "$size" -le "$LIMIT" ] ||
        fail "$games: $size bytes, more than $LIMIT; pack fewer: -- --sample 0.$((90 * LIMIT / size))"
    echo "$games: $size bytes"
}

slice() {
    local out=${1:-} status=0 resume=() state
    [ -n "$out" ] || fail "name a folder for what comes back"
    [ -f "$games" ] || fail "$games: no games here; pack them first"
    shift
    [ ! -f "$checkpoint" ] || resume=(--resume)
    mkdir -p "$out"
    "$PYTHON" -m gocnn train "$games" -o "$run" --stop-after "$SLICE" "${resume[@]}" "$@" ||
        status=$?
    [ -f "$checkpoint" ] || exit "$status"
    rm -f "$out"/checkpoint.* "$out"/cooldown.*
    for state in "${states[@]}"; do
        [ ! -f "$run/$state.safetensors" ] ||
            split -b "$PART" -d -a 2 "$run/$state.safetensors" "$out/$state."
    done
    cp "$run/log.jsonl" "$out/"
    (cd "$run" && sha256sum -- $(ls | grep -x 'checkpoint.safetensors\|cooldown.safetensors')) \
        >"$out/checkpoint.sha256"
    exit "$status"
}

take() {
    local out=${1:-} draft state
    [ -f "$out/checkpoint.sha256" ] || fail "$out: no slice came back here"
    mkdir -p "$run"
    draft=$(mktemp -d "$home/take.XXXXXX")
    for state in "${states[@]}"; do
        [ ! -f "$out/$state.00" ] || cat "$out/$state".[0-9]* >"$draft/$state.safetensors"
    done
    (cd "$draft" && sha256sum --quiet --check -) <"$out/checkpoint.sha256" ||
        fail "$out: a part is missing or damaged; the run here is as it was"
    rm -f "$run/cooldown.safetensors"
    mv "$draft"/*.safetensors "$run/"
    cp "$out/log.jsonl" "$run/"
    rm -r "$draft"
    echo "$checkpoint: $(stat -c %s "$checkpoint") bytes"
}

case ${1:-} in
pack | slice | take) "$@" ;;
*) sed -n '/^set/q; 2,$s/^# \{0,1\}//p' "$0" && exit 2 ;;
esac
