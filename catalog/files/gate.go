package files

import (
	"errors"
	"io/fs"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"syscall"

	"github.com/kilnql/kiln/diag"
)

// The settings that refuse an access, as FILE_ACCESS_DENIED names them.
const (
	SettingAllow    = "kiln.files.allow"
	SettingReadOnly = "kiln.files.readOnly"
	SettingLocked   = "kiln.configuration.locked"
)

// Gate is the one place that every file access goes through. It holds an allow-list of path prefixes, a read-only
// flag and the registered file systems; once locked it cannot be changed. A nil *Gate, and a new one, allow every
// local file. It is safe for concurrent use.
type Gate struct {
	mu         sync.RWMutex
	restricted bool
	allowed    []string // cleaned, absolute for local paths
	readOnly   bool
	locked     bool
	systems    map[string]FS
}

// NewGate returns a gate that allows everything.
func NewGate() *Gate { return &Gate{} }

// Allow restricts access to paths at or below the prefixes; calls add up. No prefix at all denies everything.
func (g *Gate) Allow(prefixes ...string) error {
	return g.change("allow", func() {
		g.restricted = true
		for _, p := range prefixes {
			g.allowed = append(g.allowed, canonical(p))
		}
	})
}

// SetReadOnly forbids or allows writing.
func (g *Gate) SetReadOnly(on bool) error {
	return g.change("read-only", func() { g.readOnly = on })
}

// Register adds a file system for paths that start with scheme + "://".
func (g *Gate) Register(scheme string, system FS) error {
	return g.change("file systems", func() {
		if g.systems == nil {
			g.systems = map[string]FS{}
		}
		g.systems[strings.ToLower(scheme)] = system
	})
}

// Lock makes every later change an error.
func (g *Gate) Lock() {
	g.mu.Lock()
	g.locked = true
	g.mu.Unlock()
}

func (g *Gate) change(what string, apply func()) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.locked {
		return diag.New("FILE_ACCESS_DENIED", "path", "<"+what+">", "setting", SettingLocked)
	}
	apply()
	return nil
}

// canonical is the form that prefixes are compared in: absolute and without symbolic links, as far as the path exists.
func canonical(path string) string {
	scheme, rest := splitScheme(path)
	if scheme != "" {
		return scheme + "://" + strings.TrimSuffix(rest, "/")
	}
	absolute, err := filepath.Abs(rest)
	if err != nil {
		absolute = filepath.Clean(rest)
	}
	// A path that does not exist yet is resolved as far as it does.
	tail := ""
	for at := absolute; ; {
		if real, err := filepath.EvalSymlinks(at); err == nil {
			return filepath.Join(real, tail)
		}
		parent := filepath.Dir(at)
		if parent == at {
			return absolute
		}
		tail = filepath.Join(filepath.Base(at), tail)
		at = parent
	}
}

// splitScheme cuts "s3://bucket/key" into "s3" and "bucket/key"; local paths, also as file: URLs, have no scheme.
func splitScheme(path string) (scheme, rest string) {
	if at := strings.Index(path, "://"); at > 0 && !strings.ContainsAny(path[:at], `/\`) {
		scheme = strings.ToLower(path[:at])
		if scheme == "file" {
			return "", localPath(path[at+3:])
		}
		return scheme, path[at+3:]
	}
	if strings.HasPrefix(path, "file:/") {
		return "", localPath(path[len("file:"):])
	}
	return "", path
}

func localPath(p string) string {
	if decoded, err := url.PathUnescape(p); err == nil {
		return decoded
	}
	return p
}

// check reports the error of an access to path, if it is not allowed.
func (g *Gate) check(path string, write bool) error {
	if g == nil {
		return nil
	}
	g.mu.RLock()
	defer g.mu.RUnlock()
	if write && g.readOnly {
		return diag.New("FILE_ACCESS_DENIED", "path", path, "setting", SettingReadOnly)
	}
	if !g.restricted {
		return nil
	}
	real := canonical(path)
	for _, prefix := range g.allowed {
		if real == prefix || strings.HasPrefix(real, strings.TrimSuffix(prefix, "/")+"/") {
			return nil
		}
	}
	return diag.New("FILE_ACCESS_DENIED", "path", path, "setting", SettingAllow)
}

// CheckWrite reports FILE_ACCESS_DENIED if path must not be written. Writers call it before they create anything.
func (g *Gate) CheckWrite(path string) error { return g.check(path, true) }

// CheckRead reports FILE_ACCESS_DENIED if path must not be read.
func (g *Gate) CheckRead(path string) error { return g.check(path, false) }

// system finds the file system of a path and the name it has there.
func (g *Gate) system(path string) (FS, string, error) {
	scheme, rest := splitScheme(path)
	if scheme == "" {
		return Local{}, rest, nil
	}
	if g != nil {
		g.mu.RLock()
		defer g.mu.RUnlock()
		if s, ok := g.systems[scheme]; ok {
			return s, path, nil
		}
	}
	return nil, "", diag.Unsupported("paths of the scheme " + scheme + "://, for which no file system is registered")
}

// Open opens a file for reading. Errors: FILE_ACCESS_DENIED, PATH_NOT_FOUND, FAILED_READ_FILE.NO_HINT.
func (g *Gate) Open(path string) (File, error) {
	if err := g.check(path, false); err != nil {
		return nil, err
	}
	system, name, err := g.system(path)
	if err != nil {
		return nil, err
	}
	f, err := system.Open(name)
	if err != nil {
		return nil, pathError(path, err)
	}
	return f, nil
}

// Stat describes a file or directory; errors as for Open.
func (g *Gate) Stat(path string) (Info, error) {
	if err := g.check(path, false); err != nil {
		return Info{}, err
	}
	return g.stat(path)
}

// stat is Stat without the check, as list is List.
func (g *Gate) stat(path string) (Info, error) {
	system, name, err := g.system(path)
	if err != nil {
		return Info{}, err
	}
	info, err := system.Stat(name)
	if err != nil {
		return Info{}, pathError(path, err)
	}
	return info, nil
}

// List lists a directory; errors as for Open.
func (g *Gate) List(path string) ([]Info, error) {
	if err := g.check(path, false); err != nil {
		return nil, err
	}
	return g.list(path)
}

// list is List without the check, for walking towards allowed paths with a glob: what is found is checked.
func (g *Gate) list(path string) ([]Info, error) {
	system, name, err := g.system(path)
	if err != nil {
		return nil, err
	}
	infos, err := system.List(name)
	if err != nil {
		return nil, pathError(path, err)
	}
	return infos, nil
}

func pathError(path string, err error) error {
	var known *diag.Error
	switch {
	case errors.As(err, &known):
		return known
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ENOTDIR):
		return NotFound(path)
	}
	return diag.New("FAILED_READ_FILE.NO_HINT", "path", path, "reason", err.Error()).Wrap(err)
}

// NotFound is the error for a path where nothing is, with a hint where another program would have found something.
func NotFound(path string) error {
	err := diag.New("PATH_NOT_FOUND", "path", path)
	switch {
	case strings.HasPrefix(path, "~"):
		err.Hint = "a path is taken as it stands: ~ is not replaced by the home directory."
	case strings.Contains(path, "**"):
		err.Hint = "** matches one directory, as * does. The files of all directories below one are read with the option recursiveFileLookup."
	}
	return err
}
