package parquet

import (
	"fmt"
	"strings"

	"github.com/kilnql/kiln/types"
	"github.com/parquet-go/parquet-go/deprecated"
	"github.com/parquet-go/parquet-go/format"
)

// nodeKind is the shape of a schema node.
type nodeKind uint8

const (
	leafNode nodeKind = iota
	structNode
	listNode
	mapNode
)

// node is a field of a file's schema with the type kiln gives it. Levels: a value of the node is not null where the
// definition level is at least definition; for a list or map, an element exists where it is at least elementDefinition,
// and repetition level elementRepetition means "a further element of the same list".
type node struct {
	name              string
	kind              nodeKind
	typ               types.Type
	optional          bool
	definition        uint8
	repetition        uint8 // the repetition level of the innermost repeated ancestor or self
	elementDefinition uint8
	elementRepetition uint8
	children          []*node // struct: fields; list: the element; map: key, value
	firstLeaf         int     // ordinals of the leaves below: [firstLeaf, endLeaf)
	endLeaf           int
	element           *format.SchemaElement
	path              string // dotted, for messages
	form              leafForm
	unsupported       string // why the node cannot be read; "" if it can
}

// leafForm is how the physical values of a leaf stand for values of its type.
type leafForm uint8

const (
	formPlain        leafForm = iota // as they are: booleans, integers, floats, strings, binary, dates, microseconds
	formUnsigned                     // integers read without sign
	formDecimal                      // unscaled integers, little-endian in INT32 and INT64, big-endian in byte arrays
	formMillis                       // timestamps and times in milliseconds
	formNanos                        // in nanoseconds
	formInt96                        // Impala's timestamps: nanoseconds of the day and Julian day
	formHalf                         // 16-bit floats
	formUUID                         // 16 bytes that read as text
	formHiveInterval                 // months, days, milliseconds
	formNull                         // always null
)

// maximumLevel bounds nesting; levels are kept in bytes.
const maximumLevel = 250

type schemaReader struct {
	elements []format.SchemaElement
	at       int
	leaves   []*node
	options  *Options
}

// readSchema builds the tree of a footer's schema. Its root is a struct node.
func readSchema(elements []format.SchemaElement, o *Options) (root *node, leaves []*node, err error) {
	if len(elements) == 0 {
		return nil, nil, fmt.Errorf("the schema is empty")
	}
	r := &schemaReader{elements: elements, at: 1, options: o}
	count := elements[0].NumChildren.V
	root = &node{name: elements[0].Name, kind: structNode, element: &elements[0]}
	if err := r.readChildren(root, int(count), 0); err != nil {
		return nil, nil, err
	}
	if r.at != len(elements) {
		return nil, nil, fmt.Errorf("the schema has %d elements that belong to nothing", len(elements)-r.at)
	}
	root.endLeaf = len(r.leaves)
	root.typ = structTypeOf(root.children)
	return root, r.leaves, nil
}

func structTypeOf(children []*node) types.Type {
	fields := make([]types.Field, len(children))
	for i, c := range children {
		fields[i] = types.Field{Name: c.name, Type: c.typ, Nullable: true}
	}
	return types.StructType(fields...)
}

func (r *schemaReader) readChildren(parent *node, count, depth int) error {
	if count < 0 || count > len(r.elements)-r.at {
		return fmt.Errorf("the schema node %s claims %d children", parent.name, count)
	}
	for range count {
		c, err := r.read(parent, depth+1)
		if err != nil {
			return err
		}
		parent.children = append(parent.children, c)
	}
	return nil
}

