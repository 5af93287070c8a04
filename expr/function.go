package expr

import (
	"github.com/kilnql/kiln/diag"
	"github.com/kilnql/kiln/types"
	"github.com/kilnql/kiln/vector"
)

// NullPolicy says how a function treats null arguments.
type NullPolicy uint8

const (
	// NullPropagating: the result is null exactly where an argument is, or where the kernel makes it null; the kernel
	// never looks at argument validity.
	NullPropagating NullPolicy = iota
	// NullAware: the kernel reads validity and writes the result's.
	NullAware
)

// Function describes a scalar, generator or window function. One value exists for each entry of builtin's table.
type Function struct {
	Name             string
	Aliases          []string
	Nulls            NullPolicy
	NonDeterministic bool
	// Stateful functions (rand, row ids) see a partition's morsels in order.
	Stateful bool
	// Generator functions (explode) give several rows for one; Window functions (row_number) need OVER.
	Generator, Window bool
	// Bind gives the call a type and a kernel, inserting casts, or rewrites it into other expressions.
	// Arguments are bound; named arguments are already in place.
	Bind func(c *BindContext, args []Expr) (Expr, error)
	Doc  Doc
	// Print is how Spark shows a call in the name of an unnamed column; nil stands for name(arguments). It may change c.
	Print func(c *PrintedCall) string
	// Parameters are those that a call can name, f(name => value), in their order; nil for most functions, whose calls cannot.
	Parameters []NamedParameter
	// Lambda gives the parameters of the lambda that is argument at, when the arguments before it are args; nil where no lambda
	// may stand. A function that takes none has no Lambda.
	Lambda func(at int, args []Expr, rules types.Coercion) []LambdaParameter
	// Syntax functions are what a piece of syntax means (IS TRUE, LIKE ANY, a subscript): queries cannot call them by name.
	Syntax bool
}

// NamedParameter is a parameter that a call can name. Default is its value where it is left out, nil if it must be given.
type NamedParameter struct {
	Name    string
	Default *Literal
}

// LambdaParameter is what a lambda gets for one of its parameters.
type LambdaParameter struct {
	Type     types.Type
	Nullable bool
}

// Doc is the documentation of a function; each example's Result is what Spark prints for it.
type Doc struct {
	Group    string // such as "string_funcs", Spark's group names
	Usage    string // one sentence or two
	Args     []string
	Examples []Example
	Since    string
}

// Example is a query and its result as Spark's Hive-style output: columns split by tabs, rows by newlines.
type Example struct{ SQL, Result string }

// BindContext is what binding a call may use.
type BindContext struct {
	Settings *Settings
	Span     diag.Span
	// Name is the name as the user wrote it.
	Name string
	// NextInstance numbers non-deterministic calls.
	NextInstance func() int32
	// Cast casts e to t with the session's mode (implicit casts).
	Cast func(e Expr, t types.Type) (Expr, error)
}

// KernelContext is what a kernel may use besides its arguments. One exists for each instruction of each worker.
type KernelContext struct {
	Settings *Settings
	Span     diag.Span
	Type     types.Type // of the result
	ArgTypes []types.Type
	// State is the kernel's own: a compiled pattern, a buffer. It is nil at first and kept between calls.
	State any
	// Partition is the number of the partition the chunk belongs to; RowBase counts its rows before the chunk.
	Partition int32
	RowBase   int64
	// Scratch is a byte buffer for building strings.
	Scratch []byte
	// Lambdas evaluate those arguments that are lambdas; nil for the others. The kernel's args hold nil for a lambda.
	Lambdas []LambdaFunc
	// Budget is what kernels ask that may make much of little, or work long on a row; it may be nil.
	Budget *Budget
}

// LambdaFunc evaluates the body of a lambda for n elements: params are its parameters' values (flat or constant, n rows
// each, in the order of Lambda.Params) and rows[i] is the row of the chunk that element i belongs to, for the columns that the
// body captures. The result is flat, in the widest layout, and is good until the next call.
type LambdaFunc func(params []*vector.Vector, rows []int32, n int) (*vector.Vector, error)

// Kernel computes a function for rows: those of sel, or 0 … out.Len-1 if sel is nil. Arguments are flat or constant
// vectors in the widest layout of their types. out is flat with room for out.Len values; for a NullPropagating
// function its validity is already the intersection of the arguments' and sel holds only rows that are not null when
// the call can fail; the kernel may make more rows null with out.SetNull. Rows outside sel are left unspecified.
// An error concerns a row of sel.
type Kernel func(c *KernelContext, args []*vector.Vector, sel vector.Selection, out *vector.Vector) error

