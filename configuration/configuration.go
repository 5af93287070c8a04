package configuration

import (
	"bufio"
	"fmt"
	"io"
	"maps"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/kilnql/kiln/diag"
)

// Origin is where a value came from; a later one outranks an earlier one.
type Origin uint8

// The origins, lowest precedence first.
const (
	FromDefault Origin = iota
	FromFile
	FromEnvironment
	FromCommandLine
	FromProgram
	FromSession // SET
)

var originNames = [...]string{"default", "file", "environment", "command line", "program", "SET"}

// String names the origin.
func (o Origin) String() string { return originNames[o] }

type value struct {
	text   string
	origin Origin
	place  string // the line of a file or the variable that it is from, "" for what has no place
}

// Configuration holds the settings of one session. It is safe for concurrent use.
type Configuration struct {
	mu     sync.RWMutex
	values map[string]value // by canonical key
	opened map[string]value // as the session opened: what RESET goes back to
}

// New returns a configuration with every setting at its default.
func New() *Configuration { return &Configuration{values: map[string]value{}} }

// canonical returns the key that a value is kept under.
func canonical(key string) string {
	if e, ok := Known(key); ok {
		return e.Key
	}
	return key
}

// Put sets a value while a session is being opened; a value of higher precedence stays.
func (c *Configuration) Put(key, text string, origin Origin) error {
	return c.put(key, value{text, origin, ""})
}

