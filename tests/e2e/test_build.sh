#!/usr/bin/env bash
# A C project of others (lua, from Debian's sources) is built through yon, by make and
# by CMake: the same objects, the same messages, the same exit codes as without yon,
# also after everything was killed in between.
. "$(dirname "$0")/lib.sh"

SOURCES=$BUILD/sources
"$ROOT/tests/support/debian_source" lua5.4 "$SOURCES" ||
    skip "the source package lua5.4 is not to be had; with a network:" \
        "tests/support/debian_source lua5.4 $SOURCES"

up --slots 8

# unpack: the source anew, in lua.
unpack() {
    rm -rf lua
    mkdir lua
    tar -xzf "$SOURCES"/lua5.4_*.orig.tar.gz -C lua --strip-components=2 --wildcards '*/src'
}

# keep NAME: the objects and programs of lua, moved to NAME.
keep() {
    mkdir "$1"
    mv lua/*.o lua/liblua.a lua/lua lua/luac "$1"
}

# same NAME NAME: two that were kept are the same, byte by byte.
same() {
    [ "$(ls "$1" | wc -l)" -gt 35 ] || fail "$1 has only $(ls "$1" | wc -l) files"
    diff -r "$1" "$2" || fail "$1 and $2 are not the same"
}

# build NAME MAKE-ARGUMENTS...: messages in NAME.err, in any order, objects in NAME.
build() {
    local name=$1
    shift
    unpack
    make -s -C lua -j8 linux "$@" 2>$name.err || {
        cat $name.err >&2
        fail "make: $name"
    }
    # make's own are about times and jobs; ar's come from no job.
    grep -v '^ar: ' $name.err | sort >$name.messages || :
    keep $name
}

# ---- make, with many warnings ----

build plain CC=cc MYCFLAGS='-O1 -Wconversion'
build by_yon CC='yon run -- cc' MYCFLAGS='-O1 -Wconversion'
same plain by_yon
cmp plain.messages by_yon.messages || fail "not the same messages"
[ "$(grep -c warning: plain.messages)" -gt 100 ] || fail "no warnings to compare"
./by_yon/lua -e 'print(6 * 7)' | grep -qx 42

# ---- the environment decides what is compiled ----

mkdir headers
cat >headers/when.h <<'C'
static const char when[] __attribute__((used)) = LABEL " " __DATE__ " " __TIME__;
C
(
    export CPATH=$PWD/headers SOURCE_DATE_EPOCH=86400
    export CFLAGS='-O0 -include when.h -DLABEL="\"a b\"" -DLUA_USE_LINUX'
    build env_plain -e CC=cc
    build env_by_yon -e CC='yon run -- cc'
)
same env_plain env_by_yon
grep -q 'a b Jan  2 1970' env_by_yon/lapi.o || fail "the environment was not used"

# ---- CMake's launchers ----

unpack
cat >lua/CMakeLists.txt <<'C'
cmake_minimum_required(VERSION 3.25)
project(lua C)
file(GLOB sources l*.c)
list(REMOVE_ITEM sources ${CMAKE_SOURCE_DIR}/luac.c)
add_executable(lua ${sources})
target_compile_definitions(lua PRIVATE LUA_USE_LINUX)
target_link_libraries(lua m dl)
C
# by_cmake NAME [SETTING]
by_cmake() {
    local name=$1
    shift
    cmake -S lua -B build -DCMAKE_BUILD_TYPE=Debug "$@" >$name.log
    cmake --build build -j8 >>$name.log 2>$name.err || fail "cmake: $(cat $name.err)"
    [ ! -s $name.err ] || fail "cmake $name: $(cat $name.err)"
    mkdir $name
    mv build/lua build/CMakeFiles/lua.dir/*.o $name
    rm -r build
}
by_cmake cmake_plain
by_cmake cmake_by_yon '-DCMAKE_C_COMPILER_LAUNCHER=yon;run;--'
[ "$(ls cmake_plain | wc -l)" = 34 ] || fail "cmake: $(ls cmake_plain)"
diff -r cmake_plain cmake_by_yon || fail "cmake: not the same"

# ---- one compiler by itself: stdin, errors, signals ----

# alike ARGUMENTS...: cc with them ends and says the same through yon; stdin: ./input
alike() {
    local code_plain=0 code=0
    rm -f x.o
    cc "$@" <input >want.out 2>want.err || code_plain=$?
    [ ! -e x.o ] || mv x.o want.o
    yon run -- cc "$@" <input >got.out 2>got.err || code=$?
    [ $code = $code_plain ] || fail "exit code $code, not $code_plain: cc $*"
    cmp want.out got.out || fail "stdout of cc $*"
    # A linker names temporary files.
    sed 's/cc[A-Za-z0-9]*\.o/cc.o/' -i want.err got.err
    diff want.err got.err || fail "stderr of cc $*"
    [ $code != 0 ] || [ ! -e want.o ] || cmp want.o x.o || fail "object of cc $*"
    rm -f want.o
}
echo 'int x;' >input
alike -x c -c - -o x.o
alike -x c -E -
alike -x c -S - -o -
echo 'int main(void) { return y; }' >input
alike -x c -c - -o x.o
[ -s want.err ] || fail "no error to compare"
alike -x c -c missing.c -o x.o
alike --no-such-option
echo 'int f(void); int main(void) { return f(); }' >input
alike -x c - -o program
alike --version
alike -dumpmachine

# ---- kill -9 of everything in between ----

# ---- kill -9 in between ----

enough() {
    [ "$(find lua -name '*.o' | wc -l)" -ge "$1" ]
}

# start_build N: in the background as $make; returns when there are N objects, and
# more are being made.
start_build() {
    unpack
    make -s -C lua -j8 linux CC='yon run -- cc' MYCFLAGS='-O1 -Wconversion' 2>kill.err &
    make=$!
    until_true "$1 objects" enough "$1"
}

# The coordinator, then a process of the worker: make notices nothing.
start_build 4
kill_9 yond
until_true "more objects" enough 12
kill_9 yon-worker.1
wait $make || fail "after yond and a worker were killed: $(tail -n 5 kill.err)"
# Messages of a compiler that was killed come once more; that alone is told.
! grep '^yon: ' kill.err | grep -v 'was cut off after .* begins anew$' ||
    fail "said to make"
keep killed
same plain killed

# Everything: the next make finishes what is left.
start_build 8
pids=$(procs)
kill -STOP $pids
while pids=$(procs) && [ -n "$pids" ]; do
    kill -9 $pids 2>/dev/null || :
done
! wait $make || fail "make was not killed"
! enough 34 || fail "all was built already"
up --slots 8
make -s -C lua -j8 linux CC='yon run -- cc' MYCFLAGS='-O1 -Wconversion' 2>kill.err ||
    fail "after everything was killed: $(cat kill.err)"
keep killed_all
same plain killed_all
expect_exit 0 yon down
