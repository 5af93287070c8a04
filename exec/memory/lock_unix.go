//go:build unix

package memory

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
)

// errMoved says that a file was removed or renamed between opening and locking it.
var errMoved = errors.New("the lock file was moved away")

func (systemFiles) Lock(name string) (func(), error) {
	f, err := lockFile(name, os.O_CREATE)
	if err != nil {
		return nil, err
	}
	return func() { _ = f.Close() }, nil
}

// TakeOver renames while it holds the lock, so that no owner can come by it between. It makes no lock file: whoever is
// removing the directory would find it no longer empty.
func (systemFiles) TakeOver(dir, lock, to string) error {
	f, err := lockFile(filepath.Join(dir, lock), 0)
	if errors.Is(err, os.ErrNotExist) {
		return os.Remove(dir) // which fails unless it is empty
	}
	if err != nil {
		return err
	}
	defer f.Close()
	return os.Rename(dir, to)
}

// lockFile opens a file and locks it until it is closed. The lock is on the file and not on its name, so it is worth
// something only if the name still leads there once it is held.
func lockFile(name string, flag int) (*os.File, error) {
	f, err := os.OpenFile(name, os.O_RDWR|flag, 0o600)
	if err != nil {
		return nil, err
	}
	if err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err == nil {
		err = sameFile(f, name)
	}
	if err != nil {
		_ = f.Close()
		return nil, err
	}
	return f, nil
}

// sameFile is an error unless name leads to f.
func sameFile(f *os.File, name string) error {
	mine, err := f.Stat()
	if err != nil {
		return err
	}
	there, err := os.Stat(name)
	if err != nil {
		return err
	}
	if !os.SameFile(mine, there) {
		return &os.PathError{Op: "lock", Path: name, Err: errMoved}
	}
	return nil
}
