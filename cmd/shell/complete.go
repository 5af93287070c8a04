package shell

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode"

	"github.com/kilnql/kiln"
	"github.com/kilnql/kiln/builtin"
	"github.com/kilnql/kiln/configuration"
	"github.com/kilnql/kiln/sql"
)

// completer proposes what the word at the cursor may become.
type completer struct {
	session *kiln.Session
	pending func() string        // the lines before this one of the same statement
	list    func(words []string) // shows what there is to choose from; nil shows nothing
}

// Do implements readline.AutoCompleter: what the word at the cursor goes on with, and how many of its characters are typed. Where the
// candidates have nothing more in common they are listed. The editor never gets several: its menu takes a Ctrl-C for itself, and
// fails on candidates wider than the terminal.
func (c *completer) Do(line []rune, pos int) (ends [][]rune, typed int) {
	before, after := fromEditor(string(line[:pos])), fromEditor(string(line[pos:]))
	words, prefix := c.candidates(c.pending()+before, after)
	typed = len([]rune(prefix))
	if len(words) == 0 {
		return nil, typed
	}
	more := common(words)[typed:]
	if len(words) == 1 {
		more = append(more, closing(before, words[0], after)...)
	}
	if len(more) > 0 {
		return [][]rune{more}, typed
	}
	if len(words) > 1 && c.list != nil {
		c.list(words)
	}
	return nil, typed
}

// common is what all words begin with.
func common(words []string) []rune {
	same := []rune(words[0])
	for _, word := range words[1:] {
		for i, r := range []rune(word) {
			if i < len(same) && same[i] != r {
				same = same[:i]
			}
		}
		same = same[:min(len(same), len([]rune(word)))]
	}
	return same
}

// closing is the quote that ends a file's path, unless it stands behind the cursor already.
func closing(before, word, after string) []rune {
	tokens := sql.Tokens(before)
	if len(tokens) == 0 || tokens[len(tokens)-1].Class != sql.UnfinishedToken || strings.HasSuffix(word, "/") {
		return nil
	}
	quote := before[tokens[len(tokens)-1].Start:][:1]
	if !strings.Contains("'\"`", quote) || strings.HasPrefix(after, quote) {
		return nil
	}
	return []rune(quote)
}