// read reads the next element and what is below it.
func (r *schemaReader) read(parent *node, depth int) (*node, error) {
	if r.at >= len(r.elements) || depth > maximumLevel/2 {
		return nil, fmt.Errorf("the schema ends inside a group or is nested too deeply")
	}
	e := &r.elements[r.at]
	r.at++
	n := &node{name: e.Name, element: e, definition: parent.definition, repetition: parent.repetition, firstLeaf: len(r.leaves), path: e.Name}
	if parent.path != "" {
		n.path = parent.path + "." + e.Name
	}
	repeated := e.RepetitionType.V == format.Repeated
	switch {
	case repeated:
		n.definition++
		n.repetition++
	case e.RepetitionType.V == format.Optional:
		n.optional = true
		n.definition++
	}
	if e.Type.Valid && e.NumChildren.V == 0 {
		n.kind = leafNode
		typeOfLeaf(n, r.options)
		r.leaves = append(r.leaves, n)
	} else {
		n.kind = structNode
		if err := r.readChildren(n, int(e.NumChildren.V), depth); err != nil {
			return nil, err
		}
		shapeGroup(n)
	}
	n.endLeaf = len(r.leaves)
	if repeated && !r.insideList(parent) {
		return wrapRepeated(n), nil
	}
	return n, nil
}

// insideList reports whether a repeated child of parent is the body of an annotated list or map, which shapeGroup handles.
func (r *schemaReader) insideList(parent *node) bool {
	return parent.element != nil && isListOrMap(parent.element) && parent.element.NumChildren.V == 1
}

func isListOrMap(e *format.SchemaElement) bool { return isList(e) || isMap(e) }

func isList(e *format.SchemaElement) bool {
	_, ok := e.LogicalType.Value.(*format.ListType)
	return ok || e.ConvertedType.Valid && e.ConvertedType.V == deprecated.List
}

func isMap(e *format.SchemaElement) bool {
	_, ok := e.LogicalType.Value.(*format.MapType)
	return ok || e.ConvertedType.Valid && (e.ConvertedType.V == deprecated.Map || e.ConvertedType.V == deprecated.MapKeyValue)
}

// shapeGroup turns a group into a list or map if it is annotated so, following the format's rules for old writers.
func shapeGroup(n *node) {
	n.typ = structTypeOf(n.children)
	if len(n.children) != 1 || n.children[0].element.RepetitionType.V != format.Repeated || !isListOrMap(n.element) {
		return
	}
	body := n.children[0]
	// A map whose entries are not a key and a value is read as a list of what is there.
	if isMap(n.element) && body.kind == structNode && len(body.children) == 2 {
		n.kind, n.children = mapNode, body.children
		n.elementDefinition, n.elementRepetition = body.definition, body.repetition
		n.typ = types.MapType(body.children[0].typ, body.children[1].typ, true)
		return
	}
	element := body
	if !isMap(n.element) && !isElement(body, n.name) {
		element = body.children[0]
	}
	n.kind, n.children = listNode, []*node{element}
	n.elementDefinition, n.elementRepetition = body.definition, body.repetition
	n.typ = types.ArrayType(element.typ, true)
}

// isElement decides whether the repeated field of a list is its element (old writers) or a group around it.
func isElement(body *node, listName string) bool {
	return body.kind != structNode || len(body.children) != 1 || body.name == "array" || body.name == listName+"_tuple"
}

// wrapRepeated makes a list of a repeated field that stands outside any annotated list.
func wrapRepeated(n *node) *node {
	return &node{name: n.name, kind: listNode, typ: types.ArrayType(n.typ, true), definition: n.definition - 1, repetition: n.repetition - 1,
		elementDefinition: n.definition, elementRepetition: n.repetition, children: []*node{n}, firstLeaf: n.firstLeaf, endLeaf: n.endLeaf,
		element: n.element, path: n.path}
}

// typeOfLeaf sets the type and form of a leaf, or why it cannot be read.
func typeOfLeaf(n *node, o *Options) {
	e := n.element
	logical := e.LogicalType.Value
	if _, ok := logical.(*format.NullType); ok {
		n.typ, n.form = typeOfNulls(e.Type.V), formNull
		return
	}
	switch e.Type.V {
	case format.Boolean:
		n.typ = types.BooleanType
	case format.Int32:
		typeOfInt32(n, e, logical)
	case format.Int64:
		typeOfInt64(n, e, logical)
	case format.Int96:
		n.typ, n.form = types.TimestampType, formInt96
	case format.Float:
		n.typ = types.FloatType
	case format.Double:
		n.typ = types.DoubleType
	case format.ByteArray:
		typeOfBytes(n, e, logical, o)
	case format.FixedLenByteArray:
		typeOfFixed(n, e, logical)
	default:
		n.reject(fmt.Sprintf("physical type %d", e.Type.V))
	}
}

