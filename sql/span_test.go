package sql

import (
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/kilnql/kiln/ast"
)

var positions = regexp.MustCompile(`@\d+-\d+`)

// TestSpans: the part of the text that an expression says it takes up is, read by itself, that same expression.
func TestSpans(t *testing.T) {
	checked := 0
	for _, text := range append(seedTexts(t), sparkTexts()...) {
		s, err := ParseStatement(text)
		if err != nil || s.Query == nil {
			continue
		}
		walkExprs(reflect.ValueOf(s.Query), nil, func(x, parent ast.Expr) {
			at := x.Place()
			if at.IsZero() {
				t.Errorf("%q: %s has no place", text, dump(x))
				return
			}
			if writtenOtherwise(x, parent, text[at.Start:at.Stop]) {
				return
			}
			if parent != nil && parent.Place() == at {
				return // a NOT and what it negates are one piece of text
			}
			y, err := ParseExpr(text[at.Start:at.Stop])
			if err != nil {
				t.Errorf("%q: the text %q of %s: %v", text, text[at.Start:at.Stop], dump(x), err)
				return
			}
			checked++
			want, got := withoutPlaces(x), withoutPlaces(y)
			if got != want {
				t.Errorf("%q: the text %q reads\n%sand not\n%s", text, text[at.Start:at.Stop], got, want)
			}
		})
		if t.Failed() {
			return
		}
	}
	t.Log(checked, "expressions")
}

// writtenOtherwise reports whether x is not an expression by itself where it stands.
func writtenOtherwise(x, parent ast.Expr, text string) bool {
	switch x := x.(type) {
	case *ast.ScalarSubquery: // f(SELECT 1)
		return text[0] != '('
	case *ast.Literal:
		_, signed := parent.(*ast.IntervalLiteral) // INTERVAL - '1' DAY
		_, isString := x.Value.(string)
		return signed || isString && !strings.ContainsAny(text[:min(2, len(text))], "'\"$") // DATEADD(DAY, …), v:a.b
	case *ast.NamedArgument, *ast.Grouping, *ast.All, *ast.Parameter:
		return true
	}
	return false
}

func withoutPlaces(x ast.Expr) string {
	return positions.ReplaceAllString(toNode(reflect.ValueOf(x)).line(), "")
}

// walkExprs visits every expression below v with the expression around it.
func walkExprs(v reflect.Value, parent ast.Expr, visit func(x, parent ast.Expr)) {
	switch v.Kind() {
	case reflect.Interface, reflect.Pointer:
		if v.IsNil() {
			return
		}
		if x, is := v.Interface().(ast.Expr); is && v.Kind() == reflect.Pointer {
			visit(x, parent)
			parent = x
		}
		walkExprs(v.Elem(), parent, visit)
	case reflect.Slice:
		for i := range v.Len() {
			walkExprs(v.Index(i), parent, visit)
		}
	case reflect.Struct:
		if !v.CanInterface() {
			return
		}
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				walkExprs(v.Field(i), parent, visit)
			}
		}
	}
}
