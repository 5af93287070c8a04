//go:build race

package exec

// cancelFactor is how much slower the race detector makes the tests of cancellation.
const cancelFactor = 20
