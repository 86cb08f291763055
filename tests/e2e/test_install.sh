#!/usr/bin/env bash
# The installed files work without the source: staged, moved away, and used by
# programs and modules of others, in C and C++, with pkg-config and CMake, shared
# and static.
. "$(dirname "$0")/lib.sh"

cache() {
    sed -n "s/^$1:[A-Z]*=//p" "$BUILD/CMakeCache.txt"
}

DESTDIR=$T/stage expect_exit 0 cmake --install "$BUILD" --prefix /opt/yon
[ "$(ls "$T/stage")" = opt ] || fail "not below DESTDIR: $(ls "$T/stage")"
P=$T/elsewhere
mv "$T/stage/opt/yon" "$P"
LIB=$(dirname "$(find "$P" -name libyon.a)")
export PKG_CONFIG_PATH=$LIB/pkgconfig
PATH=$P/bin:${PATH#"$BUILD/bin":}

# (What sanitizers know of places in the source is not for others.)
sanitize=$(cache YON_SANITIZE)
found=$(grep -rlaF -e "$BUILD" -e "$ROOT/" -e "$T" "$P") || :
[ -z "$found" ] || [ -n "$sanitize" ] || fail "a path of this machine is in $found"
(cd "$ROOT/include" && ls yon/*.h) | diff - <(cd "$P/include" && ls yon/*.h) ||
    fail "these headers are installed"
readelf -d "$LIB/libyon.so" | grep -q 'SONAME.*\[libyon\.so\.0\.1\]' ||
    fail "SONAME: $(readelf -d "$LIB/libyon.so" | grep SONAME)"

for page in man1/yon-run.1 man3/yon_call.3 man7/yon-processes.7 man8/yond.8; do
    [ -s "$P/share/man/$page" ] || fail "no manual page $page"
done

# ---- what a partial build leaves ----

# The quickstart builds the target of all that is installed.
grep -q -- '--target installed ' "$ROOT/deploy/quickstart" ||
    fail "the quickstart leaves a tree that cannot be installed"
if [ -f "$BUILD/build.ninja" ]; then
    ninja -C "$BUILD" -t query installed >made
    for file in "$P"/bin/* "$LIB"/libyon.a "$LIB"/libyon.so; do
        grep -qE " (bin|lib)/${file##*/}\$" made || fail "it does not build $file"
    done
    grep -q ' man/made$\| manual$' made || fail "it does not make the manual"
fi

# ---- pkg-config ----

# Nothing but yon: where no other package can be found, and no other folder named.
flags_of() {
    PKG_CONFIG_PATH= PKG_CONFIG_LIBDIR=$LIB/pkgconfig pkg-config "$@" | sed 's/ *$//'
}
I=-I$(cd "$LIB/pkgconfig" && pkg-config --variable=includedir yon)
L=-L$(cd "$LIB/pkgconfig" && pkg-config --variable=libdir yon)
[ "$(flags_of --cflags --libs yon)" = "$I $L -lyon" ] ||
    fail "yon: $(flags_of --cflags --libs yon)"
[ "$(flags_of --cflags yon-static)" = "$I" ] || fail "yon-static: $(flags_of --cflags yon-static)"
[[ $(flags_of --static --libs yon) == "$L -lyon "*-luv*-lzmq*-lmsgpack* ]] ||
    fail "yon --static: $(flags_of --static --libs yon)"
[ "$(realpath "${I#-I}")" = "$P/include" ] || fail "headers in $I"

# ---- compilers ----

CC=$(cache CMAKE_C_COMPILER)
case $CC in
*clang*) CXX=clang++ ;;
*) CXX=g++ ;;
esac
flags=(-Wall -Wextra -Wpedantic -Werror)
[ -z "$sanitize" ] || flags+=("-fsanitize=$sanitize")
c=("$CC" -std=c11 "${flags[@]}")
cxx=("$CXX" -std=c++11 "${flags[@]}")

# Each header alone.
alone=("${flags[@]:0:4}" -Wshadow -Wconversion -Wundef -I"$P/include" -fsyntax-only)
for header in "$P"/include/yon/*.h; do
    echo "#include <yon/${header##*/}>" >alone.c
    for compiler in gcc clang; do
        command -v $compiler >/dev/null || continue
        for std in c11 c++11 c++20; do
            $compiler -x "${std%[0-9][0-9]}" -std=$std "${alone[@]}" alone.c
        done
    done