// AggregateFunction describes an aggregate function.
type AggregateFunction struct {
	Name    string
	Aliases []string
	// IgnoresOrder is true when the order of rows cannot change the result.
	IgnoresOrder bool
	// IgnoresDuplicates is true when DISTINCT changes nothing (min, max).
	IgnoresDuplicates bool
	// Bind resolves types and the kernel, inserting casts, or rewrites into expressions over other aggregates.
	Bind func(c *BindContext, args []Expr, distinct bool) (Expr, error)
	Doc  Doc
	// Print is how Spark shows a call in the name of an unnamed column; nil stands for name(arguments). It may change c.
	Print func(c *PrintedCall) string
}

// Groups says where the aggregate states of a chunk's rows are: the state of row i starts at
// Base[Rows[i]*Stride+Offset]. Rows nil means that all rows belong to the one state at Base[Offset].
type Groups struct {
	Base   []byte
	Rows   []uint32 // indexed by row of the chunk, valid for selected rows
	Stride int
	Offset int
}

// State returns the state bytes (size long) of chunk row i.
func (g *Groups) State(i, size int) []byte {
	at := g.Offset
	if g.Rows != nil {
		at += int(g.Rows[i]) * g.Stride
	}
	return g.Base[at : at+size : at+size]
}

// BlobStore keeps the parts of aggregate states that do not fit a fixed size. A state holds a blob's number
// (8 bytes); number 0 is "none yet".
type BlobStore struct {
	Blobs []any
	// Bytes is an estimate of the memory the blobs hold, kept up to date by the kernels that own them.
	Bytes int64
}

// New stores a blob and returns its number.
func (s *BlobStore) New(blob any) uint64 {
	if len(s.Blobs) == 0 {
		s.Blobs = append(s.Blobs, nil)
	}
	s.Blobs = append(s.Blobs, blob)
	return uint64(len(s.Blobs) - 1)
}

// Get returns a blob.
func (s *BlobStore) Get(n uint64) any { return s.Blobs[n] }

// AggregateContext is what an aggregate kernel may use besides states and arguments.
type AggregateContext struct {
	Settings *Settings
	Span     diag.Span
	Blobs    *BlobStore // of the states being updated, or of dst when merging
	Type     types.Type
	ArgTypes []types.Type
	// Order is the position of the chunk in its input, for first, last and collect_list: states that depend on order
	// keep it and Merge decides by it. Row i of the chunk has order Order+i.
	Order int64
	State any
}

// AggregateKind names the aggregates that the compiler has fused multi-aggregate instructions for.
type AggregateKind uint8

// The kinds. OtherAggregate goes through the kernel's functions only.
const (
	OtherAggregate AggregateKind = iota
	CountAggregate               // count(*) and count(x): state int64
	SumAggregate                 // state: float64 (Size 16), Int128 (24) or 192-bit (32) sum, then int64 count of values
	MinAggregate                 // state: value, then one byte "seen"
	MaxAggregate
	AvgAggregate // same state as sum
)

// AggregateKernel is the implementation of an aggregate for given argument types. Its state is Size bytes (a multiple
// of 8), all zero at first, without Go pointers.
type AggregateKernel struct {
	Kind AggregateKind
	Size int
	// Blob is set when the state refers to a blob; then Encode and Decode are needed to spill, and to move states.
	Blob bool
	// Update adds the rows of sel to their groups' states. Arguments are flat or constant, in the widest layouts, and
	// may have nulls. Rows filtered out are not in sel.
	Update func(c *AggregateContext, g *Groups, args []*vector.Vector, sel vector.Selection, n int) error
	// Merge adds state src (blobs in srcBlobs) to dst (blobs in c.Blobs).
	Merge func(c *AggregateContext, dst, src []byte, srcBlobs *BlobStore) error
	// Final writes the result of n states into out (flat, room for n): state i starts at Base[Rows[i]*Stride+Offset],
	// or at Base[i*Stride+Offset] if Rows is nil.
	Final func(c *AggregateContext, g *Groups, n int, out *vector.Vector) error
	// Encode appends the blob of a state to b; Decode restores it into a copy of that state, whose blob numbers are those of
	// another store: it replaces them, wherever they stand, and keeps the rest.
	Encode func(c *AggregateContext, state []byte, b []byte) ([]byte, error)
	Decode func(c *AggregateContext, state []byte, b []byte) error
}
