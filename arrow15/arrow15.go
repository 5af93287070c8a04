// Package arrow15 bridges records of github.com/apache/arrow/go/v15, which programs written before the library moved still
// hold, and those of arrow-go/v18, which kiln speaks. Buffers are shared, not copied: the memory of one side is kept
// until the other has released it. Only Decimal32 and Decimal64, which v15 does not have, become decimal128 on the way back.
package arrow15

import (
	"fmt"

	old "github.com/apache/arrow/go/v15/arrow"
	oldarray "github.com/apache/arrow/go/v15/arrow/array"
	oldmemory "github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
)

// FromRecord is a v15 record as a v18 record batch that shares its buffers. Each holds the memory: release both.
func FromRecord(r old.Record) (arrow.RecordBatch, error) {
	schema, err := FromSchema(r.Schema())
	if err != nil {
		return nil, err
	}
	columns := make([]arrow.Array, r.NumCols())
	for i := range columns {
		data, err := fromData(r.Column(i).Data(), schema.Field(i).Type)
		if err != nil {
			return nil, fmt.Errorf("column %s: %w", schema.Field(i).Name, err)
		}
		columns[i] = array.MakeFromData(data)
		data.Release()
	}
	batch := array.NewRecordBatch(schema, columns, r.NumRows())
	for _, c := range columns {
		c.Release()
	}
	return batch, nil
}

// ToRecord is a v18 record batch as a v15 record that shares its buffers. Each holds the memory: release both.
func ToRecord(b arrow.RecordBatch) (old.Record, error) {
	schema, err := ToSchema(b.Schema())
	if err != nil {
		return nil, err
	}
	columns := make([]old.Array, b.NumCols())
	for i := range columns {
		data, err := toData(b.Column(i).Data(), schema.Field(i).Type)
		if err != nil {
			return nil, fmt.Errorf("column %s: %w", schema.Field(i).Name, err)
		}
		columns[i] = oldarray.MakeFromData(data)
		data.Release()
	}
	record := oldarray.NewRecord(schema, columns, b.NumRows())
	for _, c := range columns {
		c.Release()
	}
	return record, nil
}

// owner frees a buffer of one library when the other is done with it. It never allocates.
type owner struct{ release func() }

func (o owner) Allocate(int) []byte           { panic("arrow15: a bridged buffer does not grow") }
func (o owner) Reallocate(int, []byte) []byte { panic("arrow15: a bridged buffer does not grow") }
func (o owner) Free([]byte)                   { o.release() }

func fromData(d old.ArrayData, t arrow.DataType) (arrow.ArrayData, error) {
	if e, ok := d.DataType().(old.ExtensionType); ok {
		return nil, fmt.Errorf("arrow15: extension type %s is not bridged", e.ExtensionName())
	}
	buffers := make([]*memory.Buffer, len(d.Buffers()))
	for i, b := range d.Buffers() {
		if b != nil {
			b.Retain()
			buffers[i] = memory.NewBufferWithAllocator(b.Bytes(), owner{b.Release})
		}
	}
	types := childTypes(t)
	children := make([]arrow.ArrayData, len(d.Children()))
	for i, c := range d.Children() {
		var err error
		if children[i], err = fromData(c, types[i]); err != nil {
			return nil, err
		}
	}
	var out *array.Data
	if dictionary, ok := t.(*arrow.DictionaryType); ok {
		values, err := fromData(d.Dictionary(), dictionary.ValueType)
		if err != nil {
			return nil, err
		}
		out = array.NewDataWithDictionary(t, d.Len(), buffers, d.NullN(), d.Offset(), values.(*array.Data))
		values.Release()
	} else {
		out = array.NewData(t, d.Len(), buffers, children, d.NullN(), d.Offset())
	}
	for _, b := range buffers {
		if b != nil {
			b.Release()
		}
	}
	for _, c := range children {
		c.Release()
	}
	return out, nil
}

func toData(d arrow.ArrayData, t old.DataType) (old.ArrayData, error) {
	buffers := make([]*oldmemory.Buffer, len(d.Buffers()))
	for i, b := range d.Buffers() {
		if b != nil {
			b.Retain()
			buffers[i] = oldmemory.NewBufferWithAllocator(b.Bytes(), owner{b.Release})
		}
	}
	if id := d.DataType().ID(); id == arrow.DECIMAL32 || id == arrow.DECIMAL64 {
		release(buffers)
		return widened(d, t)
	}
	types := oldChildTypes(t)
	children := make([]old.ArrayData, len(d.Children()))
	for i, c := range d.Children() {
		var err error
		if children[i], err = toData(c, types[i]); err != nil {
			return nil, err
		}
	}
	var out *oldarray.Data
	if dictionary, ok := t.(*old.DictionaryType); ok {
		values, err := toData(d.Dictionary(), dictionary.ValueType)
		if err != nil {
			return nil, err
		}
		out = oldarray.NewDataWithDictionary(t, d.Len(), buffers, d.NullN(), d.Offset(), values.(*oldarray.Data))
		values.Release()
	} else {
		out = oldarray.NewData(t, d.Len(), buffers, children, d.NullN(), d.Offset())
	}
	release(buffers)
	for _, c := range children {
		c.Release()
	}
	return out, nil
}

func release(buffers []*oldmemory.Buffer) {
	for _, b := range buffers {
		if b != nil {
			b.Release()
		}
	}
}
