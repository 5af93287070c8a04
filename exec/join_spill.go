package exec

import (
	"context"
	"sync/atomic"

	"github.com/kilnql/kiln/exec/memory"
	"github.com/kilnql/kiln/types"
	"github.com/kilnql/kiln/vector"
)

// joinParts is the number of parts that a build side too large for memory is split into by its keys.
const joinParts = 64

// joinBlocks is how many blocks of a build side without keys would fill the session's memory.
const joinBlocks = 32

// joinSpill is a build side in parts on disk.
type joinSpill struct {
	parts    []joinPart      // joinParts by the keys' hash, or any number of blocks in the order they were written
	ranges   []types.Range   // of the keys, over everything that was spilled
	resident [joinParts]bool // the parts of the present pass
	next     int             // first part of the next pass
	passes   []joinPass      // those begun so far
	pass     int             // the present one
}

// joinPart is the rows whose keys have one hash part, or a block of rows without keys.
type joinPart struct {
	frames []joinFrame
	rows   int
	bytes  int64
}

type joinFrame struct {
	file  *memory.SpillFile
	frame memory.Frame
}

// joinPass is a group of parts that fit memory together. Marks are kept when the pass ends, for the unmatched rows.
type joinPass struct {
	from, to int
	marks    []atomic.Uint64
}

// partOf is the part of a row by the hash of its keys.
func partOf(hash uint64) int { return int(hash & (joinParts - 1)) }

// spillLocal writes a worker's rows to their parts and forgets them.
func (b *JoinBuild) spillLocal(l *joinLocal) error {
	if !b.divisible() {
		return b.mustFit(l.memory, l.store.Bytes()+tableBytes(l.store.Len)-l.memory.Size())
	}
	b.mu.Lock()
	if b.spill == nil {
		b.spill = &joinSpill{ranges: make([]types.Range, b.spec.Keys)}
		if b.spec.Keys > 0 {
			b.spill.parts = make([]joinPart, joinParts)
		}
	}
	b.mu.Unlock()
	if l.store.Len == 0 {
		return nil
	}
	if l.file == nil {
		file, err := b.query.Spill().Create("join", l.memory)
		if err != nil {
			return err
		}
		l.file = file
	}
	parts, first := b.split(l.store)
	for i, rows := range parts {
		if err := b.writePart(l, first+i, rows); err != nil {
			return err
		}
	}
	b.mu.Lock()
	b.rows += int64(l.store.Len)
	b.nullKey = b.nullKey || hasNullKey(l.store, b.spec)
	for k := range b.spill.ranges {
		if c := l.store.Columns[k]; isIntegerLayout(c.Physical) {
			b.spill.ranges[k] = widest(b.spill.ranges[k], integerRange(c))
		}
	}
	b.mu.Unlock()
	l.store, l.spans = vector.NewStore(b.spec.Layout), nil
	l.memory.Shrink(l.memory.Size())
	b.held.Add(-l.size)
	l.size = 0
	return nil
}

// divisible reports whether the rows may be probed part by part: always by key, else only if a probe row that finds no partner
// in one part is no row of the result.
func (b *JoinBuild) divisible() bool { return b.spec.Keys > 0 || b.spec.Blocks }

// mustFit takes memory for a build side that is not divisible.
func (b *JoinBuild) mustFit(account *memory.Reservation, more int64) error {
	if account.TryGrow(more) || account.Grow(more) == nil {
		return nil
	}
	return account.OutOfMemory(more, "A join without equal keys that keeps the rows of one side without a partner holds the whole other side in memory.")
}

func widest(a, b types.Range) types.Range {
	if !a.Known {
		return b
	}
	return types.Range{Known: true, Min: min(a.Min, b.Min), Max: max(a.Max, b.Max)}
}

// split lists the rows of each part, the first of which has the number first.
func (b *JoinBuild) split(s *vector.Store) (parts [][]int32, first int) {
	if b.spec.Keys == 0 {
		return b.splitBlocks(s)
	}
	parts = make([][]int32, joinParts)
	hashes := make([]uint64, vector.ChunkSize)
	room := make(vector.Selection, vector.ChunkSize)
	columns := make([]*vector.Vector, b.spec.Keys)
	for start := 0; start < s.Len; start += vector.ChunkSize {
		n := min(vector.ChunkSize, s.Len-start)
		for k := range columns {
			columns[k] = s.Columns[k].Slice(start, n)
		}
		for _, i := range hashRows(columns, allNullSafe(b.spec.Keys), nil, n, hashes, room) {
			p := partOf(hashes[i])
			parts[p] = append(parts[p], int32(start+int(i)))
		}
	}
	return parts, 0
}

