// Package files finds the files that a table is made of and opens them: paths, globs, comma-separated lists and
// directories with Hive partitions become a Set, and every access goes through one Gate. File systems other than
// the local one are registered with the Gate by the scheme of their paths.
package files

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"time"
)

// File is a file open for reading. ReadAt may be called by many goroutines at once.
type File interface {
	io.ReaderAt
	io.Closer
	Size() int64 // bytes, when the file was opened
	ModTime() time.Time
}

// Info describes a file or a directory.
type Info struct {
	Path    string // as the file system wants to see it again
	Size    int64  // bytes; 0 for a directory
	ModTime time.Time
	IsDir   bool
}

// FS is a file system. Names are what the user wrote, without the scheme for the local one. A name that does not
// exist gives an error for which errors.Is(err, fs.ErrNotExist). It is safe for concurrent use.
type FS interface {
	Open(name string) (File, error)
	Stat(name string) (Info, error)
	// List gives the entries of a directory, sorted by name.
	List(directory string) ([]Info, error)
}

// Local is the file system of this machine.
type Local struct{}

type localFile struct {
	*os.File
	size     int64
	modified time.Time
}

func (f *localFile) Size() int64        { return f.size }
func (f *localFile) ModTime() time.Time { return f.modified }

// Open opens a regular file.
func (Local) Open(name string) (File, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil && info.IsDir() {
		err = &fs.PathError{Op: "open", Path: name, Err: errors.New("is a directory")}
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return &localFile{File: f, size: info.Size(), modified: info.ModTime()}, nil
}

// Stat describes a file or directory; symbolic links are followed.
func (Local) Stat(name string) (Info, error) {
	info, err := os.Stat(name)
	if err != nil {
		return Info{}, err
	}
	return localInfo(name, info), nil
}

func localInfo(name string, info os.FileInfo) Info {
	if info.IsDir() {
		return Info{Path: name, ModTime: info.ModTime(), IsDir: true}
	}
	return Info{Path: name, Size: info.Size(), ModTime: info.ModTime()}
}

// List lists a directory; entries that vanish meanwhile are left out.
func (l Local) List(directory string) ([]Info, error) {
	entries, err := os.ReadDir(directory)
	if err != nil {
		return nil, err
	}
	infos := make([]Info, 0, len(entries))
	for _, e := range entries {
		info, err := l.Stat(filepath.Join(directory, e.Name()))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		infos = append(infos, info)
	}
	sort.Slice(infos, func(i, j int) bool { return infos[i].Path < infos[j].Path })
	return infos, nil
}
