package memory

import (
	"encoding/binary"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/kilnql/kiln/diag"
	"github.com/pierrec/lz4/v4"
)

// FileSystem is what spilling asks of the operating system; tests replace it to make the nth write fail.
type FileSystem interface {
	// Mkdir makes a directory, which must not exist, and its parents if there are none.
	Mkdir(dir string) error
	// Create makes a new file for reading and writing; it must not exist.
	Create(name string) (File, error)
	Remove(name string) error
	RemoveAll(dir string) error
	ReadDir(dir string) ([]string, error)
	// Lock locks a file, making it if needed, until the returned function is called or the process ends. It does not
	// wait: held elsewhere is an error, and so is a file that by now is no longer the one of that name.
	Lock(name string) (unlock func(), err error)
	// TakeOver renames dir to the new name to unless a living process has locked the file lock in it. If there is no such
	// file, dir is removed if it is empty, else that is an error. Whoever comes to lock the file later finds it gone.
	TakeOver(dir, lock, to string) error
}

// File is an open spill file.
type File interface {
	io.Writer
	io.ReaderAt
	io.Closer
}

// directoryPrefix begins the names of the per-process directories.
const directoryPrefix = "kiln-spill-"

// sweptPrefix begins the names that directories of dead owners get before they are removed.
const sweptPrefix = directoryPrefix + "swept-"

// lockName is the file in such a directory that its living owner holds locked.
const lockName = "lock"

// Spill is a session's place for spill files: one directory below a root, made when first needed and removed by Close.
// It is safe for concurrent use.
type Spill struct {
	fs     FileSystem
	root   string
	mu     sync.Mutex
	dir    string // "": not made yet
	unlock func()
	next   atomic.Int64
	bytes  atomic.Int64
	files  map[*SpillFile]struct{}
	closed bool
}

// OpenSpill prepares spilling below root ("" means the system's directory for temporary files) and removes the
// directories there whose owners are dead. fs nil means the operating system's.
func OpenSpill(root string, fs FileSystem) *Spill {
	if root == "" {
		root = os.TempDir()
	}
	if fs == nil {
		fs = systemFiles{}
	}
	s := &Spill{fs: fs, root: root, files: map[*SpillFile]struct{}{}}
	s.sweep()
	return s
}

// Bytes is the number of bytes in spill files now.
func (s *Spill) Bytes() int64 { return s.bytes.Load() }

// sweep removes directories of dead owners. An owner may be about to lock what looks dead, so each is renamed before
// anything in it is removed: that owner's Lock then fails, and it makes another. What cannot be removed is left for the
// next time.
func (s *Spill) sweep() {
	names, err := s.fs.ReadDir(s.root)
	if err != nil {
		return
	}
	for _, name := range names {
		if !strings.HasPrefix(name, directoryPrefix) {
			continue
		}
		dir := filepath.Join(s.root, name)
		if !strings.HasPrefix(name, sweptPrefix) { // else a sweep did not come to its end
			swept := filepath.Join(s.root, fmt.Sprintf("%s%016x", sweptPrefix, rand.Uint64()))
			if s.fs.TakeOver(dir, lockName, swept) != nil {
				continue
			}
			dir = swept
		}
		_ = s.fs.RemoveAll(dir)
	}
}

func (s *Spill) failed(err error) error {
	return diag.New("SPILL_FAILED", "directory", s.root, "reason", err.Error()).Wrap(err)
}

// directory makes the session's directory if there is none; s.mu is held.
func (s *Spill) directory() (string, error) {
	if s.closed {
		return "", os.ErrClosed
	}
	if s.dir != "" {
		return s.dir, nil
	}
	var err error
	for range lockAttempts {
		// The name is new even where processes of several containers, each with the same number, share the root.
		dir := filepath.Join(s.root, fmt.Sprintf("%s%d-%016x", directoryPrefix, os.Getpid(), rand.Uint64()))
		if err = s.fs.Mkdir(dir); err != nil {
			break
		}
		if s.unlock, err = s.fs.Lock(filepath.Join(dir, lockName)); err == nil {
			s.dir = dir
			return dir, nil
		}
		_ = s.fs.RemoveAll(dir) // nobody else uses a directory of this name
	}
	return "", err
}

// lockAttempts is how many directories are tried: a process that starts may sweep one before it is locked.
const lockAttempts = 20

