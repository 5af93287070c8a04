// Package shell is the command kiln: an interactive shell, a runner of scripts, and a peer for programs that speak JSON
// lines.
package shell

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/pflag"

	"github.com/kilnql/kiln"
)

// Version is the version of the binary, set when it is built.
var Version = "development"

// options are what the command line says.
type options struct {
	queries   []string
	files     []string
	initFiles []string
	conf      []string
	confFile  string
	database  string
	output    string
	input     string
	noHeader  bool
	timing    bool
	rows      int
	truncate  int
	version   bool
	session   *kiln.Config
}

// outputs are the forms of a result.
var outputs = []string{"table", "vertical", "csv", "tsv", "json", "jsonl", "markdown"}

// parseOptions reads the arguments; it has written help or version itself when it returns pflag.ErrHelp.
func parseOptions(args []string, stdout, stderr io.Writer) (*options, error) {
	o := &options{}
	flags := pflag.NewFlagSet("kiln", pflag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.SortFlags = false
	flags.StringArrayVarP(&o.queries, "command", "c", nil, "run this SQL and exit; may be repeated")
	flags.StringArrayVarP(&o.queries, "execute", "e", nil, "the same as -c")
	flags.StringArrayVarP(&o.files, "file", "f", nil, "run the SQL in this file and exit; may be repeated; - is standard input")
	flags.StringArrayVarP(&o.initFiles, "init", "i", nil, "run the SQL in this file first")
	flags.StringArrayVar(&o.conf, "conf", nil, "set a configuration `key=value`; may be repeated")
	flags.StringVar(&o.confFile, "properties-file", "", "read settings from this file (default: kiln.conf, if there is one)")
	flags.StringVar(&o.database, "database", "", "start in this database")
	flags.StringVarP(&o.output, "output", "o", "", "form of results: "+strings.Join(outputs, ", ")+" (default: table on a terminal, tsv elsewhere for -c … see below)")
	flags.StringVar(&o.input, "input", "sql", "form of the input: sql, or jsonl: one {\"id\":1,\"sql\":\"…\"} a line, answered with one line each")
	flags.BoolVar(&o.noHeader, "no-header", false, "leave out the names of columns in csv and tsv")
	flags.BoolVar(&o.timing, "timing", false, "print the time of each statement, on a terminal this is the default")
	flags.IntVar(&o.rows, "max-rows", 0, "rows that the table form shows at most (default 1000; -1: all)")
	flags.IntVar(&o.truncate, "truncate", 0, "characters that a cell of the table form shows at most (default: no limit)")
	flags.BoolVar(&o.version, "version", false, "print the version")
	flags.Lookup("output").Usage = "form of results: " + strings.Join(outputs, ", ") + " (default table)"
	flags.Usage = func() {
		fmt.Fprintf(stdout, "kiln runs Spark SQL over Parquet files.\n\n  kiln                        interactive shell\n  kiln -c \"SELECT 1\"          run a query\n  kiln -f script.sql          run a script\n  kiln < script.sql           the same\n\nOptions:\n%s", flags.FlagUsages())
	}
	if err := flags.Parse(args); err != nil {
		return nil, err
	}
	if o.version {
		fmt.Fprintln(stdout, "kiln", Version)
		return nil, pflag.ErrHelp
	}
	if n := flags.NArg(); n > 0 {
		return nil, fmt.Errorf("unexpected argument %q; a query goes after -c, a file after -f", flags.Arg(0))
	}
	return o, o.check()
}

func (o *options) check() error {
	if o.output == "" {
		o.output = "table"
	}
	known := false
	for _, name := range outputs {
		known = known || name == o.output
	}
	if !known {
		return fmt.Errorf("unknown output %q; the forms are %s", o.output, strings.Join(outputs, ", "))
	}
	if o.input != "sql" && o.input != "jsonl" {
		return fmt.Errorf("unknown input %q; the forms are sql and jsonl", o.input)
	}
	if o.input == "jsonl" && o.output != "json" {
		return errors.New("--input jsonl goes with --output json")
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

// scripts are the texts to run, in the order -c before -f.
func (o *options) scripts(stdin io.Reader) ([]string, error) {
	texts := append([]string(nil), o.queries...)
	for _, name := range o.files {
		text, err := readScript(name, stdin)
		if err != nil {
			return nil, err
		}
		texts = append(texts, text)
	}
	return texts, nil
}

func readScript(name string, stdin io.Reader) (string, error) {
	if name == "-" {
		text, err := io.ReadAll(stdin)
		return string(text), err
	}
	text, err := os.ReadFile(name)
	return string(text), err
}
