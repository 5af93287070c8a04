package exec

import (
	"encoding/binary"

	"github.com/kilnql/kiln/exec/memory"
	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/vector"
)

// groupRun is a number of groups of one part: their keys, states and blobs as bytes, in memory or in the sink's spill file.
type groupRun struct {
	part  int
	n     int    // groups
	raw   []byte // nil: on disk
	frame memory.Frame
}

// bytes is the size of the run as it was written.
func (r *groupRun) bytes() int64 {
	if r.raw != nil {
		return int64(len(r.raw))
	}
	return int64(r.frame.Raw)
}

// runGroups is how many groups one run holds at most.
const runGroups = vector.ChunkSize

// spillable reports by an error that a state cannot be written.
func (a *Aggregate) spillable(account *memory.Reservation) error {
	for _, c := range a.spec.Aggregates {
		if c.Kernel.Blob && c.Kernel.Encode == nil {
			return account.OutOfMemory(account.Size(), "The state of "+c.Function.Name+" cannot be written to disk.")
		}
	}
	return nil
}

// writeRun moves a run to disk.
func (a *Aggregate) writeRun(r *groupRun) error {
	a.fileMu.Lock()
	defer a.fileMu.Unlock()
	if a.file == nil {
		var err error
		if a.file, err = a.query.Spill().Create("aggregate", a.shared); err != nil {
			return err
		}
	}
	frame, err := a.file.Write(r.raw)
	if err != nil {
		return err
	}
	r.raw, r.frame = nil, frame
	return nil
}

// encode appends n groups to b: their keys, their states, and for each aggregate with blobs the blobs with their lengths.
func (a *Aggregate) encode(b []byte, keys []*vector.Vector, base []byte, rows []uint32, stride int, contexts []expr.AggregateContext) ([]byte, error) {
	n := len(rows)
	b = vector.EncodeColumns(b, keys, n)
	for _, r := range rows {
		b = append(b, base[int(r)*stride:][:a.spec.StateSize]...)
	}
	for i, c := range a.spec.Aggregates {
		if !c.Kernel.Blob {
			continue
		}
		for _, r := range rows {
			at := len(b)
			b = append(b, 0, 0, 0, 0)
			var err error
			state := base[int(r)*stride+a.offsets[i]:][:c.Kernel.Size:c.Kernel.Size]
			if b, err = c.Kernel.Encode(&contexts[i], state, b); err != nil {
				return nil, err
			}
			binary.LittleEndian.PutUint32(b[at:], uint32(len(b)-at-4))
		}
	}
	return b, nil
}

// decodedRun is a run that was read: states follow each other.
type decodedRun struct {
	keys   []*vector.Vector
	n      int
	states []byte
	rows   []uint32
	blobs  expr.BlobStore
}

// decode reads what encode wrote; the run refers to b.
func (a *Aggregate) decode(b []byte) (*decodedRun, error) {
	d := &decodedRun{}
	var rest []byte
	var err error
	if d.keys, d.n, rest, err = vector.DecodeColumnsPrefix(b, a.layouts); err != nil {
		return nil, err
	}
	size := a.spec.StateSize
	d.states, rest = rest[:d.n*size], rest[d.n*size:]
	d.rows = upToRow(d.n)
	if !a.blobs {
		return d, nil
	}
	contexts := a.contexts(&d.blobs)
	for i, c := range a.spec.Aggregates {
		if !c.Kernel.Blob {
			continue
		}
		for r := range d.n {
			length := int(binary.LittleEndian.Uint32(rest))
			state := d.states[r*size+a.offsets[i]:][:c.Kernel.Size:c.Kernel.Size]
			if err := c.Kernel.Decode(&contexts[i], state, rest[4:4+length]); err != nil {
				return nil, err
			}
			rest = rest[4+length:]
		}
	}
	return d, nil
}

// upToRow is 0 … n-1.
func upToRow(n int) []uint32 {
	out := make([]uint32, n)
	for i := range out {
		out[i] = uint32(i)
	}
	return out
}

// load reads a run back.
func (a *Aggregate) load(r *groupRun) (*decodedRun, error) {
	raw := r.raw
	if raw == nil {
		var err error
		if raw, err = a.file.Read(r.frame, nil, nil); err != nil {
			return nil, err
		}
	} else if a.blobs {
		raw = append(memory.Aligned(len(raw))[:0], raw...) // decoding writes to states
	}
	return a.decode(raw)
}

// runWriter makes runs of the groups of tables.
type runWriter struct {
	sink    *Aggregate
	disk    bool
	take    reserve // memory of runs that stay in memory
	runs    []groupRun
	keys    []*vector.Vector
	rows    []uint32
	scratch []byte
}

func (w *runWriter) begin(a *Aggregate, disk bool, take reserve) {
	w.sink, w.disk, w.take = a, disk, take
	if w.keys == nil {
		w.keys, w.rows = a.newKeys(), make([]uint32, runGroups)
	}
}

// table makes runs of the groups of one part.
func (w *runWriter) table(g *groupSet, part int) error {
	c := groupCursor{from: part, to: part + 1}
	base, stride := g.states()
	for {
		n := g.table.list(&c, w.rows)
		if n == 0 {
			return nil
		}
		g.table.keys(w.rows[:n], w.keys)
		if err := w.write(part, w.keys, base, w.rows[:n], stride, g.contexts); err != nil {
			return err
		}
	}
}

// write makes one run.
func (w *runWriter) write(part int, keys []*vector.Vector, base []byte, rows []uint32, stride int, contexts []expr.AggregateContext) error {
	var err error
	if w.scratch, err = w.sink.encode(w.scratch[:0], keys, base, rows, stride, contexts); err != nil {
		return err
	}
	r := groupRun{part: part, n: len(rows), raw: w.scratch}
	if w.disk || !w.take(int64(len(r.raw))) {
		w.disk = true
		if err := w.sink.writeRun(&r); err != nil {
			return err
		}
	} else {
		r.raw = append(memory.Aligned(len(r.raw))[:0], r.raw...)
	}
	w.runs = append(w.runs, r)
	return nil
}
