package kiln

import (
	"context"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"sync"

	"github.com/kilnql/kiln/ast"
	"github.com/kilnql/kiln/diag"
	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/logical"
	"github.com/kilnql/kiln/logical/analysis"
)

// Statement is a prepared statement: a text that has been parsed, to be run with different arguments. It is safe for
// concurrent use and needs no closing; it belongs to the session that made it.
type Statement struct {
	session *Session
	parsed  *ast.Statement
}

// Prepare parses a statement, whose markers are ? or :name; a syntax error is returned here, one of meaning by Query's
// DataFrame. Nothing is bound yet: names mean what they mean when Query is called.
//
// A session keeps parsed texts and the optimized plans of queries, of Session.SQL too, and takes a plan again when text and
// arguments are the same and nothing that it depends on has changed: settings, views, cached tables, the files it reads.
// The setting kiln.plan.cacheSize says how many; the least recently used go first.
func (s *Session) Prepare(text string) (*Statement, error) {
	parsed, err := s.plans.parse(s, text)
	if err != nil {
		return nil, diag.WithSQL(err, text)
	}
	return &Statement{s, parsed}, nil
}

// Query binds the statement with arguments, or runs it if it is a command, as Session.SQL does. The context is that of
// looking at files and of running a command; actions on the DataFrame take their own.
func (p *Statement) Query(ctx context.Context, args ...any) *DataFrame {
	return p.session.statement(ctx, p.parsed, args)
}

// planCache keeps parsed texts and plans. What a plan depends on is split between its key, its version and its files.
type planCache struct {
	mu         sync.Mutex
	statements *lru[statementKey, *ast.Statement]
	plans      *lru[planKey, *preparedPlan]
	version    planVersion // of the plans kept
}

// statementKey is a text and the settings that change how it is parsed.
type statementKey struct {
	text             string
	quotedIdentifier bool
}

// planKey is a parsed text, the types and values of its arguments, and the settings. Arguments count by value: they
// decide types (decimal constants, round's scale), names and what is folded and pushed into scans.
type planKey struct {
	statement *ast.Statement
	arguments string
	settings  string
}

// planVersion is what names and subplans mean: it changes with the views and with the cached plans.
type planVersion struct{ catalog, cached int64 }

// maxCachedText bounds the bytes of a text, and of a plan's arguments, that are kept.
const maxCachedText = 64 << 10

func newPlanCache(size int) *planCache {
	return &planCache{
		statements: newLRU[statementKey, *ast.Statement](size, nil),
		plans:      newLRU[planKey](size, (*preparedPlan).retire),
	}
}

// parse returns the tree of a text, which is shared and never changed. What the text refers to with ${…} is put in first: texts are
// kept, and places count, as they are then.
func (c *planCache) parse(s *Session, text string) (*ast.Statement, error) {
	text, err := s.configuration.Substitute(text)
	if err != nil {
		return nil, err
	}
	o := s.parser()
	key := statementKey{text, o.DoubleQuotedIdentifiers}
	c.mu.Lock()
	parsed := c.statements.get(key)
	c.mu.Unlock()
	if parsed != nil {
		return parsed, nil
	}
	parsed, err = o.ParseStatement(text)
	if err != nil || len(text) > maxCachedText {
		return parsed, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.statements.put(key, parsed)
	return parsed, nil
}

// find returns the plan of a key, made when the version was the same, or nil.
func (c *planCache) find(key planKey, version planVersion) *preparedPlan {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.version != version {
		// None will be found again, and they may hold data of views and caches that are gone.
		c.plans.clear()
		c.version = version
		return nil
	}
	return c.plans.get(key)
}

func (c *planCache) keep(key planKey, version planVersion, p *preparedPlan) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.version == version {
		c.plans.put(key, p)
	} else {
		p.retire()
	}
}

// forget drops all plans.
func (c *planCache) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.plans.clear()
}

// preparedPlan is a query that was bound and, from its first run on, optimized. It may be shared by DataFrames.
type preparedPlan struct {
	bound logical.Node
	step  *analysis.Step

	mu        sync.Mutex
	retired   bool // no longer kept by the session: optimized plans are not worth holding
	optimized logical.Node
	version   planVersion // of optimized
	settings  string      // of optimized
}

// unshared is a plan that is optimized for one run.
func unshared(plan logical.Node) *preparedPlan { return &preparedPlan{bound: plan, retired: true} }

// compiled is d's plan, with its optimized form if d came from SQL text and such a plan has run.
func (d *DataFrame) compiled() *preparedPlan {
	if d.prepared != nil {
		return d.prepared
	}
	return unshared(d.plan)
}

func (p *preparedPlan) retire() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.retired, p.optimized = true, nil
}

func (s *Session) planVersion() planVersion {
	return planVersion{s.catalog.Version(), s.cache.version.Load()}
}

// planSettings are the settings that a plan may depend on, as text: all but those of execution, which lowering reads.
func (s *Session) planSettings() string { return s.configuration.Fingerprint("kiln.exec.") }

// prepare binds a query of SQL text, or finds the plan that was made for the same arguments.
func (s *Session) prepare(ctx context.Context, stmt *ast.Statement, p parameters) (*preparedPlan, error) {
	key := planKey{statement: stmt, arguments: p.key(), settings: s.planSettings()}
	version := s.planVersion() // before binding: a view replaced meanwhile makes the plan stale
	if kept := s.plans.find(key, version); kept != nil && s.current(ctx, kept.bound) {
		return kept, nil
	}
	made := &preparedPlan{}
	var err error
	if made.bound, made.step, err = s.bindStep(ctx, stmt.Query, p, nil); err != nil {
		return nil, err
	}
	if made.step.ReadsClock() || len(key.arguments) > maxCachedText || !repeatable(made.bound) {
		made.retired = true
	} else {
		s.plans.keep(key, version, made)
	}
	return made, nil
}

// repeatable reports whether a plan asks for nothing new each time it is made: rand's seed is drawn when it is bound.
func repeatable(plan logical.Node) bool {
	ok := true
	logical.WalkAll(plan, func(n logical.Node) bool {
		for _, e := range n.Expressions() {
			ok = ok && expr.Deterministic(e)
		}
		return ok
	})
	return ok
}

// optimizePrepared is optimize, or the plan that it gave before if that still holds.
func (s *Session) optimizePrepared(ctx context.Context, p *preparedPlan) (logical.Node, error) {
	version, settings := s.planVersion(), s.planSettings()
	p.mu.Lock()
	optimized, fits := p.optimized, p.version == version && p.settings == settings
	p.mu.Unlock()
	if optimized != nil && fits && s.current(ctx, p.bound) {
		return optimized, nil
	}
	optimized, err := s.optimize(ctx, p.bound)
	if err != nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.retired {
		p.optimized, p.version, p.settings = optimized, version, settings
	}
	return optimized, nil
}

// ownRoot copies the root of a tree and shares the rest.
func ownRoot(q ast.Query) ast.Query {
	root := reflect.ValueOf(q).Elem()
	own := reflect.New(root.Type())
	own.Elem().Set(root)
	return own.Interface().(ast.Query)
}

// key is a text that is the same for the same arguments.
func (p parameters) key() string {
	if len(p.positional) == 0 && len(p.named) == 0 {
		return ""
	}
	var b strings.Builder
	write := func(name string, l *ast.Literal) { fmt.Fprintf(&b, "%q %s %#v\n", name, l.Type, l.Value) }
	for _, l := range p.positional {
		write("", l)
	}
	for _, name := range slices.Sorted(maps.Keys(p.named)) {
		write(name, p.named[name])
	}
	return b.String()
}
