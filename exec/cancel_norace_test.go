//go:build !race

package exec

// cancelFactor is 1: the race detector, which makes everything slow, is off.
const cancelFactor = 1
