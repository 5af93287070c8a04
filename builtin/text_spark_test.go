package builtin_test

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/kilnql/kiln"
	"github.com/kilnql/kiln/internal/jsonrow"
	"github.com/kilnql/kiln/internal/testenv"
)

// textGolden holds statements over text with Spark's answers. Statements are added there without answers.
const textGolden = "../../testdata/functions/strings.jsonl"

// TestSparkText compares functions over text with Spark on edges: null, empty, beyond ASCII, very long, positions before and
// behind the text.
func TestSparkText(t *testing.T) {
	file, err := os.ReadFile(filepath.Join("testdata", textGolden))
	if err != nil {
		t.Fatal(err)
	}
	var statements []string
	for decoder := json.NewDecoder(bytes.NewReader(file)); decoder.More(); {
		var g golden
		if err := decoder.Decode(&g); err != nil {
			t.Fatal(err)
		}
		statements = append(statements, g.SQL)
	}
	answers := answersOf(t, textGolden, statements)
	s := openSession(t)
	for _, sql := range statements {
		check(t, s, answers[sql])
	}
}

// TestTextDeviations are statements that Spark answers otherwise, with the reason.
func TestTextDeviations(t *testing.T) {
	text := func(v any) [][]any { return [][]any{{v}} }
	s := openSession(t)
	for _, c := range []struct {
		reason string
		want   golden
	}{
		{"Spark's LIKE takes the halves of a character beyond 16 bits apart",
			golden{SQL: `SELECT 'a😀b' LIKE '%😀%'`, Rows: text(true)}},
		{"Java's empty matches fall between the halves of such a character",
			golden{SQL: `SELECT regexp_count('a😀b', '')`, Rows: text(json.Number("4"))}},
		{"Java's formats cut such a character in two",
			golden{SQL: `SELECT format_string('%.3s', 'é日😀x')`, Rows: text("é日😀")}},
		{"Spark writes the address of the bytes",
			golden{SQL: `SELECT format_string('%s', X'6162')`, Rows: text("ab")}},
		{"Spark fails inside Java", golden{SQL: `SELECT lpad(X'0102', -1)`, Rows: text("")}},
		{"Spark's digits fail inside Java", golden{SQL: `SELECT try_to_number('', '9')`, Rows: text(nil)}},
	} {
		rows, err := answer(s, c.want.SQL)
		if err != nil || len(rows) != 1 || rows[0][0] != c.want.Rows[0][0] {
			t.Errorf("%s (%s)\ngives %v %v, want %v", c.want.SQL, c.reason, rows, err, c.want.Rows)
		}
	}
}

// answer runs a statement.
func answer(s *kiln.Session, sql string) ([][]any, error) {
	text, err := jsonrow.Document(context.Background(), s.SQL(sql))
	if err != nil {
		return nil, err
	}
	got, err := testenv.ParseAnswer(text)
	return got.Rows, err
}