// candidates are the words that begin with prefix, the end of before, in any case. after is what stands behind the cursor.
func (c *completer) candidates(before, after string) (words []string, prefix string) {
	if c.pending() == "" && strings.HasPrefix(strings.TrimSpace(before), `\`) {
		return c.commandCandidates(strings.TrimLeft(before, " "))
	}
	start := statementStart(before)
	before = before[start:]
	tokens := sql.Tokens(before)
	if len(tokens) > 0 {
		switch last := tokens[len(tokens)-1]; {
		case last.Class == sql.UnfinishedToken:
			return c.quotedCandidates(before, tokens)
		case last.Class == sql.CommentToken && last.Stop == len(before):
			return nil, ""
		}
	}
	if len(tokens) > 0 {
		switch first := strings.ToUpper(before[tokens[0].Start:tokens[0].Stop]); {
		case (first == "SET" || first == "RESET") && tokens[0].Stop < len(before):
			prefix = before[strings.LastIndexAny(before, " \t\n")+1:]
			return matching(prefix, settingKeys()), prefix
		}
	}
	prefix = lastName(before)
	statement := before + statementEnd(after)
	if i := strings.LastIndexByte(prefix, '.'); i >= 0 {
		return c.qualified(prefix[:i], prefix, statement)
	}
	return c.names(before[:len(before)-len(prefix)], prefix, statement), prefix
}

// statementStart is where the statement begins that text ends in.
func statementStart(text string) int {
	start := 0
	for _, t := range sql.Tokens(text) {
		if t.Class == sql.SymbolToken && text[t.Start:t.Stop] == ";" {
			start = t.Stop
		}
	}
	return start
}

// statementEnd cuts text at its first semicolon; a semicolon in quotes counts too, which costs a candidate at most.
func statementEnd(text string) string {
	text, _, _ = strings.Cut(text, ";")
	return text
}

// lastName is the name, dots included, that text ends with.
func lastName(text string) string {
	runes := []rune(text)
	i := len(runes)
	for i > 0 && (runes[i-1] == '_' || runes[i-1] == '.' || unicode.IsLetter(runes[i-1]) || unicode.IsDigit(runes[i-1])) {
		i--
	}
	return string(runes[i:])
}

// matching are the words that begin with prefix in any case, sorted, each once; the part that is typed stays as it is typed.
func matching(prefix string, words []string) []string {
	n := len(prefix)
	var out []string
	for _, w := range words {
		if len(w) >= n && strings.EqualFold(w[:n], prefix) {
			out = append(out, prefix+w[n:])
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// commandCandidates completes a line that starts with a backslash.
func (c *completer) commandCandidates(line string) (words []string, prefix string) {
	name, argument, inArgument := strings.Cut(line[1:], " ")
	if !inArgument {
		return matching(name, commandNames()), name
	}
	cmd := findCommand(name)
	argument = strings.TrimLeft(argument, " ")
	if cmd == nil || strings.Contains(argument, " ") && cmd.kind != fileArgument {
		return nil, ""
	}
	switch cmd.kind {
	case tableArgument:
		if quoted, ok := strings.CutPrefix(argument, "'"); ok {
			return filePaths(quoted), quoted
		}
		return matching(argument, c.tables()), argument
	case functionArgument:
		return matching(argument, builtin.Names()), argument
	case fileArgument:
		return filePaths(argument), argument
	case outputArgument:
		return matching(argument, outputs), argument
	case switchArgument:
		return matching(argument, []string{"on", "off"}), argument
	case settingArgument:
		return matching(argument, settingKeys()), argument
	}
	return nil, ""
}

func settingKeys() []string {
	var keys []string
	for _, e := range configuration.Entries() {
		keys = append(keys, e.Key)
		if e.Alias != "" {
			keys = append(keys, e.Alias)
		}
	}
	return keys
}

// quotedCandidates completes inside quotes: a file's path in '…', "…" and format.`…`, a name in other `…`.
func (c *completer) quotedCandidates(before string, tokens []sql.Token) (words []string, prefix string) {
	last := tokens[len(tokens)-1]
	prefix = before[last.Start+1:]
	switch before[last.Start] {
	case '\'', '"':
		return filePaths(prefix), prefix
	case '`':
		if last.Start > 0 && before[last.Start-1] == '.' {
			return filePaths(prefix), prefix
		}
		return matching(prefix, append(c.tables(), c.columnsOf(references(before))...)), prefix
	}
	return nil, ""
}

// filePaths are the files and directories that a path may go on to; directories end with a slash. Hidden ones have to be
// asked for.
func filePaths(prefix string) []string {
	dir, base := filepath.Split(prefix)
	open := dir
	if open == "" {
		open = "."
	}
	entries, err := os.ReadDir(fileName(open))
	if err != nil {
		return nil
	}
	var words []string
	for _, e := range entries {
		name := e.Name()
		if !strings.HasPrefix(name, base) || strings.HasPrefix(name, ".") && !strings.HasPrefix(base, ".") {
			continue
		}
		if info, err := os.Stat(filepath.Join(fileName(open), name)); err == nil && info.IsDir() {
			name += "/"
		}
		words = append(words, dir+name)
	}
	return words
}

// tableWords are the keywords that a table's name follows.
var tableWords = []string{"FROM", "JOIN", "TABLE", "VIEW", "DESCRIBE", "DESC", "INTO", "EXISTS"}

// firstWords are those that a statement begins with.
var firstWords = []string{"CACHE", "CLEAR", "CREATE", "DESCRIBE", "DROP", "EXPLAIN", "FROM", "RESET", "SELECT", "SET", "SHOW", "TABLE", "UNCACHE",
	"USE", "VALUES", "WITH"}

// names are what an unqualified word may become: a table where one is expected, else a column, a function, a keyword or a table.
func (c *completer) names(before, prefix, statement string) []string {
	tokens := slices.DeleteFunc(sql.Tokens(before), func(t sql.Token) bool { return t.Class == sql.CommentToken })
	if len(tokens) == 0 {
		return matching(prefix, asTyped(firstWords, prefix))
	}
	if last := tokens[len(tokens)-1]; slices.Contains(tableWords, strings.ToUpper(before[last.Start:last.Stop])) {
		words := append(c.tables(), "parquet.`")
		return matching(prefix, words)
	}
	tables := references(statement)
	words := c.columnsOf(tables)
	if prefix == "" {
		return matching(prefix, words)
	}
	known := c.tables()
	if len(tables) == 0 { // FROM is still to come
		words = c.columnsOf(quoted(known))
	}
	words = append(words, known...)
	words = append(words, asTyped(sql.Keywords(), prefix)...)
	for _, name := range builtin.Names() {
		if lastName(name) == name {
			words = append(words, name+"(")
		}
	}
	return matching(prefix, words)
}

