package kiln

import (
	"context"
	"iter"
	"log/slog"
	"strconv"
	"time"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/kilnql/kiln/configuration"
	"github.com/kilnql/kiln/diag"
	"github.com/kilnql/kiln/exec"
	"github.com/kilnql/kiln/exec/program"
	"github.com/kilnql/kiln/expr"
	"github.com/kilnql/kiln/logical"
	"github.com/kilnql/kiln/optimizer"
	"github.com/kilnql/kiln/physical"
	"github.com/kilnql/kiln/types"
	"github.com/kilnql/kiln/vector"
)

// running is a query that has been started.
type running struct {
	query  *exec.Query
	result *exec.Result
	plan   *physical.Plan
	logger *slog.Logger
	last   *lastProfile
	id     int64
	start  time.Time
}

// optimizerOptions are the session's settings of the optimizer.
func (s *Session) optimizerOptions(ctx context.Context, plan logical.Node) optimizer.Options {
	return optimizer.Options{
		Enabled: s.configuration.Bool(configuration.Optimizer), Disabled: s.configuration.List(configuration.DisabledRules),
		Check: s.configuration.Bool(configuration.Check), IDs: logical.IDsAfter(plan), Settings: s.settings(),
		Cancelled: ctx.Err,
		Fold:      func(e expr.Expr) (any, error) { return program.Fold(ctx, e) },
	}
}

// optimize replaces cached subplans, looks at the files again, and runs the optimizer.
func (s *Session) optimize(ctx context.Context, plan logical.Node) (logical.Node, error) {
	plan, err := s.cache.substitute(ctx, s, plan)
	if err != nil {
		return nil, err
	}
	return s.optimizeOnly(ctx, plan)
}

// optimizeOnly is optimize for a plan whose cached subplans were replaced.
func (s *Session) optimizeOnly(ctx context.Context, plan logical.Node) (_ logical.Node, err error) {
	defer diag.Recover(&err)
	if plan, err = s.reopen(ctx, plan); err != nil {
		return nil, err
	}
	return optimizer.Optimize(plan, s.optimizerOptions(ctx, plan))
}

// physicalOptions are the session's settings of execution.
func (s *Session) physicalOptions() physical.Options {
	c := s.configuration
	fusion := c.Bool(configuration.Fusion)
	on := func(key string) bool { return fusion && c.Bool(key) }
	partitions := c.Int(configuration.ShufflePartitions)
	if partitions <= 0 {
		partitions = s.runtime.Workers()
	}
	return physical.Options{
		Program: program.Options{
			Fusion: on(configuration.Patterns), CommonSubexpressions: on(configuration.CommonSubexpressions),
			DictionaryEvaluation: on(configuration.DictionaryEvaluation), NarrowTypes: on(configuration.NarrowTypes),
			ChunkSize: c.Int(configuration.ChunkSize),
		},
		FusedStages: on(configuration.FusedStages), RuntimeFilters: on(configuration.RuntimeFilters),
		PerfectArrays: on(configuration.PerfectArrays), Workers: s.runtime.Workers(), Partitions: partitions, Settings: s.settings(),
	}
}

// lower makes the stages of an optimized plan, the rows going to a result queue.
func (s *Session) lower(ctx context.Context, plan logical.Node) (*physical.Plan, *exec.Result, error) {
	var result *exec.Result
	limit, offset := int64(-1), int64(0)
	if l, ok := plan.(*logical.Limit); ok && !isSort(l.Input) {
		limit, offset, plan = l.Count, l.Offset, l.Input
	}
	p, err := physical.Lower(plan, s.physicalOptions(), limit, offset, func(layout []vector.Layout) exec.Sink {
		result = exec.NewResult(layout, limit, offset)
		return result
	})
	return p, result, err
}

func isSort(n logical.Node) bool { _, ok := n.(*logical.Sort); return ok }

// usable reports that the session has been closed.
func (s *Session) usable() error {
	if s.closed.Load() {
		return sessionClosed()
	}
	return nil
}

// ready reports why a query cannot start: the session is closed, or its context is over. A nil context is a mistake, as
// everywhere in Go, but an error and not a panic.
func (s *Session) ready(ctx context.Context) error {
	if err := s.usable(); err != nil {
		return err
	}
	if ctx == nil {
		return diag.New("CANNOT_BE_NONE", "arg_name", "ctx")
	}
	if err := ctx.Err(); err != nil {
		return diag.New("OPERATION_CANCELED").Wrap(err)
	}
	return nil
}

// start runs a bound plan.
func (s *Session) start(ctx context.Context, plan logical.Node, profile bool) (*running, error) {
	return s.startPrepared(ctx, unshared(plan), profile)
}

func (s *Session) startPrepared(ctx context.Context, plan *preparedPlan, profile bool) (*running, error) {
	if err := s.ready(ctx); err != nil {
		return nil, err
	}
	r := &running{logger: s.logger, last: &s.last, id: s.queries.Add(1), start: time.Now()}
	optimized, err := s.optimizePrepared(ctx, plan)
	if err != nil {
		return nil, err
	}
	if r.plan, r.result, err = s.lower(ctx, optimized); err != nil {
		return nil, err
	}
	for _, stage := range r.plan.Stages {
		stage.Profile = profile || s.configuration.Bool(configuration.Profile)
	}
	r.query, err = s.runtime.Start(ctx, "query "+strconv.FormatInt(r.id, 10), r.plan.Stages)
	if err != nil {
		return nil, err
	}
	follow(ctx, r.query.Profile())
	return r, nil
}

