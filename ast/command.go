package ast

import "github.com/kilnql/kiln/diag"

// Statement is what one piece of SQL text up to a semicolon means: exactly one of Query and Command is set.
type Statement struct {
	Query   Query
	Command Command
	Text    string // the statement's text; spans refer to it
	// Parameters are the places of ? markers; Named lists :name markers in order of first use, NamedAt where that is.
	Parameters []diag.Span
	Named      []string
	NamedAt    []diag.Span
}

// Command is a statement that is not a query.
type Command interface {
	Place() diag.Span
	command()
}

type isCommand struct{ At }

func (isCommand) command() {}

// CommandAt makes the embedded part of a command node.
func CommandAt(s diag.Span) isCommand { return isCommand{At{s}} }

// ExplainMode is the form of EXPLAIN.
type ExplainMode uint8

// The explain modes.
const (
	ExplainSimple    ExplainMode = iota // physical plan
	ExplainExtended                     // parsed, analyzed, optimized, physical
	ExplainCodegen                      // the programs of the stages
	ExplainCost                         // with statistics
	ExplainFormatted                    // overview and details
	ExplainVerbose                      // the plan after each effective rule
	ExplainAnalyze                      // run it: rows and time per operator and instruction
)

type (
	// Explain shows how a statement would run.
	Explain struct {
		isCommand
		Mode      ExplainMode
		Statement *Statement
	}

	// ShowTables is SHOW TABLES [IN db] [LIKE pattern]; ShowViews with Views set.
	ShowTables struct {
		isCommand
		Database []string
		Pattern  string
		Views    bool
	}

	// ShowFunctions is SHOW [USER|SYSTEM|ALL] FUNCTIONS [LIKE pattern].
	ShowFunctions struct {
		isCommand
		Scope   string
		Pattern string
	}

	// ShowColumns is SHOW COLUMNS IN table.
	ShowColumns struct {
		isCommand
		Table []string
	}

	// ShowDatabases is SHOW DATABASES [LIKE pattern].
	ShowDatabases struct {
		isCommand
		Pattern string
	}

	// DescribeTable is DESCRIBE [TABLE] [EXTENDED] name [column].
	DescribeTable struct {
		isCommand
		Table    []string
		Extended bool
		Column   []string
	}

	// DescribeQuery is DESCRIBE [QUERY] select.
	DescribeQuery struct {
		isCommand
		Query Query
	}

	// DescribeFunction is DESCRIBE FUNCTION [EXTENDED] name.
	DescribeFunction struct {
		isCommand
		Name     []string
		Extended bool
	}

	// Set is SET key = value, SET key, SET, SET -v, and SET TIME ZONE.
	Set struct {
		isCommand
		Key      string
		Value    *string
		Verbose  bool
		TimeZone Expr // SET TIME ZONE interval
		// LocalZone says SET TIME ZONE LOCAL: the time zone of the machine.
		LocalZone bool
	}

	// Reset is RESET [key].
	Reset struct {
		isCommand
		Key string
	}

	// CreateView is CREATE [OR REPLACE] [GLOBAL] TEMP VIEW.
	CreateView struct {
		isCommand
		Name        []string
		Columns     []string
		Comments    []string // per column, "" if none
		Query       Query
		QueryText   string
		Comment     string
		Replace     bool
		IfNotExists bool
		Temporary   bool
		Global      bool
		// Using is the format of CREATE TEMP VIEW v USING parquet OPTIONS (path '…').
		Using   string
		Options map[string]string
	}

	// DropView is DROP VIEW [IF EXISTS] name (and DROP TABLE, with Table set).
	DropView struct {
		isCommand
		Name     []string
		IfExists bool
		Table    bool
	}

	// CacheTable is CACHE [LAZY] TABLE name [AS query].
	CacheTable struct {
		isCommand
		Name      []string
		Lazy      bool
		Options   map[string]string
		Query     Query
		QueryText string
	}

	// UncacheTable is UNCACHE TABLE [IF EXISTS] name; ClearCache is CLEAR CACHE.
	UncacheTable struct {
		isCommand
		Name     []string
		IfExists bool
	}

	// ClearCache drops every cached table.
	ClearCache struct{ isCommand }

	// Use is USE [DATABASE] name.
	Use struct {
		isCommand
		Database []string
	}

	// Unsupported is a command that was recognised but that kiln does not run; Name says which.
	Unsupported struct {
		isCommand
		Name string
	}
)
