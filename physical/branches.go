package physical

import (
	"slices"

	"github.com/kilnql/kiln/exec/program"
)

// outputsOf are the columns that the branches of a flow give to one sink.
func outputsOf(programs []*program.Program) []program.Input {
	return commonInputs(programs, (*program.Program).Outputs)
}

// keysOf are the keys by which the branches of a flow group for one sink.
func keysOf(programs []*program.Program) []program.Input {
	return commonInputs(programs, (*program.Program).Keys)
}

// commonInputs is what holds of columns in every branch: null where any has nulls, in the range of them all.
func commonInputs(programs []*program.Program, columns func(*program.Program) []program.Input) []program.Input {
	out := slices.Clone(columns(programs[0]))
	for _, p := range programs[1:] {
		for i, c := range columns(p) {
			out[i].Nullable = out[i].Nullable || c.Nullable
			out[i].Range = out[i].Range.Union(c.Range)
		}
	}
	return out
}
