package types

import (
	"reflect"
	"strings"
	"sync"
	"time"

	"github.com/kilnql/kiln/diag"
)

// GoField is a field of a Go struct that stands for a column.
type GoField struct {
	Name     string       // of the column: the field's name, or its tag `kiln:"name"`
	Type     reflect.Type // of the field
	Index    []int        // for reflect.Value.FieldByIndex
	Optional bool         // it is in an embedded struct that is given by a pointer
}

// Of is the field's value in a struct; nil if the embedded pointer above it is nil.
func (f GoField) Of(r reflect.Value) any {
	v, err := r.FieldByIndexErr(f.Index)
	if err != nil {
		return nil
	}
	return v.Interface()
}

// TypedValuer is a Valuer whose type does not depend on the value. SparkType is asked of the zero value.
type TypedValuer interface {
	Valuer
	SparkType() Type
}

var (
	goFields sync.Map // reflect.Type of a struct to []GoField

	valuerType      = reflect.TypeFor[Valuer]()
	typedValuerType = reflect.TypeFor[TypedValuer]()
	timeType        = reflect.TypeFor[time.Time]()
	durationType    = reflect.TypeFor[time.Duration]()
	intervalType    = reflect.TypeFor[Interval]()
)

// IsGoLeaf reports whether a Go type is one value and not the list of its fields or elements.
func IsGoLeaf(t reflect.Type) bool {
	return t == timeType || t == durationType || t == intervalType || t.Implements(valuerType)
}

// GoFields are the fields of a struct type that stand for columns: the exported ones, those of embedded structs as if
// they were the struct's own, as in Go, and none tagged `kiln:"-"`. An embedded struct with a tag is a column itself. A type
// that has fields, but none that can be seen, is ENCODER_NOT_FOUND.
func GoFields(t reflect.Type) ([]GoField, error) {
	if known, ok := goFields.Load(t); ok {
		return known.([]GoField), nil
	}
	var fields []GoField
	var closed [][]int // embedded structs whose fields are not the struct's own
	for _, f := range reflect.VisibleFields(t) {
		if within(f.Index, closed) {
			continue
		}
		tag, tagged := f.Tag.Lookup("kiln")
		inner := f.Type
		if inner.Kind() == reflect.Pointer {
			inner = inner.Elem()
		}
		if f.Anonymous && inner.Kind() == reflect.Struct && !tagged && !IsGoLeaf(inner) {
			if f.Type.Kind() == reflect.Pointer && !f.IsExported() {
				closed = append(closed, f.Index) // nobody but its package can fill it
			}
			continue
		}
		if f.Anonymous {
			closed = append(closed, f.Index)
		}
		if tag == "-" || !f.IsExported() {
			continue
		}
		if !tagged || tag == "" {
			tag = f.Name
		}
		fields = append(fields, GoField{Name: tag, Type: f.Type, Index: f.Index, Optional: optional(t, f.Index)})
	}
	if len(fields) == 0 && t.NumField() > 0 {
		return nil, diag.New("ENCODER_NOT_FOUND", "typeName", t.String()+", a struct without exported fields,")
	}
	goFields.Store(t, fields)
	return fields, nil
}

func within(index []int, closed [][]int) bool {
	for _, c := range closed {
		if len(index) > len(c) && equalInts(index[:len(c)], c) {
			return true
		}
	}
	return false
}

func equalInts(a, b []int) bool {
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

// optional reports whether there is a pointer on the way to a promoted field.
func optional(t reflect.Type, index []int) bool {
	for _, i := range index[:len(index)-1] {
		if t = t.Field(i).Type; t.Kind() == reflect.Pointer {
			return true
		}
	}
	return false
}

// GoType is the Spark type of values of a Go type, by the rules of FromGo, but where those ask for the value: int and uint32
// are bigint, uint and uint64 decimal(20,0). Pointers, slices and maps may be null. A type that contains itself is
// CIRCULAR_CLASS_REFERENCE, one that has no Spark type ENCODER_NOT_FOUND.
func GoType(t reflect.Type) (Type, bool, error) { return (&goTyper{}).typeOf(t, t.String()) }

// goTyper walks a Go type and knows the types above it.
type goTyper struct{ above []reflect.Type }

func (g *goTyper) typeOf(t reflect.Type, path string) (Type, bool, error) {
	switch {
	case t == timeType:
		return TimestampType, false, nil
	case t == durationType:
		return DayTimeType(FieldDay, FieldSecond), false, nil
	case t == intervalType:
		return CalendarType, false, nil
	case t.Implements(typedValuerType) && t.Kind() != reflect.Pointer:
		return reflect.Zero(t).Interface().(TypedValuer).SparkType(), false, nil
	case t.Implements(valuerType) && t.Kind() != reflect.Pointer:
		return Type{}, false, diag.New("ENCODER_NOT_FOUND", "typeName", t.String()+", whose values differ in type,")
	}
	if scalar, ok := goScalars[t.Kind()]; ok {
		return scalar, false, nil
	}
	for _, a := range g.above {
		if a == t {
			return Type{}, false, diag.New("CIRCULAR_CLASS_REFERENCE", "t", t.String()+" at "+path)
		}
	}
	g.above = append(g.above, t)
	defer func() { g.above = g.above[:len(g.above)-1] }()
	switch t.Kind() {
	case reflect.Pointer:
		inner, _, err := g.typeOf(t.Elem(), path)
		return inner, true, err
	case reflect.Slice, reflect.Array:
		null := t.Kind() == reflect.Slice
		if t.Elem().Kind() == reflect.Uint8 {
			return BinaryType, null, nil
		}
		elem, elemNull, err := g.typeOf(t.Elem(), path+"[]")
		return ArrayType(elem, elemNull), null, err
	case reflect.Map:
		key, _, err := g.typeOf(t.Key(), path+"[]")
		if err != nil {
			return Type{}, false, err
		}
		elem, null, err := g.typeOf(t.Elem(), path+"[]")
		return MapType(key, elem, null), true, err
	case reflect.Struct:
		return g.structOf(t, path)
	}
	what := t.String()
	if strings.ContainsAny(path, ".[") && path != what {
		what += " of " + path
	}
	return Type{}, false, diag.New("ENCODER_NOT_FOUND", "typeName", what)
}

var goScalars = map[reflect.Kind]Type{
	reflect.Bool: BooleanType, reflect.Int8: ByteType, reflect.Int16: ShortType, reflect.Int32: IntType, reflect.Int: LongType, reflect.Int64: LongType,
	reflect.Uint8: ShortType, reflect.Uint16: IntType, reflect.Uint32: LongType, reflect.Uint: DecimalType(20, 0), reflect.Uint64: DecimalType(20, 0),
	reflect.Float32: FloatType, reflect.Float64: DoubleType, reflect.String: StringType,
}

func (g *goTyper) structOf(t reflect.Type, path string) (Type, bool, error) {
	fields, err := GoFields(t)
	if err != nil {
		return Type{}, false, err
	}
	out := make([]Field, len(fields))
	for i, f := range fields {
		ft, null, err := g.typeOf(f.Type, path+"."+t.FieldByIndex(f.Index).Name)
		if err != nil {
			return Type{}, false, err
		}
		out[i] = Field{Name: f.Name, Type: ft, Nullable: null || f.Optional}
	}
	return StructType(out...), false, nil
}
