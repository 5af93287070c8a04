// Package kiln is a DataFrame and SQL query engine: Spark's SQL dialect and semantics over Parquet files and the
// program's own data, in one process.
//
//	session, err := kiln.Open(nil)
//	defer session.Close()
//	totals := session.Read().Parquet("sales/*.parquet").
//		Where(kiln.Col("year").Eq(2024)).
//		GroupBy("country").Agg(functions.Sum("amount").As("total")).
//		OrderBy(kiln.Col("total").Desc())
//	err = totals.Show(ctx, kiln.ShowOptions{})
//
// SQL text and DataFrame calls become the same unresolved tree (package ast), are bound by one binder, optimized, and
// run as fused stages on Arrow-shaped vectors.
package kiln

import (
	"context"
	"log/slog"
	"os"
	"os/user"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/kilnql/kiln/ast"
	"github.com/kilnql/kiln/catalog"
	"github.com/kilnql/kiln/catalog/files"
	"github.com/kilnql/kiln/configuration"
	"github.com/kilnql/kiln/diag"
	"github.com/kilnql/kiln/exec"
	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/logical"
	"github.com/kilnql/kiln/logical/analysis"
	"github.com/kilnql/kiln/sql"
	"github.com/kilnql/kiln/types"
)

// Session is where queries run: it holds the configuration, the temporary views, the cached tables, the workers and
// the memory. It is safe for concurrent use; its queries share the workers.
type Session struct {
	configuration *configuration.Configuration
	catalog       *catalog.Catalog
	gate          *files.Gate
	runtime       *exec.Runtime
	logger        *slog.Logger
	cache         *cache
	queries       atomic.Int64
	plans         *planCache
	last          lastProfile
	tables        tableCache

	closed   atomic.Bool
	closing  sync.Once
	closeErr error // of closing
}

// Open starts a session; c may be nil.
func Open(c *Config) (*Session, error) {
	c = c.clone()
	conf, err := c.load()
	if err != nil {
		return nil, err
	}
	workers, err := workersOf(conf.String(configuration.Master))
	if err != nil {
		return nil, conf.Placed(configuration.Master, err)
	}
	if _, err := zoneOf(conf); err != nil {
		return nil, conf.Placed(configuration.TimeZone, err)
	}
	s := &Session{
		configuration: conf, catalog: catalog.New(), gate: files.NewGate(), logger: c.logger,
		plans: newPlanCache(conf.Int(configuration.PlanCacheSize)),
		runtime: exec.NewRuntime(exec.Options{
			Workers: workers, MemoryLimit: conf.Size(configuration.MemoryLimit), SpillDir: conf.String(configuration.SpillDirectory),
			QueryMinimum: conf.Size(configuration.QueryMinimum),
		}),
	}
	s.cache = newCache(s.plans.forget)
	if allowed := conf.List(configuration.FilesAllow); len(allowed) > 0 {
		if err := s.gate.Allow(allowed...); err != nil {
			return nil, err
		}
	}
	if err := s.gate.SetReadOnly(conf.Bool(configuration.FilesReadOnly)); err != nil {
		return nil, err
	}
	if conf.Bool(configuration.Locked) {
		s.gate.Lock()
	}
	return s, nil
}

// Close ends the session: whatever is asked of it from now on is refused, queries that run are cancelled, both with the error
// INVALID_HANDLE.SESSION_CLOSED, and cached tables and spill files are removed. It returns when no worker is left. It may be called
// again and by several goroutines, all of which wait for the end; also in the loop over a query's rows, which then ends with the error.
func (s *Session) Close() error {
	s.closed.Store(true)
	s.closing.Do(func() {
		s.runtime.Stop(sessionClosed)
		s.cache.clear()
		s.closeErr = s.runtime.Close()
	})
	return s.closeErr
}

func sessionClosed() error { return diag.New("INVALID_HANDLE.SESSION_CLOSED", "handle", "Session") }

// Get returns the value of a setting; ok is false for a key that is neither known nor set.
func (s *Session) Get(key string) (value string, ok bool) {
	value, _, ok = s.configuration.Lookup(key)
	return value, ok
}

