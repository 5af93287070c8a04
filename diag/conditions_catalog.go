package diag

var catalogConditions = map[string]Condition{
	"SCHEMA_NOT_FOUND":                  {"42704", "The schema <schemaName> cannot be found. Verify the spelling and correctness of the schema and catalog."},
	"TEMP_TABLE_OR_VIEW_ALREADY_EXISTS": {"42P07", "Cannot create the temporary view <relationName> because it already exists."},
	"VIEW_NOT_FOUND":                    {"42P01", "The view <relationName> cannot be found. Verify the spelling and correctness of the schema and catalog."},
}
