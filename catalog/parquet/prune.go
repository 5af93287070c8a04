package parquet

// keepsFile reports whether the partition values of a file can pass the filters.
func (s *scan) keepsFile(int) bool { return true }

// keepsRowGroup reports whether a row group can hold rows that pass the filters.
func (s *scan) keepsRowGroup(file, rowGroup int) (bool, error) { return true, nil }
