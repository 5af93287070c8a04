package vector

import "sync/atomic"

var lastDictID atomic.Uint64

// NewDictIDs reserves n consecutive identities for dictionaries (Dict.ID) and returns the first; none is ever given twice.
func NewDictIDs(n int) uint64 { return lastDictID.Add(uint64(n)) - uint64(n) + 1 }
