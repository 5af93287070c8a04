package shell

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/kilnql/kiln/configuration"
	"github.com/kilnql/kiln/internal/jsonrow"
)

// printDocument runs a statement and writes the JSON document of its answer on one line; id, if not nil, is that of the request.
// The error is in the document too, and nothing else then: the document waits in a spool for the last row.
func (s *shell) printDocument(ctx context.Context, id json.RawMessage, st statement) error {
	start := time.Now()
	directory, _ := s.session.Get(configuration.SpillDirectory)
	rows := &spool{directory: directory}
	err := st.told(jsonrow.WriteResult(rows, ctx, s.session.SQLContext(ctx, st.text)))
	elapsed := time.Since(start)
	b := []byte{'{'}
	if id != nil {
		b = append(append(append(b, `"id":`...), id...), ',')
	}
	if err != nil {
		b = jsonrow.AppendError(b, err)
	}
	s.out.Write(b) // a failure to write is found by flush
	if err == nil {
		if unread := rows.copyTo(s.out); unread != nil { // there is no way to take back what is written
			s.fatal(unread)
			s.failed = true
			s.end(leaving)
		}
	}
	s.out.Write(append(jsonrow.AppendElapsed(nil, elapsed), '}', '\n'))
	if unremoved := rows.close(); unremoved != nil {
		s.fatal(unremoved)
		s.failed = true
	}
	return err
}

// request is one line of --input jsonl.
type request struct {
	ID  json.RawMessage `json:"id"`
	SQL string          `json:"sql"`
}

// serve answers requests, one a line, until the input ends.
func (s *shell) serve() {
	lines := bufio.NewReaderSize(s.stdin, 1<<16)
	for s.ending == goingOn {
		line, err := lines.ReadString('\n')
		if strings.TrimSpace(line) != "" {
			s.answerRequest(line)
		}
		if err == io.EOF {
			return
		}
		if err != nil {
			s.fatal(err)
			s.failed = true
			return
		}
	}
}

func (s *shell) answerRequest(line string) {
	var r request
	start := time.Now()
	err := json.Unmarshal([]byte(line), &r)
	if r.ID == nil {
		r.ID = json.RawMessage("null")
	}
	if err != nil {
		s.failed = true
		b := append(append([]byte(`{"id":`), r.ID...), ',')
		b = jsonrow.AppendError(b, notARequest(err))
		s.out.Write(append(jsonrow.AppendElapsed(b, time.Since(start)), '}', '\n'))
		s.flush()
		return
	}
	ctx, done := s.signals.statement()
	err = s.printDocument(ctx, r.ID, statement{text: r.SQL})
	done()
	s.failed = s.failed || err != nil
	s.flush()
	if interrupted, _ := s.signals.ended(); interrupted {
		s.failed = true
		s.end(leaving)
	}
}

// notARequest tells what is wrong with a line, in words of JSON.
func notARequest(err error) error {
	var mistaken *json.UnmarshalTypeError
	switch {
	case !errors.As(err, &mistaken):
		return fmt.Errorf("not a request: %w", err)
	case mistaken.Field == "":
		return fmt.Errorf(`not a request: want an object such as {"id":1,"sql":"SELECT 1"}, found %s`, jsonNoun(mistaken.Value))
	}
	return fmt.Errorf("not a request: %s has to be a string, found %s", mistaken.Field, jsonNoun(mistaken.Value))
}

// jsonNoun is a kind of JSON value with its article.
func jsonNoun(kind string) string {
	kind, _, _ = strings.Cut(kind, " ") // "number 12"
	switch kind {
	case "array", "object":
		return "an " + kind
	}
	return "a " + kind
}
