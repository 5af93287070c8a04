package kiln

import (
	"context"
	"sync"

	"github.com/kilnql/kiln/ast"
	"github.com/kilnql/kiln/diag"
)

// Statement is a prepared statement: text that has been parsed, to be run with different arguments. It is safe for
// concurrent use.
type Statement struct {
	session *Session
	parsed  *ast.Statement
}

// Prepare parses a statement. Its markers are ? or :name.
func (s *Session) Prepare(text string) (*Statement, error) {
	parsed, err := s.plans.parse(s, text)
	if err != nil {
		return nil, diag.WithSQL(err, text)
	}
	return &Statement{s, parsed}, nil
}

// Query binds the statement with arguments, as Session.SQL does.
func (p *Statement) Query(ctx context.Context, args ...any) *DataFrame {
	return p.session.statement(ctx, p.parsed, args)
}

// planCache keeps the trees of prepared texts.
type planCache struct {
	mu    sync.Mutex
	trees map[planKey]*ast.Statement
}

// planKey is a text and the settings that change how it is parsed.
type planKey struct {
	text             string
	quotedIdentifier bool
}

// maxPrepared bounds the cache; when it is full it starts anew.
const maxPrepared = 1000

func newPlanCache() *planCache { return &planCache{trees: map[planKey]*ast.Statement{}} }

func (c *planCache) parse(s *Session, text string) (*ast.Statement, error) {
	o := s.parser()
	key := planKey{text, o.DoubleQuotedIdentifiers}
	c.mu.Lock()
	parsed := c.trees[key]
	c.mu.Unlock()
	if parsed != nil {
		return parsed, nil
	}
	parsed, err := o.ParseStatement(text)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.trees) >= maxPrepared {
		clear(c.trees)
	}
	c.trees[key] = parsed
	return parsed, nil
}
