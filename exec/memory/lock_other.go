//go:build !unix

package memory

import (
	"os"
)

// Lock holds the file open, which on Windows keeps others from removing it: removing it is how it is tested.
func (systemFiles) Lock(name string) (func(), error) {
	if err := os.Remove(name); err != nil && !os.IsNotExist(err) {
		return nil, err
	}
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, err
	}
	return func() { _ = f.Close() }, nil
}
