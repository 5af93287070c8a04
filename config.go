package kiln

import (
	"fmt"
	"log/slog"
	"maps"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"github.com/kilnql/kiln/configuration"
	"github.com/kilnql/kiln/diag"
)

// Config is how a session is opened. It is immutable: each method returns a changed copy. Settings given here outrank
// those of the command line, of the environment (KILN_…), and of the configuration file, in this order.
type Config struct {
	program     map[string]string
	commandLine map[string]string
	file        string
	noDefaults  bool
	logger      *slog.Logger
}

// NewConfig returns the configuration with nothing set.
func NewConfig() *Config { return &Config{} }

func (c *Config) clone() *Config {
	if c == nil {
		return &Config{}
	}
	n := *c
	n.program, n.commandLine = maps.Clone(c.program), maps.Clone(c.commandLine)
	return &n
}

// With sets a setting by its key; an unknown kiln.* key or a bad value is reported by Open.
func (c *Config) With(key string, value any) *Config {
	n := c.clone()
	if n.program == nil {
		n.program = map[string]string{}
	}
	n.program[key] = fmt.Sprint(value)
	return n
}

// WithWorkers sets kiln.master to local[n].
func (c *Config) WithWorkers(n int) *Config {
	return c.With(configuration.Master, fmt.Sprintf("local[%d]", n))
}

// WithMemoryLimit sets kiln.memory.limit in bytes.
func (c *Config) WithMemoryLimit(bytes int64) *Config {
	return c.With(configuration.MemoryLimit, bytes)
}

// WithFile names a configuration file in Spark's form (a key and a value on each line). Without it, the file that
// KILN_CONF names, or kiln.conf in the working directory, is read if it exists.
func (c *Config) WithFile(path string) *Config { n := c.clone(); n.file = path; return n }

// WithoutDefaults reads neither a file nor the environment.
func (c *Config) WithoutDefaults() *Config { n := c.clone(); n.noDefaults = true; return n }

// WithCommandLine sets a setting as a command's --conf does: below the program's own, above the environment.
func (c *Config) WithCommandLine(key, value string) *Config {
	n := c.clone()
	if n.commandLine == nil {
		n.commandLine = map[string]string{}
	}
	n.commandLine[key] = value
	return n
}

// WithLogger gives a logger that is told of queries, their times and their errors at level debug, and of hints without effect at
// level warn. Without one, warnings go to slog.Default.
func (c *Config) WithLogger(l *slog.Logger) *Config { n := c.clone(); n.logger = l; return n }

// load puts everything together.
func (c *Config) load() (*configuration.Configuration, error) {
	conf := configuration.New()
	if !c.noDefaults {
		if err := conf.ReadEnvironment(os.Environ()); err != nil {
			return nil, err
		}
	}
	if path := c.path(); path != "" {
		if err := conf.ReadFile(path); err != nil {
			return nil, err
		}
	}
	put := func(values map[string]string, origin configuration.Origin) error {
		for _, key := range slices.Sorted(maps.Keys(values)) {
			if err := conf.Put(key, values[key], origin); err != nil {
				return err
			}
		}
		return nil
	}
	if err := put(c.commandLine, configuration.FromCommandLine); err != nil {
		return nil, err
	}
	if err := put(c.program, configuration.FromProgram); err != nil {
		return nil, err
	}
	conf.Opened()
	return conf, nil
}

func (c *Config) path() string {
	switch {
	case c.file != "":
		return c.file
	case c.noDefaults:
		return ""
	}
	if path := os.Getenv("KILN_CONF"); path != "" {
		return path
	}
	if _, err := os.Stat("kiln.conf"); err == nil {
		return "kiln.conf"
	}
	return ""
}

// workersOf reads local, local[N] and local[*].
func workersOf(master string) (int, error) {
	switch master {
	case "local":
		return 1, nil
	case "local[*]":
		return runtime.GOMAXPROCS(0), nil
	}
	if number, ok := strings.CutPrefix(master, "local["); ok {
		if n, err := strconv.Atoi(strings.TrimSuffix(number, "]")); err == nil && n > 0 && strings.HasSuffix(number, "]") {
			return n, nil
		}
	}
	return 0, diag.New("INVALID_CONF_VALUE.TYPE_MISMATCH", "confName", configuration.Master, "confValue", master, "confType", "master: local, local[N] or local[*]")
}
