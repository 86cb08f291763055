#!/bin/sh
# SPDX-License-Identifier: MIT
# Every struct of the public headers can grow: it begins with its size, or stands
# here with the reason why it need not.
set -eu
root=$(dirname "$0")/../../..

# What it keeps stands behind its first field: yon_limit, yon_once.
# The module says how long each is: yon_function. Its abi says so: yon_module.
fixed='yon_limit yon_once yon_function yon_module'

failed=0
for header in "$root"/include/yon/*.h; do
    while read -r name first; do
        [ -n "$name" ] || continue
        case " $fixed " in
        *" $name "*) continue ;;
        esac
        [ "$first" = "size_t size YON_SIZE_OF($name);" ] || {
            echo "$header: struct $name begins with '$first'" >&2
            failed=1
        }
    done <<LIST
$(awk '/^struct yon_[a-z_]* \{/ {
    name = $2
    getline
    sub(/ *\/\*.*/, "")
    sub(/^ */, "")
    print name, $0
}' "$header")
LIST
done
grep -q 'YON_SIZE_OF(yon_submit)' "$root/include/yon/yon.h" || failed=1
exit $failed