// asTyped are keywords in the case that the prefix is typed in.
func asTyped(words []string, prefix string) []string {
	words = slices.Clone(words)
	if prefix != "" && strings.ToLower(prefix) == prefix {
		for i, w := range words {
			words[i] = strings.ToLower(w)
		}
	}
	return words
}

// quoted are tables as a query names them.
func quoted(tables []string) []reference {
	var out []reference
	for _, t := range tables {
		out = append(out, reference{text: "`" + strings.ReplaceAll(t, "`", "``") + "`"})
	}
	return out
}

// qualified are the columns of the table that stands before the dot.
func (c *completer) qualified(qualifier, prefix, statement string) (words []string, _ string) {
	for _, r := range references(statement) {
		if strings.EqualFold(r.alias, qualifier) {
			for _, column := range c.columnsOf([]reference{r}) {
				words = append(words, qualifier+"."+column)
			}
		}
	}
	if len(words) == 0 {
		for _, column := range c.columnsOf([]reference{{text: qualifier}}) {
			words = append(words, qualifier+"."+column)
		}
	}
	return matching(prefix, words), prefix
}

// tables are the names of tables and views.
func (c *completer) tables() []string {
	var names []string
	t := c.session.SQL("SHOW TABLES")
	if t.Err() != nil {
		return nil
	}
	rows, err := t.Collect(context.Background())
	if err != nil {
		return nil
	}
	for _, r := range rows {
		if name, ok := r.At(1).(string); ok {
			names = append(names, name)
		}
	}
	return names
}

// columnsOf are the columns of tables, those that cannot be found left out.
func (c *completer) columnsOf(tables []reference) []string {
	var names []string
	for _, r := range tables {
		if d := c.session.SQL("SELECT * FROM " + r.text); d.Err() == nil {
			names = append(names, d.Columns()...)
		}
	}
	return names
}

// reference is a table in a FROM clause: its text, and the name by which columns are qualified.
type reference struct{ text, alias string }

// references finds the tables of a statement, which need not be complete.
func references(statement string) []reference {
	var out []reference
	var tokens []sql.Token
	for _, t := range sql.Tokens(statement) {
		if t.Class != sql.CommentToken {
			tokens = append(tokens, t)
		}
	}
	text := func(i int) string {
		if i >= len(tokens) {
			return ""
		}
		return statement[tokens[i].Start:tokens[i].Stop]
	}
	inFrom := false
	for i := 0; i < len(tokens); i++ {
		switch word := strings.ToUpper(text(i)); {
		case word == "FROM" || word == "JOIN":
			inFrom = true
		case word == "," && inFrom:
		case tokens[i].Class == sql.KeywordToken && slices.Contains([]string{"WHERE", "GROUP", "ORDER", "SELECT", "HAVING", "LIMIT", "ON"}, word):
			inFrom = false
			continue
		default:
			continue
		}
		r, next := referenceAt(tokens, text, i+1)
		if r.text != "" {
			out = append(out, r)
			i = next - 1
		}
	}
	return out
}

// referenceAt reads a table's name or path at token i, and its alias; next is the token after it.
func referenceAt(tokens []sql.Token, text func(int) string, i int) (r reference, next int) {
	isName := func(i int) bool {
		return i < len(tokens) && (tokens[i].Class == sql.WordToken || tokens[i].Class == sql.QuotedNameToken)
	}
	switch {
	case i < len(tokens) && tokens[i].Class == sql.StringToken:
		r.text = text(i)
		i++
	case i < len(tokens) && (isName(i) || tokens[i].Class == sql.KeywordToken && text(i+1) == "."):
		r.text = text(i)
		r.alias = strings.Trim(text(i), "`")
		for i++; text(i) == "." && isName(i+1); i += 2 {
			r.text += "." + text(i+1)
			r.alias = strings.Trim(text(i+1), "`")
		}
	default:
		return r, i
	}
	if strings.EqualFold(text(i), "AS") {
		i++
	}
	if isName(i) {
		r.alias = strings.Trim(text(i), "`")
		i++
	}
	return r, i
}
