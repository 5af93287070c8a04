package functions

import "math/rand/v2"

// Rand is the SQL function rand. Returns a random number, evenly distributed in [0, 1). Without a seed one is drawn here, as in
// Spark's API: every action on a DataFrame made with the column, and on those made of it, sees the same numbers.
//   - seed - an integer constant
func Rand(seed ...any) Column { return random("rand", seed) }

// Random is Rand.
func Random(seed ...any) Column { return random("random", seed) }

// Randn is the SQL function randn. Returns a random number of the standard normal distribution. The seed is Rand's.
//   - seed - an integer constant
func Randn(seed ...any) Column { return random("randn", seed) }

func random(name string, seed []any) Column {
	if len(seed) == 0 {
		seed = []any{rand.Int64()}
	}
	return Call(name, seed...)
}
