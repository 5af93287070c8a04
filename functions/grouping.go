package functions

// Grouping is the SQL function grouping. Returns 1 in the rows of a Rollup or Cube in which column is aggregated over, and 0 in
// those of a group of its values.
//   - column - one of the columns that are grouped by
func Grouping(column any) Column { return Call("grouping", column) }

// GroupingId is the SQL function grouping_id. Returns the values of Grouping of all columns as the bits of one bigint, the first
// column's the highest.
//   - columns - the columns that are grouped by, in their order; none means all of them
func GroupingId(columns ...any) Column { return Call("grouping_id", columns...) }

// BitwiseNot is the SQL operator ~. Returns a number with all bits the other way round.
//   - number - an integer
func BitwiseNot(number any) Column { return call(true, "~", number) }
