// Package configuration is the table of settings, their values and where the values came from: the program, the
// command line, the environment, a file, or the default, in this order of precedence. SET changes a session's copy.
package configuration

import (
	"math"
	"strings"
)

// ValueType is the type of a setting's value.
type ValueType uint8

// The value types. A Size is a number of bytes, such as 512m or 4g.
const (
	Text ValueType = iota
	Bool
	Int
	Size
)

var typeNames = [...]string{"string", "boolean", "int", "bytes"}

// Entry is one setting.
type Entry struct {
	Key     string
	Alias   string // another key for the same value
	Type    ValueType
	Default string
	// Static settings are read when the session opens; SET refuses them.
	Static bool
	Doc    string
}

// The keys that kiln reads. Spark settings keep their names.
const (
	Master               = "kiln.master"
	MemoryLimit          = "kiln.memory.limit"
	QueryMinimum         = "kiln.memory.query.minimum"
	SpillDirectory       = "kiln.spill.directory"
	FilesAllow           = "kiln.files.allow"
	FilesReadOnly        = "kiln.files.readOnly"
	Locked               = "kiln.configuration.locked"
	Fusion               = "kiln.exec.fusion"
	Patterns             = "kiln.exec.patterns"
	CommonSubexpressions = "kiln.exec.commonSubexpressions"
	FusedStages          = "kiln.exec.fusedStages"
	DictionaryEvaluation = "kiln.exec.dictionaryEvaluation"
	NarrowTypes          = "kiln.exec.narrowTypes"
	PerfectArrays        = "kiln.exec.perfectArrays"
	RuntimeFilters       = "kiln.exec.runtimeFilters"
	ChunkSize            = "kiln.exec.chunkSize"
	Profile              = "kiln.exec.profile"
	Optimizer            = "kiln.optimizer.enabled"
	DisabledRules        = "kiln.optimizer.disabledRules"
	Check                = "kiln.optimizer.check"
	PlanCacheSize        = "kiln.plan.cacheSize"
	ANSI                 = "spark.sql.ansi.enabled"
	TimeZone             = "spark.sql.session.timeZone"
	CaseSensitive        = "spark.sql.caseSensitive"
	QuotedIdentifiers    = "spark.sql.ansi.doubleQuotedIdentifiers"
	VariableSubstitution = "spark.sql.variable.substitute"
	ShufflePartitions    = "spark.sql.shuffle.partitions"
	BroadcastThreshold   = "spark.sql.autoBroadcastJoinThreshold"
	MergeSchema          = "spark.sql.parquet.mergeSchema"
	PartitionTypes       = "spark.sql.sources.partitionColumnTypeInference.enabled"
	TimeParserPolicy     = "spark.sql.legacy.timeParserPolicy"
	GroupByOrdinal       = "spark.sql.groupByOrdinal"
	OrderByOrdinal       = "spark.sql.orderByOrdinal"
	GroupByAliases       = "spark.sql.groupByAliases"
	MaxPlanString        = "spark.sql.debug.maxToStringFields"
	TimestampType        = "spark.sql.timestampType"
	ApplicationName      = "spark.app.name"
	MapKeyPolicy         = "spark.sql.mapKeyDedupPolicy"
	PrecisionLoss        = "spark.sql.decimalOperations.allowPrecisionLoss"
	ConcatBinary         = "spark.sql.function.concatBinaryAsString"
	EltBinary            = "spark.sql.function.eltOutputAsString"
	CodingErrors         = "spark.sql.legacy.codingErrorAction"
	JavaCharsets         = "spark.sql.legacy.javaCharsets"
	NegativeIndex        = "spark.sql.legacy.negativeIndexInArrayInsert"
	PercentileDisc       = "spark.sql.legacy.percentileDiscCalculation"
	CountOfNothing       = "spark.sql.legacy.allowParameterlessCount"
	CountOfStar          = "spark.sql.legacy.allowStarWithSingleTableIdentifierInCount"
)

