package diag

import "maps"

// Condition is one entry of the table of error conditions. Message holds parameters as <name>.
type Condition struct {
	SQLState string
	Message  string
}

// The table is split by the phase that raises a condition; names, SQLSTATEs and parameters are Spark 4's.
var conditions = merge(parseConditions, analysisConditions, executionConditions, fileConditions, configurationConditions, catalogConditions, sessionConditions)

func merge(tables ...map[string]Condition) map[string]Condition {
	all := map[string]Condition{}
	for _, t := range tables {
		maps.Copy(all, t)
	}
	return all
}

// Conditions returns a copy of the whole table, keyed by condition name.
func Conditions() map[string]Condition { return maps.Clone(conditions) }
