#!/usr/bin/env bash
# usage: Fuzzing/run.sh [SECONDS [TARGET...]]
#
# Runs each libFuzzer target for SECONDS (60), all of them unless some are named. A finding fails the run, and its input
# stays in Fuzzing/.build/found/TARGET: run it again by `SWIFT_BACKTRACE=enable=no Fuzzing/.build/release/TARGET FILE`.
# What is found on the way to new branches stays in Fuzzing/.build/corpus/TARGET for the next run.
set -euo pipefail
# Swift's crash handler copies whole pages of the stack, which Address Sanitizer takes for the finding.
export SWIFT_BACKTRACE=enable=no
cd "$(dirname "$0")"
export LSAN_OPTIONS="suppressions=$PWD/../scripts/leaks.supp:print_suppressions=0"
seconds=${1:-60}
[ $# = 0 ] || shift
targets=("$@")
[ ${#targets[@]} -gt 0 ] || targets=(FuzzHead FuzzChunks FuzzInflation FuzzJSON FuzzRequest FuzzService)

swift build -c release
# Where the service looks for the files that it ships.
ln -sfn "$PWD/Project/GradientService" .build/release/nabla_GradientService.resources
status=0
for target in "${targets[@]}"; do
    corpus=.build/corpus/$target found=.build/found/$target log=.build/$target.log
    mkdir -p "$corpus" "$found"
    # The time limit is by the wall clock, so it leaves room for a busy machine; each input takes milliseconds.
    # A single allocation of 64 MiB would be one that the input asked for and that nothing has bounded.
    if .build/release/"$target" -max_total_time="$seconds" -timeout=60 -rss_limit_mb=1024 -malloc_limit_mb=64 \
        -max_len=4096 -dict="Dictionaries/$target.dict" -artifact_prefix="$found/" -print_final_stats=1 -verbosity=1 \
        "$corpus" "Corpus/$target" >"$log" 2>&1
    then
        runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
        coverage=$(sed -n 's/.* cov: \([0-9]*\) ft: \([0-9]*\) .*/\1 edges, \2 features/p' "$log" | tail -1)
        echo "$target: $runs runs, $coverage, no finding"
    else
        status=1
        echo "$target: A FINDING; all of it: Fuzzing/$log"
        tail -40 "$log" | cut -c1-400
    fi
done
exit $status
