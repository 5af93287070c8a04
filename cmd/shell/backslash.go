package shell

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/kilnql/kiln"
	"github.com/kilnql/kiln/builtin"
	"github.com/kilnql/kiln/catalog"
	"github.com/kilnql/kiln/configuration"
	"github.com/kilnql/kiln/diag"
	"github.com/kilnql/kiln/types"
)

// argumentKind says what completes a command's argument.
type argumentKind uint8

const (
	noArgument argumentKind = iota
	tableArgument
	functionArgument
	fileArgument
	outputArgument
	switchArgument
	settingArgument
)

// command is one of the shell's own, on a line that starts with a backslash.
type command struct {
	names    []string // the first is the one that help shows
	argument string   // as help shows it
	kind     argumentKind
	help     string
	run      func(s *shell, argument string) error
}

// commands in the order of help. Filled by init, since \? lists them.
var commands []command

func init() {
	commands = []command{
		{[]string{"?", "h", "help"}, "", noArgument, "this list", (*shell).help},
		{[]string{"q", "quit", "exit"}, "", noArgument, "leave; so does Ctrl-D", func(s *shell, _ string) error {
			s.end(leaving)
			return nil
		}},
		{[]string{"d", "dt", "describe"}, "[table]", tableArgument, "the tables and views, or the columns of one, or of 'a/file.parquet'", (*shell).describe},
		{[]string{"df"}, "[pattern]", functionArgument, "the functions, those like date*, or all about one", (*shell).describeFunctions},
		{[]string{"l", "list"}, "", noArgument, "the databases", func(s *shell, _ string) error { return s.sql("SHOW DATABASES") }},
		{[]string{"x"}, "[on|off]", switchArgument, "results as records, one line a column, or as tables again", (*shell).chooseVertical},
		{[]string{"output"}, "[form]", outputArgument, "the form of results: " + strings.Join(outputs, ", "), (*shell).chooseOutput},
		{[]string{"o"}, "[file]", fileArgument, "write results to a file; without one, to the screen again", (*shell).redirect},
		{[]string{"timing"}, "[on|off]", switchArgument, "the time of each statement", func(s *shell, a string) error {
			return s.toggle(a, "timing", &s.options.timing)
		}},
		{[]string{"pager"}, "[on|off]", switchArgument, "$PAGER, or less, for results that do not fit on the terminal", func(s *shell, a string) error {
			return s.toggle(a, "pager", &s.options.pager)
		}},
		{[]string{"i", "include"}, "file", fileArgument, "run the statements and commands in a file", (*shell).include},
		{[]string{"conf"}, "[key [value]]", settingArgument, "all settings, one, or a new value for one", (*shell).configure},
	}
}

// findCommand finds a command by one of its names.
func findCommand(name string) *command {
	for i := range commands {
		if slices.Contains(commands[i].names, name) {
			return &commands[i]
		}
	}
	return nil
}

func commandNames() []string {
	var names []string
	for _, c := range commands {
		names = append(names, c.names...)
	}
	return names
}

