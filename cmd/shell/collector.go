package shell

import (
	"os"
	"runtime/debug"

	"github.com/kilnql/kiln"
	"github.com/kilnql/kiln/configuration"
	"github.com/kilnql/kiln/exec/memory"
)

// slack is what the process holds besides the memory that the session counts: code, stacks, plans, garbage.
const slack = 64 << 20

// tuneCollector makes garbage collection rarer than Go's default, since the shell owns its process: a live heap of a few
// megabytes would otherwise be collected hundreds of times a second. The limit keeps the process near the session's limit
// of memory when the heap grows. What the user says in GOGC and GOMEMLIMIT stands.
func tuneCollector(session *kiln.Session) {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(400)
	}
	if os.Getenv("GOMEMLIMIT") != "" {
		return
	}
	text, _ := session.Get(configuration.MemoryLimit)
	limit, err := configuration.ParseSize(text)
	if err != nil || limit <= 0 {
		limit = memory.DefaultLimit()
	}
	debug.SetMemoryLimit(limit + slack)
}
