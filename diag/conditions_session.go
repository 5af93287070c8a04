package diag

var sessionConditions = map[string]Condition{
	"DATA_SOURCE_NOT_FOUND": {"42K02", "Failed to find the data source: <provider>. Make sure the provider name is correct and the package is properly registered and compatible with your version."},
	"UNBOUND_SQL_PARAMETER": {"42P02", "Found the unbound parameter: <name>. Please, fix `args` and provide a mapping of the parameter to either a SQL literal or collection constructor functions such as `map()`, `array()`, `struct()`."},
}