// splitBlocks makes further parts of rows in the order they came.
func (b *JoinBuild) splitBlocks(s *vector.Store) (parts [][]int32, first int) {
	size := b.query.Runtime().Memory().Limit() / joinBlocks
	rows := max(vector.ChunkSize, int(int64(s.Len)*size/max(1, s.Bytes())))
	for start := 0; start < s.Len; start += rows {
		part := make([]int32, min(rows, s.Len-start))
		for i := range part {
			part[i] = int32(start + i)
		}
		parts = append(parts, part)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	first = len(b.spill.parts)
	b.spill.parts = append(b.spill.parts, make([]joinPart, len(parts))...)
	return parts, first
}

// allNullSafe makes hashRows give rows with null keys a hash too: they belong to a part like others.
func allNullSafe(n int) []bool {
	safe := make([]bool, n)
	for i := range safe {
		safe[i] = true
	}
	return safe
}

// writePart writes some rows of a store as frames of a part.
func (b *JoinBuild) writePart(l *joinLocal, part int, rows []int32) error {
	out := make([]*vector.Vector, len(l.store.Columns))
	for start := 0; start < len(rows); start += vector.ChunkSize {
		if ctx := b.query.Context(); ctx.Err() != nil {
			return context.Cause(ctx)
		}
		chunk := rows[start:min(start+vector.ChunkSize, len(rows))]
		owned := vector.NewStore(b.spec.Layout)
		for c, column := range l.store.Columns {
			out[c] = vector.New(column.Type, column.Physical, len(chunk))
			vector.Gather(column, chunk, nil, len(chunk), out[c])
		}
		owned.Append(out, nil, len(chunk))
		frame, err := l.file.Write(vector.EncodeColumns(nil, owned.Columns, owned.Len))
		if err != nil {
			return err
		}
		b.spilled.Add(int64(frame.Length))
		b.mu.Lock()
		p := &b.spill.parts[part]
		p.frames = append(p.frames, joinFrame{l.file, frame})
		p.rows += len(chunk)
		p.bytes += owned.Bytes()
		b.mu.Unlock()
	}
	return nil
}

// finishSpilled writes what is still in memory and begins the first pass.
func (b *JoinBuild) finishSpilled(ctx context.Context) error {
	for _, l := range b.locals {
		b.rows -= int64(l.store.Len) // spillLocal counts them
		if err := b.spillLocal(l); err != nil {
			return err
		}
	}
	for k, f := range b.spec.Filters {
		if f == nil {
			continue
		}
		if r := b.spill.ranges[k]; r.Known {
			f.Store(&vector.FilterState{HasRange: true, Min: r.Min, Max: r.Max})
		}
	}
	return b.begin(ctx)
}

// begin loads as many of the remaining parts as fit.
func (b *JoinBuild) begin(ctx context.Context) error {
	s := b.spill
	b.table.Store(nil)
	b.memory.Shrink(b.memory.Size())
	pass := joinPass{from: s.next, to: s.next}
	clear(s.resident[:])
	for i := range s.passes { // a group that was read before keeps its bounds, so that marks stay with their rows
		if p := &s.passes[i]; p.from == s.next {
			return b.repeat(ctx, i)
		}
	}
	for pass.to < len(s.parts) {
		p := &s.parts[pass.to]
		need := p.bytes*5/4 + tableBytes(p.rows)
		if pass.to > pass.from && (b.memory.Size()+need > b.share()/2 || !b.memory.TryGrow(need)) {
			break
		}
		if pass.to == pass.from {
			if err := b.memory.Grow(need); err != nil {
				return err
			}
		}
		if b.spec.Keys > 0 {
			s.resident[pass.to] = true
		}
		pass.to++
	}
	s.next = pass.to
	s.passes = append(s.passes, pass)
	b.passes.Store(int64(len(s.passes)))
	s.pass = len(s.passes) - 1
	return b.load(ctx, pass.from, pass.to)
}

// repeat loads the parts of an earlier pass again.
func (b *JoinBuild) repeat(ctx context.Context, i int) error {
	s := b.spill
	p := &s.passes[i]
	for part := p.from; part < p.to; part++ {
		if b.spec.Keys > 0 {
			s.resident[part] = true
		}
		if err := b.memory.Grow(s.parts[part].bytes*5/4 + tableBytes(s.parts[part].rows)); err != nil {
			return err
		}
	}
	s.pass, s.next = i, p.to
	return b.load(ctx, p.from, p.to)
}

// load reads parts and indexes their rows.
func (b *JoinBuild) load(ctx context.Context, from, to int) error {
	store := vector.NewStore(b.spec.Layout)
	var scratch []byte
	for part := from; part < to; part++ {
		for _, f := range b.spill.parts[part].frames {
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			raw, err := f.file.Read(f.frame, nil, &scratch)
			if err != nil {
				return err
			}
			columns, n, err := vector.DecodeColumns(raw, b.spec.Layout)
			if err != nil {
				return err
			}
			store.Append(columns, nil, n)
		}
	}
	table, err := buildJoinTable(ctx, store, nil, b.spec.NullSafe, b.spec.PerfectArrays)
	if err != nil {
		return err
	}
	b.publish(table)
	return nil
}

// NextPass ends the present pass and loads the parts of the next one, for which the probing stage reads its source again; false
// if there is none. It is for Stage.Again, when no probe runs.
func (b *JoinBuild) NextPass(ctx context.Context) (bool, error) {
	s := b.spill
	if s == nil {
		return false, nil
	}
	if b.spec.Unmatched {
		s.passes[s.pass].keep(b.table.Load().marks)
	}
	if s.next == len(s.parts) {
		return false, nil
	}
	return true, b.begin(ctx)
}

// Rewind goes back to the first pass after the last one, for another reading of the source: with the next part of another
// build side, or by another stage that probes this one. It is for Stage.Again, when no probe runs.
func (b *JoinBuild) Rewind(ctx context.Context) error {
	s := b.spill
	if s == nil || len(s.passes) == 1 {
		return nil
	}
	s.next = 0
	return b.begin(ctx)
}

// keep adds the marks of a pass to those of earlier readings of the same parts.
func (p *joinPass) keep(marks []atomic.Uint64) {
	if p.marks == nil {
		p.marks = marks
		return
	}
	for i := range marks {
		p.marks[i].Or(marks[i].Load())
	}
}

// restrict keeps the probe rows whose keys belong to the present pass: without keys, all of them.
func (s *joinSpill) restrict(keys []*vector.Vector, sel vector.Selection, n int, hashes []uint64, room, out vector.Selection) vector.Selection {
	if len(keys) == 0 {
		return sel
	}
	kept := out[:0]
	for _, i := range hashRows(keys, allNullSafe(len(keys)), sel, n, hashes, room) {
		if s.resident[partOf(hashes[i])] {
			kept = append(kept, i)
		}
	}
	return kept
}
