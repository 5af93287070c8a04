package configuration

import (
	"os"
	"os/user"
	"regexp"
	"runtime"
	"strings"

	"github.com/kilnql/kiln/diag"
)

// reference is ${name} or ${prefix:name}.
var reference = regexp.MustCompile(`\$\{(?:(\w+?):)?(\S+?)\}`)

// Substitute puts values in the place of references, as Spark does with a SQL text before it is parsed: ${key} and ${spark:key},
// ${sparkconf:key}, ${hiveconf:key} and ${hivevar:key} are settings ("" for one that is not set), ${env:NAME} is a variable of the
// environment and ${system:name} one of Java's properties that a Go program has too; others stay as they are. Values may have
// references of their own. One that leads back to itself is an error. With spark.sql.variable.substitute off, nothing is replaced.
func (c *Configuration) Substitute(text string) (string, error) {
	if !strings.Contains(text, "${") || !c.Bool(VariableSubstitution) {
		return text, nil
	}
	return c.substitute(text, nil)
}

// substitute is Substitute inside the values of the references given.
func (c *Configuration) substitute(text string, inside []string) (string, error) {
	var failed error
	replaced := reference.ReplaceAllStringFunc(text, func(whole string) string {
		parts := reference.FindStringSubmatch(whole)
		for _, outer := range inside {
			if outer == whole && failed == nil {
				failed = diag.New("INVALID_CONF_VALUE.CIRCULAR_REFERENCE", "confName", parts[2], "confValue", text, "reference", whole)
			}
		}
		value, ok := c.referred(parts[1], parts[2])
		if !ok || failed != nil {
			return whole
		}
		value, err := c.substitute(value, append(inside[:len(inside):len(inside)], whole))
		if err != nil && failed == nil {
			failed = err
		}
		return value
	})
	return replaced, failed
}

// referred is the value of a reference; ok is false for one that stays.
func (c *Configuration) referred(prefix, name string) (value string, ok bool) {
	switch prefix {
	case "", "spark", "sparkconf", "hiveconf", "hivevar":
		value, _, _ = c.Lookup(name)
		return value, true
	case "env":
		return os.LookupEnv(name)
	case "system":
		return systemProperty(name)
	}
	return "", false
}

// systemProperty is a property of Java's virtual machine that has a meaning here.
func systemProperty(name string) (value string, ok bool) {
	var err error
	switch name {
	case "user.dir":
		value, err = os.Getwd()
	case "user.home":
		value, err = os.UserHomeDir()
	case "user.name":
		var u *user.User
		if u, err = user.Current(); err == nil {
			value = u.Username
		}
	case "java.io.tmpdir":
		value = os.TempDir()
	case "file.separator":
		value = string(os.PathSeparator)
	case "path.separator":
		value = string(os.PathListSeparator)
	case "line.separator":
		value = "\n"
	case "os.arch":
		value = runtime.GOARCH
	default:
		return "", false
	}
	return value, err == nil
}
