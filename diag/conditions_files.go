package diag

var fileConditions = map[string]Condition{
	"PATH_NOT_FOUND": {"42K03", "Path does not exist: <path>."},
	"FAILED_READ_FILE.CANNOT_READ_FILE_FOOTER":           {"KD001", "Encountered error while reading file <path>. Could not read footer. Please ensure that the file is in either ORC or Parquet format. If not, please convert it to a valid format. If the file is in the valid format, please check if it is corrupt. If it is, you can choose to either ignore it or fix the corruption. <reason>"},
	"FAILED_READ_FILE.NO_HINT":                           {"KD001", "Encountered error while reading file <path>. <reason>"},
	"FAILED_READ_FILE.DAMAGED_COLUMN":                    {"KD001", "Encountered error while reading file <path>. Column <column>: <reason>"},
	"FAILED_READ_FILE.FILE_NOT_EXIST":                    {"KD001", "Encountered error while reading file <path>. File does not exist. It is possible the underlying files have been updated."},
	"FAILED_READ_FILE.PARQUET_COLUMN_DATA_TYPE_MISMATCH": {"KD001", "Encountered error while reading file <path>. Data type mismatches when reading Parquet column <column>. Expected Spark type <expectedType>, actual Parquet type <actualType>."},
	"CANNOT_MERGE_SCHEMAS":                               {"42KD9", "Failed merging schemas:\nInitial schema:\n<left>\nSchema that cannot be merged with the initial schema:\n<right>."},
	"CONFLICTING_PARTITION_COLUMN_NAMES":                 {"KD009", "Conflicting partition column names detected:\n<distinctPartColLists>\nFor partitioned table directories, data files should only live in leaf directories.\nAnd directories at the same level should have the same partition column name.\nPlease check the following directories for unexpected files or inconsistent partition column names:\n<suspiciousPaths>"},
	"CONFLICTING_DIRECTORY_STRUCTURES":                   {"KD009", "Conflicting directory structures detected.\nSuspicious paths:\n<discoveredBasePaths>\nIf provided paths are partition directories, please set \"basePath\" in the options of the data source to specify the root directory of the table.\nIf there are multiple root directories, please load them separately and then union them."},
	"INVALID_PARTITION_VALUE":                            {"42846", "Failed to cast value <value> to data type <dataType> for partition column <columnName>. Ensure the value matches the expected data type for this partition column."},
	"UNABLE_TO_INFER_SCHEMA":                             {"42KD9", "Unable to infer schema for <format>. It must be specified manually."},
	"FILE_ACCESS_DENIED":                                 {"42501", "Access to <path> is not allowed by <setting>."},
}