// typeOfNulls is the type of a column annotated as always null: that of its physical type, as Spark has it.
func typeOfNulls(physical format.Type) types.Type {
	switch physical {
	case format.Boolean:
		return types.BooleanType
	case format.Int32:
		return types.IntType
	case format.Int64:
		return types.LongType
	case format.Float:
		return types.FloatType
	case format.Double:
		return types.DoubleType
	case format.ByteArray, format.FixedLenByteArray:
		return types.BinaryType
	}
	return types.VoidType
}

func (n *node) reject(why string) { n.typ, n.unsupported = types.BinaryType, why }

func (n *node) decimal(e *format.SchemaElement, logical format.LogicalTypeValue) bool {
	precision, scale := e.Precision.V, e.Scale.V
	if d, ok := logical.(*format.DecimalType); ok {
		precision, scale = d.Precision, d.Scale
	} else if !e.ConvertedType.Valid || e.ConvertedType.V != deprecated.Decimal {
		return false
	}
	if precision < 1 || precision > types.MaxPrecision || scale < 0 || scale > precision {
		n.reject(fmt.Sprintf("decimal(%d,%d)", precision, scale))
		return true
	}
	n.typ, n.form = types.DecimalType(int(precision), int(scale)), formDecimal
	return true
}

// converted is the old annotation, or -1.
func converted(e *format.SchemaElement) deprecated.ConvertedType {
	if !e.ConvertedType.Valid {
		return -1
	}
	return e.ConvertedType.V
}

func typeOfInt32(n *node, e *format.SchemaElement, logical format.LogicalTypeValue) {
	if n.decimal(e, logical) {
		return
	}
	n.typ = types.IntType
	switch t := logical.(type) {
	case *format.IntType:
		typeOfInteger(n, int(t.BitWidth), t.IsSigned)
		return
	case *format.DateType:
		n.typ = types.DateType
		return
	case *format.TimeType:
		n.typ, n.form = timeType, formMillis
		return
	}
	switch converted(e) {
	case deprecated.Int8:
		typeOfInteger(n, 8, true)
	case deprecated.Int16:
		typeOfInteger(n, 16, true)
	case deprecated.Uint8:
		typeOfInteger(n, 8, false)
	case deprecated.Uint16:
		typeOfInteger(n, 16, false)
	case deprecated.Uint32:
		typeOfInteger(n, 32, false)
	case deprecated.Date:
		n.typ = types.DateType
	case deprecated.TimeMillis:
		n.typ, n.form = timeType, formMillis
	}
}

// timeType is what a time of day reads as, Spark having no such type: the interval since midnight.
var timeType = types.DayTimeType(types.FieldHour, types.FieldSecond)

// typeOfInteger gives unsigned integers the next wider type, as Spark does.
func typeOfInteger(n *node, width int, signed bool) {
	if signed {
		switch width {
		case 8:
			n.typ = types.ByteType
		case 16:
			n.typ = types.ShortType
		case 32:
			n.typ = types.IntType
		default:
			n.typ = types.LongType
		}
		return
	}
	n.form = formUnsigned
	switch width {
	case 8:
		n.typ = types.ShortType
	case 16:
		n.typ = types.IntType
	case 32:
		n.typ = types.LongType
	default:
		n.typ = types.DecimalType(20, 0)
	}
}

