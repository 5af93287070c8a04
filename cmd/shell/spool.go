package shell

import (
	"io"

	"github.com/kilnql/kiln/exec/memory"
)

// spoolFrame is how many bytes of a spool are in memory.
const spoolFrame = 1 << 20

// spool keeps a document until it is whole. The last frame of it is in memory, those before it in a compressed file among the
// session's spill files, so that a document may be larger than memory. The zero value with a directory is empty.
type spool struct {
	directory string // of spill files, "" for the system's
	last      []byte
	spill     *memory.Spill
	file      *memory.SpillFile
	frames    []memory.Frame
}

// Write implements io.Writer. Its error is the condition SPILL_FAILED.
func (p *spool) Write(b []byte) (int, error) {
	p.last = append(p.last, b...)
	if len(p.last) < spoolFrame {
		return len(b), nil
	}
	if p.file == nil {
		p.spill = memory.OpenSpill(p.directory, nil)
		var err error
		if p.file, err = p.spill.Create("document", nil); err != nil {
			return 0, err
		}
	}
	frame, err := p.file.Write(p.last)
	if err != nil {
		return 0, err
	}
	p.frames, p.last = append(p.frames, frame), p.last[:0]
	return len(b), nil
}

// copyTo writes what the spool holds to w. unread is an error of reading the file, after which w has a beginning only.
func (p *spool) copyTo(w io.Writer) (unread error) {
	var buffer, packed []byte
	for _, f := range p.frames {
		if buffer, unread = p.file.Read(f, buffer, &packed); unread != nil {
			return unread
		}
		if _, err := w.Write(buffer); err != nil {
			return nil // w tells it again when it is flushed
		}
	}
	w.Write(p.last)
	return nil
}

// close removes the file.
func (p *spool) close() error {
	if p.spill == nil {
		return nil
	}
	return p.spill.Close()
}
