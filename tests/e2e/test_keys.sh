#!/usr/bin/env bash
# Workers and commands on other machines: each comes with its key, does what its
# roles say, and is cut off when the key is taken away. Strangers are not let in.
. "$(dirname "$0")/lib.sh"

port=$((20000 + RANDOM % 10000))
tcp=tcp://127.0.0.1:$port
yon up -d --dir "$D" --listen "127.0.0.1:$port" --procs 1 --slots 1 2>"$T/up"
grep -q "yon-worker --access worker.access" "$T/up" || fail "not said: $(cat "$T/up")"
unset YON_DIR YON_SERVER
admin=(yon --access "$D/admin.access")

# ---- who has nothing ----

expect_exit 5 yon -s "$tcp" status 2>"$T/err"
grep -q 'wants a key' "$T/err" || fail "$(cat "$T/err")"
[ "$(stat -c %a "$D/keys" "$D/keys/server.key" "$D/admin.access" "$D/worker.access" | sort -u | tr '\n' ' ')" = '600 700 ' ] ||
    fail "modes: $(ls -la "$D/keys")"
expect_exit 2 yond --listen "$tcp" --db "$T/other.db" 2>"$T/err"
grep -q 'takes keys' "$T/err" || fail "$(cat "$T/err")"

# ---- each key does what its roles say ----

[ "$("${admin[@]}" status --json | jq -r .server)" = "$tcp" ] || fail 'another address'
for name in "YON_DIR=$T/other" "YON_SERVER=ipc://$T/other"; do
    [ "$(env "$name" "${admin[@]}" status --json | jq -r .server)" = "$tcp" ] || fail "$name goes first"
done
expect_exit 5 yon --access "$D/worker.access" status 2>"$T/err"
grep -q 'for workers only' "$T/err" || fail "$(cat "$T/err")"
yon-worker --access "$D/admin.access" --name no --procs 1 2>"$T/no" && fail 'an admin is no worker'
grep -q 'not for workers' "$T/no" || fail "$(cat "$T/no")"

yon-worker --access "$D/worker.access" --name far --procs 1 --slots 2 2>"$T/far" &
far=$!
until_true 'a worker from elsewhere' eval '"${admin[@]}" workers -o id | grep -qx far'
expect_exit 0 yon --access "$D/admin.access" run seq 100000 >"$T/out"
seq 100000 | cmp - "$T/out"

# Programs do not get the key of their worker.
expect_exit 0 env -u YON_ACCESS yon -s "ipc://$D/yond.sock" submit --array 1-4 -w -- \
    sh -c '! grep -qs yks1 /proc/self/environ; env' >"$T/out" 2>&1
! grep -q '^YON_ACCESS=' "$T/out" || fail 'a program knows the access file'

# ---- a name belongs to the key that came first ----

yon key new mill --role work --dir "$D" --file "$T/mill.access" >/dev/null 2>&1
yon-worker --access "$T/mill.access" --name far --procs 1 2>"$T/mill" && fail 'its name is taken'
grep -q 'a worker of another key has this name' "$T/mill" || fail "$(cat "$T/mill")"

# ---- a key that is taken away ----

job=$("${admin[@]}" submit --array 1-3 -q -- sleep 2)
until_true 'it runs on both' eval '[ "$("${admin[@]}" show "$job" --json | jq .counts.running)" = 3 ]'
yon key rm worker --dir "$D" 2>/dev/null
wait $far && fail 'it goes on'
grep -q 'may not connect here any more' "$T/far" || fail "$(cat "$T/far")"
yon key ls --dir "$D" --json | jq -e '[.keys[].name] | sort == ["admin", "mill"]' >/dev/null
expect_exit 0 yon --access "$D/admin.access" run true # others go on
yon-worker --access "$D/worker.access" --name far --procs 1 2>"$T/far" &
far=$!
until_true 'it is told why' grep -q 'does not know the key' "$T/far"
kill $far
wait $far || :

# ---- faults are named ----

expect() { # TEXT COMMAND...
    local text=$1 code=0
    shift
    "$@" >/dev/null 2>"$T/err" || code=$?
    [ $code != 0 ] && grep -q "$text" "$T/err" || fail "$code, not \"$text\": $(cat "$T/err")"
}
expect 'does not know the key' yon --access "$D/worker.access" status
sed "s/^server-key .*/$(grep -m1 -o 'ykp1[a-z0-9]*' "$D/keys/authorized_keys" | sed 's/^/server-key /')/" \
    "$D/admin.access" >"$T/bad.access"
chmod 600 "$T/bad.access"
expect 'not the server that this access file was made for' yon --access "$T/bad.access" status
sed "s/:$port/:1/" "$D/admin.access" >"$T/bad.access"
expect 'nothing listens there' yon --access "$T/bad.access" status
chmod 640 "$T/bad.access"
chown 65534 "$T/bad.access" 2>/dev/null || :
expect 'chmod 600\|another user' yon --access "$T/bad.access" status
# Also when it is found by itself, in a place of the user where nothing runs.
mkdir -p "$T/home/.config/yon"
cp "$T/bad.access" "$T/home/.config/yon/access"
chmod 644 "$T/home/.config/yon/access"
found=(env -u YON_SERVER -u YON_DIR -u YON_ACCESS -u XDG_CONFIG_HOME -u XDG_STATE_HOME HOME="$T/home" yon)
expect 'home/.config/yon/access can be read or written by others' "${found[@]}" status
cp "$D/admin.access" "$T/home/.config/yon/access"
chmod 600 "$T/home/.config/yon/access"
"${found[@]}" status >/dev/null
expect 'a key named mill' yon key new mill --role work --dir "$D"
expect 'not a role' yon key new x --role root --dir "$D"
expect 'no key named x' yon key rm x --dir "$D"
expect 'an address of this machine' yon up --listen host.example --dir "$T/none"

mv "$D/keys/authorized_keys" "$T/list"
expect 'authorized_keys is missing' yon key new x --role work --dir "$D"
mv "$T/list" "$D/keys/authorized_keys"

# ---- it expires ----

yon key new brief --role admin --expires 1s --dir "$D" --file "$T/brief.access" >/dev/null 2>&1
until_true 'it has expired' eval '! yon --access "$T/brief.access" status >/dev/null 2>&1'

yon down --dir "$D" 2>/dev/null
