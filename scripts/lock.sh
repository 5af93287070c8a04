# Sourced by the scripts here, which set $root before: one of several processes
# that come at the same moment (go test runs packages in parallel) does the work,
# the others wait and find it done.
#
# take_lock NAME   waits for the lock .cache/NAME.lock and takes it; it is
#                  released when the script exits. Sets the EXIT trap, which also
#                  runs cleanup, a function that the script may define after sourcing this.

take_lock() {
	mkdir -p "$root/.cache"
	lock=$root/.cache/$1.lock
	unowned=0
	until mkdir "$lock" 2>/dev/null; do
		owner=$(cat "$lock/pid" 2>/dev/null || true)
		# A lock whose owner is dead is taken over, also when the owner died before it
		# could write its name.
		if [ -z "$owner" ]; then unowned=$((unowned + 1)); else unowned=0; fi
		if [ $unowned -gt 10 ] || { [ -n "$owner" ] && ! kill -0 "$owner" 2>/dev/null; }; then
			drop_lock
			continue
		fi
		sleep 1
	done
	echo $$ >"$lock/pid"
	trap 'cleanup; drop_lock' EXIT
	trap 'exit 1' INT TERM HUP
}

drop_lock() {
	rm -f "$lock/pid"
	rmdir "$lock" 2>/dev/null || true
}

cleanup() { :; }
