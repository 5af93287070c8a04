package builtin

import (
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/types"
	"github.com/kilnql/kiln/vector"
)

// likeAsRegexp is LIKE said in another way.
func likeAsRegexp(pattern string) *regexp.Regexp {
	var b strings.Builder
	b.WriteString(`(?s)\A`)
	for i := 0; i < len(pattern); i++ {
		switch c := pattern[i]; c {
		case '%':
			b.WriteString(".*")
		case '_':
			b.WriteString(".")
		case '\\':
			i++
			b.WriteString(regexp.QuoteMeta(pattern[i : i+1]))
		default:
			b.WriteString(regexp.QuoteMeta(pattern[i : i+1]))
		}
	}
	return regexp.MustCompile(b.String() + `\z`)
}

func TestLikeMatchesAsRegexp(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	pick := func(parts []string, n int) string {
		var b strings.Builder
		for range r.IntN(n) {
			b.WriteString(parts[r.IntN(len(parts))])
		}
		return b.String()
	}
	for range 20000 {
		pattern := pick([]string{"a", "b", "%", "%", "_", `\%`, `\_`, `\\`, "ab"}, 7)
		s := pick([]string{"a", "b", "é", "日", "😀", "%", "_", `\`, "\n"}, 9)
		p, err := compileLike([]byte(pattern), '\\')
		if err != nil {
			t.Fatal(err)
		}
		want := likeAsRegexp(pattern).MatchString(s)
		if got := p.match([]byte(s)); got != want {
			t.Fatalf("%q LIKE %q is %v, want %v", s, pattern, got, want)
		}
		if got := p.matcher()([]byte(s)); got != want {
			t.Fatalf("%q LIKE %q is %v by its shape, want %v", s, pattern, got, want)
		}
	}
}

// TestDamagedText runs every text function of one, two or three arguments on bytes that are not UTF-8.
func TestDamagedText(t *testing.T) {
	damaged := []string{"", "\x80", "\xff", "\xe2\x82", "a\xf0\x9f\x98", "\xc0\xaf", "\xed\xa0\x80", "é\xc3", "\xf5\x80\x80\x80", "a b\xe2 c"}
	ctx := &expr.BindContext{Settings: &expr.Settings{}, NextInstance: func() int32 { return 1 }}
	ctx.Cast = func(e expr.Expr, to types.Type) (expr.Expr, error) { return nil, errPattern } // of no use here
	text := func(s string) expr.Expr {
		return &expr.Literal{Base: expr.Base{Typ: types.StringType}, Value: s}
	}
	number := func(n int32) expr.Expr { return &expr.Literal{Base: expr.Base{Typ: types.IntType}, Value: n} }
	run := 0
	try := func(f *expr.Function, args ...expr.Expr) {
		e, err := f.Bind(ctx, args)
		if err != nil {
			return
		}
		if _, ok, err := Constant(e); ok && err == nil {
			run++
		}
	}
	for _, f := range textFunctions {
		for _, a := range damaged {
			try(f, text(a))
			for _, b := range damaged {
				try(f, text(a), text(b))
				try(f, text(a), text(b), text("\xe9x"))
				try(f, text(a), text(b), number(1))
			}
			for n := int32(-3); n < 4; n++ {
				try(f, text(a), number(n))
				try(f, text(a), number(n), text("\xe2"))
				try(f, text(a), number(n), number(2))
			}
		}
	}
	if run < 5000 {
		t.Errorf("only %d calls ran", run)
	}
}

func TestCharacters(t *testing.T) {
	for _, s := range []string{"", "abc", "0123456789abcdef", "é", "12345678é", "日本語", "a😀b", "0123456é9012345678"} {
		if got, want := characters([]byte(s)), utf8.RuneCountInString(s); got != want {
			t.Errorf("characters(%q) = %d, want %d", s, got, want)
		}
		runes := []rune(s)
		for from := -1; from <= len(runes)+1; from++ {
			for to := from; to <= len(runes)+2; to++ {
				want := string(runes[min(max(from, 0), len(runes)):max(min(to, len(runes)), min(max(from, 0), len(runes)))])
				if got := string(slice([]byte(s), from, to)); got != want {
					t.Errorf("slice(%q, %d, %d) = %q, want %q", s, from, to, got, want)
				}
			}
		}
	}
}

// FuzzRegexp looks for patterns that the translation turns into something that package regexp refuses to read or that panics.
func FuzzRegexp(f *testing.F) {
	for _, seed := range []string{`a|b`, `[a-z&&[^b]]+`, `(?i)é\b$`, `\Qa.b\E*`, `x{2,3}?`, `\p{IsGreek}`, `[^]a]`, `(?<n>a)`, `\0101\x41\u0041`, `(?x) a # b`} {
		f.Add(seed, "ab\n")
	}
	f.Fuzz(func(t *testing.T, pattern, s string) {
		if !utf8.ValidString(pattern) {
			return
		}
		p, err := compilePattern(pattern)
		if err != nil {
			return
		}
		text := []byte(s)
		p.each(text, func(location []int) bool {
			if location[0] < 0 || location[1] < location[0] || location[1] > len(text) {
				t.Fatalf("%q in %q at %v", pattern, s, location)
			}
			return true
		})
	})
}

// TestRegexpTriesAsPlain compares the two ways of matching where both can do it.
func TestRegexpTriesAsPlain(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	atoms := []string{"a", "b", "[ab]", "(a)", "(?:b|ab)", "(a|b)", ".", "^", "$", `\b`, `\B`, "(b*)", "(?i)A", `[^a]`}
	quantifiers := []string{"", "", "", "*", "+", "?", "*?", "+?", "{2}", "{1,2}", "{0,2}?"}
	for range 20000 {
		var b strings.Builder
		for range 1 + r.IntN(5) {
			b.WriteString(atoms[r.IntN(len(atoms))])
			b.WriteString(quantifiers[r.IntN(len(quantifiers))])
			if r.IntN(6) == 0 {
				b.WriteByte('|')
			}
		}
		p, err := compilePattern(b.String())
		if err != nil || p.plain == nil {
			continue
		}
		var s []byte
		for range r.IntN(8) {
			s = append(s, "aabB c"[r.IntN(6)])
		}
		want, got := p.plain.FindSubmatchIndex(s), p.try(s, 0)
		if len(want) >= 2 && len(got) >= 2 {
			want, got = want[:2], got[:2] // groups that a repetition passes over differ
		}
		if !slices.Equal(want, got) {
			t.Fatalf("%q in %q: plain %v, trying %v", b.String(), s, want, got)
		}
	}
}

func TestRegexpGivesUp(t *testing.T) {
	p, err := compilePattern(`^(?=(a+)+$)b`)
	if err != nil {
		t.Fatal(err)
	}
	if p.matches([]byte(strings.Repeat("a", 40)+"c")) || !p.exhausted {
		t.Error("an endless search ends without a word")
	}
}

// BenchmarkLike matches comments like those of TPC-H.
func BenchmarkLike(b *testing.B) {
	words := strings.Fields("special requests pending packages among the furiously final deposits haggle carefully across")
	r := rand.New(rand.NewPCG(3, 4))
	in := vector.NewFlat(types.StringType, vector.ChunkSize)
	in.Reset(vector.ChunkSize)
	for i := range vector.ChunkSize {
		var text []string
		for range 7 {
			text = append(text, words[r.IntN(len(words))])
		}
		in.SetString(i, []byte(strings.Join(text, " ")))
	}
	out := vector.NewFlat(types.BooleanType, vector.ChunkSize)
	for _, pattern := range []string{"special%", "%deposits", "%requests%", "%special%requests%", "%s_ecial%", "%"} {
		b.Run(pattern, func(b *testing.B) {
			constant := vector.NewFlat(types.StringType, 1)
			constant.Reset(1)
			constant.SetString(0, []byte(pattern))
			constant.SetConstant(vector.ChunkSize)
			kernel, c := likeKernel('\\'), &expr.KernelContext{}
			b.SetBytes(vector.ChunkSize)
			b.ReportAllocs()
			for b.Loop() {
				out.Reset(vector.ChunkSize)
				if err := kernel(c, []*vector.Vector{in, constant}, nil, out); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkText runs kernels over addresses like those of web logs.
func BenchmarkText(b *testing.B) {
	r := rand.New(rand.NewPCG(5, 6))
	in := vector.NewFlat(types.StringType, vector.ChunkSize)
	in.Reset(vector.ChunkSize)
	for i := range vector.ChunkSize {
		host := []string{"www.google.com", "example.org", "www.kiln.dev"}[r.IntN(3)]
		in.SetString(i, []byte("https://"+host+"/path/to/"+strings.Repeat("x", r.IntN(20))+"?q=1"))
	}
	ctx := &expr.BindContext{Settings: &expr.Settings{}}
	ctx.Cast = func(e expr.Expr, _ types.Type) (expr.Expr, error) { return e, nil } // strings are binary
	constant := func(t types.Type, v any) expr.Expr {
		return &expr.Literal{Base: expr.Base{Typ: t}, Value: v}
	}
	text := func(s string) expr.Expr { return constant(types.StringType, s) }
	number := func(n int32) expr.Expr { return constant(types.IntType, n) }
	for _, c := range []struct {
		name string
		args []expr.Expr
	}{
		{"upper", nil}, {"length", nil}, {"reverse", nil}, {"md5", nil}, {"hash", nil}, {"xxhash64", nil}, {"initcap", nil}, {"trim", nil},
		{"substring", []expr.Expr{number(1), number(9)}}, {"substring", []expr.Expr{number(-5)}}, {"left", []expr.Expr{number(30)}},
		{"replace", []expr.Expr{text("/"), text("--")}}, {"translate", []expr.Expr{text("/:"), text("_")}}, {"concat", []expr.Expr{text("!")}},
		{"split_part", []expr.Expr{text("/"), number(3)}}, {"substring_index", []expr.Expr{text("/"), number(3)}}, {"lpad", []expr.Expr{number(40), text("*")}},
		{"instr", []expr.Expr{text("path")}}, {"contains", []expr.Expr{text("google")}}, {"levenshtein", []expr.Expr{text("https://kiln.dev")}},
		{"rlike", []expr.Expr{text("google")}}, {"rlike", []expr.Expr{text("g[o]+gle")}}, {"regexp_extract", []expr.Expr{text("//([^/]+)/")}},
		{"regexp_replace", []expr.Expr{text(`^https?://(?:www\.)?([^/]+)/.*$`), text("$1")}}, {"regexp_replace", []expr.Expr{text("/+"), text("-")}},
		{"split", []expr.Expr{text("/")}}, {"parse_url", []expr.Expr{text("HOST")}},
	} {
		f, _ := Lookup(c.name)
		column := &expr.Column{Base: expr.Base{Typ: types.StringType}}
		e, err := f.Bind(ctx, append([]expr.Expr{column}, c.args...))
		if err != nil {
			b.Fatal(err)
		}
		call := e.(*expr.Call)
		args, kinds := []*vector.Vector{in}, []types.Type{types.StringType}
		for _, a := range call.Args[1:] {
			v, _, err := constantVector(a)
			if err != nil {
				b.Fatal(err)
			}
			v.SetConstant(vector.ChunkSize)
			args, kinds = append(args, v), append(kinds, a.Type())
		}
		b.Run(call.Function.Name, func(b *testing.B) {
			out, k := vector.NewFlat(call.Typ, vector.ChunkSize), &expr.KernelContext{Settings: ctx.Settings, Type: call.Typ, ArgTypes: kinds}
			b.ReportAllocs()
			for b.Loop() {
				out.Reset(vector.ChunkSize)
				if err := call.Kernel(k, args, nil, out); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/vector.ChunkSize, "ns/row")
		})
	}
}