// entries is the table, in the order SET -v shows.
var entries = []Entry{
	{Master, "spark.master", Text, "local[*]", true, "Where queries run: local[N] for N workers in this process, local[*] for one a core."},
	{MemoryLimit, "", Size, "0", true, "Memory that queries and caches of the session may use; 0 takes 80 % of the machine's or control group's memory."},
	{QueryMinimum, "", Size, "4m", true, "Memory reserved for each running query."},
	{SpillDirectory, "spark.local.dir", Text, "", true, "Directory for spilled data; empty is the system's temporary directory."},
	{FilesAllow, "", Text, "", true, "Comma-separated path prefixes that queries may touch; empty allows every path."},
	{FilesReadOnly, "", Bool, "false", true, "Refuse every write to files."},
	{Locked, "", Bool, "false", true, "Refuse SET and RESET."},
	{Fusion, "", Bool, "true", false, "false switches off every specialised path of execution at once: the plain twin that tests compare with."},
	{Patterns, "", Bool, "true", false, "Use fused instructions, such as x*(c-y) and multi-aggregates."},
	{CommonSubexpressions, "", Bool, "true", false, "Compute an expression that occurs twice in a stage once."},
	{FusedStages, "", Bool, "true", false, "Run all operators between two pipeline breakers as one stage; false makes a stage of each operator."},
	{DictionaryEvaluation, "", Bool, "true", false, "Evaluate functions of a dictionary column once for each dictionary entry."},
	{NarrowTypes, "", Bool, "true", false, "Hold columns in the narrowest integers that file statistics prove sufficient."},
	{PerfectArrays, "", Bool, "true", false, "Use arrays indexed by key in place of hash tables where the keys are dense."},
	{RuntimeFilters, "", Bool, "true", false, "Filter the probe side of a join by what its build side holds, down into the scan."},
	{ChunkSize, "", Int, "2048", false, "Rows that a stage works on at a time, 1 to 2048."},
	{Profile, "", Bool, "false", false, "Measure the time of each instruction of each query."},
	{Optimizer, "", Bool, "true", false, "false runs only the rules that queries need to run at all."},
	{DisabledRules, "spark.sql.optimizer.excludedRules", Text, "", false, "Comma-separated names of optimizer rules to leave out."},
	{Check, "", Bool, "false", false, "Verify the plan after each rule of the optimizer."},
	{PlanCacheSize, "", Int, "256", true, "Plans of SQL texts that the session keeps for the next use, and as many parsed texts; 0 keeps none."},
	{ANSI, "", Bool, "true", false, "Errors for overflow, division by zero and bad casts; false gives null or wraps."},
	{TimeZone, "", Text, "", false, "The session's time zone; empty is the machine's."},
	{CaseSensitive, "", Bool, "false", false, "Whether names differ by case."},
	{QuotedIdentifiers, "", Bool, "false", false, "Whether \"x\" is an identifier and not a string."},
	{VariableSubstitution, "", Bool, "true", false, "Put the values of ${key}, ${env:NAME} and their kin into SQL texts before they are parsed."},
	{ShufflePartitions, "", Int, "0", false, "Partitions that Repartition makes when it is given no number; 0 is the number of workers."},
	{BroadcastThreshold, "", Size, "10m", false, "Kept for Spark programs: one process has no need to broadcast; a hint still chooses the build side."},
	{PartitionTypes, "", Bool, "true", false, "Infer the types of partition columns from the names of directories; false leaves them strings."},
	{MergeSchema, "", Bool, "false", false, "Read the columns of all files of a table, merged by name, in place of the first file's."},
	{TimeParserPolicy, "", Text, "CORRECTED", false, "How datetime patterns are read: CORRECTED; LEGACY, as Spark 2 did (Java's SimpleDateFormat); EXCEPTION, an error for what only LEGACY reads."},
	{GroupByOrdinal, "", Bool, "true", false, "GROUP BY 1 means the first item of SELECT."},
	{OrderByOrdinal, "", Bool, "true", false, "ORDER BY 1 means the first item of SELECT."},
	{GroupByAliases, "", Bool, "true", false, "GROUP BY may name an alias of SELECT."},
	{MaxPlanString, "", Int, "25", false, "Kept for Spark programs: plans print all fields."},
	{TimestampType, "", Text, "TIMESTAMP_LTZ", false, "What TIMESTAMP means: TIMESTAMP_LTZ or TIMESTAMP_NTZ."},
	{MapKeyPolicy, "", Text, "EXCEPTION", false, "A key twice in a new map: EXCEPTION is an error, LAST_WIN takes the last value."},
	{PrecisionLoss, "", Bool, "true", false, "Round decimal results that need more than 38 digits; false gives null or an error."},
	{ConcatBinary, "", Bool, "false", false, "concat of binary values gives a string."},
	{EltBinary, "", Bool, "false", false, "elt of binary values gives a string."},
	{CodingErrors, "", Bool, "false", false, "encode and decode replace what a character set cannot say; false is an error."},
	{JavaCharsets, "", Bool, "false", false, "encode and decode take every character set that kiln has, not only Spark's list."},
	{NegativeIndex, "", Bool, "false", false, "array_insert counts negative positions from the place before the last element, as before Spark 3.5."},
	{PercentileDisc, "", Bool, "false", false, "percentile_disc rounds as before Spark 4."},
	{CountOfNothing, "", Bool, "false", false, "Allow count() without an argument."},
	{CountOfStar, "", Bool, "false", false, "Allow count(t.*), which counts rows without a null."},
	{ApplicationName, "", Text, "kiln", true, "Kept for Spark programs: the name of the program, for people."},
}

// bounds are the values that a number may have.
var bounds = map[string]struct{ least, most int64 }{
	MemoryLimit:       {0, math.MaxInt64},
	QueryMinimum:      {0, math.MaxInt64},
	ChunkSize:         {1, 2048},
	PlanCacheSize:     {0, math.MaxInt32},
	ShufflePartitions: {0, math.MaxInt32},
}

// choices are the values that a Text setting may have, in upper case; the case of what is given does not matter.
var choices = map[string][]string{
	TimeParserPolicy: {"CORRECTED", "EXCEPTION", "LEGACY"},
	TimestampType:    {"TIMESTAMP_LTZ", "TIMESTAMP_NTZ"},
	MapKeyPolicy:     {"EXCEPTION", "LAST_WIN"},
}

var byKey = func() map[string]*Entry {
	m := map[string]*Entry{}
	for i := range entries {
		e := &entries[i]
		m[strings.ToLower(e.Key)] = e
		if e.Alias != "" {
			m[strings.ToLower(e.Alias)] = e
		}
	}
	return m
}()

// Entries returns the table of settings, in order.
func Entries() []Entry { return append([]Entry(nil), entries...) }

// Known returns the entry of a key or alias.
func Known(key string) (Entry, bool) {
	e, ok := byKey[strings.ToLower(key)]
	if !ok {
		return Entry{}, false
	}
	return *e, true
}
