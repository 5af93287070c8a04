package diag

var fileConditions = map[string]Condition{
	"PATH_NOT_FOUND":                  {"42K03", "Path does not exist: <path>."},
	"FAILED_READ_FILE.NO_HINT":        {"KD001", "Encountered error while reading file <path>. <reason>"},
	"FAILED_READ_FILE.DAMAGED_COLUMN": {"KD001", "Encountered error while reading file <path>. Column <column>: <reason>"},
	"FILE_ACCESS_DENIED":              {"42501", "Access to <path> is not allowed by <setting>."},
}
