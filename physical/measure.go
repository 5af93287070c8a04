package physical

import (
	"strconv"
	"time"

	"github.com/kilnql/kiln/exec"
	"github.com/kilnql/kiln/exec/memory"
)

// Measure is what one operator did in a run of its plan.
type Measure struct {
	Operator *Operator
	// Rows are those that the operator gave to the one that reads it.
	Rows int64
	// Time is the operator's share of the workers' time, summed over the workers: its instructions, reading and decoding if it
	// is a source, its sink. It is 0 unless the stages were profiled.
	Time time.Duration
	// Detail are names and values of what else is known: row groups read and pruned, rows of a build side, memory, spilled
	// bytes.
	Detail [][2]string
}

// Measures describes each operator of the plan, by number, after a run with the given profile.
func (p *Plan) Measures(profile *exec.Profile) []Measure {
	m := measuring{stages: map[*exec.Stage]*exec.StageProfile{}, times: map[int]int64{}, rows: map[*exec.Stage][]int64{}}
	for i, s := range p.Stages {
		sp := profile.Stages[i]
		m.stages[s] = sp
		for _, c := range sp.Counters() {
			m.times[c.Operator] += c.Nanoseconds
			m.rows[s] = append(m.rows[s], c.RowsOut)
		}
	}
	operators := p.Operators()
	out := make([]Measure, len(operators))
	for i, o := range operators {
		out[i] = m.measure(o)
	}
	return out
}

// measuring is what a run's profile says, taken apart.
type measuring struct {
	stages map[*exec.Stage]*exec.StageProfile
	times  map[int]int64           // of the instructions of each operator
	rows   map[*exec.Stage][]int64 // that each instruction of a stage let through
}

func (m *measuring) measure(o *Operator) Measure {
	out := Measure{Operator: o, Rows: m.output(o)}
	nanoseconds := m.times[o.id]
	for _, b := range o.reads {
		nanoseconds += m.stages[b.stage].ReadTime.Load()
	}
	details := map[interface{ Detail() [][2]string }]bool{}
	for _, s := range o.feeds {
		sp := m.stages[s]
		nanoseconds += sp.SinkTime.Load() + sp.FinishTime.Load()
		if d, ok := s.Sink.(exec.Detailer); ok && !details[d] {
			details[d] = true
			out.Detail = append(out.Detail, sp.SinkDetail()...)
		}
	}
	for _, b := range o.builds {
		if b.Passes() > 1 {
			for _, e := range o.ends {
				nanoseconds += m.stages[e.branch.stage].PassTime.Load()
			}
			break
		}
	}
	out.Time = time.Duration(nanoseconds)
	if len(o.Children) == 0 {
		out.Detail = append(out.Detail, m.scanned(o, out.Rows)...)
	}
	return out
}

// output is the number of rows that leave an operator.
func (m *measuring) output(o *Operator) int64 {
	if r, ok := o.result(); ok {
		return r.Rows()
	}
	if o.Breaker {
		most := int64(0)
		for _, b := range o.reads { // several read all of it
			most = max(most, m.stages[b.stage].Rows.Load()/b.passes(0))
		}
		return most
	}
	total := int64(0)
	for _, e := range o.ends {
		s := e.branch.stage
		rows := m.stages[s].Rows.Load()
		if i := s.Program.MadeBy(e.at); i >= 0 && i < len(m.rows[s]) {
			rows = m.rows[s][i]
		} else if i >= 0 {
			rows = 0
		}
		total += rows / e.branch.passes(e.builds)
	}
	return total
}

// counter is implemented by the sink at the end of a query.
type counter interface{ Rows() int64 }

// result is the sink that gave the operator's rows to the reader of the query, if it is the limit at the top.
func (o *Operator) result() (counter, bool) {
	if len(o.reads) > 0 || len(o.feeds) == 0 {
		return nil, false
	}
	r, ok := o.feeds[0].Sink.(*exec.Result)
	return r, ok
}

// passes is how often the rows at a place have passed it: once for each group of parts of the build sides after it that did
// not fit memory.
func (b *branch) passes(from int) int64 {
	n := int64(1)
	for _, build := range b.builds[from:] {
		n *= build.Passes()
	}
	return n
}

// scanned is what a source says of itself.
func (m *measuring) scanned(o *Operator, rows int64) [][2]string {
	var out [][2]string
	read, bytes := int64(0), int64(0)
	for i, b := range o.reads {
		sp := m.stages[b.stage]
		read += sp.Rows.Load()
		bytes += sp.BytesRead.Load()
		if i == 0 {
			out = append(out, sp.SourceDetail()...)
		}
	}
	if read != rows {
		out = append(out, [2]string{"rows read", strconv.FormatInt(read, 10)})
	}
	if bytes > 0 {
		out = append(out, [2]string{"bytes read", memory.FormatBytes(bytes)})
	}
	return out
}
