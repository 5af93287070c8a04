package sql

import (
	"flag"
	"fmt"
	"os"
	"strings"

	"vitess.io/vitess/go/vt/sqlparser"

	"github.com/kilnql/kiln/diag"
)

// glogFlags are the flags that glog, which vitess imports, registers for the whole program, with the start of
// their usage texts: a host program's own flag of the same name is left alone.
var glogFlags = map[string]string{
	"alsologtostderr": "log to standard error as well", "log_backtrace_at": "when logging hits line", "log_dir": "If non-empty, write log files",
	"log_link": "If non-empty, add symbolic links", "logbuflevel": "Buffer log messages", "logtostderr": "log to standard error instead",
	"stderrthreshold": "logs at or above this threshold", "v": "log level for V logs", "vmodule": "comma-separated list of pattern=N",
}

func init() { removeGlogFlags() }

// removeGlogFlags takes glog's flags out of flag.CommandLine: a library must not occupy the command line of its host,
// least of all -v. The set is refilled in place, so pointers to it stay good.
func removeGlogFlags() {
	old := flag.CommandLine
	fresh := flag.NewFlagSet(old.Name(), old.ErrorHandling())
	fresh.Usage = old.Usage
	if w := old.Output(); w != os.Stderr {
		fresh.SetOutput(w)
	}
	old.VisitAll(func(f *flag.Flag) {
		if usage, ours := glogFlags[f.Name]; ours && strings.HasPrefix(f.Usage, usage) {
			return
		}
		fresh.Var(f.Value, f.Name, f.Usage)
		fresh.Lookup(f.Name).DefValue = f.DefValue
	})
	*flag.CommandLine = *fresh
}

// mysql is vitess' parser: immutable, safe for concurrent use.
var mysql = func() *sqlparser.Parser {
	p, err := sqlparser.New(sqlparser.Options{})
	if err != nil {
		panic(err)
	}
	return p
}()

// parseMySQL parses what the rewriter wrote. A failure is a bug of the rewriter, never the user's.
func parseMySQL(source, text string) sqlparser.Statement {
	defer func() {
		if p := recover(); p != nil {
			if b, is := p.(*diag.Bug); is {
				panic(b)
			}
			panic(&diag.Bug{Value: fmt.Sprintf("vitess panicked (%v)\nSpark SQL: %s\nrewritten: %s", p, source, text)})
		}
	}()
	statement, err := mysql.ParseStrictDDL(text)
	if err != nil {
		panic(&diag.Bug{Value: fmt.Sprintf("vitess refused a rewritten text: %v\nSpark SQL: %s\nrewritten: %s", err, source, text)})
	}
	return statement
}
