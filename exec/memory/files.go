package memory

import (
	"os"
	"path/filepath"
)

// systemFiles is the operating system's FileSystem.
type systemFiles struct{}

func (systemFiles) Mkdir(dir string) error {
	if err := os.MkdirAll(filepath.Dir(dir), 0o700); err != nil {
		return err
	}
	return os.Mkdir(dir, 0o700)
}

func (systemFiles) Create(name string) (File, error) {
	return os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
}

func (systemFiles) Remove(name string) error { return os.Remove(name) }

func (systemFiles) RemoveAll(dir string) error { return os.RemoveAll(dir) }

func (systemFiles) ReadDir(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	names := make([]string, len(entries))
	for i, e := range entries {
		names[i] = e.Name()
	}
	return names, nil
}

// SystemFiles is the operating system's file system, for tests that wrap it.
func SystemFiles() FileSystem { return systemFiles{} }