// Set changes a setting for queries made from now on, as SET does.
func (s *Session) Set(key, value string) error {
	if err := s.usable(); err != nil {
		return err
	}
	if e, ok := configuration.Known(key); ok && e.Key == configuration.TimeZone {
		if _, ok := types.LookupZone(value); !ok {
			return diag.New("INVALID_CONF_VALUE.TIME_ZONE", "confName", configuration.TimeZone, "confValue", value)
		}
	}
	return s.configuration.Set(key, value)
}

// Workers is the number of workers that run queries.
func (s *Session) Workers() int { return s.runtime.Workers() }

// Zone is the session's time zone.
func (s *Session) Zone() *time.Location { return s.settings().Zone }

// zoneOf is the session's time zone.
func zoneOf(c *configuration.Configuration) (*time.Location, error) {
	name := c.String(configuration.TimeZone)
	if name == "" {
		return types.LocalLocation(), nil
	}
	zone, ok := types.LookupZone(name)
	if !ok {
		return nil, diag.New("INVALID_CONF_VALUE.TIME_ZONE", "confName", configuration.TimeZone, "confValue", name)
	}
	return zone.Location(), nil
}

// settings copies what expressions need of the configuration.
func (s *Session) settings() *expr.Settings {
	zone, err := zoneOf(s.configuration)
	if err != nil {
		zone = time.UTC // Set and Open have refused unknown zones
	}
	return &expr.Settings{
		ANSI: s.configuration.Bool(configuration.ANSI), Zone: zone, CaseSensitive: s.configuration.Bool(configuration.CaseSensitive),
		Now: time.Now(), User: userName(), Database: s.catalog.CurrentDatabase(), Conf: s.configuration.String,
	}
}

var userName = sync.OnceValue(func() string {
	if u, err := user.Current(); err == nil && u.Username != "" {
		return u.Username
	}
	return os.Getenv("USER")
})

func (s *Session) parser() sql.Options {
	return sql.Options{DoubleQuotedIdentifiers: s.configuration.Bool(configuration.QuotedIdentifiers)}
}

func (s *Session) parseExpr(text string) (ast.Expr, error) {
	text, err := s.configuration.Substitute(text)
	if err != nil {
		return nil, err
	}
	e, err := s.parser().ParseExpr(text)
	return e, diag.WithSQL(err, text)
}

// Argument is a value for a :name marker; see Named.
type Argument struct {
	Name  string
	Value any
}

// Named gives the value of the marker :name to SQL.
func Named(name string, value any) Argument { return Argument{name, value} }

// SQL makes a DataFrame of a query, or runs a command at once and returns its result. Arguments stand for ? markers in
// order, or for :name markers when they come from Named, each name once; they are Go values that have a Spark type (numbers, text, times,
// slices, …), nil is NULL. A mistake in the text, a name that is not there and a failed command are kept in the
// DataFrame: Err and every action return them. Plans are kept for the next use, see Prepare.
func (s *Session) SQL(text string, args ...any) *DataFrame {
	stmt, err := s.plans.parse(s, text)
	if err != nil {
		return &DataFrame{session: s, err: diag.WithSQL(err, text)}
	}
	return s.statement(context.Background(), stmt, args)
}

// statement binds a query or runs a command.
func (s *Session) statement(ctx context.Context, stmt *ast.Statement, args []any) *DataFrame {
	if err := s.ready(ctx); err != nil {
		return &DataFrame{session: s, err: err}
	}
	p, err := parametersOf(stmt, args)
	p.text = stmt.Text
	if err != nil {
		return &DataFrame{session: s, err: diag.WithSQL(err, stmt.Text)}
	}
	if stmt.Command != nil {
		d := s.command(ctx, stmt, p)
		d.err = diag.WithSQL(d.err, stmt.Text)
		return d
	}
	d := &DataFrame{session: s, sqlText: stmt.Text}
	// The tree of a text is shared; a root of its own tells this DataFrame's columns from those of another of the same text.
	if len(args) > 0 {
		d.query = &ast.Bound{Input: stmt.Query, Positional: p.positional, Named: p.named}
	} else {
		d.query = ownRoot(stmt.Query)
	}
	if d.prepared, err = s.prepare(ctx, stmt, p); err != nil {
		d.err = diag.WithSQL(err, stmt.Text)
		return d
	}
	d.plan, d.step = d.prepared.bound, d.prepared.step
	return d
}

