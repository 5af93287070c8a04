// Package shell is the command kiln: an interactive shell, a runner of scripts, and a peer for programs that speak JSON
// lines. docs/shell.md is its manual.
//
// options.go reads the command line, shell.go runs what it asks for, script.go runs statements one after the other, answer.go
// and its neighbours write results, backslash.go holds the shell's own commands, interactive.go talks to a person.
package shell

import (
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"github.com/kilnql/kiln"
	"github.com/kilnql/kiln/diag"
)

// Version is the version of the binary, set when it is built with make.
var Version = ""

// version is Version, or that of the module when `go install` built the binary.
func version() string {
	if Version != "" {
		return Version
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "(unknown version)"
}

// input is a text to run: SQL on the command line, or the name of a file.
type input struct {
	text string
	file string // "" for text; "-" is standard input
}

// options are what the command line says, changed by the shell's commands.
type options struct {
	inputs    []input // in the order given
	initFiles []string
	conf      []string
	confFile  string
	database  string
	output    string
	input     string
	noHeader  bool
	timing    bool
	progress  bool
	pager     bool
	echo      bool
	rows      int // that the forms for people show; below 0: all
	truncate  int // characters of a cell; 0: no limit
	version   bool
	timingSet bool // --timing was given
	session   *kiln.Config
}

// outputs are the forms of a result.
var outputs = []string{"table", "vertical", "csv", "tsv", "json", "jsonl", "markdown"}

// inputFlag appends to the list of inputs, so that -c and -f are run in the order given.
type inputFlag struct {
	list *[]input
	file bool
	last string
}

func (f *inputFlag) String() string { return f.last }
func (f *inputFlag) Type() string {
	if f.file {
		return "file"
	}
	return "sql"
}

func (f *inputFlag) Set(s string) error {
	f.last = s
	if f.file {
		*f.list = append(*f.list, input{file: s})
	} else {
		*f.list = append(*f.list, input{text: s})
	}
	return nil
}

const usage = `kiln runs Spark SQL over Parquet files.

  kiln                          interactive shell
  kiln -c "SELECT 1"            run a query
  kiln -f script.sql            run a script
  kiln < script.sql             the same
  kiln --output json -f x.sql   one JSON document for each statement

Exit status: 0, 1 if a statement failed, 2 for a bad command line or setting.

Options:
`

// flagSet declares the options.
func (o *options) flagSet(stdout io.Writer) *pflag.FlagSet {
	flags := pflag.NewFlagSet("kiln", pflag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.SortFlags = false
	query, file := &inputFlag{list: &o.inputs}, &inputFlag{list: &o.inputs, file: true}
	flags.VarP(query, "command", "c", "run this SQL and exit; may be repeated")
	flags.VarP(query, "execute", "e", "the same as -c")
	flags.VarP(file, "file", "f", "run the SQL in this file and exit; may be repeated; - is standard input")
	flags.StringArrayVarP(&o.initFiles, "init", "i", nil, "run the SQL in this `file` first, without its results; may be repeated")
	flags.StringArrayVar(&o.conf, "conf", nil, "set a configuration `key=value`; may be repeated")
	flags.StringVar(&o.confFile, "properties-file", "", "read settings from this `file` (default: $KILN_CONF, or kiln.conf if there is one)")
	flags.StringVar(&o.database, "database", "", "start in this database")
	flags.StringVarP(&o.output, "output", "o", "table", "form of results: "+strings.Join(outputs, ", "))
	flags.StringVar(&o.input, "input", "sql", "form of the input: sql, or jsonl: a line {\"id\":1,\"sql\":\"…\"} is answered with one line")
	flags.BoolVar(&o.noHeader, "no-header", false, "leave out the names of columns in csv and tsv")
	flags.BoolVar(&o.timing, "timing", false, "print the time of each statement (the default in the interactive shell)")
	flags.BoolVar(&o.echo, "echo", false, "print each statement, with the comments before it, ahead of its answer")
	flags.BoolVar(&o.progress, "progress", true, "show the progress of long queries on a terminal")
	flags.BoolVar(&o.pager, "pager", true, "show what does not fit on the terminal with $PAGER or less, in the interactive shell")
	flags.IntVar(&o.rows, "max-rows", 1000, "rows that table, vertical and markdown show at most; -1: all")
	flags.IntVar(&o.truncate, "truncate", 0, "characters that a cell of a table has at most; 0: no limit")
	flags.BoolVar(&o.version, "version", false, "print the version")
	flags.Usage = func() { fmt.Fprint(stdout, usage, flags.FlagUsages()) }
	return flags
}

// parseOptions reads the arguments; it has written help or the version itself when it returns pflag.ErrHelp.
func parseOptions(args []string, stdout io.Writer) (*options, error) {
	o := &options{}
	flags := o.flagSet(stdout)
	if err := flags.Parse(args); err != nil {
		return nil, err
	}
	if o.version {
		fmt.Fprintln(stdout, "kiln", version())
		return nil, pflag.ErrHelp
	}
	if flags.NArg() > 0 {
		return nil, fmt.Errorf("unexpected argument %q: a query goes after -c, a file after -f", flags.Arg(0))
	}
	o.timingSet = flags.Changed("timing")
	return o, o.check()
}

func (o *options) check() error {
	switch {
	case o.setOutput(o.output) != nil:
		return o.setOutput(o.output)
	case o.input != "sql" && o.input != "jsonl":
		return fmt.Errorf("unknown input %q: the forms are sql and jsonl", o.input)
	case o.input == "jsonl" && o.output != "json":
		return errors.New("--input jsonl goes with --output json")
	case o.rows < -1:
		return fmt.Errorf("--max-rows %d: want a number of rows, or -1 for all", o.rows)
	case o.truncate < 0:
		return fmt.Errorf("--truncate %d: want a number of characters, or 0 for no limit", o.truncate)
	case o.input == "jsonl" && len(o.inputs) > 0:
		return errors.New("--input jsonl reads standard input: it does not go with -c and -f")
	}
	o.session = kiln.NewConfig()
	if o.confFile != "" {
		o.session = o.session.WithFile(o.confFile)
	}
	for _, pair := range o.conf {
		key, value, ok := strings.Cut(pair, "=")
		if !ok {
			return fmt.Errorf("--conf %s: want key=value", pair)
		}
		o.session = o.session.WithCommandLine(strings.TrimSpace(key), strings.TrimSpace(value))
	}
	return nil
}

// setOutput chooses the form of results.
func (o *options) setOutput(name string) error {
	if !slices.Contains(outputs, name) {
		text := fmt.Sprintf("unknown output %q: the forms are %s", name, strings.Join(outputs, ", "))
		if near := diag.Similar(name, outputs, 1); len(near) > 0 {
			text += "; did you mean " + near[0] + "?"
		}
		return errors.New(text)
	}
	o.output = name
	return nil
}

// read returns the text to run.
func (i input) read(stdin io.Reader) (string, error) {
	switch i.file {
	case "":
		return i.text, nil
	case "-":
		text, err := io.ReadAll(stdin)
		return string(text), err
	}
	text, err := os.ReadFile(i.file)
	return string(text), err
}
