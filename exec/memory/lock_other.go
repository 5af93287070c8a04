//go:build !unix

package memory

import "os"

// Lock holds the file open: Windows neither removes an open file nor renames a directory with one in it, which is how
// TakeOver learns that the owner lives.
func (systemFiles) Lock(name string) (func(), error) {
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, err
	}
	return func() { _ = f.Close() }, nil
}

func (systemFiles) TakeOver(dir, _, to string) error { return os.Rename(dir, to) }
