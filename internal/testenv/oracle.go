package testenv

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os/exec"
	"testing"
)

// Request is a statement for an oracle.
type Request struct {
	ID  int    `json:"id"`
	SQL string `json:"sql"`
	// Conf holds settings of Spark for this statement alone.
	Conf map[string]string `json:"conf,omitempty"`
	// Types are the Spark types to which DuckDB casts its columns; Spark ignores them.
	Types []string `json:"types,omitempty"`
}

// Failure is an error in the machine format.
type Failure struct {
	// Condition is Spark's name of the error, with the subcondition after a
	// point; empty where the oracle has no such names, as DuckDB.
	Condition         string            `json:"condition"`
	SQLState          string            `json:"sqlstate"`
	Message           string            `json:"message"`
	MessageParameters map[string]string `json:"messageParameters"`
	// Line and Column are the place in the statement, both from 1; 0 is unknown.
	Line   int `json:"line"`
	Column int `json:"column"`
}

func (f *Failure) Error() string {
	if f.Condition == "" {
		return f.Message
	}
	return fmt.Sprintf("[%s] %s", f.Condition, f.Message)
}

// Response is an oracle's answer or error to the Request of the same ID.
type Response struct {
	ID int `json:"id"`
	Answer
	Failure *Failure `json:"error"`
}

// AskSpark runs the statements in one session of Spark 4.0.1 (zone UTC, ANSI on)
// and returns a response for each, in order. Each *.parquet in the directories is
// a view. Starting Spark takes some 10 seconds, so ask for many things at once.
func AskSpark(t testing.TB, requests []Request, tables ...string) []Response {
	t.Helper()
	return ask(t, "spark_answers.py", requests, tables)
}

// AskDuckDB does the same in one DuckDB database.
func AskDuckDB(t testing.TB, requests []Request, tables ...string) []Response {
	t.Helper()
	return ask(t, "duckdb_answers.py", requests, tables)
}

func ask(t testing.TB, script string, requests []Request, tables []string) []Response {
	t.Helper()
	python := RequirePython(t)
	var input bytes.Buffer
	encoder := json.NewEncoder(&input)
	for _, request := range requests {
		if err := encoder.Encode(request); err != nil {
			t.Fatal(err)
		}
	}
	arguments := []string{Path(t, "scripts", "oracle", script)}
	for _, directory := range tables {
		arguments = append(arguments, "--tables", directory)
	}
	command := exec.Command(python, arguments...)
	command.Stdin = &input
	var stderr bytes.Buffer
	command.Stderr = &stderr
	output, err := command.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s", script, err, stderr.Bytes())
	}
	responses := make([]Response, 0, len(requests))
	for _, line := range bytes.Split(bytes.TrimSpace(output), []byte("\n")) {
		var response Response
		if err := decode(line, &response); err != nil {
			t.Fatalf("%s: %v in %.200q", script, err, line)
		}
		responses = append(responses, response)
	}
	if len(responses) != len(requests) {
		t.Fatalf("%s: %d responses to %d requests\n%s", script, len(responses), len(requests), stderr.Bytes())
	}
	return responses
}
