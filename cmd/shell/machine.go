package shell

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/kilnql/kiln/internal/jsonrow"
)

// printDocument runs a statement and writes the JSON document of its answer on one line; id, if not nil, is that of the request.
// The error is in the document too.
func (s *shell) printDocument(ctx context.Context, id json.RawMessage, text string) error {
	start := time.Now()
	b := []byte{'{'}
	if id != nil {
		b = append(append(append(b, `"id":`...), id...), ',')
	}
	body := len(b)
	b, err := jsonrow.AppendResult(b, ctx, s.session.SQLContext(ctx, text))
	if err != nil {
		b = jsonrow.AppendError(b[:body], err)
	}
	b = append(jsonrow.AppendElapsed(b, time.Since(start)), '}', '\n')
	s.out.Write(b) // a failure to write is found by flush
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
	for !s.stopped {
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
	if err := json.Unmarshal([]byte(line), &r); err != nil {
		s.failed = true
		b := jsonrow.AppendError([]byte(`{"id":null,`), fmt.Errorf("not a request: %w", err))
		s.out.Write(append(jsonrow.AppendElapsed(b, time.Since(start)), '}', '\n'))
		s.flush()
		return
	}
	if r.ID == nil {
		r.ID = json.RawMessage("null")
	}
	ctx, done := s.signals.statement()
	err := s.printDocument(ctx, r.ID, r.SQL)
	done()
	s.failed = s.failed || err != nil
	s.flush()
	if interrupted, _ := s.signals.ended(); interrupted {
		s.failed, s.stopped = true, true
	}
}
