package kiln_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kilnql/kiln"
	"github.com/kilnql/kiln/diag"
)

// TestConfigurationPrecedence sets one key in every place, and takes the highest away each time.
func TestConfigurationPrecedence(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	const key = "kiln.exec.chunkSize"
	if err := os.WriteFile("kiln.conf", []byte("# Spark's form\n"+key+"   11\n\nspark.sql.ansi.enabled=false\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	check := func(c *kiln.Config, want string) {
		t.Helper()
		s, err := kiln.Open(c)
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		if got, _ := s.Get(key); got != want {
			t.Errorf("%s, want %s", got, want)
		}
		rows, err := s.SQL("SET -v").Collect(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range rows {
			if row.At(0) == key && row.At(1) != want {
				t.Errorf("SET -v shows %s", row)
			}
		}
		if err := s.SQL("SET " + key + " = 5").Err(); err != nil {
			t.Fatal(err)
		}
		if got, _ := s.Get(key); got != "5" {
			t.Errorf("SET gave %s", got)
		}
		if err := s.SQL("RESET").Err(); err != nil {
			t.Fatal(err)
		}
		if got, _ := s.Get(key); got != want {
			t.Errorf("RESET gave %s, want %s", got, want)
		}
	}
	t.Setenv("KILN_EXEC_CHUNK_SIZE", "22")
	commandLine := kiln.NewConfig().WithCommandLine(key, "33")
	check(commandLine.With(key, 44), "44")
	check(commandLine, "33")
	check(nil, "22")
	if err := os.Unsetenv("KILN_EXEC_CHUNK_SIZE"); err != nil {
		t.Fatal(err)
	}
	check(nil, "11")
	check(kiln.NewConfig().WithoutDefaults(), "2048")
	other := filepath.Join(dir, "other.conf")
	if err := os.WriteFile(other, []byte(key+" 12\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	check(kiln.NewConfig().WithFile(other), "12")
	t.Setenv("KILN_CONF", other)
	check(nil, "12")
}

func TestConfigurationMistakes(t *testing.T) {
	t.Chdir(t.TempDir())
	write := func(text string) *kiln.Config {
		t.Helper()
		if err := os.WriteFile("a.conf", []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return kiln.NewConfig().WithFile("a.conf")
	}
	for name, c := range map[string]*kiln.Config{
		"program":      kiln.NewConfig().With("kiln.exec.fusoin", "1"),
		"command line": kiln.NewConfig().WithCommandLine("kiln.exec.fusoin", "1"),
		"file":         write("spark.some.thing 1\nkiln.exec.fusoin 1\n"),
	} {
		_, err := kiln.Open(c)
		if diag.ConditionOf(err) != "UNKNOWN_CONFIGURATION" || !strings.Contains(fmt.Sprint(err), "kiln.exec.fusion") {
			t.Errorf("%s: %v", name, err)
		}
		if name == "file" && !strings.Contains(err.Error(), "a.conf, line 2") {
			t.Error(err)
		}
	}
	if _, err := kiln.Open(kiln.NewConfig().WithFile("none.conf")); diag.ConditionOf(err) != "PATH_NOT_FOUND" {
		t.Error(err)
	}
	t.Setenv("KILN_MEMORY_LIMIT", "lots")
	if _, err := kiln.Open(nil); diag.ConditionOf(err) != "INVALID_CONF_VALUE.TYPE_MISMATCH" || !strings.Contains(err.Error(), "KILN_MEMORY_LIMIT") {
		t.Error(err)
	}
}

func TestUnknownSparkKeysAreKept(t *testing.T) {
	s := open(t, map[string]string{"spark.executor.memory": "4g"})
	rows, err := s.SQL("SET -v").Where("key = 'spark.executor.memory'").Collect(context.Background())
	if err != nil || len(rows) != 1 || fmt.Sprint(rows[0]) != "[spark.executor.memory, 4g, kept for Spark programs; has no effect here, program]" {
		t.Error(rows, err)
	}
	if err := s.SQL("SET kiln.exec.fusoin = true").Err(); diag.ConditionOf(err) != "UNKNOWN_CONFIGURATION" {
		t.Error(err)
	}
}

// TestSettingsHaveTheirEffect asks for something that each setting of evaluation, naming and access changes; those of
// kiln.exec and kiln.optimizer are the matrix of TestCorpus.
func TestSettingsHaveTheirEffect(t *testing.T) {
	ctx := context.Background()
	for _, c := range []struct{ key, value, sql, without, with string }{
		{"spark.sql.ansi.enabled", "false", "SELECT 1/0", "DIVIDE_BY_ZERO", "[NULL]"},
		{"spark.sql.session.timeZone", "Asia/Tokyo", "SELECT string(timestamp_seconds(0))", "[1970-01-01 00:00:00]", "[1970-01-01 09:00:00]"},
		{"spark.sql.caseSensitive", "true", "SELECT A FROM VALUES (1) AS t(a)", "[1]", "UNRESOLVED_COLUMN.WITH_SUGGESTION"},
		{"spark.sql.ansi.doubleQuotedIdentifiers", "true", `SELECT "a" FROM VALUES (1) AS t(a)`, "[a]", "[1]"},
		{"spark.sql.groupByOrdinal", "false", "SELECT a, count(*) FROM VALUES (1) AS t(a) GROUP BY 1", "[1, 1]", "MISSING_AGGREGATION"},
		{"spark.sql.orderByOrdinal", "false", "SELECT first(a) FROM (SELECT * FROM VALUES (2), (1) AS t(a) ORDER BY 1 LIMIT 5)", "[1]", "[2]"},
		{"spark.sql.groupByAliases", "false", "SELECT a + 1 AS b, count(*) FROM VALUES (1) AS t(a) GROUP BY b", "[2, 1]", "UNRESOLVED_COLUMN.WITH_SUGGESTION"},
		{"spark.sql.timestampType", "TIMESTAMP_NTZ", "SELECT typeof(TIMESTAMP '2024-01-01 00:00:00')", "[timestamp]", "[timestamp_ntz]"},
		{"spark.sql.mapKeyDedupPolicy", "last_win", "SELECT map(1, 2, 1, 3)[1]", "DUPLICATED_MAP_KEY", "[3]"},
		{"spark.sql.function.concatBinaryAsString", "true", "SELECT typeof(concat(X'61', X'62'))", "[binary]", "[string]"},
		{"spark.sql.function.eltOutputAsString", "true", "SELECT typeof(elt(1, X'61', X'62'))", "[binary]", "[string]"},
		{"spark.sql.decimalOperations.allowPrecisionLoss", "false", "SELECT typeof(CAST(1 AS DECIMAL(38,10)) * CAST(1 AS DECIMAL(38,10)))", "[decimal(38,6)]", "[decimal(38,20)]"},
		{"spark.sql.legacy.negativeIndexInArrayInsert", "true", "SELECT string(array_insert(array(1, 2), -1, 9))", "[[1, 2, 9]]", "[[1, 9, 2]]"},
		{"kiln.files.allow", "/nowhere", "SELECT count(*) FROM 'testdata/tpch/sf0.01/nation.parquet'", "[25]", "FILE_ACCESS_DENIED"},
		{"kiln.configuration.locked", "true", "SET spark.sql.ansi.enabled = false", "[spark.sql.ansi.enabled, false]", "CANNOT_MODIFY_CONFIG"},
	} {
		for conf, want := range map[string]string{"": c.without, c.value: c.with} {
			settings := map[string]string{c.key: conf}
			if conf == "" {
				settings = nil
			}
			got := ""
			rows, err := open(t, settings).SQL(c.sql).Collect(ctx)
			if err != nil {
				got = diag.ConditionOf(err)
			} else if len(rows) == 1 {
				got = rows[0].String()
			}
			if got != want {
				t.Errorf("%s = %q: %s gives %s (%v), want %s", c.key, conf, c.sql, got, err, want)
			}
		}
	}
	s := open(t, map[string]string{"kiln.master": "local[3]", "spark.sql.shuffle.partitions": "5", "kiln.exec.profile": "true"})
	if n := s.Workers(); n != 3 {
		t.Errorf("%d workers", n)
	}
	rows, err := s.Range(0, 100, 1).RepartitionBy().Select(kiln.Col("id")).SelectExpr("spark_partition_id() AS p").Distinct().Collect(ctx)
	if err != nil || len(rows) != 5 {
		t.Errorf("%d partitions, %v", len(rows), err)
	}
}