done

# ---- modules, from the headers alone ----

cp "$ROOT"/tests/data/install/* .
cp client.c client.cc
cp module.c module.cc
module=(-shared -fPIC -I"$P/include")
"$CC" -std=c11 "${flags[@]:0:4}" "${module[@]}" -DNAME='"twice"' -DFACTOR=2 module.c -o c.so
"$CXX" -std=c++11 "${flags[@]:0:4}" "${module[@]}" -DNAME='"thrice"' -DFACTOR=3 module.cc -o cc.so

# ---- programs ----

# With functions that are called as those inside of libyon are, every one.
nm "$LIB/libyon.a" | awk '$2 == "t" && $3 ~ /^[a-z][a-z0-9_]*$/ { print $3 }' |
    sort -u >names
[ "$(wc -l <names)" -gt 200 ] || fail "libyon.a hides $(wc -l <names) functions"
{
    echo '#include <stdlib.h>'
    sed 's/.*/void &(void); void &(void) { abort(); }/' names
} >clash.c
"$CC" "${flags[@]:4}" -fno-builtin -c clash.c -o clash.o

for package in yon yon-static; do
    read -ra use < <(pkg-config --cflags --libs $package)
    "${c[@]}" client.c clash.o "${use[@]}" -o pkgconfig-$package-c
    "${cxx[@]}" client.cc clash.o "${use[@]}" -o pkgconfig-$package-cc
done
# libyon.a can be a part of a shared library.
"${c[@]}" -shared -fPIC client.c "${use[@]}" -Wl,-z,text -o plugin.so

# The two programs of the README, as it says how to build them.
awk '/^```c$/ { n++; next } /^```/ { on = 0 } n != last { on = 1; last = n }
    on { print >("readme" n ".c") }' "$ROOT/README.md"
read -ra use < <(flags_of --cflags yon)
"$CC" -shared -fPIC "${use[@]}" readme1.c -o readme.so
read -ra use < <(flags_of --cflags --libs yon)
"$CC" "${flags[@]:4}" readme2.c "${use[@]}" -o fanout

expect_exit 0 cmake -S . -B cmake -DCMAKE_PREFIX_PATH="$P" -DCMAKE_C_COMPILER="$CC" \
    -DCMAKE_CXX_COMPILER="$CXX" -DCMAKE_{C,CXX}_FLAGS="${flags[*]:4} -fno-builtin"
expect_exit 0 cmake --build cmake

# ---- all of it together ----

up --load "$PWD/c.so" --load "$PWD/cc.so" --load "$PWD/readme.so"
for pid in $(procs yond) $(procs yon-worker); do
    [[ $(readlink "/proc/$pid/exe") = "$P"/bin/* ]] ||
        fail "not installed: $(readlink "/proc/$pid/exe")"
done
n=0
for program in pkgconfig-* cmake/cmake-*; do
    case $program in
    *static*) needs=0 ;;
    *) needs=1 ;;
    esac
    [ "$(readelf -d "$program" | grep -c 'NEEDED.*libyon\.so\.0\.1')" = $needs ] ||
        fail "$program: $(readelf -d "$program" | grep NEEDED)"
    case $program in
    cmake/* | *static*) expect_exit 0 "./$program" ;; # CMake says where it is
    *) LD_LIBRARY_PATH=$LIB expect_exit 0 "./$program" ;;
    esac
    expect_out "42 42 63 $(cache CMAKE_PROJECT_VERSION)"
    n=$((n + 1))
done
[ $n = 8 ] || fail "$n programs"
LD_LIBRARY_PATH=$LIB expect_exit 0 ./fanout
expect_out "50 squares, together 40425"
expect_exit 0 yon down
