package sql

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/kilnql/kiln/ast"
	"github.com/kilnql/kiln/diag"
	"github.com/kilnql/kiln/types"
)

// node is a printable tree.
type node struct {
	label string
	kids  []node
}

// dump prints a tree of package ast: on one line where it fits, else indented.
func dump(v any) string {
	var b strings.Builder
	toNode(reflect.ValueOf(v)).print(&b, 0)
	return b.String()
}

func (n node) line() string {
	if len(n.kids) == 0 {
		return n.label
	}
	parts := make([]string, len(n.kids))
	for i, k := range n.kids {
		parts[i] = k.line()
	}
	return n.label + "(" + strings.Join(parts, ", ") + ")"
}

func (n node) print(b *strings.Builder, indent int) {
	line := n.line()
	if len(line)+2*indent <= 120 || len(n.kids) == 0 {
		fmt.Fprintf(b, "%s%s\n", strings.Repeat("  ", indent), line)
		return
	}
	fmt.Fprintf(b, "%s%s\n", strings.Repeat("  ", indent), n.label)
	for _, k := range n.kids {
		k.print(b, indent+1)
	}
}

func toNode(v reflect.Value) node {
	switch x := v.Interface().(type) {
	case types.Type:
		return node{label: x.String()}
	case []string:
		return node{label: strings.Join(x, ".")}
	case *bool:
		return node{label: fmt.Sprint(*x)}
	case *string:
		return node{label: fmt.Sprintf("%q", *x)}
	case *ast.Name:
		return node{label: strings.Join(x.Parts, ".") + place2(x.Span)}
	case *ast.Literal:
		return node{label: literalLabel(x)}
	case string:
		return node{label: fmt.Sprintf("%q", x)}
	}
	switch v.Kind() {
	case reflect.Interface, reflect.Pointer:
		return toNode(v.Elem())
	case reflect.Slice:
		n := node{label: "["}
		for i := range v.Len() {
			n.kids = append(n.kids, toNode(v.Index(i)))
		}
		n.label = ""
		return n
	case reflect.Struct:
		return structNode(v)
	}
	return node{label: fmt.Sprint(v.Interface())}
}

func literalLabel(l *ast.Literal) string {
	s := fmt.Sprintf("%v", l.Value)
	if v, is := l.Value.(string); is {
		return fmt.Sprintf("%q", v) + place2(l.Span)
	}
	if l.Text != "" {
		s += "~" + l.Text
	}
	return s + ":" + l.Type.String() + place2(l.Span)
}

func place2(s diag.Span) string {
	if s.IsZero() {
		return ""
	}
	return fmt.Sprintf("@%d-%d", s.Start, s.Stop)
}

func structNode(v reflect.Value) node {
	t := v.Type()
	n := node{label: t.Name()}
	for i := range t.NumField() {
		f := t.Field(i)
		x := v.Field(i)
		if f.Anonymous {
			if at, is := v.Addr().Interface().(interface{ Place() diag.Span }); is {
				n.label += place2(at.Place())
			}
			continue
		}
		if x.IsZero() || f.Name == "Text" && t.Name() == "Statement" {
			continue
		}
		if t.Name() == "Call" && f.Name == "Func" {
			n.label = "Call:" + strings.Join(x.Interface().([]string), ".") + strings.TrimPrefix(n.label, "Call")
			continue
		}
		if t.Name() == "Call" && f.Name == "Operator" {
			n.label = strings.Replace(n.label, "Call:", "", 1)
			continue
		}
		k := toNode(x)
		switch {
		case t.Name() == "Call" && f.Name == "Args":
			n.kids = append(n.kids, k.kids...)
			continue
		case x.Kind() == reflect.Bool:
			k.label = f.Name
		default:
			if k.label == "" || strings.HasPrefix(k.label, "(") {
				k.label = f.Name + k.label
			} else {
				k.label = f.Name + "=" + k.label
			}
		}
		n.kids = append(n.kids, k)
	}
	return n
}
