package program

import (
	"errors"
	"testing"

	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/vector"
)

// TestRegistersAreReserved checks that a machine reports what its registers take, once they are there and not for every
// chunk, and that a refusal ends the run.
func TestRegistersAreReserved(t *testing.T) {
	s := newTestSource(newRandom(), 40*vector.ChunkSize, 0.1)
	b := NewBuilder(DefaultOptions(), s.inputs())
	var ids []expr.ColumnID
	for _, c := range s.columns {
		ids = append(ids, c.ID)
	}
	p, err := b.Build(ids)
	if err != nil {
		t.Fatal(err)
	}
	calls, reserved := 0, int64(0)
	full := errors.New("full")
	run := func(reserve func(int64) error) error {
		m := p.NewMachine(Env{Reserve: reserve})
		for s.start = 0; s.start < 40*vector.ChunkSize; s.start += s.n {
			s.n = vector.ChunkSize
			if err := m.Run(s, s.n, Position{Order: int64(s.start)}, func(*vector.Chunk) error { return nil }); err != nil {
				return err
			}
		}
		return nil
	}
	if err := run(func(grown int64) error {
		calls++
		reserved += grown
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if reserved < p.Memory()/2 || calls == 0 || calls > 3 {
		t.Errorf("%d bytes in %d calls, estimated %d", reserved, calls, p.Memory())
	}
	if err := run(func(int64) error { return full }); !errors.Is(err, full) {
		t.Errorf("refused: %v", err)
	}
}