// parameters are the values of markers.
type parameters struct {
	positional []*ast.Literal
	named      map[string]*ast.Literal
	text       string // the statement, for messages
}

func parametersOf(stmt *ast.Statement, args []any) (parameters, error) {
	var p parameters
	for _, a := range args {
		value, name := a, ""
		if n, ok := a.(Argument); ok {
			value, name = n.Value, n.Name
		}
		literal, err := argumentOf(value)
		if err != nil {
			return p, err
		}
		if name == "" {
			p.positional = append(p.positional, literal)
			continue
		}
		if p.named == nil {
			p.named = map[string]*ast.Literal{}
		}
		if p.named[name] != nil {
			return p, diag.New("DUPLICATE_ROUTINE_PARAMETER_ASSIGNMENT.DOUBLE_NAMED_ARGUMENT_REFERENCE", "routineName", "`sql`", "parameterName", "`"+name+"`")
		}
		p.named[name] = literal
	}
	if len(p.positional) > 0 && len(p.named) > 0 {
		return p, diag.New("INVALID_QUERY_MIXED_QUERY_PARAMETERS")
	}
	for i, name := range stmt.Named {
		if p.named[name] == nil {
			err := diag.New("UNBOUND_SQL_PARAMETER", "name", name).At(stmt.NamedAt[i])
			if len(p.positional) > 0 {
				err.Hint = "the value of :" + name + " is given as kiln.Named(" + strconv.Quote(name) + ", value)."
			}
			return p, err
		}
	}
	if n := len(p.positional); n < len(stmt.Parameters) {
		at := stmt.Parameters[n] // which is its name, as in Spark
		return p, diag.New("UNBOUND_SQL_PARAMETER", "name", "_"+strconv.Itoa(int(at.Start))).At(at)
	} else if n > len(stmt.Parameters) {
		return p, diag.New("TOO_MANY_VALUES", "expected", strconv.Itoa(len(stmt.Parameters)), "item", "?", "actual", strconv.Itoa(n))
	}
	return p, nil
}

// argumentOf is the constant that a marker gets: a Go value, or a Column that is a constant.
func argumentOf(value any) (*ast.Literal, error) {
	if c, ok := value.(Column); ok {
		e, err := c.Expr()
		if err != nil {
			return nil, err
		}
		literal, ok := e.(*ast.Literal)
		if !ok {
			return nil, diag.New("INVALID_SQL_ARG", "name", "Column")
		}
		return literal, nil
	}
	v, t, err := types.FromGo(value)
	return &ast.Literal{Value: v, Type: t}, err
}

// warn tells the session's logger, or else the program's, of what a query has without effect.
func (s *Session) warn(ctx context.Context, w *diag.Warning) {
	logger := s.logger
	if logger == nil {
		logger = slog.Default()
	}
	logger.WarnContext(ctx, w.String())
}

// bindWith gives a query its meaning.
func (s *Session) bindWith(ctx context.Context, q ast.Query, p parameters) (logical.Node, error) {
	plan, _, err := s.bindStep(ctx, q, p, nil)
	return plan, err
}

// bindStep is bindWith for a query that others may be made of, made itself of queries that were bound before.
func (s *Session) bindStep(ctx context.Context, q ast.Query, p parameters, inputs map[ast.Query]*analysis.Step) (_ logical.Node, _ *analysis.Step, err error) {
	defer diag.Recover(&err)
	a := &analysis.Analyzer{Catalog: sessionCatalog{s}, Settings: s.settings(), IDs: &logical.IDs{}, Owner: s, Steps: inputs}
	a.Warn = func(w *diag.Warning) {
		if w.SQL == "" {
			w.SQL = p.text
		}
		s.warn(ctx, w)
	}
	for _, l := range p.positional {
		a.Positional = append(a.Positional, analysis.Parameter{Value: l.Value, Type: l.Type})
	}
	for name, l := range p.named {
		if a.Named == nil {
			a.Named = map[string]analysis.Parameter{}
		}
		a.Named[name] = analysis.Parameter{Value: l.Value, Type: l.Type}
	}
	return a.Step(ctx, q)
}
