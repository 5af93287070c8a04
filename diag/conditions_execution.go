package diag

var executionConditions = map[string]Condition{
	"DIVIDE_BY_ZERO":                {"22012", "Division by zero. Use `try_divide` to tolerate divisor being 0 and return NULL instead. If necessary set <config> to \"false\" to bypass this error."},
	"ARITHMETIC_OVERFLOW":           {"22003", "<message>.<alternative> If necessary set <config> to \"false\" to bypass this error."},
	"CAST_INVALID_INPUT":            {"22018", "The value <expression> of the type <sourceType> cannot be cast to <targetType> because it is malformed. Correct the value as per the syntax, or change its target type. Use `try_cast` to tolerate malformed input and return NULL instead."},
	"CAST_OVERFLOW":                 {"22003", "The value <value> of the type <sourceType> cannot be cast to <targetType> due to an overflow. Use `try_cast` to tolerate overflow and return NULL instead."},
	"SCALAR_SUBQUERY_TOO_MANY_ROWS": {"21000", "More than one row returned by a subquery used as an expression."},
	"OUT_OF_MEMORY":                 {"53200", "The query needs <requested> more than its memory limit of <limit>. Largest consumers: <consumers>."},
	"OPERATION_CANCELED":            {"HY008", "Operation has been canceled."},
	"SPILL_FAILED":                  {"58030", "Could not write or read a spill file in <directory>: <reason>."},
}