func (c *Configuration) put(key string, v value) error {
	if err := validate(key, v.text); err != nil {
		return placed(v.place, err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	key = canonical(key)
	if old, ok := c.values[key]; !ok || old.origin <= v.origin {
		c.values[key] = v
	}
	return nil
}

// Placed adds to an error about the value of a key the line of the file, or the variable, that the value is from. It is for values
// whose meaning others check.
func (c *Configuration) Placed(key string, err error) error {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return placed(c.values[canonical(key)].place, err)
}

func placed(place string, err error) error {
	if place == "" || err == nil {
		return err
	}
	return fmt.Errorf("%s: %w", place, err)
}

// Opened ends the opening of the session: RESET returns to the values of now.
func (c *Configuration) Opened() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.opened = maps.Clone(c.values)
}

// Set changes a setting of a running session.
func (c *Configuration) Set(key, text string) error {
	if err := c.mayChange(key); err != nil {
		return err
	}
	if err := validate(key, text); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.values[canonical(key)] = value{text, FromSession, ""}
	return nil
}

// Reset returns one setting, or all if key is "", to what it was when the session opened. A kiln.* key that does not exist is
// an error, as it is for Set.
func (c *Configuration) Reset(key string) error {
	if err := checkKey(key); err != nil {
		return err
	}
	if err := c.mayChange(key); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if key == "" {
		c.values = maps.Clone(c.opened)
		if c.values == nil {
			c.values = map[string]value{}
		}
		return nil
	}
	key = canonical(key)
	if old, ok := c.opened[key]; ok {
		c.values[key] = old
	} else {
		delete(c.values, key)
	}
	return nil
}

func (c *Configuration) mayChange(key string) error {
	if c.Bool(Locked) {
		return diag.New("CANNOT_MODIFY_CONFIG", "key", quote(key), "docroot", "the configuration is locked by "+Locked)
	}
	if e, ok := Known(key); ok && e.Static {
		return diag.New("CANNOT_MODIFY_CONFIG", "key", quote(e.Key), "docroot", "it is read when the session opens")
	}
	return nil
}

func quote(key string) string { return `"` + key + `"` }

// Unknown is the error for a key that no setting has, with those that it may be a misspelling of.
func Unknown(key string) error {
	names := make([]string, len(entries))
	for i, e := range entries {
		names[i] = e.Key
	}
	near, advice := diag.Similar(key, names, 3), "SET -v lists those that there are."
	if len(near) > 0 {
		advice = "Did you mean " + strings.Join(near, ", ") + "?"
	}
	err := diag.New("UNKNOWN_CONFIGURATION", "config", quote(key), "advice", advice)
	err.Suggestions = near
	return err
}

// checkKey is the error for a kiln.* key that no setting has.
func checkKey(key string) error {
	if _, ok := Known(key); !ok && strings.HasPrefix(strings.ToLower(key), "kiln.") {
		return Unknown(key)
	}
	return nil
}

// validate checks a key and the form of its value. Unknown spark.* and other keys are kept without effect; an unknown
// kiln.* key is a mistake.
func validate(key, text string) error {
	e, ok := Known(key)
	if !ok {
		return checkKey(key)
	}
	mistake := func(wanted string) error {
		return diag.New("INVALID_CONF_VALUE.TYPE_MISMATCH", "confName", e.Key, "confValue", text, "confType", wanted)
	}
	var n int64
	var err error
	switch e.Type {
	case Bool:
		_, err = strconv.ParseBool(strings.ToLower(text))
	case Int:
		n, err = strconv.ParseInt(text, 10, 64)
	case Size:
		n, err = ParseSize(text)
	}
	if err != nil {
		return mistake(typeNames[e.Type])
	}
	if allowed := choices[e.Key]; allowed != nil && !slices.Contains(allowed, strings.ToUpper(text)) {
		return mistake("string: " + strings.Join(allowed, ", "))
	}
	if b, ok := bounds[e.Key]; ok && (n < b.least || n > b.most) {
		if b.most == math.MaxInt64 {
			return mistake(fmt.Sprintf("%s, %d or more", typeNames[e.Type], b.least))
		}
		return mistake(fmt.Sprintf("%s from %d to %d", typeNames[e.Type], b.least, b.most))
	}
	return nil
}

// ParseSize reads a number of bytes with an optional unit: 64m, 4g, 100kb, 1024.
func ParseSize(text string) (int64, error) {
	s := strings.TrimSuffix(strings.ToLower(strings.TrimSpace(text)), "b")
	unit := int64(1)
	if n := len(s); n > 0 {
		if shift := strings.IndexByte("kmgt", s[n-1]); shift >= 0 {
			unit = 1 << (10 * (shift + 1))
			s = strings.TrimSpace(s[:n-1])
		}
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || unit > 1 && (n > (1<<62)/unit || n < -(1<<62)/unit) {
		return 0, fmt.Errorf("%q is not a number of bytes such as 64m or 4g", text)
	}
	return n * unit, nil
}

// Lookup returns the value of a key, and where it is from; ok is false for a key that is neither known nor set.
func (c *Configuration) Lookup(key string) (text string, origin Origin, ok bool) {
	c.mu.RLock()
	v, set := c.values[canonical(key)]
	c.mu.RUnlock()
	if set {
		return v.text, v.origin, true
	}
	e, known := Known(key)
	return e.Default, FromDefault, known
}

// String returns the value of a key, "" if it has none. A boolean is "true" or "false" and one of several choices is in
// upper case, however they were written.
func (c *Configuration) String(key string) string {
	text, _, _ := c.Lookup(key)
	e, _ := Known(key)
	if choices[e.Key] != nil {
		return strings.ToUpper(text)
	}
	if on, err := strconv.ParseBool(strings.ToLower(text)); e.Type == Bool && err == nil {
		return strconv.FormatBool(on)
	}
	return text
}

// Bool returns the value of a boolean key.
func (c *Configuration) Bool(key string) bool {
	return c.String(key) == "true"
}

// Int returns the value of an integer key.
func (c *Configuration) Int(key string) int {
	n, _ := strconv.Atoi(c.String(key))
	return n
}

// Size returns the value of a size in bytes.
func (c *Configuration) Size(key string) int64 {
	n, _ := ParseSize(c.String(key))
	return n
}

// List returns the parts of a comma-separated value, trimmed, empty ones left out.
func (c *Configuration) List(key string) []string {
	var out []string
	for _, part := range strings.Split(c.String(key), ",") {
		if part = strings.TrimSpace(part); part != "" {
			out = append(out, part)
		}
	}
	return out
}

// Fingerprint is a text that is the same for the same settings, those whose key starts with except left out.
func (c *Configuration) Fingerprint(except string) string {
	c.mu.RLock()
	defer c.mu.RUnlock()
	keys := make([]string, 0, len(c.values))
	for key := range c.values {
		if !strings.HasPrefix(key, except) {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	var b []byte
	for _, key := range keys {
		b = strconv.AppendQuote(append(strconv.AppendQuote(b, key), '='), c.values[key].text)
	}
	return string(b)
}

// Setting is one line of SET or SET -v.
type Setting struct {
	Key, Value, Doc string
	Origin          Origin
}

// Settings lists the keys that have been set, or with all every known key as well, sorted by key. A key that kiln keeps
// but does not read says so in Doc.
func (c *Configuration) Settings(all bool) []Setting {
	c.mu.RLock()
	defer c.mu.RUnlock()
	var out []Setting
	seen := map[string]bool{}
	for key, v := range c.values {
		doc := "kept for Spark programs; has no effect here"
		if e, ok := Known(key); ok {
			doc = e.Doc
		}
		out = append(out, Setting{key, v.text, doc, v.origin})
		seen[key] = true
	}
	for _, e := range entries {
		if all && !seen[e.Key] {
			out = append(out, Setting{e.Key, e.Default, e.Doc, FromDefault})
		}
	}
	slices.SortFunc(out, func(a, b Setting) int { return strings.Compare(a.Key, b.Key) })
	return out
}

// ReadFile puts the settings of a file in Spark's form: a key and a value on each line, split by white space or "=";
// lines that are empty or start with # are skipped. A line without a value is INVALID_CONFIGURATION_LINE; "key =" gives an
// empty one.
func (c *Configuration) ReadFile(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return diag.New("PATH_NOT_FOUND", "path", path).Wrap(err)
	}
	defer f.Close()
	return c.read(f, path)
}

func (c *Configuration) read(r io.Reader, path string) error {
	lines := bufio.NewScanner(r)
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || line[0] == '#' {
			continue
		}
		place := fmt.Sprintf("%s, line %d", path, n)
		i := strings.IndexAny(line, " \t=")
		if i < 0 || line[0] == '[' {
			return placed(place, diag.New("INVALID_CONFIGURATION_LINE", "line", line))
		}
		key, text := line[:i], strings.TrimSpace(line[i:])
		text = strings.TrimSpace(strings.TrimPrefix(text, "="))
		if err := c.put(key, value{text, FromFile, place}); err != nil {
			return err
		}
	}
	return lines.Err()
}

// ReadEnvironment puts the settings of environment variables: KILN_MEMORY_LIMIT sets kiln.memory.limit. A KILN_ variable
// that names no setting is left alone: programs have variables of their own.
func (c *Configuration) ReadEnvironment(environ []string) error {
	flat := func(s string) string {
		return strings.ToUpper(strings.NewReplacer(".", "", "_", "").Replace(s))
	}
	names := map[string]string{}
	for _, e := range entries {
		names[flat(e.Key)] = e.Key
	}
	for _, pair := range environ {
		name, text, _ := strings.Cut(pair, "=")
		if !strings.HasPrefix(name, "KILN_") {
			continue
		}
		if key, ok := names[flat(name)]; ok {
			if err := c.put(key, value{text, FromEnvironment, "environment variable " + name}); err != nil {
				return err
			}
		}
	}
	return nil
}