// backslash runs the command on a line, which is at place. A mistake in a script ends it, as that of a statement does.
func (s *shell) backslash(line string, place position) {
	if s.options.echo {
		fmt.Fprintln(s.console, line)
	}
	name, argument, _ := strings.Cut(strings.TrimPrefix(strings.TrimSpace(line), `\`), " ")
	argument = strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(argument), ";"))
	name = strings.TrimSuffix(name, ";")
	err := errors.New("no command `\\" + name + "`; \\? lists them")
	if c := findCommand(name); c != nil {
		s.place = place
		if err = fmt.Errorf("\\%s takes no argument", name); c.kind != noArgument || argument == "" {
			err = c.run(s, argument)
		}
	} else if near := nearCommands(name); len(near) > 0 {
		err = errors.New("no command `\\" + name + "`; did you mean " + strings.Join(near, " or ") + "? \\? lists all")
	}
	s.flush()
	if err == nil || s.ending == leaving {
		return
	}
	fmt.Fprintln(s.stderr, place.of(place.at)+errorText(err))
	s.failed = true
	if s.options.output != "json" {
		s.endScript()
	}
}

func nearCommands(name string) []string {
	near := diag.Similar(name, commandNames(), 1)
	for i := range near {
		near[i] = `\` + near[i]
	}
	return near
}

// sql runs a statement on behalf of the command at s.place; its error is told as a statement's, but without this text.
func (s *shell) sql(text string) error {
	s.statement(statement{text: text, place: s.place, own: true})
	return nil
}

func (s *shell) help(string) error {
	w := s.messages()
	fmt.Fprint(w, "A statement ends with a semicolon and may have several lines.\nSELECT * FROM 'a/file.parquet' LIMIT 5;\n\n")
	for _, c := range commands {
		names := strings.TrimSpace(`\` + strings.Join(c.names, `, \`) + " " + c.argument)
		for i, line := range wrapped(c.help, 48) {
			if i > 0 {
				names = ""
			}
			fmt.Fprintf(w, "  %-28s %s\n", names, line)
		}
	}
	fmt.Fprint(w, "\nTab completes, Ctrl-R searches the history, Ctrl-C ends a query or clears what\nis typed, Ctrl-D leaves.\n")
	return nil
}

// wrapped breaks a text into lines of at most width characters, between words.
func wrapped(text string, width int) []string {
	lines := []string{""}
	for word := range strings.FieldsSeq(text) {
		last := &lines[len(lines)-1]
		switch {
		case *last == "":
			*last = word
		case len(*last)+1+len(word) <= width:
			*last += " " + word
		default:
			lines = append(lines, word)
		}
	}
	return lines
}

func (s *shell) describe(table string) error {
	if table == "" {
		return s.sql("SHOW TABLES")
	}
	return s.sql("DESCRIBE QUERY SELECT * FROM " + table)
}

// describeFunctions lists functions with the first sentence of their usage, or tells all about the one that is named.
func (s *shell) describeFunctions(pattern string) error {
	if canonical, _, ok := builtin.Documentation(pattern); ok {
		return s.sql("DESCRIBE FUNCTION EXTENDED `" + canonical + "`")
	}
	search := pattern
	if pattern != "" && !strings.ContainsAny(pattern, "*|") {
		search = "*" + pattern + "*"
	}
	var rows [][]string
	for _, name := range builtin.Names() {
		if search != "" && !catalog.Matches(search, name) {
			continue
		}
		_, d, _ := builtin.Documentation(name)
		rows = append(rows, []string{name, firstSentence(d.Usage)})
	}
	if len(rows) == 0 {
		err := fmt.Errorf("no function is like %s", pattern)
		if near := diag.Similar(pattern, builtin.Names(), 3); len(near) > 0 {
			err = fmt.Errorf("%w; did you mean %s?", err, strings.Join(near, ", "))
		}
		return err
	}
	text := types.Field{Type: types.StringType}
	function, usage := text, text
	function.Name, usage.Name = "function", "usage"
	table := kiln.FormatTable(types.StructType(function, usage), rows, kiln.ShowOptions{Truncate: -1})
	if s.interactive && s.file == nil && s.paged(table) {
		return nil
	}
	_, err := s.out.WriteString(table)
	return err
}

// widestUsage is how many characters of a function's usage the list shows.
const widestUsage = 100

// firstSentence is the beginning of a text, for a list.
func firstSentence(text string) string {
	text, _, _ = strings.Cut(text, "\n")
	if i := strings.Index(text, ". "); i > 0 {
		text = text[:i+1]
	}
	if r := []rune(text); len(r) > widestUsage {
		text = string(r[:widestUsage-1]) + "…"
	}
	return text
}

func (s *shell) chooseVertical(argument string) error {
	vertical := s.options.output == "vertical"
	switch {
	case argument == "on", argument == "" && !vertical:
		return s.chooseOutput("vertical")
	case argument == "" || argument == "off" && vertical:
		return s.chooseOutput("table")
	case argument == "off": // another form stays
		return s.chooseOutput("")
	}
	return fmt.Errorf("\\x takes on or off, not %s", argument)
}

func (s *shell) chooseOutput(name string) error {
	if name != "" {
		if err := s.options.setOutput(name); err != nil {
			return err
		}
	}
	s.note("Results are written as %s.", s.options.output)
	return nil
}

// note says what a command did to a person at the prompt.
func (s *shell) note(format string, args ...any) {
	if s.interactive && s.depth == 0 {
		fmt.Fprintf(s.messages(), format+"\n", args...)
	}
}

// redirect sends results to a file, which is made anew.
func (s *shell) redirect(name string) error {
	if err := s.closeFile(); err != nil {
		return err
	}
	if name == "" {
		return nil
	}
	f, err := os.Create(fileName(name))
	if err != nil {
		return err
	}
	s.file, s.out = f, bufio.NewWriterSize(f, 1<<16)
	s.note("Results go to %s.", f.Name())
	return nil
}

// fileName takes the quotes off a name, and puts the home directory in the place of ~/.
func fileName(name string) string {
	if n := len(name); n > 1 && (name[0] == '\'' || name[0] == '"') && name[n-1] == name[0] {
		name = name[1 : n-1]
	}
	if rest, ok := strings.CutPrefix(name, "~/"); ok {
		if home, err := os.UserHomeDir(); err == nil {
			return filepath.Join(home, rest)
		}
	}
	return name
}

func (s *shell) toggle(argument, what string, on *bool) error {
	switch argument {
	case "on":
		*on = true
	case "off":
		*on = false
	case "":
		*on = !*on
	default:
		return fmt.Errorf("\\%s takes on or off, not %s", what, argument)
	}
	word := "off"
	if *on {
		word = "on"
	}
	s.note("%s is %s.", strings.ToUpper(what[:1])+what[1:], word)
	return nil
}

// deepest is how deep files may include each other: a file that includes itself ends there.
const deepest = 16

func (s *shell) include(name string) error {
	if name == "" {
		return errors.New(`\i needs the name of a file`)
	}
	if s.depth >= deepest {
		return fmt.Errorf("%s: files include each other more than %d deep", name, deepest)
	}
	text, err := input{file: fileName(name)}.read(s.stdin)
	if err != nil {
		return err
	}
	s.depth++
	s.script(text, name)
	s.depth--
	return nil
}

func (s *shell) configure(argument string) error {
	key, value, given := strings.Cut(strings.Replace(argument, "=", " ", 1), " ")
	switch value = strings.TrimSpace(value); {
	case key == "":
		return s.sql("SET -v")
	case !given:
		value, ok := s.session.Get(key)
		switch {
		case !ok && strings.HasPrefix(strings.ToLower(key), "kiln."):
			return configuration.Unknown(key)
		case !ok:
			return fmt.Errorf("%s is not set", key)
		}
		fmt.Fprintf(s.messages(), "%s = %s%s\n", key, value, s.originOf(key))
		return nil
	}
	return s.session.Set(key, value)
}

// originOf is where the value of a setting that is listed comes from, in brackets.
func (s *shell) originOf(key string) string {
	if e, ok := configuration.Known(key); ok {
		key = e.Key
	}
	rows, err := s.session.SQL("SET -v").Where(kiln.Col("key").Eq(key)).Select("origin").Collect(context.Background())
	if err != nil || len(rows) != 1 {
		return ""
	}
	return fmt.Sprintf(" (%v)", rows[0].At(0))
}
