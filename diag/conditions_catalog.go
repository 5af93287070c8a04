package diag

var catalogConditions = map[string]Condition{
	"COLUMN_NOT_FOUND": {"42703", "The column <colName> cannot be found. Verify the spelling and correctness of the column name according to the SQL config <caseSensitiveConfig>."},
	"CREATE_VIEW_COLUMN_ARITY_MISMATCH.NOT_ENOUGH_DATA_COLUMNS": {"21S01", "Cannot create view <viewName>, the reason is not enough data columns: View columns: <viewColumns>. Data columns: <dataColumns>."},
	"CREATE_VIEW_COLUMN_ARITY_MISMATCH.TOO_MANY_DATA_COLUMNS":   {"21S01", "Cannot create view <viewName>, the reason is too many data columns: View columns: <viewColumns>. Data columns: <dataColumns>."},
	"INVALID_INTERVAL_FORMAT.TIMEZONE_INTERVAL_OUT_OF_RANGE":    {"22006", "Error parsing <input> to interval. Please ensure that the value provided is in a valid format for defining an interval. The interval value must be in the range of [-18, +18] hours with second precision."},
	"SCHEMA_NOT_FOUND":                  {"42704", "The schema <schemaName> cannot be found. Verify the spelling and correctness of the schema and catalog."},
	"TEMP_TABLE_OR_VIEW_ALREADY_EXISTS": {"42P07", "Cannot create the temporary view <relationName> because it already exists."},
	"VIEW_NOT_FOUND":                    {"42P01", "The view <relationName> cannot be found. Verify the spelling and correctness of the schema and catalog."},
}