// Close removes all files and the directory; it may be called again.
func (s *Spill) Close() error {
	s.mu.Lock()
	files := s.files
	s.files, s.closed = nil, true
	dir, unlock := s.dir, s.unlock
	s.dir = ""
	s.mu.Unlock()
	for f := range files {
		f.Close()
	}
	if dir == "" {
		return nil
	}
	unlock()
	if err := s.fs.RemoveAll(dir); err != nil {
		return s.failed(err)
	}
	return nil
}

// SpillFile holds frames: compressed pieces written one after the other and read at will. One goroutine at a time
// writes; any number read at once what was written before. It is removed by Close.
type SpillFile struct {
	spill  *Spill
	owner  *Reservation
	file   File
	name   string
	size   int64
	packed []byte
	lz     lz4.Compressor
	failed error
}

// Frame is the place of one piece in a SpillFile.
type Frame struct {
	Offset int64
	Length int32 // in the file
	Raw    int32 // when read
}

// Create makes a spill file whose bytes count for the query of owner. kind is a part of the file's name.
func (s *Spill) Create(kind string, owner *Reservation) (*SpillFile, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	dir, err := s.directory()
	if err != nil {
		return nil, s.failed(err)
	}
	name := filepath.Join(dir, fmt.Sprintf("%s-%d", kind, s.next.Add(1)))
	file, err := s.fs.Create(name)
	if err != nil {
		return nil, s.failed(err)
	}
	f := &SpillFile{spill: s, owner: owner, file: file, name: name}
	s.files[f] = struct{}{}
	return f, nil
}

// Size is the number of bytes in the file.
func (f *SpillFile) Size() int64 { return f.size }

// frameHeader precedes each frame: its raw length, so that a damaged file is noticed.
const frameHeader = 4

// Write appends a frame of at most 1 GiB. After an error the file is of no more use.
func (f *SpillFile) Write(raw []byte) (Frame, error) {
	if f.failed != nil {
		return Frame{}, f.failed
	}
	if need := frameHeader + lz4.CompressBlockBound(len(raw)); cap(f.packed) < need {
		f.packed = make([]byte, need)
	}
	out := f.packed[:cap(f.packed)]
	n, err := f.lz.CompressBlock(raw, out[frameHeader:])
	if err != nil || n == 0 || n >= len(raw) {
		n = copy(out[frameHeader:], raw)
	}
	binary.LittleEndian.PutUint32(out, uint32(len(raw)))
	frame := Frame{Offset: f.size, Length: int32(frameHeader + n), Raw: int32(len(raw))}
	if _, err := f.file.Write(out[:frame.Length]); err != nil {
		f.failed = f.spill.failed(err)
		return Frame{}, f.failed
	}
	f.size += int64(frame.Length)
	f.spill.bytes.Add(int64(frame.Length))
	if f.owner != nil {
		f.owner.AddSpilled(int64(frame.Length))
	}
	return frame, nil
}

// Read returns the raw bytes of a frame in buffer, which it grows if needed. scratch is a buffer for the packed bytes,
// kept by the caller; it may be nil.
func (f *SpillFile) Read(frame Frame, buffer []byte, scratch *[]byte) ([]byte, error) {
	var own []byte
	if scratch == nil {
		scratch = &own
	}
	if cap(*scratch) < int(frame.Length) {
		*scratch = make([]byte, frame.Length)
	}
	packed := (*scratch)[:frame.Length]
	if _, err := f.file.ReadAt(packed, frame.Offset); err != nil {
		return nil, f.spill.failed(err)
	}
	if int32(binary.LittleEndian.Uint32(packed)) != frame.Raw {
		return nil, f.spill.failed(fmt.Errorf("%s is damaged at offset %d", f.name, frame.Offset))
	}
	packed = packed[frameHeader:]
	if cap(buffer) < int(frame.Raw) {
		buffer = Aligned(int(frame.Raw))
	}
	buffer = buffer[:frame.Raw]
	if len(packed) == len(buffer) {
		copy(buffer, packed)
		return buffer, nil
	}
	n, err := lz4.UncompressBlock(packed, buffer)
	if err == nil && n != len(buffer) {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return nil, f.spill.failed(fmt.Errorf("%s at offset %d: %w", f.name, frame.Offset, err))
	}
	return buffer, nil
}

// Close removes the file; it may be called again.
func (f *SpillFile) Close() {
	s := f.spill
	s.mu.Lock()
	if f.file == nil {
		s.mu.Unlock()
		return
	}
	delete(s.files, f)
	file := f.file
	f.file = nil
	s.mu.Unlock()
	_ = file.Close()
	_ = s.fs.Remove(f.name)
	s.bytes.Add(-f.size)
}
