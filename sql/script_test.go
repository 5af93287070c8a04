package sql

import (
	"slices"
	"testing"
)

func TestSplit(t *testing.T) {
	cases := []struct {
		script string
		want   []Piece
	}{
		{"", nil},
		{" ;; -- nothing\n /* at ; all */ ;", nil},
		{"select 1", []Piece{{"select 1", 0}}},
		{"select 1; select 2;", []Piece{{"select 1", 0}, {"select 2", 10}}},
		{"-- first;\nselect ';' ; select `;`, \"a;\"\"b\" -- last;\n", []Piece{{"select ';'", 10}, {"select `;`, \"a;\"\"b\"", 23}}},
		{"select /* ; /* ; */ ; */ 1; x", []Piece{{"select /* ; /* ; */ ; */ 1", 0}, {"x", 28}}},
		{"select r'\\'; select $$;$$", []Piece{{"select r'\\'", 0}, {"select $$;$$", 13}}},
		{"select 1; select 'open; x", []Piece{{"select 1", 0}, {"select 'open; x", 10}}},
		{"select 1; /* open", []Piece{{"select 1", 0}, {" /* open", 9}}},
	}
	for _, c := range cases {
		if got := Split(c.script); !slices.Equal(got, c.want) {
			t.Errorf("Split(%q) = %v, want %v", c.script, got, c.want)
		}
	}
}

func TestComplete(t *testing.T) {
	for input, want := range map[string]bool{
		"": true, " -- x\n": true, "select 1;": true, "select 1; -- x": true, "select 1": false, "select ';": false, "select 1 /* ;": false,
		"select `;": false, "select 1; select": false, ";": true,
	} {
		if Complete(input) != want {
			t.Errorf("Complete(%q) is %v", input, !want)
		}
	}
}

func TestTokens(t *testing.T) {
	text := "select a1, `b`, 'c' -- d\n+ 1.5 /* e */ from t /*+ f */ 'open"
	classes := map[TokenClass]string{WordToken: "word", KeywordToken: "keyword", QuotedNameToken: "quoted", StringToken: "string",
		NumberToken: "number", SymbolToken: "symbol", CommentToken: "comment", UnfinishedToken: "unfinished"}
	var got []string
	for _, k := range Tokens(text) {
		got = append(got, classes[k.Class]+" "+text[k.Start:k.Stop])
	}
	want := []string{"keyword select", "word a1", "symbol ,", "quoted `b`", "symbol ,", "string 'c'", "comment -- d", "symbol +", "number 1.5", "comment /* e */",
		"keyword from", "word t", "symbol /*+", "word f", "symbol */", "unfinished 'open"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
}

func TestKeywords(t *testing.T) {
	words := Keywords()
	if !slices.IsSorted(words) || len(slices.Compact(slices.Clone(words))) != len(words) || len(words) < 300 {
		t.Errorf("%d words", len(words))
	}
	for _, w := range words {
		if len(w) > longestKeyword || lookupKeyword(lower(w)) == notKeyword {
			t.Errorf("%s is not found", w)
		}
	}
}