// close ends the query, whether or not it is finished.
func (r *running) close(err error) {
	profile := r.query.Profile()
	r.query.Stop()
	ended := profileOf(profile)
	ended.Operators = operatorsOf(r.plan, profile)
	r.query.Close()
	r.last.p.Store(ended)
	if r.logger != nil {
		r.logger.Debug("query", "id", r.id, "took", time.Since(r.start), "error", err)
	}
}

// columns yields the result's vectors, batch by batch; they are the receiver's to keep.
func (s *Session) columns(ctx context.Context, plan *preparedPlan) iter.Seq2[vector.Chunk, error] {
	return func(yield func(vector.Chunk, error) bool) {
		r, err := s.startPrepared(ctx, plan, false)
		if err != nil {
			yield(vector.Chunk{}, err)
			return
		}
		defer func() { r.close(err) }()
		for {
			var c vector.Chunk
			c.Columns, c.Len, err = r.result.Next()
			if err != nil {
				yield(vector.Chunk{}, err)
				return
			}
			if c.Len == 0 || !yield(c, nil) {
				return
			}
		}
	}
}

// Batches runs d and yields its rows as Arrow record batches, in order. They are heap memory that is never reused: Release
// is optional. Leaving the loop cancels the query; after an error the loop ends. A query may be run in the loop over
// another's batches, even with one worker.
func (d *DataFrame) Batches(ctx context.Context) iter.Seq2[arrow.RecordBatch, error] {
	return func(yield func(arrow.RecordBatch, error) bool) {
		if err := d.bound(); err != nil {
			yield(nil, err)
			return
		}
		schema := types.ToArrowSchema(d.Schema().Fields(), types.ArrowOptions{})
		for c, err := range d.session.columns(ctx, d.compiled()) {
			var batch arrow.RecordBatch
			if err == nil {
				batch, err = vector.ToArrow(schema, c.Columns, c.Len)
			}
			if !yield(batch, d.located(err)) || err != nil {
				return
			}
		}
	}
}

// located gives an error the SQL text that its place refers to.
func (d *DataFrame) located(err error) error {
	if err == nil || d.sqlText == "" {
		return err
	}
	return diag.WithSQL(err, d.sqlText)
}

// Rows runs d and yields its rows, in order. Leaving the loop cancels the query; after an error the loop ends.
func (d *DataFrame) Rows(ctx context.Context) iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		if err := d.bound(); err != nil {
			yield(Row{}, err)
			return
		}
		schema, zone := d.Schema(), d.session.settings().Zone
		for c, err := range d.session.columns(ctx, d.compiled()) {
			if err != nil {
				yield(Row{}, d.located(err))
				return
			}
			for _, row := range rowsOf(&c, schema, zone) {
				if !yield(row, nil) {
					return
				}
			}
		}
	}
}

// Collect runs d and returns all its rows, in order, in memory that the session's limit does not count; Rows and Batches give
// them one by one. No rows is an empty slice.
func (d *DataFrame) Collect(ctx context.Context) ([]Row, error) {
	rows := []Row{}
	for row, err := range d.Rows(ctx) {
		if err != nil {
			return nil, err
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// ToArrow runs d and returns all its rows as record batches, in order, which are the caller's to keep.
func (d *DataFrame) ToArrow(ctx context.Context) ([]arrow.RecordBatch, error) {
	var batches []arrow.RecordBatch
	for batch, err := range d.Batches(ctx) {
		if err != nil {
			return nil, err
		}
		batches = append(batches, batch)
	}
	return batches, nil
}

// Take returns the first n rows; only the partitions that hold them are computed.
func (d *DataFrame) Take(ctx context.Context, n int) ([]Row, error) { return d.Limit(n).Collect(ctx) }

// First returns the first row; ok is false if there is none.
func (d *DataFrame) First(ctx context.Context) (row Row, ok bool, err error) {
	rows, err := d.Take(ctx, 1)
	if err != nil || len(rows) == 0 {
		return Row{}, false, err
	}
	return rows[0], true, nil
}

// Count runs d and returns the number of its rows; where statistics are exact no row is read.
func (d *DataFrame) Count(ctx context.Context) (int64, error) {
	rows, err := d.GroupBy().Count().Collect(ctx)
	if err != nil {
		return 0, err
	}
	return rows[0].At(0).(int64), nil
}

// ShowString runs d and returns its first rows as Spark's show prints them.
func (d *DataFrame) ShowString(ctx context.Context, o ShowOptions) (string, error) {
	limit := o.Rows
	if limit <= 0 {
		limit = 20
	}
	header, rows, err := d.texts(ctx, limit+1)
	if err != nil {
		return "", err
	}
	more := len(rows) > limit
	if more {
		rows = rows[:limit]
	}
	return formatTable(header, rows, o, more), nil
}

func itoa(n int) string { return strconv.Itoa(n) }
