package functions_test

import (
	"testing"

	"github.com/kilnql/kiln/ast"
	"github.com/kilnql/kiln/functions"
)

func TestLambdaParameters(t *testing.T) {
	var inner ast.Expr
	outer, err := functions.Lambda(func(x, i functions.Column) functions.Column {
		body := functions.Transform("b", functions.Lambda(func(y functions.Column) functions.Column { return x.Plus(y).Plus(i) }))
		inner, _ = body.Expr()
		return body
	}).Expr()
	if err != nil {
		t.Fatal(err)
	}
	l := outer.(*ast.Lambda)
	nested := inner.(*ast.Call).Args[1].(*ast.Lambda)
	if len(l.Params) != 2 || len(nested.Params) != 1 {
		t.Fatalf("parameters %v and %v", l.Params, nested.Params)
	}
	for _, p := range l.Params {
		if p == nested.Params[0] {
			t.Errorf("the inner lambda hides parameter %s", p)
		}
	}
}

func TestLambdaKeepsMistakes(t *testing.T) {
	if _, err := functions.Lambda(func(x functions.Column) functions.Column { return functions.Col("`a") }).Expr(); err == nil {
		t.Error("the mistake of the body is lost")
	}
}
