package kiln

import (
	"sync/atomic"
	"time"

	"github.com/kilnql/kiln/exec"
)

// Profile is what a query did.
type Profile struct {
	Elapsed      time.Duration
	PeakMemory   int64 // bytes held at once, at most
	SpilledBytes int64 // written to spill files
	Stages       []StageProfile
}

// StageProfile is what one stage of a query did. Times are sums over the workers.
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
