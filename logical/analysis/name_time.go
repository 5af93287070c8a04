package analysis

// castNames are types that may be written as functions. Spark makes casts of them, which it does not show in names.
var castNames = map[string]bool{"boolean": true, "tinyint": true, "smallint": true, "int": true, "bigint": true, "float": true, "double": true,
	"decimal": true, "date": true, "timestamp": true, "binary": true, "string": true}

// timeName is the name and the arguments that Spark shows for a call of a function over dates and times that the parser
// or the analysis replaces by another.
func timeName(name string, args []string) (string, []string) {
	switch name {
	case "dateadd", "date_add":
		if len(args) == 3 {
			name = "timestampadd"
		}
	case "datediff", "date_diff", "timediff":
		if len(args) == 3 {
			name = "timestampdiff"
		}
	case "curdate":
		name = "current_date"
	case "convert_timezone":
		if len(args) == 2 {
			args = append([]string{"current_timezone()"}, args...)
		}
	}
	return name, args
}
