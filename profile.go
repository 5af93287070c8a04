package kiln

import (
	"sync/atomic"
	"time"

	"github.com/kilnql/kiln/exec"
	"github.com/kilnql/kiln/physical"
)

// Profile is what a query did.
type Profile struct {
	Elapsed      time.Duration
	PeakMemory   int64 // bytes held at once, at most
	SpilledBytes int64 // written to spill files
	Stages       []StageProfile
	// Operators are those of the physical plan, inputs before what reads them. They are complete if the query ran to its
	// end, and not left or cancelled before.
	Operators []OperatorProfile
}

// OperatorProfile is what one operator of a query did.
type OperatorProfile struct {
	Number int    // as in EXPLAIN FORMATTED
	Name   string // such as "Filter"
	Detail string // one line about it
	Inputs []int  // numbers of the operators that it reads
	// Rows are those that came out of it.
	Rows int64
	// Time is the workers' time that it took, summed over the workers; 0 unless kiln.exec.profile is on or EXPLAIN ANALYZE ran
	// the query.
	Time time.Duration
	// Measured are names and values of what else is known: row groups read and pruned, rows of a join's build side, spilled bytes.
	Measured [][2]string
}

// StageProfile is what one stage of a query did. Times are sums over the workers; all but FinishTime are 0 unless
// kiln.exec.profile is on or EXPLAIN ANALYZE ran the query.
type StageProfile struct {
	ID               int
	Label            string
	Rows, RowsOut    int64
	BytesRead        int64
	Morsels          int64
	MorselsPerWorker []int64
	LoadTime         time.Duration
	ProgramTime      time.Duration
	SinkTime         time.Duration
	FinishTime       time.Duration
}

// lastProfile is the profile of the query that ended last.
type lastProfile struct{ p atomic.Pointer[Profile] }

// LastProfile describes the query of the session that ended last; nil before the first. With queries at once it is any of
// the latest.
func (s *Session) LastProfile() *Profile { return s.last.p.Load() }

func profileOf(p *exec.Profile) *Profile {
	out := &Profile{Elapsed: p.Elapsed(), PeakMemory: p.PeakMemory(), SpilledBytes: p.SpilledBytes()}
	for _, sp := range p.Stages {
		out.Stages = append(out.Stages, StageProfile{
			ID: sp.ID, Label: sp.Label, Rows: sp.Rows.Load(), RowsOut: sp.RowsOut.Load(), BytesRead: sp.BytesRead.Load(),
			Morsels: sp.MorselsDone.Load(), MorselsPerWorker: sp.MorselsPerWorker(), LoadTime: time.Duration(sp.LoadTime.Load()),
			ProgramTime: time.Duration(sp.ProgramTime.Load()), SinkTime: time.Duration(sp.SinkTime.Load()), FinishTime: time.Duration(sp.FinishTime.Load()),
		})
	}
	return out
}

// operatorsOf measures the operators of a plan that has run.
func operatorsOf(plan *physical.Plan, p *exec.Profile) []OperatorProfile {
	measures := plan.Measures(p)
	out := make([]OperatorProfile, len(measures))
	for i, m := range measures {
		o := m.Operator
		out[i] = OperatorProfile{Number: o.Number, Name: o.Name, Detail: o.Detail, Rows: m.Rows, Time: m.Time, Measured: m.Detail}
		for _, c := range o.Children {
			out[i].Inputs = append(out[i].Inputs, c.Number)
		}
	}
	return out
}
