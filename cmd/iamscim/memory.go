package main

import "runtime/debug"

// Most of what a gateway allocates is the short-lived memory of requests and
// observations, and while it is collected readers wait for a processor. So it
// is collected four times less often than Go does by itself, as long as Go's
// memory stays below memoryLimit; the caches of a full account take a third of
// that. SQLite's page caches and the program come on top.
const (
	gcPercent   = 400
	memoryLimit = 88 << 20
)

// tuneMemory leaves alone what the operator set.
func tuneMemory(getenv func(string) string) {
	if getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	if getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(memoryLimit)
	}
}
