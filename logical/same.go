package logical

import (
	"reflect"

	"github.com/kilnql/kiln/catalog/source"
	"github.com/kilnql/kiln/diag"
	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/types"
)

// Same reports whether two plans are equal modulo the numbering of columns, and give their results under the same names.
// Places in the SQL text, names of columns inside the plan, aliases of scans and the numbers of common plans and of
// non-deterministic calls do not matter; tables are compared by identity.
func Same(a, b Node) bool {
	ca, cb := a.Columns(), b.Columns()
	if len(ca) != len(cb) {
		return false
	}
	c := comparer{forth: map[expr.ColumnID]expr.ColumnID{}, back: map[expr.ColumnID]expr.ColumnID{}}
	for i := range ca {
		if ca[i].Name != cb[i].Name {
			return false
		}
	}
	return c.same(reflect.ValueOf(a), reflect.ValueOf(b))
}

// comparer compares plans part by part. The two maps pair the IDs of one plan with those of the other.
type comparer struct {
	forth, back map[expr.ColumnID]expr.ColumnID
}

var (
	idType       = reflect.TypeFor[expr.ColumnID]()
	typeType     = reflect.TypeFor[types.Type]()
	functionType = reflect.TypeFor[*expr.Function]()
	aggregate    = reflect.TypeFor[*expr.AggregateFunction]()
	kernelType   = reflect.TypeFor[*expr.AggregateKernel]()
	settingsType = reflect.TypeFor[*expr.Settings]()
	spanType     = reflect.TypeFor[diag.Span]()
	tableType    = reflect.TypeFor[source.Table]()
)

// ignoredFields are for printing, or number what equality does not see.
var ignoredFields = map[string]bool{"Name": true, "Alias": true, "Files": true, "Instance": true, "Key": true, "Metadata": true}

func (c *comparer) same(a, b reflect.Value) bool {
	if a.IsValid() != b.IsValid() {
		return false
	}
	if !a.IsValid() {
		return true
	}
	switch a.Type() {
	case idType:
		return c.sameID(expr.ColumnID(a.Int()), expr.ColumnID(b.Int()))
	case typeType:
		return a.Interface().(types.Type).Equal(b.Interface().(types.Type))
	case spanType, kernelType, settingsType:
		return true
	case functionType, aggregate:
		return a.Interface() == b.Interface()
	case tableType:
		return sameTable(a.Interface().(source.Table), b.Interface().(source.Table))
	}
	switch a.Kind() {
	case reflect.Interface, reflect.Pointer:
		if a.IsNil() || b.IsNil() {
			return a.IsNil() == b.IsNil()
		}
		a, b = a.Elem(), b.Elem()
		return a.Type() == b.Type() && c.same(a, b)
	case reflect.Func:
		return a.IsNil() == b.IsNil()
	case reflect.Slice:
		return c.sameSlice(a, b)
	case reflect.Struct:
		for i := range a.NumField() {
			f := a.Type().Field(i)
			if !ignoredFields[f.Name] && f.IsExported() && !c.same(a.Field(i), b.Field(i)) {
				return false
			}
		}
		return true
	}
	return a.Equal(b)
}

// sameTable compares tables by identity, or as a table that is made anew for each use of it says.
func sameTable(a, b source.Table) bool {
	if a == b {
		return true
	}
	c, ok := a.(interface{ Same(source.Table) bool })
	return ok && c.Same(b)
}

func (c *comparer) sameSlice(a, b reflect.Value) bool {
	if a.Len() != b.Len() {
		return false
	}
	for i := range a.Len() {
		if !c.same(a.Index(i), b.Index(i)) {
			return false
		}
	}
	return true
}

func (c *comparer) sameID(a, b expr.ColumnID) bool {
	x, ok := c.forth[a]
	y, also := c.back[b]
	if !ok && !also {
		c.forth[a], c.back[b] = b, a
		return true
	}
	return ok && also && x == b && y == a
}
