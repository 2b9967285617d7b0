#!/usr/bin/env bash
# usage: scripts/sanitize.sh thread|address
#
# Runs the tests under a sanitizer, in an optimised build of its own, and where ../shared/check is there its hostile and
# broken clients. A report of the sanitizer fails the run, whichever process it is of: the tests or a server that they or
# the clients talk to.
set -euo pipefail
cd "$(dirname "$0")/.."
sanitizer=${1:?thread or address}
build=(-c release --sanitize="$sanitizer" --scratch-path ".build-$sanitizer")
reports=$PWD/.build-$sanitizer/reports
rm -rf "$reports"
mkdir -p "$reports"
# Reports go to files, since nobody reads the standard error of every server.
export TSAN_OPTIONS="second_deadlock_stack=1:log_path=$reports/thread"
# As deep as the beginning of what a recursion has made.
export ASAN_OPTIONS="detect_stack_use_after_return=1:malloc_context_size=128:log_path=$reports/address"
export LSAN_OPTIONS="suppressions=$PWD/scripts/leaks.supp:print_suppressions=0"
# Swift's crash handler reads the stack in pages, which would be a report of its own.
export SWIFT_BACKTRACE=enable=no

swift build --build-tests "${build[@]}"
if [ "$sanitizer" = thread ]; then
    clang -O1 -Wall -Wextra -Werror -shared -fPIC -o ".build-thread/thread_order.so" scripts/thread_order.c
    export LD_PRELOAD=$PWD/.build-thread/thread_order.so
fi
# One after the other where tests wait for clocks and other processes: those that compute would hold them up.
status=0
swift test --skip-build "${build[@]}" --no-parallel --filter HTTPServerTests || status=1
# What is left out compares figures of the C library's allocator, in whose place the sanitizer has its own, or builds
# another package.
swift test --skip-build "${build[@]}" --skip HTTPServerTests --skip EndToEndTests \
    --skip PeakMemoryTests --skip 'answering takes what was reckoned' || status=1
swift test --skip-build "${build[@]}" --no-parallel --filter EndToEndTests \
    --skip 'memory that a large answer took is given back' --skip 'takes no memory for being timed' \
    --skip LibraryTests || status=1
if [ -x ../shared/check ]; then NABLA_BIN=$PWD/.build-$sanitizer/release/nabla ../shared/check http tls || status=1; fi

if [ -n "$(ls -A "$reports")" ]; then
    status=1
    echo "REPORTS of the $sanitizer sanitizer; all of them: .build-$sanitizer/reports"
    head -n 60 "$reports"/*
fi
exit $status
