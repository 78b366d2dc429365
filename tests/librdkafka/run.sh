#!/usr/bin/env bash
# librdkafka's own test program against the sandbox: run.sh LOCKSTEP FOLDER [TEST...]
# Its sources come with an npm package; the folder keeps what was built. Prints a line a test.
set -euo pipefail
readonly lockstep=$(readlink -f "$1") folder=$2
readonly list=$(readlink -f "$(dirname "$0")/tests.txt")
shift 2
readonly package=@confluentinc/kafka-javascript version=1.10.1
readonly sources=$folder/package/deps/librdkafka

build() {
    mkdir -p "$folder"
    (cd "$folder" && npm pack --silent "$package@$version" > /dev/null && tar xzf ./*.tgz)
    (
        cd "$sources"
        ./configure --disable-syslog
        make -j"$(nproc)" -C src librdkafka.a librdkafka.so.1
        make -j"$(nproc)" -C src-cpp librdkafka++.a librdkafka++.so.1
        make -j"$(nproc)" -C tests build
    ) > "$folder/build.log" 2>&1
}

if [ ! -x "$sources/tests/test-runner" ]; then
    build || { tail -n 30 "$folder/build.log" >&2; exit 1; }
fi
export LD_LIBRARY_PATH=$sources/src:$sources/src-cpp
export CI=true TEST_KAFKA_VERSION=4.0.0

"$lockstep" sandbox --brokers 3 --partitions 4 --port 0 > "$folder/sandbox.log" 2>&1 &
readonly sandbox=$!
trap 'kill $sandbox 2> /dev/null || true' EXIT
until grep -q 'Ctrl-C ends it' "$folder/sandbox.log"; do
    kill -0 $sandbox || { cat "$folder/sandbox.log" >&2; exit 1; }
    read -rt 0.1 <> <(:) || true
done
echo "metadata.broker.list=$(awk '/^  cluster-1/ { print $2 }' "$folder/sandbox.log")" \
    > "$sources/tests/test.conf"

passed=0 failed=0
for name in ${*:-$(awk '/^[0-9]/ { print $1 }' "$list")}; do
    log=$folder/$name.log code=0
    (cd "$sources/tests" && TESTS=$name timeout 150 ./test-runner -L -Q -p1) \
        > "$log" 2>&1 || code=$?
    # Not one that was only left out.
    if [ $code -eq 0 ] && sed 's/\x1b\[[0-9;]*m//g' "$log" | grep -q "^| ${name}_.* PASSED "; then
        passed=$((passed + 1))
        echo "$name passed"
    else
        failed=$((failed + 1))
        echo "$name FAILED ($code): $log"
    fi
done
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