func typeOfInt64(n *node, e *format.SchemaElement, logical format.LogicalTypeValue) {
	if n.decimal(e, logical) {
		return
	}
	n.typ = types.LongType
	switch t := logical.(type) {
	case *format.IntType:
		typeOfInteger(n, int(t.BitWidth), t.IsSigned)
		return
	case *format.TimestampType:
		n.typ = types.TimestampNTZType
		if t.IsAdjustedToUTC {
			n.typ = types.TimestampType
		}
		n.form = formOfUnit(t.Unit)
		return
	case *format.TimeType:
		n.typ, n.form = timeType, formOfUnit(t.Unit)
		return
	}
	switch converted(e) {
	case deprecated.Uint64:
		typeOfInteger(n, 64, false)
	case deprecated.TimestampMillis:
		n.typ, n.form = types.TimestampType, formMillis
	case deprecated.TimestampMicros:
		n.typ = types.TimestampType
	case deprecated.TimeMicros:
		n.typ = timeType
	}
}

func formOfUnit(u format.TimeUnit) leafForm {
	switch u.Value.(type) {
	case *format.MilliSeconds:
		return formMillis
	case *format.NanoSeconds:
		return formNanos
	}
	return formPlain
}

func typeOfBytes(n *node, e *format.SchemaElement, logical format.LogicalTypeValue, o *Options) {
	if n.decimal(e, logical) {
		return
	}
	n.typ = types.BinaryType
	switch logical.(type) {
	case *format.StringType, *format.EnumType, *format.JsonType:
		n.typ = types.StringType
		return
	case nil:
	default:
		return
	}
	switch converted(e) {
	case deprecated.UTF8, deprecated.Enum, deprecated.Json:
		n.typ = types.StringType
	case -1:
		if o.BinaryAsString {
			n.typ = types.StringType
		}
	}
}

func typeOfFixed(n *node, e *format.SchemaElement, logical format.LogicalTypeValue) {
	width := e.TypeLength.V
	if width < 1 || width > 1<<20 {
		n.reject(fmt.Sprintf("fixed-length byte array of %d bytes", width))
		return
	}
	if n.decimal(e, logical) {
		return
	}
	n.typ = types.BinaryType
	switch logical.(type) {
	case *format.UUIDType:
		if width == 16 {
			n.typ, n.form = types.StringType, formUUID
		}
	case *format.Float16Type:
		if width == 2 {
			n.typ, n.form = types.FloatType, formHalf
		}
	case nil:
		if converted(e) == deprecated.Interval && width == 12 {
			n.typ, n.form = types.CalendarType, formHiveInterval
		}
	}
}

// parquetType names the physical and logical type of a node for messages, such as INT64 (TIMESTAMP(MICROS)).
func (n *node) parquetType() string {
	e := n.element
	if n.kind != leafNode || !e.Type.Valid {
		return "group " + strings.ToUpper(n.typ.String())
	}
	text := e.Type.V.String()
	if text == "BYTE_ARRAY" {
		text = "BINARY" // as Spark names it
	}
	if e.LogicalType.Value != nil {
		return text + " (" + e.LogicalType.String() + ")"
	}
	if e.ConvertedType.Valid {
		return text + " (" + convertedName(e.ConvertedType.V) + ")"
	}
	return text
}

// child finds a field of a struct node by name: the exact spelling first, then, unless names are case-sensitive, any.
func (n *node) child(name string, caseSensitive bool) *node {
	var folded *node
	for _, c := range n.children {
		if c.name == name {
			return c
		}
		if folded == nil && !caseSensitive && strings.EqualFold(c.name, name) {
			folded = c
		}
	}
	return folded
}

var convertedNames = [...]string{"UTF8", "MAP", "MAP_KEY_VALUE", "LIST", "ENUM", "DECIMAL", "DATE", "TIME_MILLIS", "TIME_MICROS", "TIMESTAMP_MILLIS",
	"TIMESTAMP_MICROS", "UINT_8", "UINT_16", "UINT_32", "UINT_64", "INT_8", "INT_16", "INT_32", "INT_64", "JSON", "BSON", "INTERVAL"}

func convertedName(c deprecated.ConvertedType) string {
	if c < 0 || int(c) >= len(convertedNames) {
		return "unknown"
	}
	return convertedNames[c]
}
