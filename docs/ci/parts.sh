#!/bin/sh
# Runs scenarios in parts, as the jobs of a CI do, and joins what they wrote: the exit code is the verdict of all.
#
#     docs/ci/parts.sh [ARGUMENTS OF run ...]
#
# TOOL is the program, PARTS how many parts there are, OUT the folder for what they write, PART the only one that this machine runs
# (then nothing is joined). With `--backend linux` among the arguments the guest kit is brought first; CI keeps the folder
# $CACHE from one job to the next under the name that `parts.sh --key` prints.
set -eu

tool=${TOOL:-mlx5-cosim}
parts=${PARTS:-2}
out=${OUT:-mlx5-cosim-parts}
cache=${XDG_CACHE_HOME:-$HOME/.cache}/mlx5-cosim

# The hash of the kit's manifest: another kit is kept under another name.
if [ "${1:-}" = --key ]; then
    sha256sum "$cache/kit.json" | cut -c 1-16
    exit
fi

case " $* " in
*" linux "*) "$tool" setup ;;
esac

mkdir -p "$out"
[ -n "${PART:-}" ] || rm -f "$out"/part-*
code=0
for number in ${PART:-$(seq "$parts")}; do
    "$tool" run "$@" --quiet --partition "hash:$number/$parts" \
        --json "$out/part-$number.jsonl" --junit "$out/part-$number.xml" || code=$?
    # What failed is in what the part wrote, and is told where all are joined.
    # 4: there are so few scenarios that this part has none.
    case $code in 0 | 4 | 77 | 100 | 101 | 103 | 104 | 105) ;; *) exit "$code" ;; esac
done
if [ -n "${PART:-}" ]; then
    exit "$code"
fi
"$tool" merge "$out"/part-*.xml --output "$out/all.xml" >/dev/null || :
"$tool" merge "$out"/part-*.jsonl --output "$out/all.jsonl"
