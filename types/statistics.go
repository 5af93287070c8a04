package types

// Range bounds the values of an integer-like expression (integers, dates, timestamps, intervals, unscaled decimals
// up to 18 digits). Known false means nothing is proven.
type Range struct {
	Known    bool
	Min, Max int64
}

// ColumnStatistics is what is known of a column's values without reading them.
type ColumnStatistics struct {
	// Min and Max are values in the Go forms of this package, nil if unknown; strings may be cut (a lower bound and an
	// upper bound), then MinMaxExact is false.
	Min, Max    any
	MinMaxExact bool
	NullCount   int64   // -1: unknown
	Distinct    float64 // estimate; 0: unknown
	NaNFree     bool    // floats: proven to hold no NaN
	// AverageLength is the mean number of bytes of a string; 0: unknown.
	AverageLength float64
}
