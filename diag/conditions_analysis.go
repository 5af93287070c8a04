package diag

var analysisConditions = map[string]Condition{
	"UNRESOLVED_COLUMN.WITH_SUGGESTION":       {"42703", "A column, variable, or function parameter with name <objectName> cannot be resolved. Did you mean one of the following? [<proposal>]."},
	"UNRESOLVED_COLUMN.WITHOUT_SUGGESTION":    {"42703", "A column, variable, or function parameter with name <objectName> cannot be resolved."},
	"AMBIGUOUS_REFERENCE":                     {"42704", "Reference <name> is ambiguous, could be: <referenceNames>."},
	"TABLE_OR_VIEW_NOT_FOUND":                 {"42P01", "The table or view <relationName> cannot be found. Verify the spelling and correctness of the schema and catalog."},
	"UNRESOLVED_ROUTINE":                      {"42883", "Cannot resolve routine <routineName> on search path <searchPath>."},
	"DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE": {"42K09", "Cannot resolve <sqlExpr> due to data type mismatch: The <paramIndex> parameter requires the <requiredType> type, however <inputSql> has the type <inputType>."},
	"DATATYPE_MISMATCH.BINARY_OP_DIFF_TYPES":  {"42K09", "Cannot resolve <sqlExpr> due to data type mismatch: the left and right operands of the binary operator have incompatible types (<left> and <right>)."},
}
